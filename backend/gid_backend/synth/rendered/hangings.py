# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that hang and swing: lanterns, baubles, fruit, gloves, cards, chimes, baskets, signs, swings."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .craft import joint, put
from .forms import Form, arc, ball, box, colour, frame, join, lattice, plate, tube, turned

__all__ = [
    "basket", "bauble", "card", "chime", "cord", "glove", "lantern", "lettering", "pendulum", "sign", "sock", "swing",
]  # fmt: skip

Array = npt.NDArray[Any]


def pendulum(
    st: Any, hook: Any, length: float, body: float, *, drag: float | None = None, parent: int = 0, thread: float = 0.003
) -> tuple[int, Array]:
    """A cord of `length` from `hook` with a body `body` high at its end; returns the body's part and its top."""
    hook = np.asarray(hook, float)
    # Gravity sets the pace: 0.5 Hz for a metre.
    f = float(np.clip(0.5 / np.sqrt(max(length + body / 2, 0.05)) * st.spread(1.0, 1.15), 0.35, 2.4))
    drag = st.u(0.04, 0.16) if drag is None else drag
    down = np.array([0, 0, -1.0])
    # What hangs also bobs: cords, twigs and wires give way.
    bob = drag * (length + body) * st.u(0.2, 0.8)
    parent = joint(
        st, parent, hook, (length + body, 0, 0), frequency=f * st.u(1.2, 2.5), drag=0.0, sway=(0, 0, bob), damping=0.12,
        local=0.3,
    )  # fmt: skip
    part = joint(
        st,
        parent,
        hook,
        down * (length + body),
        frequency=f,
        drag=drag,
        damping=st.u(0.03, 0.12),
        local=0.2,
        flutter=st.u(0, 0.03),
    )
    end = hook + down * length
    if thread and length > 0:
        put(st, "paint", tube(np.stack([hook, end]), thread, 4).tinted(colour(0.1, 0.2, st.u(0.1, 0.7))).of(part))
    body_part = joint(
        st, part, end, down * body, frequency=f * st.u(1.6, 2.6), drag=drag * 0.5, damping=0.1, local=0.35
    )
    return body_part, end


def cord(st: Any, left: Any, right: Any, sag: float, *, part: int = 0, thick: float = 0.004) -> Array:
    """A sagging line; returns its points (33, 3)."""
    left, right = np.asarray(left, float), np.asarray(right, float)
    t = np.linspace(0, 1, 33)[:, None]
    line = left + (right - left) * t - np.array([0, 0, 4 * sag]) * t * (1 - t)
    tone = colour(st.u(0.05, 0.15), st.u(0, 0.4), st.u(0.1, 0.85))
    put(st, "paint", tube(line, thick, 5).tinted(tone).of(part))
    return np.asarray(line)


_STROKES = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0, 2], [1, 2]], float) * (0.5, 0.5)


def lettering(
    st: Any, centre: Any, size: float, tone: Array, part: int = 0, *, turn: Array | None = None, letters: int = 0,
    bend: float = 0.0,
) -> None:  # fmt: skip
    """Strokes like writing on the plane x-z a hair before `centre`; it moves with what it stands on.

    `bend` is the radius of the body that it is written on, 0 for a flat thing.
    """
    letters = letters or int(st.rng.integers(1, 6))
    forms = []
    for i in range(letters):
        for _ in range(int(st.rng.integers(2, 5))):
            a, b = _STROKES[st.rng.choice(6, 2, replace=False)]
            way = b - a
            side = np.array([-way[1], way[0]]) / np.linalg.norm(way) * 0.08
            p = np.stack([a - side, a + side, b - side, b + side]) * (0.75, 1.0)
            flat = np.stack([p[:, 0] + i - letters / 2, 0 * p[:, 0], p[:, 1] - 0.5], -1) * size
            if bend:
                flat[:, 1] = bend - np.sqrt(np.maximum(bend**2 - flat[:, 0] ** 2, 0.0))
            forms.append(lattice(flat.reshape(2, 2, 3)))
    put(st, "paint", join(forms).tinted(tone).of(part).moved(centre, turn))


