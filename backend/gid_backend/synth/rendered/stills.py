# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of what does not move: shelves, tables, rooms, streets, facades; parked things in a landscape."""

from __future__ import annotations

import numpy as np

from . import hangings, outdoors, props, surroundings
from .behind import behind, room
from .craft import put
from .forms import box, colour, join, lattice, tube
from .light import Light
from .stage import Stage

__all__ = ["facade", "indoors", "parked", "street"]


def indoors(st: Stage) -> None:
    """A table or shelves with things on them, a chair, an ironing board, an empty window."""
    rng = st.rng
    kind = int(rng.integers(4))
    if kind == 0:  # things on a table
        wide = st.u(0.4, 1.2)
        reach = wide * st.u(1.3, 2.2)
        st.look((0, 0, 0.8), reach, width=wide, eye=0.8 + reach * st.u(0.1, 0.6), blur=st.u(0, 0.06))
        what = behind(st, "room", "room", "wall", "plain", "fabric", "dark", "greenery")
        if what == "wall":
            st.light = Light.indoor(rng)
        props.table(st, 0.74, -wide * 0.6, reach * 0.14 + wide * 0.4, wide * st.u(1.0, 3.0))
        for _ in range(int(rng.integers(2, 9))):
            props.any_thing(st, (st.u(-0.45, 0.45) * wide, st.u(-0.25, 0.35) * wide, 0.74), wide * st.u(0.12, 0.35))
    elif kind == 1:  # shelves
        wide = st.u(0.8, 2.2)
        st.light = Light.indoor(rng)
        st.look((0, 0, 1.2), wide * 1.5, width=wide, eye=st.u(1.0, 1.7), side=st.u(-0.4, 0.4))
        surroundings.wall(st, 0.18, str(rng.choice(["plaster", "plain", "brick", "planks"])), None, 30.0)
        for k in range(2):
            props.shelf(
                st,
                ((k - 0.5) * wide * 0.9 + st.u(-0.1, 0.1), 0.0, st.u(0.0, 0.5)),
                wide * st.u(0.7, 0.88),
                int(rng.integers(3, 6)),
            )
    elif kind == 2:  # a corner of a room
        wide = st.u(1.8, 4.0)
        reach = wide * st.u(1.0, 1.6)
        st.look((0, 0, 1.0), reach, width=wide, eye=st.u(1.1, 1.7))
        room(st, 1.2, wide)
        surroundings.ground(st, "concrete")
        props.table(st, 0.74, 0.1, 0.9, st.u(0.8, 1.8))
        for _ in range(int(rng.integers(1, 6))):
            props.any_thing(st, (st.u(-0.4, 0.4) * wide * 0.5, st.u(0.2, 0.7), 0.74), st.u(0.12, 0.4))
        for _ in range(int(rng.integers(0, 3))):
            props.chair(st, (st.u(-0.5, 0.5) * wide, st.u(-0.6, 0.6), 0), st.u(-3, 3))
        if st.chance(0.5):
            props.picture(st, (st.u(-0.4, 0.4) * wide, 1.17, st.u(1.4, 1.9)), st.u(0.3, 0.7))
        if st.chance(0.4):
            props.ironing_board(st, (st.u(-0.3, 0.3) * wide, -0.3, 0), 0.88, st.u(-0.8, 0.8))
        if st.chance(0.3):
            props.person(st, (st.u(-0.4, 0.4) * wide, st.u(-0.2, 0.5), 0))
    else:  # books and cups from very near
        wide = st.u(0.25, 0.6)
        st.look((0, 0, 0.12), wide * 1.8, width=wide, eye=st.u(0.15, 0.45), blur=st.u(0.02, 0.1))
        behind(st, "room", "plain", "dark", "fabric", "wall")
        props.table(st, 0.0, -1.0, 0.6, 3.0)
        props.book_row(st, (st.u(-0.05, 0.05), 0.12, 0.0), wide * st.u(0.5, 1.2), 0.24)
        for _ in range(int(rng.integers(1, 5))):
            props.any_thing(st, (st.u(-0.4, 0.4) * wide, st.u(-0.1, 0.02), 0.0), wide * st.u(0.2, 0.45))


