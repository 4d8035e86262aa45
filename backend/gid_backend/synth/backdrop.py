# SPDX-License-Identifier: GPL-3.0-or-later
"""What is behind: skies, walls, ground, woods out of focus. None of it moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .canvas import Canvas
from .shapes import hsv, jitter, noise, ramp
from .stage import Stage

__all__ = ["behind", "bokeh", "dark", "depth_of_field", "fabric", "ground", "paint", "panorama", "sky", "wall"]

Array = npt.NDArray[Any]

_SKIES = (
    ((0.58, 0.75, 0.7), (0.56, 0.2, 0.95)),
    ((0.6, 0.5, 0.8), (0.58, 0.1, 0.98)),
    ((0.6, 0.12, 0.75), (0.6, 0.04, 0.92)),
    ((0.62, 0.15, 0.45), (0.6, 0.08, 0.75)),
    ((0.62, 0.55, 0.45), (0.07, 0.65, 0.98)),
    ((0.75, 0.35, 0.5), (0.03, 0.5, 0.95)),
    ((0.55, 0.1, 0.95), (0.1, 0.06, 1.0)),
)

_SKY_SHARES = (0.22, 0.22, 0.2, 0.1, 0.1, 0.05, 0.11)


def paint(st: Stage, field: Array, below: float = 0.0) -> None:
    """Put an (h, w, 3) picture of any size over the whole canvas, or from y = `below` (fractions of the width) down."""
    if st.backed:
        return
    h, w = st.canvas.height, st.canvas.width
    top = max(0, min(h - 1, round(below * w)))
    st.canvas.image[top:] = np.clip(cv2.resize(np.asarray(field, np.float32), (w, h - top)), 0, 255).astype(np.uint8)
    st.canvas.index[top:] = 0


def _coarse(st: Stage) -> tuple[int, int]:
    """A grid of the picture's aspect for things without detail."""
    return max(8, round(128 * st.aspect)), 128


def sky(st: Stage, clouds: bool | None = None) -> None:
    """A gradient with or without clouds."""
    rng = st.rng
    high, low = _SKIES[rng.choice(len(_SKIES), p=_SKY_SHARES)]
    top, bottom = (hsv(c[0] + st.u(-0.02, 0.02), c[1] * st.u(0.7, 1.1), c[2] * st.u(0.85, 1.05)) for c in (high, low))
    h, w = _coarse(st)
    t = np.linspace(0, 1, h)[:, None] ** st.u(0.6, 1.4) + 0 * np.zeros((1, w))
    field = ramp(top, bottom, t)
    if clouds if clouds is not None else st.chance(0.55):
        n = noise(rng, h, w, st.u(14, 40), octaves=5, stretch=st.u(1, 3)) * 0.5 + noise(rng, h, w, 40, 2) * 0.4
        alpha = np.clip((n + st.u(-0.5, 0.6)) * st.u(0.5, 1.4), 0, 1)
        shadow = np.clip(np.roll(n, -4, 0) * 0.15, -0.12, 0.2)
        white = np.array([255, 252, 246]) * (st.u(0.75, 1.0) - shadow[..., None])
        field = field + alpha[..., None] * (white * (0.55 + 0.45 * bottom.mean() / 255) - field)
    paint(st, field)


def ground(st: Stage, horizon: float, kind: str | None = None) -> None:
    """Grass cut short, earth, sand, water or paving from y = `horizon` down, denser towards the horizon."""
    rng = st.rng
    kind = kind or str(rng.choice(["lawn", "earth", "sand", "stone", "snow"], p=[0.45, 0.25, 0.12, 0.12, 0.06]))
    tones = {
        "lawn": (0.22, 0.5, 0.4),
        "earth": (0.08, 0.4, 0.35),
        "sand": (0.1, 0.3, 0.72),
        "stone": (0.1, 0.08, 0.5),
        "snow": (0.6, 0.04, 0.92),
    }
    c = tones[kind]
    colour = hsv(c[0] + st.u(-0.03, 0.03), c[1] * st.u(0.7, 1.2), c[2] * st.u(0.7, 1.25))
    h, w = 200, 256
    # Texture on a plane seen at a slant: one lookup in a noise picture.
    n = noise(rng, 256, 256, 16, octaves=5, fall=0.75)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    z = 1.0 / (y / h + 0.12)
    u, v = (x - w / 2) * z * 0.35 + 1000, z * 60
    sample = cv2.remap(n, np.mod(u, 255), np.mod(v, 255), cv2.INTER_LINEAR)
    far = np.clip((0.25 - y / h) * 2, 0, 1)
    field = (
        colour
        * np.exp(
            (sample * st.u(0.08, 0.2) + rng.normal(0, 0.12, (h, w)) * (0.3 + y / h))[..., None]
            * (1 - 0.8 * far[..., None])
        )
        * (0.8 + 0.3 * (y / h)[..., None])
    )
    paint(st, field, horizon)


