# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of things that people hang up, light or keep, and pictures in which nothing moves."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import backdrop, cloth, creatures, fixtures, flames, flowers, foliage, hanging
from .outdoors import landscape
from .shapes import arc, hsv, placed
from .stage import Stage

__all__ = [
    "candles",
    "curtains",
    "flags",
    "lanterns",
    "laundry",
    "on_a_line",
    "ornaments",
    "sleepers",
    "still",
    "swings",
]


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
            st.canvas.tube(
                np.array([[-0.02, y], [1.02, y + st.u(-0.1, 0.1)]]),
                np.full(2, 0.003),
                np.array([25, 22, 20]),
                0,
                st.sun,
            )
        for x in (np.arange(m) + rng.uniform(0.2, 0.8, m)) / m:
            hanging.lantern(
                st, np.array([x, y]), size * st.u(0.8, 1.15), st.u(0.0, 0.12), glow=1.0 if dark else 0.0, colour=one
            )
            if dark:
                st.canvas.glow((x, y + size), size * 1.4, np.array([70, 30, 8]) / n**0.6)


def ornaments(st: Stage) -> None:
    rng = st.rng
    backdrop.behind(st, "dark", "bokeh", "fabric")
    limbs: list[tuple[npt.NDArray[Any], int]] = []
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
        st.canvas.polygons(
            placed("needle", base, a, rng.uniform(0.03, 0.07, k), 0.003),
            green * np.exp(rng.normal(0, 0.35, (k, 1))),
            np.array(parts)[seg],
        )
        limbs.append((limb[2 + rng.integers(3)], parts[3]))
    for i in rng.permutation(len(limbs))[: int(rng.integers(3, 10))]:
        hanging.bauble(st, limbs[i][0], st.u(0.03, 0.09), st.u(0.005, 0.05), parent=limbs[i][1])
    for _ in range(int(rng.integers(0, 12))):
        st.canvas.glow((st.u(0, 1), st.u(0, st.aspect)), st.u(0.006, 0.02), np.array([255, 210, 120]))


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
        st.canvas.polygon(
            np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]), hsv(0.57, st.u(0, 0.4), st.u(0.5, 1.0)), 0
        )
        for t in (0.0, 0.5, 1.0):
            st.canvas.tube(
                np.array([[x + w * t, y], [x + w * t, y + h]]), np.full(2, 0.014), hsv(0.1, 0.1, 0.8), 0, st.sun
            )
            st.canvas.tube(
                np.array([[x, y + h * t], [x + w, y + h * t]]), np.full(2, 0.014), hsv(0.1, 0.1, 0.8), 0, st.sun
            )
    cloth.curtain(st)
    if st.chance(0.5):
        fixtures.table(st, st.aspect * st.u(0.82, 0.95))
        mouth = fixtures.pot(st, st.u(0.2, 0.8), st.aspect * st.u(0.9, 1.0), st.u(0.08, 0.16), st.u(0.1, 0.2))
        if st.chance(0.5):
            flowers.stemmed(
                st,
                str(st.rng.choice(flowers.KINDS)),
                mouth,
                mouth + np.array([st.u(-0.1, 0.1), -st.u(0.1, 0.25)]),
                st.u(0.03, 0.07),
                thick=0.006,
            )


def flags(st: Stage) -> None:
    landscape(st) if st.chance(0.7) else backdrop.sky(st)
    n = int(st.rng.integers(1, 5))
    for i in range(n):
        cloth.flag(
            st,
            np.array([(i + st.u(0.1, 0.6)) / n, st.aspect * st.u(0.08, 0.4)]),
            st.u(0.12, 0.26) / n**0.4,
            1 if st.chance(0.5) else -1,
        )


def candles(st: Stage) -> None:
    backdrop.dark(st)
    if st.chance(0.6):
        fixtures.table(st, st.aspect * st.u(0.6, 0.9))
        st.canvas.shade(np.full((2, 2), st.u(0.08, 0.3)))
    flames.candles(st)


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
            hanging.lettering(
                st, np.array([0.5, st.aspect * 0.4]), st.u(0.1, 0.3), hsv(st.u(0, 1), 0.6, st.u(0.1, 0.9))
            )
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
