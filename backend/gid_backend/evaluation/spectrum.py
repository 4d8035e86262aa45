# SPDX-License-Identifier: GPL-3.0-or-later
"""How a motion is spread over frequencies, and what that looks like in time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume, loop_coefficients

from .reading import Field, Spectrum

__all__ = ["band_error", "band_means", "crest_factor", "log_slope", "spectral_slope"]

Means = npt.NDArray[np.float64]
# Places that swing less than a hundredth of a pixel (of 512) have no shape in time.
LEAST = 0.01 / 512.0


def band_means(modulus: Field, where: npt.NDArray[np.bool_]) -> Means:
    """(K-1,) mean |S_k| for k ≥ 1 over both axes and the chosen places, from (K, 2, h, w)."""
    if not where.any():
        return np.full(len(modulus) - 1, np.nan)
    return np.asarray(modulus[1:][:, :, where].mean(axis=(1, 2)), np.float64)


def log_slope(means: npt.ArrayLike) -> float:
    """Slope of log mean |S_k| over log k, k = 1..15; real clips have about -0.95 (paper, fig. 2). NaN of nothing.

    Args:
        means: (K-1,) from k = 1 on; bands that are zero are left out.
    """
    values = np.asarray(means, np.float64)[:15]
    k = np.arange(1, len(values) + 1)
    some = values > 0
    if some.sum() < 2:
        return float("nan")
    return float(np.polyfit(np.log(k[some]), np.log(values[some]), 1)[0])


def spectral_slope(volume: SpectralVolume) -> float:
    """`log_slope` of a volume over all its places."""
    return log_slope(np.abs(volume.spectrum[1:]).mean(axis=(1, 2, 3)))


def band_error(predicted: npt.ArrayLike, reference: npt.ArrayLike) -> tuple[float, float, float]:
    """How far mean amplitudes are off, band by band, in decibels.

    Args:
        predicted: (n,) mean |S_k| from k = 1 on.
        reference: (m,) likewise; bands that either lacks are left out.

    Returns:
        Mean |20 log10 ratio| over the bands; the same after the overall gain (the mean of the decibels) is taken out;
        and the largest after that. NaN where there is nothing to compare.
    """
    p, r = np.asarray(predicted, np.float64), np.asarray(reference, np.float64)
    count = min(len(p), len(r))
    p, r = p[:count], r[:count]
    some = (p > 0) & (r > 0)
    if not some.any():
        return float("nan"), float("nan"), float("nan")
    off = 20.0 * np.log10(p[some] / r[some])
    rest = np.abs(off - off.mean())
    return float(np.abs(off).mean()), float(rest.mean()), float(rest.max())


def crest_factor(spectrum: Spectrum, frames: int, where: npt.NDArray[np.bool_]) -> float:
    """Mean over places of the farthest from the mean position over the root mean square, max_t |F| / RMS_t |F|.

    √2 for a swing along a line in one band, 1 for a circle; gusts, in which bands swell together, raise it.

    Args:
        spectrum: (K, 2, h, w); band 0 is left out.
        frames: T.
        where: (h, w) places to look at; those that do not move are left out.
    """
    chosen = spectrum[1:][:, :, where]
    swing = np.sqrt((np.abs(chosen) ** 2).sum(axis=(0, 1)) / 2.0)
    chosen = chosen[:, :, swing > LEAST]
    if chosen.shape[2] == 0:
        return float("nan")
    q = loop_coefficients(np.arange(frames), harmonics=len(spectrum), period=frames)[:, 1:].astype(np.complex64)
    flat = chosen.reshape(len(chosen), -1)
    texture = (q.real @ flat.real - q.imag @ flat.imag).reshape(frames, 2, -1)
    square = (texture**2).sum(axis=1)
    return float(np.sqrt(square.max(axis=0) / square.mean(axis=0)).mean())
