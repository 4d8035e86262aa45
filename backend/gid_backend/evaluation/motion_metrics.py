# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparisons of spectral volumes: where things move, how much, at what frequencies, and whether the loop closes."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume, loop_coefficients

__all__ = ["leakage", "rank_correlation", "seam_ratio", "spectral_slope", "strength_map"]

# Places where a reference moves less than this share of its strongest hundredth count as still.
STILL = 0.1


def strength_map(volume: SpectralVolume, height: int = 72, width: int = 128) -> npt.NDArray[np.float32]:
    """(height, width) root-mean-square displacement in fractions of the width, averaged onto a coarse grid."""
    return np.asarray(cv2.resize(volume.amplitude(), (width, height), interpolation=cv2.INTER_AREA), np.float32)


def rank_correlation(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    """Spearman's ρ of two maps of one shape; 0 when one of them is constant."""

    def ranks(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        _, inverse, counts = np.unique(values.ravel(), return_inverse=True, return_counts=True)
        # Equal values share their mean rank, or large still areas would be ordered by chance.
        middle = np.cumsum(counts) - (counts - 1) / 2.0
        return np.asarray(middle[inverse], np.float64)

    x, y = ranks(a), ranks(b)
    if x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def leakage(predicted: npt.NDArray[np.float32], reference: npt.NDArray[np.float32]) -> float:
    """Mean predicted strength where the reference is still, over that where it moves; 0 is ideal, 1 is blind.

    NaN when the reference moves everywhere or nowhere.
    """
    still = reference < STILL * np.percentile(reference, 99)
    if still.all() or not still.any():
        return float("nan")
    return float(predicted[still].mean() / max(float(predicted[~still].mean()), 1e-12))


def spectral_slope(volume: SpectralVolume) -> float:
    """Slope of log mean |S_k| over log k for k ≥ 1; real clips have about -0.95 (paper, fig. 2)."""
    k = np.arange(1, volume.bands)
    mean = np.abs(volume.spectrum[1:]).mean(axis=(1, 2, 3))
    return float(np.polyfit(np.log(k), np.log(np.maximum(mean, 1e-12)), 1)[0])


def seam_ratio(volume: SpectralVolume) -> float:
    """Root-mean-square step from the last frame to the first over the mean such step; at most 1 is seamless."""
    q = loop_coefficients(np.arange(volume.frames + 1), harmonics=volume.bands, period=volume.frames)
    steps = np.empty(volume.frames)
    before = volume.synthesize(q[0])
    for frame in range(1, volume.frames + 1):
        now = volume.synthesize(q[frame])
        steps[frame - 1] = np.sqrt(np.square(now - before).mean())
        before = now
    return float(steps[-1] / max(steps.mean(), 1e-12))
