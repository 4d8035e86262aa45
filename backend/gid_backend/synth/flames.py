# SPDX-License-Identifier: GPL-3.0-or-later
"""Candles in the dark: the flame bends and flickers, the candle stands."""

from __future__ import annotations

import numpy as np

from .shapes import arc, hsv
from .stage import Stage

__all__ = ["candles"]


def candles(st: Stage) -> None:
    """A few candles, far ones first; their light falls on what is around and does not move."""
    rng = st.rng
    n = int(rng.integers(1, 9))
    low, high = (0.55, 0.95) if n > 1 else (0.7, 0.95)
    for foot in np.sort(rng.uniform(low, high, n)) * st.aspect:
        scale = (0.5 + 0.8 * foot / st.aspect) * st.u(0.85, 1.15) * (1.0 if n < 4 else 0.75)
        wide, tall = st.u(0.04, 0.09) * scale, st.u(0.06, 0.3) * scale
        x = st.u(0.08, 0.92)
        wax = hsv(st.u(0.02, 0.13), st.u(0.1, 0.8), st.u(0.35, 0.8))
        y, dy = foot - tall, wide * 0.28
        side = np.array([[x - wide, y], [x + wide, y], [x + wide, foot], [x - wide, foot]])
        st.canvas.ellipse((x, foot), (wide, dy), 0, wax * 0.25, 0)
        st.canvas.polygon(side, wax * 0.45, 0)
        for t in np.linspace(0, 1, 6):
            box = side.copy()
            box[2:, 1] = y + (foot - y) * (1 - t) * 0.8
            st.canvas.polygon(box, wax * (0.35 + 0.6 * t**1.5), 0)
        st.canvas.ellipse((x, y), (wide, dy), 0, wax * 1.15 + 20, 0)
        st.canvas.ellipse((x, y), (wide * 0.8, dy * 0.75), 0, wax * 0.85, 0)
        wick = np.array([x, y - 0.006])
        length = st.u(0.07, 0.16) * scale
        st.canvas.lines(np.array([[x, y + dy * 0.3]]), wick[None], np.array([[20, 12, 10]]), 0.005 * scale, [0])
        st.canvas.glow((x, y - length * 0.4), length * 2.6, np.array([150, 80, 25]) * st.u(0.4, 0.9) / n**0.7)
        _flame(st, wick, length)


def _flame(st: Stage, wick: np.ndarray, length: float) -> None:
    n = 5
    points = arc(wick, -np.pi / 2 + st.rng.normal(0, 0.05), length, st.rng.normal(0, 0.2), n)
    root = st.rig.add(
        0,
        wick,
        (0, -1),
        frequency=st.u(1.2, 2.4),
        drag=0.02,
        damping=0.35,
        flutter=st.u(0.06, 0.18),
        axis=np.pi / 2,
        local=0.5,
    )
    chain = st.rig.chain(root, points, frequency=st.u(1.5, 2.6), drag=st.u(0.15, 0.4), damping=0.3, local=0.4)
    wide = np.array([0.07, 0.2, 0.23, 0.17, 0.085, 0.01]) * length
    halo = (1.25, np.array([255, 120, 20]))
    for scale, tone in (
        halo,
        (1.0, np.array([255, 185, 70])),
        (0.72, np.array([255, 235, 160])),
        (0.42, np.array([255, 252, 225])),
    ):
        st.canvas.tube(
            points * 1.0,
            wide * scale * (2.0 if scale > 1 else 1.8),
            tone * (0.75 if scale > 1 else 1.0),
            chain if scale > 1 else None,
            st.sun,
            0.0,
        )
    st.canvas.ellipse(
        points[0] + np.array([0, -0.04 * length]), (0.05 * length, 0.08 * length), 0, np.array([70, 90, 190]), None
    )
