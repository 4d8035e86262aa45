# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees, bare trees, conifers, shrubs: branches that carry branches that carry leaves. Trunks stand still."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .shapes import arc, hsv, jitter, noise, placed
from .stage import Stage

__all__ = ["Growth", "blob_crown", "conifer", "grow", "leafy", "shrub", "tree"]

Array = npt.NDArray[Any]


class Growth:
    """Where twigs end: what leaves and blossoms are put on."""

    def __init__(self) -> None:
        self.tips: list[tuple[float, float, float, int]] = []

    def add(self, point: Array, angle: float, part: int) -> None:
        """One place for leaves."""
        self.tips.append((float(point[0]), float(point[1]), angle, part))

    def table(self) -> tuple[Array, Array, npt.NDArray[np.int32]]:
        """Points (N, 2), angles (N,) and parts (N,)."""
        t = np.array(self.tips, float).reshape(-1, 4)
        return t[:, :2], t[:, 2], t[:, 3].astype(np.int32)


def leaf_colour(st: Stage) -> Array:
    """Green mostly, autumn sometimes."""
    if st.chance(0.82):
        return hsv(st.u(0.17, 0.33), st.u(0.3, 0.7), st.u(0.22, 0.58))
    return hsv(st.u(0.0, 0.15), st.u(0.5, 0.9), st.u(0.4, 0.85))


def grow(
    st: Stage,
    growth: Growth,
    parent: int,
    start: Array,
    angle: float,
    length: float,
    width: float,
    level: int,
    *,
    stiff: int = 1,
    colour: Array,
    spread: float = 0.7,
    splits: tuple[int, int] = (4, 7),
    up: float = 0.25,
    base_frequency: float = 0.5,
    draw: bool = True,
) -> None:
    """One branch and all that it carries. The first `stiff` levels stand still (they are the world)."""
    rng = st.rng
    n = 4 if level == 0 else 3 if level == 1 else 2
    points = arc(start, angle, length, rng.normal(0, 0.35), n)
    if stiff > 0:
        parts = [parent] * n
    else:
        f = base_frequency * (0.09 / max(length, 0.012)) ** 0.6 * float(np.exp(rng.normal(0, 0.15)))
        parts = st.rig.chain(
            parent, points, frequency=min(f, 4.5), drag=st.u(0.025, 0.06), damping=st.u(0.06, 0.2), local=0.25
        )
    if draw:
        st.canvas.tube(points, np.linspace(width, width * 0.55, n + 1), colour * st.u(0.8, 1.15), parts, st.sun)
    if level >= 3 or length < 0.012:
        for i in range(1, n + 1):
            growth.add(points[i], angle, parts[i - 1])
        return
    for _ in range(int(rng.integers(*splits))):
        t = st.u(0.3, 1.0) if level else st.u(0.4, 1.0)
        i = min(int(t * n), n - 1)
        p = points[i] + (points[i + 1] - points[i]) * (t * n - i)
        a = angle + rng.choice([-1.0, 1.0]) * st.u(0.2, 1.0) * spread * 1.4
        a = a + up * np.sin(-np.pi / 2 - a)
        grow(
            st,
            growth,
            parts[i],
            p,
            a,
            length * st.u(0.42, 0.72),
            max(width * 0.5, 0.0012),
            level + 1,
            stiff=stiff - 1,
            colour=colour,
            spread=spread,
            splits=splits,
            up=up,
            base_frequency=base_frequency,
            draw=draw,
        )
    growth.add(points[-1], angle, parts[-1])


