# SPDX-License-Identifier: GPL-3.0-or-later
"""The least and the greatest value around each pixel."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

__all__ = ["greatest", "least"]


def greatest(values: Tensor, radius: int) -> Tensor:
    """(B, C, h, w) → the same shape: the greatest value within `radius` pixels, diagonals too, of the picture."""
    return functional.max_pool2d(values, 2 * radius + 1, 1, radius)


def least(values: Tensor, radius: int) -> Tensor:
    """As `greatest`, the least."""
    return -greatest(-values, radius)
