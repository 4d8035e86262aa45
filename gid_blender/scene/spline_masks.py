# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's own masks (curves drawn in the Image or the Clip Editor) as pictures: what its compositor makes of them.

Drawn here rather than rendered: a render would overwrite the user's Render Result and stop the window meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import numpy as np

from ..compat import fills_by_winding
from .errors import SceneError

__all__ = ["draw_mask"]

# Pieces that a segment between two points is drawn with, at most: finer than a pixel for any that crosses a picture.
_MOST_PIECES = 96

_FALLOFF = {
    "SMOOTH": lambda v: 3 * v**2 - 2 * v**3,
    "SPHERE": lambda v: np.sqrt(2 * v - v**2),
    "ROOT": np.sqrt,
    "SHARP": np.square,
    "INVERSE_SQUARE": lambda v: v * (2 - v),
    "LINEAR": lambda v: v,
}
_BLEND = {
    "MERGE_ADD": lambda below, v, _: below + v * (1 - below),
    "MERGE_SUBTRACT": lambda below, v, _: below - v * below,
    "ADD": lambda below, v, _: below + v,
    "SUBTRACT": lambda below, v, _: below - v,
    "LIGHTEN": lambda below, v, _: np.maximum(below, v),
    "DARKEN": lambda below, v, _: np.minimum(below, v),
    "MUL": lambda below, v, _: below * v,
    "REPLACE": lambda below, v, alpha: below * (1 - alpha) + v * alpha,
    "DIFFERENCE": lambda below, v, _: np.abs(below - v),
}


def draw_mask(mask: bpy.types.Mask, height: int, width: int) -> np.ndarray:
    """(height, width) float32 in 0..1, row 0 at the top: the curves of a mask as they lie at the current frame.

    A pixel is inside where its centre is. Layers that are not rendered are left out, as in Blender.

    Raises:
        SceneError: when nothing in it encloses anything.
    """
    found = np.zeros((height, width), np.float32)
    layers = [layer for layer in mask.layers if not layer.hide_render]
    if not any(len(spline.points) > 1 for layer in layers for spline in layer.splines):
        raise SceneError(
            f"There is nothing in the mask “{mask.name}” that could be drawn.",
            "Draw a curve of two points or more in it, in a layer that is rendered.",
        )
    for layer in layers:
        value = _FALLOFF[layer.falloff](np.clip(_drawn(layer, height, width), 0, 1))
        if layer.blend != "REPLACE":
            value = value * layer.alpha
        if layer.invert:
            value = 1 - value
        found = np.clip(_BLEND[layer.blend](found, value, layer.alpha), 0, 1)
    return found.astype(np.float32)


def _drawn(layer: bpy.types.MaskLayer, height: int, width: int) -> np.ndarray:
    """(height, width): 1 inside, from 1 to 0 across the feather, 0 outside."""
    value = np.zeros((height, width), np.float32)
    inside = np.zeros((height, width), bool)
    turns = np.zeros((height, width), np.int32)
    for spline in layer.splines:
        if len(spline.points) < 2:
            continue
        edge, outer, inner = (_pixels(line, height, width) for line in _lines(spline, max(height, width)))
        if spline.use_fill:
            around = _turns(edge, height, width)
            turns += around
            inside |= around != 0
        for feather in (outer,) if spline.use_fill else (outer, inner):
            # What is filled is closed by its filling.
            _add_feather(value, edge, feather, closed=spline.use_cyclic or spline.use_fill)
    if layer.use_fill_holes:
        inside = turns != 0 if fills_by_winding(layer) else turns % 2 == 1
    return np.where(inside, np.float32(1), value)


def _lines(spline: bpy.types.MaskSpline, side: int) -> Iterator[np.ndarray]:
    """The curve, and how far its feather reaches on either side: three times (P, 2) in the mask's coordinates."""
    points = list(spline.points)
    pairs = list(zip(points, points[1:] + points[:1], strict=True))
    lines: list[list[np.ndarray]] = [[], [], []]
    for index, (first, second) in enumerate(pairs if spline.use_cyclic else pairs[:-1]):
        last = not spline.use_cyclic and index == len(pairs) - 2
        corners = np.array([first.co, first.handle_right, second.handle_left, second.co], np.float64)
        length = np.linalg.norm(np.diff(corners, axis=0), axis=1).sum()
        pieces = int(np.clip(np.ceil(length * side / 4), 2, _MOST_PIECES))
        # The end of a segment is the beginning of the next.
        u = np.linspace(0, 1, pieces + 1)[: None if last else -1, None]
        a, b, c, d = corners
        curve = (1 - u) ** 3 * a + 3 * (1 - u) ** 2 * u * b + 3 * (1 - u) * u**2 * c + u**3 * d
        # Beside a point without handles the curve has no direction; a little further on it has.
        v = np.clip(u, 1e-4, 1 - 1e-4)
        along = (1 - v) ** 2 * (b - a) + 2 * (1 - v) * v * (c - b) + v**2 * (d - c)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
        normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
        reach = normal * _weights(spline, first, second, u[:, 0])[:, None]
        for line, places in zip(lines, (curve, curve + reach, curve - reach), strict=True):
            line.append(places)
    yield from (np.concatenate(line) for line in lines)


