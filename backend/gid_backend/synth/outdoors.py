# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of plants as they stand outside: trees, hedges, grass, forests, gardens."""

from __future__ import annotations

import numpy as np

from . import backdrop, fixtures, flowers, foliage, grasses, trees
from .shapes import hsv
from .stage import Stage

__all__ = [
    "bare_tree",
    "broadleaf",
    "close_leaves",
    "conifers",
    "ferns",
    "forest",
    "garden",
    "grass",
    "hedge",
    "ivy",
    "landscape",
    "palms",
    "shrubs",
    "vines",
]


def landscape(st: Stage) -> float:
    """Sky and ground, perhaps hills, a wood, houses; returns the horizon's y."""
    if st.worlds and st.chance(0.2):
        seen = backdrop.panorama(st, sharp=True)
        if seen is not None and 0.25 * st.aspect < seen < 0.9 * st.aspect:
            return seen + 0.03
    backdrop.sky(st)
    horizon = st.u(0.45, 0.85) * st.aspect
    if st.chance(0.4):
        fixtures.hills(st, horizon)
    if st.chance(0.4):
        fixtures.treeline(st, horizon, st.u(0.03, 0.12))
    backdrop.ground(st, horizon)
    if st.chance(0.3):
        for _ in range(int(st.rng.integers(1, 4))):
            fixtures.house(st, st.u(-0.1, 0.9), horizon + st.u(0.0, 0.03), st.u(0.08, 0.3), st.u(0.06, 0.25))
    st.canvas.blur(st.u(0, 0.004))
    return horizon


def _trees(st: Stage, bare: bool) -> None:
    horizon = landscape(st)
    n = int(st.rng.choice([1, 2, 3], p=[0.65, 0.25, 0.1]))
    feet = np.sort(st.rng.uniform(horizon + 0.02, st.aspect * 1.05, n))
    for i, foot in enumerate(feet):
        near = i == n - 1
        st.rig.depth = 0.0 if near else 0.6
        x = st.u(0.2, 0.8)
        height = min(foot * st.u(1.0, 1.9), 1.7) * (1.0 if near else 0.6)
        t = np.linspace(0, 2 * np.pi, 24)
        st.canvas.shadow(
            np.stack([x + height * 0.35 * np.cos(t), foot + height * 0.05 * np.sin(t)], 1),
            (-0.1 * st.sun[0], 0.0),
            0.015,
            st.u(0.2, 0.6),
        )
        trees.tree(st, x, foot, height, bare=bare, count=int((1500 if near else 500) / n**0.3))
    st.rig.depth = 0.0


def broadleaf(st: Stage) -> None:
    _trees(st, False)
    if st.chance(0.4):
        for _ in range(int(st.rng.integers(1, 4))):
            trees.shrub(st, st.u(0, 1), st.aspect * st.u(0.92, 1.1), st.u(0.08, 0.2), count=350)
    if st.chance(0.25):
        fixtures.fence(st, st.aspect * st.u(0.9, 1.1), st.u(0.1, 0.25))
    if st.chance(0.2):
        fixtures.person(st, st.u(0.1, 0.9), st.aspect * 0.97, st.u(0.12, 0.3))


def bare_tree(st: Stage) -> None:
    _trees(st, True)
    if st.chance(0.3):
        fixtures.rock(st, st.u(0, 1), st.aspect, st.u(0.05, 0.15))


def conifers(st: Stage) -> None:
    horizon = landscape(st)
    n = int(st.rng.integers(1, 5))
    for foot in np.sort(st.rng.uniform(horizon, st.aspect * 1.1, n)):
        st.rig.depth = float(st.aspect - foot)
        trees.conifer(st, st.u(0.1, 0.9), foot, foot * st.u(0.6, 1.05))
    st.rig.depth = 0.0
    if st.chance(0.4):
        grasses.meadow(st, st.aspect * st.u(0.8, 0.95), near=st.u(0.08, 0.2), rows=6, total=220)


