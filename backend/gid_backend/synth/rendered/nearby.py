# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of plants from near: leaves, hanging branches, ivy, palms, ferns."""

from __future__ import annotations

import numpy as np

from . import foliage, surroundings, trees
from .leaves import place_leaves
from .stage import Stage, tint, vary

__all__ = ["behind", "ferns", "ivy_wall", "leaves", "palms", "willow"]


def behind(st: Stage, distance: float) -> None:
    """Something out of focus at a distance behind the middle of the picture: a panorama, leaves, a wall, or the sky."""
    # Single leaves in the air would be seen as such where they are in focus.
    kind = st.u(0, 1) if st.camera.blur > 0.012 else float(st.rng.choice([0.2, 0.7, 0.9], p=[0.4, 0.4, 0.2]))
    if kind < 0.4:
        st.light.panorama = st.light.panorama or str(
            st.rng.choice(["forest", "courtyard", "city", "sunrise", "sunset"])
        )
    elif kind < 0.65:
        shade = trees.leaf_tone(st)
        reach = (distance + st.camera.distance) * 0.7 / st.camera.focal
        middle = np.asarray(st.camera.target)
        m = 4500
        spread = np.array([reach, distance * 0.3, reach * max(st.aspect, 0.7)])
        at = middle + np.array([0, distance, 0]) + st.rng.uniform(-1, 1, (m, 3)) * spread
        size = reach * st.u(0.05, 0.12)
        outline = place_leaves(at, st.rng.normal(0, 1, (m, 3)), st.rng.normal(0, 1, (m, 3)), size, 0.35, "lens")
        st.mesh("leaf").polygons(outline, 0, vary(st.rng, shade * st.u(0.5, 1.1), m, 0.5, 0.15))
    elif kind < 0.82:
        surroundings.wall(st, distance, size=(distance + st.camera.distance) * 3)
    else:
        surroundings.ground(st)


def leaves(st: Stage) -> None:
    """A few sprigs with large leaves, near; others behind them out of focus."""
    leaf = st.spread(0.11, 1.5)
    width = leaf * st.u(2.2, 6.5)
    blur = st.u(0.01, 0.06) if st.chance(0.75) else 0.0
    st.look(
        (0, 0, 1.4),
        width * st.u(1.3, 2.6),
        width=width,
        eye=1.4 + st.u(-0.3, 0.6) * width,
        side=st.u(-0.5, 0.5),
        blur=blur,
    )
    behind(st, width * st.u(2.0, 8.0))
    tone = trees.leaf_tone(st)
    shape = str(st.rng.choice(["oval", "heart", "lens", "strap", "round"], p=[0.36, 0.22, 0.24, 0.08, 0.1]))
    for k in range(int(st.rng.integers(2, 8))):
        back = k >= 3
        a = st.u(0, 2 * np.pi)
        edge = np.array(
            [
                np.cos(a) * width * 0.6,
                st.u(0.5, 2.5) * width if back else st.u(-0.15, 0.2) * width,
                1.4 + np.sin(a) * width * st.aspect * 0.6,
            ]
        )
        to = np.array([st.u(-0.25, 0.25) * width, edge[1] + st.u(-0.2, 0.2) * width, 1.4 + st.u(-0.2, 0.2) * width])
        foliage.sprig(
            st,
            edge,
            to - edge,
            width * st.u(0.5, 0.95),
            leaf=leaf * st.u(0.8, 1.1),
            tone=tone * st.u(0.75, 1.2),
            shape=shape,
        )


