# SPDX-License-Identifier: GPL-3.0-or-later
"""Surfaces as grids of quads: tubes, turned bodies, boxes, petals, cloths, cards cut out of an outline.

Everything is numpy; nothing here knows a render engine. z is up, lengths are metres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "Form",
    "arc",
    "ball",
    "box",
    "colour",
    "frame",
    "join",
    "lattice",
    "noise",
    "petal",
    "plate",
    "tube",
    "turned",
]

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Form:
    """A surface of quads.

    Attributes:
        vertices: (V, 3) float64.
        quads: (F, 4) int, corners in order.
        uv: (V, 2), 0..1 across and along.
        colour: (V, 3) linear RGB.
        part: (F,) int, the part that each face belongs to.
    """

    vertices: Array
    quads: Array
    uv: Array
    colour: Array
    part: Array

    def moved(self, origin: Any, turn: Array | None = None, scale: Any = 1.0) -> Form:
        """Scaled, turned by the rows of `turn` (the images of x, y and z), then shifted to `origin`."""
        v = self.vertices * np.asarray(scale, float)
        return replace(self, vertices=(v if turn is None else v @ turn) + np.asarray(origin, float))

    def tinted(self, tone: Any) -> Form:
        """Its colours multiplied by `tone`: one RGB, or one for each vertex."""
        return replace(self, colour=np.clip(self.colour * np.asarray(tone, float), 0.0, 1.0))

    def of(self, part: Any) -> Form:
        """The same surface, belonging to `part`: one number, or one for each face."""
        return replace(self, part=np.broadcast_to(np.asarray(part, int), (len(self.quads),)).copy())


def _form(vertices: Array, quads: Array, uv: Array) -> Form:
    return Form(vertices, quads, uv, np.ones((len(vertices), 3)), np.zeros(len(quads), int))


def join(forms: list[Form]) -> Form:
    """Several forms as one."""
    first = np.cumsum([0, *(len(f.vertices) for f in forms[:-1])])
    return Form(
        np.concatenate([f.vertices for f in forms]),
        np.concatenate([f.quads + n for f, n in zip(forms, first, strict=True)]),
        np.concatenate([f.uv for f in forms]),
        np.concatenate([f.colour for f in forms]),
        np.concatenate([f.part for f in forms]),
    )


def colour(h: float, s: float, v: float) -> Array:
    """Linear RGB of a hue (1 is a full turn), saturation and brightness as one sees them."""
    k = (np.array([5.0, 3.0, 1.0]) + h * 6.0) % 6.0
    s, v = float(np.clip(s, 0, 1)), float(np.clip(v, 0, 1))
    return np.asarray((v - v * s * np.clip(np.minimum(k, 4.0 - k), 0.0, 1.0)) ** 2.2)


def frame(z: Any, roll: float = 0.0) -> Array:
    """A right-handed frame whose third row is along `z`."""
    z = np.asarray(z, float)
    z = z / max(float(np.linalg.norm(z)), 1e-12)
    helper = np.array([0.0, 0.0, 1.0]) if abs(z[2]) < 0.95 else np.array([0.0, 1.0, 0.0])
    x = np.cross(helper, z)
    x /= np.linalg.norm(x)
    y = np.cross(z, x)
    c, s = np.cos(roll), np.sin(roll)
    return np.stack([c * x + s * y, c * y - s * x, z])


def lattice(points: Array, wrap: bool = False) -> Form:
    """The surface through a grid of points (rows, columns, 3); `wrap` closes it across the columns."""
    rows, columns = points.shape[:2]
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns if wrap else columns - 1), indexing="ij")
    right = (j + 1) % columns
    quads = np.stack([i * columns + j, i * columns + right, (i + 1) * columns + right, (i + 1) * columns + j], -1)
    u, v = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    return _form(points.reshape(-1, 3).astype(float), quads.reshape(-1, 4), np.stack([u, v], -1).reshape(-1, 2))


def arc(start: Any, heading: Any, length: float, bend: Any, segments: int) -> Array:
    """A smooth curve (segments+1, 3) that sets out along `heading` and turns towards `bend` (a vector)."""
    start, heading, bend = (np.asarray(x, float) for x in (start, heading, bend))
    heading = heading / max(float(np.linalg.norm(heading)), 1e-12)
    t = (np.arange(segments) + 0.5)[:, None] / segments
    steps = heading + bend * t
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    return np.concatenate([start[None], start + np.cumsum(steps, 0) * (length / segments)])


def tube(points: Array, radii: Any, sides: int = 6, parts: Any = 0) -> Form:
    """A tube along a polyline, `parts` one number or one for each segment; its ends are drawn together."""
    points = np.asarray(points, float)
    n = len(points)
    radii = np.broadcast_to(np.asarray(radii, float), (n,))
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    ref = np.array([0.0, 1.0, 0.0]) if abs(along[:, 1]).max() < 0.97 else np.array([1.0, 0.0, 0.3])
    a = np.cross(along, ref)
    a /= np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-12)
    b = np.cross(along, a)
    t = 2 * np.pi * np.arange(sides) / sides
    ring = np.cos(t)[None, :, None] * a[:, None] + np.sin(t)[None, :, None] * b[:, None]
    body = lattice(points[:, None] + ring * radii[:, None, None], wrap=True)
    per = np.repeat(np.broadcast_to(np.asarray(parts, int), (n - 1,)), sides)
    return body.of(per)


def turned(profile: Any, sides: int = 20) -> Form:
    """A body turned about z: `profile` (N, 2) of radius and height, from the bottom up."""
    profile = np.asarray(profile, float)
    t = 2 * np.pi * np.arange(sides) / sides
    ring = np.stack([np.cos(t), np.sin(t)], -1)[None] * profile[:, :1, None]
    height = np.broadcast_to(profile[:, None, 1:], (len(profile), sides, 1))
    return lattice(np.concatenate([ring, height], -1), wrap=True)


def ball(radius: float = 1.0, tall: float = 1.0, sides: int = 20, rows: int = 12) -> Form:
    """A ball about the origin, `tall` times as high as wide."""
    a = np.linspace(-np.pi / 2, np.pi / 2, rows + 1)
    return turned(np.stack([np.maximum(np.cos(a), 1e-3) * radius, np.sin(a) * radius * tall], 1), sides)


def box(size: Any, centre: Any = (0.0, 0.0, 0.0)) -> Form:
    """A box with sharp edges."""
    corners = np.array([[x, y, z] for z in (-0.5, 0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)])
    faces = np.array([[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]])
    v = corners[faces.ravel()] * np.asarray(size, float) + np.asarray(centre, float)
    uv = np.tile(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]), (6, 1))
    return _form(v, np.arange(24).reshape(6, 4), uv)


def plate(width: Any, height: float, rows: int = 2, columns: int = 2, thick: float = 0.0) -> Form:
    """An upright plate in x-z whose top edge is at the origin; `width` may vary down the rows (rows+1,)."""
    wide = np.broadcast_to(np.asarray(width, float), (rows + 1,))
    u = np.linspace(-0.5, 0.5, columns + 1)
    z = -np.linspace(0, height, rows + 1)
    p = np.zeros((rows + 1, columns + 1, 3))
    p[..., 0], p[..., 2] = wide[:, None] * u, z[:, None]
    front = lattice(p)
    if not thick:
        return front
    return join([front.moved((0, -thick / 2, 0)), front.moved((0, thick / 2, 0))])


def petal(
    *,
    azimuth: float,
    elevation: float,
    length: float,
    width: float,
    curl: float = 0.0,
    cup: float = 0.2,
    ruffle: float = 0.0,
    root: float = 0.0,
    blunt: float = 0.5,
    notch: float = 0.0,
    phase: float = 0.0,
    rows: int = 6,
    columns: int = 4,
) -> Form:
    """One petal about the axis z: it leaves the axis at `azimuth`, rising by `elevation`, which changes by `curl`.

    `width` is its greatest width, `root` its distance from the axis, `cup` how far its sides rise, `ruffle` how much
    its rim waves, `blunt` 0 pointed … 1 round, `notch` how deep the middle of its rim lies.
    """
    v = np.linspace(0, 1, rows + 1)[:, None]
    u = np.linspace(-1, 1, columns + 1)[None, :]
    rise = elevation + curl * v
    step = length / rows
    mid = (rise[:-1] + rise[1:]) / 2
    zero = np.zeros((1, 1))
    radial = root + np.concatenate([zero, np.cumsum(np.cos(mid) * step, 0)])
    high = np.concatenate([zero, np.cumsum(np.sin(mid) * step, 0)])
    outline = np.sin(np.pi * np.clip(v, 0, 1) ** (0.75 + 0.55 * blunt)) ** (1.0 - 0.45 * blunt)
    half = 0.5 * width * np.maximum(outline, np.where(v < 0.5, 0.16, 0.02))
    # The rim of a blunt petal is a bow: its middle reaches farther than its sides.
    reach = length * v**3 * (-0.16 * blunt * u**2 - notch * (1 - u**2))
    lift = half * cup * u**2 + ruffle * length * v**2 * np.sin(3.1 * np.pi * u + phase)
    r = radial + reach * np.cos(rise) - lift * np.sin(rise)
    z = high + reach * np.sin(rise) + lift * np.cos(rise)
    side = half * u * np.ones_like(v) * (1.0 - 0.25 * min(cup, 1.5) * u**2)
    c, s = np.cos(azimuth), np.sin(azimuth)
    return lattice(np.stack([r * c - side * s, r * s + side * c, z], -1))


def noise(rng: np.random.Generator, rows: int, columns: int, bumps: tuple[float, float]) -> Array:
    """(rows, columns) smooth noise of unit size with about that many bumps down and across."""

    def spread(n: int, knots: int) -> Array:
        x = np.linspace(0, knots - 3, n)
        i = np.minimum(x.astype(int), knots - 4)
        f = x - i
        w = np.zeros((n, knots))
        # A cubic B-spline: smooth, without overshoot.
        for d, b in enumerate(((1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3)):
            w[np.arange(n), i + d] = b / 6
        return w

    knots = [max(4, round(b) + 4) for b in bumps]
    field = spread(rows, knots[0]) @ rng.standard_normal((knots[0], knots[1])) @ spread(columns, knots[1]).T
    return np.asarray(field / max(float(field.std()), 1e-6))
