# SPDX-License-Identifier: GPL-3.0-or-later
"""The sum behind splatting in plain PyTorch.

Two ways lead to it:

- Bilinear sampling's own derivative. Sampling a picture at the places p + f(p) is linear in the picture, and its
  transpose is this very sum, so torch's kernel for the backward pass of `grid_sample` does it in one sweep.
- Corner by corner, which also takes weights that differ from target to target, and an order of summation that is
  always the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.autograd.function import once_differentiable

__all__ = ["spread"]

# Summed at once where sums are taken in order.
CHANNELS = 2
# What grid_sample calls bilinear and zeros.
BILINEAR, ZEROS = 0, 0


def spread(
    features: torch.Tensor,
    flow: torch.Tensor,
    level: torch.Tensor | None,
    origin: tuple[int, int],
    size: tuple[int, int],
    *,
    deterministic: bool = False,
) -> torch.Tensor:
    """Σ_p b(y - p - flow(p)) · features(p), times exp(level(p) - the highest level that comes to y) where there is one.

    Args:
        features: (B, C, H, W).
        flow: (B, 2, H, W) of the same type.
        level: (B, 1, H, W) or None.
        origin: (row, column) of the target in the coordinates of the source.
        size: (rows, columns) of the target.
        deterministic: the same bits in every run.

    Returns:
        (B, C, rows, columns).
    """
    kind = flow.device.type
    # On the CPU all sums are taken in order anyway.
    ordered = deterministic and kind != "cpu"
    if level is None and not ordered and kind in ("cpu", "cuda"):
        out: torch.Tensor = _Transposed.apply(features, flow, origin, size)  # type: ignore[no-untyped-call]
        return out
    return _by_corners(features, flow, level, origin, size, ordered=ordered)


class _Transposed(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, features: torch.Tensor, flow: torch.Tensor, origin: tuple[int, int], size: tuple[int, int]
    ) -> torch.Tensor:
        ctx.save_for_backward(features, flow)
        ctx.origin, ctx.size = origin, size
        batch, channels = features.shape[:2]
        canvas = _canvas(size)
        # Only its shape is asked for.
        target = features.new_zeros(1, 1, 1, 1).expand(batch, channels, *canvas)
        grid = _grid(flow, origin, size, canvas)
        out: torch.Tensor = torch.ops.aten.grid_sampler_2d_backward(
            features, target, grid, BILINEAR, ZEROS, False, (True, False)
        )[0]
        target = out[:, :, : size[0], : size[1]]
        return target.contiguous()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None, None, None]:
        features, flow = ctx.saved_tensors
        rows, columns = ctx.size
        canvas = _canvas(ctx.size)
        grad = torch.nn.functional.pad(grad, (0, canvas[1] - columns, 0, canvas[0] - rows))
        grid = _grid(flow, ctx.origin, ctx.size, canvas)
        to_features = to_flow = None
        if ctx.needs_input_grad[0]:
            to_features = torch.nn.functional.grid_sample(
                grad, grid, mode="bilinear", padding_mode="zeros", align_corners=False
            )
        if ctx.needs_input_grad[1]:
            _, to_grid = torch.ops.aten.grid_sampler_2d_backward(
                features, grad, grid, BILINEAR, ZEROS, False, (False, True)
            )
            to_flow = torch.stack([to_grid[..., 0] * (2 / canvas[1]), to_grid[..., 1] * (2 / canvas[0])], dim=1)
        return to_features, to_flow, None, None


def _canvas(size: tuple[int, int]) -> tuple[int, int]:
    """The powers of two that hold the target: only there is grid_sample's -1..1 exact for whole pixels."""
    return 1 << (size[0] - 1).bit_length(), 1 << (size[1] - 1).bit_length()


