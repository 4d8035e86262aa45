# SPDX-License-Identifier: GPL-3.0-or-later
"""Which vertices a camera sees: a ray from it to each of them, against everything that is rendered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import bpy
import numpy as np
import numpy.typing as npt
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from .mesh_arrays import coordinates, triangles
from .projection import View

__all__ = ["Surfaces", "surfaces_before", "visible"]

Real = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Progress = Callable[[int, int], None]

_SOLID = {"MESH", "CURVE", "SURFACE", "META", "FONT"}
MOST_TRIANGLES = 3_000_000
CHUNK = 20_000
# Share of the shortest edge at a vertex by which something has to be in front of it, and of the distance at least.
_BEFORE, _LEAST, _MOST = 0.25, 1e-5, 0.02


@dataclass(frozen=True, eq=False)
class Surfaces:
    """What can hide something: triangles in the world.

    Attributes:
        tree: for rays; None where there is nothing.
        left_out: how many things were too many.
    """

    tree: BVHTree | None
    left_out: int = 0


def surfaces_before(graph: bpy.types.Depsgraph, view: View, points: Real) -> Surfaces:
    """Everything that is rendered, instances included, and that could hide one of the points.

    Args:
        graph: the scene, evaluated.
        view: out of the world.
        points: (N, 3) in the world, those that somebody wants to see.
    """
    low, high, far = _extent(view, points)
    found: list[tuple[float, Real, npt.NDArray[np.int64]]] = []
    cache: dict[int, tuple[Real, npt.NDArray[np.int64]]] = {}
    for instance in graph.object_instances:
        obj = instance.object
        if obj.type not in _SOLID or not instance.show_self or obj.hide_render or not obj.visible_camera:
            continue
        if obj.display_type in {"WIRE", "BOUNDS"}:
            continue
        matrix = np.array(instance.matrix_world, np.float64)
        box = np.array([list(corner) for corner in obj.bound_box], np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
        places, width = view.places(box)
        if (width > 0).all():
            beside = (places.min(axis=0) > high) | (places.max(axis=0) < low)
            if beside.any() or _depths(view, box).min() > far:
                continue
        key = obj.as_pointer()
        if key not in cache:
            cache[key] = _surface(obj)
        vertices, triangles = cache[key]
        if len(triangles):
            size = float(np.ptp(places, axis=0).prod()) if (width > 0).all() else np.inf
            found.append((size, vertices @ matrix[:3, :3].T + matrix[:3, 3], triangles))
    # Where there are too many, what is large in the picture hides most.
    found.sort(key=lambda each: -each[0])
    total = np.cumsum([len(triangles) for _, _, triangles in found])
    used = found[: int(np.searchsorted(total, MOST_TRIANGLES, side="right"))]
    if not used:
        return Surfaces(None, len(found))
    starts = np.cumsum([0, *(len(vertices) for _, vertices, _ in used)])
    vertices = np.concatenate([vertices for _, vertices, _ in used])
    triangles = np.concatenate([part + start for (_, _, part), start in zip(used, starts, strict=False)])
    tree = BVHTree.FromPolygons(vertices.tolist(), triangles.tolist(), all_triangles=True)
    return Surfaces(tree, len(found) - len(used))


def visible(view: View, points: Real, spacing: Real, surfaces: Surfaces, *, progress: Progress | None = None) -> Mask:
    """(N,) whether the camera sees each point: in its frame, and nothing before it.

    Args:
        view: out of the world.
        points: (N, 3) vertices in the world.
        spacing: (N,) length of the shortest edge at each, 0 where there is none: what is nearer to a vertex than a
            part of that is the vertex's own surface.
        surfaces: what could hide them.
        progress: called with points done and in all.
    """
    places, width = view.places(points)
    seen = (width > 0) & (places >= 0).all(axis=1) & (places[:, 0] <= 1) & (places[:, 1] <= view.aspect)
    if surfaces.tree is None:
        return seen
    which = np.flatnonzero(seen)
    origins, ways, lengths = _rays(view, points[which])
    margin = np.clip(_BEFORE * spacing[which], _LEAST * lengths, _MOST * lengths)
    reach = lengths - margin
    cast = surfaces.tree.ray_cast
    for start in range(0, len(which), CHUNK):
        if progress is not None:
            progress(start, len(which))
        part = slice(start, start + CHUNK)
        rows: Sequence[tuple[list[float], list[float], float]] = zip(
            origins[part].tolist(), ways[part].tolist(), reach[part].tolist(), strict=True
        )
        hit = [cast(Vector(origin), Vector(way), far)[2] is not None for origin, way, far in rows]
        seen[which[part]] = ~np.array(hit, bool)
    return seen


def _rays(view: View, points: Real) -> tuple[Real, Real, Real]:
    """Origins, unit directions and lengths of rays to points; they begin where the camera begins to see."""
    depth = _depths(view, points)
    if view.perspective:
        eye = view.eye()
        way = points - eye
        origins = eye + way * (view.near / np.maximum(depth, view.near))[:, None]
    else:
        away = -np.linalg.inv(view.to_camera[:3, :3])[:, 2]
        origins = points - away * (depth - view.near)[:, None]
    way = points - origins
    length = np.linalg.norm(way, axis=1)
    return origins, way / np.maximum(length, 1e-20)[:, None], length


def _depths(view: View, points: Real) -> Real:
    return -(points @ view.to_camera[2, :3] + view.to_camera[2, 3])


def _extent(view: View, points: Real) -> tuple[Real, Real, float]:
    """Corners of the part of the picture that the points are seen in, and how far the farthest is."""
    places, width = view.places(points)
    frame = np.array([0.0, 0.0]), np.array([1.0, view.aspect])
    if not (width > 0).any():
        return frame[1], frame[0], 0.0
    places = places[width > 0]
    return (
        np.maximum(places.min(axis=0), frame[0]),
        np.minimum(places.max(axis=0), frame[1]),
        float(_depths(view, points).max()),
    )


def _surface(obj: bpy.types.Object) -> tuple[Real, npt.NDArray[np.intp]]:
    """Vertices in the object's own coordinates, and triangles, of an evaluated object."""
    try:
        mesh = obj.to_mesh()
    except RuntimeError:
        mesh = None
    if mesh is None:
        return np.zeros((0, 3)), np.zeros((0, 3), np.intp)
    found = coordinates(mesh.vertices).astype(np.float64), triangles(mesh)
    obj.to_mesh_clear()
    return found
