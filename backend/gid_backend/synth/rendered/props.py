# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that stand still, small and near: tables, pots, bottles, books, boards, chairs, people, rocks, poles."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .craft import put
from .forms import Form, arc, ball, box, colour, join, lattice, noise, tube, turned

__all__ = [
    "any_thing", "bench", "bicycle", "book_row", "bottle", "chair", "crate", "ironing_board", "mug",
    "person", "picture",
    "pot", "shelf", "table", "tripod", "vase", "window",
]  # fmt: skip

Array = npt.NDArray[Any]


def turned_about(form: Form, angle: float, at: Any = (0.0, 0.0, 0.0)) -> Form:
    """Turned about the vertical, then moved."""
    c, s = np.cos(angle), np.sin(angle)
    return form.moved(at, np.array([[c, s, 0], [-s, c, 0], [0, 0, 1.0]]))


def wood_tone(st: Any) -> Array:
    """From ebony to birch, or painted."""
    if st.chance(0.2):
        return colour(st.u(0, 1), st.u(0.05, 0.5), st.u(0.3, 0.9))
    return colour(st.u(0.045, 0.095), st.u(0.25, 0.7), st.u(0.18, 0.75))


def table(st: Any, height: float, front: float, back: float, wide: float) -> Array:
    """A table top from y = `front` to `back`; returns its tone."""
    tone = wood_tone(st)
    kind = str(st.rng.choice(["planks", "wood", "plain", "cloth", "stone"], p=[0.2, 0.4, 0.2, 0.12, 0.08]))
    if kind in ("plain", "cloth"):
        tone = colour(st.u(0, 1), st.u(0, 0.35), st.u(0.3, 0.95))
    top = box((wide, back - front, 0.035), (0, (front + back) / 2, height - 0.0175))
    put(st, kind, top.tinted(tone))
    legs = [
        box((0.06, 0.06, height), (d * wide * 0.45, y, height / 2))
        for d in (-1, 1)
        for y in (front + 0.05, back - 0.05)
    ]
    put(st, "wood", join(legs).tinted(tone * 0.8))
    return tone


def pot(st: Any, at: Any, wide: float, tall: float) -> Array:
    """A flower pot; returns the middle of the soil in it."""
    at = np.asarray(at, float)
    kind = st.rng.integers(4)
    r = wide / 2
    if kind == 0:  # terracotta with a rim
        profile = [[0.01, 0], [0.68, 0], [0.92, 0.8], [1.04, 0.8], [1.06, 1.0], [0.96, 1.0], [0.92, 0.85], [0.01, 0.85]]
        tone, material = colour(0.045, st.u(0.5, 0.7), st.u(0.5, 0.75)), "plaster"
    elif kind == 1:  # cylinder
        profile = [[0.01, 0], [0.95, 0], [1, 0.05], [1, 1.0], [0.93, 1.0], [0.93, 0.86], [0.01, 0.86]]
        tone, material = colour(st.u(0, 1), st.u(0, 0.5), st.u(0.2, 0.95)), "ceramic"
    elif kind == 2:  # bulging
        profile = [
            [0.01, 0],
            [0.6, 0],
            [0.95, 0.3],
            [1.05, 0.55],
            [0.9, 0.9],
            [0.98, 1.0],
            [0.88, 1.0],
            [0.84, 0.88],
            [0.01, 0.88],
        ]
        tone, material = colour(st.u(0, 1), st.u(0.1, 0.8), st.u(0.2, 0.85)), "ceramic"
    else:  # basket
        profile = [[0.01, 0], [0.8, 0], [0.9, 0.3], [1.0, 0.95], [1.03, 1.0], [0.93, 1.0], [0.9, 0.86], [0.01, 0.86]]
        tone, material = colour(0.08, st.u(0.3, 0.55), st.u(0.4, 0.7)), "wood"
    body = turned(profile, 28)
    if kind == 3:
        body = body.tinted((1 + 0.4 * np.sin(body.uv[:, :1] * 175) * np.sin(body.uv[:, 1:] * 45)) * 0.9)
    form = body.moved(at, None, (r, r, tall)).tinted(tone)
    put(st, material, form)
    soil = turned([[0.9, 0.87], [0.5, 0.9], [0.01, 0.9]], 20).moved(at, None, (r, r, tall))
    put(st, "soil", soil.tinted(colour(0.07, 0.5, 0.25)))
    return np.asarray(at + np.array([0, 0, 0.9 * tall]))


