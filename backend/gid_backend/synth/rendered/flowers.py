# SPDX-License-Identifier: GPL-3.0-or-later
"""Flowers: one or a few near by, fields of them, and plants in pots and vases."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from . import surroundings
from .behind import behind
from .craft import joint, put
from .forms import ball, colour, frame, join, petal, tube
from .fruits import leaf
from .leaves import blades
from .petals import KINDS, head, petal_colour, tint
from .rig import branch_frequency
from .stage import Stage, vary

__all__ = ["facing", "flower", "flower_field", "stemmed", "sword"]

Array = npt.NDArray[Any]

# Radius of the flower and length of the stem in metres.
SIZES = {
    "rose": (0.045, 0.5), "tulip": (0.032, 0.4), "sunflower": (0.11, 1.2), "daisy": (0.022, 0.3),
    "dandelion": (0.026, 0.25),
    "poppy": (0.04, 0.45), "dahlia": (0.055, 0.7), "lily": (0.075, 0.7),
}  # fmt: skip


def stemmed(
    st: Stage, kind: str, foot: Any, top: Any, radius: float, *, face: Any, leaves: int = 3, tone: Array | None = None,
    carrier: int = 0, thick: float = 1.0, bud: bool = False,
) -> None:  # fmt: skip
    """A stem from `foot` to `top` with its leaves, and a flower that looks along `face`."""
    foot, top = np.asarray(foot, float), np.asarray(top, float)
    long = float(np.linalg.norm(top - foot))
    t = np.linspace(0, 1, 7)[:, None]
    bulge = np.array([st.rng.normal(0, 0.07), st.rng.normal(0, 0.05), 0]) * long
    nod = np.asarray(face, float) * (1, 1, 0) * 0.05 * long
    line = foot + (top - foot) * t + bulge * np.sin(np.pi * t) + nod * (t**3 - t)
    f = branch_frequency(long, 0.62) * st.spread(1.0, 1.2)
    chain, part = [], carrier
    for i, (a, b) in enumerate(pairwise(line)):
        if i % 2:
            # Bending towards the viewer and away is seen as up and down.
            part = joint(
                st, part, a, (long, 0, 0), frequency=f, drag=0.0, sway=(0, 0, long * st.u(0.004, 0.013)), damping=0.12
            )
        part = joint(st, part, a, b - a, frequency=f, drag=st.u(0.008, 0.02), damping=st.u(0.06, 0.15), local=0.15)
        chain.append(part)
    green = colour(st.u(0.2, 0.33), st.u(0.35, 0.75), st.u(0.25, 0.5))
    girth = (
        {"sunflower": 0.13, "tulip": 0.13, "dandelion": 0.09, "poppy": 0.045, "daisy": 0.06}.get(kind, 0.075)
        * radius
        * thick
    )
    smooth = np.stack([np.interp(np.linspace(0, 1, 25), t[:, 0], line[:, i]) for i in range(3)], 1)
    put(st, "leaf", tube(smooth, np.linspace(girth * 1.15, girth * 0.85, 25), 9, np.repeat(chain, 4)).tinted(green))
    for _ in range(leaves):
        i = int(st.rng.integers(0, 5))
        if kind in ("tulip", "dandelion"):
            sword(
                st,
                chain[0],
                line[0] + (0, 0, 0.02),
                long * st.u(0.45, 0.9),
                radius * st.u(0.8, 1.3),
                green * st.u(0.8, 1.2),
            )
        else:
            way = np.array([st.rng.choice([-1, 1]) * st.u(0.5, 1.0), st.rng.normal(0, 0.5), st.u(-0.1, 0.9)])
            big = {"sunflower": 1.9, "rose": 1.3, "dahlia": 1.6, "lily": 1.5}.get(kind, 1.5) * radius
            slim = {"sunflower": 0.75, "rose": 0.55, "lily": 0.18, "poppy": 0.2, "daisy": 0.25}.get(kind, 0.5)
            leaf(st, chain[i], line[i + 1], way, big * st.u(0.7, 1.3), green * st.u(0.75, 1.25), slim=slim)
    # The head nods in the vertical and twists on its neck.
    nodding = joint(
        st,
        part,
        line[-1],
        (radius, 0, 0),
        frequency=f * 1.6,
        drag=0.0,
        sway=(0, 0, long * st.u(0.003, 0.012)),
        damping=0.12,
    )
    neck = joint(
        st, nodding, line[-1], line[-1] - line[-2] + np.asarray(face) * radius, frequency=f * 1.7,
        drag=st.u(0.02, 0.08),
        damping=0.12, flutter=st.u(0, 0.05),
    )  # fmt: skip
    if bud:
        cone = [
            petal(azimuth=float(a), elevation=1.35, length=1.6, width=1.0, curl=0.25, cup=0.9, blunt=0.3)
            for a in (0.0, 1.6, 3.1, 4.7)
        ]
        for i, p in enumerate(cone):
            shade = green if i % 2 else (petal_colour(st.rng, kind) if tone is None else tone)
            put(st, "petal", p.of(neck).moved(line[-1], None, radius * 0.45).tinted(shade))
        return
    head(st, kind, neck, line[-1], face, radius, tone)


def sword(st: Stage, carrier: int, foot: Array, long: float, wide: float, tone: Array) -> None:
    """A long leaf from the ground that bends over."""
    a = st.u(0, 6.28)
    f = branch_frequency(long, 0.8)
    form = petal(
        azimuth=a,
        elevation=st.u(1.1, 1.45),
        length=long,
        width=wide,
        curl=-st.u(0.3, 1.3),
        cup=0.5,
        blunt=0.1,
        rows=12,
        columns=4,
    )
    middle = form.vertices.reshape(13, 5, 3)[:, 2] + foot
    part, own = carrier, []
    for i in (0, 4, 8):
        part = joint(
            st, part, middle[i], middle[i + 4] - middle[i], frequency=f, drag=st.u(0.03, 0.09), damping=0.12, local=0.3
        )
        own += [part] * 16
    put(st, "leaf", tint(st.rng, form, tone, veins=0.1).of(own).moved(foot))


def facing(st: Stage, up: float | None = None) -> Array:
    """Towards the viewer, more or less."""
    v = np.array([st.rng.normal(0, 0.45), -1.0, st.u(-0.2, 1.3) if up is None else up])
    return np.asarray(v / np.linalg.norm(v))


def flower(st: Stage) -> None:
    """One flower or a few, seen from near: a macro lens, what is behind is soft."""
    rng = st.rng
    kind = str(rng.choice(KINDS, p=[0.22, 0.12, 0.12, 0.12, 0.13, 0.1, 0.1, 0.09]))
    radius, long = SIZES[kind]
    radius, long = radius * st.spread(1.0, 1.15), long * st.spread(1.0, 1.2)
    n = int(rng.choice([1, 2, 3, 5], p=[0.55, 0.2, 0.15, 0.1]))
    share = st.u(0.18, 0.62) / n**0.35
    wide = 2 * radius / share * (0.75 if st.aspect > 1 else 1.0)
    if kind == "tulip":
        wide *= 1.5
    top = long
    reach = wide * st.u(1.8, 3.8)
    st.look(
        (0, 0, top - wide * st.aspect * st.u(-0.15, 0.3)), reach, width=wide, eye=top + reach * st.u(-0.15, 0.55),
        blur=st.u(0.04, 0.15),
    )  # fmt: skip
    what = behind(st, *["greenery"] * 8, "dark", "dark", "wall", "plain", "panorama", "panorama", "fabric", "sky")
    if what in ("greenery", "panorama") and st.chance(0.35):
        _undergrowth(st, wide, reach)
    if st.chance(0.2):
        st.light.sun = 0.0
    tone = petal_colour(rng, kind)
    for i in range(n):
        x, y = (0.0, 0.0) if i == 0 else (st.u(-0.5, 0.5) * wide, st.u(-0.15, 0.8) * wide)
        if i == 0:
            x = st.u(-0.18, 0.18) * wide
        z = top if i == 0 else top + st.u(-0.4, 0.15) * wide * st.aspect
        foot = (x + st.u(-0.25, 0.25) * long, y + st.u(-0.1, 0.15) * long, 0.0)
        stemmed(
            st, kind, foot, (x, y, z), radius * st.u(0.85, 1.1), face=facing(st), leaves=int(rng.integers(0, 6)),
            tone=tone * st.u(0.85, 1.1), bud=i > 0 and st.chance(0.25),
        )  # fmt: skip


def _undergrowth(st: Stage, wide: float, reach: float) -> None:
    """Leaves and blades below the flower and behind it, growing from the ground."""
    rng = st.rng
    t = np.asarray(st.camera.target, float)
    n = int(rng.integers(10, 50))
    feet = np.stack([t[0] + rng.uniform(-1, 1, n) * wide, t[1] + rng.uniform(0.1, 2.0, n) * wide, np.zeros(n)], 1)
    height = np.full(n, t[2] - wide * st.aspect * 0.2) * rng.uniform(0.5, 1.15, n)
    tones = vary(rng, colour(st.u(0.2, 0.3), st.u(0.3, 0.7), st.u(0.2, 0.5)), n)
    blades(
        st, feet, np.maximum(height, 0.02), np.full(n, wide * st.u(0.01, 0.05)), tones, segments=3, lean=0.3, bend=0.6
    )


def flower_field(st: Stage) -> None:
    """Many flowers of a kind or two to the horizon or to a hedge."""
    rng = st.rng
    kinds = [str(k) for k in rng.choice(KINDS, int(rng.choice([1, 2, 3], p=[0.6, 0.25, 0.15])), replace=False)]
    kind = kinds[0]
    long = SIZES[kind][1] * st.u(0.8, 1.1)
    near = long * st.u(0.9, 2.5)
    eye = long * st.u(1.0, 2.4)
    st.look(
        (0, near * 2.0, long * st.u(0.6, 1.0)),
        near * 3,
        focal=st.u(0.9, 2.0),
        eye=eye,
        blur=st.u(0.0, 0.05) if st.chance(0.6) else 0.0,
    )
    surroundings.ground(st, "lawn" if st.chance(0.8) else "soil")
    if st.chance(0.35):
        surroundings.hills(st)
    if st.chance(0.7):
        surroundings.treeline(st, near * 8 + st.u(5, 40), st.u(3, 9))
    if st.chance(0.15):
        surroundings.house(st, st.u(-8, 8), st.u(15, 30), st.u(5, 10), st.u(3, 6))
    far = near * st.u(8, 20)
    grass = st.camera.ground(rng, 900, near * 0.8, far)
    green = colour(st.u(0.2, 0.3), st.u(0.4, 0.75), st.u(0.25, 0.5))
    blades(
        st,
        grass,
        long * rng.uniform(0.4, 0.85, 900),
        np.full(900, long * 0.02),
        vary(rng, green, 900),
        segments=2,
        lean=0.25,
    )
    tones = {k: petal_colour(rng, k) for k in kinds}
    spots = st.camera.ground(rng, int(rng.integers(120, 330)), near * 0.9, far)
    distance = np.linalg.norm(spots - st.camera.position, axis=1)
    order = np.argsort(distance)
    detailed = int(rng.integers(8, 16))
    for k, spot in enumerate(spots[order]):
        which = str(rng.choice(kinds))
        size = SIZES[which][0] * st.spread(1.0, 1.2)
        top = spot + np.array([rng.normal(0, 0.06), rng.normal(0, 0.06), 1.0]) * long * st.u(0.8, 1.15)
        if k < detailed:
            stemmed(st, which, spot, top, size, face=facing(st), leaves=1, tone=tones[which] * st.u(0.85, 1.1))
        else:
            _simple(st, which, spot, top, size * 1.25, tones[which] * st.u(0.8, 1.1), green)


def _simple(st: Stage, kind: str, foot: Array, top: Array, radius: float, tone: Array, green: Array) -> None:
    """A flower far away: a stem and a handful of petals."""
    long = float(np.linalg.norm(top - foot))
    f = branch_frequency(long, 0.62) * st.spread(1.0, 1.2)
    middle = (foot + top) / 2
    # Seen from above, a stem that sways away from the viewer goes up in the picture.
    depth = joint(st, 0, foot, (long, 0, 0), frequency=f, drag=0.0, sway=(0, 0, long * st.u(0.03, 0.08)), damping=0.1)
    low = joint(st, depth, foot, middle - foot, frequency=f, drag=st.u(0.03, 0.06), damping=0.1, local=0.15)
    part = joint(st, low, middle, top - middle, frequency=f, drag=st.u(0.04, 0.1), damping=0.1, local=0.25)
    put(st, "leaf", tube(np.stack([foot, middle, top]), radius * 0.09, 4, [low, part]).tinted(green))
    face = facing(st, st.u(0.1, 1.5))
    if kind == "tulip":
        shape = dict(elevation=1.1, length=1.7, width=1.2, curl=0.5, cup=0.8, blunt=0.4)
    elif kind == "dandelion":
        shape = dict(elevation=0.6, length=1.0, width=1.0, curl=0.6, cup=0.5, blunt=1.0)
    else:
        shape = dict(elevation=st.u(0.0, 0.6), length=1.0, width=0.62, curl=0.1, cup=0.3, blunt=0.6)
    n = 4 if kind == "tulip" else int(st.rng.integers(5, 9))
    turn = frame((0, 0, 1.0) if kind in ("tulip", "dandelion") else face, st.u(0, 6.28))
    rings = 1 if kind in ("tulip", "daisy", "poppy") else 2
    ring = []
    for k in range(n * rings):
        lift = {
            **shape,
            "elevation": shape["elevation"] + 0.5 * (k // n) + st.u(-0.15, 0.15),
            "length": 1.0 - 0.3 * (k // n),
        }
        ring.append(
            petal(azimuth=(k + 0.5 * (k // n)) * 2 * np.pi / n, rows=3, columns=2, **lift).tinted(
                tone * st.u(0.75, 1.15)
            )
        )
    put(st, "petal", join(ring).of(part).moved(top, turn, radius))
    if kind in ("sunflower", "daisy", "poppy"):
        eye = colour(0.12, 0.9, 0.8) if kind == "daisy" else colour(0.07, 0.6, 0.2)
        put(st, "petal", ball(0.35, 0.4, 7, 5).tinted(eye).of(part).moved(top + face * radius * 0.08, turn, radius))
