# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the pixels of one thing move together and things move apart: possible where the things are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..synth.scene import Parts
from .reading import Field, Spectrum

__all__ = ["inside_and_across", "things_of"]


def things_of(part_index: npt.NDArray[np.uint16], parts: Parts) -> npt.NDArray[np.int32]:
    """(H, W) int32, a number for what moves as one: a part, or all strips of one cloth; 0 is the world."""
    soft = parts.soft[part_index]
    return np.asarray(np.where(soft > 0, soft + len(parts), part_index), np.int32)


def inside_and_across(
    spectrum: Spectrum, things: npt.NDArray[np.int32], moving: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """Mean step between neighbouring pixels within things and across their edges, over the mean motion.

    A step is the root mean square over time of F(p) - F(q), that is √(Σ_k≥1 |S_k(p) - S_k(q)|² / 2) over both axes,
    between p and the pixel right of it or below. Both means are divided by the mean strength of the moving pixels,
    so the size of the motion does not matter.

    Args:
        spectrum: (K, 2, h, w).
        things: (h, w), see `things_of`.
        moving: (h, w), where the reference moves; pairs of two still pixels are left out.

    Returns:
        (inside, across); NaN for what there is none of, or when nothing moves.
    """
    s = spectrum[1:]
    strength: Field = np.sqrt((np.abs(s) ** 2).sum(axis=(0, 1)) / 2.0)
    usual = float(strength[moving].mean()) if moving.any() else 0.0
    if usual <= 0:
        return float("nan"), float("nan")
    totals, counts = np.zeros(2), np.zeros(2)
    for axis in (0, 1):
        first = (slice(None), slice(-1)) if axis else (slice(-1), slice(None))
        second = (slice(None), slice(1, None)) if axis else (slice(1, None), slice(None))
        step = np.sqrt((np.abs(np.diff(s, axis=2 + axis)) ** 2).sum(axis=(0, 1)) / 2.0)
        counted = moving[first] | moving[second]
        same = things[first] == things[second]
        for index, chosen in enumerate((counted & same, counted & ~same)):
            totals[index] += step[chosen].sum()
            counts[index] += chosen.sum()
    with np.errstate(invalid="ignore"):
        inside, across = totals / counts / usual
    return float(inside), float(across)