def lantern(
    st: Any, hook: Any, size: float, length: float, *, tone: Array, kind: int, glow: bool, parent: int = 0
) -> None:
    """A paper lantern of width `size`: round, long or a drum; ribs, caps, perhaps a tassel and writing."""
    part, top = pendulum(st, hook, length, size, parent=parent)
    tall = (0.85, 1.45, 1.0)[kind]
    rows = int(9 + 6 * tall)
    a = np.linspace(-1.25, 1.25, rows * 3 + 1)
    if kind == 2:
        r = 0.5 * (1 - 0.12 * (np.linspace(-1, 1, rows * 3 + 1)) ** 8)
        z = np.linspace(-0.5, 0.5, rows * 3 + 1) * tall
    else:
        r, z = 0.5 * np.cos(a), 0.5 * np.sin(a) / np.sin(1.25) * tall
    rib = 1 - 0.035 * (np.arange(rows * 3 + 1) % 3 == 0)
    shade = np.repeat((0.72 + 0.28 * (np.arange(rows * 3 + 1) % 3 != 0)), 20)[:, None]
    centre = top + np.array([0, 0, -tall * size * 0.55])
    paper = turned(np.stack([r * rib, z], 1), 20).tinted(tone * shade)
    put(st, "lit_paper" if glow else "paper", paper.of(part).moved(centre, None, size))
    cap_r = float(r[0]) * 1.06
    cap = turned([[cap_r, -0.03], [cap_r, 0.03], [0.01, 0.035]], 16)
    dark = colour(0.08, 0.4, st.u(0.05, 0.3)) if st.chance(0.7) else colour(0.13, 0.7, 0.7)
    ends = join([cap.moved((0, 0, 0.5 * tall)), cap.moved((0, 0, -0.5 * tall))])
    put(st, "paint", ends.tinted(dark).of(part).moved(centre, None, size))
    if st.chance(0.45):
        face = centre + np.array([0, -0.5 * size - 0.003, 0])
        lettering(st, face, size * 0.3, colour(0, 0.1, 0.06), part, letters=1, bend=0.52 * size)
    if st.chance(0.45):
        foot = centre + np.array([0, 0, -0.53 * tall * size])
        tail = joint(
            st, part, foot, (0, 0, -0.4 * size), frequency=st.u(1.4, 2.5), drag=st.u(0.1, 0.3), damping=0.15, local=0.3
        )
        threads = [
            tube(np.stack([foot, foot + np.array([x * size, y * size, -0.42 * size])]), 0.014 * size, 4)
            for x, y in st.rng.uniform(-0.07, 0.07, (7, 2))
        ]
        put(st, "cloth", join(threads).tinted(tone * 0.8).of(tail))


def bauble(st: Any, hook: Any, radius: float, length: float, parent: int = 0) -> None:
    """A glass ball with its cap, or an icicle or a drop."""
    part, top = pendulum(st, hook, length, radius * 2, parent=parent, drag=st.u(0.05, 0.14))
    tall = float(st.rng.choice([1.0, 1.0, 1.0, 1.35, 1.8]))
    tone = colour(st.u(0, 1), st.u(0.2, 0.95), st.u(0.5, 0.95))
    body = ball(radius / tall**0.5, tall, 24, 16)
    if st.chance(0.3):
        other = colour(st.u(0, 1), st.u(0, 0.9), 0.9)
        stripe = np.sin(body.uv[:, 1:] * st.u(10, 40) + np.sin(body.uv[:, :1] * 25) * st.u(0, 1.5)) > 0.3
        body = body.tinted(np.where(stripe, other, tone))
    else:
        body = body.tinted(tone)
    centre = top + np.array([0, 0, -radius * (tall**0.5 + 0.2)])
    put(st, "bauble" if st.chance(0.7) else "fruit", body.of(part).moved(centre))
    cap = turned([[0.2, -0.2], [0.22, 0.1], [0.12, 0.22], [0.03, 0.3]], 10)
    put(
        st,
        "metal",
        cap.tinted(colour(0.12, 0.5, 0.85)).of(part).moved(top - np.array([0, 0, radius * 0.12]), None, radius),
    )