def shrubs(st: Stage) -> None:
    if st.chance(0.5):
        horizon = landscape(st)
    else:
        backdrop.wall(st)
        horizon = st.aspect * st.u(0.75, 0.95)
        backdrop.ground(st, horizon)
    n = int(st.rng.integers(1, 6))
    for foot in np.sort(st.rng.uniform(horizon + 0.02, st.aspect * 1.15, n)):
        trees.shrub(st, st.u(0.05, 0.95), foot, st.u(0.12, 0.42), count=int(2000 / n))
    if st.chance(0.3):
        fixtures.rock(st, st.u(0, 1), st.aspect * st.u(0.95, 1.05), st.u(0.05, 0.15))
    if st.chance(0.3):
        fixtures.fence(st, st.aspect * st.u(0.9, 1.1), st.u(0.1, 0.25))


def hedge(st: Stage) -> None:
    """Foliage from edge to edge."""
    backdrop.behind(st, "bokeh", "sky")
    c = np.array([0.5, st.aspect * st.u(0.4, 0.9)])
    colour = trees.leaf_colour(st)
    trees.blob_crown(
        st,
        c,
        np.array([0.75, st.aspect * 0.7]),
        count=2400,
        size=st.spread(0.035, 1.4),
        colour=colour,
        shape=str(st.rng.choice(["lens", "oval", "round", "heart"])),
        twigs=260,
    )
    if st.chance(0.35):
        n = int(st.rng.integers(20, 120))
        p = np.stack([st.rng.uniform(0, 1, n), st.rng.uniform(0, st.aspect, n)], 1)
        own = np.array(
            [
                st.rig.add(
                    0, q, (0, 1), frequency=st.u(1, 2.5), drag=0.05, sway=(0.006, 0.002), damping=0.15, local=0.3
                )
                for q in p
            ]
        )
        flowers.small_heads(st, p, own, st.rng.uniform(0.012, 0.03, n), hsv(st.u(0, 1), st.u(0.05, 0.6), 0.95))


def close_leaves(st: Stage) -> None:
    backdrop.behind(st, "bokeh", "bokeh", "dark", "sky")
    foliage.close_leaves(st)


def ivy(st: Stage) -> None:
    backdrop.wall(st)
    foliage.ivy_wall(st)


def vines(st: Stage) -> None:
    backdrop.behind(st, "wall", "sky", "bokeh")
    if st.chance(0.25):
        fixtures.obstacle(st)
    foliage.hanging_vines(st)


def palms(st: Stage) -> None:
    landscape(st)
    for _ in range(int(st.rng.integers(1, 3))):
        x = st.u(0.1, 0.9)
        top = np.array([x, st.aspect * st.u(0.15, 0.5)])
        if st.chance(0.7):
            trunk = np.stack([np.linspace(x + st.u(-0.1, 0.1), x, 6), np.linspace(st.aspect * 1.05, top[1], 6)], 1)
            st.canvas.tube(trunk, np.linspace(0.04, 0.025, 6), hsv(0.08, 0.3, 0.4), 0, st.sun)
        foliage.palm(st, top, st.u(0.25, 0.5))


def ferns(st: Stage) -> None:
    backdrop.behind(st, "bokeh", "wall", "dark")
    for foot in np.sort(st.rng.uniform(0.7, 1.15, int(st.rng.integers(2, 6)))) * st.aspect:
        foliage.fern(st, np.array([st.u(0.05, 0.95), foot]), st.u(0.25, 0.6))
    if st.chance(0.4):
        fixtures.rock(st, st.u(0, 1), st.aspect * 1.02, st.u(0.08, 0.25))


def grass(st: Stage) -> None:
    horizon = landscape(st) if st.chance(0.7) else st.u(-0.1, 0.2)
    if horizon < 0.25:
        backdrop.bokeh(st, hsv(st.u(0.17, 0.3), st.u(0.3, 0.6), st.u(0.12, 0.35)))
    grasses.meadow(st, horizon, near=st.u(0.2, 0.55))
    if st.chance(0.25):
        fixtures.obstacle(st)


