# SPDX-License-Identifier: GPL-3.0-or-later
"""Ponds: pads that float, lotus leaves and flowers on stalks, reeds; the banks and the stones stand still."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from . import surroundings
from .craft import joint, put
from .forms import ball, box, colour, frame, join, lattice, petal, tube, turned
from .leaves import blades
from .petals import tint
from .rig import branch_frequency
from .stage import Stage, vary

__all__ = ["pond"]

Array = npt.NDArray[Any]


def _pad(st: Stage, part: int, at: Array, radius: float, tone: Array, *, cup: float, axis: Any, notch: bool) -> None:
    """A round leaf with veins from its middle, flat on the water or a bowl on a stalk."""
    gap = st.u(0.1, 0.35) if notch else 0.0
    a = np.linspace(gap, 2 * np.pi - gap, 29) + st.u(0, 6.28)
    r = np.array([0.02, 0.25, 0.5, 0.75, 0.93, 1.0])[:, None]
    wave = 0.06 * np.sin(a * st.rng.integers(2, 6) + st.u(0, 6)) * r**2 + 0.03 * np.sin(a * 9)[None] * r**3
    rise = cup * r**2 + wave * (1.0 if cup else 0.12)
    p = np.stack([r * np.cos(a), r * np.sin(a), rise + 0 * a], -1) * radius
    form = lattice(p)
    ray = (
        1
        + 0.14 * np.cos(np.broadcast_to(a[None], p.shape[:2]).reshape(-1, 1) * 14)
        + 0.12 * (1 - np.broadcast_to(r, p.shape[:2]).reshape(-1, 1))
    )
    form = form.tinted(tone * ray * st.u(0.8, 1.15))
    put(st, "leaf", form.of(part).moved(at, frame(axis, 0.0)))


def _bloom(st: Stage, part: int, at: Array, radius: float, tone: Array, axis: Any) -> None:
    """A water lily's or a lotus' flower."""
    turn = frame(axis, st.u(0, 6.28))
    rings = int(st.rng.integers(3, 5))
    for k in range(rings):
        t = k / (rings - 1)
        n = int(st.rng.integers(6, 9))
        for a in 2 * np.pi * (np.arange(n) + 0.5 * k + st.rng.normal(0, 0.1, n)) / n:
            form = petal(
                azimuth=float(a), elevation=0.25 + 0.85 * t + float(st.rng.normal(0, 0.06)), length=1.0 - 0.3 * t,
                width=0.4, curl=0.35, cup=0.55, blunt=0.15, rows=5, columns=3,
            )  # fmt: skip
            out = np.array([np.cos(a), np.sin(a), 0.5]) @ turn * radius
            own = joint(
                st,
                part,
                at,
                out,
                frequency=st.u(2, 4),
                drag=st.u(0.005, 0.03),
                damping=0.2,
                local=0.5,
                flutter=st.u(0, 0.05),
            )
            put(st, "petal", tint(st.rng, form, tone, base=tone * (1.0, 1.0, 0.75)).of(own).moved(at, turn, radius))
    put(
        st,
        "petal",
        ball(0.18, 0.8, 10, 6)
        .tinted(colour(0.13, 0.85, 0.9))
        .of(part)
        .moved(at + turn[2] * 0.12 * radius, turn, radius),
    )


def pond(st: Stage) -> None:
    """Water with what grows in it, from near or across the whole pond."""
    rng = st.rng
    near = st.chance(0.5)
    wide = st.u(0.6, 1.4) if near else st.u(2.0, 6.0)
    reach = wide * st.u(0.9, 1.6)
    eye = reach * (st.u(0.35, 0.9) if near else st.u(0.2, 0.5))
    st.look((0, 0, 0.05), reach, width=wide, eye=eye, blur=st.u(0.0, 0.05))
    put(
        st,
        "water",
        box((400, 400, 0.01), (0, 150, -0.006)).tinted(colour(st.u(0.15, 0.6), st.u(0.2, 0.6), st.u(0.05, 0.3))),
    )
    if not near:
        if st.chance(0.8):
            shore = reach * st.u(0.8, 2.0)
            surroundings.treeline(st, shore + 3, st.u(1.5, 6))
            bank = lattice(
                np.array(
                    [
                        [[-60, shore, -0.1], [60, shore, -0.1]],
                        [[-60, shore + 1, 0.3], [60, shore + 1, 0.3]],
                        [[-60, shore + 40, 0.5], [60, shore + 40, 0.5]],
                    ]
                )
            )
            put(st, "lawn", bank.tinted(colour(st.u(0.2, 0.3), 0.5, st.u(0.25, 0.5))))
        for _ in range(int(rng.integers(0, 4))):
            surroundings.rock(st, (st.u(-0.5, 0.5) * wide, st.u(-0.2, 0.8) * wide), wide * st.u(0.03, 0.09))
    green = colour(st.u(0.22, 0.36), st.u(0.3, 0.7), st.u(0.22, 0.5))
    radius = st.u(0.1, 0.2)
    n = int(rng.integers(8, 30)) if near else int(rng.integers(25, 110))
    stalked = st.u(0, 1) if st.chance(0.5) else 0.0
    spots: list[Array] = []
    for p in st.camera.ground(rng, n * 6, reach * 0.45, reach * (2.2 if near else 4.0), 1.2):
        if len(spots) < n and all(np.hypot(*(p - q)[:2]) > radius * 1.5 for q in spots):
            spots.append(p)
    tone = colour(*((0.12, 0.03, 0.95), (0.93, 0.35, 0.92), (0.88, 0.55, 0.85), (0.14, 0.4, 0.95))[rng.integers(4)])
    for p in spots:
        size = radius * st.spread(1.0, 1.25)
        if st.chance(stalked):
            tall = st.u(0.1, 0.45)
            part = _stalk(st, p, p + np.array([st.u(-0.1, 0.1), st.u(-0.1, 0.1), tall]), green * 0.8)
            top = p + np.array([0, 0, tall])
            axis = np.array([st.rng.normal(0, 0.35), -abs(st.rng.normal(0, 0.4)), 1.0])
            _pad(st, part, top, size * 1.25, green, cup=st.u(0.1, 0.4), axis=axis, notch=False)
            continue
        # Ripples rock and shift it; neighbours with them.
        part = joint(
            st, 0, p, (size, 0, 0), frequency=st.u(0.4, 0.9), drag=st.u(0.0, 0.01),
            sway=(st.u(0.01, 0.04) * size * 2, 0, st.u(0.01, 0.05) * size * 2), damping=0.3, flutter=st.u(0.01, 0.05),
            across=(0, 0, 1.0), local=0.2,
        )  # fmt: skip
        _pad(st, part, p + np.array([0, 0, 0.004]), size, green * st.u(0.7, 1.2), cup=0.0, axis=(0, 0, 1.0), notch=True)
    for p in spots[:: max(1, len(spots) // int(rng.integers(2, 9)))]:
        tall = st.u(0.02, 0.06) if not stalked else st.u(0.15, 0.55)
        q = p + np.array([st.u(-1, 1), st.u(-1, 1), 0]) * radius
        top = q + np.array([st.u(-0.1, 0.1) * tall, 0, tall])
        part = _stalk(st, q, top, green * 0.8)
        axis = np.array([st.rng.normal(0, 0.3), -abs(st.rng.normal(0.2, 0.3)), 1.0])
        if stalked and st.chance(0.2):  # the seed head of a lotus
            pod = turned([[0.1, -0.5], [0.35, -0.1], [0.5, 0.1], [0.45, 0.16], [0.01, 0.17]], 14)
            put(st, "leaf", pod.tinted(colour(0.14, 0.5, 0.5)).of(part).moved(top, frame(axis), radius * 0.5))
        else:
            _bloom(st, part, top, radius * st.u(0.5, 0.8), tone * st.u(0.9, 1.05), axis)
    if st.chance(0.6):
        _reeds(st, wide, reach, green)


def _stalk(st: Stage, foot: Array, top: Array, tone: Array) -> int:
    """A stem out of the water; returns the part at its top."""
    line = np.stack([foot + (top - foot) * t for t in np.linspace(0, 1, 4)])
    long = float(np.linalg.norm(top - foot))
    part, own = 0, []
    for a, b in pairwise(line):
        part = joint(
            st,
            part,
            a,
            b - a,
            frequency=branch_frequency(long + 0.3, 0.7),
            drag=st.u(0.02, 0.05),
            damping=0.12,
            local=0.2,
        )
        own.append(part)
    put(st, "leaf", tube(line, 0.006, 6, own).tinted(tone))
    return joint(
        st, part, top, (0.1, 0, 0), frequency=st.u(0.9, 1.6), drag=0.0, sway=(0, 0, st.u(0.002, 0.008)), damping=0.15
    )


def _reeds(st: Stage, wide: float, reach: float, green: Array) -> None:
    """Reeds in clumps, some with brown heads."""
    rng = st.rng
    clumps = st.camera.ground(rng, int(rng.integers(1, 5)), reach * 0.7, reach * 2.2)
    n = int(rng.integers(40, 140))
    feet = clumps[rng.integers(0, len(clumps), n)] + rng.normal(0, 0.08, (n, 3)) * wide * (1, 1, 0)
    height = st.u(0.25, 0.5) * wide * rng.uniform(0.5, 1.1, n)
    tones = vary(rng, green * 1.1, n)
    tips, parts, way = blades(
        st, feet, height, np.full(n, 0.008 * max(wide, 0.6)), tones, segments=3, lean=0.14, bend=0.25
    )
    if st.chance(0.6):
        heads = []
        for i in rng.choice(n, n // 6, replace=False):
            unit = way[i] / max(float(np.linalg.norm(way[i])), 1e-9)
            line = tips[i] + unit * np.linspace(-0.1, 0.05, 5)[:, None] * wide
            heads.append(tube(line, np.array([0.3, 1, 1, 0.9, 0.2]) * 0.008 * wide, 7, int(parts[i])))
        put(st, "bark", join(heads).tinted(colour(0.07, 0.6, 0.35)))
