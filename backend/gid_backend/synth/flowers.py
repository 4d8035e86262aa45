# SPDX-License-Identifier: GPL-3.0-or-later
"""Flowers: heads of petals on a bending stem, large and near or many and far, and blossoms on a branch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .foliage import big_leaf
from .shapes import OUTLINES, arc, hsv, jitter, placed
from .stage import Stage

__all__ = ["KINDS", "branch_of_blossoms", "head", "small_heads", "stemmed"]

Array = npt.NDArray[Any]
KINDS = ("rose", "tulip", "sunflower", "daisy", "dandelion", "poppy", "dahlia", "lily")


def petal_colour(st: Stage, kind: str) -> Array:
    """A colour that such a flower has."""
    choices = {
        "sunflower": [(0.12, 0.9, 0.95), (0.1, 0.9, 0.85)],
        "daisy": [(0.12, 0.03, 0.95), (0.85, 0.25, 0.9), (0.75, 0.4, 0.8), (0.13, 0.8, 0.95)],
        "dandelion": [(0.1, 0.06, 0.9)],
        "lily": [(0.12, 0.05, 0.96), (0.93, 0.3, 0.95), (0.07, 0.75, 0.95)],
    }.get(
        kind,
        [
            (0.95, 0.45, 0.92),
            (0.99, 0.85, 0.75),
            (0.1, 0.1, 0.96),
            (0.13, 0.7, 0.95),
            (0.06, 0.6, 0.95),
            (0.83, 0.4, 0.8),
            (0.92, 0.75, 0.7),
        ],
    )
    h, s, v = choices[st.rng.integers(len(choices))]
    return hsv(h + st.u(-0.02, 0.02), s * st.u(0.8, 1.15), v * st.u(0.8, 1.05))


def _ring(
    st: Stage,
    part: int,
    centre: Array,
    n: int,
    inner: float,
    length: float,
    wide: float,
    colour: Array,
    *,
    squash: float,
    tilt: float,
    shape: str = "petal",
    phase: float = 0.0,
    shade: float = 1.0,
    own: bool = True,
) -> None:
    """Petals around a centre, seen at a slant: `squash` 1 is face on."""
    rng = st.rng
    a = phase + 2 * np.pi * (np.arange(n) + rng.normal(0, 0.12, n)) / n
    c, s = np.cos(tilt), np.sin(tilt)
    flat = np.array([[c, s], [-s, c]]).T @ np.diag([1.0, squash]) @ np.array([[c, s], [-s, c]])
    radii = length * np.exp(rng.normal(0, 0.06, n))
    zero = np.zeros((n, 2))
    whole = placed(
        shape, zero + np.stack([np.cos(a), np.sin(a)], 1) * inner, a, radii, wide * length, rng.normal(0, 0.08, n)
    )
    core = placed(
        shape,
        zero + np.stack([np.cos(a), np.sin(a)], 1) * (inner + 0.08 * length),
        a,
        radii * 0.86,
        wide * length * 0.62,
        rng.normal(0, 0.05, n),
    )
    whole, core = whole @ flat.T + centre, core @ flat.T + centre
    tips = np.stack([np.cos(a), np.sin(a)], 1) @ flat.T
    lit = (tips @ st.sun) * 0.14
    tone = colour * shade * np.exp(lit + rng.normal(0, 0.05, n))[:, None]
    for i in rng.permutation(n):
        own_part = part
        if own:
            own_part = st.rig.add(
                part,
                centre,
                tips[i],
                frequency=st.u(2.0, 4.5),
                drag=st.u(0.0, 0.05),
                damping=0.2,
                local=0.6,
                flutter=st.u(0, 0.12),
                axis=float(a[i]),
            )
        st.canvas.polygon(whole[i] + np.array([0.0, 0.012 * length * 4]) * 0.5, tone[i] * 0.55, None, convex=True)
        st.canvas.polygon(whole[i], tone[i] * 0.84, own_part, convex=True)
        st.canvas.polygon(core[i], tone[i] * 1.06, None, convex=True)
        if length > 0.06:
            base = centre + tips[i] * inner
            end = centre + tips[i] * (inner + radii[i] * 0.8)
            for d in (-0.12, 0.12):
                off = np.array([-tips[i][1], tips[i][0]]) * d * length
                st.canvas.lines((base + off * 0.4)[None], (end + off)[None], tone[i][None] * 0.9, 0.0012, None)


def head(st: Stage, kind: str, part: int, centre: Array, radius: float, colour: Array | None = None) -> None:
    """One flower head that moves with `part`."""
    rng = st.rng
    colour = petal_colour(st, kind) if colour is None else colour
    squash, tilt, phase = st.u(0.6, 1.0), st.u(-0.4, 0.4), st.u(0, 6)
    centre = np.asarray(centre, float)
    ring: dict[str, Any] = {"squash": squash, "tilt": tilt}
    if kind == "sunflower":
        for i in range(2):
            _ring(
                st,
                part,
                centre,
                int(rng.integers(18, 26)),
                radius * 0.4,
                radius * 0.62,
                0.17,
                colour * (0.85 + 0.15 * i),
                shape="lens",
                phase=phase + i * 0.13,
                **ring,
            )
        st.canvas.ellipse(centre, (radius * 0.46, radius * 0.46 * squash), tilt, hsv(0.07, 0.6, 0.22), part)
        n = 260
        g, r = np.arange(n) * 2.399963, np.sqrt(np.arange(n) / n) * radius * 0.44
        p = np.stack([np.cos(g) * r, np.sin(g) * r * squash], 1) + centre
        seeds = placed("round", p, g, radius * 0.035, radius * 0.016)
        st.canvas.polygons(
            seeds, jitter(rng, hsv(0.08, 0.6, 0.38), n, 0.25) * (0.5 + 0.9 * (r / radius))[:, None], None
        )
    elif kind in ("daisy", "lily"):
        n = int(rng.integers(12, 24)) if kind == "daisy" else int(rng.integers(6, 12))
        wide = 0.13 if kind == "daisy" else 0.3
        for i in range(1 if kind == "daisy" else 2):
            _ring(
                st,
                part,
                centre,
                n,
                radius * 0.15,
                radius * (0.85 - 0.2 * i),
                wide,
                colour,
                shape="strap" if kind == "daisy" else "lens",
                phase=phase + i * 0.3,
                **ring,
            )
        st.canvas.ellipse(
            centre + np.array([0, 0.02 * radius]),
            (radius * 0.24, radius * 0.24 * squash),
            tilt,
            hsv(0.11, 0.9, 0.55),
            part,
        )
        n = 60
        g, r = np.arange(n) * 2.399963, np.sqrt(np.arange(n) / n) * radius * 0.21
        p = np.stack([np.cos(g) * r, np.sin(g) * r * squash], 1) + centre
        st.canvas.polygons(
            placed("round", p, g, radius * 0.05, radius * 0.025), jitter(rng, hsv(0.125, 0.9, 0.9), n, 0.2), None
        )
    elif kind == "dandelion":
        n = int(140 + 120 * min(radius / 0.15, 1))
        g = rng.uniform(0, 2 * np.pi, n)
        r = radius * np.sqrt(rng.uniform(0.25, 1.0, n))
        ends = centre + np.stack([np.cos(g), np.sin(g)], 1) * r[:, None]
        near = (ends - centre) @ st.sun / radius
        tones = np.clip(colour * (0.75 + 0.25 * near[:, None]), 20, 255)
        fluffs = [
            st.rig.add(
                part,
                centre,
                (np.cos(x), np.sin(x)),
                frequency=st.u(2, 5),
                drag=st.u(0.01, 0.06),
                damping=0.2,
                local=0.7,
            )
            for x in np.linspace(-np.pi, np.pi, 13)[:-1]
        ]
        own = np.array(fluffs)[np.clip(((g) / (2 * np.pi) * 12).astype(int), 0, 11)]
        st.canvas.ellipse(
            centre, (radius * 0.9, radius * 0.9), 0, colour * 0.5 + st.canvas.image.reshape(-1, 3).mean(0) * 0.25, part
        )
        st.canvas.lines(np.broadcast_to(centre, ends.shape), ends, tones * 0.75, 0.001, own)
        for d in range(7):
            t = g + d / 7 * 2 * np.pi
            tip = ends + np.stack([np.cos(t), np.sin(t)], 1) * radius * 0.12
            st.canvas.lines(ends, tip, tones, 0.001, own)
        st.canvas.ellipse(centre, (radius * 0.12, radius * 0.12), 0, hsv(0.1, 0.4, 0.35), part)
    elif kind == "tulip":
        up = -np.pi / 2 + tilt * 0.5
        for i, a in enumerate((up - 0.32, up + 0.32, up - 0.12, up + 0.1)):
            base = centre + np.array([0, radius * 0.8])
            own = st.rig.add(
                part, base, (np.cos(a), np.sin(a)), frequency=3.0, drag=st.u(0, 0.03), damping=0.2, local=0.6
            )
            p = placed("oval", base[None], np.array([a]), radius * 1.75, radius * 0.55)
            q = placed("oval", base[None], np.array([a + 0.03]), radius * 1.6, radius * 0.3)
            st.canvas.polygons(p, colour[None] * (0.7 + 0.1 * i), [own])
            st.canvas.polygons(q, colour[None] * (0.85 + 0.1 * i), None)
    else:  # rose, dahlia, poppy: rings of overlapping petals
        rings = {"rose": int(rng.integers(5, 8)), "dahlia": int(rng.integers(7, 11)), "poppy": 2}[kind]
        for i in range(rings):
            inward = i / max(rings - 1, 1)
            reach = radius * (1.0 - (0.86 if kind != "poppy" else 0.35) * inward)
            n = {"rose": max(4, int(9 - 5 * inward)), "dahlia": max(8, int(20 - 10 * inward)), "poppy": 5}[kind]
            wide = {"rose": 0.62, "dahlia": 0.21, "poppy": 0.62}[kind]
            shape = "lens" if kind == "dahlia" and st.chance(0.3) else "petal" if kind == "dahlia" else "round"
            gain = 1.08 - 0.5 * inward if kind == "rose" else 0.75 + 0.35 * np.sin(inward * 2.2)
            jig = rng.normal(0, 0.03 * radius, 2) * (kind == "rose")
            _ring(
                st,
                part,
                centre + jig,
                n,
                reach * 0.12,
                reach * 0.9,
                wide,
                colour,
                shape=shape,
                phase=phase + i * 1.9,
                shade=float(gain),
                own=i < rings - 2,
                **ring,
            )
        if kind == "poppy":
            st.canvas.ellipse(centre, (radius * 0.2, radius * 0.2 * squash), tilt, hsv(0.28, 0.4, 0.2), part)


def stemmed(
    st: Stage, kind: str, foot: Array, top: Array, radius: float, *, thick: float, leaves: int = 3, foot_part: int = 0
) -> int:
    """A stem from `foot` to `top` with leaves and a flower; returns the head's part."""
    rng = st.rng
    # A tulip is drawn by its height, which is nearly twice the radius that the others have.
    radius = radius * 0.6 if kind == "tulip" else radius
    foot, top = np.asarray(foot, float), np.asarray(top, float)
    t = np.linspace(0, 1, 7)[:, None]
    bulge = np.array([rng.normal(0, 0.06), 0]) * np.linalg.norm(top - foot)
    points = foot + (top - foot) * t + bulge * np.sin(np.pi * t)
    length = float(np.linalg.norm(top - foot))
    f = float(np.clip(0.9 * (0.4 / max(length, 0.05)) ** 0.35, 0.6, 2.2)) * st.spread(1.0, 1.2)
    chain = st.rig.chain(foot_part, points, frequency=f, drag=st.u(0.05, 0.12), damping=st.u(0.06, 0.15), local=0.15)
    green = hsv(st.u(0.2, 0.33), st.u(0.35, 0.75), st.u(0.25, 0.5))
    st.canvas.tube(points, np.full(7, thick), green, chain, st.sun)
    for _ in range(leaves):
        i = int(rng.integers(0, 5))
        a = rng.choice([-1, 1]) * st.u(0.4, 1.3) - np.pi / 2
        big_leaf(
            st,
            chain[i],
            points[i + 1],
            a,
            length * st.u(0.18, 0.45),
            shape=str(rng.choice(["lens", "oval", "heart", "lobed"])),
            colour=green * st.u(0.8, 1.3),
        )
    a = np.array(points[-1] - points[-2])
    part = st.rig.add(
        chain[-1],
        points[-1],
        a,
        frequency=f * 1.7,
        drag=st.u(0.02, 0.08),
        damping=0.12,
        flutter=st.u(0, 0.05),
        axis=np.pi / 2,
    )
    if radius > 0:
        if kind != "dandelion":
            st.canvas.ellipse(
                points[-1] + a / np.linalg.norm(a) * -radius * 0.05, (radius * 0.3, radius * 0.25), 0, green * 0.7, part
            )
        head(st, kind, part, points[-1] if kind != "tulip" else points[-1] - np.array([0, radius * 0.6]), radius)
    return part


