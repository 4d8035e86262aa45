# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of plants as they stand outside."""

from __future__ import annotations

import numpy as np

from . import conifers, fields, shrubs, surroundings, trees
from .stage import Stage, tint

__all__ = ["bare_tree", "broadleaf", "conifer", "forest", "garden", "grass", "hedge", "landscape", "shrub", "still"]


def landscape(st: Stage, busy: float = 1.0, grass: float = 0.4, wood: float = 0.45) -> None:
    """Ground, and behind it perhaps hills, a wood, houses, a wall or a fence; at times grass. Wood and grass stir."""
    distance = st.camera.distance
    surroundings.ground(st, rough=st.u(0, 0.3) if st.chance(0.4) else 0.0)
    if st.chance(0.5):
        surroundings.litter(st)
    if st.chance(0.35):
        surroundings.hills(st)
    if st.chance(wood):
        surroundings.treeline(st, distance * st.u(2.5, 6) + 15, st.u(4, 10))
    if st.chance(0.3 * busy):
        for _ in range(int(st.rng.integers(1, 4))):
            wide = st.u(5, 12)
            # Its front, too, stands behind what the picture is of.
            y = distance * st.u(0.5, 2.0) + 2 + wide
            reach = (y + distance) * 0.5 / st.camera.focal
            surroundings.house(st, st.u(-reach, reach), y, wide, st.u(2.8, 7.0), st.u(-0.7, 0.7))
    elif st.chance(0.15 * busy):
        surroundings.wall(st, distance * st.u(0.3, 0.8) + 3, size=80.0)
    if st.chance(0.15 * busy):
        surroundings.fence(st, distance * st.u(0.1, 0.5) + 2, st.u(0.8, 1.6), reach=distance + 10)
    if st.chance(grass):
        fields.field(st, distance * 0.3, distance * st.u(0.9, 2.0), st.u(0.08, 0.35), count=2500)


def _trees(st: Stage, bare: bool) -> None:
    height = st.u(5, 14)
    distance = height * st.u(1.0, 2.0)
    portrait = st.aspect > 1
    st.look(
        (st.u(-0.2, 0.2) * height, 0, height * st.u(0.35, 0.65)),
        distance,
        width=height * st.spread(0.9, 1.35) * (0.7 if portrait else 1.0),
        eye=st.u(0.8, 2.2),
        blur=st.u(0.002, 0.02) if st.chance(0.3) else 0.0,
    )
    landscape(st)
    n = int(st.rng.choice([1, 2, 3], p=[0.6, 0.25, 0.15]))
    for i in range(n):
        at = (0.0, 0.0, 0.0) if i == 0 else (st.u(-1, 1) * height, st.u(0.1, 1.2) * height, 0.0)
        tone = trees.leaf_tone(st)
        tall = height * (1 if i == 0 else st.u(0.6, 1.1))
        trees.tree(st, at, tall, bare=bare, count=int(24000 / n**0.6), tone=tone)
        if tone[0] > tone[1] and st.chance(0.7):
            trees.fallen(st, at, height * 0.6, tone)
    if st.chance(0.25):
        surroundings.still_things(st, distance * 0.6, distance * 1.5, int(st.rng.integers(1, 4)))


def broadleaf(st: Stage) -> None:
    """One to three trees in leaf."""
    _trees(st, False)


def bare_tree(st: Stage) -> None:
    """Trees in winter."""
    _trees(st, True)


def conifer(st: Stage) -> None:
    """One to five firs."""
    height = st.u(4, 16)
    distance = height * st.u(1.0, 2.2)
    st.look(
        (st.u(-0.2, 0.2) * height, 0, height * st.u(0.35, 0.6)),
        distance,
        width=height * st.spread(0.75, 1.35) * (0.65 if st.aspect > 1 else 1.0),
        eye=st.u(1.0, 2.5),
    )
    landscape(st)
    n = int(st.rng.integers(1, 6))
    for i in range(n):
        at = (st.u(-0.1, 0.1), 0.0, 0.0) if i == 0 else (st.u(-1, 1) * height, st.u(-0.1, 1.5) * height, 0.0)
        conifers.conifer(st, at, height * (1 if i == 0 else st.u(0.5, 1.1)), needles=int(18000 / n**0.5))
    if st.chance(0.25):
        surroundings.still_things(st, distance * 0.5, distance * 1.2, int(st.rng.integers(1, 4)))


def shrub(st: Stage) -> None:
    """One to five shrubs, before a wall or in the open."""
    radius = st.u(0.4, 1.4)
    distance = radius * st.u(3.5, 7)
    st.look(
        (0, 0, radius * st.u(0.5, 1.0)),
        distance,
        width=radius * st.spread(2.7, 1.35),
        eye=st.u(0.6, 1.8),
        blur=st.u(0.004, 0.02) if st.chance(0.4) else 0.0,
    )
    if st.chance(0.5):
        landscape(st)
    else:
        surroundings.ground(st)
        surroundings.wall(st, radius * st.u(1.2, 2.5))
    n = int(st.rng.integers(1, 6))
    for i in range(n):
        x = st.u(-0.4, 0.4) * radius if i == 0 else st.u(-3, 3) * radius
        r = radius * (1 if i == 0 else st.u(0.4, 1.0))
        shrubs.shrub(st, (x, 0.0 if i == 0 else st.u(-0.8, 1.0) * radius, 0.0), r, count=int(15000 / n**0.6))
    if st.chance(0.35):
        surroundings.still_things(st, distance * 0.5, distance * 1.2, int(st.rng.integers(1, 4)))


