# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaves out the parts that a picture does not show."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["compact"]

Array = npt.NDArray[Any]
# A part of so many pixels is never given up.
LARGEST = 40


def compact(
    parts: dict[str, Array], index: npt.NDArray[np.uint16], budget: int = 900
) -> tuple[dict[str, Array], npt.NDArray[np.uint16]]:
    """The parts that are seen, and those that carry them, renumbered; about `budget` at most.

    Where more are seen, those at the ends of the tree with the fewest pixels move with their parent instead.
    """
    parent = parts["parent"]
    count = len(parent)
    owner = np.arange(count)
    pixels = np.bincount(index.ravel(), minlength=count)
    limit = 0
    while True:
        seen = np.zeros(count, bool)
        seen[np.unique(owner[index.ravel()])] = True
        seen[0] = True
        keep = seen.copy()
        # Parents come before their children, so one pass from the end marks all that carry something.
        for i in range(count - 1, 0, -1):
            if keep[i]:
                keep[parent[i]] = True
        if keep.sum() <= budget or limit >= LARGEST:
            break
        limit += 1
        carries = np.zeros(count, bool)
        carries[parent[np.flatnonzero(keep)]] = True
        # What stands on the ground moves or does not; only what is carried by something that moves can go with it.
        small = keep & ~carries & (pixels <= limit) & (parent > 0)
        pixels = pixels + np.bincount(parent[small], weights=pixels[small], minlength=count).astype(pixels.dtype)
        pixels[small] = 0
        step = np.where(small, parent, np.arange(count))
        owner = step[owner]
    number = np.cumsum(keep) - 1
    out = {name: value[keep] for name, value in parts.items()}
    out["parent"] = number[parent[keep]].astype(np.int32)
    return out, number[owner[index]].astype(np.uint16)
