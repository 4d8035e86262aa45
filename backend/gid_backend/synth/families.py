# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pictures show: each family composes backdrop, moving things and still things into one scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from . import backdrop, camera, cloth, creatures, fixtures, flames, flowers, foliage, grasses, hanging, trees
from .scene import Scene
from .shapes import hsv
from .stage import Stage

__all__ = ["FAMILIES", "make_scene"]


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
        st.canvas.shadow(np.stack([x + height * 0.35 * np.cos(t), foot + height * 0.05 * np.sin(t)], 1), (-0.1 * st.sun[0], 0.0), 0.015, st.u(0.2, 0.6))
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
        st, c, np.array([0.75, st.aspect * 0.7]), count=2400, size=st.spread(0.035, 1.4), colour=colour, shape=str(st.rng.choice(["lens", "oval", "round", "heart"])), twigs=260
    )
    if st.chance(0.35):
        n = int(st.rng.integers(20, 120))
        p = np.stack([st.rng.uniform(0, 1, n), st.rng.uniform(0, st.aspect, n)], 1)
        own = np.array([st.rig.add(0, q, (0, 1), frequency=st.u(1, 2.5), drag=0.05, sway=(0.006, 0.002), damping=0.15, local=0.3) for q in p])
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


def flower_field(st: Stage) -> None:
    rng = st.rng
    horizon = landscape(st) if st.chance(0.5) else st.u(-0.05, 0.25)
    if horizon < 0.3:
        backdrop.bokeh(st, hsv(st.u(0.17, 0.3), st.u(0.3, 0.6), st.u(0.12, 0.35)))
    kind = str(rng.choice(flowers.KINDS))
    near = st.u(0.2, 0.45)
    grasses.meadow(st, horizon, kind="grass", near=near * 0.7, rows=9, total=240)
    colour = flowers.petal_colour(st, kind)
    rows = int(rng.integers(4, 9))
    for i, t in enumerate(np.linspace(0.05, 1, rows) ** 1.5):
        foot = horizon + (st.aspect * 1.15 - horizon) * t
        size = near * (0.12 + 0.88 * t)
        st.rig.depth = float(1 - t)
        n = int(np.clip(3.5 / size, 4, 40))
        x, y = rng.uniform(-0.02, 1.02, n), foot + rng.uniform(-0.3, 0.2, n) * size
        base = np.stack([x, y], 1)
        if i < rows - 2 or near < 0.28:
            tip, part, _ = grasses.blades(
                st, base, size * rng.uniform(0.8, 1.2, n), np.full(n, max(size * 0.03, 0.003)), np.broadcast_to(hsv(0.27, 0.6, 0.4), (n, 3)), segments=2, frequency=1.0, drag=0.14
            )
            flowers.small_heads(st, tip, part, size * rng.uniform(0.12, 0.24, n), colour, petals=int(rng.choice([4, 5, 6, 9])))
        else:
            for b in base[: max(3, n // 3)]:
                top = b + np.array([rng.normal(0, 0.1) * size, -size * st.u(0.8, 1.2)])
                flowers.stemmed(st, kind, b, top, size * st.u(0.15, 0.28), thick=max(0.005, size * 0.03), leaves=1)
        if i == rows - 3 and st.chance(0.5):
            st.canvas.blur(st.u(0.002, 0.006))
    st.rig.depth = 0.0


def flower(st: Stage) -> None:
    rng = st.rng
    backdrop.behind(st, "bokeh", "bokeh", "bokeh", "sky", "fabric", "dark", "wall")
    if st.chance(0.6):
        which = rng.integers(3)
        if which == 0:
            foliage.close_leaves(st)
        elif which == 1:
            grasses.meadow(st, st.aspect * st.u(0.2, 0.5), kind="grass", near=0.4, rows=5, total=150)
        else:
            colour = trees.leaf_colour(st) * st.u(0.4, 1.0)
            shape = str(rng.choice(["oval", "heart", "lens"]))
            trees.blob_crown(st, np.array([0.5, st.aspect * 0.6]), np.array([0.75, st.aspect * 0.75]), count=420, size=st.u(0.08, 0.16), colour=colour, shape=shape)
        st.canvas.blur(st.u(0.0, 0.005) if st.chance(0.3) else st.u(0.005, 0.025))
    kind = str(rng.choice(flowers.KINDS))
    n = int(rng.choice([1, 2, 3, 5], p=[0.6, 0.2, 0.12, 0.08]))
    vase = st.chance(0.2)
    mouth = None
    if vase:
        fixtures.table(st, st.aspect * st.u(0.8, 0.95))
        mouth = fixtures.pot(st, st.u(0.3, 0.7), st.aspect * st.u(0.88, 1.0), st.u(0.12, 0.25), st.u(0.15, 0.3))
    radius = st.u(0.1, 0.24) / n**0.4
    for _ in range(n):
        foot = np.array([st.u(0.2, 0.8), st.aspect * 1.08]) if mouth is None else mouth + np.array([st.u(-0.03, 0.03), 0.01])
        top = np.array([st.u(0.25, 0.75) if mouth is None else foot[0] + st.u(-0.2, 0.2), st.aspect * st.u(0.28, 0.6)])
        if mouth is not None:
            top[1] = min(top[1], mouth[1] - 0.1)
        flowers.stemmed(st, kind, foot, top, radius * st.u(0.8, 1.15), thick=radius * st.u(0.06, 0.14), leaves=int(rng.integers(0, 5)))
    if mouth is not None:
        st.canvas.polygon(np.array([[-0.03, 0.004], [0.03, 0.004], [0.03, 0.02], [-0.03, 0.02]]) + mouth, hsv(0.07, 0.4, 0.3), 0)
    elif st.chance(0.2):
        near = st.canvas.layer()
        kept, st.canvas = st.canvas, near
        foliage.big_leaf(st, 0, np.array([st.u(0, 1), st.aspect * 1.05]), -np.pi / 2 + rng.normal(0, 0.6), st.u(0.3, 0.6), shape="lens", colour=hsv(0.27, 0.6, 0.4))
        st.canvas = kept
        st.canvas.merge(near, st.u(0.008, 0.02))


def blossoms(st: Stage) -> None:
    backdrop.behind(st, "sky", "sky", "bokeh", "wall")
    flowers.branch_of_blossoms(st)


def lilies(st: Stage) -> None:
    foliage.lily_pond(st)
    if st.chance(0.3):
        fixtures.rock(st, st.u(0, 1), st.aspect * st.u(0.2, 1.0), st.u(0.05, 0.15))


def lanterns(st: Stage) -> None:
    rng = st.rng
    dark = st.chance(0.4)
    if dark:
        backdrop.dark(st)
        if st.chance(0.5):
            fixtures.street(st, st.aspect * 0.75)
            st.canvas.shade(np.full((2, 2), 0.25))
    else:
        backdrop.behind(st, "wall", "sky", "bokeh")
        if st.chance(0.3):
            fixtures.street(st, st.aspect * 0.9)
    n = int(rng.integers(1, 28))
    size = st.u(0.09, 0.32) / max(1, n / 4) ** 0.4
    one = hsv([0.0, 0.12, 0.1][rng.integers(3)], st.u(0.1, 0.9), 0.9) if st.chance(0.6) else None
    rows = max(1, int(n**0.5 / 1.4))
    for r in range(rows):
        y = st.aspect * (r + st.u(-0.2, 0.2)) / rows * 0.8
        m = max(1, n // rows)
        if st.chance(0.6):
            st.canvas.tube(np.array([[-0.02, y], [1.02, y + st.u(-0.1, 0.1)]]), np.full(2, 0.003), np.array([25, 22, 20]), 0, st.sun)
        for x in (np.arange(m) + rng.uniform(0.2, 0.8, m)) / m:
            hanging.lantern(st, np.array([x, y]), size * st.u(0.8, 1.15), st.u(0.0, 0.12), glow=1.0 if dark else 0.0, colour=one)
            if dark:
                st.canvas.glow((x, y + size), size * 1.4, np.array([70, 30, 8]) / n**0.6)


def ornaments(st: Stage) -> None:
    rng = st.rng
    backdrop.behind(st, "dark", "bokeh", "fabric")
    limbs: list[tuple[npt.NDArray[Any], int]] = []
    from .shapes import arc, placed

    green = hsv(st.u(0.27, 0.42), st.u(0.4, 0.75), st.u(0.15, 0.4))
    for _ in range(int(rng.integers(10, 26))):
        start = np.array([st.u(-0.1, 1.1), st.u(-0.1, 1.0) * st.aspect])
        limb = arc(start, np.pi / 2 + rng.normal(0, 1.0), st.u(0.2, 0.5), rng.normal(0, 0.5), 4)
        parts = st.rig.chain(0, limb, frequency=st.u(0.7, 1.5), drag=st.u(0.01, 0.04), damping=0.15)
        k = 150
        t = np.sort(rng.random(k))
        seg = np.minimum((t * 4).astype(int), 3)
        base = limb[seg] + (limb[seg + 1] - limb[seg]) * (t * 4 - seg)[:, None]
        a = np.arctan2(*(limb[seg + 1] - limb[seg]).T[::-1]) + rng.choice([-1, 1], k) * rng.uniform(0.3, 1.1, k)
        st.canvas.polygons(placed("needle", base, a, rng.uniform(0.03, 0.07, k), 0.003), green * np.exp(rng.normal(0, 0.35, (k, 1))), np.array(parts)[seg])
        limbs.append((limb[2 + rng.integers(3)], parts[3]))
    for i in rng.permutation(len(limbs))[: int(rng.integers(3, 10))]:
        hanging.bauble(st, limbs[i][0], st.u(0.03, 0.09), st.u(0.005, 0.05), parent=limbs[i][1])
    for _ in range(int(rng.integers(0, 12))):
        st.canvas.glow((st.u(0, 1), st.u(0, st.aspect)), st.u(0.006, 0.02), np.array([255, 210, 120]))


def fruit(st: Stage) -> None:
    backdrop.behind(st, "bokeh", "bokeh", "sky")
    hanging.fruit_twig(st)


def on_a_line(st: Stage) -> None:
    backdrop.behind(st, "sky", "wall", "fabric", "bokeh")
    (hanging.notes if st.chance(0.55) else hanging.gloves)(st)


def laundry(st: Stage) -> None:
    if st.chance(0.5):
        landscape(st)
    else:
        backdrop.behind(st, "wall", "sky", "bokeh")
    if st.chance(0.3):
        fixtures.obstacle(st)
    cloth.laundry(st)
    if st.chance(0.2):
        fixtures.person(st, st.u(0.1, 0.9), st.aspect, st.u(0.2, 0.45))


def curtains(st: Stage) -> None:
    backdrop.wall(st)
    if st.chance(0.6):
        x, w = st.u(0.1, 0.4), st.u(0.3, 0.6)
        y, h = st.aspect * st.u(0.05, 0.2), st.aspect * st.u(0.4, 0.7)
        st.canvas.polygon(np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]), hsv(0.57, st.u(0, 0.4), st.u(0.5, 1.0)), 0)
        for t in (0.0, 0.5, 1.0):
            st.canvas.tube(np.array([[x + w * t, y], [x + w * t, y + h]]), np.full(2, 0.014), hsv(0.1, 0.1, 0.8), 0, st.sun)
            st.canvas.tube(np.array([[x, y + h * t], [x + w, y + h * t]]), np.full(2, 0.014), hsv(0.1, 0.1, 0.8), 0, st.sun)
    cloth.curtain(st)
    if st.chance(0.5):
        fixtures.table(st, st.aspect * st.u(0.82, 0.95))
        mouth = fixtures.pot(st, st.u(0.2, 0.8), st.aspect * st.u(0.9, 1.0), st.u(0.08, 0.16), st.u(0.1, 0.2))
        if st.chance(0.5):
            flowers.stemmed(st, str(st.rng.choice(flowers.KINDS)), mouth, mouth + np.array([st.u(-0.1, 0.1), -st.u(0.1, 0.25)]), st.u(0.03, 0.07), thick=0.006)


def flags(st: Stage) -> None:
    landscape(st) if st.chance(0.7) else backdrop.sky(st)
    n = int(st.rng.integers(1, 5))
    for i in range(n):
        cloth.flag(st, np.array([(i + st.u(0.1, 0.6)) / n, st.aspect * st.u(0.08, 0.4)]), st.u(0.12, 0.26) / n**0.4, 1 if st.chance(0.5) else -1)


def candles(st: Stage) -> None:
    backdrop.dark(st)
    if st.chance(0.6):
        fixtures.table(st, st.aspect * st.u(0.6, 0.9))
        st.canvas.shade(np.full((2, 2), st.u(0.08, 0.3)))
    flames.candles(st)


def potted(st: Stage) -> None:
    """A plant in a pot before a wall."""
    backdrop.behind(st, "wall", "wall", "fabric", "bokeh")
    y = st.aspect * st.u(0.78, 0.95)
    fixtures.table(st, y)
    n = int(st.rng.integers(1, 4))
    for i in range(n):
        x = (i + st.u(0.3, 0.7)) / n
        w = st.u(0.14, 0.3) / n**0.5
        mouth = fixtures.pot(st, x, y + st.u(0.02, 0.06), w, w * st.u(0.7, 1.3))
        which = st.rng.integers(4)
        if which == 0:
            trees.blob_crown(st, mouth - np.array([0, w * 0.7]), np.array([w, w * 0.9]), count=400, size=w * st.u(0.1, 0.2), colour=trees.leaf_colour(st), twigs=60)
        elif which == 1:
            colour = trees.leaf_colour(st)
            for a in np.linspace(-2.9, -0.25, int(st.rng.integers(6, 14))):
                foliage.big_leaf(st, 0, mouth, a + st.rng.normal(0, 0.1), w * st.u(1.0, 2.0), shape=str(st.rng.choice(["lens", "strap"])), colour=colour * st.u(0.7, 1.2))
        elif which == 2:
            foliage.fern(st, mouth, w * 1.6)
        else:
            for _ in range(int(st.rng.integers(2, 6))):
                flowers.stemmed(st, str(st.rng.choice(flowers.KINDS)), mouth, mouth + np.array([st.u(-0.6, 0.6) * w, -w * st.u(1.0, 2.0)]), w * st.u(0.2, 0.4), thick=0.006)


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
            st, c, np.array([0.7, st.aspect * 0.6]) * st.u(0.5, 1.0), count=500, size=0.02 + 0.014 * i, colour=colour * (1.2 - 0.15 * i), shape=str(rng.choice(["lens", "oval"])), twigs=70
        )
        if i < 2:
            st.canvas.blur(0.004 * (2 - i))
        for _ in range(int(rng.integers(1, 5 - i))):
            x, w = st.u(0, 1), st.u(0.015, 0.05) * (1 + 1.6 * i)
            lean = rng.normal(0, 0.04)
            before = st.canvas.image.copy()
            st.canvas.tube(np.array([[x, -0.05], [x + lean, st.aspect * 0.6], [x + lean * 1.5, st.aspect + 0.05]]), np.array([w, w * 1.1, w * 1.5]), bark * (1.3 - 0.2 * i), 0, st.sun)
            st.mottle(before, 0.012, 0.25)
    st.rig.depth = 0.0
    for _ in range(int(rng.integers(0, 4))):
        foliage.fern(st, np.array([st.u(0, 1), st.aspect * st.u(0.95, 1.1)]), st.u(0.15, 0.4))
    for _ in range(int(rng.integers(0, 6))):
        p = np.array([st.u(0.05, 0.95), st.u(0.1, 0.9) * st.aspect])
        foliage.big_leaf(st, 0, p, rng.uniform(0, 6.28), st.u(0.05, 0.16), shape=str(rng.choice(["palm", "lobed", "oval"])), colour=colour * 1.2)