_BOTTLES = (
    [
        [0.01, 0],
        [0.95, 0],
        [1, 0.05],
        [1, 0.55],
        [0.75, 0.68],
        [0.32, 0.76],
        [0.3, 0.95],
        [0.38, 0.96],
        [0.36, 1.0],
        [0.25, 1.0],
    ],
    [[0.01, 0], [0.7, 0], [1.0, 0.2], [0.95, 0.4], [0.4, 0.7], [0.35, 0.9], [0.55, 1.0], [0.5, 1.0]],
    [[0.01, 0], [0.6, 0], [0.75, 0.5], [0.7, 0.8], [0.9, 1.0], [0.84, 1.0], [0.6, 0.8]],
    [[0.01, 0], [0.95, 0], [1.0, 0.03], [1.0, 0.97], [0.95, 1.0], [0.9, 0.97]],
)


def vase(st: Any, at: Any, wide: float, tall: float) -> Array:
    """A vase, a bottle or a jar; returns the middle of its mouth."""
    profile = _BOTTLES[st.rng.integers(4)]
    form = turned(profile, 28).moved(at, None, (wide / 2, wide / 2, tall))
    if st.chance(0.35):
        put(
            st,
            "glass",
            form.tinted(colour(*((0.07, 0.8, 0.6), (0.35, 0.5, 0.6), (0.55, 0.2, 0.9))[st.rng.integers(3)])),
        )
    else:
        put(st, "ceramic", form.tinted(colour(st.u(0, 1), st.u(0, 0.7), st.u(0.1, 0.95))))
    return np.asarray(np.asarray(at, float) + np.array([0, 0, tall]))


def bottle(st: Any, at: Any, tall: float) -> None:
    """A vase without a use."""
    vase(st, at, tall * st.u(0.25, 0.6), tall)


def mug(st: Any, at: Any, tall: float) -> None:
    """A cup with its handle."""
    tone = colour(st.u(0, 1), st.u(0, 0.8), st.u(0.2, 0.95))
    r = tall * 0.42
    body = turned([[0.01, 0], [0.85, 0], [1, 0.06], [1, 1], [0.93, 1], [0.93, 0.8], [0.01, 0.8]], 24).moved(
        at, None, (r, r, tall)
    )
    a = np.linspace(-1.3, 1.3, 9)
    side = 1 if st.chance(0.5) else -1
    ring = np.stack([side * (r * 0.95 + np.cos(a) * tall * 0.26), 0 * a, tall * 0.5 + np.sin(a) * tall * 0.3], 1)
    put(st, "ceramic", join([body, tube(ring, tall * 0.06, 7).moved(at)]).tinted(tone))


def book_row(st: Any, at: Any, wide: float, tall: float) -> None:
    """Books that stand side by side, some leaning."""
    x, forms = -wide / 2, []
    while x < wide / 2:
        w, h = st.u(0.015, 0.05), tall * st.u(0.65, 0.95)
        lean = st.u(-0.12, 0.12) if st.chance(0.15) else 0.0
        c, s = np.cos(lean), np.sin(lean)
        spine = box((w, 0.16, h), (0, 0, h / 2)).moved((x + w / 2, 0, 0), np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]))
        tone = colour(st.u(0, 1), st.u(0.1, 0.85), st.u(0.1, 0.85))
        forms.append(spine.tinted(tone))
        band = box((w * 0.8, 0.004, h * 0.12), (x + w / 2, -0.081, h * st.u(0.55, 0.8)))
        forms.append(band.tinted(colour(0.12, st.u(0, 0.5), 0.9)))
        x += w + 0.002
    put(st, "paint", join(forms).moved(at))


