# SPDX-License-Identifier: GPL-3.0-or-later
"""From one picture to a spectral volume: the public face of the motion prior."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from gid_blender.motion import SpectralVolume, loop_coefficients

from .device import best_device
from .diffusion.sampler import sample
from .errors import Cancelled
from .images import prepare
from .model_info import WEIGHTS, model_id_of, sha256_of
from .models.prior import MotionPrior

__all__ = ["DEFAULT_GUIDANCE", "DEFAULT_STEPS", "MotionPredictor"]

DEFAULT_STEPS = 20
DEFAULT_GUIDANCE = 0.75
MAX_STEPS = 1000

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
            weights: a file written by `gid train prior`; None takes the shipped ones.
            device: as torch names it; None takes the fastest there is.

        Raises:
            WeightsError: when the file is missing, damaged, or of another configuration.
        """
        path = WEIGHTS if weights is None else Path(weights)
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
        if not 1 <= steps <= MAX_STEPS:
            raise ValueError(f"The number of steps must be 1 to {MAX_STEPS}, not {steps}.")
        if not (0.0 <= guidance <= 20.0 and 0.0 <= loop_guidance <= 1000.0):
            raise ValueError("Guidance must be 0 to 20 and loop guidance 0 to 1000.")
        pixels = np.ascontiguousarray(image)
        picture = prepare(pixels, linear)
        rows, columns = self.prior.config.grid(*picture.shape[:2])
        small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)

        def tick(done: int) -> None:
            if cancel is not None and cancel():
                raise Cancelled
            if progress is not None:
                progress("Denoising", done, steps)

        tensor = torch.from_numpy(small).permute(2, 0, 1)[None].to(self.device)
        spectrum = sample(
            self.prior,
            tensor.contiguous(memory_format=torch.channels_last),
            generator=torch.Generator("cpu").manual_seed(seed),
            steps=steps,
            guidance=guidance,
            loop_guidance=loop_guidance,
            tick=tick,
        )[0]
        settings = {"steps": steps, "guidance": guidance, "loop_guidance": loop_guidance}
        return SpectralVolume(
            start_calm(spectrum.cpu().numpy(), self.prior.config.frames),
            fps=self.prior.config.fps,
            frames=self.prior.config.frames,
            meta={
                "model": self.model_id,
                "model_sha256": self.model_sha256,
                "seed": seed,
                "image_sha256": hashlib.sha256(pixels.data).hexdigest(),
                "settings": settings,
            },
        )


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
