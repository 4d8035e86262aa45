# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants in pots and flowers in vases, on a table before a wall or in a room."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from . import props
from .behind import behind
from .craft import joint, put
from .flowers import facing, stemmed, sword
from .forms import arc, colour, tube
from .fruits import leaf
from .light import Light
from .petals import KINDS, petal_colour
from .rig import branch_frequency
from .stage import Stage

__all__ = ["in_pot", "potted"]

Array = npt.NDArray[Any]


def in_pot(st: Stage, soil: Array, wide: float, carrier: int = 0) -> None:
    """One of several plants that grow out of a pot `wide` metres wide."""
    rng = st.rng
    which = int(rng.integers(5))
    green = colour(st.u(0.2, 0.36), st.u(0.3, 0.75), st.u(0.22, 0.55))
    if which == 0:  # straps and swords
        for _ in range(int(rng.integers(6, 18))):
            sword(
                st,
                carrier,
                soil + (st.u(-0.2, 0.2) * wide, st.u(-0.2, 0.2) * wide, 0),
                wide * st.u(1.0, 2.4),
                wide * st.u(0.1, 0.3),
                green * st.u(0.7, 1.3),
            )
    elif which == 1:  # large leaves on stalks
        for a in rng.uniform(0, 6.28, int(rng.integers(7, 18))):
            way = np.array([np.cos(a) * st.u(0.3, 1), np.sin(a) * st.u(0.3, 1), st.u(0.6, 1.8)])
            way /= np.linalg.norm(way)
            stalk = arc(soil, way, wide * st.u(0.6, 1.6), (0.3 * np.cos(a), 0.3 * np.sin(a), -0.3), 4)
            part, own = carrier, []
            for p, q in pairwise(stalk):
                part = joint(
                    st, part, p, q - p, frequency=branch_frequency(wide * 1.2, 0.9), drag=st.u(0.01, 0.03), damping=0.12
                )
                own.append(part)
            put(st, "leaf", tube(stalk, wide * 0.015, 5, own).tinted(green * 0.8))
            leaf(
                st,
                part,
                stalk[-1],
                stalk[-1] - stalk[-2] + np.array([0, 0, -0.05]) * wide,
                wide * st.u(0.5, 1.0),
                green * st.u(0.75, 1.3),
                slim=st.u(0.4, 0.9),
                stalk=0.02,
            )
    elif which == 2:  # a little bush
        outer = wide * st.u(0.8, 1.3)
        for _ in range(int(rng.integers(12, 26))):
            way = np.array([st.rng.normal(0, 0.7), st.rng.normal(0, 0.7), 1.0])
            way /= np.linalg.norm(way)
            twig = arc(soil, way, outer * st.u(0.5, 1.2), rng.normal(0, 0.3, 3), 3)
            part, own = carrier, []
            for p, q in pairwise(twig):
                part = joint(
                    st,
                    part,
                    p,
                    q - p,
                    frequency=branch_frequency(outer, 1.0),
                    drag=st.u(0.015, 0.04),
                    damping=0.12,
                    local=0.25,
                )
                own.append(part)
            put(st, "wood", tube(twig, wide * 0.012, 4, own).tinted(colour(0.08, 0.4, 0.3)))
            for _ in range(int(rng.integers(4, 9))):
                i = int(rng.integers(0, 3))
                leaf(
                    st,
                    own[i],
                    twig[i] + (twig[i + 1] - twig[i]) * st.u(0, 1),
                    rng.normal(0, 1, 3) + (0, 0, 0.3),
                    wide * st.u(0.18, 0.3),
                    green * st.u(0.7, 1.3),
                    slim=0.55,
                )
    elif which == 3:  # trailing
        for a in rng.uniform(0, 6.28, int(rng.integers(6, 14))):
            rim = soil + np.array([np.cos(a), np.sin(a), 0]) * wide * 0.42
            vine = arc(rim, (np.cos(a) * 0.7, np.sin(a) * 0.7, 0.7), wide * st.u(0.8, 2.2), (0, 0, -2.2), 6)
            part, own = carrier, []
            for p, q in pairwise(vine):
                part = joint(
                    st, part, p, q - p, frequency=st.u(0.7, 1.2), drag=st.u(0.015, 0.04), damping=0.12, local=0.2
                )
                own.append(part)
            put(st, "leaf", tube(vine, wide * 0.012, 4, own).tinted(green * 0.7))
            for i in range(6):
                for _ in range(2):
                    leaf(
                        st,
                        own[i],
                        vine[i + 1],
                        rng.normal(0, 1, 3) - (0, 0, 0.3),
                        wide * st.u(0.12, 0.26),
                        green * st.u(0.7, 1.3),
                        slim=0.7,
                    )
    else:
        kind = str(rng.choice(KINDS))
        tone = petal_colour(rng, kind)
        for _ in range(int(rng.integers(2, 7))):
            top = soil + np.array([st.u(-0.6, 0.6), st.u(-0.4, 0.3), st.u(0.8, 1.9)]) * wide
            stemmed(
                st,
                kind,
                soil + (st.u(-0.2, 0.2) * wide, 0, 0),
                top,
                wide * st.u(0.16, 0.3),
                face=facing(st),
                leaves=3,
                carrier=carrier,
                tone=tone * st.u(0.85, 1.1),
            )


def potted(st: Stage) -> None:
    """Plants in pots, flowers in a vase; the pots, the table, the wall and what else stands there do not move."""
    rng = st.rng
    n = int(rng.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))
    wide = st.u(0.12, 0.3)
    across = wide * (1.6 + 1.5 * n) * st.u(0.9, 1.5)
    height = 0.75
    st.look(
        (0, 0, height + wide * st.u(0.6, 1.3)),
        across * st.u(1.3, 2.5),
        width=across,
        eye=height + wide * st.u(0.8, 2.5),
        blur=st.u(0, 0.05),
    )
    what = behind(st, "wall", "wall", "room", "room", "greenery", "fabric", "plain")
    if what in ("greenery",):
        st.light = Light.outdoor(rng)
    props.table(st, height, -wide * st.u(0.8, 1.5), st.camera.distance * 0.14 + wide * 0.6, across * st.u(0.9, 3.0))
    for i in range(n):
        x = (i - (n - 1) / 2) * wide * 2.0 + st.u(-0.3, 0.3) * wide
        at = np.array([x, st.u(-0.2, 0.2) * wide, height])
        if st.chance(0.3):
            tall = wide * st.u(0.8, 1.6)
            mouth = props.vase(st, at, wide * 0.55, tall)
            kind = str(rng.choice(KINDS))
            tone = petal_colour(rng, kind)
            for _ in range(int(rng.integers(1, 5))):
                top = mouth + np.array([st.u(-0.5, 0.5), st.u(-0.3, 0.3), st.u(0.5, 1.3)]) * wide
                stemmed(
                    st,
                    kind,
                    mouth - (0, 0, 0.02),
                    top,
                    wide * st.u(0.14, 0.3),
                    face=facing(st),
                    leaves=int(rng.integers(0, 3)),
                    tone=tone * st.u(0.85, 1.1),
                )
        else:
            soil = props.pot(st, at, wide * st.u(0.8, 1.1), wide * st.u(0.7, 1.2))
            in_pot(st, soil, wide)
    for _ in range(int(rng.integers(0, 4))):
        props.any_thing(st, (st.u(-0.5, 0.5) * across, st.u(-0.1, 0.4) * wide, height), wide * st.u(0.3, 0.9))
