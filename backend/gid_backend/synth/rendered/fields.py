# SPDX-License-Identifier: GPL-3.0-or-later
"""Grass, reeds, wheat: blades that bend along their length, in clumps that lean together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .leaves import OUTLINES, blades, place_leaves
from .stage import Stage, tint, vary

__all__ = ["clumps", "field", "grass_tone"]

Array = npt.NDArray[Any]


def grass_tone(st: Stage) -> Array:
    """Fresh, dry or ripe."""
    kind = st.u(0, 1)
    if kind < 0.65:
        return tint(st.u(0.17, 0.29), st.u(0.4, 0.8), st.u(0.3, 0.6))
    if kind < 0.9:
        return tint(st.u(0.09, 0.15), st.u(0.3, 0.65), st.u(0.5, 0.8))
    return tint(st.u(0.95, 1.08), st.u(0.15, 0.4), st.u(0.4, 0.65))


def clumps(st: Stage, feet: Array, height: Array, cell: float = 0.035, drag: float = 0.08) -> npt.NDArray[np.int32]:
    """A part for each cell of the picture in which blades stand; returns the part for each foot."""
    at, distance = st.camera.project(feet)
    # Bands of distance, so that a near blade and a far one behind it do not share one.
    key = np.stack([np.round(at[:, 0] / cell), np.round(at[:, 1] / (cell * 0.6)), np.round(3 * np.log(distance))], 1)
    _, which = np.unique(key.astype(int), axis=0, return_inverse=True)
    which = which.ravel()
    n = int(which.max()) + 1
    many = np.bincount(which, minlength=n)
    foot = np.stack([np.bincount(which, weights=feet[:, i], minlength=n) / many for i in range(3)], 1)
    tall = np.bincount(which, weights=height, minlength=n) / many
    tip = foot + np.stack([np.zeros(n), np.zeros(n), tall], 1)
    f = np.clip(0.85 * np.maximum(tall, 0.03) ** -0.5, 0.5, 3.5) * np.exp(st.rng.normal(0, 0.1, n))
    own = drag * np.exp(st.rng.normal(0, 0.15, n))
    return st.rig.add_many(np.zeros(n, int), foot, tip, frequency=f, drag=own, damping=0.14, local=0.15)[which]


def field(
    st: Stage,
    near: float,
    far: float,
    height: float,
    *,
    count: int = 5000,
    tone: Array | None = None,
    kind: str = "grass",
) -> tuple[Array, npt.NDArray[np.int32]]:
    """Blades on all the ground in view; kinds: grass, wheat, reeds, lawn. Returns the tips and their parts."""
    rng = st.rng
    tone = grass_tone(st) if tone is None else tone
    feet = st.camera.ground(rng, count, near, far)
    feet[:, 2] -= 0.01
    tall = height * np.exp(rng.normal(0, 0.22, count))
    _, distance = st.camera.project(feet)
    scale = np.asarray(st.camera.scale(distance))
    # Never thinner in the picture than what can be seen of it.
    width = np.maximum(height * {"reeds": 0.012, "wheat": 0.01}.get(kind, 0.022), 0.0035 / scale)
    parents = clumps(st, feet, tall)
    tones = vary(rng, tone, count, 0.22, 0.08)
    large = tall * scale > 0.06
    tips = np.empty((count, 3))
    parts = np.empty(count, np.int32)
    along = np.empty((count, 3))
    for chosen, own, segments in ((large, True, 3), (~large, False, 2)):
        if chosen.any():
            tips[chosen], parts[chosen], along[chosen] = blades(
                st,
                feet[chosen],
                tall[chosen],
                width[chosen],
                tones[chosen],
                segments=segments,
                drag=0.1,
                lean=0.1 if kind in ("wheat", "reeds") else 0.2,
                bend=0.12 if kind in ("wheat", "reeds") else 0.4,
                own=own,
                parent=parents[chosen],
            )
    if kind in ("wheat", "reeds"):
        heads = rng.random(count) < (0.8 if kind == "wheat" else 0.35)
        size = np.maximum(height * (0.1 if kind == "wheat" else 0.13), 0.012 / scale[heads])
        colour = (
            tint(st.u(0.09, 0.14), st.u(0.35, 0.6), st.u(0.6, 0.8))
            if kind == "wheat"
            else tint(0.07, 0.4, st.u(0.25, 0.5))
        )
        m = int(heads.sum())
        for turn in ((0.0, -1.0, 0.3), (1.0, -0.2, 0.2)):
            outline = place_leaves(tips[heads], along[heads], np.tile(turn, (m, 1)), size, 0.13, "lens", droop=0.2)
            st.mesh("leaf").polygons(outline, parts[heads], vary(rng, colour, m, 0.2, 0.06))
    return tips, parts


def stems(st: Stage, tips: Array, parts: Any, share: float, size: float, tone: Array) -> None:
    """Small flowers or seed heads on a share of the tips."""
    rng = st.rng
    chosen = np.flatnonzero(rng.random(len(tips)) < share)
    n = len(chosen)
    for k in range(5):
        a = 2 * np.pi * k / 5 + rng.uniform(0, 1, n)
        # Open cups that lean towards the viewer.
        d = np.stack([np.cos(a), 0.6 * np.sin(a) - 0.5, 0.8 * np.sin(a) + 0.5], 1)
        outline = place_leaves(tips[chosen], d, np.tile([0, -0.8, 0.6], (n, 1)), size, 0.38, "oval", droop=0.1)
        st.mesh("petal").polygons(outline, np.asarray(parts)[chosen], vary(rng, tone, n, 0.12, 0.05), OUTLINES["oval"])
