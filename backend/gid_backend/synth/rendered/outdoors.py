# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of plants as they stand outside."""

from __future__ import annotations

import numpy as np

from . import surroundings, trees
from .stage import Stage

__all__ = ["broadleaf", "landscape"]


def landscape(st: Stage, busy: float = 1.0) -> None:
    """Ground, and behind it perhaps hills, a wood, houses, a wall or a fence."""
    distance = st.camera.distance
    surroundings.ground(st, rough=st.u(0, 0.3) if st.chance(0.4) else 0.0)
    if st.chance(0.35):
        surroundings.hills(st)
    if st.chance(0.45):
        surroundings.treeline(st, distance * st.u(2.5, 6) + 15, st.u(4, 10))
    if st.chance(0.3 * busy):
        for _ in range(int(st.rng.integers(1, 4))):
            y = distance * st.u(0.5, 2.0) + 5
            reach = (y + distance) * 0.5 / st.camera.focal
            surroundings.house(st, st.u(-reach, reach), y, st.u(5, 12), st.u(2.8, 7.0), st.u(-0.7, 0.7))
    elif st.chance(0.15 * busy):
        surroundings.wall(st, distance * st.u(0.3, 0.8) + 3, size=80.0)
    if st.chance(0.15 * busy):
        surroundings.fence(st, distance * st.u(0.1, 0.5) + 2, st.u(0.8, 1.6), reach=distance + 10)


def _trees(st: Stage, bare: bool) -> None:
    height = st.u(5, 14)
    distance = height * st.u(1.1, 2.2)
    portrait = st.aspect > 1
    st.look(
        (st.u(-0.25, 0.25) * height, 0, height * st.u(0.35, 0.62)),
        distance,
        width=height * st.u(0.75, 1.9) * (0.7 if portrait else 1.0),
        eye=st.u(0.8, 2.2),
        blur=st.u(0.002, 0.02) if st.chance(0.3) else 0.0,
    )
    landscape(st)
    n = int(st.rng.choice([1, 2, 3], p=[0.62, 0.25, 0.13]))
    for i in range(n):
        at = (0.0, 0.0, 0.0) if i == 0 else (st.u(-1, 1) * height, st.u(0.1, 1.2) * height, 0.0)
        tone = trees.leaf_tone(st)
        trees.tree(st, at, height * (1 if i == 0 else st.u(0.6, 1.1)), bare=bare, count=int(13000 / n**0.5), tone=tone)
        if tone[0] > tone[1] and st.chance(0.7):
            trees.fallen(st, at, height * 0.6, tone)
    if st.chance(0.3):
        surroundings.still_things(st, distance * 0.5, distance * 1.3, int(st.rng.integers(1, 4)))


def broadleaf(st: Stage) -> None:
    """One to three trees in leaf."""
    _trees(st, False)


def bare_tree(st: Stage) -> None:
    """Trees in winter."""
    _trees(st, True)
