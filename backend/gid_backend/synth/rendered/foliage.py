# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaves seen near, strands that hang, ivy on a wall, palms and ferns."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .leaves import OUTLINES, leaf_parts, place_leaves
from .mesh import frames
from .rig import branch_frequency
from .stage import Stage, tint, vary
from .trees import arc, unit

__all__ = ["big_leaves", "fern", "ivy", "palm", "sprig", "strands"]

Array = npt.NDArray[Any]
ROWS, COLUMNS = 9, 5

# Half width (0..1) along a blade; smooth leaves are grids, so that light runs over them.
PROFILES = {
    "lens": ([0, 0.25, 0.5, 0.75, 1], [0.02, 0.7, 1, 0.65, 0]),
    "oval": ([0, 0.12, 0.4, 0.75, 0.94, 1], [0.03, 0.6, 1, 0.85, 0.4, 0]),
    "heart": ([0, 0.06, 0.25, 0.6, 0.85, 1], [0.45, 0.85, 1, 0.7, 0.25, 0]),
    "strap": ([0, 0.3, 0.7, 0.93, 1], [0.4, 0.9, 1, 0.55, 0]),
    "round": ([0, 0.12, 0.5, 0.88, 1], [0.1, 0.75, 1, 0.75, 0.05]),
}
PROFILE_WIDTH = {"lens": 0.2, "oval": 0.32, "heart": 0.42, "strap": 0.08, "round": 0.46}


def big_leaves(
    st: Stage,
    parents: Array,
    bases: Array,
    directions: Array,
    normals: Array,
    length: Array,
    *,
    shape: str,
    tones: Array,
    own: float = 1.0,
    droop: float = 0.2,
) -> npt.NDArray[np.int32]:
    """N leaves with a curved blade, veins and, a share `own` of them, a part each; returns their parts."""
    rng, n = st.rng, len(bases)
    along, across, up = frames(directions, normals)
    parts = leaf_parts(st, parents, bases, bases + along * length[:, None], across, own)
    u = np.linspace(0, 1, ROWS)[None, :, None]
    v = np.linspace(-1, 1, COLUMNS)[None, None, :]
    half = np.interp(u.ravel(), *PROFILES[shape])[None, :, None] * PROFILE_WIDTH[shape] * st.u(0.85, 1.15)
    fold = rng.normal(0.18, 0.15, (n, 1, 1))
    bend = rng.normal(droop, 0.15, (n, 1, 1))
    twist = rng.normal(0, 0.12, (n, 1, 1))
    wave = rng.normal(0, 0.012, (n, 1, 1)) * np.sin(12 * u + rng.uniform(0, 6.28, (n, 1, 1))) * np.abs(v)
    x = u + 0 * v
    y = half * v + 0.1 * rng.normal(0, 1, (n, 1, 1)) * u**2
    z = fold * np.abs(v) * half - bend * u**2 + twist * u * v * half * 2 + wave
    size = length[:, None, None, None]
    points = bases[:, None, None] + size * (
        x[..., None] * along[:, None, None] + y[..., None] * across[:, None, None] + z[..., None] * up[:, None, None]
    )
    index = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    quad = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 4)
    corners = (quad[None] + (np.arange(n) * ROWS * COLUMNS)[:, None, None]).reshape(-1, 4)
    uv = np.broadcast_to(
        np.stack([np.broadcast_to(u[0], (ROWS, COLUMNS)), np.broadcast_to(v[0], (ROWS, COLUMNS))], -1),
        (n, ROWS, COLUMNS, 2),
    )
    each = len(quad)
    st.mesh("leaf_near").faces(
        points.reshape(-1, 3), corners, np.repeat(parts, each), np.repeat(tones, each, 0), uv.reshape(-1, 2)
    )
    return parts


