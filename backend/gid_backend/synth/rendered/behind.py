# SPDX-License-Identifier: GPL-3.0-or-later
"""What is behind a near thing and does not move: soft greenery, walls, rooms, cloth, darkness, a landscape."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from . import outdoors, props, surroundings
from .craft import put
from .drapes import cloth_colour
from .forms import ball, colour, join, lattice, noise
from .leaves import WIDTH, place_leaves
from .light import INDOOR, OUTDOOR, Light
from .stage import Stage, vary

__all__ = ["behind", "greenery", "lights", "room"]

Array = npt.NDArray[Any]


def behind(st: Stage, *kinds: str) -> str:
    """One of several backdrops, chosen at random, fitted to the camera; returns which. The camera must be placed."""
    kind = str(st.rng.choice(kinds))
    c = st.camera
    far = c.distance
    wide = far / c.focal
    if kind == "greenery":
        # Sharp, it would be seen to move.
        st.camera = replace(c, blur=max(c.blur, st.u(0.03, 0.08)))
        greenery(st, far * st.u(1.0, 5.0), wide)
    elif kind == "wall":
        surroundings.wall(st, c.target[1] + far * st.u(0.15, 1.5), size=40.0)
    elif kind == "fabric":
        _fabric(st, c.target[1] + wide * st.u(0.3, 0.9), wide)
    elif kind == "dark":
        st.light = Light.night(st.rng)
        st.light.power = st.u(0.05, 0.3)
        st.light.panorama = ""
        st.light.sun, st.light.size, st.light.elevation = st.u(1.0, 3.0), 0.3, st.u(0.3, 1.2)
        st.light.azimuth = st.u(-2.2, 2.2)
        surroundings.wall(
            st, c.target[1] + far * st.u(1.0, 3.0), "plain", colour(st.u(0, 1), st.u(0, 0.6), st.u(0.02, 0.2)), 40.0
        )
    elif kind == "room":
        room(st, c.target[1] + far * st.u(0.4, 1.2), wide)
    elif kind == "panorama":
        st.light.panorama = str(st.rng.choice(OUTDOOR + INDOOR[:1]))
        st.light.sun *= 0.6
    elif kind == "landscape":
        outdoors.landscape(st)
    elif kind == "plain":
        tone = colour(st.u(0, 1), st.u(0, 0.5), st.u(0.3, 0.97))
        surroundings.wall(st, c.target[1] + far * st.u(0.3, 1.0), "plain", tone, 60.0)
    return kind


def greenery(st: Stage, beyond: float, wide: float, *, count: int | None = None, tone: Array | None = None) -> None:
    """Leaves and light between them `beyond` metres behind the target, for a picture `wide` metres wide there."""
    rng = st.rng
    # A macro lens shows few large leaves, a wide picture many small ones.
    count = count or int(np.clip(1800 * wide**0.5, 1000, 2800))
    near = np.asarray(st.camera.target, float)
    reach = wide * (1 + beyond / max(st.camera.distance, 1e-6)) * 0.8
    hue, dull = st.u(0.17, 0.36), st.u(0.3, 0.75)
    if st.chance(0.12):
        hue, dull = st.u(0.0, 0.14), st.u(0.4, 0.8)
    base = colour(hue, dull, st.u(0.25, 0.6)) if tone is None else tone
    if st.chance(0.85):
        n = 72
        gx, gz = np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n))
        y = np.full_like(gx, near[1] + beyond * 1.8)
        flat = np.stack([near[0] + gx * reach * 2.5, y, near[2] + gz * reach * 2.5], -1)
        # Large clumps and small ones; more light from above.
        light = 0.7 * noise(rng, n, n, (6, 6)) + 0.4 * noise(rng, n, n, (20, 20)) + st.u(0, 1.5) * gz
        back = colour(hue + st.u(-0.05, 0.05), dull * st.u(0.6, 1.1), st.u(0.12, 0.5))
        put(st, "plain", lattice(flat).tinted(back * np.exp(st.u(0.5, 1.0) * light).reshape(-1, 1)))
    elif not st.light.panorama:
        st.light.panorama = str(rng.choice(OUTDOOR))
        st.light.sun *= 0.6
    m = int(rng.integers(5, 26))
    hubs = near + np.stack(
        [rng.uniform(-1, 1, m) * reach, beyond * rng.uniform(0.5, 1.5, m), rng.uniform(-1, 1, m) * reach], 1
    )
    which = rng.integers(0, m, count)
    bases = hubs[which] + rng.normal(0, 0.22 * reach, (count, 3)) * (1, 0.5, 1)
    shape = str(rng.choice(["lens", "oval", "round", "heart", "strap"], p=[0.3, 0.3, 0.15, 0.15, 0.1]))
    size = reach * st.u(0.04, 0.13) * min(1.0, (0.4 / wide) ** 0.5)
    points = place_leaves(
        bases, rng.normal(0, 1, (count, 3)) + (0, 0, 0.4), rng.normal(0, 0.5, (count, 3)) + (0, -0.4, 0.8),
        size * np.exp(rng.normal(0, 0.3, count)), WIDTH[shape], shape,
    )  # fmt: skip
    tones = vary(rng, base, m, 0.35, 0.1)[which] * np.exp(rng.normal(0, 0.2, (count, 1)))
    st.mesh("leaf").polygons(points, 0, np.clip(tones, 0, 1))
    if st.chance(0.4):
        petals = ball(1.0, 1.0, 7, 5)
        tone2 = colour(st.u(0, 1), st.u(0.05, 0.7), st.u(0.7, 0.95))
        dots = [
            petals.moved(p, None, size * st.u(0.2, 0.5))
            for p in hubs[rng.integers(0, m, 14)] + rng.normal(0, 0.3 * reach, (14, 3))
        ]
        put(st, "petal", join(dots).tinted(tone2))


def _fabric(st: Stage, y: float, wide: float) -> None:
    """A hanging cloth as studios have it; it stands still."""
    n = 60
    gx, gz = np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n))
    t = st.camera.target
    folds = noise(st.rng, n, n, (st.u(1, 4), st.u(4, 16))) * wide * st.u(0.01, 0.07)
    p = np.stack([t[0] + gx * wide * 1.5, y + folds, t[2] + gz * wide * 1.5], -1)
    put(st, "cloth", lattice(p).tinted(cloth_colour(st)))


def lights(st: Stage, beyond: float, wide: float, count: int) -> None:
    """Small lamps far behind; out of focus they become discs."""
    near = np.asarray(st.camera.target, float)
    reach = wide * (1 + beyond / max(st.camera.distance, 1e-6)) * 0.6
    hue, forms = st.u(0.04, 0.16), []
    for _ in range(count):
        at = near + (st.u(-1, 1) * reach, beyond * st.u(0.6, 1.3), st.u(-0.7, 0.9) * reach)
        tone = colour(hue + st.u(-0.03, 0.03) if st.chance(0.7) else st.u(0, 1), st.u(0.2, 0.8), 1.0)
        forms.append(ball(reach * st.u(0.003, 0.012), 1, 7, 5).moved(at).tinted(tone))
    put(st, "glow", join(forms))


def room(st: Stage, y: float, wide: float) -> None:
    """A wall with pictures or shelves, perhaps a window, a floor far below."""
    st.light = Light.indoor(st.rng)
    material = str(st.rng.choice(["plaster", "plain", "planks", "brick"], p=[0.45, 0.3, 0.15, 0.1]))
    tone = colour(st.u(0, 1), st.u(0, 0.3), st.u(0.35, 0.95)) if material in ("plaster", "plain") else None
    surroundings.wall(st, y, material, tone, 30.0)
    t = np.asarray(st.camera.target, float)
    k = int(st.rng.integers(4))
    spread = wide * (1 + (y - t[1]) / st.camera.distance) * 0.5
    if k == 0 and wide > 0.7:
        props.shelf(
            st,
            (t[0] + st.u(-0.5, 0.5) * spread, y - 0.16, t[2] - st.u(0.2, 0.9)),
            st.u(0.7, 1.6),
            int(st.rng.integers(2, 5)),
        )
    elif k == 1:
        for _ in range(int(st.rng.integers(1, 4))):
            props.picture(
                st, (t[0] + st.u(-1, 1) * spread, y - 0.02, t[2] + st.u(-0.3, 0.6) * spread), spread * st.u(0.2, 0.6)
            )
    elif k == 2:
        props.window(
            st,
            (t[0] + st.u(-0.6, 0.6) * spread, y - 0.03, t[2] + st.u(0, 0.5) * spread),
            st.u(0.8, 1.4),
            st.u(1.0, 1.6),
        )
        glass = lattice(np.array([[[-0.4, 0, -0.5], [0.4, 0, -0.5]], [[-0.4, 0, 0.5], [0.4, 0, 0.5]]]) * spread)
        put(st, "glow", glass.moved((t[0], y - 0.01, t[2])).tinted(colour(0.58, 0.1, 0.5)))
