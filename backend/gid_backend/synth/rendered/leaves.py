# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaves as polygons, thousands at a time, each on its twig and some on a part of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .mesh import frames
from .rig import leaf_frequency
from .stage import Stage, vary

__all__ = ["OUTLINES", "blades", "leaf_parts", "place_leaves", "scatter_leaves"]

Array = npt.NDArray[Any]

# One side of each outline: (position along 0..1, half width 0..1). Mirrored; the first and last lie on the midrib.
_SIDES: dict[str, list[tuple[float, float]]] = {
    "diamond": [(0, 0), (0.42, 1), (1, 0)],
    "lens": [(0, 0), (0.22, 0.72), (0.5, 1), (0.78, 0.62), (1, 0)],
    "oval": [(0, 0), (0.1, 0.6), (0.38, 1), (0.75, 0.82), (0.94, 0.35), (1, 0)],
    "heart": [(0.06, 0), (0, 0.35), (0.05, 0.8), (0.25, 1), (0.6, 0.7), (0.85, 0.25), (1, 0)],
    "strap": [(0, 0.2), (0.3, 0.9), (0.7, 1), (0.93, 0.5), (1, 0)],
    "round": [(0, 0.1), (0.12, 0.75), (0.5, 1), (0.88, 0.75), (1, 0)],
    "needle": [(0, 0.6), (0.5, 1), (1, 0.1)],
    "maple": [
        (0, 0),
        (0.1, 0.55),
        (0.02, 0.75),
        (0.22, 0.62),
        (0.42, 1.0),
        (0.5, 0.55),
        (0.68, 0.5),
        (0.72, 0.22),
        (1, 0),
    ],
    "oak": [
        (0, 0.05),
        (0.14, 0.4),
        (0.22, 0.3),
        (0.38, 0.8),
        (0.48, 0.5),
        (0.66, 1.0),
        (0.74, 0.55),
        (0.9, 0.6),
        (1, 0),
    ],
}
OUTLINES: dict[str, Array] = {
    name: np.array([*side, *[(x, -y) for x, y in reversed(side) if y > 0 and x < 1]], float)
    for name, side in _SIDES.items()
}
WIDTH = {
    "diamond": 0.26,
    "lens": 0.2,
    "oval": 0.3,
    "heart": 0.45,
    "strap": 0.07,
    "round": 0.46,
    "needle": 0.03,
    "maple": 0.5,
    "oak": 0.28,
}


def place_leaves(
    bases: Array,
    directions: Array,
    normals: Array,
    length: Array | float,
    wide: Array | float,
    shape: str,
    droop: Array | float = 0.15,
    fold: float = 0.12,
) -> Array:
    """(N, V, 3) outlines from `bases` (N, 3) along `directions`; they bend down to the tip and fold at the midrib."""
    n = len(bases)
    o = OUTLINES[shape]
    along, across, up = frames(directions, normals)
    length, wide, droop = (np.broadcast_to(np.asarray(v, float), n)[:, None, None] for v in (length, wide, droop))
    u, v = o[None, :, :1], o[None, :, 1:]
    return np.asarray(
        bases[:, None]
        + along[:, None] * u * length
        + across[:, None] * v * (wide * length)
        + up[:, None] * (length * (fold * np.abs(v) * wide * 2.0 - droop * u**2))
    )


def leaf_parts(
    st: Stage, parents: Array, bases: Array, tips: Array, across: Array, share: float
) -> npt.NDArray[np.int32]:
    """Parts for a `share` of the leaves; the others move with their twig."""
    rng = st.rng
    owners = np.asarray(parents, np.int32).copy()
    chosen = np.flatnonzero(rng.random(len(owners)) < share)
    if not chosen.size:
        return owners
    m = len(chosen)
    length = float(np.median(np.linalg.norm(tips - bases, axis=1)))
    owners[chosen] = st.rig.add_many(
        owners[chosen],
        bases[chosen],
        tips[chosen],
        frequency=leaf_frequency(length) * np.exp(rng.normal(0, 0.25, m)),
        drag=rng.uniform(0.05, 0.25, m),
        damping=rng.uniform(0.1, 0.3, m),
        local=0.6,
        flutter=rng.uniform(0, 0.3, m),
        across=across[chosen],
    )
    return owners


