# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth: washing on lines, an ironing board with a cloth on it, tables laid, curtains, flags, bunting."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import drapes, outdoors, props, surroundings
from .behind import behind, room
from .craft import put
from .forms import box, colour, join, lattice, tube
from .leaves import blades
from .light import INDOOR, OUTDOOR, Light
from .lines import bouncing_line
from .rig import pendulum_frequency
from .stage import Stage, vary

__all__ = ["bunting", "curtains", "flags", "ironing", "laundry", "table_cloth"]

Array = npt.NDArray[Any]


def _hang(st: Stage, line: Array, part: int, x: float, wide: float, long: float, setting: dict[str, Any]) -> None:
    """One piece of washing from `x` on."""
    rng = st.rng

    def at(u: float) -> Array:
        return np.array([np.interp(u, line[:, 0], line[:, i]) for i in range(3)])

    kind = str(rng.choice(["sheet", "shirt", "trousers", "towel"], p=[0.4, 0.25, 0.13, 0.22]))
    left, right = at(x), at(x + wide)
    pegs = [left + (right - left) * 0.06, right - (right - left) * 0.06]
    if kind == "shirt":
        right = at(x + min(wide, 0.65))
        drapes.shirt(st, left, right, float(np.clip(long, 0.4, 0.8)), parent=part, **setting)
        pegs = [left + (right - left) * 0.2, right - (right - left) * 0.2]
    elif kind == "trousers":
        right = at(x + min(wide, 0.45))
        drapes.trousers(st, left, right, float(np.clip(long * 1.3, 0.6, 1.1)), parent=part, **setting)
        pegs = [left + (right - left) * 0.15, right - (right - left) * 0.15]
    else:
        if kind == "towel":
            right = at(x + min(wide, 0.6))
            long = min(long, 0.9)
            pegs = [left, right]
        along = np.array([st.u(-0.14, 0.14), st.u(-0.2, 0.2), -1.0]) * long
        drapes.sheet(
            st, left, right - left, along, columns=max(3, int((right[0] - left[0]) * 7)), rows=6, parent=part,
            wave=st.u(0, 0.07), sag=st.u(0, 0.04), folds=st.u(0.01, 0.05), **setting,
        )  # fmt: skip
    if st.chance(0.8):
        for p in pegs:
            drapes.peg(st, p + (0, -0.01, 0.01), 0.075, part)


def laundry(st: Stage) -> None:
    """A line or two with washing in a garden, a yard, before a wall or against the sky."""
    rng = st.rng
    wide = st.u(1.4, 4.5)
    height = st.u(1.7, 2.6)
    reach = wide * st.u(1.1, 2.2)
    st.look(
        (0, 0, height - wide * st.aspect * st.u(0.15, 0.42)), reach, width=wide, eye=st.u(0.7, 1.8),
        blur=st.u(0, 0.04) if st.chance(0.6) else 0.0,
    )  # fmt: skip
    what = st.u(0, 1)
    if what < 0.5:
        outdoors.landscape(st)
    elif what < 0.68:
        surroundings.wall(st, reach * st.u(0.15, 0.7), size=60.0)
        surroundings.ground(st, "concrete")
        if st.chance(0.5):
            props.window(st, (st.u(-0.5, 0.5) * wide, reach * 0.15 - 0.04, height), 0.9, 1.2)
    elif what < 0.82:
        behind(st, "greenery")
        surroundings.ground(st)
    else:
        behind(st, "panorama", "sky")
    for row in range(int(rng.choice([1, 2], p=[0.75, 0.25]))):
        y, z = row * wide * st.u(0.2, 0.5), height + row * 0.2
        tilt, sag = st.u(-0.06, 0.06) * wide, st.u(0.0, 0.06) * wide
        part, line = bouncing_line(
            st, (-wide, y, z - tilt), (wide, y, z + tilt), sag, bounce=st.u(0.01, 0.045), thick=0.004
        )
        x = -wide * st.u(0.5, 0.7)
        while x < wide * 0.6:
            piece, long = st.u(0.3, 1.1) * min(1.0, wide / 2.5), st.u(0.4, 1.4) * min(1.0, wide / 2.5)
            f = pendulum_frequency(long * 0.7) * st.u(0.8, 1.2)
            _hang(st, line, part, x, piece, long, {"drag": st.u(0.12, 0.35), "frequency": f})
            x += piece + st.u(0.02, 0.3)
    if st.chance(0.45):
        for x in (-wide * st.u(0.35, 0.5), wide * st.u(0.35, 0.5)):
            surroundings.pole(st, (x, 0.0), height + 0.1, 0.04)
    if st.chance(0.35):
        _bystanders(st, wide, reach)