def sprig(
    st: Stage, start: Any, direction: Any, length: float, *, leaf: float, tone: Array, shape: str, drag: float = 0.06
) -> None:
    """A twig with large leaves on both sides."""
    rng = st.rng
    line = arc(rng, start, unit(direction), length, 6, 0.1, -0.04)
    f = branch_frequency(length) * 0.8
    parts = st.rig.chain(0, line, frequency=f, drag=drag, damping=st.u(0.08, 0.2))
    st.mesh("bark").tube(line, np.linspace(leaf * 0.05, leaf * 0.018, 7), parts, tone * 0.5 + tint(0.07, 0.5, 0.12), 7)
    pairs = st.chance(0.6)
    step = leaf * st.u(0.25, 0.6)
    t = np.arange(0.12, 1.0, max(step / length, 0.025))
    t = np.concatenate([np.repeat(t, 2) if pairs else t, [0.999]])
    n = len(t)
    seg = np.minimum((t * 6).astype(int), 5)
    base = line[seg] + (line[seg + 1] - line[seg]) * (t * 6 - seg)[:, None]
    axis = (line[seg + 1] - line[seg]) / (length / 6)
    side = np.cross(axis, rng.normal(0, 0.3, (n, 3)) + np.array([0.0, -0.6, 0.8]))
    sign = np.where(np.arange(n) % 2, 1.0, -1.0)[:, None]
    d = axis * rng.uniform(0.3, 0.9, (n, 1)) + side * sign + rng.normal(0, 0.25, (n, 3)) - np.array([0, 0, 0.15])
    d[-1] = axis[-1]
    # Leaves turn their faces to the light and, a little, to the viewer.
    normal = rng.normal(0, 0.4, (n, 3)) + np.array([0.0, -0.7, 0.7])
    size = leaf * rng.uniform(0.6, 1.15, n)
    own = np.asarray(parts, np.int32)[seg]
    big_leaves(st, own, base, d, normal, size, shape=shape, tones=vary(rng, tone, n, 0.15, 0.06))


def strands(
    st: Stage,
    tops: Array,
    lengths: Array,
    *,
    parent: Array | int = 0,
    leaf: float,
    tone: Array,
    shape: str = "lens",
    dense: float = 3.0,
    drag: float = 0.13,
) -> None:
    """Strands that hang from places (N, 3), with leaves along them: willow, wisteria, ivy, creepers."""
    rng, n = st.rng, len(tops)
    owner = np.broadcast_to(np.asarray(parent, np.int32), n)
    segments = 8
    p = np.asarray(tops, float)
    d = rng.normal(0, 0.12, (n, 3))
    d[:, 2] = -1.0
    frequency = np.clip(0.5 / np.maximum(lengths, 0.05) ** 0.5, 0.25, 2.5) * np.exp(rng.normal(0, 0.12, n))
    shade = np.exp(rng.normal(0, 0.2, n))
    points, owners = [], []
    for _ in range(segments):
        q = p + d * (lengths / segments)[:, None]
        owner = st.rig.add_many(
            owner, p, q, frequency=frequency, drag=drag / segments * rng.uniform(0.6, 1.5, n), damping=0.12, local=0.15
        )
        thick = np.minimum(leaf * 0.06, 0.006)
        st.mesh("bark").tubes(p, q, np.full(n, thick), np.full(n, thick * 0.8), owner, tone * 0.4, 3)
        points.append((p, q))
        owners.append(owner)
        p = q
        d = d + rng.normal(0, 0.06, (n, 3))
    start, end = (np.concatenate([pair[i] for pair in points]) for i in (0, 1))
    own = np.concatenate(owners)
    each = np.maximum(np.linalg.norm(end - start, axis=1) / leaf * dense, 0.3)
    count = np.floor(each + rng.random(len(each))).astype(int)
    which = np.repeat(np.arange(len(start)), count)
    m = len(which)
    base = start[which] + (end - start)[which] * rng.random((m, 1))
    direction = rng.normal(0, 0.75, (m, 3)) * np.array([1, 1, 0.3]) - np.array([0, 0, 1.0])
    normal = rng.normal(0, 0.8, (m, 3)) + np.array([0, -0.5, 0.4])
    length = leaf * np.exp(rng.normal(0, 0.25, m))
    width = {"lens": 0.14, "oval": 0.28, "heart": 0.42, "diamond": 0.25, "strap": 0.06, "round": 0.42}[shape]
    outline = place_leaves(base, direction, normal, length, width, shape, droop=0.1)
    unit_d, across, _ = frames(direction, normal)
    parts = leaf_parts(st, own[which], base, base + unit_d * length[:, None], across, 0.3)
    tones = vary(rng, tone, m, 0.18, 0.06) * shade[which % n][:, None]
    st.mesh("leaf").polygons(outline, parts, tones, OUTLINES[shape])