def scatter_leaves(
    st: Stage,
    twigs: tuple[Array, Array, npt.NDArray[np.int32]],
    *,
    count: int,
    size: float,
    tone: Array,
    shape: str | None = None,
    wide: float | None = None,
    own: float = 0.15,
    scatter: float = 1.0,
    down: float = 0.25,
    near: bool = False,
) -> None:
    """`count` leaves of about `size` metres along twigs, a share `own` of them on parts of their own."""
    rng = st.rng
    starts, ends, parts = twigs
    if not len(starts):
        return
    shape = shape or str(rng.choice(["diamond", "lens", "oval", "round"], p=[0.4, 0.3, 0.2, 0.1]))
    wide = (wide if wide is not None else WIDTH[shape]) * st.u(0.8, 1.25)
    # Thicker here and thinner there: a crown is not even.
    weight = np.exp(rng.normal(0, 0.5, len(starts))) * (np.linalg.norm(ends - starts, axis=1) + size)
    which = rng.choice(len(starts), count, p=weight / weight.sum())
    t = rng.random((count, 1)) ** 0.7
    along = ends[which] - starts[which]
    bases = starts[which] + along * t + rng.normal(0, size * 0.45 * scatter, (count, 3))
    d = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    d = d + rng.normal(0, 0.8, (count, 3)) - np.array([0, 0, down])
    length = size * np.exp(rng.normal(0, 0.25, count))
    normals = rng.normal(0, 0.55, (count, 3)) + np.array([0, 0, 1.0])
    points = place_leaves(bases, d, normals, length, wide, shape, droop=rng.normal(0.12, 0.12, count))
    unit, across, _ = frames(d, normals)
    owners = leaf_parts(st, parts[which], bases, bases + unit * length[:, None], across, own)
    tones = vary(rng, tone, count, 0.22, 0.1)
    # Leaves near each other have had the same light and are of the same age.
    tones *= np.exp(rng.normal(0, 0.13, len(starts)))[which][:, None]
    uv = np.concatenate([OUTLINES[shape][:, :1], OUTLINES[shape][:, 1:]], 1)
    st.mesh("leaf_near" if near else "leaf").polygons(points, owners, tones, uv)


def blades(
    st: Stage,
    feet: Array,
    height: Array,
    width: Array,
    tones: Array,
    *,
    segments: int = 3,
    drag: float = 0.16,
    lean: float = 0.15,
    bend: float = 0.35,
    stiffness: float = 1.0,
    material: str = "leaf",
    own: bool = True,
    parent: Array | int = 0,
) -> tuple[Array, npt.NDArray[np.int32], Array]:
    """Grass: N blades from `feet` (N, 3) up; returns their tips (N, 3), and parts (N,), directions (N, 3)."""
    rng, n = st.rng, len(feet)
    d = rng.normal(0, lean, (n, 3))
    d[:, 2] = 1.0
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    heading = rng.uniform(0, 2 * np.pi, n)
    side = np.stack([np.cos(heading), np.sin(heading), np.zeros(n)], 1)
    curl = np.abs(rng.normal(0, bend, n))[:, None]
    spine = [np.asarray(feet, float)]
    for k in range(segments):
        spine.append(spine[-1] + d * (height / segments)[:, None])
        d = d + side * curl * ((k + 1) / segments) - np.array([0, 0, 0.12]) * curl
        d /= np.linalg.norm(d, axis=1, keepdims=True)
    line = np.stack(spine, 1)
    owner = np.broadcast_to(np.asarray(parent, np.int32), n)
    across = np.cross(side, [0.0, 0.0, 1.0])
    # Blades face every way, but none shows the camera its edge alone.
    across = across * 0.6 + np.array([0.7, 0.0, 0.0]) * np.sign(across[:, :1] + 1e-9)
    taper = np.concatenate([np.linspace(1.0, 0.75, segments), [0.06]])
    half = across[:, None] * (width[:, None] * taper / 2)[..., None]
    left, right = line - half, line + half
    frequency = np.clip(0.95 * stiffness * np.maximum(height, 0.03) ** -0.5, 0.6, 4.0) * np.exp(rng.normal(0, 0.12, n))
    for k in range(segments):
        if own and (k or segments == 1):
            owner = st.rig.add_many(
                owner,
                line[:, k - 1 if k == 1 else k],
                line[:, k + 1],
                frequency=frequency,
                drag=drag / max(segments - 1, 1) * np.exp(rng.normal(0, 0.2, n)),
                damping=rng.uniform(0.08, 0.2, n),
                local=0.25,
            )
        quad = np.stack([left[:, k], right[:, k], right[:, k + 1], left[:, k + 1]], 1)
        uv = np.array([[k, -1], [k, 1], [k + 1, 1], [k + 1, -1]], float) / np.array([segments, 1])
        st.mesh(material).polygons(quad, owner, tones * (0.7 + 0.4 * (k + 1) / segments), uv)
    return line[:, -1], np.asarray(owner, np.int32), line[:, -1] - line[:, -2]
