# SPDX-License-Identifier: GPL-3.0-or-later
"""Candles and oil lamps: the flame bends and flickers, wax, glass and holder stand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from .craft import joint, put
from .forms import ball, box, colour, join, tube, turned

__all__ = ["bokeh", "candle", "flame", "tray"]

Array = npt.NDArray[Any]


def flame(st: Any, wick: Any, length: float, power: float = 1.0) -> Array:
    """A flame above `wick`, white within, blue at its foot, reddish at its tip; returns where its light comes from."""
    wick = np.asarray(wick, float)
    n = 6
    lean = np.array([st.u(-0.16, 0.16), st.u(-0.1, 0.1), 1.0])
    t = np.linspace(0, 1, n + 1)[:, None]
    points = wick + t * lean * length + t**2 * np.array([st.u(-0.1, 0.1), 0, 0]) * length
    root = joint(
        st, 0, wick, (0, 0, length), frequency=st.u(1.2, 2.4), drag=0.02, damping=0.35, flutter=st.u(0.06, 0.18),
        across=(0.0, 0.0, 1.0), local=0.5,
    )  # fmt: skip
    chain = []
    above = root
    bend = st.u(0.15, 0.4)
    for a, b in pairwise(points):
        above = joint(st, above, a, b - a, frequency=st.u(1.5, 2.6), drag=bend / n, damping=0.3, local=0.4)
        chain.append(above)
    v = np.linspace(0, 1, 4 * n + 1)
    wide = (0.17 * np.sin(np.pi * np.clip(v, 0, 1) ** 0.62) ** 0.9 + 0.012) * length
    line = np.stack([np.interp(v, t[:, 0], points[:, i]) for i in range(3)], 1)
    body = tube(line, wide, 14, np.repeat(chain, 4))
    h = body.uv[:, 1:]
    tone = np.array([1.0, 0.62, 0.2]) * (1 - h) + np.array([1.0, 0.4, 0.07]) * h
    tone = np.where(h < 0.16, np.array([0.25, 0.3, 0.75]) * (0.25 + 3 * h), tone)
    put(st, "flame", body.tinted(tone * power))
    put(
        st,
        "paint",
        tube(np.stack([wick - (0, 0, 0.14 * length), wick + (0, 0, 0.1 * length)]), 0.025 * length, 5)
        .tinted(0.01)
        .of(0),
    )
    return np.asarray(wick + (0, 0, 0.55 * length))


def candle(st: Any, foot: Any, wide: float, tall: float, kind: str, tone: Array, power: float = 1.0) -> Array:
    """A pillar, a taper in its stick, a tea light, a jar or a heart on `foot`; returns where its light comes from."""
    foot = np.asarray(foot, float)
    top = foot + (0, 0, tall)
    r = wide / 2
    burnt = st.u(0.05, 0.25) * r
    if kind == "tealight":
        cup = turned([[0.98, 0], [1.0, 0.02], [1.0, 0.5], [1.04, 0.54], [0.98, 0.52], [0.98, 0.36]], 28)
        put(st, "metal", cup.tinted(colour(0.1, 0.1, 0.75)).moved(foot, None, r))
        wax = turned([[0.97, 0.4], [0.8, 0.42], [0.3, 0.41], [0.01, 0.4]], 24)
        put(st, "wax", wax.tinted(tone).moved(foot, None, r))
        top = foot + (0, 0, 0.42 * r)
    elif kind == "jar":
        glass = turned(
            [[0.8, 0.0], [1.0, 0.1], [1.0, tall / r * 0.98], [0.93, tall / r * 0.98], [0.93, 0.15], [0.01, 0.14]], 28
        )
        put(st, "glass", glass.tinted(colour(st.u(0, 1), st.u(0, 0.5), 0.95)).moved(foot, None, r))
        fill = st.u(0.35, 0.7) * tall / r
        wax = turned([[0.9, 0.2], [0.9, fill], [0.5, fill - 0.05], [0.01, fill - 0.06]], 24)
        put(st, "wax", wax.tinted(tone).moved(foot, None, r))
        top = foot + (0, 0, (fill - 0.06) * r)
    elif kind == "taper":
        stick = turned(
            [[0.01, 0], [2.2, 0], [2.3, 0.15], [0.6, 0.4], [0.5, 1.5], [1.2, 1.7], [1.25, 2.1], [0.5, 2.1]], 24
        )
        put(st, "metal", stick.tinted(colour(st.u(0.08, 0.13), st.u(0, 0.7), st.u(0.3, 0.9))).moved(foot, None, r))
        wax = turned(
            [[1.0, 1.9], [0.85, tall / r - 0.5], [0.8, tall / r - 0.1], [0.3, tall / r], [0.01, tall / r - 0.1]], 18
        )
        put(st, "wax", wax.tinted(tone).moved(foot, None, r))
    else:
        h = tall / r
        z = np.linspace(0, h, 9)
        rough = 1 + 0.02 * st.rng.standard_normal(9)
        side = np.stack([rough, z], 1)
        rim = np.array(
            [
                [0.97, h + 0.08],
                [0.9, h + 0.05],
                [0.8, h - burnt / r],
                [0.3, h - 1.3 * burnt / r],
                [0.01, h - 1.2 * burnt / r],
            ]
        )
        body = turned(np.concatenate([side, rim]), 28)
        if kind == "heart":
            x, y = body.vertices[:, 0].copy(), body.vertices[:, 1].copy()
            body.vertices[:, 2] += 0.25 * np.abs(x) * (body.vertices[:, 2] > h * 0.5)
            body.vertices[:, 1] = y * 0.6
        # Light shines through the upper part of the wax.
        glow = (1 + 0.5 * np.clip(body.uv[:, 1:] * 2 - 1, 0, 1)) * np.array([1.0, 0.92, 0.8])
        put(st, "wax", body.tinted(tone * glow).moved(foot, None, r))
        drips = []
        for a in st.rng.uniform(0, 6.28, int(st.rng.integers(0, 6))):
            out = np.array([np.cos(a), np.sin(a), 0]) * 1.0
            long = st.u(0.2, 0.8) * h
            drips.append(
                tube(
                    np.stack([out + (0, 0, h), out * 1.02 + (0, 0, h - long * 0.5), out * 1.01 + (0, 0, h - long)]),
                    [0.08, 0.07, 0.12],
                    7,
                )
            )
        if drips:
            put(st, "wax", join(drips).tinted(tone).moved(foot, None, r))
        top = foot + (0, 0, tall - burnt)
    length = float(np.clip(wide * st.u(0.5, 1.0), 0.022, 0.06)) if kind != "taper" else st.u(0.03, 0.05)
    return flame(st, top + (0, 0, 0.15 * length), length, power)


def tray(st: Any, centre: Any, wide: float) -> None:
    """A plate or a board below the candles."""
    if st.chance(0.5):
        dish = turned([[0.01, 0], [0.8, 0], [1.0, 0.08], [0.97, 0.1], [0.78, 0.03], [0.01, 0.03]], 32)
        put(st, "metal", dish.tinted(colour(0.1, st.u(0, 0.5), st.u(0.3, 0.9))).moved(centre, None, wide))
    else:
        put(st, "wood", box((2 * wide, wide, 0.02)).tinted(colour(0.07, 0.5, st.u(0.2, 0.6))).moved(centre))


def bokeh(st: Any, depth: float, wide: float, n: int) -> None:
    """Small lights far behind, out of focus."""
    lights = [
        ball(st.u(0.004, 0.012), 1, 8, 6)
        .tinted(colour(st.u(0.05, 0.15), st.u(0.2, 0.8), 1.0))
        .moved((st.u(-1, 1) * wide, depth * st.u(0.8, 1.3), st.u(-0.2, 1.0) * wide))
        for _ in range(n)
    ]
    put(st, "glow", join(lights))