def _bystanders(st: Stage, wide: float, reach: float) -> None:
    """Things on the ground beside and behind that stand still."""
    for _ in range(int(st.rng.integers(1, 4))):
        at = np.array([st.u(-0.6, 0.6) * wide, st.u(-0.1, 1.2) * reach, 0.0])
        k = int(st.rng.integers(7))
        if k == 0:
            props.person(st, at)
        elif k == 1:
            props.chair(st, at, st.u(-3, 3))
        elif k == 2:
            props.bench(st, at, 1.5)
        elif k == 3:
            props.bicycle(st, at, st.u(-0.6, 0.6))
        elif k == 4:
            props.pot(st, at, 0.4, 0.4)
        elif k == 5:
            props.crate(st, at, (0.6, 0.4, 0.35))
        else:
            props.tripod(st, at, 1.5)


def ironing(st: Stage) -> None:
    """An ironing board in a room or a field, often with a cloth that hangs down from it: board and legs stand."""
    height = st.u(0.8, 0.95)
    wide = st.u(1.6, 3.5)
    reach = wide * st.u(1.2, 2.2)
    st.look((0, 0, st.u(0.45, 0.8)), reach, width=wide, eye=st.u(0.7, 1.6), side=st.u(-0.2, 0.2), blur=st.u(0, 0.03))
    what = st.u(0, 1)
    if what < 0.55:
        outdoors.landscape(st)
        if st.chance(0.6):
            _stubble(st, wide, reach)
    else:
        room(st, reach * st.u(0.3, 0.8), wide)
        surroundings.ground(st, "concrete")
    angle = st.u(-0.35, 0.35)
    left, along, back = props.ironing_board(st, (0, 0, 0), height, angle)
    if st.chance(0.75):
        part = st.u(0.15, 0.4)
        start = st.u(0.1, 0.9 - part)
        drop = st.u(0.25, 0.65)
        drapes.over_edge(
            st, left + along * start - back * 0.06, along * part, back * 0.9, drop, drag=st.u(0.1, 0.3),
            frequency=pendulum_frequency(drop * 0.7),
        )  # fmt: skip
    if st.chance(0.3):
        _bystanders(st, wide, reach)
    if st.chance(0.25):  # a basket of washing
        at = np.array([st.u(-0.4, 0.4) * wide, st.u(-0.3, 0.3), 0])
        props.pot(st, at, 0.5, 0.35)


def _stubble(st: Stage, wide: float, reach: float) -> None:
    n = 1500
    feet = st.camera.ground(st.rng, n, reach * 0.6, reach * 4)
    tone = colour(st.u(0.08, 0.25), st.u(0.3, 0.6), st.u(0.35, 0.65))
    blades(
        st,
        feet,
        st.u(0.15, 0.4) * st.rng.uniform(0.5, 1.2, n),
        np.full(n, 0.012),
        vary(st.rng, tone, n),
        segments=2,
        lean=0.25,
    )


