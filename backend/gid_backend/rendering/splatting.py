# SPDX-License-Identifier: GPL-3.0-or-later
"""Forward splatting: every pixel hands its features to the four pixels around the place it moves to.

Where several pixels meet, their features are averaged with weights:

    out(y) = Σ_p b(y - p - f(p)) · w(p) · features(p) / Σ_p b(y - p - f(p)) · w(p)

with b the bilinear (tent) kernel and w = 1 (average), the importance itself (linear), or its exponential
(softmax), which lets the important pixel cover the other one as if it were in front. Pure PyTorch,
differentiable in features, flow and importance, on any device.
"""

from __future__ import annotations

from typing import Literal

import torch

__all__ = ["Mode", "accumulate", "splat"]

Mode = Literal["average", "linear", "softmax"]


def accumulate(
    features: torch.Tensor, flow: torch.Tensor, origin: tuple[int, int], size: tuple[int, int]
) -> torch.Tensor:
    """Σ_p b(y - p - flow(p)) · features(p) for each target pixel y; what falls outside is lost.

    Args:
        features: (B, C, H, W).
        flow: (B, 2, H, W) in pixels, x right and y down; finite.
        origin: (row, column) of the target in the coordinates of the source.
        size: (rows, columns) of the target.

    Returns:
        (B, C, rows, columns).
    """
    batch, channels, height, width = features.shape
    rows, columns = size
    cells = rows * columns
    dtype, device = flow.dtype, flow.device
    x = flow[:, 0] + (torch.arange(width, dtype=dtype, device=device) - origin[1])
    y = flow[:, 1] + (torch.arange(height, dtype=dtype, device=device) - origin[0])[:, None]
    left, top = x.detach().floor(), y.detach().floor()
    right_share, lower_share = x - left, y - top
    # One more cell after the last one takes all that falls outside.
    out = features.new_zeros(channels, batch * cells + 1)
    source = features.transpose(0, 1).reshape(channels, -1)
    first = torch.arange(batch, device=device).view(-1, 1, 1) * cells
    for dy, share_y in ((0, 1 - lower_share), (1, lower_share)):
        for dx, share_x in ((0, 1 - right_share), (1, right_share)):
            column, row = left + dx, top + dy
            inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
            # Compared as floats first: casting a far-away float to an integer is undefined.
            index = first + (row * inside).long() * columns + (column * inside).long()
            index = torch.where(inside, index, batch * cells).reshape(-1)
            out = out.index_add(1, index, source * (share_y * share_x).reshape(-1))
    return out[:, :-1].reshape(channels, batch, rows, columns).transpose(0, 1)


def splat(
    features: torch.Tensor, flow: torch.Tensor, importance: torch.Tensor | None = None, *, mode: Mode = "softmax"
) -> tuple[torch.Tensor, torch.Tensor]:
    """Move features along a flow; where several pixels meet, weigh them.

    Args:
        features: (B, C, H, W).
        flow: (B, 2, H, W) in pixels, x right and y down; finite.
        importance: (B, 1, H, W), any range for softmax, not negative for linear, unused for average.
        mode: how importance becomes weight.

    Returns:
        (B, C, H, W) features, zero where nothing landed, and (B, 1, H, W) coverage: how many
        pixels' worth of the source landed there, whatever their importance.
    """
    if mode == "average" or importance is None:
        weight = torch.ones_like(flow[:, :1])
    elif mode == "linear":
        weight = importance
    else:
        # A common factor cancels; without this the exponential would overflow.
        weight = (importance - importance.detach().amax(dim=(2, 3), keepdim=True)).exp()
    parts = torch.cat([features * weight, weight, torch.ones_like(weight)], dim=1)
    size = (features.shape[2], features.shape[3])
    total = accumulate(parts, flow, (0, 0), size)
    summed, weights, coverage = total[:, :-2], total[:, -2:-1], total[:, -1:]
    return summed / torch.where(weights > 0, weights, torch.ones_like(weights)), coverage
