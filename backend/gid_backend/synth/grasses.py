# SPDX-License-Identifier: GPL-3.0-or-later
"""Grass, reeds, wheat: blades that bend along their length, near ones large and late, far ones small and first."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .shapes import hsv, jitter, placed
from .stage import Stage

__all__ = ["blades", "meadow"]

Array = npt.NDArray[Any]


def blades(
    st: Stage,
    foot: Array,
    height: Array,
    width: Array,
    colours: Array,
    *,
    segments: int = 3,
    frequency: float = 1.3,
    drag: float = 0.16,
    lean: float = 0.15,
) -> tuple[Array, npt.NDArray[np.int32], Array]:
    """Draw N blades; returns their tips (N, 2), the parts of the tips (N,) and the directions there (N,)."""
    rng, n = st.rng, len(foot)
    angle = -np.pi / 2 + rng.normal(0, lean, n) + st.sun[0] * 0.02
    turn = rng.normal(0, 0.5, n)
    k = np.arange(segments)
    a = angle[:, None] + turn[:, None] * ((k + 0.5) / segments) ** 1.5
    steps = np.stack([np.cos(a), np.sin(a)], -1) * (height / segments)[:, None, None]
    points = np.concatenate([foot[:, None], foot[:, None] + np.cumsum(steps, 1)], 1)
    taper = np.concatenate([np.linspace(1, 0.75, segments), [0.08]])
    across = np.stack([-np.sin(a), np.cos(a)], -1)
    across = np.concatenate([across, across[:, -1:]], 1) * (width[:, None] / 2 * taper)[..., None]
    left, right = points + across, points - across
    tips = np.zeros(n, np.int32)
    for i in range(n):
        f = frequency * float(np.clip((0.25 / max(height[i], 0.02)) ** 0.5, 0.6, 2.2))
        chain = st.rig.chain(0, points[i], frequency=f, drag=drag, damping=0.18, local=0.25)
        tips[i] = chain[-1]
        quads = np.stack([left[i, :-1], right[i, :-1], right[i, 1:], left[i, 1:]], 1)
        st.canvas.polygons(quads, colours[i] * np.linspace(0.6, 1.15, segments)[:, None], chain)
    return points[:, -1], tips, a[:, -1]


def meadow(
    st: Stage, horizon: float, *, kind: str | None = None, near: float = 0.35, rows: int = 14, total: int = 620
) -> None:
    """Grass from the horizon to the front edge; ears for wheat, plumes for reeds."""
    rng = st.rng
    kind = kind or str(rng.choice(["grass", "wheat", "reeds"], p=[0.55, 0.25, 0.2]))
    base = {
        "grass": hsv(st.u(0.17, 0.3), st.u(0.35, 0.7), st.u(0.28, 0.58)),
        "wheat": hsv(st.u(0.1, 0.15), st.u(0.35, 0.65), st.u(0.5, 0.85)),
    }.get(kind, hsv(st.u(0.1, 0.25), st.u(0.2, 0.5), st.u(0.35, 0.65)))
    t = np.linspace(0.0, 1.0, rows) ** 1.7
    foot = horizon + (st.aspect * 1.08 - horizon) * t
    size = near * (0.1 + 0.9 * t)
    weights = 1.0 / size**0.5
    counts = np.maximum((total * weights / weights.sum()).astype(int), 5)
    budget_segments = 3
    # Earth and dead stalks in the shade of the blades.
    y0 = foot[0] + size[0] * 0.3
    st.canvas.polygon(
        np.array([[-0.02, y0], [1.02, y0], [1.02, st.aspect + 0.1], [-0.02, st.aspect + 0.1]]), base * 0.4, 0
    )
    for i in range(rows):
        n = counts[i]
        st.rig.depth = float(1.2 * (1 - t[i]))
        x = rng.uniform(-0.05, 1.05, n)
        y = foot[i] + rng.uniform(-0.5, 0.5, n) * size[i] * 0.25
        h = size[i] * np.exp(rng.normal(0, 0.22, n))
        w = np.maximum(h * st.u(0.035, 0.07), 0.003)
        haze = 0.25 * (1 - t[i])
        tones = jitter(rng, base, n, 0.2, 0.07) * (0.75 + 0.35 * rng.random((n, 1))) * (1 - haze) + haze * 190
        # Far blades are one stiff piece each: at their size nobody sees them bend.
        seg = budget_segments if t[i] > 0.25 else 1
        # Under the blades it is dark; without it the ground shines through.
        if t[i] > 0.02:
            dx = rng.uniform(-0.05, 1.05, n * 2)
            root = np.stack([dx, np.full(n * 2, foot[i])], 1)
            dead = placed("needle", root, -np.pi / 2 + rng.normal(0, 0.4, n * 2), size[i] * 0.6, size[i] * 0.03)
            st.canvas.polygons(dead, jitter(rng, base * 0.45, n * 2, 0.2), 0)
        tip, part, direction = blades(
            st, np.stack([x, y], 1), h, w, tones, segments=seg, frequency=st.u(0.9, 1.6), drag=st.u(0.1, 0.22)
        )
        if kind == "wheat":
            ears = placed("oval", tip, direction, h * 0.22, h * 0.035)
            st.canvas.polygons(ears, tones * 1.15, part)
        elif kind == "reeds":
            ears = placed("drop", tip, direction, h * 0.25, h * 0.045)
            st.canvas.polygons(ears, jitter(rng, hsv(0.08, 0.35, 0.65), n, 0.15), part)
    st.rig.depth = 0.0