def crate(st: Any, at: Any, size: Any) -> None:
    """A box: of cardboard, wood or steel."""
    tone = colour(0.08, 0.45, st.u(0.4, 0.75)) if st.chance(0.5) else colour(st.u(0, 1), st.u(0.1, 0.7), st.u(0.2, 0.9))
    material = str(st.rng.choice(["plain", "wood", "planks", "paint"]))
    size = np.asarray(size, float)
    put(st, material, turned_about(box(size, (0, 0, size[2] / 2)), st.u(-0.8, 0.8), at).tinted(tone))


def tripod(st: Any, at: Any, tall: float) -> None:
    """Three crossed sticks: an easel, a music stand, a lamp."""
    top = np.asarray(at, float) + (0, 0, tall)
    legs = [
        tube(np.stack([top, np.asarray(at) + (np.cos(a) * 0.3 * tall, np.sin(a) * 0.3 * tall, 0)]), 0.012 * tall, 6)
        for a in (0.5, 2.6, 4.7)
    ]
    put(st, "wood", join(legs).tinted(wood_tone(st)))
    if st.chance(0.6):
        panel = box((0.5 * tall, 0.02, 0.4 * tall), (0, -0.02, 0.1 * tall)).moved(top)
        put(st, "paint", panel.tinted(colour(st.u(0, 1), st.u(0, 0.5), st.u(0.3, 0.95))))


def ironing_board(st: Any, at: Any, height: float, angle: float = 0.0) -> tuple[Array, Array, Array]:
    """A board on crossed legs; returns the front edge's left end, the way along it, and the way to the back."""
    at = np.asarray(at, float)
    long, deep = st.u(1.2, 1.5), 0.38
    t = np.linspace(0, 2 * np.pi, 33)[:-1]
    x = np.cos(t)
    # Pointed at one end, blunt at the other.
    y = np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 0.6 * np.where(x > 0, 1 - 0.6 * x**2, 1.0)
    x = np.sign(x) * np.abs(x) ** 0.55
    rim = np.stack([x * long / 2, y * deep / 2], 1)
    rings = [
        np.concatenate([rim * k, np.full((32, 1), z)], 1)
        for k, z in ((0.01, 0.015), (0.93, 0.015), (1.0, 0.0), (0.98, -0.025), (0.01, -0.025))
    ]
    cover = lattice(np.stack(rings), wrap=True)
    tone = colour(st.u(0, 1), st.u(0, 0.6), st.u(0.45, 0.95))
    put(st, "plain", turned_about(cover, angle, at + (0, 0, height)).tinted(tone))
    legs = []
    for y_ in (-0.14, 0.14):
        for d in (-1, 1):
            legs.append(
                tube(
                    np.array([[d * 0.42, y_, height - 0.02], [0, y_ * 1.05, height * 0.5], [-d * 0.4, y_ * 1.2, 0.02]]),
                    0.012,
                    7,
                )
            )
    for d in (-1, 1):
        legs.append(tube(np.array([[d * 0.4, -0.22, 0.02], [d * 0.4, 0.22, 0.02]]), 0.014, 7))
    steel = colour(0.6, st.u(0, 0.15), st.u(0.15, 0.9))
    put(st, "paint", turned_about(join(legs), angle, at).tinted(steel))
    c, s = np.cos(angle), np.sin(angle)
    along, back = np.array([c, s, 0]), np.array([-s, c, 0])
    if st.chance(0.6):  # the iron
        p = at + along * st.u(-0.45, -0.2) + (0, 0, height + 0.015)
        sole = lattice(
            np.array(
                [
                    [[-0.12, -0.05, 0], [-0.12, 0.05, 0]],
                    [[0.0, -0.06, 0], [0.0, 0.06, 0]],
                    [[0.13, -0.002, 0], [0.13, 0.002, 0]],
                ]
            )
        )
        hull = [sole.moved((0, 0, z)).moved((0, 0, 0), None, (k, k, 1)) for z, k in ((0.01, 1.0), (0.06, 0.8))]
        grip = tube(np.array([[-0.1, 0, 0.06], [-0.1, 0, 0.12], [0.05, 0, 0.13], [0.07, 0, 0.06]]), 0.015, 8)
        shell = turned([[1.0, 0.0], [1.0, 0.4], [0.7, 1.0], [0.01, 1.0]], 16).moved(
            (-0.02, 0, 0.005), None, (0.11, 0.05, 0.06)
        )
        put(
            st,
            "paint",
            turned_about(join([*hull, grip, shell]), angle + st.u(-0.5, 0.5), p).tinted(
                colour(st.u(0, 1), st.u(0, 0.5), st.u(0.1, 0.9))
            ),
        )
    return at + (0, 0, height + 0.016) - along * long / 2 - back * deep / 2, along * long, back * deep


