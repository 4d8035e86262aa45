# SPDX-License-Identifier: GPL-3.0-or-later
"""A displacement seen from where things arrive: what a compositor's Displace node asks for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["arriving"]

Single = npt.NDArray[np.float32]

# Places that are followed, along each side of a cell: what is stretched twofold still has one in each cell.
_PLACES = 2
# Newton's; a twentieth of a cell is left after two or three wherever the motion has an inverse.
_STEPS = 5
# Of a fixed point, halfway each time: it settles wherever neighbours drift apart by less than thrice their distance.
_SETTLING = 16
# At a fold the motion has no slope to go by; a step is never longer than a cell.
_FOLD = 0.2


def arriving(displacement: npt.NDArray[np.floating]) -> Single:
    """How far what is seen at each place has come: d(p) = D(p - d(p)), so that out(p) = picture(p - d(p)).

    Where something covers something else, what moves more is seen, as in the renderer. Where something was uncovered,
    what is beside it is stretched.

    Args:
        displacement: (2, H, W) D at the centres of a picture's cells, in fractions of its width, x right, y down.

    Returns:
        (2, H, W) float32 d, in the same units. Exactly 0 where nothing moves around.
    """
    forward = np.asarray(displacement, np.float32)
    _, height, width = forward.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    from_x, from_y = _sources(forward, x, y)
    across, down = (np.gradient(forward * width, axis=axis) for axis in (2, 1))
    found, smallest = forward, np.full((height, width), np.inf, np.float32)
    for _ in range(_STEPS + 1):
        moved = _sampled(forward, from_x, from_y)
        missing_x, missing_y = x - from_x - moved[0] * width, y - from_y - moved[1] * width
        missing = np.hypot(missing_x, missing_y)
        # Near a fold a step may lead away again.
        found = np.where(missing < smallest, moved, found)
        smallest = np.minimum(missing, smallest)
        (xx, yx), (xy, yy) = _sampled(across, from_x, from_y), _sampled(down, from_x, from_y)
        xx, yy = xx + 1, yy + 1
        area = xx * yy - xy * yx
        area = np.where(np.abs(area) < _FOLD, np.copysign(np.float32(_FOLD), area), area)
        step_x, step_y = (yy * missing_x - xy * missing_y) / area, (xx * missing_y - yx * missing_x) / area
        shorter = 1 / np.maximum(np.hypot(step_x, step_y), 1)
        from_x, from_y = from_x + step_x * shorter, from_y + step_y * shorter
    return found


def _sources(forward: Single, x: Single, y: Single) -> tuple[Single, Single]:
    """(H, W) columns and rows of what is seen at each cell, to within a cell."""
    height, width = forward.shape[1:]
    rows, columns = (np.linspace(0, n - 1, _PLACES * (n - 1) + 1, dtype=np.float32) for n in (height, width))
    at_y, at_x = np.meshgrid(rows, columns, indexing="ij")
    moved = _sampled(forward, at_x, at_y)
    column, row = (np.rint(at + way * width).astype(np.intp) for at, way in zip((at_x, at_y), moved, strict=True))
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    # The last of those that land in a cell stays: what moves most.
    order = np.argsort(np.square(moved).sum(axis=0)[inside], kind="stable")
    seen = np.full((height, width), -1, np.intp)
    seen[row[inside][order], column[inside][order]] = np.flatnonzero(inside)[order]
    stretched = forward
    for _ in range(_SETTLING):
        there = _sampled(forward, x - stretched[0] * width, y - stretched[1] * width)
        stretched = np.asarray((stretched + there) / 2, np.float32)
    lands = seen >= 0
    return (
        np.where(lands, at_x.ravel()[seen], x - stretched[0] * width),
        np.where(lands, at_y.ravel()[seen], y - stretched[1] * width),
    )


def _sampled(field: npt.NDArray[np.floating], x: Single, y: Single) -> Single:
    """(2, H, W) bilinear values of a field at columns x and rows y, held beyond its border."""
    height, width = field.shape[1:]
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, top = np.minimum(x.astype(np.intp), width - 2), np.minimum(y.astype(np.intp), height - 2)
    across, down = x - left, y - top
    upper = field[:, top, left] * (1 - across) + field[:, top, left + 1] * across
    lower = field[:, top + 1, left] * (1 - across) + field[:, top + 1, left + 1] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