def willow(st: Stage) -> None:
    """Strands that hang into the picture."""
    length = st.u(0.8, 4.0)
    width = length * st.u(0.7, 1.8)
    distance = width * st.u(1.0, 2.0)
    st.look(
        (0, 0, length * st.u(0.45, 0.75) + 0.6),
        distance,
        width=width,
        eye=st.u(0.8, 1.8),
        blur=st.u(0.003, 0.025) if st.chance(0.5) else 0.0,
    )
    top = length + 0.6 + width * st.aspect * 0.2
    kind = st.u(0, 1)
    if kind < 0.5:
        from .outdoors import landscape

        landscape(st)
    elif kind < 0.8:
        behind(st, width * st.u(1.0, 4.0))
    else:
        surroundings.ground(st)
        surroundings.wall(st, width * st.u(0.3, 0.8))
    n = int(st.u(14, 70))
    leaf = st.spread(0.09, 1.35) * min(width, 2.0) ** 0.5
    tone = trees.leaf_tone(st) if st.chance(0.85) else tint(st.u(0.7, 0.85), st.u(0.25, 0.5), st.u(0.6, 0.9))
    shape = str(st.rng.choice(["lens", "strap", "oval", "heart"], p=[0.5, 0.15, 0.2, 0.15]))
    limbs = max(n // 10, 1)
    for k in range(limbs):
        # What the strands hang from; where it is in the picture it sways a little.
        x = (k + st.u(0.1, 0.9)) / limbs * 1.5 * width - 0.75 * width
        y, z = st.u(-0.25, 0.5) * width, top + st.u(-0.1, 0.25) * length
        limb = np.array([[x - 0.4 * width / limbs, y, z - 0.02], [x + 0.4 * width / limbs, y, z + 0.05 * length]])
        part = st.rig.add(0, limb[0], limb[1], frequency=0.7, drag=st.u(0.0, 0.02))
        st.mesh("bark").tube(limb, [0.03 * width**0.5, 0.015 * width**0.5], part, tint(0.08, 0.3, 0.3))
        m = max(n // limbs, 1)
        s = st.rng.random((m, 1))
        tops = limb[0] * (1 - s) + limb[1] * s + st.rng.normal(0, 0.04 * width, (m, 3)) * np.array([1.0, 1.5, 0.3])
        foliage.strands(
            st,
            tops,
            length * st.rng.uniform(0.35, 1.15, m),
            parent=part,
            leaf=leaf,
            tone=tone,
            shape=shape,
            dense=st.u(1.8, 4.0),
        )


def ivy_wall(st: Stage) -> None:
    """A wall that leaves cover, whole or in part."""
    leaf = st.spread(0.08, 1.3)
    width = leaf * st.u(6, 24)
    st.look((0, 0, 1.5), width * st.u(1.2, 2.2), width=width, eye=st.u(1.2, 1.8), side=st.u(-0.5, 0.5))
    surroundings.wall(st, 0.0, size=width * 6)
    tone = trees.leaf_tone(st)
    cover = 1.0 if st.chance(0.5) else st.u(0.35, 0.85)
    half = width * 0.7
    tall = width * max(st.aspect, 0.7) * 0.7
    low = 1.5 - tall if st.chance(0.75) else 1.5 + st.u(-0.3, 0.3) * tall
    foliage.ivy(st, -0.01, -half, half, low, 1.5 + tall, leaf=leaf, tone=tone, cover=cover)
    if st.chance(0.35):
        n = int(st.u(4, 16))
        tops = np.stack(
            [st.rng.uniform(-half, half, n), st.rng.uniform(-0.15, -0.05, n) - leaf, np.full(n, 1.5 + tall)], 1
        )
        foliage.strands(
            st, tops, tall * st.rng.uniform(0.3, 1.2, n), leaf=leaf * 0.8, tone=tone, shape="heart", dense=1.6
        )


def palms(st: Stage) -> None:
    """Palms on trunks, or a crown from near."""
    size = st.u(1.5, 3.0)
    if st.chance(0.5):
        height = size * st.u(1.5, 3.0)
        st.look(
            (0, 0, height * st.u(0.6, 0.9)), height * st.u(1.0, 1.8), width=size * st.u(2.2, 4.5), eye=st.u(1.0, 2.0)
        )
        from .outdoors import landscape

        landscape(st)
        for i in range(int(st.rng.integers(1, 5))):
            x, y = (0.0, 0.0) if i == 0 else (st.u(-3, 3) * size, st.u(0.0, 4.0) * size)
            h = height * st.u(0.8, 1.1)
            foliage.palm(st, (x + st.u(-0.1, 0.1) * h, y, h), size, foot=(x, y, 0.0))
    else:
        st.look((0, 0, 1.2), size * st.u(1.2, 2.2), width=size * st.u(1.0, 2.0), eye=st.u(1.0, 2.2), blur=st.u(0, 0.02))
        behind(st, size * st.u(1.5, 5.0))
        for i in range(int(st.rng.integers(1, 4))):
            at = (st.u(-0.7, 0.7) * size * (i > 0), st.u(0, 1.5) * size * (i > 0), 0.7 + st.u(-0.4, 0.4))
            foliage.palm(st, at, size, fronds=int(st.rng.integers(8, 15)))


def ferns(st: Stage) -> None:
    """Ferns on the ground, near rocks and trunks."""
    size = st.u(0.4, 1.0)
    st.look(
        (0, 0, size * st.u(0.3, 0.6)),
        size * st.u(1.8, 4.0),
        width=size * st.u(1.4, 3.2),
        eye=size * st.u(0.6, 1.8),
        blur=st.u(0.004, 0.03) if st.chance(0.5) else 0.0,
    )
    surroundings.ground(st, str(st.rng.choice(["soil", "lawn", "concrete"], p=[0.6, 0.25, 0.15])))
    if st.chance(0.5):
        behind(st, size * st.u(2, 6))
    if st.chance(0.7):
        surroundings.litter(st)
    for i in range(int(st.rng.integers(1, 6))):
        foliage.fern(
            st, (st.u(-1.2, 1.2) * size * (i > 0), st.u(-0.3, 2.0) * size * (i > 0), 0.0), size * st.u(0.7, 1.1)
        )
    for _ in range(int(st.rng.integers(0, 3))):
        surroundings.rock(st, (st.u(-1.5, 1.5) * size, st.u(-0.5, 2.0) * size, 0.0), size * st.u(0.15, 0.4))
    if st.chance(0.3):
        x, y = st.u(-1.2, 1.2) * size, st.u(0.8, 2.5) * size
        st.mesh("bark").tube(
            np.array([[x, y, -0.1], [x, y, 6.0]]), [0.25 * size, 0.2 * size], 0, tint(0.07, 0.3, st.u(0.2, 0.45)), 12
        )
