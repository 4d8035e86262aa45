# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the content of each pixel of a frame came from: the displacement, splatted forward to where it leads.

Not colour is splatted but the displacement. Where it lands, each pixel of the frame knows how far its content came and
can fetch it from the picture once, with a good filter, and stay as sharp as the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from .neighbours import greatest, least
from .splatting import SPAN, accumulate

__all__ = ["Landing", "land", "places"]

# By how much content can be pulled apart and still be whole; beyond, something else is seen between.
STRETCH = 3.0
# Pixels to either side in which a gap looks for what is beside it.
GAP = 2
# Of a pixel, what has to be landed on for it to count at all, and for it to be sure.
COVERED = (0.2, 0.5)


@dataclass(frozen=True)
class Landing:
    """What the pixels of a frame, or of some of its rows, know after splatting.

    Attributes:
        came: (B, 2, h, W) pixels, x right and y down: how far the content of each pixel came.
        sure: (B, 1, h, W) in 0..1: 0 where nothing landed, for the motion uncovered it.
        still: (B, 1, h, W) bool: pixels that did not move and that nothing moved onto.
        mean: (B, C, h, W) of all that landed there, whatever covers what; where nothing did, what landed around it.
            None where nothing was carried.
    """

    came: torch.Tensor
    sure: torch.Tensor
    still: torch.Tensor
    mean: torch.Tensor | None = None


def land(
    moved: torch.Tensor,
    order: torch.Tensor,
    reach: tuple[int, int],
    size: tuple[int, int],
    carried: torch.Tensor | None = None,
    deterministic: bool | None = None,
) -> Landing:
    """Splat a displacement along itself.

    Differentiable in `order`.

    Args:
        moved: (B, 2, h + 2·reach[1], W + 2·reach[0]) displacement in pixels at the source pixels around the target.
        order: (B, 1, …) of the same size: logarithm of the weight with which a pixel covers others; at most 0, however
            low.
        reach: columns and rows by which the source surrounds the target.
        size: (h, W) of the target.
        carried: (B, C, …) of the source's size, what `Landing.mean` is of.
        deterministic: see `accumulate`.
    """
    stretch = _stretch(moved)
    # What is stretched covers more than one pixel; else its gaps would be taken for uncovered places.
    unordered = [stretch.prod(dim=1, keepdim=True)]
    if carried is not None:
        unordered += [torch.ones_like(order), carried]

    def summed(maps: list[torch.Tensor], level: torch.Tensor | None = None) -> torch.Tensor:
        origin = (reach[1], reach[0])
        return accumulate(torch.cat(maps, dim=1), moved, origin, size, level=level, deterministic=deterministic)

    if bool((order < -SPAN[torch.float32]).any()):
        # So far apart, weights do not fit into one scale: what is far behind the foremost thing of the whole picture
        # would weigh nothing, and be in no order with what is beside it.
        total = torch.cat([summed([torch.ones_like(order), moved], order), summed(unordered)], dim=1)
    else:
        weight = order.exp()
        total = summed([weight, moved * weight, *unordered])
    landed, coverage = total[:, :1], total[:, 3:4]
    came = total[:, 1:3] / torch.where(landed > 0, landed, torch.ones_like(landed))
    little, enough = COVERED
    sure = ((coverage - little) / (enough - little)).clamp(0.0, 1.0)
    # A zero is exact, being a sum of zeros; these pixels are passed through untouched.
    still = (came == 0).all(dim=1, keepdim=True) & (sure == 1.0)
    # Between the pixels of what is stretched more, content is looked for from where that beside it came.
    around = functional.avg_pool2d(total[:, :3], 2 * GAP + 1, 1, GAP)
    guess = around[:, 1:] / torch.where(around[:, :1] > 0, around[:, :1], torch.ones_like(landed))
    came = torch.where(coverage < little, guess, came)
    came, found = _refined(came, torch.cat([moved, stretch], dim=1), reach)
    mean = None if carried is None else _mean(total[:, 4:5], total[:, 5:])
    return Landing(came, _tidied(torch.where(found, torch.ones_like(sure), sure)), still, mean)


def places(came: torch.Tensor, above: int, size: tuple[int, int]) -> torch.Tensor:
    """(B, h, W, 2) sampling places, in grid_sample's -1..1, of pixels whose content came (B, 2, h, W) pixels far.

    Args:
        came: of rows from `above` on.
        above: index of the first of them.
        size: (H, W) of what is sampled.
    """
    height, width = size
    x = torch.arange(came.shape[3], device=came.device) - came[:, 0]
    y = torch.arange(above, above + came.shape[2], device=came.device)[:, None] - came[:, 1]
    return torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)


def _mean(count: torch.Tensor, total: torch.Tensor) -> torch.Tensor:
    """What landed by how much of it did; in gaps, from the pixels around, which are 2 at most in what is stretched."""
    near = [functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False) for x in (count, total)]
    gap = count < 0.5
    count, total = torch.where(gap, count + near[0], count), torch.where(gap, total + near[1], total)
    return total / count.clamp(min=1e-6)


def _tidied(sure: torch.Tensor) -> torch.Tensor:
    """Without pinholes in what is whole, and without strays: what landed alone, fewer than three pixels wide."""
    closed = torch.maximum(sure, least(greatest(sure, 1), 1))
    return torch.minimum(closed, greatest(least(closed, 1), 1))


def _stretch(flow: torch.Tensor) -> torch.Tensor:
    """(B, 2, h, w) by how much a flow pulls neighbours apart, along x and along y, in 1..`STRETCH`.

    The lesser of both differences: at the edge between two things it is the one within the same thing.
    """
    across = flow[:, 0].diff(dim=-1)
    down = flow[:, 1].diff(dim=-2)
    x = torch.minimum(functional.pad(across, (1, 0)), functional.pad(across, (0, 1)))
    y = torch.minimum(functional.pad(down, (0, 0, 1, 0)), functional.pad(down, (0, 0, 0, 1)))
    return 1.0 + torch.stack([x, y], dim=1).clamp(0.0, STRETCH - 1.0)


def _refined(came: torch.Tensor, known: torch.Tensor, reach: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """One Newton step from the displacement that was splatted to the one that leads to this very pixel.

    Splatting rounds to the nearest source pixels; where content is stretched there are few, and edges
    would come out as combs.

    Args:
        came: (B, 2, h, W) splatted displacement.
        known: (B, 4, h + 2·reach, W + 2·reach), the flow and its stretch at the source pixels.
        reach: columns and rows by which the source surrounds the target.

    Returns:
        The better displacement, and (B, 1, h, W) where there is one.
    """
    size = (known.shape[2], known.shape[3])
    shift = torch.tensor([reach[0], reach[1]], device=came.device, dtype=came.dtype).view(1, 2, 1, 1)
    at = places(came - shift, 0, size)
    sampled = functional.grid_sample(known, at, mode="bilinear", padding_mode="border", align_corners=False)
    step = (sampled[:, :2] - came) / sampled[:, 2:]
    # A larger step leads onto something else that moves differently.
    near = (step.abs() < 1.0).all(dim=1, keepdim=True)
    return torch.where(near, came + step, came), near
