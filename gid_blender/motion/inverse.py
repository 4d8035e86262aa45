# SPDX-License-Identifier: GPL-3.0-or-later
"""A displacement seen from where things arrive: what a compositor's Displace node asks for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["arriving"]

Single = npt.NDArray[np.float32]

# The error shrinks by the steepest slope of the motion at each step; that of predicted motion stays well below 0.5.
_STEPS = 12


def arriving(displacement: npt.NDArray[np.floating], steps: int = _STEPS) -> Single:
    """How far what is seen at each place has come: d(p) = D(p - d(p)), so that out(p) = picture(p - d(p)).

    Where something covers something else there are two answers, and one of them or a mixture is given.

    Args:
        displacement: (2, H, W) D at the centres of a picture's cells, in fractions of its width, x right, y down.
        steps: of the fixed-point iteration.

    Returns:
        (2, H, W) float32 d, in the same units. Exactly 0 where nothing moves around.
    """
    forward = np.asarray(displacement, np.float32)
    _, height, width = forward.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    found = forward
    for _ in range(steps):
        found = _sampled(forward, x - found[0] * width, y - found[1] * width)
    return found


def _sampled(field: Single, x: Single, y: Single) -> Single:
    """(2, H, W) bilinear values of a field at columns x and rows y, held beyond its border."""
    height, width = field.shape[1:]
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, top = np.minimum(x.astype(np.intp), width - 2), np.minimum(y.astype(np.intp), height - 2)
    across, down = x - left, y - top
    upper = field[:, top, left] * (1 - across) + field[:, top, left + 1] * across
    lower = field[:, top + 1, left] * (1 - across) + field[:, top + 1, left + 1] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