def _targets(flow: torch.Tensor, origin: tuple[int, int], size: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Columns and rows, (B, H, W) each, to which the pixels go.

    What goes far away goes to where it touches nothing: casting a huge float to an integer is undefined.
    """
    height, width = flow.shape[2:]
    x = flow[:, 0] + (torch.arange(width, dtype=flow.dtype, device=flow.device) - origin[1])
    y = flow[:, 1] + (torch.arange(height, dtype=flow.dtype, device=flow.device) - origin[0])[:, None]
    return x.clamp(-2, size[1] + 1), y.clamp(-2, size[0] + 1)


def _grid(flow: torch.Tensor, origin: tuple[int, int], size: tuple[int, int], canvas: tuple[int, int]) -> torch.Tensor:
    x, y = _targets(flow, origin, size)
    rows, columns = canvas
    return torch.stack([x * (2 / columns) + (1 / columns - 1), y * (2 / rows) + (1 / rows - 1)], dim=-1)


def _by_corners(
    features: torch.Tensor,
    flow: torch.Tensor,
    level: torch.Tensor | None,
    origin: tuple[int, int],
    size: tuple[int, int],
    *,
    ordered: bool,
) -> torch.Tensor:
    batch, channels = features.shape[:2]
    cells = batch * size[0] * size[1]
    source = features.transpose(0, 1).reshape(channels, -1)
    corners = list(_corners(flow, origin, size))
    if level is not None:
        flat = level.reshape(-1)
        highest = flat.new_full((cells + 1,), -torch.inf)
        for index, share in corners:
            # Who has no share in a place does not cover it either.
            there = torch.where(share > 0, flat, -torch.inf).detach()
            highest.scatter_reduce_(0, index, there, "amax")
        corners = [(index, share * (flat - highest[index]).clamp(max=0.0).exp()) for index, share in corners]
    if ordered:
        out = _ordered_sum(corners, source, cells)
    else:
        # One more cell after the last one takes all that falls outside.
        out = features.new_zeros(channels, cells + 1)
        for index, share in corners:
            out = out.index_add(1, index, source * share)
        out = out[:, :-1]
    return out.reshape(channels, batch, *size).transpose(0, 1)


def _corners(
    flow: torch.Tensor, origin: tuple[int, int], size: tuple[int, int]
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Four times: the (B·H·W,) cells that the pixels go to, the last + 1 for outside, and their shares in them."""
    rows, columns = size
    x, y = _targets(flow, origin, size)
    left, top = x.detach().floor(), y.detach().floor()
    right_share, lower_share = x - left, y - top
    left, top = left.long(), top.long()
    first = torch.arange(flow.shape[0], device=flow.device).view(-1, 1, 1) * (rows * columns)
    for dy, share_y in ((0, 1 - lower_share), (1, lower_share)):
        for dx, share_x in ((0, 1 - right_share), (1, right_share)):
            column, row = left + dx, top + dy
            inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
            index = torch.where(inside, first + row * columns + column, flow.shape[0] * rows * columns)
            yield index.reshape(-1), (share_y * share_x).reshape(-1)


def _ordered_sum(corners: list[tuple[torch.Tensor, torch.Tensor]], source: torch.Tensor, cells: int) -> torch.Tensor:
    """(C, cells) sums of what the pixels of `source` (C, N) give to the same cell, in the order in which they come.

    A stable sort and a sum over each run of equal places: nothing hangs on which thread comes first. torch's switch for
    deterministic algorithms would do likewise, but it is one for the whole process, other threads included.

    Args:
        corners: (index, share) of each corner, (N,) each; see `_corners`.
        source: what is summed.
        cells: how many there are; an index of `cells` is outside.
    """
    places, order = torch.sort(torch.cat([index for index, _ in corners]), stable=True)
    offsets = torch.searchsorted(places, torch.arange(cells + 1, device=source.device))
    del places
    shares = torch.cat([share for _, share in corners])[order]
    pixels = order % source.shape[1]
    del order
    # A few channels at a time: the terms of all of them would be four times as large as the source, and twice over.
    parts = [
        torch.segment_reduce((part[:, pixels] * shares).T.contiguous(), "sum", offsets=offsets, axis=0, initial=0)
        for part in source.split(CHANNELS)
    ]
    return torch.cat(parts, dim=1).T