def sleepers(st: Stage) -> None:
    backdrop.behind(st, "wall", "fabric", "bokeh")
    y = st.aspect * st.u(0.4, 0.75)
    fixtures.table(st, y)
    size = st.u(0.35, 0.75)
    creatures.sleeper(st, np.array([st.u(0.35, 0.65), st.u(y + 0.02, st.aspect * 0.85)]), size)
    if st.chance(0.3):
        cloth.curtain(st)


def swings(st: Stage) -> None:
    landscape(st) if st.chance(0.75) else backdrop.behind(st, "wall", "bokeh")
    hanging.swing(st)
    if st.chance(0.5):
        foliage.palm(st, np.array([st.u(-0.1, 1.1), st.u(-0.1, 0.1)]), st.u(0.3, 0.5))


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
                flowers.stemmed(st, str(rng.choice(flowers.KINDS)), mouth, mouth + np.array([st.u(-0.1, 0.1), -st.u(0.1, 0.25)]), st.u(0.025, 0.06), thick=0.005, leaves=2)
        elif kind == 3:
            flower = str(rng.choice(flowers.KINDS))
            for _ in range(5):
                p = np.array([x + rng.normal(0, 0.08), foot + rng.normal(0, 0.02)])
                flowers.stemmed(st, flower, p, p - np.array([rng.normal(0, 0.03), 0.15 + 0.15 * near]), 0.03 + 0.03 * near, thick=0.006, leaves=3)
        elif kind == 4:
            fixtures.person(st, x, foot, 0.15 + 0.2 * near)
        else:
            foliage.fern(st, np.array([x, foot]), 0.12 + 0.15 * near)
    st.rig.budget = 2000
    if st.chance(0.4):
        grasses.meadow(st, st.aspect * 0.92, near=st.u(0.08, 0.2), kind="grass", rows=4, total=150)
    if st.chance(0.3):
        fixtures.fence(st, st.aspect * st.u(0.95, 1.1), st.u(0.08, 0.2))