def chair(st: Any, at: Any, angle: float) -> None:
    """Four legs, a seat, a back."""
    tone = wood_tone(st)
    legs = [
        box((0.04, 0.04, 0.45 if y < 0 else 0.95), (x, y, 0.225 if y < 0 else 0.475))
        for x in (-0.2, 0.2)
        for y in (-0.2, 0.2)
    ]
    slats = [box((0.4, 0.02, 0.07), (0, 0.2, z)) for z in (0.6, 0.73, 0.87)]
    put(st, "wood", turned_about(join([*legs, *slats, box((0.46, 0.46, 0.035), (0, 0, 0.46))]), angle, at).tinted(tone))


def bench(st: Any, at: Any, wide: float) -> None:
    """A garden bench."""
    tone = wood_tone(st)
    slats = [box((wide, 0.07, 0.03), (0, y, 0.45)) for y in (-0.15, -0.06, 0.03, 0.12)]
    back = [box((wide, 0.02, 0.07), (0, 0.2, z)) for z in (0.6, 0.7, 0.8)]
    legs = [box((0.06, 0.4, 0.45), (d * wide * 0.42, 0, 0.22)) for d in (-1, 1)]
    put(st, "wood", turned_about(join([*slats, *back, *legs]), st.u(-0.4, 0.4), at).tinted(tone))


def bicycle(st: Any, at: Any, angle: float) -> None:
    """Two wheels and a frame, leaning on nothing."""
    t = np.linspace(0, 2 * np.pi, 29)
    hub = np.array([[-0.52, 0, 0.34], [0.52, 0, 0.34]])
    rings = [tube(np.stack([h[0] + 0.33 * np.cos(t), 0 * t, h[2] + 0.33 * np.sin(t)], 1), 0.018, 6) for h in hub]
    spokes = [
        tube(np.stack([h, h + 0.33 * np.array([np.cos(a), 0, np.sin(a)])]), 0.003, 3)
        for h in hub
        for a in np.linspace(0, 6.28, 15)[:-1]
    ]
    seat, head, crank = np.array([-0.18, 0, 0.85]), np.array([0.38, 0, 0.85]), np.array([-0.05, 0, 0.3])
    bars = [
        (hub[0], seat * (1, 1, 0.95)),
        (hub[0], crank),
        (crank, seat),
        (seat * (1, 1, 0.93), head),
        (crank, head),
        (head, hub[1]),
        (head, head + (-0.05, 0, 0.15)),
    ]
    frame_ = [tube(np.stack([a, b]), 0.017, 6) for a, b in bars]
    handle = tube(np.stack([head + (-0.05, -0.25, 0.15), head + (-0.05, 0.25, 0.15)]), 0.014, 6)
    saddle = ball(0.11, 0.35, 10, 6).moved(seat + (0, 0, 0.03))
    put(st, "paint", turned_about(join([*rings, *spokes, handle, saddle]), angle, at).tinted(0.03))
    put(st, "paint", turned_about(join(frame_), angle, at).tinted(colour(st.u(0, 1), st.u(0, 0.9), st.u(0.2, 0.9))))


