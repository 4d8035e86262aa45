# SPDX-License-Identifier: GPL-3.0-or-later
"""The sum behind splatting as Triton kernels: one pass over the source, with atomic additions only forward.

Importing it needs the package triton; with TRITON_INTERPRET=1 in the environment it also works on CPU tensors.
"""

# Triton reads the annotations of kernels as values: no `from __future__ import annotations` here. They say nothing of
# tensors, so the type checker is not asked about them.
# mypy: disable-error-code="no-untyped-def,untyped-decorator"
from typing import Any

import torch
import triton
import triton.language as tl
from torch.autograd.function import once_differentiable

__all__ = ["spread"]

# Pixels of one program.
BLOCK = 256


def spread(
    features: torch.Tensor,
    flow: torch.Tensor,
    level: torch.Tensor | None,
    origin: tuple[int, int],
    size: tuple[int, int],
) -> torch.Tensor:
    """As `splatting_torch.spread`, for float32."""
    out: torch.Tensor = _Spread.apply(features, flow, level, origin, size)  # type: ignore[no-untyped-call]
    return out


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        features: torch.Tensor,
        flow: torch.Tensor,
        level: torch.Tensor | None,
        origin: tuple[int, int],
        size: tuple[int, int],
    ) -> torch.Tensor:
        features, flow = features.contiguous(), flow.contiguous()
        batch, channels, height, width = features.shape
        geometry = (height * width, width, size[0], size[1], origin[0], origin[1])
        grid = (triton.cdiv(height * width, BLOCK), batch)
        highest = None
        if level is not None:
            level = level.contiguous()
            highest = features.new_full((batch, *size), -torch.inf)
            _highest_kernel[grid](flow, level, highest, *geometry, BLOCK=BLOCK)
        out = features.new_zeros(batch, channels, *size)
        _forward_kernel[grid](
            features, flow, level, highest, out, channels, *geometry, LEVELLED=level is not None, BLOCK=BLOCK
        )
        ctx.save_for_backward(features, flow, level, highest)
        ctx.geometry = geometry
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        features, flow, level, highest = ctx.saved_tensors
        batch, channels = features.shape[:2]
        to_features, to_flow = torch.empty_like(features), torch.empty_like(flow)
        to_level = None if level is None else torch.empty_like(level)
        _backward_kernel[(triton.cdiv(ctx.geometry[0], BLOCK), batch)](
            grad.contiguous(),
            features,
            flow,
            level,
            highest,
            to_features,
            to_flow,
            to_level,
            channels,
            *ctx.geometry,
            LEVELLED=level is not None,
            BLOCK=BLOCK,
        )
        return to_features, to_flow, to_level, None, None


