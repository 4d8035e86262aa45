# SPDX-License-Identifier: GPL-3.0-or-later
"""From the coarse grid of a volume to the pixels of the picture.

Plain interpolation; `guided` makes the coarse field follow the picture's edges before.
"""

from __future__ import annotations

import torch
from torch.nn import functional

__all__ = ["rows_at_full_size", "smoothed"]

# Pixels a cell may cover before the creases of bilinear interpolation show.
COARSE = 4.0


def smoothed(field: torch.Tensor, width: int) -> torch.Tensor:
    """A (B, C, h, w) field on a grid fine enough to be interpolated linearly to `width` pixels.

    A field that is fine enough already is returned as it is, so that its zeros stay exact.
    """
    cells = field.shape[3]
    factor = int(width / cells / COARSE)
    if factor < 2:
        return field
    size = (field.shape[2] * factor, cells * factor)
    return functional.interpolate(field, size, mode="bicubic", align_corners=False)


def rows_at_full_size(field: torch.Tensor, size: tuple[int, int], top: int, bottom: int) -> torch.Tensor:
    """Rows top..bottom of a coarse field, interpolated to the picture's pixels.

    Args:
        field: (B, C, h, w) on a coarse grid that covers the picture.
        size: (H, W) of the picture.
        top: first row; may be negative, where the edge is held.
        bottom: row after the last; may be above H.

    Returns:
        (B, C, bottom - top, W).
    """
    height, width = size
    device = field.device
    if field.shape[2:] == size:
        # Sampling would round the places, and with them the displacement of what must not move at all.
        return field[:, :, torch.arange(top, bottom, device=device).clamp(0, height - 1)]
    y = ((torch.arange(top, bottom, device=device) + 0.5) / height).clamp(0.5 / height, 1 - 0.5 / height)
    x = (torch.arange(width, device=device) + 0.5) / width
    places = torch.stack(torch.meshgrid(2 * x - 1, 2 * y - 1, indexing="xy"), dim=-1)
    places = places.expand(len(field), -1, -1, -1)
    return functional.grid_sample(field, places, mode="bilinear", padding_mode="border", align_corners=False)