def ivy(
    st: Stage,
    y: float,
    left: float,
    right: float,
    low: float,
    high: float,
    *,
    leaf: float,
    tone: Array,
    cover: float = 0.8,
    most: int = 2500,
) -> None:
    """Leaves over a wall at the depth y, one over another; each shivers, none goes far."""
    rng = st.rng
    area = (right - left) * (high - low)
    n = int(np.clip(area / leaf**2 * 2.6 * cover, 60, most))
    x, z = rng.uniform(left, right, n), rng.uniform(low, high, n)
    waves = rng.normal(0, 2.0, (7, 2)) / max(right - left, 0.3) * 2
    field = np.cos(np.stack([x, z], 1) @ waves.T + rng.uniform(0, 6.28, 7)).sum(1) / 2.0
    keep = field > np.quantile(field, 1 - cover)
    x, z = x[keep], z[keep]
    n = len(x)
    out = rng.uniform(0.1, 1.2, n) * leaf
    base = np.stack([x, y - out, z], 1)
    columns, rows = max(int((right - left) / (leaf * 6)), 2), max(int((high - low) / (leaf * 6)), 2)
    gx, gz = np.meshgrid(np.linspace(left, right, columns), np.linspace(low, high, rows))
    knots = np.stack([gx.ravel(), np.full(gx.size, y), gz.ravel()], 1)
    vines = st.rig.add_many(
        np.zeros(len(knots), int),
        knots,
        knots - np.array([0, 0.1 * leaf, 4 * leaf]),
        frequency=branch_frequency(leaf * 6) * np.exp(rng.normal(0, 0.2, len(knots))),
        drag=rng.uniform(0.0, 0.04, len(knots)),
        damping=0.2,
    )
    i = np.clip(np.round((x - left) / (right - left) * (columns - 1)).astype(int), 0, columns - 1)
    j = np.clip(np.round((z - low) / (high - low) * (rows - 1)).astype(int), 0, rows - 1)
    direction = np.stack([rng.normal(0, 0.5, n), rng.normal(-0.35, 0.2, n), np.full(n, -1.0)], 1)
    normal = np.stack([rng.normal(0, 0.35, n), np.full(n, -1.0), rng.normal(0.45, 0.25, n)], 1)
    shape = str(rng.choice(["heart", "oval", "maple", "oak"], p=[0.4, 0.2, 0.3, 0.1]))
    owner = vines[j * columns + i]
    length = leaf * np.exp(rng.normal(0, 0.22, n))
    tones = vary(rng, tone, n, 0.22, 0.09)
    if shape in PROFILES:
        big_leaves(st, owner, base, direction, normal, length, shape=shape, tones=tones, own=0.85)
        return
    along, across, _ = frames(direction, normal)
    parts = leaf_parts(st, owner, base, base + along * length[:, None], across, 0.85)
    wide = 0.5 if shape == "maple" else 0.3
    outline = place_leaves(base, direction, normal, length, wide, shape, droop=0.15)
    st.mesh("leaf_near").polygons(outline, parts, tones, OUTLINES[shape])


def _frond(
    st: Stage,
    line: Array,
    parts: list[int],
    leaflet: float,
    pairs: int,
    tone: Array,
    *,
    wide: float,
    sweep: float,
    own: float,
    grow: bool,
) -> None:
    """Leaflets on both sides of a rib."""
    rng, n = st.rng, len(line) - 1
    t = np.repeat(np.linspace(0.08, 0.99, pairs), 2)
    seg = np.minimum((t * n).astype(int), n - 1)
    base = line[seg] + (line[seg + 1] - line[seg]) * (t * n - seg)[:, None]
    axis = line[seg + 1] - line[seg]
    axis = axis / np.linalg.norm(axis, axis=1, keepdims=True)
    across = np.cross(axis, [0.0, 0.0, 1.0])
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    sign = np.tile([-1.0, 1.0], pairs)[:, None]
    d = across * sign + axis * sweep + rng.normal(0, 0.08, (2 * pairs, 3)) - np.array([0, 0, st.u(0.05, 0.5)])
    length = (
        leaflet * (np.sin(np.pi * (0.15 + 0.8 * t)) if not grow else 1.05 - t) * np.exp(rng.normal(0, 0.08, 2 * pairs))
    )
    normal = np.array([0, 0, 1.0]) + across * sign * 0.3
    points = place_leaves(base, d, normal, length, wide, "lens", droop=0.2)
    unit_d, side, _ = frames(d, normal)
    owner = leaf_parts(st, np.asarray(parts)[seg], base, base + unit_d * length[:, None], side, own)
    st.mesh("leaf").polygons(points, owner, vary(rng, tone, 2 * pairs, 0.15, 0.05), OUTLINES["lens"])


