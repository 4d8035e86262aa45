# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees and shrubs in space: branches that carry branches that carry leaves. Trunks stand still."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .leaves import scatter_leaves
from .rig import branch_frequency
from .stage import Stage, tint, vary

__all__ = ["Growth", "arc", "grow", "leaf_tone", "tree"]

Array = npt.NDArray[Any]


class Growth:
    """Twigs: what leaves and blossoms are put on."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, ...]] = []

    def add(self, start: Array, end: Array, part: int) -> None:
        """One twig from a place to another that moves with a part."""
        self.rows.append((*map(float, start), *map(float, end), float(part)))

    def table(self) -> tuple[Array, Array, npt.NDArray[np.int32]]:
        """Starts (N, 3), ends (N, 3) and parts (N,)."""
        t = np.array(self.rows, float).reshape(-1, 7)
        return t[:, :3], t[:, 3:6], t[:, 6].astype(np.int32)


def unit(v: Any) -> Array:
    v = np.asarray(v, float)
    return np.asarray(v / max(float(np.linalg.norm(v)), 1e-9))


def arc(
    rng: np.random.Generator, start: Any, direction: Array, length: float, n: int, wander: float, up: float = 0.0
) -> Array:
    """(n+1, 3) points of a crooked line that starts in a direction; `up` > 0 rises towards its end, < 0 droops."""
    points = [np.asarray(start, float)]
    d = unit(direction)
    for _ in range(n):
        points.append(points[-1] + d * (length / n))
        d = unit(d + rng.normal(0, wander, 3) + np.array([0, 0, up]))
    return np.array(points)


def leaf_tone(st: Stage) -> Array:
    """Green mostly, autumn sometimes, purple or grey-green at times."""
    kind = st.u(0, 1)
    if kind < 0.76:
        return tint(st.u(0.18, 0.31), st.u(0.4, 0.85), st.u(0.36, 0.68))
    if kind < 0.93:
        return tint(st.u(0.0, 0.15), st.u(0.6, 0.95), st.u(0.5, 0.85))
    if kind < 0.97:
        return tint(st.u(0.9, 1.02), st.u(0.3, 0.6), st.u(0.25, 0.4))
    return tint(st.u(0.2, 0.45), st.u(0.1, 0.25), st.u(0.45, 0.6))


def grow(
    st: Stage,
    growth: Growth,
    parent: int,
    start: Array,
    direction: Array,
    length: float,
    radius: float,
    level: int,
    *,
    tone: Array,
    stiff: int = 1,
    last: int = 3,
    splits: tuple[int, int] = (4, 7),
    spread: float = 0.8,
    up: float = 0.12,
    wander: float = 0.16,
    shrink: tuple[float, float] = (0.45, 0.72),
    bare_below: float = 0.35,
    stiffness: float = 1.0,
) -> None:
    """One branch and all that it carries. The first `stiff` levels stand still (they are the world)."""
    rng = st.rng
    n = (5, 4, 3, 2)[min(level, 3)]
    line = arc(rng, start, direction, length, n, wander * (0.4 if level == 0 else 1.0), up if level else 0.0)
    if stiff > 0:
        parts = [parent] * n
    else:
        frequency = branch_frequency(length, stiffness) * float(np.exp(rng.normal(0, 0.15)))
        parts = st.rig.chain(
            parent, line, frequency=frequency, drag=st.u(0.025, 0.06), damping=st.u(0.06, 0.2), local=0.25
        )
    thin = radius * (0.55 if level < last else 0.3)
    sides = (10, 6, 4, 3)[min(level, 3)]
    radii = np.linspace(radius, thin, n + 1)
    if level == 0:
        radii[0] *= 1.35
    st.mesh("bark").tube(line, radii, parts, tone * st.u(0.85, 1.15), sides)
    if level >= last:
        for i in range(n):
            growth.add(line[i], line[i + 1], parts[i])
        return
    along = unit(line[-1] - line[0])
    count = int(rng.integers(*splits))
    roll = st.u(0, 6.28)
    for k in range(count):
        t = (bare_below if level == 0 else 0.25) + (1 - (bare_below if level == 0 else 0.25)) * (
            k + st.u(0.1, 1.0)
        ) / count
        t = min(t, 0.999)
        i = min(int(t * n), n - 1)
        p = line[i] + (line[i + 1] - line[i]) * (t * n - i)
        # Branches stand around the stem by the golden angle, steeper towards its end.
        a = roll + 2.4 * k + rng.normal(0, 0.3)
        side = unit(np.cross(along, (0.3, 0.2, 0.93) if abs(along[2]) < 0.9 else (1.0, 0.1, 0.0)))
        other = np.cross(along, side)
        out = np.cos(a) * side + np.sin(a) * other
        angle = spread * st.u(0.6, 1.3) * (1.15 - 0.5 * t)
        d = unit(along * np.cos(angle) + out * np.sin(angle) + np.array([0, 0, up]))
        grow(
            st,
            growth,
            parts[i],
            p,
            d,
            length * st.u(*shrink) * (1.15 - 0.45 * t if level == 0 else 1.0),
            max(radius * (1 - 0.45 * t) * st.u(0.4, 0.6), 0.004),
            level + 1,
            tone=tone,
            stiff=stiff - 1,
            last=last,
            splits=splits,
            spread=spread,
            up=up,
            wander=wander,
            shrink=shrink,
            stiffness=stiffness,
        )
    growth.add(line[-2], line[-1], parts[-1])


def tree(
    st: Stage,
    foot: Any,
    height: float,
    *,
    bare: bool = False,
    count: int = 20000,
    tone: Array | None = None,
    own: float = 0.15,
) -> Growth:
    """A broadleaf tree; `bare` as in winter. Returns its twigs."""
    growth = Growth()
    hue, grey = st.u(0.05, 0.1), st.u(0.1, 0.45)
    bark = tint(hue, grey, st.u(0.25, 0.5))
    trunk = height * st.u(0.4, 0.58)
    grow(
        st,
        growth,
        0,
        np.asarray(foot, float) - np.array([0, 0, 0.05]),
        unit([st.rng.normal(0, 0.07), st.rng.normal(0, 0.07), 1.0]),
        trunk,
        height * st.u(0.018, 0.034),
        0,
        tone=bark,
        stiff=1 if st.chance(0.6) else 2,
        splits=(5, 8) if not bare else (6, 9),
        spread=st.u(0.65, 1.15),
        up=st.u(-0.02, 0.2),
        bare_below=st.u(0.2, 0.5),
        shrink=(0.45, st.u(0.65, 0.8)),
    )
    if not bare:
        size = float(np.clip(height * st.u(0.014, 0.027), 0.06, 0.35))
        scatter_leaves(
            st, growth.table(), count=count, size=size, tone=leaf_tone(st) if tone is None else tone, own=own
        )
    elif st.chance(0.25):
        # A few leaves that have not fallen.
        tones = tint(st.u(0.03, 0.1), 0.7, 0.5)
        scatter_leaves(st, growth.table(), count=int(st.u(50, 500)), size=height * 0.012, tone=tones, own=0.6)
    return growth


def fallen(st: Stage, centre: Any, radius: float, tone: Array, count: int = 1500, size: float = 0.09) -> None:
    """Leaves that lie on the ground and do not move."""
    rng = st.rng
    r = radius * np.sqrt(rng.random(count)) * rng.random(count) ** 0.3
    a = rng.uniform(0, 2 * np.pi, count)
    at = np.stack([centre[0] + r * np.cos(a), centre[1] + r * np.sin(a), rng.uniform(0.005, 0.03, count)], 1)
    turn = rng.uniform(0, 2 * np.pi, count)
    u = np.stack([np.cos(turn), np.sin(turn), rng.normal(0, 0.25, count)], 1)
    v = np.stack([-np.sin(turn), np.cos(turn), rng.normal(0, 0.25, count)], 1)
    o = np.array([[0, 0], [0.4, 0.32], [1, 0], [0.4, -0.32]])
    points = at[:, None] + size * (o[None, :, :1] * u[:, None] + o[None, :, 1:] * v[:, None])
    st.mesh("leaf").polygons(points, 0, vary(rng, tone, count))
