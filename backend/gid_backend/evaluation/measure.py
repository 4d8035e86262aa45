# SPDX-License-Identifier: GPL-3.0-or-later
"""All figures of one drawn motion against one reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume

from .coherence import amplitude_coherence, phase_coherence
from .reading import Field, Reading, coarse_size, read
from .seam import seam_ratio
from .smoothness import inside_and_across
from .spectrum import Means, band_means, crest_factor, log_slope
from .splits import Case
from .variety import spectral_error
from .where import FLOOR, amount, leakage, moving_places, rank_correlation, textured_places

__all__ = ["FIGURES", "Draw", "Reference", "measure"]

# In the order in which they are stored.
FIGURES = (
    "rank", "amount", "leakage", "strength", "slope", "crest", "coherence", "phase_coherence", "inside", "across",
    "seam", "spectral_error",
)  # fmt: skip
# Places of the small grid on which draws are compared with each other: 24×14 for a picture of 16:9.
SIGNATURE_AREA = 24 * 14


@dataclass(frozen=True, eq=False)
class Draw:
    """What is kept of one drawn motion.

    Attributes:
        figures: one value for each of `FIGURES`; NaN where one makes no sense.
        bands: (K-1,) mean |S_k| from k = 1 on, over the places that move in the reference.
        signature: (K, 2, h, w) complex64, the motion on a small grid, fractions of the width.
    """

    figures: dict[str, float]
    bands: Means
    signature: npt.NDArray[np.complex64]


class Reference:
    """A case's true motion with everything about it that does not depend on a prediction."""

    def __init__(self, case: Case) -> None:
        self.volume = case.motion()
        self.size = coarse_size(*case.image.shape[:2])
        self.reading: Reading = read(self.volume, *self.size)
        self.floored: Field = np.maximum(self.reading.strength, FLOOR)
        self.textured = textured_places(case.image, *self.size)
        moving = moving_places(self.reading.strength)
        self.moving, self.still = moving & self.textured, ~moving & self.textured
        self.things = case.things
        self.fine = moving_places(self.volume.amplitude()) if self.things is not None else None


def measure(volume: SpectralVolume, reference: Reference) -> Draw:
    """Every figure of one motion; see the modules for what each means."""
    reading = read(volume, *reference.size)
    moving, textured = reference.moving, reference.textured
    figures = dict.fromkeys(FIGURES, float("nan"))
    figures["strength"] = float(reading.strength[textured].mean()) if textured.any() else float("nan")
    figures["seam"] = seam_ratio(volume)
    bands = band_means(reading.modulus, moving)
    if moving.any():
        figures["rank"] = rank_correlation(reading.strength[textured], reference.floored[textured])
        figures["amount"] = amount(reading.strength, reference.reading.strength, moving)
        figures["leakage"] = leakage(reading.strength, moving, reference.still)
        figures["slope"] = log_slope(bands)
        figures["crest"] = crest_factor(reading.spectrum, reading.frames, moving)
        figures["coherence"] = amplitude_coherence(reading.modulus, moving)
        figures["phase_coherence"] = phase_coherence(reading.spectrum, moving)
        figures["spectral_error"] = spectral_error(reading.modulus, reference.reading.modulus, textured)
        if reference.things is not None and reference.fine is not None:
            fine = volume.resampled(*reference.things.shape).spectrum
            figures["inside"], figures["across"] = inside_and_across(fine, reference.things, reference.fine)
    scale = (SIGNATURE_AREA / (reference.size[0] * reference.size[1])) ** 0.5
    small = volume.resampled(*(max(round(side * scale), 2) for side in reference.size))
    return Draw(figures, bands, small.spectrum)
