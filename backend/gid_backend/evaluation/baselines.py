# SPDX-License-Identifier: GPL-3.0-or-later
"""What a prior has to beat: rules of thumb, and the clips it learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume

from ..synth.motion import spectral_volume
from ..training.data import Loop
from .frames import FrameFeatures, small
from .reading import Field, Spectrum, coarse_size
from .splits import Case

__all__ = ["RULES", "AnotherWind", "NearestLoop", "Rule", "Static", "swaying"]

# Mean root-mean-square displacement, fractions of the width, that the rules give a picture: that of the training clips.
USUAL_STRENGTH = 0.0011
BANDS = 16


def _gradient(image: npt.NDArray[np.uint8], rows: int, columns: int) -> Field:
    """How much detail there is nearby."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = cv2.resize(grey, (4 * columns, 4 * rows), interpolation=cv2.INTER_AREA)
    size = np.hypot(cv2.Sobel(grey, -1, 1, 0), cv2.Sobel(grey, -1, 0, 1))
    blurred = cv2.GaussianBlur(size, (0, 0), 0.03 * 4 * columns)
    return np.asarray(cv2.resize(blurred, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def _centre(image: npt.NDArray[np.uint8], rows: int, columns: int) -> Field:
    """Photographers put what matters into the middle."""
    y = (np.arange(rows) + 0.5) / rows - 0.5
    x = (np.arange(columns) + 0.5) / columns - 0.5
    return np.exp(-(y[:, None] ** 2 + x[None, :] ** 2) / (2 * 0.25**2)).astype(np.float32)


def _both(image: npt.NDArray[np.uint8], rows: int, columns: int) -> Field:
    return _gradient(image, rows, columns) * _centre(image, rows, columns)


def _uniform(image: npt.NDArray[np.uint8], rows: int, columns: int) -> Field:
    return np.ones((rows, columns), np.float32)


# A map of motion strength, in any unit, by what is seen at a glance.
RULES: dict[str, Callable[[npt.NDArray[np.uint8], int, int], Field]] = {
    "uniform sway": _uniform,
    "blurred gradient": _gradient,
    "centre": _centre,
    "gradient × centre": _both,
}


def swaying(strength: Field, rng: np.random.Generator) -> Spectrum:
    """(K, 2, h, w): everything in one rhythm, as strong as a map (h, w) says: 1/k in band k, mostly sideways."""
    k = np.arange(1, BANDS)
    band = np.exp(2j * np.pi * rng.random((2, len(k)))) * np.array([[0.9], [0.436]]) / k
    band *= np.sqrt(2.0 / (np.abs(band) ** 2).sum())
    spectrum = np.zeros((BANDS, 2, *strength.shape), np.complex64)
    spectrum[1:] = band.T[:, :, None, None] * strength
    spectrum[0] = -spectrum[1:].real.sum(axis=0)
    return spectrum


class Static:
    """Nothing moves."""

    name, key, single = "static", "static", True

    def draw(self, case: Case, seeds: Sequence[int]) -> Iterator[SpectralVolume]:
        """Zeros, whatever the seeds."""
        rows, columns = coarse_size(*case.image.shape[:2])
        for _ in seeds:
            yield SpectralVolume(np.zeros((BANDS, 2, rows, columns), np.complex64))


class Rule:
    """A rule of thumb (`RULES`), in one rhythm."""

    single = True

    def __init__(self, name: str) -> None:
        self.name, self.key = name, f"rule-{name}-2"

    def draw(self, case: Case, seeds: Sequence[int]) -> Iterator[SpectralVolume]:
        """The rule's map at the usual strength; seeds decide the rhythm."""
        rows, columns = coarse_size(*case.image.shape[:2])
        strength = RULES[self.name](case.image, rows, columns)
        strength *= USUAL_STRENGTH / max(float(strength.mean()), 1e-12)
        for seed in seeds:
            yield SpectralVolume(swaying(strength, np.random.default_rng(seed)))


class NearestLoop:
    """The motion of the training clip whose first frame looks most alike, stretched onto the picture.

    Alike is the cosine of the deepest features of EfficientNet-Lite0.
    """

    name, single = "nearest training clip", True

    def __init__(self, loops: Sequence[Loop], features: FrameFeatures) -> None:
        self.loops, self.features = loops, features
        self.key = "nearest-1-" + "-".join(sorted(loop.name for loop in loops))
        seen = np.concatenate([features.of([small(loop.image)]) for loop in loops])
        self._seen = seen / np.linalg.norm(seen, axis=1, keepdims=True)

    def nearest(self, image: npt.NDArray[np.uint8]) -> Loop:
        """The clip for a picture (H, W, 3)."""
        return self.loops[int(np.argmax(self._seen @ self.features.of([small(image)])[0]))]

    def draw(self, case: Case, seeds: Sequence[int]) -> Iterator[SpectralVolume]:
        """The same motion for every seed."""
        volume = SpectralVolume(self.nearest(case.image).spectrum)
        height, width = case.image.shape[:2]
        columns = round((160 * 256 * width / height) ** 0.5)
        stretched = volume.resampled(round(columns * height / width), columns)
        for _ in seeds:
            yield stretched


class AnotherWind:
    """The true scene in another wind: what a prior that knew everything but the wind would reach."""

    name, key, single = "the scene itself, another wind", "another-wind-1", False

    def draw(self, case: Case, seeds: Sequence[int]) -> Iterator[SpectralVolume]:
        """One wind a seed; nothing where the scene is not known."""
        if case.scene is None:
            return
        rows, columns = case.scene.part_index.shape
        for seed in seeds:
            rng = np.random.default_rng([case.scene.seed, 2, seed])
            yield SpectralVolume(spectral_volume(case.scene, rng, height=rows, width=columns, bands=BANDS))
