# SPDX-License-Identifier: GPL-3.0-or-later
"""Gains over the frequency: the same motion as if in a light breeze, a heavy thing, under water."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PRESETS", "Preset", "preset_gains"]

Real = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Preset:
    """A named curve.

    Attributes:
        label: for people.
        description: what it looks like, a sentence without its full stop.
        curve: gains, 0 or more, of frequencies in Hz.
    """

    label: str
    description: str
    curve: Callable[[Real], Real]


def _below(hertz: Real, corner: float, order: int) -> Real:
    """Lets slow things pass, Butterworth: 0.71 at the corner."""
    return 1 / np.sqrt(1 + (hertz / corner) ** (2 * order))


def _about(hertz: Real, centre: float, octaves: float) -> Real:
    """A bell over the logarithm of the frequency; 0 Hz is infinitely far away."""
    distance = np.log2(np.maximum(hertz, 1e-6) / centre) / octaves
    return np.asarray(np.exp(-0.5 * distance**2))


def _breeze(f: Real) -> Real:
    return 0.35 + 0.3 * _about(f, 1.0, 1.0)


def _gusty(f: Real) -> Real:
    return 0.8 + 0.8 * _about(f, 0.3, 0.8) + 0.5 * _about(f, 1.8, 0.6)


def _flutter(f: Real) -> Real:
    return 0.15 + 1.85 * (1 - _below(f, 1.4, 2))


def _heavy(f: Real) -> Real:
    return 1.1 * _below(f, 0.5, 2)


def _underwater(f: Real) -> Real:
    return 1.6 * _below(f, 0.45, 4)


PRESETS = {
    "neutral": Preset("Neutral", "As predicted", np.ones_like),
    "breeze": Preset("Breeze", "Light and even: a little of everything, less of the slow sway", _breeze),
    "gusty": Preset("Gusty", "Wide slow swings with restless tips", _gusty),
    "flutter": Preset("Flutter", "Stems stand, leaves tremble", _flutter),
    "heavy": Preset("Heavy", "Only the slow sway, as of something with weight", _heavy),
    "underwater": Preset("Underwater", "Wide, slow and smooth, nothing quick survives", _underwater),
}


def preset_gains(name: str, harmonics: int, period: float) -> Real:
    """(K,) gains of a preset for the bands of a loop; the mean offset, band 0, keeps 1.

    Args:
        name: a key of `PRESETS`.
        harmonics: K, band 0 counted.
        period: seconds of the loop; band k is at k/period Hz.

    Raises:
        ValueError: for a name that is none, or a loop that is none.

    Example:
        >>> preset_gains("neutral", 3, 5.0).tolist()
        [1.0, 1.0, 1.0]
    """
    if name not in PRESETS:
        raise ValueError(f"“{name}” is no preset; choose from {', '.join(PRESETS)}.")
    if harmonics < 1 or not 0 < period < np.inf:
        raise ValueError(f"A loop lasts more than 0 s and has a band, not {period} s and {harmonics}.")
    gains = np.asarray(PRESETS[name].curve(np.arange(harmonics) / period), np.float64)
    gains[0] = 1.0
    return gains