def person(st: Any, at: Any, tall: float = 1.72) -> None:
    """Someone who stands, seen from any side."""
    k = tall / 1.75
    skin = colour(st.u(0.04, 0.08), st.u(0.25, 0.6), st.u(0.3, 0.9))
    top, low = (colour(st.u(0, 1), st.u(0, 0.8), st.u(0.08, 0.9)) for _ in range(2))
    hair = colour(st.u(0.05, 0.1), st.u(0.2, 0.7), st.u(0.05, 0.5))
    dress = st.chance(0.3)
    step = st.u(0.02, 0.2)
    legs = [
        tube(
            np.array([[d * 0.09, 0, 0.92], [d * 0.1, d * step * 0.4, 0.5], [d * 0.1, d * step, 0.04]]),
            (0.09, 0.065, 0.045),
            9,
        )
        for d in (-1, 1)
    ]
    shoes = [ball(0.055, 0.7, 9, 6).moved((d * 0.1, d * step - 0.04, 0.04), None, (0.9, 2.2, 1)) for d in (-1, 1)]
    flat = np.array([1.0, 0.62, 1.0])
    trunk = turned(
        [[0.01, 0.88], [0.17, 0.9], [0.15, 1.1], [0.19, 1.35], [0.17, 1.43], [0.06, 1.48], [0.05, 1.5]], 16
    ).moved((0, 0, 0), None, flat)
    skirt = turned([[0.3, 0.5], [0.2, 0.8], [0.15, 1.1]], 16).moved((0, 0, 0), None, flat * (1, 1.2, 1))
    bend = st.u(-0.3, 0.6)
    arms = [arc((d * 0.2, 0, 1.4), (d * 0.25, 0, -1), 0.62, (-d * 0.2, -bend, bend * 0.8), 6) for d in (-1, 1)]
    sleeves = [tube(a[:5], np.linspace(0.06, 0.045, 5), 8) for a in arms]
    hands = [ball(0.045, 1.3, 8, 6).moved(a[-1]) for a in arms] + [tube(a[4:], 0.035, 7) for a in arms]
    face = join(
        [ball(0.1, 1.2, 14, 10).moved((0, 0, 1.62)), tube(np.array([[0, 0, 1.46], [0, 0, 1.56]]), 0.05, 8), *hands]
    )
    mop = ball(0.108, 1.15, 14, 10).moved((0, 0.015, 1.65))
    angle = st.u(0, 6.28)
    cut = mop.vertices[:, 1] > -0.05
    mop.vertices[~cut] = mop.vertices[~cut] * (1, 0.6, 1)
    for material, form, tone in (
        ("cloth", join([trunk, *sleeves] + ([skirt] if dress else [])), top), ("cloth", join(legs),
        skin if dress else low),
        ("paint", join(shoes), low * 0.3), ("plain", face, skin), ("plain", mop, hair),
    ):  # fmt: skip
        put(st, material, turned_about(form.moved((0, 0, 0), None, k), angle, at).tinted(tone))


def window(st: Any, centre: Any, wide: float, tall: float, panes: tuple[int, int] = (2, 2)) -> None:
    """A window's frame in the plane x-z; what is behind shows through."""
    centre = np.asarray(centre, float)
    tone = wood_tone(st) if st.chance(0.4) else colour(0.1, st.u(0, 0.1), st.u(0.6, 0.95))
    bars = [box((0.07, 0.08, tall), (x, 0, 0)) for x in (-wide / 2, wide / 2)]
    bars += [box((wide, 0.08, 0.07), (0, 0, z)) for z in (-tall / 2, tall / 2)]
    bars += [box((0.035, 0.05, tall), (wide * (i / panes[0] - 0.5), 0, 0)) for i in range(1, panes[0])]
    bars += [box((wide, 0.05, 0.035), (0, 0, tall * (i / panes[1] - 0.5))) for i in range(1, panes[1])]
    bars.append(box((wide + 0.2, 0.25, 0.04), (0, -0.1, -tall / 2 - 0.04)))
    put(st, "paint", join(bars).moved(centre).tinted(tone))


