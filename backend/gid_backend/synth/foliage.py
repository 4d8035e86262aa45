# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaves seen near, and plants that hang or climb: veined leaves, ivy, willow, water lilies."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .shapes import arc, hsv, jitter, noise, placed, ramp
from .stage import Stage

__all__ = ["big_leaf", "close_leaves", "fern", "hanging_vines", "ivy_wall", "lily_pond", "palm"]

Array = npt.NDArray[Any]


def big_leaf(
    st: Stage,
    parent: int,
    base: Array,
    angle: float,
    length: float,
    *,
    shape: str = "oval",
    colour: Array,
    wide: float | None = None,
    own: bool = True,
) -> int:
    """One leaf with two halves, a midrib, veins and a shadow; returns its part."""
    rng = st.rng
    base = np.asarray(base, float)
    wide = wide or {"lens": 0.2, "oval": 0.32, "heart": 0.45, "lobed": 0.4, "palm": 0.55, "strap": 0.12}.get(
        shape, 0.3
    ) * st.u(0.75, 1.2)
    bend = st.u(-0.18, 0.18)
    part = parent
    if own:
        part = st.rig.add(
            parent,
            base,
            (np.cos(angle), np.sin(angle)),
            frequency=float(np.clip(0.45 / length**0.5, 0.9, 4.0)) * st.spread(1, 1.15),
            drag=st.u(0.04, 0.16),
            damping=st.u(0.08, 0.2),
            local=0.35,
            flutter=st.u(0.0, 0.2),
            axis=angle + np.pi / 2,
        )
    at, an = base[None], np.array([angle])
    outline = placed(shape, at, an, length, length * wide, bend)[0]
    convex = shape not in ("lobed", "palm", "heart")
    st.canvas.polygon(
        outline + np.array([-st.sun[0], -st.sun[1] + 0.6]) * length * 0.05, np.array(colour) * 0.25, None, convex
    )
    st.canvas.polygon(outline, colour * 0.82, part, convex)
    # The half that faces the sun, between the midrib and one edge.
    rib_t = np.linspace(0, 1, 9)
    c, s = np.cos(angle), np.sin(angle)
    rib = np.stack(
        [
            base[0] + length * rib_t * c - bend * length * rib_t**2 * s,
            base[1] + length * rib_t * s + bend * length * rib_t**2 * c,
        ],
        1,
    )
    n = len(outline)
    side = (
        outline[: n // 2 + 1]
        if (np.array([-s, c]) @ st.sun) > 0
        else np.concatenate([outline[n // 2 :], outline[:1]])[::-1]
    )
    st.canvas.polygon(np.concatenate([side, rib[::-1]]), colour * 1.08, None)
    if length > 0.05:
        vein = np.clip(colour * 1.25 + 12, 0, 255)
        st.canvas.lines(rib[:-1], rib[1:], vein, max(length * 0.014, 0.0018), None)
        if length > 0.09:
            k = int(min(5 + length * 12, 10))
            t = np.linspace(0.12, 0.8, k)
            root = np.stack([np.interp(t, rib_t, rib[:, 0]), np.interp(t, rib_t, rib[:, 1])], 1)
            reach = length * wide * np.sin(np.pi * t**0.75) * 0.78
            for d in (-1, 1):
                v = angle + d * 0.85
                st.canvas.lines(
                    root, root + np.array([np.cos(v), np.sin(v)]) * reach[:, None], vein * 0.93, 0.0014, None
                )
        if st.chance(0.5):
            m = placed(
                "lens",
                rib[2:3] + np.array([-s, c]) * length * wide * 0.35 * rng.choice([-1, 1]),
                an,
                length * 0.5,
                length * wide * 0.14,
            )
            st.canvas.polygons(m, np.clip(colour * 1.25 + 22, 0, 255)[None], None)
    return part


def close_leaves(st: Stage) -> None:
    """A sprig with large leaves, near, over leaves out of focus."""
    rng = st.rng
    green = (
        hsv(st.u(0.18, 0.33), st.u(0.3, 0.7), st.u(0.25, 0.6))
        if st.chance(0.85)
        else hsv(st.u(0, 0.14), 0.75, st.u(0.4, 0.8))
    )
    shape = str(rng.choice(["oval", "heart", "lens", "lobed", "palm", "strap"]))
    for rank in range(3):
        near = rank == 2
        st.rig.depth = 0.5 * (2 - rank)
        for _ in range(int(rng.integers(1, 4)) + (2 - rank)):
            edge = rng.integers(4)
            w, h = 1.0, st.aspect
            start = np.array(
                [(st.u(0, w), h + 0.03), (-0.03, st.u(0, h)), (1.03, st.u(0, h)), (st.u(0, w), -0.03)][edge]
            )
            heading = np.arctan2(h / 2 - start[1], w / 2 - start[0]) + rng.normal(0, 0.35)
            stem = arc(start, heading, st.u(0.4, 0.85), rng.normal(0, 0.6), 6)
            parts = st.rig.chain(0, stem, frequency=st.u(0.6, 1.3), drag=st.u(0.03, 0.09), damping=st.u(0.08, 0.2))
            st.canvas.tube(stem, np.linspace(0.014, 0.004, 7), green * 0.7 + 8, parts, st.sun)
            size = st.u(0.12, 0.36) * (1.0 if near else 0.8)
            for i in range(1, 7):
                for d in (-1, 1) if st.chance(0.6) else (1 if i % 2 else -1,):
                    a = np.arctan2(*(stem[i] - stem[i - 1])[::-1]) + d * st.u(0.4, 1.2)
                    big_leaf(
                        st,
                        parts[i - 1],
                        stem[i],
                        a,
                        size * st.u(0.6, 1.15),
                        shape=shape,
                        colour=green * st.u(0.7, 1.2) * (1 if near else 0.75),
                    )
        if not near:
            st.canvas.blur(st.u(0.002, 0.008))
    st.rig.depth = 0.0


def ivy_wall(st: Stage) -> None:
    """A wall covered with leaves that hang over one another; each shivers, none goes far."""
    rng = st.rng
    size = st.spread(0.05, 1.4)
    colour = (
        hsv(st.u(0.2, 0.4), st.u(0.15, 0.6), st.u(0.25, 0.6))
        if st.chance(0.8)
        else hsv(st.u(0, 0.06), 0.7, st.u(0.4, 0.6))
    )
    n = int(min(4.2 * st.aspect / size**1.8 / 1.6, 900))
    cover = noise(rng, 48, 64, 14, 3) + st.u(0.0, 3.0)
    y = np.sort(rng.uniform(-0.05, st.aspect + 0.02, n))
    x = rng.uniform(-0.03, 1.03, n)
    keep = cover[np.clip((y / st.aspect * 47).astype(int), 0, 47), np.clip((x * 63).astype(int), 0, 63)] > 0
    x, y = x[keep], y[keep]
    strands = [
        st.rig.add(0, (gx, gy), (0, 1), frequency=st.spread(0.9, 1.3), drag=st.u(0.0, 0.05), damping=0.2)
        for gx in np.linspace(0, 1, 9)
        for gy in np.linspace(0, st.aspect, 6)
    ]
    shape = str(rng.choice(["heart", "oval", "palm", "lobed"]))
    for a, b in zip(x, y, strict=True):
        strand = strands[min(int(max(a, 0) * 8.99), 8) * 6 + min(int(max(b, 0) / st.aspect * 5.99), 5)]
        big_leaf(
            st,
            strand,
            np.array([a, b]),
            np.pi / 2 + rng.normal(0, 0.35),
            size * st.u(0.7, 1.3),
            shape=shape,
            colour=colour * np.exp(rng.normal(0, 0.2)),
        )


def hanging_vines(st: Stage, top: float = -0.03) -> None:
    """Willow, wisteria, ivy strands: chains that hang from above with leaves along them."""
    rng = st.rng
    colour = (
        hsv(st.u(0.15, 0.33), st.u(0.25, 0.65), st.u(0.22, 0.58))
        if st.chance(0.8)
        else hsv(st.u(0.7, 0.82), st.u(0.25, 0.6), st.u(0.5, 0.85))
    )
    n = int(rng.integers(8, 34))
    leaf = st.spread(0.026, 1.4)
    shape = str(rng.choice(["lens", "oval", "heart", "strap"]))
    for x in rng.uniform(-0.02, 1.02, n):
        length = st.u(0.2, 0.95) * st.aspect
        points = arc((x, top), np.pi / 2 + rng.normal(0, 0.05), length, rng.normal(0, 0.2), 9)
        f = float(np.clip(0.55 / length**0.5, 0.5, 1.6))
        parts = st.rig.chain(
            0, points, frequency=f * st.spread(1, 1.1), drag=st.u(0.06, 0.16), damping=0.12, local=0.15
        )
        shade = np.exp(rng.normal(0, 0.25))
        st.canvas.tube(points, np.linspace(0.004, 0.0015, 10), colour * 0.4 * shade, parts, st.sun)
        m = int(length / leaf * 3.2)
        t = np.sort(rng.uniform(0.02, 1, m))
        seg = np.minimum((t * 9).astype(int), 8)
        base = points[seg] + (points[seg + 1] - points[seg]) * (t * 9 - seg)[:, None]
        angle = np.pi / 2 + rng.choice([-1, 1], m) * rng.uniform(0.2, 1.0, m)
        own = np.array(parts)[seg]
        for i in np.flatnonzero(rng.random(m) < 0.35):
            own[i] = st.rig.add(
                int(own[i]),
                base[i],
                (np.cos(angle[i]), np.sin(angle[i])),
                frequency=st.u(1.8, 4),
                drag=st.u(0.03, 0.2),
                damping=0.15,
                local=0.6,
            )
        size = leaf * np.exp(rng.normal(0, 0.25, m))
        leaves = placed(shape, base, angle, size, size * 0.3)
        tones = jitter(rng, colour * shade, m, 0.18, 0.05)
        st.canvas.polygons(leaves + np.array([0.15, 0.3]) * leaf, tones * 0.3, None)
        st.canvas.polygons(leaves, tones, own)


def palm(st: Stage, centre: Array, size: float) -> None:
    """Fronds from one point."""
    rng = st.rng
    colour = hsv(st.u(0.22, 0.36), st.u(0.4, 0.8), st.u(0.25, 0.5))
    for a in np.sort(rng.uniform(-3.6, 0.5, int(rng.integers(7, 13)))):
        frond = arc(centre, a, size * st.u(0.8, 1.1), np.sign(np.cos(a) + 1e-6) * st.u(0.5, 1.3), 6)
        parts = st.rig.chain(0, frond, frequency=st.u(0.6, 1.1), drag=st.u(0.05, 0.12), damping=0.12)
        st.canvas.tube(frond, np.linspace(0.012, 0.003, 7) * size * 2, colour * 1.1, parts, st.sun)
        t = np.repeat(np.linspace(0.1, 1, 34), 2)
        seg = np.minimum((t * 6).astype(int), 5)
        base = frond[seg] + (frond[seg + 1] - frond[seg]) * (t * 6 - seg)[:, None]
        along = np.arctan2(*(frond[seg + 1] - frond[seg]).T[::-1])
        d = np.tile([-1.0, 1.0], 34)
        length = size * 0.42 * np.sin(np.pi * (0.15 + 0.8 * t)) * np.exp(rng.normal(0, 0.1, 68))
        leaves = placed("lens", base, along + d * 0.8 + rng.normal(0, 0.08, 68), length, size * 0.009, d * 0.25)
        own = [
            st.rig.add(
                parts[s], base[i], leaves[i, 3] - base[i], frequency=2.5, drag=st.u(0.02, 0.1), damping=0.15, local=0.5
            )
            for i, s in enumerate(seg)
        ]
        st.canvas.polygons(leaves, jitter(rng, colour, 68, 0.15) * (1 + 0.25 * d * st.sun[0])[:, None], own)


def fern(st: Stage, foot: Array, size: float) -> None:
    """Arching fronds with leaflets, from the ground."""
    rng = st.rng
    colour = hsv(st.u(0.2, 0.33), st.u(0.45, 0.85), st.u(0.25, 0.55))
    for a in np.linspace(-2.7, -0.45, int(rng.integers(5, 10))) + rng.normal(0, 0.1):
        frond = arc(foot, a, size * st.u(0.8, 1.2), np.sign(np.cos(a) + 1e-6) * st.u(0.3, 0.9), 6)
        parts = st.rig.chain(0, frond, frequency=st.u(0.9, 1.6), drag=st.u(0.06, 0.14), damping=0.15)
        st.canvas.tube(frond, np.linspace(0.008, 0.002, 7) * size * 2, colour * 0.7, parts, st.sun)
        t = np.repeat(np.linspace(0.15, 1, 24), 2)
        seg = np.minimum((t * 6).astype(int), 5)
        base = frond[seg] + (frond[seg + 1] - frond[seg]) * (t * 6 - seg)[:, None]
        along = np.arctan2(*(frond[seg + 1] - frond[seg]).T[::-1])
        d = np.tile([-1.0, 1.0], 24)
        length = size * 0.3 * (1.08 - t)
        leaves = placed("lens", base, along + d * 1.15, length, length * 0.17)
        st.canvas.polygons(
            leaves, jitter(rng, colour, 48, 0.12) * (1 + 0.2 * d * st.sun[0])[:, None], np.array(parts)[seg]
        )


def lily_pond(st: Stage) -> None:
    """Lily pads that bob on water, with flowers. The water itself is left alone."""
    from .flowers import head, petal_colour

    rng = st.rng
    h, w = 120, 192
    base = hsv(st.u(0.35, 0.62), st.u(0.2, 0.6), st.u(0.08, 0.4))
    n = noise(rng, h, w, 30, 4, stretch=3)
    field = ramp(base * 1.5, base * 0.7, np.linspace(0, 1, h)[:, None] + 0 * n) * np.exp(0.3 * n[..., None])
    st.canvas.image = np.clip(cv2.resize(field.astype(np.float32), (st.canvas.width, st.canvas.height)), 0, 255).astype(
        np.uint8
    )
    green = hsv(st.u(0.22, 0.38), st.u(0.35, 0.75), st.u(0.25, 0.5))
    scale = st.spread(0.12, 1.4)
    slant = st.u(0.35, 0.8)
    y = np.sort(rng.uniform(0.0, st.aspect * 1.05, int(np.clip(0.6 / scale**1.4, 7, 60))))
    for py in y:
        p = np.array([st.u(-0.05, 1.05), py])
        r = scale * (0.45 + 0.75 * py / st.aspect) * st.u(0.7, 1.2)
        part = st.rig.add(
            0,
            p,
            (0, 1),
            frequency=st.u(0.4, 0.9),
            drag=st.u(0, 0.01),
            sway=(st.u(0.002, 0.006), st.u(0.001, 0.004)),
            damping=0.15,
            flutter=st.u(0, 0.03),
            axis=np.pi / 2,
        )
        notch = st.u(0, 6.28)
        t = notch + np.linspace(0.12, 2 * np.pi - 0.12, 30)
        rim = (
            np.concatenate([[[0.0, 0.0]], np.stack([np.cos(t), np.sin(t)], 1) * (1 + 0.02 * rng.normal(size=(30, 1)))])
            * r
            * np.array([1, slant])
        )
        tone = green * np.exp(rng.normal(0, 0.15))
        st.canvas.polygon(p + rim * 1.02 + np.array([0, 0.012]), base * 0.3, None)
        st.canvas.polygon(p + rim, tone * 0.85, part)
        st.canvas.polygon(p + rim * 0.9 - np.array([0, 0.004]), tone, None)
        v = notch + np.linspace(0.4, 5.9, 11)
        st.canvas.lines(
            np.broadcast_to(p, (11, 2)),
            p + np.stack([np.cos(v), np.sin(v) * slant], 1) * r * 0.85,
            tone * 1.2,
            0.0018,
            None,
        )
        if st.chance(0.3):
            c = p + np.array([st.u(-0.3, 0.3) * r, -r * st.u(0.1, 0.5)])
            own = st.rig.add(
                part, c + np.array([0, r * 0.5]), (0, -1), frequency=st.u(0.8, 1.6), drag=st.u(0.03, 0.1), damping=0.15
            )
            head(st, "lily", own, c, r * st.u(0.35, 0.7), petal_colour(st, "lily"))