def wall(st: Stage) -> None:
    """Plaster, bricks, planks or tiles over everything."""
    if st.backed:
        return
    rng, w = st.rng, st.canvas.width
    h = st.canvas.height
    kind = rng.choice(["plaster", "brick", "planks", "stones", "concrete"], p=[0.3, 0.25, 0.2, 0.1, 0.15])
    hue, sat, val = st.u(0.02, 0.14), st.u(0.03, 0.45), st.u(0.3, 0.9)
    if kind in ("plaster", "concrete") and st.chance(0.3):
        hue = st.u(0, 1)
    base = hsv(hue, sat if kind != "concrete" else sat * 0.2, val)
    paint(st, np.broadcast_to(base, (2, 2, 3)))
    if kind == "brick":
        bh, bw = st.u(0.018, 0.05), 0.0
        bw = bh * st.u(2.2, 3.2)
        mortar = hsv(0.1, 0.08, st.u(0.45, 0.8))
        base = hsv(st.u(0.0, 0.06), st.u(0.3, 0.65), st.u(0.3, 0.65))
        paint(st, np.broadcast_to(mortar, (2, 2, 3)))
        rows, columns = int(st.aspect / bh) + 2, int(1 / bw) + 2
        r, c = (a.ravel() for a in np.mgrid[0:rows, 0:columns])
        x, y = (c - 0.5 * (r % 2)) * bw, r * bh
        g = bh * 0.07
        quads = np.stack(
            [
                np.stack([x + g, y + g], 1),
                np.stack([x + bw - g, y + g], 1),
                np.stack([x + bw - g, y + bh - g], 1),
                np.stack([x + g, y + bh - g], 1),
            ],
            1,
        )
        st.canvas.polygons(quads, jitter(rng, base, len(quads), 0.16, 0.05), 0)
    elif kind == "planks":
        n = int(rng.integers(5, 16))
        flat = st.chance(0.5)
        size = (st.aspect if flat else 1.0) / n
        base = hsv(st.u(0.05, 0.1), st.u(0.15, 0.6), st.u(0.25, 0.75))
        colours = jitter(rng, base, n, 0.14, 0.04)
        for i in range(n):
            a, b = i * size, (i + 1) * size
            p = np.array([[0, a], [1, a], [1, b], [0, b]] if flat else [[a, 0], [b, 0], [b, st.aspect], [a, st.aspect]])
            st.canvas.polygon(p, colours[i], 0)
            st.canvas.lines(p[None, 3] if flat else p[None, 1], p[None, 2], base[None] * 0.35, 0.003, 0)
        st.canvas.shade(np.exp(0.12 * noise(rng, h, w, 6 if flat else 60, 3, stretch=14 if flat else 1 / 14)))
    elif kind == "stones":
        n = 420
        paint(st, np.broadcast_to(base * 0.4, (2, 2, 3)))
        p = np.stack([rng.uniform(-0.02, 1.02, n), rng.uniform(-0.02, st.aspect + 0.02, n)], 1)
        turn = np.linspace(0, 2 * np.pi, 9)[:-1]
        r = np.exp(rng.normal(0, 0.12, (n, 8, 1))) * rng.uniform(0.025, 0.055, (n, 1, 1))
        rim = p[:, None] + np.stack([np.cos(turn), 0.7 * np.sin(turn)], 1) * r
        tones = jitter(rng, base, n, 0.16, 0.04)
        for i in range(n):
            st.canvas.polygon(p[i] + (rim[i] - p[i]) * 1.1, base * 0.35, 0)
            st.canvas.polygon(rim[i], tones[i] * 0.85, 0)
            st.canvas.polygon(p[i] + (rim[i] - p[i]) * 0.75 + st.sun * 0.004, tones[i] * 1.05, 0)
    st.texture(None, st.u(0.02, 0.12), st.u(0.04, 0.14))
    a = st.u(0, 6.28)
    y, x = np.mgrid[-1:1:16j, -1:1:16j]
    st.canvas.shade(1.0 + st.u(0, 0.3) * (np.cos(a) * x + np.sin(a) * y))


