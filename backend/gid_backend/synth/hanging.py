# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that hang and swing: lanterns, baubles, fruit, notes on a line, gloves, a swing seat."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .foliage import big_leaf
from .shapes import arc, hsv
from .stage import Stage

__all__ = ["bauble", "fruit_twig", "gloves", "lantern", "lettering", "notes", "pendulum", "swing"]

Array = npt.NDArray[Any]


def lettering(st: Stage, centre: Array, size: float, colour: Any) -> None:
    """A few characters, without a part of their own: they belong to what they stand on."""
    text = "".join(st.rng.choice(list("ABCDEFGHKLMNOPRSTUXYZ0123456789"), int(st.rng.integers(1, 5))))
    c = st.canvas
    scale = size * c.width / 30
    (w, h), _ = cv2.getTextSize(text, int(st.rng.choice([0, 2, 3, 6])), scale, 1)
    p = (int(centre[0] * c.width - w / 2), int(centre[1] * c.width + h / 2))
    tone = tuple(float(v) for v in np.clip(colour, 0, 255))
    cv2.putText(c.image, text, p, cv2.FONT_HERSHEY_SIMPLEX, scale, tone, max(1, int(scale * 1.6)), cv2.LINE_AA)


def pendulum(
    st: Stage,
    hook: Array,
    cord: float,
    body: float,
    *,
    drag: float | None = None,
    parent: int = 0,
    visible: bool = True,
) -> tuple[int, Array]:
    """A cord from `hook` with a body `body` high at its end; returns the body's part and its top."""
    hook = np.asarray(hook, float)
    # Gravity sets the pace; a picture is taken to be about two metres wide.
    f = float(np.clip(0.5 / np.sqrt((cord + body / 2) * 2.0) * st.spread(1.0, 1.15), 0.35, 2.2))
    drag = st.u(0.04, 0.16) if drag is None else drag
    part = st.rig.add(parent, hook, (0, 1), frequency=f, drag=drag, damping=st.u(0.03, 0.12), local=0.2)
    end = hook + np.array([0.0, cord])
    if visible and cord > 0:
        st.canvas.tube(np.stack([hook, end]), np.full(2, 0.003), hsv(0.1, 0.2, st.u(0.1, 0.6)), part, st.sun)
    body_part = st.rig.add(part, end, (0, 1), frequency=f * st.u(1.6, 2.6), drag=drag * 0.5, damping=0.1, local=0.35)
    return body_part, end


def lantern(
    st: Stage, hook: Array, size: float, cord: float, *, glow: float = 0.0, colour: Array | None = None
) -> None:
    """A paper lantern: ribs, caps, perhaps a tassel, perhaps light in it."""
    colour = (
        hsv([0.0, 0.13, 0.1, 0.02][st.rng.integers(4)], st.u(0.05, 0.9), st.u(0.7, 0.98)) if colour is None else colour
    )
    part, top = pendulum(st, hook, cord, size)
    tall = st.u(0.85, 1.5)
    a, b = size / 2, size / 2 * tall
    c = top + np.array([0, b * 1.05])
    st.canvas.polygon(
        np.array([[-0.35 * a, -1.05 * b], [0.35 * a, -1.05 * b], [0.35 * a, 1.05 * b], [-0.35 * a, 1.05 * b]]) + c,
        np.array([30, 24, 20]),
        part,
    )
    side = np.array([1 if st.sun[0] > 0 else -1, 0.0]) * a
    layers = 5
    for i in range(layers):
        t = i / (layers - 1)
        tone = (
            colour * (0.55 + 0.5 * t)
            if not glow
            else np.clip(colour * (0.6 + 0.7 * t) + np.array([60, 40, 0]) * t * glow, 0, 255)
        )
        st.canvas.ellipse(
            c + side * 0.28 * t * (1 - glow), (a * (1 - 0.5 * t), b * (1 - 0.28 * t)), 0, tone, part if i == 0 else None
        )
    ribs = np.linspace(-0.9, 0.9, int(7 + tall * 3))
    half = np.sqrt(1 - ribs**2) * a
    st.canvas.lines(
        np.stack([c[0] - half, c[1] + ribs * b], 1),
        np.stack([c[0] + half, c[1] + ribs * b], 1),
        colour * 0.55,
        0.0012,
        None,
    )
    if st.chance(0.45):
        lettering(st, c, size * 0.4, np.array([25, 15, 15]))
    if st.chance(0.4):
        foot = c + np.array([0, b * 1.05])
        tassel = st.rig.add(part, foot, (0, 1), frequency=st.u(1.4, 2.5), drag=st.u(0.1, 0.3), damping=0.15, local=0.3)
        for x in np.linspace(-0.06, 0.06, 5):
            st.canvas.lines(
                foot[None],
                (foot + np.array([x * size, size * 0.5]))[None],
                colour[None] * st.u(0.6, 1.0),
                0.003,
                [tassel],
            )