def leafy(
    st: Stage,
    growth: Growth,
    *,
    count: int,
    size: float,
    colour: Array,
    shape: str = "lens",
    scatter: float = 2.5,
    own: float = 0.3,
    contrast: float = 0.35,
    wide: float = 0.32,
    droop: float = 0.0,
) -> None:
    """`count` leaves at random tips, dark ones inside and below, bright ones towards the sun and in front."""
    rng = st.rng
    points, angles, parts = growth.table()
    if not len(points):
        return
    which = rng.integers(len(points), size=count)
    base = points[which] + rng.normal(0, size * scatter * 0.5, (count, 2))
    owner = parts[which].copy()
    angle = angles[which] + rng.normal(0, 1.1, count)
    angle = angle + droop * np.sin(np.pi / 2 - angle)
    for i in np.flatnonzero(rng.random(count) < own):
        owner[i] = st.rig.add(
            int(owner[i]),
            base[i],
            (np.cos(angle[i]), np.sin(angle[i])),
            frequency=st.u(1.5, 4.0),
            drag=st.u(0.05, 0.25),
            damping=st.u(0.1, 0.3),
            local=0.6,
            flutter=st.u(0, 0.3),
            axis=angle[i] + np.pi / 2,
        )
    centre, extent = points.mean(0), points.std(0).mean() + 1e-6
    # The shaded inside of the crown, without which the sky shines through everywhere.
    inside = rng.integers(len(points), size=count // 5)
    at = points[inside] * 0.85 + centre * 0.15 + rng.normal(0, size * scatter * 0.3, (len(inside), 2))
    dark = placed(
        "lens", at, rng.uniform(0, 6.28, len(inside)), size * 2.6 * rng.uniform(0.6, 1.2, len(inside)), size * 0.9
    )
    st.canvas.polygons(dark, jitter(rng, np.asarray(colour) * 0.5, len(inside), 0.2, 0.04), parts[inside])
    toward = (base - centre) @ st.sun / extent
    depth = rng.random(count)
    # Clumps: leaves near each other share light; a canopy is not even noise.
    clump = noise(rng, 64, 64, 9, 3)
    where = np.clip((base / np.array([1.0, max(st.aspect, 1e-6)]) * 63).astype(int), 0, 63)
    light = 0.28 * toward + 0.7 * (depth - 0.5) + 0.4 * clump[where[:, 1], where[:, 0]]
    tones = jitter(rng, colour, count, 0.1, 0.05) * np.exp(contrast * 1.6 * light - 0.1)[:, None]
    warm = np.clip(light, 0, 1)[:, None] * np.array([0.22, 0.14, -0.1])
    tones = tones * (1 + warm)
    order = np.argsort(depth + 0.15 * clump[where[:, 1], where[:, 0]])
    length = size * np.exp(rng.normal(0, 0.25, count))
    outlines = placed(
        shape, base, angle, length, length * wide * rng.uniform(0.4, 1.1, count), rng.normal(0, 0.15, count)
    )
    st.canvas.polygons(outlines[order], tones[order], owner[order], convex=shape not in ("lobed", "palm"))


def tree(st: Stage, x: float, foot: float, height: float, *, bare: bool = False, count: int = 1600) -> None:
    """A tree that stands at (x, foot)."""
    rng = st.rng
    growth = Growth()
    bark = hsv(st.u(0.04, 0.1), st.u(0.1, 0.5), st.u(0.15, 0.5))
    trunk = height * st.u(0.35, 0.5)
    grow(
        st,
        growth,
        0,
        np.array([x, foot]),
        -np.pi / 2 + rng.normal(0, 0.06),
        trunk,
        height * st.u(0.035, 0.07),
        0,
        stiff=1 if height < 0.5 else int(rng.integers(1, 3)),
        colour=bark,
        spread=st.u(0.5, 0.9),
        splits=(4, 7) if not bare else (6, 10),
        up=st.u(0.1, 0.4),
        base_frequency=st.u(0.45, 0.8),
    )
    if not bare:
        size = height * st.u(0.018, 0.036)
        leafy(
            st,
            growth,
            count=count,
            size=size,
            colour=leaf_colour(st),
            shape=str(rng.choice(["lens", "oval", "round"])),
            scatter=st.u(1.6, 3.2),
            own=0.2,
        )


def blob_crown(
    st: Stage,
    centre: Array,
    radii: Array,
    *,
    count: int,
    size: float,
    colour: Array,
    shape: str = "lens",
    twigs: int = 90,
) -> Growth:
    """A bush or a hedge: twigs from the middle outwards, then leaves over them."""
    growth = Growth()
    middle = np.asarray(centre, float) + np.array([0, radii[1] * 0.6])
    boughs = []
    for a in np.linspace(-np.pi, 0, 9):
        d = np.array([np.cos(a) * radii[0], np.sin(a) * radii[1] * 1.5])
        boughs.append(
            (st.rig.add(0, middle, d, frequency=st.spread(0.8, 1.25), drag=st.u(0.015, 0.04), damping=0.15), d)
        )
    for _ in range(twigs):
        a, r = st.u(0, 2 * np.pi), np.sqrt(st.u(0.02, 1.0))
        p = np.asarray(centre) + np.array([np.cos(a) * radii[0], np.sin(a) * radii[1]]) * r
        d = p - middle
        bough = max(boughs, key=lambda b: float(b[1] @ d) / float(np.linalg.norm(b[1]) + 1e-9))[0]
        n = np.linalg.norm(d) + 1e-9
        part = st.rig.add(
            bough,
            p - d / n * size * 4,
            d,
            frequency=st.spread(1.6, 1.3),
            drag=st.u(0.03, 0.1),
            damping=st.u(0.08, 0.2),
            local=0.35,
        )
        growth.add(p, float(np.arctan2(d[1], d[0])), part)
    leafy(st, growth, count=count, size=size, colour=colour, shape=shape, scatter=st.u(2.0, 3.6), own=0.35)
    return growth


def shrub(st: Stage, x: float, foot: float, radius: float, *, count: int = 900) -> None:
    """A shrub on the ground."""
    st.canvas.ellipse((x, foot), (radius * 1.1, radius * 0.2), 0, np.array([25, 28, 18]), None)
    shape = str(st.rng.choice(["lens", "oval", "round", "strap"]))
    centre = np.array([x, foot - radius * 0.75])
    blob_crown(
        st,
        centre,
        np.array([radius, radius * 0.8]),
        count=count,
        size=radius * st.u(0.06, 0.14),
        colour=leaf_colour(st),
        shape=shape,
    )


def conifer(st: Stage, x: float, foot: float, height: float) -> None:
    """A fir or pine: whorls of drooping branches with needles; the trunk barely sways."""
    rng = st.rng
    bark = hsv(0.07, 0.4, 0.25)
    trunk = arc((x, foot), -np.pi / 2, height, rng.normal(0, 0.05), 6)
    stem = st.rig.chain(0, trunk, frequency=st.u(0.3, 0.6), drag=st.u(0.006, 0.02), damping=0.1)
    st.canvas.tube(trunk, np.linspace(height * 0.035, 0.002, 7), bark, stem, st.sun)
    colour = hsv(st.u(0.22, 0.42), st.u(0.25, 0.6), st.u(0.18, 0.45))
    spread = st.u(0.22, 0.38)
    rows = int(rng.integers(12, 20))
    for i in range(rows):
        t = 0.12 + 0.88 * (1 - (i + 1) / rows) ** 0.9
        t = 1 - t
        for _ in range(5):
            u = float(np.clip(t + rng.normal(0, 0.02), 0.02, 0.98))
            j = min(int(u * 6), 5)
            p = trunk[j] + (trunk[j + 1] - trunk[j]) * (u * 6 - j)
            reach = height * spread * (1 - u) ** 0.8 * st.u(0.6, 1.1) + 0.012
            side = st.u(-1, 1)
            a = np.pi / 2 - np.sign(side) * (np.pi / 2 - st.u(-0.25, 0.4)) * min(1.0, abs(side) * 1.6)
            limb = arc(p, a, reach * (0.45 + 0.55 * abs(side)), -np.sign(side) * st.u(0, 0.5), 2)
            parts = st.rig.chain(
                stem[j],
                limb,
                frequency=st.spread(min(0.12 / reach + 0.6, 3.5), 1.15),
                drag=st.u(0.03, 0.07),
                damping=0.12,
                local=0.3,
            )
            n = int(26 + 90 * reach / max(height, 0.2))
            s = rng.random(n)
            seg = np.minimum((s * 2).astype(int), 1)
            base = limb[seg] + (limb[seg + 1] - limb[seg]) * (s * 2 - seg)[:, None]
            angle = a + rng.normal(0, 0.75, n)
            light = 0.25 * (side * st.sun[0]) + 0.35 * (st.u(0, 1) - 0.5) + rng.normal(0, 0.18, n)
            tips = placed(
                "needle",
                base,
                angle,
                reach * 0.28 * rng.uniform(0.5, 1.1, n),
                max(0.0028, reach * 0.02),
                rng.normal(0, 0.2, n),
            )
            st.canvas.polygons(tips, np.asarray(colour) * np.exp(light)[:, None], np.asarray(parts)[seg])
