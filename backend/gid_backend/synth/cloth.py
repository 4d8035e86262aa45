# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth: laundry, curtains, flags, paper on a line. Strips of segments, smoothed within the cloth."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .shapes import hsv, noise
from .stage import Stage

__all__ = ["curtain", "flag", "laundry", "sheet"]

Array = npt.NDArray[Any]


def cloth_colour(st: Stage) -> Array:
    """White often, else any."""
    return (
        hsv(st.u(0, 1), st.u(0, 0.12), st.u(0.75, 0.98))
        if st.chance(0.45)
        else hsv(st.u(0, 1), st.u(0.3, 0.85), st.u(0.35, 0.9))
    )


def sheet(
    st: Stage,
    corner: Any,
    across: Any,
    along: Any,
    *,
    columns: int,
    rows: int,
    colour: Array,
    drag: float,
    frequency: float,
    folds: float = 0.18,
    wave: float = 0.0,
    hem: float = 0.03,
    pattern: str = "plain",
    parent: int = 0,
    second: Array | None = None,
) -> None:
    """A cloth fastened along `across` from `corner`, free along `along`; folds run along it.

    Every column of strips is a chain of parts that hang on each other; neighbours share the wind.
    """
    rng = st.rng
    soft = st.rig.new_soft()
    corner, across, along = np.asarray(corner, float), np.asarray(across, float), np.asarray(along, float)
    reach = float(np.linalg.norm(along))
    chains = []
    for i in range(columns):
        top = corner + across * ((i + 0.5) / columns)
        points = top + along * np.linspace(0, 1, rows + 1)[:, None]
        chains.append(
            st.rig.chain(
                parent,
                points,
                frequency=frequency * float(np.exp(rng.normal(0, 0.04))),
                drag=drag,
                damping=st.u(0.12, 0.25),
                local=0.08,
                soft=soft,
            )
        )
    # A fine mesh is drawn: folds shade it and ripple its hem.
    nx, ny = columns * 6, rows * 3
    u, v = np.meshgrid(np.linspace(0, 1, nx + 1), np.linspace(0, 1, ny + 1))
    # Folds are waves across the cloth whose places wander and split a little on the way down.
    width = float(np.linalg.norm(across))
    n, slope = np.zeros_like(u), np.zeros_like(u)
    drift = 0.12 * np.stack([noise(rng, ny + 1, nx + 1, max(nx, ny) / 1.5, 2) for _ in range(3)])
    base_count = float(np.clip(width * st.u(12, 32), 1.5, 12))
    for i, gain in enumerate((1.0, 0.6, 0.35)):
        turns = 2 * np.pi * base_count * (0.55, 1.0, 1.8)[i]
        phase = turns * (u + drift[i] * (0.3 + 0.7 * v) / base_count * 2) + st.u(0, 6.28)
        n += gain * np.sin(phase)
        slope += gain * np.cos(phase)
    slow = noise(rng, ny + 1, nx + 1, max(nx, ny) / 1.5, 2)
    normal = np.array([-along[1], along[0]]) / max(reach, 1e-9)
    p = corner + u[..., None] * across + v[..., None] * along
    p = p + normal * (wave * reach * np.sin(2.2 * v * np.pi + 0.4 * slow) * v)[..., None]
    p = (
        p
        + along * (0.35 * hem * n * v**2)[..., None]
        + across * (0.004 * n * v)[..., None]
        + normal * (0.02 * reach * slow * v**2)[..., None]
    )
    side = -np.sign(st.sun[0] + 1e-6)
    light = np.exp(folds * (side * slope + 0.45 * n) * (0.3 + 0.7 * v) + 0.07 * slow + 0.1 * side * (u - 0.5))
    if wave:
        light = light * np.exp(1.2 * wave * 4 * np.cos(2.2 * v * np.pi + 0.4 * slow) * v)
    tone = np.broadcast_to(np.asarray(colour, float), (*u.shape, 3)).copy()
    other = np.asarray(second if second is not None else cloth_colour(st), float)
    if pattern == "stripes":
        tone[(np.floor(u * nx / rng.integers(2, 5)) % 2) > 0] = other
    elif pattern == "bands":
        tone[(np.floor(v * rng.integers(2, 5) * 0.999) % 2) > 0] = other
    elif pattern == "checks":
        tone[((np.floor(u * 8) + np.floor(v * 10)) % 2) > 0] = other
    elif pattern == "dots":
        tone[(np.arange(ny + 1) % 4 == 1)[:, None] & (np.arange(nx + 1) % 4 == 1)[None, :]] = other
    tone = tone * light[..., None]
    if st.chance(0.35):
        rim = np.concatenate([p[0], p[1:, -1], p[-1, ::-1], p[::-1, 0]])
        st.canvas.shadow(rim, (-0.03 * st.sun[0], 0.02), 0.012, st.u(0.15, 0.45))
    quads = np.stack([p[:-1, :-1], p[:-1, 1:], p[1:, 1:], p[1:, :-1]], 2).reshape(-1, 4, 2)
    # One hair wider, or the background would shine through the seams of anti-aliased quads.
    middle = quads.mean(1, keepdims=True)
    quads = middle + (quads - middle) * 1.12
    shade = (tone[:-1, :-1] + tone[1:, 1:]).reshape(-1, 3) / 2
    table = np.array(chains)  # (columns, rows)
    part = table[np.repeat(np.arange(columns), 6)[None, :], np.repeat(np.arange(rows), 3)[:, None]].reshape(-1)
    st.canvas.polygons(quads, shade, part)