def small_heads(st: Stage, points: Array, parts: Array, radius: Array, colour: Array, petals: int = 5) -> None:
    """Many little flowers at once: petals, then a dot."""
    rng = st.rng
    n = len(points)
    phase = rng.uniform(0, 6.28, n)
    light = np.exp(rng.normal(0, 0.12, (n, 1)))
    squash = rng.uniform(0.5, 1.0, n)
    o = OUTLINES["petal" if petals < 8 else "strap"]
    for j in range(petals):
        a = phase + 2 * np.pi * j / petals
        u, v = o[None, :, 0] * radius[:, None], o[None, :, 1] * radius[:, None] * (1.6 / petals + 0.05)
        x = u * np.cos(a)[:, None] - v * np.sin(a)[:, None]
        y = (u * np.sin(a)[:, None] + v * np.cos(a)[:, None]) * squash[:, None]
        shade = 1.0 + 0.16 * (np.cos(a) * st.sun[0] + np.sin(a) * st.sun[1])
        st.canvas.polygons(
            np.stack([points[:, :1] + x, points[:, 1:] + y], -1),
            jitter(rng, colour, n, 0.06, 0.03) * light * shade[:, None],
            parts,
        )
    st.canvas.polygons(
        placed("round", points - np.stack([radius * 0.2, 0 * radius], 1), np.zeros(n), radius * 0.4, radius * 0.18),
        hsv(0.12, 0.8, 0.75)[None] * light,
        parts,
    )


