# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a picture moves, and how much: comparisons of maps of motion strength."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .reading import Field, shrunk

__all__ = ["FLOOR", "amount", "leakage", "moving_places", "rank_correlation", "textured_places"]

Mask = npt.NDArray[np.bool_]

# 0.2 pixels on a picture 512 wide: what optical flow measures in places that stand still.
FLOOR = 0.2 / 512.0
# Places where a reference moves less than this share of its strongest hundredth count as still.
STILL = 0.1
# Grey levels (of 255) per pixel below which a gradient is compression noise, as for the optical flow.
NOISE_GRADIENT = 1.5
WORKING_WIDTH = 512


def textured_places(image: npt.NDArray[np.uint8], rows: int, columns: int) -> Mask:
    """Where a picture shows enough to tell motion by.

    The root-mean-square gradient of the grey picture over 15×15 pixels, at most 512 pixels wide, exceeds
    `NOISE_GRADIENT` in at least half of the cell. On a blank sky or in black night, measured flow is noise.

    Args:
        image: (H, W, 3) uint8.
        rows: of the result.
        columns: of the result.

    Returns:
        (rows, columns) bool.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    if grey.shape[1] > WORKING_WIDTH:
        size = (WORKING_WIDTH, max(round(grey.shape[0] * WORKING_WIDTH / grey.shape[1]), 1))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.0)
    power = cv2.Sobel(smooth, -1, 1, 0, scale=0.125) ** 2 + cv2.Sobel(smooth, -1, 0, 1, scale=0.125) ** 2
    enough = cv2.boxFilter(power, -1, (15, 15)) >= NOISE_GRADIENT**2
    return np.asarray(shrunk(enough.astype(np.float32), rows, columns) >= 0.5)


def moving_places(reference: Field) -> Mask:
    """(h, w) bool, where a reference's strength (h, w) counts as motion: above `FLOOR` and `STILL` of its own most."""
    return np.asarray(reference >= max(FLOOR, STILL * float(np.percentile(reference, 99))))


def rank_correlation(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Spearman's ρ of two arrays of one shape, ties at their average rank; 0 when one of them is constant."""

    def ranks(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        _, inverse, counts = np.unique(np.ravel(np.asarray(values)), return_inverse=True, return_counts=True)
        # Equal values share their mean rank, or large still areas would be ordered by chance.
        middle = np.cumsum(counts) - (counts - 1) / 2.0
        return np.asarray(middle[inverse], np.float64)

    x, y = ranks(a), ranks(b)
    if len(x) == 0 or x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def amount(predicted: Field, reference: Field, moving: Mask) -> float:
    """Mean predicted strength over the reference's, in the places that move; NaN where none does."""
    if not moving.any():
        return float("nan")
    return float(predicted[moving].mean() / reference[moving].mean())


def leakage(predicted: Field, moving: Mask, still: Mask) -> float:
    """Mean predicted strength where the reference is still over that where it moves; 0 is ideal, 1 is blind.

    NaN when there are no still places, no moving ones, or nothing moves in the prediction.
    """
    if not moving.any() or not still.any():
        return float("nan")
    moved = float(predicted[moving].mean())
    return float(predicted[still].mean()) / moved if moved > 0 else float("nan")
