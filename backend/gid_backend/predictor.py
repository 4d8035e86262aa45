# SPDX-License-Identifier: GPL-3.0-or-later
"""From one picture to a spectral volume: the public face of the motion prior."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from gid_blender.motion import SpectralVolume

from .device import best_device, usable_device
from .diffusion.normalization import from_channels
from .diffusion.sampler import sample
from .errors import Cancelled, ImageError
from .finishing import as_expected, cohering, of_strength, settled, start_calm
from .images import prepare
from .model_info import chosen_weights, model_id_of, sha256_of
from .models.prior import MotionPrior
from .prediction_settings import DEFAULTS, PredictionSettings, Solver

__all__ = ["MotionPredictor"]

# Motions drawn at once: a GPU is hardly busy with one, a CPU gains nothing from more.
AT_ONCE = 8

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
            GidError: when there is no such device.
            WeightsError: when the file is missing, damaged, or of another configuration.
        """
        path = chosen_weights() if weights is None else Path(weights)
        where = usable_device(device or best_device())
        prior = MotionPrior.load(path, where)
        return cls(prior, model_id_of(path), sha256_of(path), where)

    def predict(
        self,
        image: npt.ArrayLike,
        *,
        seed: int = 0,
        steps: int = DEFAULTS.steps,
        guidance: float = DEFAULTS.guidance,
        loop_guidance: float = DEFAULTS.loop_guidance,
        solver: Solver = DEFAULTS.solver,
        strength: float | None = DEFAULTS.strength,
        mask: npt.ArrayLike | None = None,
        linear: bool = False,
        progress: Progress | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> SpectralVolume:
        """Draw one motion of a picture.

        Args:
            image: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); uint8, uint16 or float; any size from 16 pixels a side.
            seed: another seed is another motion of the same picture; the same seed gives the same bits on the CPU.
            steps, guidance, loop_guidance, solver, strength: how it is drawn, see `PredictionSettings`.
            mask: (H, W) bool, uint8 or float in 0..1, over the whole picture in any size: white may move, black comes
                out exactly still, grey moves less; None is all white.
            linear: whether a float image is scene-linear; it is sRGB otherwise.
            progress: called with ("Denoising", steps done, steps).
            cancel: asked before each step.

        Returns:
            A volume of about the prior's working size in the picture's aspect, at rest in frame 0.

        Raises:
            ImageError: when the picture cannot be used.
            SettingsError: a ValueError, when a setting is out of range.
            Cancelled: when `cancel` returns true.
        """
        settings = PredictionSettings(
            steps=steps, guidance=guidance, loop_guidance=loop_guidance, solver=solver, strength=strength
        )
        [volume] = self.predict_many(
            image, [seed], settings, mask=mask, linear=linear, progress=progress, cancel=cancel
        )
        return volume

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
            spectrum = self._spectrum_of(self.prior.look(tensor).expected, rows, columns)
        spectrum *= np.float32(self.prior.loudness.item())
        spectrum[0] = -spectrum[1:].real.sum(axis=0)
        return SpectralVolume(spectrum, fps=self.prior.config.fps, frames=self.prior.config.frames)

    def _spectrum_of(self, moduli: torch.Tensor, rows: int, columns: int) -> npt.NDArray[np.complex64]:
        """(K, 2, rows, columns) of phase 0 from the regressor's (1, 2K, h, w) normalised moduli."""
        moduli = F.interpolate(moduli, size=(rows, columns), mode="bilinear", align_corners=False)
        # [Re x, Im x, Re y, Im y] with both imaginary parts 0.
        slices = torch.stack([moduli, torch.zeros_like(moduli)], 2).unflatten(1, (-1, 2)).flatten(2, 3)
        return np.asarray(from_channels(self.prior.normalizer.denormalize(slices))[0].cpu().numpy(), np.complex64)

    def predict_many(
        self,
        image: npt.ArrayLike,
        seeds: Sequence[int],
        settings: PredictionSettings = DEFAULTS,
        *,
        mask: npt.ArrayLike | None = None,
        linear: bool = False,
        progress: Progress | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> Iterator[SpectralVolume]:
        """Draw several motions of one picture, as `predict` draws one; on a GPU, `AT_ONCE` of them together.

        Yields:
            The motion of each seed in turn. What was drawn together agrees with `predict` up to rounding.
        """
        pixels = np.ascontiguousarray(image)
        picture = prepare(pixels, linear)
        rows, columns = self.prior.config.grid(*picture.shape[:2])
        small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
        tensor = torch.from_numpy(small).permute(2, 0, 1)[None].to(self.device)
        may_move = None if mask is None else _mask(mask, rows, columns).to(self.device)
        with torch.no_grad():
            sight = self.prior.look(tensor.contiguous(memory_format=torch.channels_last))
            expected = self._spectrum_of(sight.expected, rows, columns)
        described = {
            "model": self.model_id,
            "model_sha256": self.model_sha256,
            "image_sha256": hashlib.sha256(pixels.data).hexdigest(),
            "settings": settings.as_dict()
            | ({} if mask is None else {"mask_sha256": hashlib.sha256(np.ascontiguousarray(mask).data).hexdigest()}),
        }

        def tick(done: int) -> None:
            if cancel is not None and cancel():
                raise Cancelled
            if progress is not None:
                progress("Denoising", done, settings.steps)

        size = 1 if self.device.type == "cpu" else AT_ONCE
        for first in range(0, len(seeds), size):
            drawn = seeds[first : first + size]
            spectra = sample(
                self.prior,
                sight,
                settings,
                generators=[torch.Generator("cpu").manual_seed(seed) for seed in drawn],
                mask=may_move,
                tick=tick,
            )
            for seed, drawn_spectrum in zip(drawn, spectra.cpu().numpy(), strict=True):
                spectrum = as_expected(cohering(drawn_spectrum), expected)
                # Before a strength is given to it: a strong wind must not lift what is left of the noise over the sill.
                spectrum = settled(spectrum * np.float32(self.prior.loudness.item()))
                if settings.strength is not None:
                    spectrum = of_strength(spectrum, settings.strength)
                if may_move is not None:
                    # Greys, and black again where smoothing has reached into it.
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