@triton.jit
def _landing(flow, place, here, batch, pixels, width, rows, columns, row, column):
    """Upper left cell of the four that each pixel goes to, and the shares of its right and its lower neighbours."""
    x = tl.load(flow + batch * 2 * pixels + place, mask=here, other=0.0) + (place % width - column).to(tl.float32)
    y = tl.load(flow + (batch * 2 + 1) * pixels + place, mask=here, other=0.0) + (place // width - row).to(tl.float32)
    # What goes far away goes to where it touches nothing.
    x = tl.minimum(tl.maximum(x, -2.0), columns + 1.0)
    y = tl.minimum(tl.maximum(y, -2.0), rows + 1.0)
    left, top = tl.floor(x), tl.floor(y)
    return left.to(tl.int32), top.to(tl.int32), x - left, y - top


@triton.jit
def _inside(x, y, here, rows, columns):
    return here & (x >= 0) & (x < columns) & (y >= 0) & (y < rows)


@triton.jit
def _cover(own, highest, cell, inside, LEVELLED: tl.constexpr):
    """By how much a pixel of the level `own` weighs less than the highest that comes to the same cell."""
    factor = tl.full(own.shape, 1.0, tl.float32)
    if LEVELLED:
        top = tl.load(highest + cell, mask=inside, other=0.0)
        factor = tl.exp(tl.minimum(own - top, 0.0))
    return factor


@triton.jit
def _highest_kernel(flow, level, highest, pixels, width, rows, columns, row, column, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    batch = tl.program_id(1).to(tl.int64)
    here = place < pixels
    x, y, right, lower = _landing(flow, place, here, batch, pixels, width, rows, columns, row, column)
    own = tl.load(level + batch * pixels + place, mask=here, other=0.0)
    target = highest + batch * rows * columns + y * columns + x
    # Who has no share in a place does not cover it either.
    tl.atomic_max(target, own, mask=_inside(x, y, here, rows, columns))
    tl.atomic_max(target + 1, own, mask=_inside(x + 1, y, here, rows, columns) & (right > 0))
    tl.atomic_max(target + columns, own, mask=_inside(x, y + 1, here, rows, columns) & (lower > 0))
    tl.atomic_max(target + columns + 1, own, mask=_inside(x + 1, y + 1, here, rows, columns) & (right * lower > 0))


@triton.jit
def _forward_kernel(
    features,
    flow,
    level,
    highest,
    out,
    channels,
    pixels,
    width,
    rows,
    columns,
    row,
    column,
    LEVELLED: tl.constexpr,
    BLOCK: tl.constexpr,
):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    batch = tl.program_id(1).to(tl.int64)
    here = place < pixels
    x, y, right, lower = _landing(flow, place, here, batch, pixels, width, rows, columns, row, column)
    cells = rows * columns
    cell = batch * cells + y * columns + x
    in00, in01 = _inside(x, y, here, rows, columns), _inside(x + 1, y, here, rows, columns)
    in10, in11 = _inside(x, y + 1, here, rows, columns), _inside(x + 1, y + 1, here, rows, columns)
    own = right
    if LEVELLED:
        own = tl.load(level + batch * pixels + place, mask=here, other=0.0)
    share00 = (1 - lower) * (1 - right) * _cover(own, highest, cell, in00, LEVELLED)
    share01 = (1 - lower) * right * _cover(own, highest, cell + 1, in01, LEVELLED)
    share10 = lower * (1 - right) * _cover(own, highest, cell + columns, in10, LEVELLED)
    share11 = lower * right * _cover(own, highest, cell + columns + 1, in11, LEVELLED)
    # What has no share costs no traffic: of what stands still, one corner in four is written.
    in00, in01, in10, in11 = in00 & (share00 > 0), in01 & (share01 > 0), in10 & (share10 > 0), in11 & (share11 > 0)
    target = out + batch * channels * cells + y * columns + x
    source = features + batch * channels * pixels + place
    for _ in range(channels):
        value = tl.load(source, mask=here, other=0.0)
        tl.atomic_add(target, value * share00, mask=in00, sem="relaxed")
        tl.atomic_add(target + 1, value * share01, mask=in01, sem="relaxed")
        tl.atomic_add(target + columns, value * share10, mask=in10, sem="relaxed")
        tl.atomic_add(target + columns + 1, value * share11, mask=in11, sem="relaxed")
        target += cells
        source += pixels


@triton.jit
def _backward_kernel(
    grad,
    features,
    flow,
    level,
    highest,
    to_features,
    to_flow,
    to_level,
    channels,
    pixels,
    width,
    rows,
    columns,
    row,
    column,
    LEVELLED: tl.constexpr,
    BLOCK: tl.constexpr,
):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    batch = tl.program_id(1).to(tl.int64)
    here = place < pixels
    x, y, right, lower = _landing(flow, place, here, batch, pixels, width, rows, columns, row, column)
    cells = rows * columns
    cell = batch * cells + y * columns + x
    in00, in01 = _inside(x, y, here, rows, columns), _inside(x + 1, y, here, rows, columns)
    in10, in11 = _inside(x, y + 1, here, rows, columns), _inside(x + 1, y + 1, here, rows, columns)
    own = right
    if LEVELLED:
        own = tl.load(level + batch * pixels + place, mask=here, other=0.0)
    cover00 = _cover(own, highest, cell, in00, LEVELLED)
    cover01 = _cover(own, highest, cell + 1, in01, LEVELLED)
    cover10 = _cover(own, highest, cell + columns, in10, LEVELLED)
    cover11 = _cover(own, highest, cell + columns + 1, in11, LEVELLED)
    asked = grad + batch * channels * cells + y * columns + x
    at = batch * channels * pixels + place
    by_x, by_y = tl.zeros((BLOCK,), tl.float32), tl.zeros((BLOCK,), tl.float32)
    by_level = tl.zeros((BLOCK,), tl.float32)
    for _ in range(channels):
        g00 = tl.load(asked, mask=in00, other=0.0) * cover00
        g01 = tl.load(asked + 1, mask=in01, other=0.0) * cover01
        g10 = tl.load(asked + columns, mask=in10, other=0.0) * cover10
        g11 = tl.load(asked + columns + 1, mask=in11, other=0.0) * cover11
        value = tl.load(features + at, mask=here, other=0.0)
        mean = (1 - lower) * ((1 - right) * g00 + right * g01) + lower * ((1 - right) * g10 + right * g11)
        tl.store(to_features + at, mean, mask=here)
        by_x += value * ((1 - lower) * (g01 - g00) + lower * (g11 - g10))
        by_y += value * ((1 - right) * (g10 - g00) + right * (g11 - g01))
        by_level += value * mean
        asked += cells
        at += pixels
    tl.store(to_flow + batch * 2 * pixels + place, by_x, mask=here)
    tl.store(to_flow + (batch * 2 + 1) * pixels + place, by_y, mask=here)
    if LEVELLED:
        tl.store(to_level + batch * pixels + place, by_level, mask=here)
