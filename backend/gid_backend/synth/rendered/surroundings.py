# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands about plants: ground, hills, distant woods, houses, walls, fences, rocks, people, poles."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .leaves import place_leaves
from .stage import Stage, tint, vary

__all__ = ["fence", "ground", "hills", "house", "litter", "person", "pole", "rock", "still_things", "treeline", "wall"]

Array = npt.NDArray[Any]


def ground(st: Stage, kind: str | None = None, far: float = 400.0, rough: float = 0.0) -> Array:
    """The ground to the horizon; returns its tone. Kinds: lawn, soil, paving, sand, snow."""
    kind = kind or str(st.rng.choice(["lawn", "soil", "concrete", "sand", "snow"], p=[0.62, 0.16, 0.11, 0.08, 0.03]))
    tone = {
        "lawn": tint(st.u(0.18, 0.28), st.u(0.35, 0.7), st.u(0.28, 0.5)),
        "soil": tint(st.u(0.05, 0.1), st.u(0.2, 0.5), st.u(0.25, 0.5)),
        "concrete": tint(st.u(0.05, 0.12), st.u(0.02, 0.12), st.u(0.4, 0.65)),
        "sand": tint(st.u(0.09, 0.13), st.u(0.2, 0.4), st.u(0.55, 0.75)),
        "snow": tint(0.6, 0.04, 0.92),
    }[kind]
    name = {"sand": "soil", "snow": "plain"}.get(kind, kind)
    n = 40
    # Finer near the viewer, under whom it begins.
    x = np.sinh(np.linspace(-6, 6, n)) / np.sinh(6) * far + st.camera.position[0]
    y = np.sinh(np.linspace(-1, 6, n)) / np.sinh(6) * far + st.camera.position[1]
    gx, gy = np.meshgrid(x, y)
    z = np.zeros_like(gx)
    if rough:
        waves = st.rng.normal(0, 0.35, (6, 2))
        z = (
            rough * 0.3 * np.cos(gx[..., None] * waves[:, 0] + gy[..., None] * waves[:, 1] + np.arange(6)).sum(-1)
            - rough
        )
    st.mesh(name).grid(np.stack([gx, gy, z], -1), 0, tone)
    return np.asarray(tone)


def litter(st: Stage, count: int = 900) -> None:
    """Fallen leaves, pebbles and tufts of nothing in particular, so that the ground is not a carpet; none moves."""
    rng = st.rng
    near = max(st.camera.position[2] * 0.8, 0.3)
    at = st.camera.ground(rng, count, near, near * 25)
    at[:, 2] += rng.uniform(0.003, 0.02, count)
    _, distance = st.camera.project(at)
    size = np.maximum(
        st.u(0.02, 0.09) * np.exp(rng.normal(0, 0.4, count)), 0.004 / np.asarray(st.camera.scale(distance))
    )
    flat = rng.normal(0, 1, (count, 3)) * np.array([1, 1, 0.15])
    normal = rng.normal(0, 0.3, (count, 3)) + np.array([0, 0, 1.0])
    outline = place_leaves(
        at, flat, normal, size, st.u(0.25, 0.5), str(rng.choice(["lens", "oval", "round"])), droop=-0.1
    )
    tone = tint(st.u(0.03, 0.2), st.u(0.1, 0.6), st.u(0.25, 0.6))
    st.mesh("leaf").polygons(outline, 0, vary(rng, tone, count, 0.35, 0.15))


def hills(st: Stage) -> None:
    """One to three rows of hills, paler with distance."""
    haze = np.asarray(st.light.horizon) * st.u(0.5, 0.9)
    for k in range(int(st.rng.integers(1, 4)), 0, -1):
        distance = 130.0 * k * st.u(0.8, 1.3)
        height = distance * st.u(0.04, 0.2)
        x = np.linspace(-1.5, 1.5, 60) * distance
        shape = sum(np.cos(x / distance * f * 2 + st.u(0, 6.28)) / f for f in (1.0, 2.1, 4.3, 9.0, 17.0))
        top = height * (0.55 + 0.25 * np.asarray(shape))
        tone = tint(st.u(0.2, 0.35), st.u(0.2, 0.5), st.u(0.2, 0.4))
        tone = tone + (haze - tone) * min(0.2 + 0.18 * k, 0.8)
        low = np.stack([x, np.full(60, distance * 0.8), np.full(60, -1.0)], 1)
        st.mesh("far").grid(np.stack([low, np.stack([x, np.full(60, distance), top], 1)]), 0, tone)


