# SPDX-License-Identifier: GPL-3.0-or-later
"""Coefficients q_k(t) that play a spectral volume as a seamless loop."""

import numpy as np
import numpy.typing as npt

__all__ = ["loop_coefficients"]


def loop_coefficients(
    time: npt.ArrayLike, *, harmonics: int, period: float, phase: float = 0.0, offset: bool = True
) -> npt.NDArray[np.complex128]:
    """q_k(t) = exp(i·k·(2π·t/period + phase)), the inverse Fourier transform of the paper's §5.

    Args:
        time: scalar or (...,) times, in the unit of `period` (usually frames). Fractions are
            evaluated exactly, so slow motion needs no interpolation.
        harmonics: K, the number of bands; q has one entry for each k = 0..K-1.
        period: the length of the loop, in the unit of `time`; positive.
        phase: where in the loop time 0 lies, in radians of the fundamental.
        offset: whether band 0, the mean offset, takes part. With it a predicted volume passes through the picture
            at time 0; without it things swing about where the picture shows them, never farther than they must.

    Returns:
        (..., K) complex coefficients of modulus 1. Whole frames `t` and `t + n·period` give
        identical bits for whole n, because the time is wrapped before it becomes an angle: a
        loop has no seam after an hour either.

    Raises:
        ValueError: when `harmonics` or `period` is not positive, or a number is not finite.

    Example:
        >>> q = loop_coefficients([0, 25, 50], harmonics=2, period=100)
        >>> q.real.round(6).tolist()
        [[1.0, 1.0], [1.0, 0.0], [1.0, -1.0]]
    """
    if harmonics < 1 or not 0 < period < np.inf:
        raise ValueError(f"A loop needs a positive period and at least one band, not {period} and {harmonics}.")
    when = np.asarray(time, np.float64)
    if not (np.isfinite(when).all() and np.isfinite(phase)):
        raise ValueError("The time and the phase of a loop must be finite numbers.")
    angle = 2.0 * np.pi * (np.mod(when, period) / period) + phase
    q: npt.NDArray[np.complex128] = np.exp(1j * angle[..., None] * np.arange(harmonics))
    if not offset:
        q[..., 0] = 0.0
    return q
