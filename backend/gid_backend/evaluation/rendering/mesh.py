# SPDX-License-Identifier: GPL-3.0-or-later
"""A grid of quads that is bent by the motion and painted with the picture: what a plane in Blender does."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .metrics import Field, Picture

__all__ = ["CELL", "mesh_warp"]

# Pixels of the rest picture to a quad.
CELL = 8


def mesh_warp(source: Picture, flow: Field, strength: Field) -> Picture:
    """(H, W, 3) uint8: the picture on a bent grid; where it folds, what moves more lies in front.

    A grid is connected, so nothing is uncovered inside; where its border was pulled inwards, the rest picture stands.
    """
    rows, columns = strength.shape
    ys, xs = _lines(rows), _lines(columns)
    at = np.ix_(ys, xs)
    x, y = np.meshgrid(xs.astype(np.float32), ys.astype(np.float32))
    rest = np.stack([x, y], axis=-1)
    moved = np.stack([x + flow[0][at], y + flow[1][at]], axis=-1)
    corners = _triangles(len(ys), len(xs))
    front = strength[at].reshape(-1)[corners].mean(axis=1)
    map_y, map_x = np.indices((rows, columns), np.float32)
    _paint(map_x, map_y, rest.reshape(-1, 2)[corners], moved.reshape(-1, 2)[corners], np.argsort(front, kind="stable"))
    frame = cv2.remap(source, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(frame, np.uint8)


def _lines(length: int) -> npt.NDArray[np.int64]:
    """Where the lines of the grid are: the first and the last pixel, and about every `CELL` between."""
    return np.rint(np.linspace(0, length - 1, max(round((length - 1) / CELL), 1) + 1)).astype(np.int64)


def _triangles(rows: int, columns: int) -> npt.NDArray[np.int64]:
    """(n, 3) indices of the corners, two triangles to a quad."""
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (part.reshape(-1) for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])


def _paint(map_x: Field, map_y: Field, rest: Field, moved: Field, order: npt.NDArray[np.int64]) -> None:
    """Write into the maps where each pixel's content was at rest, one triangle over the other."""
    rows, columns = map_x.shape
    low = np.maximum(np.ceil(moved.min(axis=1) - 1e-3), 0).astype(np.int64)
    high = np.minimum(np.floor(moved.max(axis=1) + 1e-3), [columns - 1, rows - 1]).astype(np.int64)
    origin, u, v = moved[:, 0], moved[:, 1] - moved[:, 0], moved[:, 2] - moved[:, 0]
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    for i in order:
        (x0, y0), (x1, y1) = low[i], high[i]
        if x1 < x0 or y1 < y0 or abs(area[i]) < 1e-6:
            continue
        x, y = np.arange(x0, x1 + 1) - origin[i, 0], (np.arange(y0, y1 + 1) - origin[i, 1])[:, None]
        s = (x * v[i, 1] - y * v[i, 0]) / area[i]
        t = (y * u[i, 0] - x * u[i, 1]) / area[i]
        # A little over the edge, so that rounding leaves no seam between neighbours.
        inside = (s >= -1e-4) & (t >= -1e-4) & (s + t <= 1 + 1e-4)
        a, b, c = rest[i]
        for axis, out in ((0, map_x), (1, map_y)):
            part = out[y0 : y1 + 1, x0 : x1 + 1]
            part[inside] = (a[axis] + s * (b[axis] - a[axis]) + t * (c[axis] - a[axis]))[inside]
