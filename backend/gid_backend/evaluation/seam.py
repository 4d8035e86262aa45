# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a loop closes."""

from __future__ import annotations

import numpy as np

from gid_blender.motion import SpectralVolume, loop_coefficients

__all__ = ["seam_ratio"]


def seam_ratio(volume: SpectralVolume) -> float:
    """Root-mean-square step from the last frame to the first over the mean such step; at most 1 is seamless.

    NaN when nothing moves. The published results of the paper's authors have 1.4 in the median.
    """
    bands, frames = volume.bands, volume.frames
    # Steps need the bands' mutual products only, not every frame: |Re(S·d)|² = (|S·d|² + Re((S·d)²)) / 2.
    flat = volume.spectrum.reshape(bands, -1)
    x, y = np.ascontiguousarray(flat.real), np.ascontiguousarray(flat.imag)
    xx, yy, xy = (np.asarray(a @ b.T, np.float64) for a, b in ((x, x), (y, y), (x, y)))
    hermitian, symmetric = xx + yy + 1j * (xy.T - xy), xx - yy + 1j * (xy + xy.T)
    q = loop_coefficients(np.arange(frames), harmonics=bands, period=frames)
    step = np.roll(q, -1, axis=0) - q
    square = np.einsum("fk,kl,fl->f", step, hermitian, step.conj()) + np.einsum("fk,kl,fl->f", step, symmetric, step)
    steps = np.sqrt(np.maximum(square.real, 0.0))
    return float(steps[-1] / steps.mean()) if steps.any() else float("nan")
