# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of flowers and fruit, near and far, in fields, ponds and pots."""

from __future__ import annotations

import numpy as np

from . import backdrop, fixtures, flowers, foliage, grasses, hanging, trees
from .outdoors import landscape
from .shapes import hsv
from .stage import Stage

__all__ = ["blossoms", "flower", "flower_field", "fruit", "lilies", "potted"]


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
                st,
                base,
                size * rng.uniform(0.8, 1.2, n),
                np.full(n, max(size * 0.03, 0.003)),
                np.broadcast_to(hsv(0.27, 0.6, 0.4), (n, 3)),
                segments=2,
                frequency=1.0,
                drag=0.14,
            )
            flowers.small_heads(
                st, tip, part, size * rng.uniform(0.12, 0.24, n), colour, petals=int(rng.choice([4, 5, 6, 9]))
            )
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
            trees.blob_crown(
                st,
                np.array([0.5, st.aspect * 0.6]),
                np.array([0.75, st.aspect * 0.75]),
                count=420,
                size=st.u(0.08, 0.16),
                colour=colour,
                shape=shape,
            )
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
        foot = (
            np.array([st.u(0.2, 0.8), st.aspect * 1.08])
            if mouth is None
            else mouth + np.array([st.u(-0.03, 0.03), 0.01])
        )
        top = np.array([st.u(0.25, 0.75) if mouth is None else foot[0] + st.u(-0.2, 0.2), st.aspect * st.u(0.28, 0.6)])
        if mouth is not None:
            top[1] = min(top[1], mouth[1] - 0.1)
        flowers.stemmed(
            st,
            kind,
            foot,
            top,
            radius * st.u(0.8, 1.15),
            thick=radius * st.u(0.06, 0.14),
            leaves=int(rng.integers(0, 5)),
        )
    if mouth is not None:
        st.canvas.polygon(
            np.array([[-0.03, 0.004], [0.03, 0.004], [0.03, 0.02], [-0.03, 0.02]]) + mouth, hsv(0.07, 0.4, 0.3), 0
        )
    elif st.chance(0.2):
        near = st.canvas.layer()
        kept, st.canvas = st.canvas, near
        foliage.big_leaf(
            st,
            0,
            np.array([st.u(0, 1), st.aspect * 1.05]),
            -np.pi / 2 + rng.normal(0, 0.6),
            st.u(0.3, 0.6),
            shape="lens",
            colour=hsv(0.27, 0.6, 0.4),
        )
        st.canvas = kept
        st.canvas.merge(near, st.u(0.008, 0.02))


def blossoms(st: Stage) -> None:
    backdrop.behind(st, "sky", "sky", "bokeh", "wall")
    flowers.branch_of_blossoms(st)


def lilies(st: Stage) -> None:
    foliage.lily_pond(st)
    if st.chance(0.3):
        fixtures.rock(st, st.u(0, 1), st.aspect * st.u(0.2, 1.0), st.u(0.05, 0.15))


def fruit(st: Stage) -> None:
    backdrop.behind(st, "bokeh", "bokeh", "sky")
    hanging.fruit_twig(st)


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
            trees.blob_crown(
                st,
                mouth - np.array([0, w * 0.7]),
                np.array([w, w * 0.9]),
                count=400,
                size=w * st.u(0.1, 0.2),
                colour=trees.leaf_colour(st),
                twigs=60,
            )
        elif which == 1:
            colour = trees.leaf_colour(st)
            for a in np.linspace(-2.9, -0.25, int(st.rng.integers(6, 14))):
                foliage.big_leaf(
                    st,
                    0,
                    mouth,
                    a + st.rng.normal(0, 0.1),
                    w * st.u(1.0, 2.0),
                    shape=str(st.rng.choice(["lens", "strap"])),
                    colour=colour * st.u(0.7, 1.2),
                )
        elif which == 2:
            foliage.fern(st, mouth, w * 1.6)
        else:
            for _ in range(int(st.rng.integers(2, 6))):
                flowers.stemmed(
                    st,
                    str(st.rng.choice(flowers.KINDS)),
                    mouth,
                    mouth + np.array([st.u(-0.6, 0.6) * w, -w * st.u(1.0, 2.0)]),
                    w * st.u(0.2, 0.4),
                    thick=0.006,
                )
