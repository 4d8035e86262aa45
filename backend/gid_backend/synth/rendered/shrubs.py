# SPDX-License-Identifier: GPL-3.0-or-later
"""Shrubs and hedges: many stems from the ground, leaves to the edge."""

from __future__ import annotations

from typing import Any

import numpy as np

from .leaves import scatter_leaves
from .rig import branch_frequency
from .stage import Stage, tint
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
    size = leaf or float(np.clip(radius * st.u(0.05, 0.1), 0.025, 0.14))
    tone = leaf_tone(st) if tone is None else tone
    scatter_leaves(st, growth.table(), count=count, size=size, tone=tone, own=0.25, shape=shape)
    # The shaded inside, without which the sky shines through everywhere.
    inside = (foot[0], foot[1], radius * 0.55)
    st.mesh("plain").blob(inside, np.array([0.5, 0.5, 0.5]) * radius, 0, tone * 0.12, rough=0.3, detail=8)
    return growth


def hedge(
    st: Stage, left: float, right: float, y: float, height: float, *, depth: float = 0.9, count: int = 14000, tone: Any = None
) -> Growth:
    """A wall of leaves whose front stands at the depth y."""
    rng = st.rng
    tone = leaf_tone(st) if tone is None else tone
    size = st.u(0.035, 0.08)
    growth = Growth()
    boughs = max(int((right - left) / 0.45), 2) * max(int(height / 0.45), 1)
    twigs = 7
    x, z = rng.uniform(left, right, boughs), rng.uniform(0.05, height, boughs)
    start = np.stack([x, np.full(boughs, y + depth * 0.5), z * 0.8], 1)
    end = np.stack([x + rng.normal(0, 0.12, boughs), np.full(boughs, y + 0.1), z], 1)
    parts = st.rig.add_many(
        np.zeros(boughs, int),
        start,
        end,
        frequency=branch_frequency(0.6) * np.exp(rng.normal(0, 0.2, boughs)),
        drag=rng.uniform(0.02, 0.05, boughs),
        damping=0.15,
    )
    for i in range(boughs):
        top = end[i] + rng.normal(0, 0.22, (twigs, 3)) * np.array([1.0, 0.45, 1.0])
        top[:, 2] = np.clip(top[:, 2], 0.03, height * (1 + rng.normal(0, 0.03, twigs)))
        foot = start[i] * 0.4 + top * 0.6
        own = st.rig.add_many(
            np.full(twigs, parts[i]),
            foot,
            top,
            frequency=branch_frequency(0.35),
            drag=rng.uniform(0.03, 0.09, twigs),
            damping=rng.uniform(0.08, 0.2, twigs),
            local=0.35,
        )
        for a, b, part in zip(foot, top, own, strict=True):
            growth.add(a, b, int(part))
    scatter_leaves(st, growth.table(), count=count, size=size, tone=tone, own=0.2, scatter=1.6)
    centre = ((left + right) / 2, y + depth * 0.6, height * 0.46)
    st.mesh("plain").box(centre, (right - left, depth * 0.8, height * 0.9), 0, tone * 0.1)
    return growth
