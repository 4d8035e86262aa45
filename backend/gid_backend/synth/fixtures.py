# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that stand still, behind, between and in front: houses, fences, pots, rocks, people, lettering."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .hanging import lettering
from .shapes import hsv, jitter
from .stage import Stage

__all__ = ["fence", "house", "hills", "obstacle", "person", "pot", "rock", "street", "table", "treeline"]

Array = npt.NDArray[Any]


def _box(x: float, y: float, w: float, h: float) -> Array:
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])


def house(st: Stage, x: float, foot: float, w: float, h: float) -> None:
    """A front with windows and a roof."""
    rng = st.rng
    base = hsv(st.u(0, 0.15), st.u(0.02, 0.5), st.u(0.35, 0.9))
    before = st.canvas.image.copy()
    st.canvas.polygon(_box(x, foot - h, w, h), base, 0)
    if st.chance(0.6):
        st.canvas.polygon(
            np.array([[x - 0.02, foot - h], [x + w + 0.02, foot - h], [x + w * 0.5, foot - h - w * st.u(0.15, 0.5)]]),
            hsv(st.u(0, 0.1), 0.5, st.u(0.2, 0.5)),
            0,
        )
    side = st.u(0.0, 0.3)
    st.canvas.polygon(_box(x + w * (1 - side), foot - h, w * side, h), base * 0.7, 0)
    nx, ny = max(1, int(w / st.u(0.05, 0.12))), max(1, int(h / st.u(0.06, 0.14)))
    glass = hsv(0.58, 0.25, st.u(0.1, 0.7))
    for i in range(nx):
        for j in range(ny):
            wx, wy = x + w * (i + 0.25) / nx, foot - h + h * (j + 0.2) / ny
            st.canvas.polygon(_box(wx - 0.003, wy - 0.003, w / nx * 0.5 + 0.006, h / ny * 0.55 + 0.006), base * 1.15, 0)
            st.canvas.polygon(_box(wx, wy, w / nx * 0.5, h / ny * 0.55), glass * st.u(0.6, 1.3), 0)
    if st.chance(0.3):
        sign = _box(x + w * 0.2, foot - h * st.u(0.3, 0.6), w * 0.6, h * 0.12)
        st.canvas.polygon(sign, hsv(rng.random(), 0.7, 0.7), 0)
        lettering(st, sign.mean(0), h * 0.1, np.array([240, 240, 230]))
    st.mottle(before, 0.02, 0.06)


def street(st: Stage, horizon: float) -> None:
    """Houses side by side, cars as boxes, people, posts."""
    x = -0.1
    while x < 1.05:
        w = st.u(0.12, 0.4)
        house(st, x, horizon + st.u(0.0, 0.05), w, st.u(0.15, 0.9) * horizon)
        x += w + st.u(-0.02, 0.06)
    for _ in range(int(st.rng.integers(0, 5))):
        x, y, s = st.u(0, 1), st.u(horizon + 0.02, st.aspect), st.u(0.08, 0.25)
        c = hsv(st.u(0, 1), st.u(0, 0.8), st.u(0.15, 0.9))
        st.canvas.ellipse((x + s / 2, y), (s * 0.6, s * 0.06), 0, np.array([20, 20, 22]), 0)
        st.canvas.polygon(_box(x, y - s * 0.3, s, s * 0.26), c, 0)
        st.canvas.polygon(
            np.array(
                [
                    [x + s * 0.15, y - s * 0.3],
                    [x + s * 0.3, y - s * 0.5],
                    [x + s * 0.75, y - s * 0.5],
                    [x + s * 0.9, y - s * 0.3],
                ]
            ),
            c * 0.5 + 30,
            0,
        )
        for d in (0.2, 0.8):
            st.canvas.ellipse((x + s * d, y - s * 0.04), (s * 0.09, s * 0.09), 0, np.array([15, 15, 15]), 0)
    for _ in range(int(st.rng.integers(0, 6))):
        person(st, st.u(0, 1), st.u(horizon + 0.02, st.aspect), st.u(0.08, 0.2))