def bauble(st: Stage, hook: Array, radius: float, cord: float, parent: int = 0) -> None:
    """A glass ball."""
    part, top = pendulum(st, hook, cord, radius * 2, parent=parent)
    c = top + np.array([0, radius * 1.1])
    colour = hsv(st.u(0, 1), st.u(0.3, 0.95), st.u(0.5, 0.95))
    st.canvas.polygon(
        np.array([[-0.2, -1.2], [0.2, -1.2], [0.25, -0.9], [-0.25, -0.9]]) * radius + c, np.array([190, 165, 80]), part
    )
    for i in range(6):
        t = i / 5
        st.canvas.ellipse(
            c + st.sun * radius * 0.4 * t,
            np.full(2, radius * (1 - 0.82 * t)),
            0,
            np.clip(colour * (0.45 + 0.7 * t) + 70 * max(0, t - 0.75) * 4, 0, 255),
            part if i == 0 else None,
        )


def fruit_twig(st: Stage) -> None:
    """Apples, berries, grapes or cherries among leaves."""
    rng = st.rng
    kind = rng.choice(["apple", "berry", "grape", "cherry"])
    green = hsv(st.u(0.2, 0.32), st.u(0.4, 0.8), st.u(0.3, 0.6))
    start = np.array([st.u(0.1, 0.9), -0.04]) if st.chance(0.6) else np.array([-0.04, st.u(0.05, 0.5) * st.aspect])
    heading = np.arctan2(st.aspect * 0.5 - start[1], st.u(0.3, 0.7) - start[0]) + rng.normal(0, 0.3)
    limb = arc(start, heading, st.u(0.5, 0.85), rng.normal(0, 0.5), 6)
    parts = st.rig.chain(0, limb, frequency=st.u(0.5, 1.0), drag=st.u(0.03, 0.07), damping=0.1)
    for i in range(1, 7):
        for _ in range(2):
            big_leaf(
                st,
                parts[i - 1],
                limb[i],
                rng.uniform(0, 6.28),
                st.u(0.09, 0.24),
                shape=str(rng.choice(["oval", "lens"])),
                colour=green * st.u(0.6, 1.1),
            )
    st.canvas.tube(limb, np.linspace(0.02, 0.007, 7), hsv(0.08, 0.4, 0.35), parts, st.sun)
    tone = {
        "apple": hsv(st.u(-0.04, 0.2), 0.75, 0.8),
        "berry": hsv(st.u(0.6, 0.75), 0.5, 0.35),
        "grape": hsv([0.2, 0.78][rng.integers(2)], 0.5, 0.65),
        "cherry": hsv(0.98, 0.85, 0.65),
    }[str(kind)]
    radius = {
        "apple": st.u(0.08, 0.16),
        "berry": st.u(0.035, 0.075),
        "grape": st.u(0.02, 0.04),
        "cherry": st.u(0.035, 0.065),
    }[str(kind)]
    for _ in range(int(rng.integers(1, 5))):
        i = int(rng.integers(2, 7))
        if kind == "grape":
            bunch, top = pendulum(st, limb[i], 0.03, 0.25, parent=parts[i - 1], drag=0.06)
            for d in range(36):
                y = d / 36
                p = top + np.array([rng.normal(0, 1) * radius * 1.8 * (1.05 - y), y * radius * 9])
                own = st.rig.add(
                    bunch, p - np.array([0, radius]), (0, 1), frequency=st.u(1.5, 3), drag=0.04, damping=0.15, local=0.5
                )
                _ball(st, p, radius * st.u(0.85, 1.1), tone * st.u(0.75, 1.15), own)
        else:
            part, top = pendulum(st, limb[i], st.u(0.01, 0.08), radius * 2, parent=parts[i - 1], drag=st.u(0.03, 0.09))
            _ball(st, top + np.array([0, radius * 0.95]), radius, tone * st.u(0.8, 1.1), part)
    for i in range(2, 7):
        if st.chance(0.6):
            big_leaf(
                st,
                parts[i - 1],
                limb[i],
                rng.uniform(0, 6.28),
                st.u(0.09, 0.2),
                shape="oval",
                colour=green * st.u(0.8, 1.25),
            )