def treeline(st: Stage, distance: float, height: float, still: bool = False) -> None:
    """A distant wood: crowns of coarse leaves, each of which sways as a whole, or is too far to be seen moving."""
    rng = st.rng
    reach = (distance + st.camera.distance) * 0.62 / max(st.camera.focal, 0.4)
    n = int(np.clip(reach / height * 5, 16, 90))
    tone = tint(st.u(0.15, 0.33), st.u(0.25, 0.6), st.u(0.2, 0.42))
    tone = tone + (np.asarray(st.light.horizon) * 0.6 - tone) * st.u(0.0, 0.35)
    tall = height * rng.uniform(0.45, 1.1, n)
    wide = tall * rng.uniform(0.25, 0.5, n)
    foot = np.stack([rng.uniform(-reach, reach, n), distance + rng.uniform(-0.3, 0.6, n) * height, np.zeros(n)], 1)
    crown = foot + np.stack([np.zeros(n), np.zeros(n), tall * 0.5], 1)
    parts = np.zeros(n, int)
    if not still:
        f = np.clip(1.06 * tall**-0.6, 0.25, 1.0) * np.exp(rng.normal(0, 0.1, n))
        lean = np.stack([np.zeros(n), np.zeros(n), tall], 1)
        parts = st.rig.add_many(parts, foot, foot + lean, frequency=f, drag=rng.uniform(0.008, 0.025, n), local=0.3)
    each = int(np.clip(14000 / n, 120, 300))
    d = rng.normal(0, 1, (n, each, 3))
    d /= np.linalg.norm(d, axis=2, keepdims=True)
    # Lumps, or the crowns would be eggs.
    waves = rng.normal(0, 2.5, (n, 5, 3))
    lump = 1 + 0.16 * np.cos(np.einsum("nej,nkj->nek", d, waves) + rng.uniform(0, 6.28, (n, 1, 5))).sum(-1)
    at = crown[:, None] + d * lump[..., None] * np.stack([wide, wide, tall * 0.52], 1)[:, None] * rng.uniform(
        0.8, 1.0, (n, each, 1)
    )
    m = n * each
    size = np.repeat(tall * 0.09, each) * np.exp(rng.normal(0, 0.3, m))
    outline = place_leaves(
        at.reshape(m, 3), rng.normal(0, 1, (m, 3)), d.reshape(m, 3) + rng.normal(0, 0.3, (m, 3)), size, 0.5, "diamond"
    )
    tones = np.repeat(vary(rng, tone, n, 0.25, 0.1), each, 0) * np.exp(rng.normal(0, 0.15, (m, 1)))
    st.mesh("leaf").polygons(outline, np.repeat(parts, each), tones)


