# SPDX-License-Identifier: GPL-3.0-or-later
"""Coefficients q_k(t) that play a spectral volume as a seamless loop."""

import numpy as np
import numpy.typing as npt

__all__ = ["loop_coefficients"]


def loop_coefficients(
    time: npt.ArrayLike, *, harmonics: int, period: float, phase: float = 0.0
) -> npt.NDArray[np.complex128]:
    """q_k(t) = exp(i·k·(2π·t/period + phase)), the inverse Fourier transform of the paper's §5.

    Args:
        time: scalar or (...,) times, in the unit of `period` (usually frames). Fractions are
            evaluated exactly, so slow motion needs no interpolation.
        harmonics: K, the number of bands; q has one entry for each k = 0..K-1.
        period: the length of the loop, in the unit of `time`; positive.
        phase: where in the loop time 0 lies, in radians of the fundamental.

    Returns:
        (..., K) complex coefficients of modulus 1. `time` and `time + n·period` give identical
        bits for whole numbers n, because the time is wrapped before it becomes an angle.

    Raises:
        ValueError: when `harmonics` or `period` is not positive.
    """
    if harmonics < 1 or not period > 0:
        raise ValueError(f"A loop needs a positive period and at least one band, not {period} and {harmonics}.")
    turn = np.mod(np.asarray(time, np.float64), period) / period
    angle = 2.0 * np.pi * turn + phase
    return np.exp(1j * angle[..., None] * np.arange(harmonics))
