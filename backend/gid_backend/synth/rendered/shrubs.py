# SPDX-License-Identifier: GPL-3.0-or-later
"""Shrubs and hedges: many stems from the ground, leaves to the edge."""

from __future__ import annotations

from typing import Any

import numpy as np

from .leaves import place_leaves, scatter_leaves
from .rig import branch_frequency
from .stage import Stage, tint, vary
from .trees import Growth, grow, leaf_tone, unit

__all__ = ["hedge", "shrub"]


def shrub(
    st: Stage,
    foot: Any,
    radius: float,
    *,
    count: int = 6000,
    tone: Any = None,
    leaf: float | None = None,
    shape: str | None = None,
) -> Growth:
    """A shrub about as high as its `radius` twice; returns its twigs."""
    growth = Growth()
    bark = tint(st.u(0.04, 0.1), st.u(0.15, 0.5), st.u(0.2, 0.4))
    stems = int(st.rng.integers(7, 13))
    for k in range(stems):
        a = 2.4 * k + st.u(-0.3, 0.3)
        lean = st.u(0.1, 1.25) * np.sqrt((k + 0.5) / stems)
        d = unit([np.cos(a) * np.sin(lean), np.sin(a) * np.sin(lean), np.cos(lean)])
        start = np.asarray(foot, float) + np.array([np.cos(a), np.sin(a), 0.0]) * radius * 0.08
        grow(
            st,
            growth,
            0,
            start,
            d,
            radius * st.u(0.85, 1.2),
            radius * 0.022,
            1,
            tone=bark,
            stiff=0,
            splits=(4, 6),
            spread=0.75,
            up=0.06,
            shrink=(0.4, 0.6),
            stiffness=1.2,
        )
    size = leaf or float(np.clip(radius * st.u(0.055, 0.12), 0.025, 0.16))
    tone = leaf_tone(st) if tone is None else tone
    scatter_leaves(st, growth.table(), count=count, size=size, tone=tone, own=0.25, shape=shape)
    return growth


def hedge(
    st: Stage, left: float, right: float, y: float, height: float, *, count: int = 16000, tone: Any = None
) -> None:
    """A wall of leaves whose front stands at the depth y."""
    rng = st.rng
    tone = leaf_tone(st) if tone is None else tone
    area = (right - left) * height
    size = float(np.clip(np.sqrt(area / count) * st.u(1.6, 2.6), 0.02, 0.16))
    growth = Growth()
    step = max(np.sqrt(area / 90), 0.12)
    n = int(area / step**2) + 4
    x, z = rng.uniform(left, right, n), height * rng.uniform(0.0, 1.0, n)
    front = y + rng.uniform(0.0, 0.25, n) * height * 0.5
    start = np.stack([x, front + step, np.maximum(z - 1.2 * step, 0.0)], 1)
    end = np.stack([x, front, z], 1)
    parts = st.rig.add_many(
        np.zeros(n, int),
        start,
        end,
        frequency=branch_frequency(1.5 * step) * np.exp(rng.normal(0, 0.2, n)),
        drag=rng.uniform(0.015, 0.05, n),
        damping=0.15,
    )
    twigs = 9
    for i in range(n):
        top = end[i] + rng.normal(0, 0.6, (twigs, 3)) * step * np.array([1.0, 0.5, 1.0])
        top[:, 2] = np.clip(top[:, 2], 0.02, height * (1 + rng.normal(0, 0.03, twigs)))
        foot = start[i] * 0.4 + top * 0.6
        own = st.rig.add_many(
            np.full(twigs, parts[i]),
            foot,
            top,
            frequency=branch_frequency(step),
            drag=rng.uniform(0.03, 0.09, twigs),
            damping=rng.uniform(0.08, 0.2, twigs),
            local=0.35,
        )
        for a, b, part in zip(foot, top, own, strict=True):
            growth.add(a, b, int(part))
    scatter_leaves(st, growth.table(), count=count, size=size, tone=tone, own=0.15, scatter=1.8)
    # Leaves deeper inside, in the shade, so that no sky shines through; they go with the nearest bough.
    m = count // 5
    u, v = rng.uniform(left, right, m), height * rng.uniform(0, 0.96, m)
    inside = np.stack([u, y + height * rng.uniform(0.2, 0.6, m), v], 1)
    nearest = np.argmin((u[:, None] - x) ** 2 + (v[:, None] - z) ** 2, axis=1)
    normals = rng.normal(0, 0.4, (m, 3)) - np.array([0, 1.0, 0])
    outline = place_leaves(inside, rng.normal(0, 1, (m, 3)), normals, size * 2.2, 0.5, "round")
    st.mesh("leaf").polygons(outline, np.asarray(parts)[nearest], vary(rng, tone * 0.35, m))