def bokeh(st: Stage, colour: Array | None = None) -> None:
    """Leaves, light and shade far out of focus."""
    if st.backed:
        return
    rng = st.rng
    h, w = _coarse(st)
    if colour is None:
        colour = (
            hsv(st.u(0.2, 0.36), st.u(0.3, 0.85), st.u(0.12, 0.6))
            if st.chance(0.75)
            else hsv(st.u(0, 1), st.u(0.1, 0.6), st.u(0.1, 0.8))
        )
    contrast = st.u(0.15, 0.6)
    n = noise(rng, h, w, st.u(12, 45), octaves=2)
    m = noise(rng, h, w, st.u(20, 60), octaves=1)
    field = colour * np.exp(contrast * n[..., None] + 0.2 * m[..., None] * rng.normal(0, 0.6, 3))
    field = field * ramp(np.full(3, st.u(0.7, 1.4)), np.full(3, st.u(0.6, 1.2)), np.linspace(0, 1, h))[:, None]
    paint(st, field)
    if st.chance(0.5):
        count = int(rng.integers(5, 60))
        r = st.u(0.008, 0.05)
        layer = st.canvas.image.copy()
        light = hsv(st.u(0.05, 0.3), st.u(0.1, 0.6), 1.0)
        for _ in range(count):
            p = (int(rng.integers(st.canvas.width)), int(rng.integers(st.canvas.height)))
            tone = np.clip(light * st.u(0.4, 1.0), 0, 255).tolist()
            cv2.circle(layer, p, max(2, int(r * st.u(0.6, 1.2) * st.canvas.width)), tone, -1, cv2.LINE_AA)
        st.canvas.image = cv2.addWeighted(st.canvas.image, 1 - (a := st.u(0.15, 0.5)), layer, a, 0)
        st.canvas.blur(r * 0.25)


def fabric(st: Stage) -> None:
    """A cloth or paper backdrop with soft folds that hang still."""
    h, w = _coarse(st)
    base = hsv(st.u(0, 1), st.u(0, 0.25), st.u(0.55, 0.95))
    n = noise(st.rng, h, w, st.u(10, 40), octaves=3, stretch=st.u(0.2, 1.5))
    paint(st, base * np.exp(0.1 * n[..., None]))


def dark(st: Stage) -> None:
    """Night, a dark room."""
    h, w = _coarse(st)
    base = hsv(st.u(0, 1), st.u(0, 0.6), st.u(0.005, 0.12))
    n = noise(st.rng, h, w, 40, octaves=2)
    paint(st, base * np.exp(0.4 * n[..., None]))


def panorama(st: Stage, sharp: bool = False) -> float | None:
    """A random view into one of the stage's panoramas, usually out of focus; its horizon's y, or None without any."""
    if not st.worlds or st.backed:
        return None
    p = st.worlds[st.rng.integers(len(st.worlds))]
    ph, pw = p.shape[:2]
    w = int(pw * st.u(0.14, 0.32))
    h = min(int(w * st.aspect), ph)
    y = int(np.clip(st.u(0.35, 0.6) * ph - h / 2, 0, ph - h))
    crop = np.roll(p, int(st.rng.integers(pw)), 1)[y : y + h, :w]
    if st.chance(0.5):
        crop = crop[:, ::-1]
    paint(st, crop.astype(np.float32) * st.u(0.6, 1.25))
    st.canvas.blur(st.u(0.0, 0.004) if sharp else st.u(0.002, 0.02))
    return float(0.5 * ph - y) / w


def depth_of_field(st: Stage, draw: Callable[[Stage], None]) -> None:
    """Another scene as the still backdrop of this one: farther off, softer, hazier, of the same kind of things.

    In photographs what is in focus is what is seen to move; the same leaves a hundred metres behind are not. A picture
    of one tree before a plain sky teaches "leaves move", which is the wrong lesson for a wood.
    """
    far = Stage(st.rng, Canvas(st.canvas.height, st.canvas.width), sun=st.sun, worlds=st.worlds)
    draw(far)
    scale = st.u(1.0, 2.2)
    h, w = st.canvas.height, st.canvas.width
    ch, cw = int(h / scale), int(w / scale)
    y, x = int(st.rng.integers(h - ch + 1)), int(st.rng.integers(w - cw + 1))
    crop = far.canvas.image[y : y + ch, x : x + cw].astype(np.float32)
    haze = crop.mean((0, 1)) * st.u(0.8, 1.1)
    clear = st.u(0.35, 0.9)
    paint(st, (haze + (crop - haze) * clear) * st.u(0.65, 1.05))
    st.canvas.blur(st.spread(0.006, 1.7))
    st.backed = True


def behind(st: Stage, *kinds: str) -> None:
    """One of the named backdrops, or now and then a panorama."""
    if st.backed:
        return
    if st.worlds and st.chance(0.25) and panorama(st) is not None:
        return
    kind = kinds[st.rng.integers(len(kinds))]
    {"sky": sky, "wall": wall, "bokeh": bokeh, "fabric": fabric, "dark": dark}[kind](st)
    if kind == "wall":
        st.canvas.blur(st.u(0, 0.008) if st.chance(0.6) else 0.0)