def person(st: Stage, x: float, foot: float, h: float) -> None:
    """Somebody who stands."""
    skin, shirt, legs = (
        hsv(0.06, st.u(0.3, 0.6), st.u(0.3, 0.9)),
        hsv(st.u(0, 1), st.u(0, 0.8), st.u(0.2, 0.9)),
        hsv(st.u(0, 1), st.u(0, 0.5), st.u(0.1, 0.5)),
    )
    st.canvas.polygon(_box(x - 0.1 * h, foot - 0.5 * h, 0.09 * h, 0.5 * h), legs, 0)
    st.canvas.polygon(_box(x + 0.01 * h, foot - 0.5 * h, 0.09 * h, 0.5 * h), legs * 0.8, 0)
    st.canvas.ellipse((x, foot - 0.65 * h), (0.15 * h, 0.21 * h), 0, shirt, 0)
    st.canvas.ellipse((x, foot - 0.92 * h), (0.065 * h, 0.085 * h), 0, skin, 0)
    st.canvas.ellipse((x, foot - 0.96 * h), (0.067 * h, 0.06 * h), 0, hsv(0.07, 0.4, st.u(0.05, 0.5)), 0)


def fence(st: Stage, foot: float, h: float) -> None:
    """Pickets, rails or a low wall across the picture."""
    c = hsv(st.u(0.05, 0.12), st.u(0.05, 0.5), st.u(0.3, 0.95))
    kind = st.rng.integers(3)
    if kind == 2:
        before = st.canvas.image.copy()
        st.canvas.polygon(_box(-0.02, foot - h, 1.04, h), c * 0.8, 0)
        st.canvas.polygon(_box(-0.02, foot - h, 1.04, h * 0.12), c, 0)
        st.mottle(before, 0.03, 0.15)
        return
    step = st.u(0.03, 0.12)
    for y in (0.3, 0.75):
        st.canvas.polygon(_box(-0.02, foot - h * y, 1.04, h * 0.09), c * 0.75, 0)
    for x in np.arange(-0.02, 1.02, step):
        w = step * (0.6 if kind == 0 else 0.2)
        top = foot - h
        p = np.array([[x, top], [x + w / 2, top - w * 0.6], [x + w, top], [x + w, foot], [x, foot]])
        st.canvas.polygon(p, c * st.u(0.8, 1.05), 0)


def pot(st: Stage, x: float, foot: float, w: float, h: float) -> Array:
    """A pot or vase; returns the middle of its mouth."""
    c = (
        hsv(st.u(0, 0.12), st.u(0.1, 0.75), st.u(0.3, 0.8))
        if st.chance(0.7)
        else hsv(st.u(0, 1), st.u(0, 0.5), st.u(0.2, 0.9))
    )
    st.canvas.ellipse((x, foot), (w * 0.75, w * 0.16), 0, np.array([22, 20, 18]), 0)
    belly = st.u(-0.15, 0.3)
    t = np.linspace(0, 1, 14)
    half = w / 2 * (1.0 - 0.28 * t + belly * np.sin(np.pi * t))
    for i, (shift, tone) in enumerate(((0.0, 0.6), (0.12, 0.85), (0.3, 1.08), (0.5, 1.2))):
        k = 1 - 0.24 * i
        side = shift * 0.5 * w * np.sign(st.sun[0] + 1e-6) * 0.6
        p = np.concatenate(
            [
                np.stack([x + side - half * k, foot - h + t * h], 1),
                np.stack([x + side + half * k, foot - h + t * h], 1)[::-1],
            ]
        )
        st.canvas.polygon(p, c * tone, 0)
    st.canvas.ellipse((x, foot - h), (w / 2, w * 0.1), 0, c * 0.9, 0)
    st.canvas.ellipse((x, foot - h), (w * 0.43, w * 0.075), 0, np.array([30, 24, 18]), 0)
    return np.array([x, foot - h])


def rock(st: Stage, x: float, foot: float, size: float) -> None:
    """A boulder of a few facets."""
    c = hsv(st.u(0.05, 0.15), st.u(0.02, 0.25), st.u(0.3, 0.7))
    a = np.linspace(0, 2 * np.pi, 14)[:-1]
    r = np.exp(st.rng.normal(0, 0.14, 13))
    rim = np.stack([x + np.cos(a) * r * size, foot - size * 0.45 + np.sin(a) * r * size * 0.65], 1)
    before = st.canvas.image.copy()
    st.canvas.ellipse((x, foot), (size * 1.2, size * 0.2), 0, np.array([25, 25, 22]), 0)
    st.canvas.polygon(rim, c * 0.6, 0)
    m = rim.mean(0) + st.rng.normal(0, size * 0.15, 2)
    for i in range(13):
        n = (rim[i] - m) / size
        st.canvas.polygon(
            np.stack([m, rim[i], rim[(i + 1) % 13]]), c * (0.8 + 0.45 * float(n @ st.sun)) * st.u(0.85, 1.15), 0
        )
    st.mottle(before, 0.012, 0.16)