def table_cloth(st: Stage) -> None:
    """A laid table out of doors or by a window: its cloth hangs over the edge, what stands on it does not move."""
    rng = st.rng
    height, half = 0.74, st.u(0.45, 0.9)
    wide = half * st.u(2.0, 3.6)
    reach = wide * st.u(1.2, 2.2)
    st.look(
        (0, 0, height - st.u(-0.1, 0.2)), reach, width=wide, eye=height + reach * st.u(0.1, 0.5), blur=st.u(0, 0.04)
    )
    what = behind(st, "landscape", "greenery", "room", "wall", "panorama")
    if what != "landscape":
        surroundings.ground(st, "lawn" if what == "greenery" else "concrete")
    legs = [box((0.05, 0.05, height), (d * half * 0.85, y, height / 2)) for d in (-1, 1) for y in (0.1, 0.6)]
    put(st, "wood", join(legs).tinted(props.wood_tone(st)))
    drop = st.u(0.12, 0.5)
    deep = st.u(0.6, 0.9)
    drapes.over_edge(
        st,
        (-half, 0, height),
        (2 * half, 0, 0),
        (0, deep, 0),
        drop,
        drag=st.u(0.08, 0.25),
        frequency=pendulum_frequency(drop),
    )
    for _ in range(int(rng.integers(1, 7))):
        props.any_thing(st, (st.u(-0.8, 0.8) * half, st.u(0.08, 0.85) * deep, height + 0.008), st.u(0.1, 0.26))
    if st.chance(0.4):
        props.chair(st, (st.u(-1, 1) * half, -0.4, 0), np.pi + st.u(-0.5, 0.5))


def curtains(st: Stage) -> None:
    """Curtains before a window, at one side or both, heavy or sheer; wall, frame, sill and furniture stand."""
    rng = st.rng
    st.light = Light.indoor(rng)
    st.light.panorama = str(rng.choice(OUTDOOR + INDOOR))
    st.light.sun, st.light.azimuth = st.u(0, 3.0), st.u(2.0, 4.2)
    w, h = st.u(0.9, 1.8), st.u(1.0, 1.9)
    sill = st.u(0.3, 1.0)
    wide = w * st.u(1.2, 2.4)
    reach = wide * st.u(1.1, 1.8)
    st.look(
        (st.u(-0.15, 0.15) * w, 0, sill + h * st.u(0.3, 0.6)),
        reach,
        width=wide,
        eye=st.u(1.0, 1.7),
        side=st.u(-0.25, 0.25),
        blur=st.u(0, 0.02),
    )
    tone = colour(st.u(0, 1), st.u(0, 0.35), st.u(0.35, 0.95))
    material = str(rng.choice(["plaster", "plain", "planks", "brick"], p=[0.5, 0.3, 0.1, 0.1]))
    far = 15.0
    for x0, x1, z0, z1 in (
        (-far, -w / 2, -far, far), (w / 2, far, -far, far), (-w / 2, w / 2, -far, sill), (-w / 2, w / 2, sill + h, far),
    ):  # fmt: skip
        panel = lattice(np.array([[[x0, 0.1, z0], [x1, 0.1, z0]], [[x0, 0.1, z1], [x1, 0.1, z1]]]))
        put(st, material, panel.tinted(tone))
    props.window(st, (0, 0.1, sill + h / 2), w, h, (int(rng.integers(1, 4)), int(rng.integers(1, 3))))
    outside = st.u(0, 1)
    if outside < 0.35:
        behind(st, "greenery")
    elif outside < 0.7:
        glow = lattice(
            np.array([[[-w, 0.6, sill - h], [w, 0.6, sill - h]], [[-w, 0.6, sill + 2 * h], [w, 0.6, sill + 2 * h]]])
        )
        put(st, "glow", glow.tinted(colour(0.58, st.u(0, 0.2), st.u(0.4, 0.8))))
    top = sill + h + st.u(0.05, 0.25)
    rod = tube(np.array([[-w * 0.8, -0.05, top], [w * 0.8, -0.05, top]]), 0.014, 8)
    put(st, "wood", rod.tinted(props.wood_tone(st)))
    long = top - sill + (st.u(0.05, 0.3) if st.chance(0.4) else sill)
    sheer = st.chance(0.5)
    sides = (-1, 1) if st.chance(0.6) else (int(rng.choice([-1, 1])),)
    part = st.u(0.25, 0.55)
    drag, f = st.u(0.04, 0.16), pendulum_frequency(long * 0.7)
    for s in sides:
        x = -w * 0.62 if s < 0 else w * 0.62 - w * part
        drapes.curtain(st, (x, -0.05, top), w * part, long, sheer=sheer, drag=drag, frequency=f)
    if not sheer and st.chance(0.3):
        drapes.curtain(st, (-w * 0.55, 0.0, top), w * 1.1, long * 0.95, sheer=True, drag=drag, frequency=f)
    if st.chance(0.6):
        for _ in range(int(rng.integers(1, 4))):
            props.any_thing(st, (st.u(-0.45, 0.45) * w, -0.06, sill - 0.02), st.u(0.1, 0.28))
    if st.chance(0.4):
        z = st.u(0.4, 0.75)
        props.table(st, z, -1.0, -0.35, st.u(0.6, 1.4))
        for _ in range(int(rng.integers(1, 4))):
            props.any_thing(st, (st.u(-0.35, 0.35), -0.65, z), st.u(0.12, 0.35))
    if st.chance(0.25):
        props.chair(st, (st.u(-1, 1) * w * 0.6, -0.7, 0), st.u(-3, 3))


