# SPDX-License-Identifier: GPL-3.0-or-later
"""Boughs from near: blossoming twigs, and fruit among leaves."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from . import fruits, hangings
from .behind import behind
from .craft import joint, put
from .forms import arc, ball, colour, frame, join, petal, tube
from .fruits import leaf
from .rig import branch_frequency
from .stage import Stage

__all__ = ["blossom", "fruit"]

Array = npt.NDArray[Any]


def bough(
    st: Stage, parent: int, start: Any, way: Any, long: float, thick: float, bark: Array, *, drag: float, n: int = 6
) -> tuple[Array, list[int]]:
    """A crooked branch; returns its points (n+1, 3) and a part for each of its segments."""
    way = np.asarray(way, float)
    points = arc(start, way / np.linalg.norm(way), long, st.rng.normal(0, 0.45, 3), n)
    points = points + st.rng.normal(0, 0.02 * long, points.shape) * np.linspace(0, 1, n + 1)[:, None]
    part, own = parent, []
    f = branch_frequency(long * 2.0)
    # A bough that lies goes up and down as much as it turns.
    for a, b in pairwise(points):
        part = joint(
            st, part, a, b - a, frequency=f * st.spread(1.0, 1.1), drag=drag / n * st.u(0.6, 1.4), damping=0.1,
            sway=(0, 0, drag * long / n * st.u(0.1, 0.3)), local=0.15,
        )  # fmt: skip
        own.append(part)
    fine = np.stack([np.interp(np.linspace(0, n, 4 * n + 1), np.arange(n + 1), points[:, i]) for i in range(3)], 1)
    radii = np.linspace(thick, thick * 0.35, 4 * n + 1) * (1 + 0.12 * st.rng.standard_normal(4 * n + 1))
    put(st, "bark", tube(fine, radii, 8, np.repeat(own, 4)).tinted(bark))
    return points, own


def _flower(st: Stage, part: int, at: Array, axis: Array, size: float, tone: Array, double: bool) -> None:
    """Five petals, or many, with stamens."""
    turn = frame(axis, st.u(0, 6.28))
    ring = []
    for k in range(2 if double else 1):
        n = 5 if not double else 7
        for a in 2 * np.pi * (np.arange(n) + 0.5 * k) / n:
            form = petal(
                azimuth=float(a), elevation=st.u(0.1, 0.5) + 0.5 * k, length=1.0 - 0.25 * k, width=0.85,
                curl=st.u(-0.2, 0.5),
                cup=0.35, blunt=0.9, notch=0.08, ruffle=0.03, rows=4, columns=4,
            )  # fmt: skip
            ring.append(form.tinted(tone * st.u(0.9, 1.05) * (1 - 0.25 * np.clip(1 - form.uv[:, 1:] * 3, 0, 1))))
    threads = []
    if not double:
        for a in np.linspace(0, 6.28, 9)[:-1]:
            w = np.array([0.3 * np.cos(a), 0.3 * np.sin(a), 0.4])
            threads += [ball(0.05, 1, 4, 3).moved(w)]
        put(st, "petal", join(threads).tinted(colour(0.12, 0.8, 0.75)).of(part).moved(at, turn, size))
    put(st, "petal", join(ring).of(part).moved(at, turn, size))


def blossom(st: Stage) -> None:
    """Cherry, apple or almond in blossom, against the sky, a wall or soft greenery."""
    rng = st.rng
    wide = st.u(0.25, 0.9)
    reach = wide * st.u(1.4, 2.6)
    st.look((0, 0, 2.0), reach, width=wide, eye=2.0 - reach * st.u(-0.1, 0.7), blur=st.u(0.01, 0.1))
    behind(st, "sky", "sky", "sky", "greenery", "greenery", "greenery", "panorama", "wall", "dark")
    bark = colour(st.u(0.02, 0.09), st.u(0.15, 0.45), st.u(0.15, 0.35))
    tone = colour(st.u(0.88, 1.0), st.u(0.02, 0.45), st.u(0.85, 0.97))
    if st.chance(0.1):
        tone = colour(0.14, st.u(0.3, 0.85), 0.93)
    double, size = st.chance(0.35), st.u(0.014, 0.024)
    young = colour(st.u(0.1, 0.28), st.u(0.4, 0.7), st.u(0.35, 0.6))
    rich = st.u(0.5, 2.2)
    left = 0
    for _ in range(int(rng.integers(1, 5))):
        side = float(rng.choice([-1, 1]))
        start = np.array(
            [side * wide * st.u(0.5, 0.65), st.u(-0.1, 0.5) * wide, 2.0 + st.u(-0.5, 0.45) * wide * st.aspect]
        )
        points, own = bough(
            st,
            0,
            start,
            (-side, st.u(-0.3, 0.3), st.u(-0.3, 0.5)),
            wide * st.u(0.6, 1.1),
            wide * st.u(0.008, 0.02),
            bark,
            drag=st.u(0.02, 0.06),
        )
        for i in range(1, 7):
            for _ in range(int(rng.integers(1, 3))):
                way = points[i] - points[i - 1]
                way = way / np.linalg.norm(way) + rng.normal(0, 0.8, 3) + (0, 0, 0.3)
                twig, parts = bough(
                    st,
                    own[i - 1],
                    points[i],
                    way,
                    wide * st.u(0.08, 0.28),
                    wide * 0.005,
                    bark,
                    drag=st.u(0.03, 0.09),
                    n=3,
                )
                for _ in range(int(rng.poisson(3.2 * rich))):
                    left += 1
                    if left > 150:
                        break
                    k = int(rng.integers(0, 3))
                    root = twig[k] + (twig[k + 1] - twig[k]) * st.u(0, 1)
                    out = rng.normal(0, 1, 3) + (0, -0.5, 0.1)
                    out /= np.linalg.norm(out)
                    at = root + out * size * st.u(0.8, 1.6)
                    part = joint(
                        st,
                        parts[k],
                        root,
                        at - root,
                        frequency=st.u(2, 4),
                        drag=st.u(0.03, 0.14),
                        damping=0.2,
                        local=0.5,
                        flutter=st.u(0, 0.1),
                    )
                    put(st, "leaf", tube(np.stack([root, at]), size * 0.05, 4).tinted(young * 0.8).of(part))
                    if st.chance(0.15):
                        put(
                            st, "petal", ball(size * 0.35, 1.2, 7, 5).tinted(tone * (0.95, 0.6, 0.7)).of(part).moved(at)
                        )
                    else:
                        _flower(st, part, at, out, size * st.u(0.8, 1.15), tone, double)
                for _ in range(int(rng.poisson(0.8))):
                    leaf(
                        st,
                        parts[-1],
                        twig[-1],
                        rng.normal(0, 1, 3),
                        size * st.u(1.2, 2.4),
                        young * st.u(0.8, 1.2),
                        slim=0.45,
                    )


def fruit(st: Stage) -> None:
    """Apples, pears, cherries, plums, grapes or berries on a bough among leaves."""
    rng = st.rng
    kind = str(rng.choice(["apple", "cherry", "grape", "berry"], p=[0.42, 0.22, 0.2, 0.16]))
    radius = {"apple": 0.035, "cherry": 0.011, "grape": 0.009, "berry": 0.007}[kind] * st.u(0.85, 1.15)
    span = {"apple": st.u(4, 10), "cherry": st.u(9, 22), "grape": st.u(16, 32), "berry": st.u(9, 24)}[kind]
    wide = radius * span
    reach = wide * st.u(1.4, 2.6)
    st.look((0, 0, 1.8), reach, width=wide, eye=1.8 - reach * st.u(-0.2, 0.5), blur=st.u(0.04, 0.18))
    behind(st, *["greenery"] * 7, "sky", "dark", "panorama", "wall")
    bark = colour(st.u(0.04, 0.1), st.u(0.2, 0.5), st.u(0.2, 0.45))
    green = colour(st.u(0.2, 0.33), st.u(0.35, 0.75), st.u(0.28, 0.55))
    if kind == "apple":
        tone, blush = (
            colour(st.u(0.1, 0.24), st.u(0.5, 0.8), st.u(0.6, 0.85)),
            colour(st.u(-0.03, 0.1), st.u(0.6, 0.9), st.u(0.5, 0.85)),
        )
    elif kind == "cherry":
        tone = colour(st.u(0.94, 1.03), 0.9, st.u(0.35, 0.75))
    elif kind == "grape":
        tone = colour(*((0.2, 0.5, 0.7), (0.78, 0.5, 0.3), (0.95, 0.5, 0.5))[rng.integers(3)])
    else:
        tone = colour(*((0.62, 0.5, 0.4), (0.98, 0.9, 0.7), (0.0, 0.0, 0.08), (0.08, 0.9, 0.9))[rng.integers(4)])
    big = {"apple": 1.6, "cherry": 5.0, "grape": 8.0, "berry": 4.0}[kind] * radius
    hooks: list[tuple[Array, int]] = []
    for _ in range(int(rng.choice([1, 2, 3]))):
        side = float(rng.choice([-1, 1]))
        start = np.array(
            [side * wide * st.u(0.3, 0.62), st.u(0.0, 0.25) * wide, 1.8 + st.u(0.1, 0.6) * wide * st.aspect]
        )
        points, own = bough(
            st,
            0,
            start,
            (-side * st.u(0.4, 1.0), st.u(-0.3, 0.2), st.u(-0.8, 0.1)),
            wide * st.u(0.5, 0.9),
            max(wide * st.u(0.01, 0.022), 0.002),
            bark,
            drag=st.u(0.03, 0.07),
        )
        for i in range(1, 7):
            hooks.append((points[i], own[i - 1]))
            for _ in range(int(rng.integers(1, 4))):
                way = rng.normal(0, 1, 3) + (0, -0.2, 0.1)
                leaf(
                    st,
                    own[i - 1],
                    points[i],
                    way,
                    big * st.u(0.7, 1.3),
                    green * st.u(0.7, 1.3),
                    slim=st.u(0.4, 0.65) if kind != "grape" else 0.9,
                )
            if kind == "berry" or st.chance(0.25):
                way = rng.normal(0, 1, 3)
                twig, parts = bough(
                    st, own[i - 1], points[i], way, wide * st.u(0.1, 0.25), wide * 0.005, bark, drag=0.05, n=3
                )
                hooks.append((twig[-1], parts[-1]))
                for k in range(3):
                    leaf(
                        st,
                        parts[k],
                        twig[k + 1],
                        rng.normal(0, 1, 3),
                        big * st.u(0.6, 1.1),
                        green * st.u(0.7, 1.3),
                        slim=0.5,
                    )
    many = {"apple": (1, 4), "cherry": (2, 7), "grape": (1, 3), "berry": (4, 16)}[kind]
    for i in rng.permutation(len(hooks))[: int(rng.integers(*many))]:
        at, own = hooks[i]
        at = at - np.array([0, 0.01 * wide, 0])
        if kind == "apple":
            fruits.apple(st, at, radius * st.u(0.85, 1.1), own, tone, blush)
        elif kind == "cherry":
            fruits.cherries(st, at, radius, own, tone)
        elif kind == "grape":
            fruits.grapes(st, at, radius, own, tone)
        else:
            part, top = hangings.pendulum(
                st, at, radius * st.u(0.3, 1.2), radius * 2, parent=own, drag=st.u(0.04, 0.12), thread=radius * 0.08
            )
            body = ball(radius, st.u(0.85, 1.1), 14, 10).tinted(tone * st.spread(1.0, 1.2))
            put(st, "fruit", body.of(part).moved(top - (0, 0, radius * 0.9)))