def still(st: Stage) -> None:
    """Nothing moves here."""
    if st.worlds and st.chance(0.35):
        backdrop.panorama(st, sharp=True)
        return
    kind = st.rng.integers(5)
    if kind == 0:
        h = landscape(st)
        fixtures.street(st, h)
    elif kind == 1:
        backdrop.wall(st)
        for _ in range(int(st.rng.integers(0, 3))):
            fixtures.obstacle(st)
        if st.chance(0.4):
            hanging.lettering(st, np.array([0.5, st.aspect * 0.4]), st.u(0.1, 0.3), hsv(st.u(0, 1), 0.6, st.u(0.1, 0.9)))
    elif kind == 2:
        h = landscape(st)
        for foot in np.sort(st.rng.uniform(h, st.aspect * 1.1, int(st.rng.integers(3, 14)))):
            fixtures.rock(st, st.u(0, 1), foot, st.u(0.03, 0.25) * (0.4 + foot / st.aspect))
    elif kind == 3:
        backdrop.behind(st, "wall", "fabric", "bokeh")
        fixtures.table(st, st.aspect * st.u(0.6, 0.85))
        for _ in range(int(st.rng.integers(2, 7))):
            fixtures.pot(st, st.u(0.1, 0.9), st.aspect * st.u(0.75, 1.0), st.u(0.08, 0.25), st.u(0.08, 0.4))
    else:
        landscape(st)
        for _ in range(int(st.rng.integers(0, 4))):
            fixtures.person(st, st.u(0.1, 0.9), st.aspect * st.u(0.85, 1.05), st.u(0.15, 0.6))
        if st.chance(0.5):
            fixtures.fence(st, st.aspect * st.u(0.8, 1.0), st.u(0.08, 0.3))