def _ball(st: Stage, c: Array, radius: float, tone: Array, part: int) -> None:
    for i in range(5):
        t = i / 4
        shift = st.sun * radius * 0.45 * t
        blush = np.clip(tone * (0.55 + 0.6 * t) + 90 * max(0.0, t - 0.8) * 3, 0, 255)
        st.canvas.ellipse(c + shift, np.full(2, radius * (1 - 0.85 * t)), 0, blush, part if i == 0 else None)


def _line(st: Stage) -> tuple[Array, float, float]:
    y = st.u(0.08, 0.35) * st.aspect
    slope = st.u(-0.08, 0.08)
    st.canvas.tube(
        np.array([[-0.02, y - 0.02 * slope], [1.02, y + 1.02 * slope]]),
        np.full(2, 0.004),
        hsv(0.1, 0.3, st.u(0.1, 0.7)),
        0,
        st.sun,
    )
    return np.zeros(2), y, slope


def notes(st: Stage) -> None:
    """Cards pegged to a line."""
    _, y, slope = _line(st)
    n = int(st.rng.integers(3, 8))
    size = 0.8 / n * st.u(0.8, 1.25)
    for i in range(n):
        x = (i + 0.5) / n + st.u(-0.02, 0.02)
        hook = np.array([x, y + slope * x])
        part, _ = pendulum(st, hook, 0.0, size, drag=st.u(0.1, 0.3), visible=False)
        second = st.rig.add(
            part,
            hook + np.array([0, size * 0.5]),
            (0, 1),
            frequency=st.u(1.5, 3),
            drag=st.u(0.02, 0.12),
            damping=0.15,
            flutter=st.u(0, 0.15),
            axis=np.pi / 2,
            local=0.4,
        )
        tilt = st.u(-0.2, 0.2)
        c, s = np.cos(tilt), np.sin(tilt)
        turn = np.array([[c, s], [-s, c]])
        tall = st.u(0.8, 1.3)
        box = np.array([[-0.5, 0], [0.5, 0], [0.5, tall], [-0.5, tall]]) * size @ turn + hook
        colour = hsv(st.u(0, 1), st.u(0.05, 0.7), st.u(0.75, 1.0))
        st.canvas.shadow(box, (-0.02 * st.sun[0], 0.015), 0.006, 0.4)
        st.canvas.polygon(box, colour, part, True)
        low = np.array([[-0.5, tall * 0.5], [0.5, tall * 0.5], [0.5, tall], [-0.5, tall]]) * size @ turn + hook
        st.canvas.polygon(low, colour * 0.95, second, True)
        if st.chance(0.7):
            lettering(st, hook + np.array([0, size * tall * 0.5]) @ turn, size * 0.35, colour * 0.25)
        st.canvas.polygon(
            np.array([[-0.009, -0.03], [0.009, -0.03], [0.008, 0.03], [-0.008, 0.03]]) + hook,
            hsv(0.09, 0.5, 0.75),
            part,
            True,
        )


def gloves(st: Stage) -> None:
    """Gloves or socks on a line: a palm with fingers that shiver."""
    _, y, slope = _line(st)
    n = int(st.rng.integers(2, 6))
    size = 0.75 / n * st.u(0.7, 1.0)
    colour = hsv(st.u(0, 1), st.u(0.02, 0.5), st.u(0.6, 0.95))
    for i in range(n):
        x = (i + 0.5) / n
        hook = np.array([x, y + slope * x])
        part, _ = pendulum(st, hook, 0.0, size, drag=st.u(0.08, 0.2), visible=False)
        m = hook + np.array([0, size * 0.5])
        for a in np.pi / 2 + np.array([-1.15, -0.42, -0.13, 0.15, 0.45]) * (1 if i % 2 else -1):
            root = m + np.array([np.cos(a), np.sin(a) * 0.6]) * size * 0.22
            finger = arc(root, a, size * st.u(0.34, 0.5), st.u(-0.2, 0.2), 3)
            chain = st.rig.chain(part, finger, frequency=st.u(1.5, 2.5), drag=st.u(0.1, 0.25), damping=0.15, local=0.3)
            st.canvas.tube(finger, np.array([0.15, 0.15, 0.14, 0.09]) * size, colour * 0.9, chain, st.sun, 0.12)
        st.canvas.ellipse(m, (size * 0.26, size * 0.3), 0, colour * 0.85, part)
        st.canvas.ellipse(m + st.sun * 0.04 * size, (size * 0.2, size * 0.24), 0, colour, None)
        cuff = np.array([[-0.2, 0.0], [0.2, 0.0], [0.24, 0.5], [-0.24, 0.5]]) * size + hook
        st.canvas.polygon(cuff, colour * 0.93, part, True)
        st.canvas.polygon(
            np.array([[-0.01, -0.04], [0.01, -0.04], [0.008, 0.03], [-0.008, 0.03]]) + hook,
            hsv(st.u(0, 1), 0.7, 0.7),
            part,
            True,
        )