def card(st: Any, hook: Any, size: float, *, tall: float | None = None, writes: bool = True, parent: int = 0) -> None:
    """A card, a note or a photograph pegged by its upper edge: its lower half curls and lags."""
    tall = st.u(0.75, 1.35) if tall is None else tall
    part, _ = pendulum(st, hook, 0.0, size * 2, drag=st.u(0.1, 0.3), thread=0, parent=parent)
    low = joint(
        st, part, np.asarray(hook) - (0, 0, size * tall * 0.5), (0, 0, -size * tall * 0.5),
        frequency=st.u(1.5, 3), drag=st.u(0.03, 0.15),
        damping=0.15, flutter=st.u(0, 0.15), local=0.4,
    )  # fmt: skip
    f = plate(size, size * tall, 8, 6)
    y = -st.u(-0.15, 0.5) * size * f.uv[:, 1] ** 2 + st.u(-0.1, 0.1) * size * (f.uv[:, 0] - 0.5) * f.uv[:, 1]
    f = Form(f.vertices + np.stack([0 * y, y, 0 * y], 1), f.quads, f.uv, f.colour, f.part)
    tone = colour(st.u(0, 1), st.u(0.05, 0.75), st.u(0.75, 0.98))
    turn = frame((st.u(-0.12, 0.12), st.u(-0.1, 0.1), 1.0))
    angle = st.u(-0.2, 0.2)
    turn = np.array([[np.cos(angle), st.u(-0.3, 0.3), np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    own = np.where(np.arange(len(f.quads)) // 6 < 4, part, low)
    at = np.asarray(hook, float) + (0, -0.004, 0.02 * size)
    put(st, "paper", f.tinted(tone).of(own).moved(at, turn))
    if writes:
        spot = at + np.array([0, -0.008 - 0.02 * size, -0.42 * size * tall]) @ np.eye(3)
        lettering(st, spot, size * 0.22, tone * 0.12, part, turn=turn, letters=int(st.rng.integers(2, 5)))


def _finger(points: Array, thick: float) -> Form:
    n = len(points)
    round_ = np.sqrt(np.clip(1 - np.linspace(0, 0.99, n) ** 6, 0, 1))
    return tube(points, thick * round_, 10)


def glove(st: Any, hook: Any, size: float, tone: Array, *, hand: int, parent: int = 0) -> None:
    """A glove pegged at its cuff, fingers down."""
    hook = np.asarray(hook, float)
    part, _ = pendulum(st, hook, 0.0, size * 1.5, drag=st.u(0.08, 0.22), thread=0, parent=parent)
    low = joint(
        st, part, hook - (0, 0, size * 0.45), (0, 0, -0.6 * size), frequency=st.u(1.2, 2.2), drag=st.u(0.03,
        0.1), damping=0.15,
        flutter=st.u(0.02, 0.1), local=0.3,
    )  # fmt: skip
    wide = np.array([0.34, 0.33, 0.31, 0.36, 0.45, 0.5, 0.52, 0.48]) * size
    z = -np.linspace(0, 0.62, 8) * size
    t = 2 * np.pi * np.arange(16) / 16
    flat = np.array([0.5, 0.5, 0.45, 0.35, 0.32, 0.3, 0.28, 0.24])
    ring = np.stack([
        np.cos(t)[None] * wide[:, None] / 2,
        np.sin(t)[None] * wide[:, None] / 2 * flat[:, None],
        np.broadcast_to(z[:, None], (8, 16)),
    ], -1)  # fmt: skip
    palm = lattice(ring, wrap=True)
    own = np.where(np.arange(len(palm.quads)) // 16 < 4, part, low)
    at = hook + (0, -0.01, 0.03 * size)
    put(st, "wax", palm.tinted(tone).of(own).moved(at))
    splay = st.u(0.6, 1.2)
    spots = [
        (-0.2, -0.6, -0.28, 0.42),
        (-0.075, -0.63, -0.08, 0.5),
        (0.06, -0.62, 0.08, 0.48),
        (0.185, -0.58, 0.26, 0.38),
    ]
    for x, down, lean, long in spots:
        root = np.array([hand * x, 0, down]) * size
        way = np.array([hand * lean * splay, st.u(-0.3, 0.2), -1.0])
        chain, above = [], low
        points = arc(root, way, long * size, (0, -st.u(0, 0.5), 0), 6)
        for k in (0, 3):
            above = joint(
                st,
                above,
                at + points[k],
                way * 0.25 * size,
                frequency=st.u(1.5, 2.6),
                drag=st.u(0.05, 0.14),
                damping=0.15,
                local=0.35,
            )
            chain += [above] * 3
        f = _finger(points, 0.075 * size)
        put(st, "wax", f.tinted(tone).of(np.repeat(chain, 10)).moved(at))
    root = np.array([-hand * 0.2, 0, -0.38]) * size
    thumb = joint(
        st,
        low,
        at + root,
        np.array([-hand, 0, -0.7]) * 0.35 * size,
        frequency=st.u(1.5, 2.6),
        drag=st.u(0.08, 0.2),
        damping=0.15,
        local=0.35,
    )
    points = arc(root, (-hand * 0.9, -0.2, -0.7), 0.42 * size, (0, 0, -0.8), 6)
    put(st, "wax", _finger(points, 0.085 * size).tinted(tone).of(thumb).moved(at))


def sock(st: Any, hook: Any, size: float, tone: Array, *, hand: int, parent: int = 0) -> None:
    """A sock or a Christmas stocking, hung by its top."""
    part, _ = pendulum(st, hook, 0.0, size * 2, drag=st.u(0.06, 0.18), thread=0, parent=parent)
    foot = joint(
        st, part, np.asarray(hook) - (0, 0, size), np.array([hand, 0, -0.3]) * 0.5 * size,
        frequency=st.u(1.2, 2.2), drag=st.u(0.04, 0.12),
        damping=0.15, local=0.3,
    )  # fmt: skip
    line = np.array(
        [
            [0, 0, 0],
            [0, 0, -0.4],
            [0, 0, -0.75],
            [0.04, 0, -0.95],
            [0.18, 0, -1.1],
            [0.4, 0, -1.16],
            [0.58, 0, -1.17],
            [0.62, 0, -1.17],
        ]
    )
    line = line * (hand * size, size, size)
    f = tube(line, np.array([0.19, 0.18, 0.17, 0.19, 0.19, 0.17, 0.13, 0.02]) * size, 14, [part] * 3 + [foot] * 4)
    f = f.moved((0, 0, 0), None, (1, 0.4, 1))
    ring = (f.uv[:, 1:] < 0.16) | (f.uv[:, 1:] > 0.9)
    other = colour(st.u(0, 1), st.u(0, 0.8), 0.9)
    put(st, "cloth", f.tinted(np.where(ring, other, tone)).moved(np.asarray(hook, float) + (0, -0.01, 0.02)))


def chime(st: Any, hook: Any, size: float) -> None:
    """Tubes, shells or plates on threads below a disc."""
    part, top = pendulum(st, hook, size * 0.4, size, drag=0.04)
    disc = turned([[0.01, 0.03], [0.3, 0.03], [0.3, -0.03], [0.01, -0.03]], 18)
    put(st, "wood", disc.tinted(colour(0.08, 0.5, st.u(0.3, 0.6))).of(part).moved(top, None, size))
    tone = colour(st.u(0, 1), st.u(0, 0.4), st.u(0.6, 0.9))
    n = int(st.rng.integers(5, 9))
    for i in range(n):
        a = 2 * np.pi * i / n
        root = top + np.array([np.cos(a), np.sin(a), 0]) * 0.24 * size
        own = joint(
            st, part, root, (0, 0, -size), frequency=st.u(0.8, 1.5), drag=st.u(0.06, 0.2), damping=0.06, local=0.4
        )
        long = size * st.u(0.7, 1.3)
        put(st, "paint", tube(np.stack([root, root - (0, 0, 0.25 * size)]), 0.004 * size, 3).tinted(0.3).of(own))
        pipe = tube(np.stack([root - (0, 0, 0.25 * size), root - (0, 0, 0.25 * size + long)]), 0.035 * size, 8)
        put(st, "metal", pipe.tinted(tone).of(own))


def basket(st: Any, hook: Any, size: float) -> tuple[int, Array]:
    """A hanging basket or pot on three cords; returns its part and the middle of its mouth."""
    drop = size * st.u(0.8, 1.6)
    part, _ = pendulum(st, hook, 0.0, drop + size, drag=st.u(0.03, 0.08), thread=0)
    mouth = np.asarray(hook, float) - (0, 0, drop)
    for a in st.u(0, 6) + np.array([0, 2.1, 4.2]):
        rim = mouth + np.array([np.cos(a), np.sin(a), 0]) * 0.48 * size
        put(st, "paint", tube(np.stack([np.asarray(hook, float), rim]), 0.008 * size, 4).tinted(0.12).of(part))
    body = turned(
        [[0.02, -0.62], [0.25, -0.6], [0.42, -0.3], [0.5, 0.0], [0.53, 0.02], [0.46, 0.0], [0.4, -0.1], [0.01, -0.1]],
        24,
    )
    weave = 1 + 0.35 * np.sin(body.uv[:, :1] * 150) * np.sin(body.uv[:, 1:] * 60)
    put(
        st,
        "wood",
        body.tinted(colour(st.u(0.04, 0.1), st.u(0.2, 0.6), st.u(0.3, 0.7)) * weave).of(part).moved(mouth, None, size),
    )
    return part, mouth


def sign(st: Any, hook: Any, size: float) -> None:
    """A board on two short chains; the beam that it hangs from stands still."""
    tall = st.u(0.4, 0.9)
    part, top = pendulum(st, hook, size * 0.12, size, drag=st.u(0.02, 0.06), thread=0)
    for d in (-0.35, 0.35):
        chain = np.stack([np.asarray(hook) + (d * size, 0, 0), top + np.array([d * size, 0, 0])])
        put(st, "metal", tube(chain, 0.012 * size, 5).tinted(0.25).of(part))
    tone = colour(st.u(0, 1), st.u(0.1, 0.7), st.u(0.2, 0.9))
    put(st, "wood", box((size, 0.05 * size, tall * size)).tinted(tone).of(part).moved(top - (0, 0, tall * size / 2)))
    write = colour(0, 0, 0.95) if tone.mean() < 0.3 else tone * 0.1
    lettering(st, top + (0, -0.03 * size, -tall * size / 2), size * 0.2, write, part, letters=4)


def swing(st: Any, beam: Any, drop: float, wide: float, kind: int) -> None:
    """A seat on two ropes, a wicker egg chair, a tyre, a hammock chair or a bird house below `beam`."""
    beam = np.asarray(beam, float)
    f = float(np.clip(0.5 / np.sqrt(drop), 0.3, 0.9))
    part = joint(
        st,
        0,
        beam,
        (0, 0, -drop),
        frequency=f,
        drag=st.u(0.03, 0.09),
        damping=st.u(0.03, 0.08),
        local=0.1,
        flutter=st.u(0, 0.02),
    )
    seat = beam - (0, 0, drop)
    rope = colour(0.1, st.u(0.1, 0.5), st.u(0.2, 0.8))
    wood = colour(st.u(0.05, 0.1), st.u(0.25, 0.6), st.u(0.3, 0.7))
    if kind == 0:
        ropes = [
            tube(np.stack([beam + (d * wide * 0.45, 0, 0), seat + (d * wide * 0.45, 0, 0)]), 0.014, 6) for d in (-1, 1)
        ]
        put(st, "cloth", join(ropes).tinted(rope).of(part))
        put(st, "wood", box((wide * 1.1, wide * 0.4, 0.04)).tinted(wood).of(part).moved(seat))
        return
    put(st, "cloth", tube(np.stack([beam, seat + (0, 0, wide * 0.95)]), 0.014, 6).tinted(rope).of(part))
    if kind == 1:
        rods = []
        for a in np.linspace(0, 2 * np.pi, 25)[:-1]:
            mouth = 0.5 * (1 + np.cos(a - 1.5 * np.pi))
            z = np.linspace(-1.4, 1.5 if mouth < 0.6 else -0.25, 12)
            r = np.cos(z * 0.98) ** 0.8 * wide * 0.55
            rods.append(tube(np.stack([r * np.cos(a), r * np.sin(a), np.sin(z) * wide * 0.95], 1), 0.012 * wide, 4))
        for h in np.linspace(-0.85, 0.9, 12):
            r = np.sqrt(1 - h * h) ** 0.8 * wide * 0.55
            a = np.linspace(-0.9, np.pi + 0.9, 24) if h > -0.2 else np.linspace(-1.57, 4.71, 24)
            rods.append(tube(np.stack([r * np.cos(a), r * np.sin(a), 0 * a + h * wide * 0.95], 1), 0.01 * wide, 4))
        put(st, "wood", join(rods).tinted(wood).of(part).moved(seat))
        pad = ball(wide * 0.4, 0.4, 16, 8).tinted(colour(st.u(0, 1), st.u(0.2, 0.8), st.u(0.4, 0.9)))
        put(st, "cloth", pad.of(part).moved(seat - (0, 0, wide * 0.6)))
    elif kind == 2:
        a = np.linspace(0, 2 * np.pi, 25)
        ring = np.stack([np.cos(a) * wide * 0.42, 0 * a, np.sin(a) * wide * 0.42], 1)
        put(st, "wax", tube(ring, wide * 0.13, 10).tinted(0.03).of(part).moved(seat + (0, 0, wide * 0.45)))
    else:
        put(
            st,
            "wood",
            box((0.75 * wide, 0.6 * wide, 0.8 * wide)).tinted(wood).of(part).moved(seat + (0, 0, wide * 0.3)),
        )
        roof = lattice(
            np.array(
                [
                    [[-0.55, -0.5, 0.6], [-0.55, 0.5, 0.6]],
                    [[0, -0.5, 1.0], [0, 0.5, 1.0]],
                    [[0.55, -0.5, 0.6], [0.55, 0.5, 0.6]],
                ]
            )
            * wide
        )
        put(st, "wood", roof.tinted(colour(st.u(0, 1), 0.5, 0.45)).of(part).moved(seat))
        hole = turned([[0.13, 0.0], [0.01, 0.0]], 16).moved((0, 0, 0), frame((0, -1, 0.0)), wide)
        put(st, "paint", hole.tinted(0.01).of(part).moved(seat + np.array([0, -0.31, 0.3]) * wide))
