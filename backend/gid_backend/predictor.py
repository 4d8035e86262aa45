# SPDX-License-Identifier: GPL-3.0-or-later
"""From one picture to a spectral volume: the public face of the motion prior."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from gid_blender.motion import SpectralVolume, loop_coefficients

from .device import best_device
from .diffusion.normalization import from_channels
from .diffusion.sampler import Solver, sample
from .errors import Cancelled, ImageError
from .images import prepare
from .model_info import chosen_weights, model_id_of, sha256_of
from .models.prior import MotionPrior

__all__ = ["DEFAULT_GUIDANCE", "DEFAULT_STEPS", "MotionPredictor", "cohering", "settled", "start_calm"]

DEFAULT_STEPS = 20
DEFAULT_GUIDANCE = 0.75
MAX_STEPS = 1000
LARGEST_STRENGTH = 0.1  # of the width
# Motions drawn at once: a GPU is hardly busy with one, a CPU gains nothing from more.
AT_ONCE = 8
# Of the width: over which distance moving neighbours are made to agree, and how far a band may be raised again for it.
COHERENCE, MOST_GAIN = 0.025, 1.6
# Root-mean-square swings in fractions of the width. A third of a pixel on a picture 1000 pixels wide is not seen.
STILL, MOVING = 0.0003, 0.0008

Progress = Callable[[str, int, int], None]


class MotionPredictor:
    """Predicts how everything in a picture would sway.

    Load once, predict often:

        predictor = MotionPredictor.load()
        volume = predictor.predict(image, seed=3)

    Attributes:
        prior: the network.
        model_id: name and version of the weights.
        model_sha256: hash of the weights' file.
        device: where it runs.
    """

    def __init__(self, prior: MotionPrior, model_id: str, model_sha256: str, device: torch.device) -> None:
        self.prior, self.model_id, self.model_sha256, self.device = prior, model_id, model_sha256, device

    @classmethod
    def load(cls, weights: Path | None = None, device: str | None = None) -> MotionPredictor:
        """Read the weights.

        Args:
            weights: a file written by `gid train prior`; None takes those of GID_WEIGHTS, else the shipped ones.
            device: as torch names it; None takes the fastest there is.

        Raises:
            WeightsError: when the file is missing, damaged, or of another configuration.
        """
        path = chosen_weights() if weights is None else Path(weights)
        where = torch.device(device or best_device())
        prior = MotionPrior.load(path, where)
        return cls(prior, model_id_of(path), sha256_of(path), where)

    def predict(
        self,
        image: npt.ArrayLike,
        *,
        seed: int = 0,
        steps: int = DEFAULT_STEPS,
        guidance: float = DEFAULT_GUIDANCE,
        loop_guidance: float = 0.0,
        strength: float | None = None,
        mask: npt.ArrayLike | None = None,
        solver: Solver = "multistep",
        linear: bool = False,
        progress: Progress | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> SpectralVolume:
        """Draw one motion of a picture.

        Args:
            image: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); uint8, uint16 or float; any size from 16 pixels a side.
            seed: another seed is another motion of the same picture; the same seed gives the same bits on the CPU.
            steps: of the solver; more is slower and a little finer.
            guidance: w of classifier-free guidance (paper §6): how closely the motion keeps to this picture.
            loop_guidance: u of motion self-guidance (paper eq. 5). The loop is seamless without it, since harmonics
                are periodic and the prior learned from periodic motion; it makes the wrap calmer still, at triple cost.
            strength: mean swing of what moves that is asked for, in fractions of the picture's width (0.002 is a breeze,
                0.006 a strong wind); None leaves it to the picture.
            mask: (H, W) bool, uint8 or float in 0..1, over the whole picture in any size: white may move, black comes
                out exactly still, grey moves less; None is all white.
            solver: "multistep" (DPM-Solver++) or "ddim".
            linear: whether a float image is scene-linear; it is sRGB otherwise.
            progress: called with ("Denoising", steps done, steps).
            cancel: asked before each step.

        Returns:
            A volume of about the prior's working size in the picture's aspect, at rest in frame 0.

        Raises:
            ImageError: when the picture cannot be used.
            ValueError: when a setting is out of range.
            Cancelled: when `cancel` returns true.
        """
        return next(
            self.predict_many(
                image,
                [seed],
                steps=steps,
                guidance=guidance,
                loop_guidance=loop_guidance,
                strength=strength,
                mask=mask,
                solver=solver,
                linear=linear,
                progress=progress,
                cancel=cancel,
            )
        )

    def expected(self, image: npt.ArrayLike, *, linear: bool = False) -> SpectralVolume:
        """What the regressor inside the prior expects: how strongly each place swings, without saying when.

        All places and bands have the phase 0, so everything sways at once: the answer of a deterministic network, to
        compare with, and a picture of where motion is to be expected.

        Args:
            image, linear: as for `predict`.

        Raises:
            ImageError: when the picture cannot be used.
        """
        picture = prepare(np.ascontiguousarray(image), linear)
        rows, columns = self.prior.config.grid(*picture.shape[:2])
        small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
        tensor = torch.from_numpy(small).permute(2, 0, 1)[None].to(self.device)
        with torch.no_grad():
            moduli = self.prior.look(tensor).expected
            moduli = F.interpolate(moduli, size=(rows, columns), mode="bilinear", align_corners=False)
            # [Re x, Im x, Re y, Im y] with both imaginary parts 0.
            slices = torch.stack([moduli, torch.zeros_like(moduli)], 2).unflatten(1, (-1, 2)).flatten(2, 3)
            spectrum = from_channels(self.prior.normalizer.denormalize(slices))[0].cpu().numpy()
        spectrum[0] = -spectrum[1:].real.sum(axis=0)
        return SpectralVolume(spectrum, fps=self.prior.config.fps, frames=self.prior.config.frames)

    def predict_many(
        self,
        image: npt.ArrayLike,
        seeds: Sequence[int],
        *,
        steps: int = DEFAULT_STEPS,
        guidance: float = DEFAULT_GUIDANCE,
        loop_guidance: float = 0.0,
        strength: float | None = None,
        mask: npt.ArrayLike | None = None,
        solver: Solver = "multistep",
        linear: bool = False,
        progress: Progress | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> Iterator[SpectralVolume]:
        """Draw several motions of one picture, as `predict` draws one; on a GPU, `AT_ONCE` of them together.

        Yields:
            The motion of each seed in turn. What was drawn together agrees with `predict` up to rounding.
        """
        if not 1 <= steps <= MAX_STEPS:
            raise ValueError(f"The number of steps must be 1 to {MAX_STEPS}, not {steps}.")
        if not (0.0 <= guidance <= 20.0 and 0.0 <= loop_guidance <= 1000.0):
            raise ValueError("Guidance must be 0 to 20 and loop guidance 0 to 1000.")
        if strength is not None and not 0.0 < strength <= LARGEST_STRENGTH:
            raise ValueError(
                f"The strength must be above 0 and at most {LARGEST_STRENGTH} of the width, not {strength}."
            )
        if solver not in get_args(Solver):
            raise ValueError(f"There is no solver “{solver}”; choose one of {', '.join(get_args(Solver))}.")
        pixels = np.ascontiguousarray(image)
        picture = prepare(pixels, linear)
        rows, columns = self.prior.config.grid(*picture.shape[:2])
        small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
        tensor = torch.from_numpy(small).permute(2, 0, 1)[None].to(self.device)
        may_move = None if mask is None else _mask(mask, rows, columns).to(self.device)
        described = {
            "model": self.model_id,
            "model_sha256": self.model_sha256,
            "image_sha256": hashlib.sha256(pixels.data).hexdigest(),
            "settings": {"steps": steps, "guidance": guidance, "loop_guidance": loop_guidance, "solver": solver}
            | ({} if strength is None else {"strength": strength})
            | ({} if mask is None else {"mask_sha256": hashlib.sha256(np.ascontiguousarray(mask).data).hexdigest()}),
        }

        def tick(done: int) -> None:
            if cancel is not None and cancel():
                raise Cancelled
            if progress is not None:
                progress("Denoising", done, steps)

        size = 1 if self.device.type == "cpu" else AT_ONCE
        for first in range(0, len(seeds), size):
            drawn = seeds[first : first + size]
            spectra = sample(
                self.prior,
                tensor.contiguous(memory_format=torch.channels_last),
                generators=[torch.Generator("cpu").manual_seed(seed) for seed in drawn],
                steps=steps,
                guidance=guidance,
                loop_guidance=loop_guidance,
                strength=strength,
                mask=may_move,
                solver=solver,
                tick=tick,
            )
            for seed, drawn_spectrum in zip(drawn, spectra.cpu().numpy(), strict=True):
                spectrum = settled(cohering(drawn_spectrum))
                if may_move is not None:
                    # Again, for what has been smoothed since.
                    spectrum = spectrum * may_move[0].cpu().numpy()
                yield SpectralVolume(
                    start_calm(spectrum, self.prior.config.frames),
                    fps=self.prior.config.fps,
                    frames=self.prior.config.frames,
                    meta={**described, "seed": seed},
                )


def _mask(mask: npt.ArrayLike, rows: int, columns: int) -> torch.Tensor:
    """(1, 1, rows, columns) in 0..1 from what `MotionPredictor.predict` takes."""
    given = np.asarray(mask)
    if given.ndim != 2 or not given.size or given.dtype.kind not in "bufi":
        raise ImageError(f"A mask is one channel of numbers, (H, W), not {given.shape} {given.dtype}.")
    top = 1.0 if given.dtype.kind in "bf" else float(np.iinfo(given.dtype).max)
    values = given.astype(np.float32) / np.float32(top)
    if not np.isfinite(values).all() or values.min() < 0.0 or values.max() > 1.0:
        raise ImageError("A mask's values must be from 0 (still) to 1 (free).")
    return torch.from_numpy(cv2.resize(values, (columns, rows), interpolation=cv2.INTER_AREA))[None, None]


def cohering(spectrum: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
    """Let neighbours that move, move alike.

    The shipped prior has seen few pictures: it knows better *where* things move than that a flower is one
    thing, and its latents show as a grid of patches. Each place takes the mean of its moving surroundings, weighted by
    their swing, so that still places beside them neither slow them down nor start to move; every band keeps
    its energy.

    Args:
        spectrum: (K, 2, H, W) complex64.

    Returns:
        The same shape, smooth over `COHERENCE` of the width within what moves.
    """
    sigma = COHERENCE * spectrum.shape[3]
    swing = np.sqrt((np.abs(spectrum[1:]) ** 2).sum(axis=(0, 1)) / 2.0).astype(np.float32)

    def blur(field: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)

    # The swing itself is smoothed over less than the motion, which takes the patches out and leaves the outline.
    outline = np.asarray(cv2.GaussianBlur(swing, (0, 0), sigma / 2.0), np.float32)
    weight = blur(swing)
    reach = outline / np.maximum(np.maximum(weight, outline), 1e-12)
    out = np.empty_like(spectrum)
    for band in range(spectrum.shape[0]):
        for axis in range(2):
            field = spectrum[band, axis] * swing
            mixed = blur(field.real.copy()) + 1j * blur(field.imag.copy())
            out[band, axis] = mixed / np.maximum(weight, 1e-12) * reach
        before, after = (float((np.abs(s[band]) ** 2).sum()) for s in (spectrum, out))
        # Bands that agreed on nothing are not blown up again without bound.
        out[band] *= min(np.sqrt(before / max(after, 1e-30)), MOST_GAIN)
    return out


def settled(spectrum: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
    """Bring to rest what moves too little to be meant.

    A denoiser leaves a trace of noise everywhere. On a wall it would be seen as a shimmer, and keep a renderer
    from passing the pixels through untouched, so below `STILL` the motion is exactly zero.

    Args:
        spectrum: (K, 2, H, W) complex64, fractions of the width.

    Returns:
        The same, faded out smoothly where its root-mean-square swing falls from `MOVING` to `STILL`.
    """
    swing = np.sqrt((np.abs(spectrum[1:]) ** 2).sum(axis=(0, 1)) / 2.0)
    share = np.clip((swing - STILL) / (MOVING - STILL), 0.0, 1.0)
    return np.asarray(spectrum * (share * share * (3.0 - 2.0 * share)), np.complex64)


def start_calm(spectrum: npt.NDArray[np.complex64], frames: int) -> npt.NDArray[np.complex64]:
    """Start the loop at its calmest moment, with the picture itself as frame 0.

    A loop may start anywhere. Where everything all but stands still, cutting, holding or blending at
    the wrap is least seen, and the last step is never larger than the others.

    Args:
        spectrum: (K, 2, H, W) complex64.
        frames: T.

    Returns:
        The same motion, later by a whole number of frames, with S_0 = -Re Σ_{k≥1} S_k.
    """
    bands = spectrum.shape[0]
    # Mean squared step between neighbouring frames needs the bands' mutual products only, not 150 fields.
    flat = spectrum[1:].reshape(bands - 1, -1)
    q = loop_coefficients(np.arange(frames), harmonics=bands, period=frames)[:, 1:]
    step = np.roll(q, -1, axis=0) - q
    hermitian = flat @ flat.conj().T
    symmetric = flat @ flat.T
    speed = np.einsum("fk,kl,fl->f", step, hermitian, step.conj()) + np.einsum("fk,kl,fl->f", step, symmetric, step)
    # The step from the last frame to frame 0 is the one that must be small.
    start = (int(np.argmin(speed.real)) + 1) % frames
    moved = spectrum * np.exp(2j * np.pi * np.arange(bands) * start / frames)[:, None, None, None].astype(np.complex64)
    moved[0] = -moved[1:].real.sum(axis=0)
    return np.asarray(moved, np.complex64)
