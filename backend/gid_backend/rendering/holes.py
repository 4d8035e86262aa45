# SPDX-License-Identifier: GPL-3.0-or-later
"""Filling what motion uncovers: a push-pull pyramid that draws colour from trusted surroundings."""

from __future__ import annotations

import torch
from torch.nn import functional

__all__ = ["LEVELS", "REACH", "fill"]

# Halvings of the pyramid: holes up to about 2^LEVELS pixels across are filled.
LEVELS = 5
# Pixels around a place that can influence its filling.
REACH = 4 << LEVELS


def fill(colour: torch.Tensor, trust: torch.Tensor) -> torch.Tensor:
    """Colours for every pixel, taken from the nearest trusted ones.

    Down the pyramid, colours are averaged by their trust; up again, each level keeps what it
    knows and takes the rest, smoothly, from the coarser one.

    Args:
        colour: (B, C, H, W).
        trust: (B, 1, H, W) in 0..1; 0 is a hole.

    Returns:
        (B, C, H, W); where trust is 1, `colour` itself.
    """
    levels = [(colour, trust)]
    for _ in range(LEVELS):
        colour, trust = levels[-1]
        # Odd sides: the lone last row or column is averaged with untrusted zeros.
        pad = (0, colour.shape[3] % 2, 0, colour.shape[2] % 2)
        weighted = functional.avg_pool2d(functional.pad(colour * trust, pad), 2)
        weight = functional.avg_pool2d(functional.pad(trust, pad), 2)
        coarse = weighted / weight.clamp(min=1e-8)
        # One trusted pixel of four is enough to know the colour there.
        levels.append((coarse, (4.0 * weight).clamp(max=1.0)))
    filled = levels[-1][0]
    for colour, trust in reversed(levels[:-1]):
        rough = functional.interpolate(filled, scale_factor=2.0, mode="bilinear", align_corners=False)
        rough = rough[..., : colour.shape[2], : colour.shape[3]]
        filled = rough + trust * (colour - rough)
    return filled