def swing(st: Stage) -> None:
    """A seat on two ropes, a hanging chair or a bird house, from a bough or a beam that stands still."""
    y = st.u(-0.02, 0.15) * st.aspect
    st.canvas.tube(
        np.array([[-0.02, y], [1.02, y + st.u(-0.05, 0.05)]]),
        np.full(2, st.u(0.015, 0.05)),
        hsv(0.08, st.u(0.1, 0.5), st.u(0.15, 0.6)),
        0,
        st.sun,
    )
    x, w, h = st.u(0.25, 0.75), st.u(0.08, 0.24), st.u(0.35, 0.65) * st.aspect
    hook = np.array([x, y])
    f = float(np.clip(0.5 / np.sqrt(h * 2.0), 0.3, 0.9))
    part = st.rig.add(0, hook, (0, 1), frequency=f, drag=st.u(0.03, 0.09), damping=st.u(0.03, 0.08), local=0.1)
    rope = hsv(0.1, st.u(0.1, 0.5), st.u(0.2, 0.8))
    wood = hsv(st.u(0.04, 0.11), st.u(0.2, 0.7), st.u(0.25, 0.8))
    kind = st.rng.integers(3)
    seat = hook + np.array([0, h])
    if kind == 0:
        for d in (-1, 1):
            st.canvas.tube(
                np.stack([hook + np.array([d * w * 0.45, 0]), seat + np.array([d * w * 0.45, 0])]),
                np.full(2, 0.005),
                rope,
                part,
                st.sun,
            )
        st.canvas.polygon(seat + np.array([[-0.55, 0], [0.55, 0], [0.5, 0.14], [-0.5, 0.14]]) * w, wood, part, True)
    elif kind == 1:
        st.canvas.tube(np.stack([hook, seat - np.array([0, w * 0.9])]), np.full(2, 0.005), rope, part, st.sun)
        st.canvas.ellipse(seat, (w * 0.6, w * 0.95), 0, wood * 0.8, part)
        st.canvas.ellipse(seat + np.array([0.05 * w, 0.05 * w]), (w * 0.46, w * 0.72), 0, wood * 0.3, None)
        for t in np.linspace(-0.9, 0.9, 12):
            half = 0.6 * w * np.sqrt(1 - t * t)
            if t > 0.1:
                st.canvas.lines(
                    (seat + np.array([-half, t * 0.95 * w]))[None],
                    (seat + np.array([half, t * 0.95 * w]))[None],
                    wood[None],
                    0.004,
                    None,
                )
        st.canvas.ellipse(seat + np.array([0, w * 0.55]), (w * 0.42, w * 0.2), 0, hsv(st.u(0, 1), 0.6, 0.7), None)
    else:
        st.canvas.tube(np.stack([hook, seat]), np.full(2, 0.004), rope, part, st.sun)
        st.canvas.polygon(seat + np.array([[-0.4, 0.3], [0.4, 0.3], [0.36, 1.1], [-0.36, 1.1]]) * w, wood, part, True)
        st.canvas.polygon(
            seat + np.array([[-0.6, 0.4], [0, -0.05], [0.6, 0.4]]) * w, hsv(st.u(0, 1), 0.5, 0.4), part, True
        )
        st.canvas.ellipse(seat + np.array([0, 0.62 * w]), (w * 0.12, w * 0.12), 0, np.array([20, 15, 12]), None)