def forest(st: Stage) -> None:
    """Trunks that stand, leaves between and before them that do not."""
    rng = st.rng
    backdrop.bokeh(st, hsv(st.u(0.2, 0.32), st.u(0.3, 0.7), st.u(0.2, 0.6)))
    colour = trees.leaf_colour(st)
    bark = hsv(st.u(0.04, 0.12), st.u(0.05, 0.4), st.u(0.15, 0.45))
    for i in range(3):
        st.rig.depth = 0.5 * (2 - i)
        c = np.array([st.u(0.2, 0.8), st.aspect * st.u(0.1, 0.9)])
        trees.blob_crown(
            st,
            c,
            np.array([0.7, st.aspect * 0.6]) * st.u(0.5, 1.0),
            count=500,
            size=0.02 + 0.014 * i,
            colour=colour * (1.2 - 0.15 * i),
            shape=str(rng.choice(["lens", "oval"])),
            twigs=70,
        )
        if i < 2:
            st.canvas.blur(0.004 * (2 - i))
        for _ in range(int(rng.integers(1, 5 - i))):
            x, w = st.u(0, 1), st.u(0.015, 0.05) * (1 + 1.6 * i)
            lean = rng.normal(0, 0.04)
            before = st.canvas.image.copy()
            st.canvas.tube(
                np.array([[x, -0.05], [x + lean, st.aspect * 0.6], [x + lean * 1.5, st.aspect + 0.05]]),
                np.array([w, w * 1.1, w * 1.5]),
                bark * (1.3 - 0.2 * i),
                0,
                st.sun,
            )
            st.mottle(before, 0.012, 0.25)
    st.rig.depth = 0.0
    for _ in range(int(rng.integers(0, 4))):
        foliage.fern(st, np.array([st.u(0, 1), st.aspect * st.u(0.95, 1.1)]), st.u(0.15, 0.4))
    for _ in range(int(rng.integers(0, 6))):
        p = np.array([st.u(0.05, 0.95), st.u(0.1, 0.9) * st.aspect])
        foliage.big_leaf(
            st,
            0,
            p,
            rng.uniform(0, 6.28),
            st.u(0.05, 0.16),
            shape=str(rng.choice(["palm", "lobed", "oval"])),
            colour=colour * 1.2,
        )


def garden(st: Stage) -> None:
    """Several kinds at once, among things that stand."""
    rng = st.rng
    if st.chance(0.5):
        backdrop.wall(st)
        horizon = st.aspect * st.u(0.65, 0.85)
        backdrop.ground(st, horizon)
    else:
        horizon = landscape(st)
        if st.chance(0.5):
            fixtures.house(st, st.u(-0.1, 0.6), horizon + 0.03, st.u(0.3, 0.7), st.u(0.2, 0.4))
    st.rig.budget = 1500
    if st.chance(0.5):
        trees.tree(st, st.u(0.1, 0.9), horizon + st.u(0.02, 0.1), horizon * st.u(0.6, 1.1), count=900)
    for foot in np.sort(rng.uniform(horizon + 0.05, st.aspect * 1.05, int(rng.integers(2, 6)))):
        near = (foot - horizon) / max(st.aspect - horizon, 1e-6)
        x = st.u(0.02, 0.98)
        kind = rng.integers(6)
        if kind == 0:
            trees.shrub(st, x, foot, 0.08 + 0.14 * near, count=350)
        elif kind == 1:
            fixtures.rock(st, x, foot, 0.04 + 0.08 * near)
        elif kind == 2:
            mouth = fixtures.pot(st, x, foot, 0.08 + 0.08 * near, 0.08 + 0.08 * near)
            for _ in range(3):
                flowers.stemmed(
                    st,
                    str(rng.choice(flowers.KINDS)),
                    mouth,
                    mouth + np.array([st.u(-0.1, 0.1), -st.u(0.1, 0.25)]),
                    st.u(0.025, 0.06),
                    thick=0.005,
                    leaves=2,
                )
        elif kind == 3:
            flower = str(rng.choice(flowers.KINDS))
            for _ in range(5):
                p = np.array([x + rng.normal(0, 0.08), foot + rng.normal(0, 0.02)])
                flowers.stemmed(
                    st,
                    flower,
                    p,
                    p - np.array([rng.normal(0, 0.03), 0.15 + 0.15 * near]),
                    0.03 + 0.03 * near,
                    thick=0.006,
                    leaves=3,
                )
        elif kind == 4:
            fixtures.person(st, x, foot, 0.15 + 0.2 * near)
        else:
            foliage.fern(st, np.array([x, foot]), 0.12 + 0.15 * near)
    st.rig.budget = 2000
    if st.chance(0.4):
        grasses.meadow(st, st.aspect * 0.92, near=st.u(0.08, 0.2), kind="grass", rows=4, total=150)
    if st.chance(0.3):
        fixtures.fence(st, st.aspect * st.u(0.95, 1.1), st.u(0.08, 0.2))
