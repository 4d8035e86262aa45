# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that hang: lanterns in rows, gloves and cards on a line, ornaments on a fir, baskets, signs, swings."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from . import hangings, outdoors, props, surroundings
from .behind import behind, lights
from .craft import joint, put
from .drapes import cloth_colour, peg
from .forms import arc, box, colour, join, tube
from .leaves import place_leaves
from .light import Lamp, Light
from .pots import in_pot
from .stage import Stage, vary

__all__ = ["bouncing_line", "lanterns", "on_a_line", "ornaments", "porch", "swings"]

Array = npt.NDArray[Any]


def bouncing_line(
    st: Stage, left: Any, right: Any, sag: float, *, bounce: float, thick: float = 0.004
) -> tuple[int, Array]:
    """A sagging line that gives way by `bounce` metres; returns its part and its points (33, 3)."""
    left, right = np.asarray(left, float), np.asarray(right, float)
    part = joint(
        st, 0, (left + right) / 2, (right - left) / 2, frequency=st.u(0.7, 1.6), drag=0.0, sway=(0, 0, bounce),
        damping=st.u(0.08, 0.2), local=0.2,
    )  # fmt: skip
    return part, hangings.cord(st, left, right, sag, part=part, thick=thick)


def lanterns(st: Stage) -> None:
    """Paper lanterns in rows across a street or a court, by day or lit at night; few and near, or many and far."""
    rng = st.rng
    night = st.chance(0.4)
    rows = int(rng.choice([1, 2, 3, 5], p=[0.3, 0.3, 0.2, 0.2]))
    size = st.u(0.25, 0.5)
    wide = size * st.u(3.0, 7.0) * rows**0.5
    height = st.u(2.5, 4.5)
    reach = wide * st.u(1.0, 2.2)
    if night:
        st.light = Light.night(rng)
        st.light.panorama = ""
    st.look(
        (0, 0, height - st.u(0.0, 0.5) * wide * st.aspect),
        reach,
        width=wide,
        eye=height - reach * st.u(0.05, 0.6),
        blur=st.u(0, 0.02) if st.chance(0.5) else 0.0,
    )
    what = st.u(0, 1)
    if what < 0.35:
        for k in range(int(rng.integers(2, 5))):
            w = st.u(4, 9)
            surroundings.house(st, st.u(-1.3, 1.3) * wide, reach * st.u(0.6, 2.5) + 3 + k * 3, w, st.u(4, 12))
        surroundings.ground(st, "concrete")
    elif what < 0.55:
        behind(st, "wall") if not night else surroundings.wall(
            st, reach * st.u(0.5, 1.0), None, colour(st.u(0, 1), 0.3, st.u(0.1, 0.4))
        )
    elif what < 0.7:
        behind(st, "greenery")
    elif what < 0.8:
        outdoors.landscape(st)
    tones = [
        colour(
            *((0.0, 0.9, 0.75), (0.13, 0.85, 0.95), (0.1, 0.1, 0.95), (0.04, 0.85, 0.9), (st.u(0, 1), 0.6, 0.85))[
                rng.integers(5)
            ]
        )
        for _ in range(int(rng.choice([1, 2, 3])))
    ]
    kinds = [int(rng.integers(3)) for _ in range(int(rng.choice([1, 1, 2])))]
    dense = st.chance(0.3)
    for r in range(rows):
        y = 0.0 if rows == 1 else (r / rows - 0.3) * wide * st.u(0.5, 1.6)
        z = height + st.u(-0.1, 0.5) * wide * st.aspect + (r * size * 1.3 if dense else 0) - 0.1 * wide
        tilt = st.u(-0.12, 0.12) * wide
        n = int(np.clip(wide * 1.5 / (size * st.u(1.1, 2.6)), 2, 14))
        if st.chance(0.3):  # from a beam that stands still
            beam, line = 0, hangings.cord(st, (-wide, y, z), (wide, y, z), 0.0, thick=0.04)
        else:
            beam, line = bouncing_line(
                st,
                (-wide, y, z - tilt),
                (wide, y, z + tilt),
                st.u(0, 0.12) * wide,
                bounce=st.u(0.02, 0.07),
                thick=0.008,
            )
        cord = st.u(0.0, 0.35)
        for i in range(n):
            along = (i + 0.5 + st.u(-0.15, 0.15)) / n
            hook = np.array([np.interp(along, np.linspace(0, 1, 33), line[:, a]) for a in range(3)])
            kind = kinds[int(rng.integers(len(kinds)))]
            tone = tones[int(rng.integers(len(tones)))] * st.u(0.85, 1.1)
            hangings.lantern(
                st,
                hook,
                size * st.spread(1.0, 1.1),
                cord * st.u(0.6, 1.3),
                tone=tone,
                kind=kind,
                glow=night and st.chance(0.9),
                parent=beam,
            )
            if night and len(st.light.lamps) < 5:
                st.light.lamps.append(
                    Lamp(
                        tuple(hook - (0, size * 0.9, cord + size * 0.6)), 12.0 * size**2, (1.0, 0.75, 0.45), size * 0.4
                    )
                )
    if st.chance(0.25):
        x = st.u(-0.5, 0.5) * wide
        put(
            st,
            "wood",
            box((0.12, 0.12, 12.0), (x, st.u(-0.2, 0.4) * wide, 3.0)).tinted(colour(0.07, 0.4, st.u(0.1, 0.5))),
        )


