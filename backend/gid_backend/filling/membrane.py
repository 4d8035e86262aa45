# SPDX-License-Identifier: GPL-3.0-or-later
"""The smoothest surface through what is known: colours flow into a hole from its rim, as heat would."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["membrane"]

Floats = npt.NDArray[np.float32]

# Steps of relaxation at each size. What is left of the error after them is handled at the next coarser size.
_STEPS = 24
_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def membrane(values: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Fill what is not known so that each value is about the mean of its neighbours.

    A constant goes on as that constant, a linear gradient that surrounds the hole as that gradient.

    Args:
        values: (H, W, C); those that are not known are not looked at.
        known: (H, W); at least one is.

    Returns:
        (H, W, C), equal to `values` where they are known.
    """
    weight = known.astype(np.float32)[..., None]
    height, width = known.shape
    if known.all():
        return values
    if min(height, width) <= 2 or max(height, width) <= 4:
        mean = (values * weight).sum(axis=(0, 1)) / weight.sum()
        return np.asarray(np.where(known[..., None], values, mean), np.float32)
    size = ((width + 1) // 2, (height + 1) // 2)
    # INTER_AREA is the mean of what falls into a coarse pixel; of the known ones alone, once divided by their share.
    share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)[..., None]
    coarse = _channels(cv2.resize(values * weight, size, interpolation=cv2.INTER_AREA))
    coarse = membrane(coarse / np.maximum(share, 1e-6), share[..., 0] > 1e-3)
    start = _channels(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR))
    filled = np.where(known[..., None], values, start)
    for _ in range(_STEPS):
        relaxed = _channels(cv2.filter2D(filled, -1, _CROSS, borderType=cv2.BORDER_REPLICATE))
        filled = np.where(known[..., None], values, relaxed)
    return np.asarray(filled, np.float32)


def _channels(array: npt.NDArray[np.float32]) -> Floats:
    """OpenCV drops a channel axis of length 1."""
    return array[..., None] if array.ndim == 2 else array
