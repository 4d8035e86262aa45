# SPDX-License-Identifier: GPL-3.0-or-later
"""The arrow from a held place to the pointer: light with a dark edge, so that it reads on any background."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["DARK", "LIGHT", "Shape", "arrow"]

Pixel = tuple[float, float]

LIGHT = (1.0, 1.0, 1.0, 0.95)
DARK = (0.0, 0.0, 0.0, 0.6)
# In pixels of a screen without scaling.
SPOT, SHAFT, HEAD, EDGE = 4.0, 2.5, 12.0, 1.0


class Shape(NamedTuple):
    """Something to be drawn, in pixels.

    Attributes:
        points: the corners of a convex outline, or, with a width, the ends of a line.
        colour: RGBA, as on screen.
        width: of the line; 0 for an outline, which is filled.
    """

    points: list[Pixel]
    colour: tuple[float, float, float, float]
    width: float = 0.0


def arrow(start: Pixel, end: Pixel, scale: float) -> list[Shape]:
    """What to draw, in this order. Without room for an arrow it is the spot alone.

    Args:
        start: the place that is held, in pixels.
        end: where the arrow points.
        scale: of the screen: 2 where interfaces are drawn twice as large.
    """
    length = math.dist(start, end)
    head = HEAD * scale
    shapes = []
    for colour, edge in ((DARK, EDGE * scale), (LIGHT, 0.0)):
        shapes.append(Shape(_disc(start, SPOT * scale + edge), colour))
        if length > head:
            ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
            neck = (end[0] - ux * head, end[1] - uy * head)
            shapes.append(Shape([start, neck], colour, SHAFT * scale + 2 * edge))
            side = 0.45 * head + edge
            back = (neck[0] - ux * edge, neck[1] - uy * edge)
            tip = (end[0] + ux * edge * 2, end[1] + uy * edge * 2)
            barbs = [
                (back[0] - uy * side, back[1] + ux * side),
                (back[0] + uy * side, back[1] - ux * side),
            ]
            shapes.append(Shape([tip, *barbs], colour))
    return shapes


def _disc(centre: Pixel, radius: float) -> list[Pixel]:
    # Corners about two pixels apart: round on a screen of any density.
    corners = max(12, round(math.pi * radius))
    turns = (2 * math.pi * i / corners for i in range(corners))
    return [(centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)) for turn in turns]
