# SPDX-License-Identifier: GPL-3.0-or-later
"""Which places of a frame are measured apart: what moves, how far, what came out from behind, what stands still.

All of them follow from the motion that is given, none from what a renderer does with it, so that every candidate is
measured on the same pixels. All are in the coordinates of the frame, not of the rest picture.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ...rendering.frame_pair import FramePair
from .metrics import Field

__all__ = ["BINS", "MOVING", "REGIONS", "local_displacement", "regions_of", "still_places"]

Mask = npt.NDArray[np.bool_]

# Pixels from which on a place counts as moving.
MOVING = 0.5
# Named by the displacement they stand for, each from half way (of ratios, roughly) to the next.
BINS = {"2": (1.0, 3.0), "5": (3.0, 7.0), "10": (7.0, 14.0), "20": (14.0, 28.0)}
REGIONS = ("frame", "moving", "followed", "uncovered", *BINS)
# Pixels around a still place in which nothing may move or arrive.
STILL_REACH = 16


def local_displacement(flow: Field) -> Field:
    """(H, W) pixels: how far the farthest mover has come that arrives within a pixel of a place, or has left from it.

    Both, because a wrong frame is wrong where things arrive and where they have left.

    Args:
        flow: (2, H, W) pixels, where each pixel of the rest picture goes.
    """
    _, rows, columns = flow.shape
    size = np.hypot(flow[0], flow[1])
    y, x = np.indices((rows, columns), np.float32)
    # Clipped as floats: a far-away float does not fit into an integer.
    x, y = (np.clip(np.rint(axis), -1, limit) for axis, limit in ((x + flow[0], columns), (y + flow[1], rows)))
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    index = y[inside].astype(np.int64) * columns + x[inside].astype(np.int64)
    landed = np.zeros(rows * columns, np.float32)
    np.maximum.at(landed, index, size[inside])
    # What is stretched leaves gaps between the pixels that arrive.
    landed = cv2.dilate(landed.reshape(rows, columns), np.ones((3, 3), np.uint8))
    return np.asarray(np.maximum(size, landed), np.float32)


def regions_of(pair: FramePair) -> dict[str, Mask]:
    """(H, W) bool for each of `REGIONS`.

    - frame: all of it;
    - moving: where the local displacement is at least half a pixel;
    - followed: of these, where the flow is known to be right;
    - uncovered: what the rest picture did not show; nothing where nobody knows;
    - "2", "5", …: by local displacement, see `BINS`.
    """
    far = local_displacement(pair.flow)
    uncovered = np.zeros(far.shape, bool) if pair.uncovered is None else pair.uncovered
    known = ~uncovered if pair.known is None else pair.known
    moving = far >= MOVING
    found: dict[str, Mask] = {"frame": np.ones(far.shape, bool), "moving": moving, "followed": moving & known}
    found["uncovered"] = uncovered
    for name, (low, high) in BINS.items():
        found[name] = (far >= low) & (far < high)
    return found


def still_places(flow: Field) -> Mask:
    """(H, W) bool: nothing within 16 pixels moves at all, or arrives there; exactly, not nearly."""
    moved = (local_displacement(flow) > 0).astype(np.uint8)
    side = 2 * STILL_REACH + 1
    return np.asarray(cv2.dilate(moved, np.ones((side, side), np.uint8)) == 0)