def palm(st: Stage, centre: Any, size: float, *, foot: Any = None, fronds: int | None = None) -> None:
    """Fronds from one place, on a trunk that stands at `foot` if there is one."""
    rng = st.rng
    tone = tint(st.u(0.2, 0.33), st.u(0.4, 0.75), st.u(0.3, 0.55))
    carrier = 0
    if foot is not None:
        line = np.linspace(np.asarray(foot, float), np.asarray(centre, float), 7)
        line[1:-1] += rng.normal(0, 0.02, (5, 3)) * size
        trunk = st.rig.chain(0, line, frequency=st.u(0.3, 0.6), drag=st.u(0.004, 0.015), damping=0.1)
        trunk[:3] = [0, 0, 0]
        st.mesh("bark").tube(line, np.linspace(0.1, 0.07, 7) * size, trunk, tint(0.08, 0.25, st.u(0.3, 0.5)), 10)
        carrier = trunk[-1]
    n = fronds or int(rng.integers(11, 22))
    for k in range(n):
        a = 2.4 * k + st.u(-0.2, 0.2)
        rise = 1.25 - 1.6 * (k + 0.5) / n + rng.normal(0, 0.1)
        d = unit([np.cos(a) * np.cos(rise), np.sin(a) * np.cos(rise), np.sin(rise)])
        length = size * st.u(0.8, 1.1)
        line = arc(rng, centre, d, length, 7, 0.03, -st.u(0.14, 0.26))
        parts = st.rig.chain(
            carrier, line, frequency=branch_frequency(length) * st.u(0.7, 1.1), drag=st.u(0.05, 0.12), damping=0.12
        )
        st.mesh("leaf").tube(line, np.linspace(0.018, 0.004, 8) * size, parts, tone * 1.2, 4)
        old = tone if k < n - 3 or st.chance(0.7) else tint(0.1, 0.5, 0.5)
        _frond(st, line, parts, size * 0.32, 38, old, wide=0.035, sweep=st.u(0.4, 0.9), own=0.5, grow=False)


def fern(st: Stage, foot: Any, size: float, tone: Array | None = None) -> None:
    """Arching fronds with leaflets, from the ground or a pot."""
    rng = st.rng
    tone = tint(st.u(0.2, 0.3), st.u(0.5, 0.85), st.u(0.3, 0.6)) if tone is None else tone
    n = int(rng.integers(9, 18))
    for k in range(n):
        a = 2.4 * k + st.u(-0.2, 0.2)
        rise = st.u(0.75, 1.35)
        d = unit([np.cos(a) * np.cos(rise), np.sin(a) * np.cos(rise), np.sin(rise)])
        length = size * st.u(0.75, 1.2)
        line = arc(rng, foot, d, length, 6, 0.03, -st.u(0.16, 0.32))
        parts = st.rig.chain(
            0, line, frequency=branch_frequency(length) * st.u(0.8, 1.1), drag=st.u(0.06, 0.14), damping=0.15
        )
        st.mesh("leaf").tube(line, np.linspace(0.009, 0.002, 7) * size, parts, tone * 0.8, 4)
        _frond(
            st,
            line,
            parts,
            size * 0.26,
            26,
            vary(rng, tone, 1, 0.12, 0.04)[0],
            wide=0.16,
            sweep=0.25,
            own=0.2,
            grow=True,
        )
