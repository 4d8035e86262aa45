# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion on a mesh of which only a part was seen: the rest moves as what it is connected to does.

Everything here is numbers: vertices, edges, and a few values at each vertex.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["HalfEdges", "fill_along_edges", "fill_from_nearest", "islands", "ramp"]

Values = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

SWEEPS = 40
# Of the largest value; the eye sees no difference, and what is filled in was not measured anyhow.
CLOSE_ENOUGH = 1e-3


class HalfEdges:
    """Neighbours of each vertex, ready for sums over them.

    Args:
        edges: (E, 2) vertex numbers.
        points: (V, 3) of the vertices; a near neighbour counts for more than a far one.
    """

    def __init__(self, edges: npt.ArrayLike, points: npt.ArrayLike) -> None:
        e, p = np.asarray(edges, np.intp).reshape(-1, 2), np.asarray(points, np.float64)
        both = np.concatenate([e, e[:, ::-1]])
        both = both[np.argsort(both[:, 0], kind="stable")]
        self.source, self.target = both[:, 0], both[:, 1]
        length = np.linalg.norm(p[self.source] - p[self.target], axis=1)
        # Vertices at one place are one thing; without a floor they would be infinitely so.
        floor = 1e-3 * float(length.mean()) if len(length) else 0.0
        self.weight = (1.0 / np.maximum(length, max(floor, 1e-12))).astype(np.float32)
        self.count = len(p)

    def of(self, vertices: Mask) -> HalfEdges:
        """Only those that start at the chosen vertices."""
        chosen = vertices[self.source]
        part = object.__new__(HalfEdges)
        part.source, part.target, part.weight = self.source[chosen], self.target[chosen], self.weight[chosen]
        part.count = self.count
        return part

    def means(self, values: Values, known: Mask) -> tuple[Index, Values]:
        """Vertices with a known neighbour, and the weighted mean over those of its neighbours that are known."""
        use = known[self.target]
        source, weight = self.source[use], self.weight[use]
        if len(source) == 0:
            return np.zeros(0, np.intp), values[:0]
        first = np.flatnonzero(np.concatenate([[True], source[1:] != source[:-1]]))
        sums = np.add.reduceat(values[self.target[use]] * weight[:, None], first, axis=0)
        means = sums / np.add.reduceat(weight, first)[:, None]
        return source[first].astype(np.intp), means.astype(np.float32)


def islands(count: int, edges: npt.ArrayLike) -> Index:
    """(count,) for each vertex the number of the connected part it is in, counted from 0 in the order of vertices."""
    e = np.asarray(edges, np.intp).reshape(-1, 2)
    label = np.arange(count)
    # The smallest number wins, and each vertex jumps to what its own label points at: as many rounds as a logarithm.
    while True:
        low = np.minimum(label[e[:, 0]], label[e[:, 1]])
        before = label.copy()
        np.minimum.at(label, before[e[:, 0]], low)
        np.minimum.at(label, before[e[:, 1]], low)
        while (label[label] != label).any():
            label = label[label]
        if (label == before).all():
            break
    return np.unique(label, return_inverse=True)[1].reshape(-1).astype(np.intp)


def fill_along_edges(
    values: Values,
    known: Mask,
    graph: HalfEdges,
    *,
    sweeps: int = SWEEPS,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Values, Mask]:
    """Interpolate what is not known from what is, over the edges: each such vertex becomes the mean of its neighbours.

    Args:
        values: (V, C), anything where it is not known.
        known: (V,) where it is; there it stays as it is, bit for bit.
        graph: the edges.
        sweeps: how often the whole is smoothed at most.
        progress: called with sweeps done and in all.

    Returns:
        (V, C) and (V,) where there is a value now: all vertices of parts in which something was known.
    """
    out, there = np.array(values, np.float32), known.copy()
    if known.all() or not known.any():
        return out, there
    scores, axes = _fewer(out, known)
    # From the rim inwards: a first guess that is right about which side everything belongs to.
    left = graph.of(~known)
    while True:
        rim, means = left.means(scores, there)
        if len(rim) == 0:
            break
        scores[rim], there[rim] = means, True
        left = left.of(~there)
    inside = graph.of(there & ~known)
    if len(inside.source) == 0:
        return out, there
    first = np.flatnonzero(np.concatenate([[True], inside.source[1:] != inside.source[:-1]]))
    rows, total = inside.source[first], np.add.reduceat(inside.weight, first)
    share = (inside.weight / np.repeat(total, np.diff([*first, len(inside.source)])))[:, None]
    largest = float(np.abs(scores[known]).max(initial=0))
    for sweep in range(sweeps):
        if progress is not None:
            progress(sweep, sweeps)
        means = np.add.reduceat(scores[inside.target] * share, first, axis=0)
        change = float(np.abs(means - scores[rows]).max())
        scores[rows] = means
        if change <= 0.1 * CLOSE_ENOUGH * largest:
            break
    filled = there & ~known
    out[filled] = scores[filled] @ axes
    return out, there


def fill_from_nearest(values: Values, chosen: Index, distances: npt.ArrayLike) -> Values:
    """(N, C) means over the nearest, chosen (N, M), weighted by one over the square of their distance (N, M)."""
    d = np.asarray(distances, np.float64)
    weight = 1.0 / np.maximum(d, 1e-6 * max(float(d.max(initial=0)), 1e-12)) ** 2
    weight = (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)
    return np.asarray(np.einsum("nm,nmc->nc", weight, values[chosen]), np.float32)


def ramp(points: npt.ArrayLike, labels: Index, anchors: npt.ArrayLike, count: int) -> Values:
    """(V,) 1 at the anchor of a vertex's island, falling smoothly to 0 at its far end.

    Args:
        points: (V, 3).
        labels: (V,) island of each.
        anchors: (count, 3) where each island is held.
        count: of the islands.
    """
    far = np.linalg.norm(np.asarray(points, np.float64) - np.asarray(anchors, np.float64)[labels], axis=1)
    reach = np.zeros(count)
    np.maximum.at(reach, labels, far)
    s = np.clip(far / np.maximum(reach[labels], 1e-12), 0, 1)
    return np.asarray(1 - s * s * (3 - 2 * s), np.float32)


def _fewer(values: Values, known: Mask) -> tuple[Values, Values]:
    """(V, R) numbers and (R, C) axes with values ≈ numbers @ axes: what moves together need not be filled apart."""
    rows = values[known].astype(np.float64)
    power, axes = np.linalg.eigh(rows.T @ rows)
    order = np.argsort(power)[::-1]
    total = np.cumsum(np.maximum(power[order], 0))
    keep = int(np.searchsorted(total, total[-1] * (1 - CLOSE_ENOUGH**2))) + 1 if total[-1] > 0 else 1
    axes = axes[:, order[:keep]].T.astype(np.float32)
    scores = np.zeros((len(values), keep), np.float32)
    scores[known] = values[known] @ axes.T
    return scores, np.ascontiguousarray(axes)