def on_a_line(st: Stage) -> None:
    """Gloves, socks, cards, photographs or small cloths pegged to a line; what is behind stands still."""
    rng = st.rng
    what = str(rng.choice(["gloves", "cards", "socks", "mixed"], p=[0.36, 0.34, 0.18, 0.12]))
    n = int(rng.integers(2, 7))
    size = 0.2 if what != "cards" else 0.14
    gap = size * st.u(0.8, 1.5)
    wide = max(n * gap * st.u(0.5, 1.15), size * 1.6)
    height, reach = 1.5, n * gap * st.u(1.3, 2.4)
    st.look(
        (0, 0, height - size * st.u(0.3, 0.9)),
        reach,
        width=wide,
        eye=height + reach * st.u(-0.35, 0.15),
        blur=st.u(0, 0.08),
    )
    if st.chance(0.4):
        st.light = Light.indoor(rng)
    behind(
        st,
        "wall",
        "wall",
        "plain",
        "plain",
        "plain",
        "sky",
        "sky",
        "greenery",
        "greenery",
        "room",
        "fabric",
        "landscape",
        "panorama",
    )
    slope, sag = st.u(-0.1, 0.1) * wide, st.u(0, 0.05) * wide
    line_part, line = bouncing_line(
        st,
        (-wide, 0, height - slope),
        (wide, 0, height + slope),
        sag,
        bounce=st.u(0.004, 0.018),
        thick=st.u(0.001, 0.004),
    )
    tone = cloth_colour(st) if st.chance(0.6) else colour(st.u(0, 1), st.u(0.1, 0.6), st.u(0.6, 0.95))
    same = st.chance(0.6)
    for i in range(-1, n + 1):
        x = (i + 0.5 - n / 2) * gap + st.u(-0.08, 0.08) * gap
        hook = np.array([x, 0, np.interp(x, line[:, 0], line[:, 2])])
        own = tone * st.u(0.9, 1.05) if same else cloth_colour(st)
        kind = what if what != "mixed" else str(rng.choice(["gloves", "cards", "socks"]))
        if kind == "gloves":
            hangings.glove(st, hook, size * st.spread(1.0, 1.05), own, hand=-1 if i % 2 else 1, parent=line_part)
        elif kind == "socks":
            hangings.sock(st, hook, size * st.u(0.8, 1.1), own, hand=1 if st.chance(0.7) else -1, parent=line_part)
        else:
            hangings.card(st, hook, size * st.u(0.75, 1.15), writes=st.chance(0.7), parent=line_part)
        pegged = 1 if kind != "cards" or st.chance(0.7) else 2
        for k in range(pegged):
            peg(st, hook + ((k - (pegged - 1) / 2) * size * 0.5, 0, 0.012), st.u(0.05, 0.08) * (size / 0.17), line_part)


def _spray(
    st: Stage, parent: int, start: Array, way: Any, long: float, tone: Array, drag: float
) -> tuple[Array, list[int]]:
    """A twig of fir with needles all round; returns its points and parts."""
    rng = st.rng
    points = arc(start, way, long, (st.u(-0.3, 0.3), st.u(-0.3, 0.3), -st.u(0.1, 0.6)), 4)
    part, own = parent, []
    for a, b in pairwise(points):
        part = joint(st, part, a, b - a, frequency=st.u(0.9, 1.8), drag=drag, damping=0.15, local=0.25)
        own.append(part)
    put(st, "bark", tube(points, np.linspace(0.012, 0.004, 5) * long / 0.4, 5, own).tinted(colour(0.08, 0.4, 0.3)))
    k = int(650 * (long / 0.4) ** 0.5)
    t = np.sort(rng.random(k)) * 4
    seg = np.minimum(t.astype(int), 3)
    bases = points[seg] + (points[seg + 1] - points[seg]) * (t - seg)[:, None]
    along = (points[seg + 1] - points[seg]) / (long / 4)
    ways = along * 0.9 + rng.normal(0, 0.75, (k, 3))
    needles = place_leaves(
        bases, ways, rng.normal(0, 1, (k, 3)), long * 0.11 * np.exp(rng.normal(0, 0.15, k)), 0.05, "needle"
    )
    st.mesh("leaf").polygons(needles, np.array(own)[seg], vary(rng, tone, k, 0.3, 0.08))
    return points, own