def flags(st: Stage) -> None:
    """Flags and banners on poles and on houses."""
    rng = st.rng
    n = int(rng.choice([1, 2, 3, 5], p=[0.45, 0.25, 0.2, 0.1]))
    size = st.u(0.6, 1.4)
    wide = size * st.u(2.6, 5.5) * n**0.5
    tall = st.u(3.5, 8.0)
    reach = wide * st.u(1.3, 2.5)
    st.look(
        (0, 0, tall - size * st.u(0.4, 1.2)),
        reach,
        width=wide,
        eye=st.u(1.2, 2.2),
        blur=st.u(0, 0.02) if st.chance(0.4) else 0,
    )
    behind(st, "landscape", "landscape", "sky", "sky", "panorama")
    if st.chance(0.4):
        for _ in range(int(rng.integers(1, 4))):
            surroundings.house(st, st.u(-1.2, 1.2) * wide, reach * st.u(0.2, 1.2) + 4, st.u(5, 12), st.u(3, 8))
    side = 1 if st.chance(0.5) else -1
    limp = float(np.clip(rng.choice([st.u(0, 0.25), st.u(0.3, 0.8), 0.95]), 0, 1))
    for i in range(n):
        x = ((i + st.u(0.2, 0.8)) / n - 0.5) * wide * 0.9 - side * size * 0.5
        y = st.u(0, 0.8) * wide if i else 0.0
        surroundings.pole(st, (x, y), tall + 0.15, 0.035)
        drapes.flag(st, (x + side * 0.04, y, tall), size * st.spread(1, 1.1), side, limp=limp)


def bunting(st: Stage) -> None:
    """Pennants or prayer flags strung across a street, a garden or a mountain pass."""
    rng = st.rng
    kind = str(rng.choice(["pennant", "prayer", "square"], p=[0.45, 0.35, 0.2]))
    size = st.u(0.18, 0.35)
    wide = size * st.u(4.0, 11.0)
    height = st.u(2.2, 4.0)
    reach = wide * st.u(1.0, 2.0)
    st.look(
        (0, 0, height - st.u(0.05, 0.35) * wide * st.aspect),
        reach,
        width=wide,
        eye=st.u(1.2, 2.0),
        blur=st.u(0, 0.05) if st.chance(0.6) else 0.0,
    )
    behind(st, "landscape", "landscape", "sky", "greenery", "wall", "panorama")
    for _ in range(int(rng.choice([1, 2, 3], p=[0.45, 0.3, 0.25]))):
        y = st.u(-0.1, 0.6) * wide
        a, b = st.u(-0.2, 0.2) * wide, st.u(-0.2, 0.2) * wide
        gap = size * (1.02 if kind == "prayer" else st.u(1.05, 1.6))
        span = wide * st.u(1.3, 1.8)
        drapes.bunting(
            st, (-span / 2, y - a, height + a * 0.6), (span / 2, y + b, height + b * 0.6), st.u(0.03,
            0.1) * wide, kind=kind,
            n=int(np.clip(span / gap, 3, 22)), size=size,
        )  # fmt: skip
    if st.chance(0.4):
        surroundings.pole(st, (st.rng.choice([-1, 1]) * wide * st.u(0.3, 0.48), 0.0), height + 0.2, 0.05)
    if st.chance(0.3):
        _bystanders(st, wide, reach)
