# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame as the warp alone makes it: content fetched from where it came, and holes filled from what lies behind."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from ..render_settings import DEPTH
from .holes import fill
from .landing import Landing, land, places

__all__ = ["fetch", "patch", "warp"]


def fetch(source: torch.Tensor, came: torch.Tensor, above: int = 0, limits: torch.Tensor | None = None) -> torch.Tensor:
    """Picture content from where it came, through a cubic filter.

    Args:
        source: (B, C, H, W), or (1, C, H, W) for all.
        came: (B, 2, h, W) pixels, of rows from `above` on.
        above: index of the first of them.
        limits: (B, 2C, H, W) or (1, 2C, H, W), the least and the greatest value that a fetched pixel may take; None
            sets none.

    Returns:
        (B, C, h, W).
    """
    at = places(came, above, (source.shape[2], source.shape[3]))
    frame = functional.grid_sample(
        source.expand(len(at), -1, -1, -1), at, mode="bicubic", padding_mode="reflection", align_corners=False
    )
    if limits is None:
        return frame
    limits = limits.expand(len(at), -1, -1, -1)
    near = functional.grid_sample(limits, at, mode="nearest", padding_mode="reflection", align_corners=False)
    low, high = near.chunk(2, dim=1)
    return torch.minimum(torch.maximum(frame, low), high)


def patch(
    frame: torch.Tensor, landing: Landing, strength: torch.Tensor, depth: float = DEPTH, above: int = 0
) -> torch.Tensor:
    """Fill what was uncovered from the quieter of its surroundings: that is what continues behind.

    Args:
        frame: (B, C, h, W) as fetched.
        landing: of these rows.
        strength: (B, 1, H, W) of the picture's pixels, in typical strengths.
        depth: τ.
        above: index of the first row.
    """
    sure = landing.sure
    at = places(landing.came, above, (strength.shape[2], strength.shape[3]))
    w = functional.grid_sample(strength, at, padding_mode="border", align_corners=False)
    # The least of a square is the least of its columns' leasts: 66 comparisons a pixel instead of 1089.
    quietest = functional.max_pool2d(
        -torch.where(sure > 0, w, strength.amax(dim=(1, 2, 3), keepdim=True)), (33, 1), 1, (16, 0)
    )
    quietest = -functional.max_pool2d(quietest, (1, 33), 1, (0, 16))
    trust = sure * (-depth * (w - quietest)).exp().clamp(1e-4, 1.0)
    rough = fill(frame, trust)
    return rough + sure * (frame - rough)


def warp(
    source: torch.Tensor,
    flow: torch.Tensor,
    strength: torch.Tensor,
    depth: float = DEPTH,
    order: torch.Tensor | None = None,
    *,
    carry: bool = False,
) -> tuple[torch.Tensor, Landing]:
    """A whole frame at once, as `MotionRenderer` makes it band by band; differentiable in source, strength and order.

    Args:
        source: (B, C, H, W).
        flow: (B, 2, H, W) pixels, x right and y down.
        strength: (B, 1, H, W) in typical strengths; the order of what covers what.
        depth: τ.
        order: (B, 1, H, W) added to τ · strength.
        carry: whether the landing has the mean of the colours that landed.

    Returns:
        (B, C, H, W) with its holes filled, and what is known of each pixel.
    """
    height, width = source.shape[2:]
    reach = (math.ceil(float(flow[:, 0].abs().max())) + 1, math.ceil(float(flow[:, 1].abs().max())) + 1)
    front = depth * strength if order is None else depth * strength + order
    front = front - front.amax(dim=(1, 2, 3), keepdim=True)
    # The border is a cut through things that go on outside and move alike there.
    around = functional.pad(torch.cat([flow, front], dim=1), (reach[0], reach[0], reach[1], reach[1]), mode="replicate")
    colours = functional.pad(source, (reach[0], reach[0], reach[1], reach[1]), mode="replicate") if carry else None
    landing = land(around[:, :2], around[:, 2:], reach, (height, width), colours)
    frame = fetch(source, landing.came)
    return patch(frame, landing, strength, depth), landing
