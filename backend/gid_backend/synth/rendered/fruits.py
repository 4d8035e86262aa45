# SPDX-License-Identifier: GPL-3.0-or-later
"""What hangs on a bough from near: leaves, apples, cherries, grapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .craft import joint, put
from .forms import arc, ball, colour, frame, petal, tube, turned
from .hangings import pendulum
from .petals import tint

__all__ = ["apple", "cherries", "grapes", "leaf"]

Array = npt.NDArray[Any]


def leaf(
    st: Any, parent: int, root: Any, way: Any, length: float, tone: Array, *, slim: float = 0.5, stalk: float = 0.1
) -> None:
    """One leaf with its stalk and a midrib, in two parts."""
    root, way = np.asarray(root, float), np.asarray(way, float)
    way = way / np.linalg.norm(way)
    at = root + way * length * stalk
    f = float(np.clip(1.6 * (0.1 / length) ** 0.4, 0.9, 3.5)) * st.spread(1.0, 1.25)
    part = joint(
        st,
        parent,
        root,
        way * length,
        frequency=f,
        drag=st.u(0.06, 0.22),
        damping=0.18,
        local=0.4,
        flutter=st.u(0.02, 0.16),
    )
    tip = joint(
        st,
        part,
        at + way * length * 0.45,
        way * length * 0.5,
        frequency=f * 1.8,
        drag=st.u(0.02, 0.1),
        damping=0.2,
        local=0.4,
    )
    blade = petal(
        azimuth=0.0, elevation=st.u(-0.1, 0.35), length=length, width=length * slim, curl=-st.u(0.2, 0.9),
        cup=st.u(0.1, 0.5), ruffle=st.u(0, 0.03), blunt=st.u(0.1, 0.6), rows=8, columns=4,
    )  # fmt: skip
    u, v = blade.uv[:, :1], blade.uv[:, 1:]
    rib = 1 + 0.45 * np.exp(-(((u - 0.5) / 0.05) ** 2)) + 0.1 * np.sin(v * 40 + np.abs(u - 0.5) * 30)
    blade = tint(st.rng, blade, tone, veins=0.0).tinted(rib)
    roll = frame(way, st.u(0, 6.28))
    # The blade grows along its own x.
    turn = np.stack([way, roll[1], np.cross(way, roll[1])])
    if turn[2, 2] < 0:
        turn[1:] *= -1
    own = np.where(np.arange(len(blade.quads)) // 4 < 4, part, tip)
    put(st, "leaf", blade.of(own).moved(at, turn))
    if stalk:
        put(st, "leaf", tube(np.stack([root, at]), length * 0.014, 4).tinted(tone * 0.8).of(part))


def apple(st: Any, hook: Any, radius: float, parent: int, tone: Array, blush: Array) -> None:
    """An apple, a pear or a plum on its stalk."""
    part, top = pendulum(st, hook, radius * st.u(0.3, 1.0), radius * 2, parent=parent, drag=st.u(0.04, 0.1), thread=0)
    a = np.linspace(-1.45, 1.42, 15)
    long = st.u(0.0, 0.25) if st.chance(0.75) else st.u(0.4, 0.7)
    r = np.cos(a) ** 0.75 * (1 - long * np.clip(np.sin(a), 0, 1))
    z = np.sin(a) * (0.9 + 0.5 * long) - 0.32 * np.exp(-((r / 0.32) ** 2)) * np.sign(np.sin(a))
    body = turned(np.stack([np.maximum(r, 0.02), z], 1), 24)
    side = body.vertices @ np.array([np.cos(st.u(0, 6)), np.sin(st.u(0, 6)), 0.3])
    mix = np.clip(0.5 + 0.7 * side + 0.12 * np.sin(body.uv[:, 0] * 130), 0, 1)[:, None]
    speck = 1 + 0.25 * (st.rng.random((len(mix), 1)) < 0.06)
    body = body.tinted((tone + (blush - tone) * mix) * speck)
    centre = top - np.array([0, 0, radius * (0.75 + 0.3 * long)])
    put(st, "fruit", body.of(part).moved(centre, frame((st.u(-0.25, 0.25), st.u(-0.25, 0.25), 1)), radius))
    stalk = arc(
        centre + np.array([0, 0, 0.4 * radius]),
        np.asarray(hook) - centre,
        float(np.linalg.norm(np.asarray(hook) - centre)) - 0.4 * radius,
        (0.2, 0, 0),
        4,
    )
    put(st, "wood", tube(stalk, radius * 0.05, 5).tinted(colour(0.08, 0.5, 0.3)).of(part))


def cherries(st: Any, hook: Any, radius: float, parent: int, tone: Array) -> None:
    """A pair or three on long stalks."""
    for _ in range(int(st.rng.integers(1, 4))):
        long = radius * st.u(2.0, 4.5)
        way = np.array([st.u(-0.5, 0.5), st.u(-0.4, 0.4), -1.0])
        part = joint(
            st, parent, hook, way * long, frequency=st.u(0.9, 1.6), drag=st.u(0.06, 0.16), damping=0.1, local=0.3
        )
        stalk = arc(hook, way, long, (0, 0, -0.6), 4)
        put(st, "leaf", tube(stalk, radius * 0.07, 4).tinted(colour(0.22, 0.6, 0.45)).of(part))
        body = ball(radius, 0.93, 18, 12).tinted(tone * st.spread(1.0, 1.15))
        put(st, "fruit", body.of(part).moved(stalk[-1] - np.array([0, 0, radius * 0.85])))


def grapes(st: Any, hook: Any, radius: float, parent: int, tone: Array) -> None:
    """A bunch: every berry has a little freedom of its own."""
    n = int(st.rng.integers(25, 60))
    bunch, top = pendulum(st, hook, radius * 2, radius * 9, parent=parent, drag=st.u(0.03, 0.08))
    for i in range(n):
        y = i / n
        wide = radius * 2.6 * (1.05 - y) ** 0.7
        p = top + np.array([st.rng.normal(0, 0.6) * wide, st.rng.normal(0, 0.6) * wide, -y * radius * st.u(9, 11)])
        own = joint(
            st,
            bunch,
            p + (0, 0, radius),
            (0, 0, -2 * radius),
            frequency=st.u(1.5, 3),
            drag=0.05,
            damping=0.15,
            local=0.5,
        )
        put(
            st, "fruit", ball(radius * st.u(0.85, 1.1), 1.05, 12, 8).tinted(tone * st.spread(1.0, 1.2)).of(own).moved(p)
        )