def house(st: Stage, x: float, y: float, width: float, height: float, turn: float = 0.0) -> None:
    """Walls, a pitched roof, windows, a door."""
    depth = width * st.u(0.6, 1.2)
    name = str(st.rng.choice(["plaster", "brick", "planks", "stone"], p=[0.5, 0.25, 0.15, 0.1]))
    tone = tint(st.u(0.02, 0.15), st.u(0.05, 0.45), st.u(0.45, 0.9))
    c, s = np.cos(turn), np.sin(turn)

    def put(p: Any) -> Array:
        p = np.asarray(p, float)
        return np.stack([x + p[..., 0] * c - p[..., 1] * s, y + p[..., 0] * s + p[..., 1] * c, p[..., 2]], -1)

    st.mesh(name).box((x, y, height / 2), (width, depth, height), 0, tone, turn)
    w, d, top, eave = width / 2, depth / 2, height + width * st.u(0.2, 0.5), 0.35
    roof = tint(st.u(0.0, 0.08), st.u(0.1, 0.6), st.u(0.2, 0.5))
    sides = [
        [
            (-w - eave, -d - eave, height - 0.15),
            (w + eave, -d - eave, height - 0.15),
            (w + eave, 0, top),
            (-w - eave, 0, top),
        ],
        [
            (w + eave, d + eave, height - 0.15),
            (-w - eave, d + eave, height - 0.15),
            (-w - eave, 0, top),
            (w + eave, 0, top),
        ],
    ]
    st.mesh("concrete").polygons(put(sides), 0, roof)
    gables = [[(-w, -d, height), (-w, d, height), (-w, 0, top)], [(w, d, height), (w, -d, height), (w, 0, top)]]
    st.mesh(name).polygons(put(gables), 0, tone)
    columns = max(int(width / 2.2), 1)
    for floor in range(max(int(height / 2.8), 1)):
        for k in range(columns):
            cx = -w + (k + 0.5) * width / columns
            z = 1.0 + floor * 2.8
            if z + 1.3 > height:
                continue
            frame = [
                (cx - 0.55, -d - 0.02, z - 0.08),
                (cx + 0.55, -d - 0.02, z - 0.08),
                (cx + 0.55, -d - 0.02, z + 1.38),
                (cx - 0.55, -d - 0.02, z + 1.38),
            ]
            pane = [
                (cx - 0.45, -d - 0.03, z),
                (cx + 0.45, -d - 0.03, z),
                (cx + 0.45, -d - 0.03, z + 1.3),
                (cx - 0.45, -d - 0.03, z + 1.3),
            ]
            st.mesh("paint").polygons(put([frame]), 0, tint(0.1, 0.05, 0.85))
            st.mesh("ceramic").polygons(put([pane]), 0, tint(0.6, 0.2, 0.13))


def wall(st: Stage, y: float, kind: str | None = None, tone: Array | None = None, size: float = 30.0) -> str:
    """A wall across the picture at the depth y; returns its material."""
    kind = kind or str(
        st.rng.choice(["plaster", "brick", "planks", "stone", "concrete"], p=[0.32, 0.26, 0.16, 0.14, 0.12])
    )
    if tone is None:
        tone = {
            "brick": tint(st.u(0.0, 0.07), st.u(0.3, 0.65), st.u(0.35, 0.65)),
            "stone": tint(st.u(0.05, 0.15), st.u(0.05, 0.25), st.u(0.35, 0.65)),
            "planks": tint(st.u(0.04, 0.12), st.u(0.1, 0.6), st.u(0.25, 0.6)),
        }.get(kind, tint(st.u(0, 1), st.u(0.02, 0.35), st.u(0.3, 0.9)))
    s = size / 2
    st.mesh(kind).polygons(np.array([[(-s, y, -s), (s, y, -s), (s, y, s), (-s, y, s)]], float), 0, tone)
    return kind


def fence(st: Stage, y: float, height: float = 1.1, reach: float = 15.0) -> None:
    """Boards with gaps, or rails on posts."""
    tone = tint(st.u(0.05, 0.12), st.u(0.05, 0.5), st.u(0.3, 0.85))
    boards = st.chance(0.6)
    step = st.u(0.12, 0.25) if boards else st.u(1.5, 2.5)
    for x in np.arange(-reach, reach, step):
        st.mesh("wood").box(
            (x, y, height / 2),
            (step * 0.6 if boards else 0.12, 0.03, height * st.u(0.96, 1.02)),
            0,
            tone * st.u(0.85, 1.1),
        )
    for z in (0.3, 0.75) if boards else (0.35, 0.6, 0.9):
        st.mesh("wood").box((0, y + 0.03, height * z), (2 * reach, 0.04, 0.09), 0, tone * 0.95)


