# SPDX-License-Identifier: GPL-3.0-or-later
"""From displacements over time to their spectral volume, also where the clip does not come back to its start."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["detrended", "ramp", "transform"]

# Of the best told combination of bands; where whole stretches of time are missing, some are told by noise alone.
_TOLD = 0.05


def transform(flows: npt.NDArray[np.float32], turns: npt.NDArray[np.float64], bands: int) -> npt.NDArray[np.complex64]:
    """One-sided amplitudes S_k with displacement = Re Σ_k S_k exp(+2πi·k·turn), S_0 the mean.

    Args:
        flows: (n, …) displacements.
        turns: (n,) their times as parts of the period, rising from 0, below 1; they may be uneven.
        bands: K.

    Returns:
        (K, …) complex64 in the unit of the flows.
    """
    basis = _analysis(turns, bands)
    flat = flows.reshape(len(flows), -1)
    # Real and imaginary apart: a complex copy of all flows would double the memory.
    spectrum = np.empty((bands, flat.shape[1]), np.complex64)
    spectrum.real = basis.real.astype(np.float32) @ flat
    spectrum.imag = basis.imag.astype(np.float32) @ flat
    return spectrum.reshape(bands, *flows.shape[1:])


def _analysis(turns: npt.NDArray[np.float64], bands: int) -> npt.NDArray[np.complex128]:
    """(K, n): S_k = Σ of a row times the displacements."""
    # Each frame stands for the time half-way to its neighbours.
    before = np.diff(turns, prepend=turns[-1] - 1.0)
    after = np.diff(turns, append=1.0)
    share = (before + after) / 2.0
    angles = 2 * np.pi * np.outer(np.arange(bands), turns)
    if len(turns) < 2 * bands - 1:
        # Too few frames to tell the bands apart.
        basis = share * np.exp(-1j * angles)
        basis[1:] *= 2.0
        return np.asarray(basis)
    # Over uneven times the bands are not orthogonal, and one leaks into another: hence least squares. What so many
    # frames cannot tell is left at 0 and not made of noise.
    waves = np.concatenate([np.cos(angles), -np.sin(angles[1:])])
    solved = np.linalg.pinv((waves * share) @ waves.T, rcond=_TOLD, hermitian=True) @ (waves * share)
    basis = solved[:bands].astype(np.complex128)
    basis[1:] += 1j * solved[bands:]
    return np.asarray(basis)


def detrended(
    flows: npt.NDArray[np.float32], turns: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Take a steady drift off, so that the step from the last frame round to the first is one like its neighbours.

    What a period cannot hold would otherwise leak into every band: a jump at the wrap has amplitudes that fall as 1/k,
    as slowly as those of the wind itself.

    Args:
        flows: (n, …) displacements, the first zero; n at least 4.
        turns: (n,) their times as parts of the period.

    Returns:
        (n, …) the periodic rest, and (…) the drift over one whole period: flows = rest + drift · turn.
    """
    # The speed that the wrap should have: the mean over two steps at either end.
    at_start = (flows[2] - flows[0]) / (turns[2] - turns[0])
    at_end = (flows[-1] - flows[-3]) / (turns[-1] - turns[-3])
    speed = (at_start + at_end) / 2.0
    drift = np.asarray(flows[-1] - flows[0] + speed * (1.0 - turns[-1]), np.float32)
    shape = (-1, *[1] * (flows.ndim - 1))
    return np.asarray(flows - turns.reshape(shape).astype(np.float32) * drift, np.float32), drift


def ramp(bands: int, frames: int) -> npt.NDArray[np.complex64]:
    """(K,) spectrum of what `detrended` takes off for a drift of 1: add drift · ramp to have the window as it was.

    A drift of 1 over a period of `frames` frames is t/frames at frame t.
    """
    turns = np.arange(frames) / frames
    return transform(turns[:, None].astype(np.float32), turns, bands)[:, 0]