def table(st: Stage, y: float) -> None:
    """A table top or sill along the lower edge."""
    c = hsv(st.u(0.04, 0.12), st.u(0.05, 0.65), st.u(0.15, 0.8))
    before = st.canvas.image.copy()
    st.canvas.polygon(_box(-0.02, y, 1.04, st.aspect - y + 0.05), c, 0)
    st.canvas.polygon(_box(-0.02, y, 1.04, 0.012), c * 1.25, 0)
    changed = before
    st.mottle(changed, 0.03, 0.08)


def hills(st: Stage, horizon: float) -> None:
    """Far hills, each nearer one darker."""
    c = hsv(st.u(0.25, 0.62), st.u(0.1, 0.4), st.u(0.35, 0.7))
    x = np.linspace(-0.02, 1.02, 40)
    for i in range(int(st.rng.integers(1, 4))):
        y = horizon - st.u(0.01, 0.09) * (3 - i) / 2 * (
            1 + 0.6 * np.sin(x * st.u(2, 9) + st.u(0, 6)) + 0.2 * np.sin(x * 23 + st.u(0, 6))
        )
        st.canvas.polygon(
            np.concatenate([np.stack([x, y], 1), [[1.02, horizon + 0.02], [-0.02, horizon + 0.02]]]),
            c * (1.1 - 0.2 * i),
            0,
        )


def treeline(st: Stage, horizon: float, high: float) -> None:
    """A wood so far away that nothing in it is seen to move."""
    c = hsv(st.u(0.18, 0.4), st.u(0.15, 0.5), st.u(0.15, 0.45))
    n = 160
    x = st.rng.uniform(-0.02, 1.02, n)
    y = horizon - st.rng.uniform(0.0, high, n) * (0.6 + 0.4 * np.sin(x * st.u(3, 12)))
    tones = jitter(st.rng, c, n, 0.16, 0.04)
    st.canvas.polygon(_box(-0.02, horizon - high * 0.35, 1.04, high * 0.4), c * 0.7, 0)
    for i in np.argsort(y):
        r = high * st.u(0.1, 0.3)
        st.canvas.ellipse((x[i], y[i]), (r, r * st.u(0.8, 1.3)), 0, tones[i] * 0.8, 0)
        st.canvas.ellipse(
            (x[i] + st.sun[0] * r * 0.25, y[i] + st.sun[1] * r * 0.25), (r * 0.65, r * 0.65), 0, tones[i], None
        )


def obstacle(st: Stage) -> None:
    """Something still in front of the rest: a post, a wall's edge, a window frame, a sign."""
    kind = st.rng.integers(4)
    c = hsv(st.u(0, 1), st.u(0, 0.35), st.u(0.1, 0.75))
    if kind == 0:
        x, w = st.u(0.05, 0.95), st.u(0.015, 0.08)
        st.canvas.tube(np.array([[x, -0.05], [x + st.u(-0.02, 0.02), st.aspect + 0.05]]), np.full(2, w), c, 0, st.sun)
    elif kind == 1:
        w = st.u(0.08, 0.25)
        before = st.canvas.image.copy()
        st.canvas.polygon(_box(-0.02 if st.chance(0.5) else 1.02 - w, -0.02, w, st.aspect + 0.04), c, 0)
        st.mottle(before, 0.03, 0.1)
    elif kind == 2:
        for x in (-0.02, st.u(0.3, 0.7), 0.97):
            st.canvas.tube(
                np.array([[x + 0.025, -0.05], [x + 0.025, st.aspect + 0.05]]), np.full(2, 0.05), c, 0, st.sun
            )
        st.canvas.tube(
            np.array([[-0.05, (y := st.u(0.2, 0.8) * st.aspect)], [1.05, y]]), np.full(2, 0.03), c, 0, st.sun
        )
    else:
        x, y, w, h = st.u(0, 0.8), st.u(0.1, 0.6) * st.aspect, st.u(0.15, 0.35), st.u(0.08, 0.16)
        st.canvas.tube(np.array([[x + w / 2, y], [x + w / 2, st.aspect + 0.1]]), np.full(2, 0.015), c * 0.7, 0, st.sun)
        st.canvas.polygon(_box(x, y, w, h), c, 0)
        lettering(st, np.array([x + w / 2, y + h / 2]), h * 0.7, 255 - c)