def shelf(st: Any, at: Any, wide: float, rows: int) -> None:
    """Shelves with books, vases, boxes and pots against a wall."""
    at = np.asarray(at, float)
    tone = wood_tone(st)
    step = st.u(0.3, 0.42)
    boards = [box((wide, 0.28, 0.025), (0, 0, i * step)) for i in range(rows + 1)]
    sides = [box((0.025, 0.28, rows * step), (d * wide / 2, 0, rows * step / 2)) for d in (-1, 1)]
    put(st, "wood", join(boards + sides).moved(at).tinted(tone))
    for i in range(rows):
        x = -wide / 2 + 0.05
        while x < wide / 2 - 0.2:
            w = st.u(0.12, 0.45)
            spot = at + np.array([x + w / 2, -0.02, i * step + 0.013])
            if x + w > wide / 2:
                break
            if st.chance(0.5):
                book_row(st, spot, w, step * 0.85)
            elif st.chance(0.8):
                any_thing(st, spot, step * st.u(0.35, 0.75))
            x += w + st.u(0, 0.1)


def any_thing(st: Any, at: Any, size: float) -> None:
    """Some small thing that stands on a table."""
    kind = int(st.rng.integers(8))
    at = np.asarray(at, float)
    if kind == 0:
        pot(st, at, size * 0.8, size * 0.8)
    elif kind in (1, 2):
        bottle(st, at, size * 1.2)
    elif kind == 3:
        mug(st, at, size * 0.6)
    elif kind == 4:
        crate(st, at, np.array([st.u(0.5, 1.2), st.u(0.4, 0.8), st.u(0.4, 0.9)]) * size)
    elif kind == 5:  # a pile of books
        z, forms = 0.0, []
        for _ in range(int(st.rng.integers(1, 5))):
            h = size * st.u(0.08, 0.2)
            slab = turned_about(box((size * st.u(0.8, 1.1), size * 0.7, h), (0, 0, z + h / 2)), st.u(-0.3, 0.3))
            forms.append(slab.tinted(colour(st.u(0, 1), st.u(0.1, 0.8), st.u(0.15, 0.9))))
            z += h
        put(st, "paint", join(forms).moved(at))
    elif kind == 6:  # a ball, an apple, a stone
        put(
            st,
            str(st.rng.choice(["fruit", "ceramic", "metal"])),
            ball(size * 0.4, st.u(0.85, 1.05))
            .moved(at + (0, 0, size * 0.38))
            .tinted(colour(st.u(0, 1), st.u(0.1, 0.9), st.u(0.3, 0.9))),
        )
    else:
        picture(st, at + (0, 0, size * 0.5), size)


def picture(st: Any, centre: Any, size: float) -> None:
    """A framed picture in the plane x-z."""
    w, h = size * st.u(0.6, 1.2), size * st.u(0.7, 1.2)
    art = lattice(
        np.stack(np.meshgrid(np.linspace(-w / 2, w / 2, 14), np.linspace(-h / 2, h / 2, 14)), -1)[..., [0, 0, 1]]
        * (1, 0, 1)
    )
    blend = np.clip(0.5 + 0.5 * noise(st.rng, 14, 14, (2, 2)).reshape(-1, 1), 0, 1)
    a, b = (colour(st.u(0, 1), st.u(0.1, 0.7), st.u(0.2, 0.95)) for _ in range(2))
    put(st, "plain", art.tinted(a + (b - a) * blend).moved(np.asarray(centre, float) - (0, 0.012, 0)))
    put(st, "wood", box((w * 1.15, 0.02, h * 1.15)).tinted(wood_tone(st)).moved(centre))