# Name: (what it draws, how often).
FAMILIES: dict[str, tuple[Callable[[Stage], None], float]] = {
    "broadleaf": (broadleaf, 8), "bare_tree": (bare_tree, 3), "conifer": (conifers, 4), "shrub": (shrubs, 5), "hedge": (hedge, 4),
    "leaves": (close_leaves, 6), "ivy": (ivy, 4), "vines": (vines, 5), "palm": (palms, 2), "fern": (ferns, 2), "grass": (grass, 6),
    "flower_field": (flower_field, 6), "flower": (flower, 13), "blossom": (blossoms, 5), "lilies": (lilies, 4), "lanterns": (lanterns, 5),
    "ornaments": (ornaments, 3), "fruit": (fruit, 4), "line": (on_a_line, 4), "laundry": (laundry, 5), "curtain": (curtains, 3),
    "flag": (flags, 3), "candles": (candles, 4), "potted": (potted, 4), "forest": (forest, 4), "sleeper": (sleepers, 2), "swing": (swings, 2), "garden": (garden, 6), "still": (still, 9),
}  # fmt: skip


def make_scene(seed: int, *, family: str | None = None, worlds: list[npt.NDArray[np.uint8]] | None = None) -> Scene:
    """Draw the scene of a number: the same number, the same scene."""
    rng = np.random.default_rng([20240, seed])
    names = list(FAMILIES)
    shares = np.array([FAMILIES[n][1] for n in names])
    drawn = names[rng.choice(len(names), p=shares / shares.sum())]
    family = family or drawn
    st = Stage.random(rng, worlds)
    FAMILIES[family][0](st)
    if st.chance(0.08) and family != "candles":
        fixtures.obstacle(st)
    image, index = camera.photograph(st)
    return Scene(image, index, st.rig.parts(), family, seed)