def ornaments(st: Stage) -> None:
    """Baubles and trinkets on the twigs of a fir, with small lights."""
    rng = st.rng
    wide = st.u(0.4, 1.2)
    reach = wide * st.u(1.3, 2.2)
    st.light = Light.indoor(rng)
    if st.chance(0.5):
        st.light.power *= 0.35
        st.light.sun = 0.0
        st.light.lamps += [
            Lamp((st.u(-1, 1) * wide, -0.4 * reach, 1.2 + st.u(-0.5, 0.8) * wide), 6.0 * wide**2, radius=0.1)
            for _ in range(2)
        ]
    st.look((0, 0, 1.2), reach, width=wide, eye=1.2 + st.u(-0.2, 0.3) * reach, blur=st.u(0.008, 0.04))
    dense = st.chance(0.65)
    if not dense:
        behind(st, "room", "dark", "plain", "greenery")
    else:
        surroundings.wall(st, wide * 0.9, "plain", colour(st.u(0.28, 0.4), 0.5, st.u(0.08, 0.2)))
    if st.chance(0.7):
        lights(st, wide * 0.7, wide, int(rng.integers(6, 40)))
    green = colour(st.u(0.27, 0.45), st.u(0.3, 0.7), st.u(0.2, 0.45))
    if dense:
        # The depth of the tree: soft, and so not seen to move.
        k = 2600
        spots = np.stack(
            [rng.uniform(-1, 1, k) * wide, rng.uniform(0.45, 0.85, k) * wide, 1.2 + rng.uniform(-1, 1, k) * wide], 1
        )
        ways = np.array([rng.normal(0, 1), -1.0, rng.normal(0, 1)]) + rng.normal(0, 0.9, (k, 3))
        needles = place_leaves(spots, ways, rng.normal(0, 1, (k, 3)), wide * 0.07, 0.06, "needle")
        st.mesh("leaf").polygons(needles, 0, vary(rng, green * 0.7, k, 0.4, 0.08))
    hooks: list[tuple[Array, int]] = []
    for _ in range(int(rng.integers(22, 40)) if dense else int(rng.integers(6, 13))):
        y = st.u(-0.1, 0.5) * wide if dense else st.u(-0.15, 0.1) * wide
        start = np.array([st.u(-0.75, 0.75) * wide, y, 1.2 + st.u(-0.55, 0.75) * wide * (st.aspect if dense else 0.8)])
        way = np.array([st.rng.normal(0, 0.8), -st.u(0.0, 0.8), st.u(-0.7, 0.3)])
        points, own = _spray(st, 0, start, way, wide * st.u(0.3, 0.6), green * st.u(0.6, 1.25), st.u(0.006, 0.02))
        hooks.append((points[-1], own[-1]))
        hooks.append((points[2], own[1]))
        for _ in range(2):
            i = int(rng.integers(1, 4))
            _spray(
                st,
                own[i - 1],
                points[i],
                points[i + 1] - points[i] + rng.normal(0, 0.06, 3) * wide,
                wide * st.u(0.12, 0.25),
                green * st.u(0.6, 1.25),
                0.02,
            )
    order = sorted(range(len(hooks)), key=lambda i: hooks[i][0][1])[: len(hooks) * 2 // 3]
    for i in rng.permutation(order)[: int(rng.integers(2, 10))]:
        at, own = hooks[i]
        hangings.bauble(st, at - (0, 0.02 * wide, 0), wide * st.u(0.05, 0.11), wide * st.u(0.01, 0.05), parent=own)


def porch(st: Stage) -> None:
    """Wind chimes, hanging baskets, a shop's sign: below a beam, before a wall or a garden."""
    rng = st.rng
    wide = st.u(0.9, 2.2)
    reach = wide * st.u(1.2, 2.2)
    top = 2.3
    low = wide * st.aspect
    st.look((0, 0, top - low * st.u(0.3, 0.5)), reach, width=wide, eye=st.u(1.4, 2.0), blur=st.u(0, 0.05))
    behind(st, "wall", "wall", "wall", "greenery", "greenery", "landscape", "panorama")
    beam = colour(st.u(0.05, 0.1), st.u(0.2, 0.6), st.u(0.15, 0.8))
    put(st, "wood", box((wide * 3, 0.12, 0.14), (0, 0, top + 0.07)).tinted(beam))
    if st.chance(0.5):
        put(
            st,
            "wood",
            box((0.11, 0.11, 6.0), (st.rng.choice([-1, 1]) * wide * st.u(0.25, 0.5), 0.0, top - 3.0)).tinted(beam),
        )
    n = int(rng.integers(1, 4))
    for i in range(n):
        hook = np.array([(i + 0.5 - n / 2) / n * wide + st.u(-0.06, 0.06) * wide, 0.0, top])
        what = int(rng.integers(5))
        size = wide * st.u(0.16, 0.3) / n**0.3
        if what == 0:
            hangings.chime(st, hook, size)
        elif what in (1, 2):
            part, mouth = hangings.basket(st, hook, size)
            in_pot(st, mouth - (0, 0, 0.08 * size), size, part)
        elif what == 3:
            hangings.sign(st, hook, size * 1.5)
        else:
            hangings.lantern(
                st,
                hook,
                size,
                size * st.u(0.1, 0.8),
                tone=colour(st.u(0, 1), st.u(0, 0.8), 0.9),
                kind=int(rng.integers(3)),
                glow=False,
            )
    if st.chance(0.4):
        props.chair(st, (st.u(-0.4, 0.4) * wide, st.u(0.2, 0.6), 0), st.u(-3, 3))


def swings(st: Stage) -> None:
    """A seat, an egg chair, a tyre or a bird house on a bough or a frame that stands still."""
    rng = st.rng
    drop = st.u(1.0, 2.4)
    kind = int(rng.integers(4))
    size = st.u(0.55, 0.8) if kind != 3 else 0.3
    beam = drop + (0.5 if kind != 3 else 1.2)
    wide = drop * st.u(1.2, 1.9) / st.aspect
    reach = wide * st.u(1.1, 2.0)
    st.look(
        (st.u(-0.25, 0.25) * wide, 0, beam - drop * st.u(0.45, 0.7)),
        reach,
        width=wide,
        eye=st.u(1.0, 1.8),
        blur=st.u(0, 0.03) if st.chance(0.6) else 0,
    )
    what = st.u(0, 1)
    if what < 0.45:
        outdoors.landscape(st)
        if st.chance(0.3):
            surroundings.still_things(st, reach * 0.9, reach * 2.5, int(rng.integers(1, 4)))
    elif what < 0.65:  # a beach
        surroundings.ground(st, "sand")
        put(
            st,
            "water",
            box((900, 400, 0.02), (0, reach + 206, 0.02)).tinted(
                colour(st.u(0.48, 0.56), st.u(0.3, 0.7), st.u(0.35, 0.7))
            ),
        )
        if st.chance(0.5):
            surroundings.hills(st)
    elif what < 0.85:
        behind(st, "greenery")
        surroundings.ground(st)
    else:
        behind(st, "wall")
        surroundings.ground(st, "concrete")
    if st.chance(0.5):  # a bough and its trunk
        x = st.rng.choice([-1, 1]) * wide * st.u(0.35, 0.7)
        tone = colour(0.07, st.u(0.1, 0.4), st.u(0.15, 0.4))
        trunk = np.array(
            [[x, 0.1, -0.2], [x * 0.98, 0.1, beam * 0.5], [x * 0.93, 0.05, beam * 0.97], [x, 0.2, beam * 1.6]]
        )
        bough = np.array(
            [[x, 0.1, beam * 0.85], [x * 0.5, 0.0, beam + 0.02], [0, 0, beam + 0.03], [-x, 0.1, beam + 0.15]]
        )
        put(st, "bark", tube(trunk, (0.22, 0.18, 0.17, 0.1), 12).tinted(tone))
        put(st, "bark", tube(bough, (0.12, 0.08, 0.06, 0.03), 9).tinted(tone))
    else:
        half = size * st.u(1.0, 2.2)
        tone = props.wood_tone(st)
        legs = [
            tube(np.array([[d * half * 1.05, y, 0], [d * half, 0, beam]]), 0.04, 8)
            for d in (-1, 1)
            for y in (-0.6, 0.6)
        ]
        put(
            st,
            "wood",
            join([*legs, tube(np.array([[-half * 1.1, 0, beam], [half * 1.1, 0, beam]]), 0.045, 8)]).tinted(tone),
        )
    hangings.swing(st, (0, 0, beam), drop, size, kind)
    if st.chance(0.25):
        surroundings.person(st, (st.u(-0.5, 0.5) * wide, reach * st.u(0.3, 1.0)))