def laundry(st: Stage) -> None:
    """A line with washing; the line and the pegs stand still, posts too."""
    rng = st.rng
    y0, y1 = st.u(0.05, 0.3) * st.aspect, st.u(0.05, 0.3) * st.aspect
    sag = st.u(0.0, 0.05)

    def height(x: float) -> float:
        return y0 + (y1 - y0) * x + sag * 4 * x * (1 - x)

    xs = np.linspace(-0.02, 1.02, 24)
    rope = np.stack([xs, [height(x) for x in xs]], 1)
    st.canvas.tube(rope, np.full(24, 0.004), hsv(0.1, 0.1, st.u(0.1, 0.8)), 0, st.sun)
    x = st.u(-0.05, 0.1)
    while x < 0.95:
        width = st.u(0.08, 0.4)
        length = st.u(0.2, 0.65) * st.aspect
        a, b = np.array([x, height(x)]), np.array([x + width, height(x + width)])
        tilt = st.u(-0.15, 0.15)
        kind = rng.choice(["sheet", "shirt", "trousers", "towel"], p=[0.4, 0.25, 0.15, 0.2])
        colour = cloth_colour(st)
        f = float(np.clip(0.5 / length**0.5, 0.6, 1.6))
        setting: dict[str, Any] = {"drag": st.u(0.12, 0.35), "frequency": f, "colour": colour}
        pattern = str(rng.choice(["plain", "stripes", "checks", "dots", "bands"], p=[0.6, 0.15, 0.1, 0.05, 0.1]))
        along = np.array([tilt * length, length])
        if kind == "shirt":
            width = min(width, 0.24)
            b = np.array([x + width, height(x + width)])
            sheet(st, a + (b - a) * 0.25, (b - a) * 0.5, along, columns=4, rows=5, pattern=pattern, **setting)
            for d, root in ((-1, a + (b - a) * 0.3), (1, a + (b - a) * 0.7)):
                sheet(
                    st,
                    root + np.array([0, 0.01]),
                    np.array([d * width * 0.14, width * 0.22]),
                    along * 0.5 + np.array([d * width * 0.25, 0]),
                    columns=2,
                    rows=3,
                    pattern="plain",
                    **setting,
                )
        elif kind == "trousers":
            width = min(width, 0.2)
            b = np.array([x + width, height(x + width)])
            for d in (0, 1):
                sheet(
                    st,
                    a + (b - a) * 0.5 * d,
                    (b - a) * 0.5,
                    along + np.array([(d - 0.5) * 0.1 * length, 0]),
                    columns=3,
                    rows=6,
                    pattern="plain",
                    **setting,
                )
        else:
            sheet(
                st,
                a,
                b - a,
                along,
                columns=max(3, int(width * 30)),
                rows=6,
                pattern=pattern,
                wave=st.u(0, 0.08),
                **setting,
            )
        for c in (a, b):
            st.canvas.polygon(
                np.array([[-0.006, -0.022], [0.006, -0.022], [0.005, 0.024], [-0.005, 0.024]]) + c,
                hsv(st.u(0, 1), st.u(0.2, 0.8), 0.7),
                0,
            )
        x += width + st.u(0.01, 0.12)


def curtain(st: Stage) -> None:
    """A curtain at one side or both; beside it a window or a wall that stands still."""
    sides = [0, 1] if st.chance(0.4) else [int(st.rng.integers(2))]
    top = st.u(-0.02, 0.1)
    colour = cloth_colour(st)
    for s in sides:
        width = st.u(0.18, 0.5)
        x = -0.03 if s == 0 else 1.03 - width
        length = st.aspect * st.u(0.7, 1.1)
        sheet(
            st,
            (x, top),
            (width, 0.0),
            (st.u(-0.05, 0.05), length),
            columns=max(5, int(width * 30)),
            rows=8,
            colour=colour,
            drag=st.u(0.05, 0.16),
            frequency=st.u(0.45, 0.9),
            folds=st.u(0.15, 0.35),
            hem=0.02,
            pattern=str(st.rng.choice(["plain", "plain", "stripes"])),
        )
    st.canvas.tube(np.array([[-0.02, top], [1.02, top]]), np.full(2, 0.012), hsv(0.08, 0.4, st.u(0.2, 0.8)), 0, st.sun)


def flag(st: Stage, pole: Array, size: float, side: int, *, hang: float | None = None) -> None:
    """A flag at a pole that stands still: waves grow towards the free end."""
    pole = np.asarray(pole, float)
    angle = st.u(-0.2, 0.5) if hang is None else hang
    along = np.array([side * np.cos(angle), np.sin(angle)]) * size * st.u(1.2, 1.8)
    across = np.array([0.0, size])
    st.canvas.tube(
        np.array([[pole[0], st.aspect + 0.1], [pole[0], pole[1] - 0.03]]),
        np.full(2, 0.012),
        hsv(0.1, 0.05, st.u(0.4, 0.9)),
        0,
        st.sun,
    )
    pattern = str(st.rng.choice(["stripes", "bands", "plain", "checks"], p=[0.35, 0.3, 0.25, 0.1]))
    sheet(
        st,
        pole,
        across,
        along,
        columns=5,
        rows=9,
        colour=cloth_colour(st),
        drag=st.u(0.2, 0.4),
        frequency=st.u(0.9, 2.0),
        folds=st.u(0.02, 0.08),
        wave=st.u(0.04, 0.12),
        hem=0.0,
        pattern=pattern,
    )