def hedge(st: Stage) -> None:
    """Leaves from edge to edge, or a hedge under the sky."""
    height = st.u(0.8, 2.5)
    full = st.chance(0.45)
    width = height * (st.u(0.6, 1.1) if full else st.u(1.2, 3.0))
    st.look(
        (0, 0, height * (st.u(0.4, 0.6) if full else st.u(0.5, 1.0))),
        width * st.u(1.0, 1.8),
        width=width,
        eye=st.u(0.7, 1.7),
        side=st.u(-0.4, 0.4),
    )
    landscape(st, busy=1.4)
    shrubs.hedge(st, -width * 0.62, width * 0.62, 0.0, height)
    if st.chance(0.4):
        surroundings.still_things(st, st.camera.distance * 0.45, st.camera.distance * 0.95, int(st.rng.integers(1, 3)))


def grass(st: Stage) -> None:
    """Grass, wheat or reeds, from low or from above."""
    kind = str(st.rng.choice(["grass", "wheat", "reeds"], p=[0.6, 0.22, 0.18]))
    height = {"grass": st.spread(0.35, 1.6), "wheat": st.u(0.7, 1.0), "reeds": st.u(1.2, 2.4)}[kind]
    eye = height * st.u(0.7, 2.6)
    distance = height * st.u(2.0, 5.0)
    st.look(
        (0, 0, height * st.u(0.4, 1.3)),
        distance,
        focal=st.u(0.9, 2.2),
        eye=eye,
        blur=st.u(0.002, 0.014) if st.chance(0.5) else 0.0,
    )
    landscape(st, busy=0.6, grass=0.0)
    far = distance * st.u(2.5, 10)
    tips, parts = fields.field(
        st, max(distance * 0.3, height * 0.7), far, height, count=int(st.u(3500, 8000)), kind=kind
    )
    if kind == "grass" and st.chance(0.45):
        hue = float(st.rng.choice([0.0, 0.14, 0.16, 0.6, 0.75, 0.9]))
        fields.stems(
            st, tips, parts, st.u(0.02, 0.15), max(height * 0.07, 0.02), tint(hue, st.u(0.05, 0.85), st.u(0.75, 0.95))
        )
    if st.chance(0.25):
        surroundings.still_things(st, distance * 0.8, distance * 2.5, int(st.rng.integers(1, 4)))


def forest(st: Stage) -> None:
    """Rows of trees one behind another, trunks in front."""
    st.look((0, 0, st.u(2.0, 6.0)), st.u(12, 22), focal=st.u(0.9, 2.0), eye=st.u(1.3, 2.2))
    surroundings.ground(st, str(st.rng.choice(["soil", "lawn"])))
    if st.chance(0.5):
        fields.field(st, 4.0, 25.0, st.u(0.1, 0.4), count=2000)
    needle = st.chance(0.4)
    distance = st.camera.distance
    surroundings.treeline(st, distance * 2 + 25, st.u(9, 16))
    for at in st.camera.ground(st.rng, int(st.rng.integers(5, 10)), distance * 0.6, distance * 3.0, margin=1.3):
        tall = st.u(7, 13)
        if needle:
            conifers.conifer(st, at, tall, needles=3500)
        else:
            trees.tree(st, at, tall, count=4500, own=0.1)
    if st.chance(0.5):
        for at in st.camera.ground(st.rng, int(st.rng.integers(1, 4)), distance * 0.25, distance * 0.6):
            line = np.array([at, at + np.array([st.u(-0.3, 0.3), 0, 12.0])])
            st.mesh("bark").tube(line, [st.u(0.12, 0.3), 0.1], 0, tint(st.u(0.05, 0.1), 0.25, st.u(0.2, 0.5)), 10)


def garden(st: Stage) -> None:
    """Shrubs, a hedge or a wall, grass and trees together."""
    distance = st.u(5, 12)
    st.look(
        (0, 0, st.u(0.6, 2.0)),
        distance,
        focal=st.u(0.8, 1.5),
        eye=st.u(1.2, 2.2),
        blur=st.u(0.002, 0.01) if st.chance(0.3) else 0.0,
    )
    landscape(st, busy=2.0, grass=0.7)
    places = st.camera.ground(st.rng, 7, distance * 0.45, distance * 2.0, margin=0.95)
    for at in places[: int(st.rng.integers(3, 8))]:
        kind = st.u(0, 1)
        if kind < 0.45:
            shrubs.shrub(st, at, st.u(0.3, 1.1), count=3000)
        elif kind < 0.7:
            trees.tree(st, at, st.u(3, 7), count=5000, bare=st.chance(0.1))
        elif kind < 0.85:
            conifers.conifer(st, at, st.u(2, 7), needles=4000)
        else:
            surroundings.rock(st, at, st.u(0.2, 0.7))
    if st.chance(0.3):
        shrubs.hedge(st, -12, 12, distance * st.u(0.5, 1.2), st.u(0.8, 1.8), count=7000)
    if st.chance(0.5):
        surroundings.still_things(st, distance * 0.5, distance * 1.5, int(st.rng.integers(1, 4)))


def still(st: Stage) -> None:
    """Streets, walls, fields of stones: nothing moves."""
    distance = st.u(4, 20)
    st.look((0, 0, st.u(0.8, 3.0)), distance, focal=st.u(0.8, 1.8), eye=st.u(0.8, 2.2))
    landscape(st, busy=3.0, grass=0.0, wood=0.0)
    surroundings.still_things(st, distance * 0.4, distance * 2.0, int(st.rng.integers(3, 12)))