def rock(st: Stage, at: Any, size: float) -> None:
    """A boulder."""
    radii = np.array([st.u(0.7, 1.2), st.u(0.6, 1.0), st.u(0.4, 0.8)]) * size
    tone = tint(st.u(0.05, 0.15), st.u(0.02, 0.2), st.u(0.3, 0.6))
    centre = (at[0], at[1], radii[2] * 0.35)
    st.mesh("rock").blob(centre, radii, 0, tone, rough=0.4, seed=int(st.rng.integers(1 << 30)), detail=16)


def person(st: Stage, at: Any) -> None:
    """Somebody who stands still: legs, coat, arms, head and hair."""
    h = st.u(1.5, 1.9)
    x, y = float(at[0]), float(at[1])
    coat, legs = (tint(st.u(0, 1), st.u(0.05, 0.6), st.u(0.08, 0.7)) for _ in range(2))
    skin = tint(0.06, st.u(0.3, 0.55), st.u(0.4, 0.85))
    shoulder, hem = st.u(0.17, 0.22), st.u(0.3, 0.52)

    def limb(points: Any, radii: Any, tone: Array, name: str = "cloth") -> None:
        st.mesh(name).tube(np.array(points) * np.array([1, 1, h]) + np.array([x, y, 0]), radii, 0, tone, 9)

    for s in (-1, 1):
        limb([(s * 0.1, 0, 0.0), (s * 0.1, 0, 0.28), (s * 0.08, 0, 0.52)], [0.06, 0.065, 0.1], legs)
        limb(
            [(s * shoulder, 0, 0.82), (s * (shoulder + 0.05), 0.02, 0.62), (s * (shoulder + 0.04), -0.05, 0.44)],
            [0.06, 0.055, 0.04],
            coat * 0.9,
        )
    limb([(0, 0, hem), (0, 0, 0.6), (0, 0, 0.78), (0, 0, 0.84), (0, 0, 0.86)], [0.2, 0.16, shoulder, 0.13, 0.05], coat)
    limb([(0, 0, 0.85), (0, 0, 0.9)], [0.05, 0.05], skin, "plain")
    st.mesh("plain").blob((x, y, h * 0.925), (0.075, 0.095, 0.115), 0, skin)
    st.mesh("plain").blob((x, y + 0.025, h * 0.945), (0.085, 0.095, 0.105), 0, tint(0.07, 0.5, st.u(0.05, 0.5)))


def pole(st: Stage, at: Any, height: float, radius: float = 0.06) -> None:
    """A lamp post or a telegraph pole."""
    name = "metal" if st.chance(0.5) else "wood"
    line = np.array([[at[0], at[1], 0.0], [at[0], at[1], height]], float)
    st.mesh(name).tube(line, [radius, radius * 0.7], 0, tint(st.u(0.05, 0.5), 0.15, st.u(0.2, 0.5)), 10)


def still_things(st: Stage, near: float, far: float, count: int) -> None:
    """Things that do not move, put at random on the ground in view between two distances from the camera."""
    for at in st.camera.ground(st.rng, count, max(near, 2.5), max(far, 4.0), margin=0.95):
        kind = st.u(0, 1)
        if kind < 0.3:
            rock(st, at, st.u(0.2, 0.9))
        elif kind < 0.5:
            person(st, at)
        elif kind < 0.62:
            pole(st, at, st.u(2.5, 7.0))
        elif kind < 0.8:
            size = (st.u(0.4, 1.8), st.u(0.4, 1.2), st.u(0.4, 1.6))
            name = str(st.rng.choice(["wood", "paint", "concrete", "plain"]))
            st.mesh(name).box(
                (at[0], at[1], size[2] / 2), size, 0, tint(st.u(0, 1), st.u(0.02, 0.45), st.u(0.2, 0.75)), st.u(-1, 1)
            )
        else:
            line = np.array([[at[0], at[1], 0.0], [at[0] + st.u(-0.1, 0.1), at[1], st.u(7, 14)]])
            st.mesh("bark").tube(line, [st.u(0.12, 0.3), 0.1], 0, tint(0.07, 0.3, st.u(0.2, 0.45)), 10)
