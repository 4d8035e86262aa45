# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaves on their twigs: parts of a mesh that only touch must not drift apart.

Each part hangs on a larger one where the two touch: branches on the stem, twigs on branches, leaves on twigs. There it
moves as what it hangs on does, and towards its far end more and more as the picture says of itself.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from ..motion.mesh_graph import ramp

__all__ = ["Holds", "find_holds", "hold"]

Real = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

# A part that ends this near to another one hangs on it: a share of its own size, and of all together.
_OWN, _ALL = 0.1, 0.004
_ROUNDS, _ROOTS = 64, 16


class Holds:
    """Which part hangs on which, from the root outwards.

    Attributes:
        rounds: for each step away from the roots the parts of it, (P,), the vertices (P, 3) they hang on and weights
            (P, 3) of those, and the places (P, 3) where they are held.
    """

    def __init__(self) -> None:
        self.rounds: list[tuple[Index, Index, Real, Real]] = []

    @property
    def parts(self) -> int:
        """How many parts hang on something."""
        return sum(len(parts) for parts, *_ in self.rounds)


def find_holds(points: Real, triangles: Index, labels: Index, count: int) -> Holds:
    """Find what hangs on what.

    Args:
        points: (V, 3) in the world.
        triangles: (T, 3) of their surfaces.
        labels: (V,) part of each vertex.
        count: of the parts.
    """
    found = Holds()
    if count < 2 or len(triangles) == 0:
        return found
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, labels, points)
    np.maximum.at(high, labels, points)
    size = np.linalg.norm(high - low, axis=1)
    near = _OWN * size + _ALL * float(np.linalg.norm(np.ptp(points, axis=0)))
    of_triangle = labels[triangles[:, 0]]
    pending, roots = np.ones(count, bool), 0
    while pending.any():
        # The largest that is left hangs on nothing: it is what the others grow from.
        largest = int(np.argmax(np.where(pending, size, -1)))
        frontier = np.arange(count) == largest
        roots += 1
        if roots > _ROOTS:
            # Leaves on nothing, by the thousand: one by one they would take for ever.
            frontier = pending & (size >= 0.5 * size[largest])
        pending &= ~frontier
        for _ in range(_ROUNDS):
            if not frontier.any() or not pending.any():
                break
            hung = _hang(points, triangles[frontier[of_triangle]], labels, pending, near)
            if hung is None:
                break
            found.rounds.append(hung)
            frontier = np.zeros(count, bool)
            frontier[hung[0]] = True
            pending &= ~frontier
    return found


def hold(values: npt.NDArray[np.float32], known: npt.NDArray[np.bool_], points: Real, labels: Index, count: int,
         holds: Holds) -> None:  # fmt: skip
    """Let parts move, where they are held, as what they hang on; in place.

    Args:
        values: (V, C) motion of each vertex.
        known: (count,) parts of which something was seen; the others go along with what holds them, as they are.
        points, labels, count: as for `find_holds`.
        holds: as it returned them.
    """
    for parts, corners, weights, places in holds.rounds:
        held = np.zeros(count, bool)
        held[parts] = True
        anchors = np.zeros((count, 3))
        anchors[parts] = places
        wanted = np.einsum("pi,pic->pc", weights, values[corners]).astype(np.float32)
        rows = np.flatnonzero(held[labels])
        of_row = labels[rows]
        order = np.zeros(count, np.intp)
        order[parts] = np.arange(len(parts))
        # What the part itself would do where it is held: its vertex nearest to that place.
        distance = np.linalg.norm(points[rows] - anchors[of_row], axis=1)
        sorted_rows = np.lexsort((distance, of_row))
        first = sorted_rows[np.concatenate([[True], np.diff(of_row[sorted_rows]) > 0])]
        own = np.zeros((len(parts), values.shape[1]), np.float32)
        own[order[of_row[first]]] = values[rows[first]]
        unseen = ~known[parts]
        own[unseen] = 0
        weight = ramp(points[rows], of_row, anchors, count)
        blind = unseen[order[of_row]]
        values[rows[blind]] = 0
        weight[blind] = 1
        values[rows] += weight[:, None] * (wanted - own)[order[of_row]]


def _hang(
    points: Real, triangles: Index, labels: Index, pending: npt.NDArray[np.bool_], near: Real
) -> tuple[Index, Index, Real, Real] | None:
    """Parts that touch these triangles, with what they touch; None when none does."""
    if len(triangles) == 0:
        return None
    used, compact = np.unique(triangles, return_inverse=True)
    compact = compact.reshape(-1, 3)
    tree = BVHTree.FromPolygons(points[used].tolist(), compact.tolist(), all_triangles=True)
    low, high = points[used].min(axis=0), points[used].max(axis=0)
    rows = np.flatnonzero(pending[labels])
    reach = near[labels[rows]][:, None]
    rows = rows[((points[rows] >= low - reach) & (points[rows] <= high + reach)).all(axis=1)]
    best: dict[int, tuple[float, int, Vector]] = {}
    nearest = tree.find_nearest
    for part, place, far in zip(labels[rows].tolist(), points[rows].tolist(), near[labels[rows]].tolist(), strict=True):
        known = best.get(part)
        at, _, face, distance = nearest(Vector(place), far if known is None else known[0])
        if at is not None and (known is None or distance < known[0]):
            best[part] = distance, face, at
    if not best:
        return None
    parts = np.array(list(best), np.intp)
    faces = np.array([face for _, face, _ in best.values()])
    places = np.array([list(at) for _, _, at in best.values()], np.float64)
    corners = triangles[faces]
    return parts, corners, _barycentric(points[corners], places), places


def _barycentric(corners: Real, places: Real) -> Real:
    """(P, 3) weights of the corners (P, 3, 3) of triangles for places on them."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    u, v, w = b - a, c - a, places - a
    uu, uv, vv = (u * u).sum(1), (u * v).sum(1), (v * v).sum(1)
    wu, wv = (w * u).sum(1), (w * v).sum(1)
    area = np.maximum(uu * vv - uv * uv, 1e-30)
    s, t = np.clip((vv * wu - uv * wv) / area, 0, 1), np.clip((uu * wv - uv * wu) / area, 0, 1)
    weights = np.stack([np.maximum(1 - s - t, 0), s, t], axis=1)
    return weights / weights.sum(axis=1, keepdims=True)
