# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping motion from drawing in what lies outside the picture and was never photographed.

Looked at and dropped: mirroring the picture beyond its border shows second fingers and zigzag twigs
there, repeating its edge shows streaks, and pinning the whole border bends what is far from it.
"""

from __future__ import annotations

import torch

__all__ = ["held_inside"]

# Displacement away from a border, at most, per distance from it: beside it, content is stretched by 1 + SLOPE.
SLOPE = 0.9


def held_inside(flow: torch.Tensor, width: float, height: float) -> torch.Tensor:
    """Slow motion away from each border down near that border, so that it stretches what is there instead.

    Motion along a border, and out of the picture, is left alone, and so is everything that moves less
    than half of what its distance allows: those values keep their bits.

    Args:
        flow: (B, 2, h, w) in pixels, x right and y down, on any grid that covers the picture.
        width: of the picture in pixels.
        height: likewise.
    """
    rows, columns = flow.shape[2:]
    # Distances from the outermost cells, which thereby hold still.
    x = SLOPE * width / columns * torch.arange(columns, device=flow.device)
    y = SLOPE * height / rows * torch.arange(rows, device=flow.device)[:, None]
    fx = -_at_most(-_at_most(flow[:, 0], x), x.flip(0))
    fy = -_at_most(-_at_most(flow[:, 1], y), y.flip(0))
    return torch.stack([fx, fy], dim=1)


def _at_most(value: torch.Tensor, limit: torch.Tensor) -> torch.Tensor:
    """The value up to half its limit, then bending smoothly towards the limit."""
    half = limit / 2
    bent = half + half * torch.tanh((value - half) / half.clamp(min=1e-6))
    return torch.where(value > half, bent, value)