def branch_of_blossoms(st: Stage) -> None:
    """Blossoming twigs against whatever is behind."""
    rng = st.rng
    bark = hsv(st.u(0.02, 0.09), st.u(0.15, 0.4), st.u(0.15, 0.35))
    colour = hsv(st.u(0.88, 1.02), st.u(0.02, 0.45), st.u(0.85, 1.0))
    for _ in range(int(rng.integers(2, 5))):
        left = st.chance(0.5)
        start = np.array([-0.03 if left else 1.03, st.u(0.05, 0.95) * st.aspect])
        main = arc(start, (0 if left else np.pi) + rng.normal(0, 0.4), st.u(0.5, 1.0), rng.normal(0, 0.6), 6)
        chain = st.rig.chain(0, main, frequency=st.u(0.5, 1.0), drag=st.u(0.02, 0.05), damping=0.1)
        st.canvas.tube(main, np.linspace(st.u(0.012, 0.03), 0.004, 7), bark, chain, st.sun)
        for i in range(1, 7):
            for _ in range(int(rng.integers(1, 4))):
                twig = arc(main[i], rng.uniform(0, 6.28), st.u(0.05, 0.2), rng.normal(0, 0.5), 2)
                parts = st.rig.chain(
                    chain[i - 1], twig, frequency=st.u(1.2, 2.5), drag=st.u(0.03, 0.09), damping=0.12, local=0.3
                )
                st.canvas.tube(twig, np.array([0.006, 0.004, 0.002]), bark, parts, st.sun)
                for _ in range(int(rng.integers(0, 3))):
                    big_leaf(
                        st,
                        parts[1],
                        twig[2] + rng.normal(0, 0.015, 2),
                        rng.uniform(0, 6.28),
                        st.u(0.03, 0.07),
                        shape="lens",
                        colour=hsv(st.u(0.18, 0.3), 0.6, 0.5),
                    )
                n = int(rng.integers(2, 9))
                p = twig[rng.integers(1, 3, n)] + rng.normal(0, 0.02, (n, 2))
                own = np.array(
                    [
                        st.rig.add(
                            parts[1], q, (0, 1), frequency=st.u(2, 4), drag=st.u(0.03, 0.12), damping=0.2, local=0.5
                        )
                        for q in p
                    ]
                )
                small_heads(st, p, own, rng.uniform(0.014, 0.032, n), colour)