def car(st: Stage, at: tuple[float, float], angle: float) -> None:
    """A parked car."""
    side = np.array([
        [-2.1, 0.35], [-2.15, 0.75], [-1.9, 0.88], [-1.2, 0.95], [-0.6, 1.4], [0.7, 1.45], [1.4, 0.98], [2.0,
        0.9], [2.15, 0.6], [2.1, 0.35],
    ])  # fmt: skip
    half = np.array([0.8, 0.86, 0.86, 0.85, 0.68, 0.68, 0.83, 0.85, 0.85, 0.8])
    tone = colour(st.u(0, 1), st.u(0, 0.9), st.u(0.05, 0.9))
    ring = np.stack([np.stack([side[:, 0], d * half, side[:, 1]], 1) for d in (-1.0, -0.8, 0.8, 1.0)], 1)
    ring[:, (1, 2), 2] += 0.04
    hull = [lattice(ring)]
    for d in (-1, 1):
        flank = np.stack(
            [np.stack([side[:, 0], d * half, side[:, 1]], 1), np.stack([side[:, 0], d * half, 0 * half + 0.32], 1)], 1
        )
        hull.append(lattice(flank))
    body = props.turned_about(join(hull), angle, (*at, 0.0))
    put(st, "paint", body.tinted(tone))
    glass = []
    for d in (-1, 1):
        pane = np.array(
            [[[-0.95, d * 0.79, 1.0], [1.15, d * 0.79, 1.02]], [[-0.52, d * 0.715, 1.36], [0.68, d * 0.715, 1.4]]]
        )
        glass.append(lattice(pane))
    for x0, x1 in ((-1.19, -0.62), (1.38, 0.72)):
        glass.append(
            lattice(
                np.array(
                    [
                        [[x0, -0.7, 1.0], [x0, 0.7, 1.0]],
                        [[x1 + np.sign(x0) * 0.02, -0.6, 1.42], [x1 + np.sign(x0) * 0.02, 0.6, 1.42]],
                    ]
                )
            )
        )
    put(st, "ceramic", props.turned_about(join(glass), angle, (*at, 0.0)).tinted(0.02))
    t = np.linspace(0, 2 * np.pi, 25)
    wheels = []
    for x in (-1.3, 1.3):
        for side_y in (-0.8, 0.8):
            rim = np.stack([x + 0.24 * np.cos(t), np.full(25, side_y), 0.32 + 0.24 * np.sin(t)], 1)
            wheels.append(tube(rim, 0.1, 8))
    put(st, "plain", props.turned_about(join(wheels), angle, (*at, 0.0)).tinted(0.01))


def street(st: Stage) -> None:
    """Houses in a row, cars, lamp posts, signs and people who stand."""
    rng = st.rng
    wide = st.u(6, 16)
    reach = wide * st.u(0.9, 1.6)
    st.look((0, 0, st.u(1.5, 4.0)), reach, width=wide, eye=st.u(1.4, 3.0), side=st.u(-0.5, 0.5))
    surroundings.ground(st, "concrete")
    x = -2.0 * wide
    while x < 2.0 * wide:
        w = st.u(5, 11)
        surroundings.house(st, x + w / 2, st.u(4.5, 6.5) + wide * 0.2, w, st.u(4, 12))
        x += w * st.u(1.0, 1.15)
    for _ in range(int(rng.integers(0, 4))):
        car(st, (st.u(-0.6, 0.6) * wide, st.u(0.0, 2.5)), st.u(-0.1, 0.1) + (np.pi if st.chance(0.5) else 0))
    for _ in range(int(rng.integers(0, 5))):
        props.person(st, (st.u(-0.5, 0.5) * wide, st.u(-1.5, 3.0), 0), st.u(1.5, 1.9))
    for _ in range(int(rng.integers(0, 4))):
        at = (st.u(-0.5, 0.5) * wide, st.u(-1, 3))
        surroundings.pole(st, at, st.u(2.5, 6.0))
        if st.chance(0.5):
            panel = box((st.u(0.5, 1.0), 0.03, st.u(0.3, 0.7)), (*at, 2.4))
            put(st, "paint", panel.tinted(colour(st.u(0, 1), 0.8, st.u(0.3, 0.9))))
            hangings.lettering(st, (at[0], at[1] - 0.03, 2.4), 0.16, colour(0, 0, 0.95), letters=3)
    if st.chance(0.3):
        props.bench(st, (st.u(-0.4, 0.4) * wide, -0.5, 0), 1.7)
    if st.chance(0.3):
        props.bicycle(st, (st.u(-0.4, 0.4) * wide, 0.5, 0), st.u(-0.3, 0.3))


