# SPDX-License-Identifier: GPL-3.0-or-later
"""Candles in the dark or in a dim room: flames flicker, everything else stands, lit by them."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import props, surroundings
from .behind import lights, room
from .candles import candle, tray
from .craft import put
from .forms import box, colour
from .light import Lamp, Light
from .stage import Stage

__all__ = ["candles"]

# Width of the candle, heights from and to, in metres.
KINDS: dict[str, tuple[float, float, float]] = {
    "tealight": (0.04, 0.016, 0.016),
    "pillar": (0.07, 0.04, 0.2),
    "heart": (0.08, 0.04, 0.09),
    "taper": (0.022, 0.16, 0.28),
    "jar": (0.08, 0.07, 0.11),
}


def candles(st: Stage) -> None:
    """One candle or many, of a kind or mixed."""
    rng = st.rng
    names = list(KINDS)
    some = [
        str(k)
        for k in rng.choice(
            names, int(rng.choice([1, 2], p=[0.75, 0.25])), replace=False, p=[0.3, 0.28, 0.12, 0.18, 0.12]
        )
    ]
    n = int(rng.choice([1, 2, 3, 5, 8], p=[0.22, 0.2, 0.25, 0.2, 0.13]))
    largest = max(KINDS[k][0] * 1.2 + KINDS[k][2] * 0.5 for k in some)
    wide = largest * (1.3 + 1.15 * n**0.75) * st.u(0.75, 1.4)
    reach = wide * st.u(1.5, 2.8)
    up = max(KINDS[k][1] for k in some)
    st.look(
        (0, 0, up * st.u(0.4, 1.0) + 0.01), reach, width=wide, eye=up + reach * st.u(0.05, 0.6), blur=st.u(0.01, 0.07)
    )
    dark = st.chance(0.65)
    st.light = Light.night(rng)
    st.light.panorama = ""
    st.light.power = st.u(0.0, 0.01) if dark else st.u(0.03, 0.15)
    # In the dark the camera's exposure gives up: what is lit is dim, only the flames are bright.
    power = float(np.exp(st.u(np.log(0.012), np.log(0.3)))) if dark else 1.0
    st.light.power *= power
    back = reach * st.u(0.3, 1.2)
    if dark:
        surroundings.wall(st, back, "plain", colour(st.u(0, 1), st.u(0, 0.6), st.u(0.03, 0.3)), 20.0)
        if power > 0.05 and st.chance(0.4):
            lights(st, back * 0.8, wide, int(rng.integers(4, 25)))
    else:
        dim = st.light.power
        room(st, back, wide)
        st.light.power, st.light.sun = dim * st.u(0.5, 2.0), 0.0
    top = str(
        rng.choice(["wood", "ceramic", "plain", "cloth", "stone", "planks"], p=[0.3, 0.25, 0.15, 0.12, 0.1, 0.08])
    )
    tone = props.wood_tone(st) if top in ("wood", "planks") else colour(st.u(0, 1), st.u(0, 0.5), st.u(0.05, 0.7))
    put(st, top, box((wide * 6, 2 * back, 0.02), (0, 0, -0.01)).tinted(tone))
    wax = colour(st.u(0.0, 0.13), st.u(0.05, 0.85), st.u(0.5, 0.95))
    places: list[tuple[float, float]] = []
    for _ in range(n * 12):
        if len(places) == n:
            break
        p = (st.u(-0.42, 0.42) * wide, st.u(-0.3, 0.7) * wide) if n > 1 else (st.u(-0.2, 0.2) * wide, 0.0)
        if all(np.hypot(p[0] - q[0], p[1] - q[1]) > 0.11 * (1 if "taper" not in some else 0.6) for q in places):
            places.append(p)
    for x, y in places:
        kind = str(rng.choice(some))
        w, low, high = KINDS[kind]
        w *= st.spread(1.0, 1.1)
        own = wax * st.u(0.85, 1.1) if st.chance(0.7) else colour(st.u(0, 1), st.u(0.1, 0.8), st.u(0.5, 0.95))
        if st.chance(0.15):
            tray(st, (x, y, 0), w * 0.9)
        place = candle(st, (x, y, 0.004), w, st.u(low, high), kind, own, 0.2 * power)
        st.light.lamps.append(
            Lamp(
                (float(place[0]), float(place[1]), float(place[2])),
                0.04 * power * st.u(0.5, 1.5),
                (1.0, 0.55, 0.2),
                0.012,
            )
        )
    for _ in range(int(rng.choice([0, 1, 3], p=[0.5, 0.3, 0.2]))):
        _aside(st, wide)


def _aside(st: Stage, wide: float) -> Any:
    """Something that stands by."""
    return props.any_thing(st, (st.u(-0.5, 0.5) * wide, st.u(0.3, 0.8) * wide, 0.0), wide * st.u(0.1, 0.35))