def _weights(
    spline: bpy.types.MaskSpline, first: bpy.types.MaskSplinePoint, second: bpy.types.MaskSplinePoint, u: np.ndarray
) -> np.ndarray:
    """How far the feather reaches at `u` of a segment; the feather's own points multiply what both ends have."""
    knots = sorted((point.u, point.weight) for point in first.feather_points)
    at = np.array([0.0, *(knot[0] for knot in knots), 1.0])
    weight = np.array([1.0, *(knot[1] for knot in knots), 1.0]) * (first.weight * (1 - at) + second.weight * at)
    index = np.clip(np.searchsorted(at, u, side="right") - 1, 0, len(at) - 2)
    share = np.clip((u - at[index]) / np.maximum(at[index + 1] - at[index], 1e-9), 0, 1)
    if spline.weight_interpolation == "EASE":
        share = 3 * share**2 - 2 * share**3
    return weight[index] * (1 - share) + weight[index + 1] * share


def _pixels(line: np.ndarray, height: int, width: int) -> np.ndarray:
    """(P, 2) in pixels, row 0 at the top. A mask's square has the longer side of the picture, and its middle."""
    x, y = ((line - 0.5) * max(height, width)).T
    return np.stack([x + width / 2, height / 2 - y], axis=1)


def _turns(edge: np.ndarray, height: int, width: int) -> np.ndarray:
    """(height, width) int32: how often the edge goes around each pixel, from where it crosses their rows."""
    start, end = edge, np.roll(edge, -1, axis=0)
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    first = np.clip(np.ceil(low - 0.5), 0, height).astype(int)
    count = np.clip(np.ceil(high - 0.5), 0, height).astype(int) - first
    side = np.repeat(np.arange(len(edge)), count)
    rows = np.arange(len(side)) - np.repeat(np.cumsum(count) - count, count) + first[side]
    share = (rows + 0.5 - start[side, 1]) / (end[side, 1] - start[side, 1])
    x = start[side, 0] + share * (end[side, 0] - start[side, 0])
    crossings = np.zeros((height, width + 1), np.int32)
    downwards = np.where(end[side, 1] > start[side, 1], 1, -1)
    np.add.at(crossings, (rows, np.clip(np.ceil(x - 0.5), 0, width).astype(int)), downwards)
    return np.cumsum(crossings, axis=1)[:, :width]


def _add_feather(value: np.ndarray, edge: np.ndarray, feather: np.ndarray, *, closed: bool) -> None:
    """Raise `value` to what the strip between the curve (1) and the end of its feather (0) has at each pixel."""
    following = [*range(1, len(edge)), 0]
    for a, b in list(enumerate(following))[: None if closed else -1]:
        corners = (edge[a], edge[b], feather[b], feather[a])
        if np.abs(feather[a] - edge[a]).max() + np.abs(feather[b] - edge[b]).max() > 1e-3:
            _add_triangle(value, corners[:3], (1.0, 1.0, 0.0))
            _add_triangle(value, (corners[0], *corners[2:]), (1.0, 0.0, 0.0))


def _add_triangle(value: np.ndarray, corners: tuple[np.ndarray, ...], levels: tuple[float, ...]) -> None:
    (ax, ay), (bx, by), (cx, cy) = corners
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    height, width = value.shape
    left, right = max(int(min(ax, bx, cx) - 0.5), 0), min(int(max(ax, bx, cx) + 1.5), width)
    top, bottom = max(int(min(ay, by, cy) - 0.5), 0), min(int(max(ay, by, cy) + 1.5), height)
    if abs(area) < 1e-9 or left >= right or top >= bottom:
        return
    x, y = np.arange(left, right) + 0.5, (np.arange(top, bottom) + 0.5)[:, None]
    second = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
    third = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
    level = levels[0] + second * (levels[1] - levels[0]) + third * (levels[2] - levels[0])
    # A pixel on the seam of two triangles belongs to both.
    inside = (second >= -1e-6) & (third >= -1e-6) & (second + third <= 1 + 1e-6)
    part = value[top:bottom, left:right]
    np.copyto(part, np.maximum(part, level), where=inside)
