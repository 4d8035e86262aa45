# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion at the picture's size whose edges follow the picture's, where the picture says something about the motion.

Around each cell of the coarse grid the motion is regressed on the colours of the cells beside it. The detail of the
picture that the coarse grid does not hold, times those slopes, is what interpolation is given on top:

    fine = interpolated(motion) + R² · interpolated(slopes) · (picture - interpolated(picture averaged over cells))

R² is the share of the motion that colour explains there, adjusted for what chance explains. In foliage, where it
explains nothing, plain interpolation remains; docs/rendering.md has the figures, and those of what was dropped (joint
bilateral, guided filter).
Slopes belong to a motion, but cost little: they are made on the coarse grid, for each frame. What belongs to the
picture alone is made once.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from .upsample import rows_at_full_size

__all__ = ["Guide"]

# Variance of colours (0..1) below which they are taken for noise.
NOISE = 3e-3
# Pixels of the picture per cell, from where on there are details to add.
LEAST_FACTOR = 1.5
# That a regression sees.
CELLS = 9


class Guide:
    """What a picture says on the grid of a motion.

    Args:
        picture: (1, C, H, W) sRGB, about 0..1.
        grid: (rows, columns) of the motion.
    """

    def __init__(self, picture: torch.Tensor, grid: tuple[int, int]) -> None:
        self.grid = grid
        self._picture = _softened(picture)
        self._coarse = functional.adaptive_avg_pool2d(picture, grid)
        self._mean = _around(self._coarse)
        channels = picture.shape[1]
        pairs = self._coarse[:, :, None] * self._coarse[:, None]
        spread = _around(pairs.flatten(1, 2)).unflatten(1, (channels, channels))
        spread = spread - self._mean[:, :, None] * self._mean[:, None]
        noise = NOISE * torch.eye(channels, dtype=picture.dtype, device=picture.device)
        # (1, h, w, C, C): small matrices last, as linear algebra wants them.
        self._inverse = torch.linalg.inv(spread.permute(0, 3, 4, 1, 2) + noise)

    @property
    def useful(self) -> bool:
        """Whether the picture is finer than the motion at all."""
        return self._picture.shape[3] >= LEAST_FACTOR * self.grid[1]

    def prepared(self, field: torch.Tensor) -> torch.Tensor:
        """What `rows` needs of a motion.

        Where a motion is zero all around, so is all of it but the picture's own share: zeros stay exact.

        Args:
            field: (B, F, h, w) on the grid.

        Returns:
            (B, F·(C + 2) + C, h, w): slopes, lower and upper limits, the picture's cells.
        """
        mean = _around(field)
        together = _around((self._coarse[:, :, None] * field[:, None]).flatten(1, 2))
        together = together.unflatten(1, (-1, field.shape[1])) - self._mean[:, :, None] * mean[:, None]
        together = together.permute(0, 3, 4, 1, 2)
        slopes = self._inverse @ together
        explained = (slopes * together).sum(dim=(3, 4))
        whole = (_around(field * field) - mean * mean).sum(dim=1)
        share = torch.where(whole > 0, explained / whole.clamp(min=1e-12), torch.zeros_like(whole))
        # Three colours explain three eighths of any nine values; what is no better than that is chance.
        freedom = CELLS - 1
        share = (1.0 - (1.0 - share) * (freedom / (freedom - self._picture.shape[1]))).clamp(0.0, 1.0)
        slopes = (slopes * share[..., None, None]).permute(0, 3, 4, 1, 2).flatten(1, 2)
        held = functional.pad(field, (1, 1, 1, 1), mode="replicate")
        low, high = -functional.max_pool2d(-held, 3, 1), functional.max_pool2d(held, 3, 1)
        return torch.cat([slopes, low, high, self._coarse.expand(len(field), -1, -1, -1)], dim=1)

    def rows(self, field: torch.Tensor, prepared: torch.Tensor, top: int, bottom: int) -> torch.Tensor:
        """Rows top..bottom of a motion at the picture's size; as `upsample.rows_at_full_size`.

        Args:
            field: (B, F, h', w') on the grid or a finer one.
            prepared: of the same field on the grid.
            top: first row; may be negative, where the edge is held.
            bottom: row after the last; may be above H.

        Returns:
            (B, F, bottom - top, W), each value within those of the 3 × 3 cells around it.
        """
        height, width = self._picture.shape[2:]
        count, colours = field.shape[1], self._picture.shape[1]
        plain = rows_at_full_size(field, (height, width), top, bottom)
        parts = rows_at_full_size(prepared, (height, width), top, bottom)
        slopes, low, high, coarse = parts.split([colours * count, count, count, colours], dim=1)
        place = torch.arange(top, bottom, device=field.device).clamp(0, height - 1)
        detail = self._picture[:, :, place] - coarse
        for colour in range(colours):
            plain = plain + slopes[:, colour * count : (colour + 1) * count] * detail[:, colour : colour + 1]
        return torch.minimum(torch.maximum(plain, low), high)


def _softened(picture: torch.Tensor) -> torch.Tensor:
    """Over its nearest pixels. The one pixel of an edge that is lighter than all around would fly ahead of the rest."""
    for pad, size in (((1, 1, 0, 0), (1, 2)), ((0, 0, 1, 1), (2, 1))):
        picture = functional.pad(picture, pad, mode="replicate")
        # Twice two pixels is (1, 2, 1)/4, and equal pixels come out equal to the bit.
        picture = functional.avg_pool2d(functional.avg_pool2d(picture, size, 1), size, 1)
    return picture


def _around(values: torch.Tensor) -> torch.Tensor:
    """Means of the 3 × 3 cells around each one; at the border of those that there are."""
    return functional.avg_pool2d(values, 3, 1, 1, count_include_pad=False)