def facade(st: Stage) -> None:
    """A wall with windows, doors, signs and lettering; what leans on it."""
    rng = st.rng
    wide = st.u(2.0, 6.0)
    reach = wide * st.u(1.0, 1.8)
    st.look((0, 0, st.u(1.2, 2.4)), reach, width=wide, eye=st.u(1.2, 1.8), side=st.u(-0.5, 0.5))
    surroundings.wall(st, 0.0, size=50.0)
    surroundings.ground(st, "concrete" if st.chance(0.7) else "lawn")
    x = -wide * st.u(0.3, 0.6)
    while x < wide * 0.6:
        w, h = st.u(0.7, 1.4), st.u(0.9, 1.7)
        if st.chance(0.25):  # a door
            put(st, "planks", box((0.95, 0.06, 2.1), (x, -0.02, 1.05)).tinted(props.wood_tone(st)))
        elif st.chance(0.85):
            props.window(st, (x, -0.03, 1.0 + h / 2), w, h, (int(rng.integers(1, 4)), int(rng.integers(1, 3))))
            put(
                st,
                "ceramic",
                box((w, 0.02, h), (x, 0.0, 1.0 + h / 2)).tinted(colour(0.58, st.u(0, 0.3), st.u(0.03, 0.5))),
            )
            if st.chance(0.3):  # shutters
                shut = [box((w * 0.5, 0.04, h), (x + d * w * 0.78, -0.04, 1.0 + h / 2)) for d in (-1, 1)]
                put(st, "wood", join(shut).tinted(colour(st.u(0, 1), 0.5, st.u(0.2, 0.7))))
        x += w + st.u(0.3, 1.5)
    if st.chance(0.5):
        y, z = -0.04, st.u(2.4, 3.0)
        back = colour(st.u(0, 1), st.u(0, 0.9), st.u(0.1, 0.95))
        put(st, "paint", box((wide * 0.5, 0.04, 0.4), (0, y, z)).tinted(back))
        hangings.lettering(
            st, (0, y - 0.03, z), 0.22, colour(0, 0, 0.95) if back.mean() < 0.3 else back * 0.05, letters=6
        )
    for _ in range(int(rng.integers(0, 4))):
        at = np.array([st.u(-0.45, 0.45) * wide, st.u(-0.9, -0.4), 0])
        k = int(rng.integers(6))
        if k == 0:
            props.bicycle(st, at, st.u(-0.1, 0.1))
        elif k == 1:
            props.bench(st, at, 1.5)
        elif k == 2:
            props.chair(st, at, st.u(-3, 3))
        elif k == 3:
            props.person(st, at)
        elif k == 4:
            props.crate(st, at, (0.6, 0.4, 0.4))
        else:
            props.pot(st, at, 0.4, 0.4)


def parked(st: Stage) -> None:
    """A car, a bicycle, a bench, rocks or people alone in a landscape, whose grass and trees may stir."""
    rng = st.rng
    wide = st.u(2.5, 8.0)
    reach = wide * st.u(1.0, 1.8)
    st.look((0, 0, st.u(0.5, 1.2)), reach, width=wide, eye=st.u(0.8, 2.0), blur=st.u(0, 0.02))
    if st.chance(0.75):
        outdoors.landscape(st)
    else:
        surroundings.ground(st, str(rng.choice(["sand", "snow", "concrete"])))
        if st.chance(0.6):
            surroundings.hills(st)
    for _ in range(int(rng.integers(1, 4))):
        at = np.array([st.u(-0.3, 0.3) * wide, st.u(-0.1, 0.5) * wide, 0.0])
        k = int(rng.integers(8))
        if k == 0:
            car(st, (float(at[0]), float(at[1])), st.u(-3, 3))
        elif k == 1:
            props.bicycle(st, at, st.u(-1, 1))
        elif k == 2:
            props.bench(st, at, st.u(1.2, 2.0))
        elif k == 3:
            props.ironing_board(st, at, 0.9, st.u(-0.6, 0.6))
        elif k == 4:
            props.person(st, at)
        elif k == 5:
            props.tripod(st, at, st.u(1.2, 1.8))
        elif k == 6:
            surroundings.rock(st, at, st.u(0.3, 1.2))
        else:
            surroundings.fence(st, float(at[1]), st.u(0.8, 1.3))
