# SPDX-License-Identifier: GPL-3.0-or-later
"""Polygons collected with numpy, each with its part and its colour; one mesh for each material."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Mesh", "frames"]

Array = npt.NDArray[Any]


def frames(
    directions: Array, toward: Array | tuple[float, float, float] = (0.0, 0.0, 1.0)
) -> tuple[Array, Array, Array]:
    """Unit vectors (N, 3) along, across, and normal; the normal is as near to `toward` as can be."""
    along = directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-9)
    across = np.cross(np.broadcast_to(np.asarray(toward, float), along.shape), along)
    size = np.linalg.norm(across, axis=1, keepdims=True)
    other = np.cross(np.broadcast_to([0.31, 0.95, 0.05], along.shape), along)
    across = np.where(size > 1e-4, across, other)
    across = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    return along, across, np.cross(along, across)


class Mesh:
    """What is made of one material. Colours ("tones") are linear RGB, 0..1, one for each face.

    `parts` everywhere is a number for all faces or one for each.
    """

    def __init__(self) -> None:
        self._points: list[Array] = []
        self._corners: list[Array] = []
        self._sides: list[Array] = []
        self._parts: list[Array] = []
        self._tones: list[Array] = []
        self._uv: list[Array] = []
        self._count = 0

    def faces(self, points: Array, corners: Array, parts: Any, tones: Any, uv: Array | None = None) -> None:
        """Faces (N, V) as indices into points (M, 3); `uv` (M, 2) belongs to the points."""
        corners = np.asarray(corners, np.int32)
        n, sides = corners.shape
        self._points.append(np.asarray(points, np.float32).reshape(-1, 3))
        self._corners.append((corners + self._count).ravel())
        self._sides.append(np.full(n, sides, np.int32))
        self._parts.append(np.broadcast_to(np.asarray(parts, np.float32), n))
        self._tones.append(np.broadcast_to(np.asarray(tones, np.float32), (n, 3)))
        flat = np.zeros((len(points), 2)) if uv is None else np.asarray(uv).reshape(-1, 2)
        self._uv.append(flat[corners.ravel()].astype(np.float32))
        self._count += len(self._points[-1])

    def polygons(self, points: Array, parts: Any, tones: Any, uv: Array | None = None) -> None:
        """N separate outlines (N, V, 3); `uv` (V, 2) or (N, V, 2) goes to the material."""
        n, v = points.shape[:2]
        if uv is not None:
            uv = np.broadcast_to(uv, (n, v, 2))
        self.faces(points.reshape(-1, 3), np.arange(n * v).reshape(n, v), parts, tones, uv)

    def tubes(
        self, starts: Array, ends: Array, thin: Array, thick: Array, parts: Any, tones: Any, sides: int = 5
    ) -> None:
        """N round sticks (N, 3) to (N, 3) with the radii `thin` at the start and `thick` at the end, (N,) each."""
        n = len(starts)
        if not n:
            return
        _, u, v = frames(ends - starts)
        a = np.linspace(0, 2 * np.pi, sides, endpoint=False)
        ring = np.cos(a)[None, :, None] * u[:, None] + np.sin(a)[None, :, None] * v[:, None]
        low = starts[:, None] + ring * np.broadcast_to(thin, n)[:, None, None]
        high = ends[:, None] + ring * np.broadcast_to(thick, n)[:, None, None]
        points = np.concatenate([low, high], 1)
        k = np.arange(sides)
        quad = np.stack([k, (k + 1) % sides, (k + 1) % sides + sides, k + sides], 1)
        corners = (quad[None] + (np.arange(n) * 2 * sides)[:, None, None]).reshape(-1, 4)
        owner = np.repeat(np.broadcast_to(parts, n), sides)
        colour = np.repeat(np.broadcast_to(np.asarray(tones, float), (n, 3)), sides, 0)
        uv = np.stack([np.tile(k / sides, 2), np.repeat([0.0, 1.0], sides)], 1)
        self.faces(points.reshape(-1, 3), corners, owner, colour, np.tile(uv, (n, 1)))

    def tube(self, line: Array, radii: Any, parts: Any, tone: Any, sides: int = 6) -> None:
        """A round stick along a polyline (n+1, 3), `radii` (n+1,), a part for each of its n segments."""
        line = np.asarray(line, float)
        n = len(line) - 1
        radii = np.broadcast_to(np.asarray(radii, float), n + 1)
        direction = np.gradient(line, axis=0)
        _, u, v = frames(direction, (0.13, 0.07, 0.99) if abs(direction[:, 2]).max() < 1e-9 else (0.9, 0.4, 0.1))
        a = np.linspace(0, 2 * np.pi, sides, endpoint=False)
        ring = np.cos(a)[None, :, None] * u[:, None] + np.sin(a)[None, :, None] * v[:, None]
        self.grid(
            np.concatenate([r := line[:, None] + ring * radii[:, None, None], r[:, :1]], 1),
            np.repeat(np.broadcast_to(parts, n)[:, None], sides, 1),
            tone,
        )

    def grid(self, points: Array, parts: Any, tones: Any) -> None:
        """A sheet through points (R, C, 3), with `parts` (R-1, C-1) or one; uv runs 0..1 along columns and rows."""
        rows, columns = points.shape[:2]
        index = np.arange(rows * columns).reshape(rows, columns)
        corners = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 4)
        n = len(corners)
        owner = np.broadcast_to(parts, (rows - 1, columns - 1)).reshape(n)
        tones = np.asarray(tones, float)
        if tones.ndim == 3:
            tones = tones.reshape(n, 3)
        u, v = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
        self.faces(points.reshape(-1, 3), corners, owner, tones, np.stack([u, v], -1))

    def box(self, centre: Any, size: Any, part: int, tone: Any, turn: float = 0.0) -> None:
        """A box about a centre, `size` (3,), turned about the vertical by `turn` radians."""
        signs = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], float)
        p = signs * np.asarray(size, float) / 2
        c, s = np.cos(turn), np.sin(turn)
        p = np.stack([p[:, 0] * c - p[:, 1] * s, p[:, 0] * s + p[:, 1] * c, p[:, 2]], 1) + np.asarray(centre, float)
        corners = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]
        # Corners of their own for each side, or the shading would round them.
        self.polygons(p[np.array(corners)], part, tone)

    def blob(
        self, centre: Any, radii: Any, part: int, tone: Any, *, rough: float = 0.0, seed: int = 0, detail: int = 12
    ) -> None:
        """An ellipsoid, `rough` > 0 makes a rock of it."""
        t = np.linspace(0, np.pi, detail)[:, None]
        p = np.linspace(0, 2 * np.pi, 2 * detail)[None]
        unit = np.stack([np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), np.cos(t) + 0 * p], -1)
        if rough:
            rng = np.random.default_rng(seed)
            waves = rng.normal(0, 2.2, (9, 3))
            unit = unit * (1 + rough * 0.33 * np.cos(unit @ waves.T + rng.uniform(0, 6.28, 9)).sum(-1, keepdims=True))
        self.grid(unit * np.asarray(radii, float) + np.asarray(centre, float), part, tone)

    @property
    def empty(self) -> bool:
        """Nothing was added."""
        return self._count == 0

    def arrays(self) -> dict[str, Array]:
        """points (M, 3), corners (L,), sides (N,), parts (N,), tones (N, 3) float32 and int32, uv (L, 2)."""
        names = ("points", "corners", "sides", "parts", "tones", "uv")
        return {n: np.concatenate(getattr(self, "_" + n)) for n in names}
