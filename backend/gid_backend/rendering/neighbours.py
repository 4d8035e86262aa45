# SPDX-License-Identifier: GPL-3.0-or-later
"""The least and the greatest value around each pixel."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

__all__ = ["greatest", "least"]


def greatest(values: Tensor, radius: int) -> Tensor:
    """(B, C, h, w) → the same shape: the greatest value within `radius` pixels, diagonals too, of the picture."""
    side = 2 * radius + 1
    # The greatest of a square is the greatest of its columns' greatest: 130 comparisons instead of 4225 at radius 32.
    down = functional.max_pool2d(values, (side, 1), 1, (radius, 0))
    return functional.max_pool2d(down, (1, side), 1, (0, radius))


def least(values: Tensor, radius: int) -> Tensor:
    """As `greatest`, the least."""
    return -greatest(-values, radius)
