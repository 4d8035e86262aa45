# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth with real folds: sheets, shirts, trousers, towels, curtains, flags, bunting, a cloth over an edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .craft import joint, put
from .forms import box, colour, join, lattice, noise, tube

__all__ = ["bunting", "cloth_colour", "curtain", "flag", "over_edge", "peg", "sheet", "shirt", "trousers"]

Array = npt.NDArray[Any]
PATTERNS = ("plain", "stripes", "bands", "checks", "dots", "print")


def cloth_colour(st: Any) -> Array:
    """White often, else any."""
    if st.chance(0.45):
        return colour(st.u(0, 1), st.u(0, 0.1), st.u(0.8, 0.95))
    return colour(st.u(0, 1), st.u(0.25, 0.8), st.u(0.3, 0.88))


def _pattern(st: Any, u: Array, v: Array, first: Array, name: str | None) -> Array:
    name = str(st.rng.choice(PATTERNS, p=[0.52, 0.14, 0.1, 0.1, 0.06, 0.08])) if name is None else name
    tone = np.broadcast_to(first, (*u.shape, 3)).copy()
    if name == "plain":
        return tone
    other = cloth_colour(st)
    n = st.u(3, 9)
    if name == "stripes":
        tone[np.floor(u * n * 2) % 2 > 0] = other
    elif name == "bands":
        tone[np.floor(v * n) % 2 > 0] = other
    elif name == "checks":
        tone[np.floor(u * n * 2) % 2 > 0] = (other + first) / 2
        tone[(np.floor(u * n * 2) % 2 > 0) & (np.floor(v * n * 2) % 2 > 0)] = other
    elif name == "dots":
        tone[np.sin(u * n * 8) * np.sin(v * n * 8) > 0.45] = other
    else:
        tone[noise(st.rng, u.shape[0], u.shape[1], (int(n * 2), int(n * 2))) > 0.6] = other
        tone[noise(st.rng, u.shape[0], u.shape[1], (int(n * 2), int(n * 2))) > 0.9] = cloth_colour(st)
    return tone


def sheet(
    st: Any,
    corner: Any,
    across: Any,
    along: Any,
    *,
    columns: int,
    rows: int,
    drag: float,
    frequency: float,
    tone: Array | None = None,
    pattern: str | None = None,
    folds: float = 0.03,
    pleats: float | None = None,
    wave: float = 0.0,
    sag: float = 0.0,
    taper: float = 1.0,
    hem: float = 0.02,
    parent: int = 0,
    soft: int | None = None,
    dense: int = 5,
    still: float = 0.0,
    local: float = 0.08,
) -> None:
    """A cloth fastened along `across` from `corner`, free along `along`; folds run along it.

    Every column of strips is a chain of parts that hang on each other. `folds` is the depth of the folds in
    metres, `pleats` how many there are, `wave` how far it billows (of its length), `sag` how deep its upper edge
    hangs, `taper` its width at the free end, `still` the upper share of it that rests on something.
    """
    rng = st.rng
    soft = st.rig.new_soft() if soft is None else soft
    corner, across, along = (np.asarray(x, float) for x in (corner, across, along))
    wide, reach = float(np.linalg.norm(across)), float(np.linalg.norm(along))
    normal = np.cross(across, along) / max(wide * reach, 1e-9)
    nx, ny = columns * dense, max(rows * dense, 12)
    u, v = np.meshgrid(np.linspace(0, 1, nx + 1), np.linspace(0, 1, ny + 1))
    pleats = wide * st.u(3, 9) if pleats is None else pleats
    drift = noise(rng, ny + 1, nx + 1, (2, 3))
    depth = np.zeros_like(u)
    for turns, gain in ((0.6, 0.8), (1.0, 1.0), (1.9, 0.45), (3.3, 0.15)):
        phase = 2 * np.pi * turns * pleats * u + 0.9 * drift * (0.4 + v) + st.u(0, 6.28)
        depth += gain * np.sin(phase) * (0.75 + 0.25 * noise(rng, ny + 1, nx + 1, (2, 2)))
    loose = 0.35 + 0.65 * np.clip((v - still) / max(1 - still, 1e-6), 0, 1)
    slow = noise(rng, ny + 1, nx + 1, (2, 2))
    rank = np.sin(np.linspace(0, np.pi, nx + 1))[None, :]
    width = 1.0 + (taper - 1.0) * v
    p = (
        corner
        + ((u - 0.5) * width + 0.5)[..., None] * across
        + v[..., None] * along
        + (folds * depth * loose + wave * reach * np.sin(2.3 * np.pi * v + 0.5 * slow) * v)[..., None] * normal
        + (0.05 * reach * slow * v**2)[..., None] * normal
        - (sag * rank * (1 - 0.4 * v))[..., None] * np.array([0, 0, 1.0])
        + (hem * reach * (0.5 * depth + slow) * v**3 * 0.5)[..., None] * along / max(reach, 1e-9)
        + (0.02 * wide * slow * v)[..., None] * across / max(wide, 1e-9)
    )
    form = lattice(p)
    dye = _pattern(st, u, v, cloth_colour(st) if tone is None else tone, pattern)
    form = form.tinted(dye.reshape(-1, 3) * np.exp(0.04 * drift).reshape(-1, 1))
    first = round(still * rows)
    # Wind that comes at the cloth lifts its lower end.
    lift = st.u(0.3, 1.0) * drag / max(rows, 1)
    table = np.zeros((rows, columns), int)
    for i in range(columns):
        above = parent
        for j in range(rows):
            if j < first:
                table[j, i] = parent
                continue
            a = p[j * ny // rows, min(i * dense + dense // 2, nx)]
            above = joint(
                st, above, a, along / rows, frequency=frequency * float(np.exp(rng.normal(0, 0.04))),
                drag=drag / max(rows - first, 1), damping=0.18, local=local, soft=soft,
                flutter=lift, across=along,
            )  # fmt: skip
            table[j, i] = above
    row = np.minimum(np.arange(ny) * rows // ny, rows - 1)
    column = np.minimum(np.arange(nx) // dense, columns - 1)
    put(st, "cloth", form.of(table[row[:, None], column[None, :]].ravel()))


def peg(st: Any, at: Any, size: float = 0.07, part: int = 0) -> None:
    """A clothes-peg."""
    hues = [(0.09, 0.5, 0.75), (st.u(0, 1), 0.8, 0.8), (0.6, 0.1, 0.85)]
    tone = colour(*hues[st.rng.integers(3)])
    leg = [box((size * 0.14, size * 0.3, size), (d * size * 0.1, 0, 0)) for d in (-1, 1)]
    put(st, "paint", join(leg).tinted(tone).of(part).moved(np.asarray(at, float) + (0, -0.004, size * 0.1)))


def shirt(st: Any, left: Any, right: Any, length: float, **setting: Any) -> None:
    """A shirt hung by its shoulders: a body, two sleeves that hang."""
    left, right = np.asarray(left, float), np.asarray(right, float)
    across = right - left
    tone = cloth_colour(st)
    soft = st.rig.new_soft()
    down = np.array([st.u(-0.1, 0.1), st.u(-0.15, 0.15), -1.0]) * length
    name = str(st.rng.choice(("plain", "stripes", "checks", "print")))
    side = {**setting, "tone": tone, "soft": soft, "pattern": name}
    for d, root in ((-1.0, left + across * 0.1), (1.0, right - across * 0.1)):
        out = across / np.linalg.norm(across) * d
        hang = (down * st.u(0.45, 0.75) + out * length * st.u(0.18, 0.35)) * (1, 1, 1)
        cuff = out * 0.12 - np.array([0, 0.0, st.u(0.02, 0.08)])
        sheet(st, root - cuff * 0.3, cuff, hang, columns=2, rows=4, folds=0.02, pleats=1.3, **side)
    sheet(
        st, left + across * 0.12 + (0, -0.02, 0), across * 0.76, down, columns=4, rows=5, taper=st.u(0.95, 1.15), **side
    )


def trousers(st: Any, left: Any, right: Any, length: float, **setting: Any) -> None:
    """Trousers hung by their waist."""
    left, right = np.asarray(left, float), np.asarray(right, float)
    across = right - left
    tone = colour(st.u(0.55, 0.65), st.u(0.1, 0.6), st.u(0.15, 0.5)) if st.chance(0.6) else cloth_colour(st)
    side = {**setting, "tone": tone, "soft": st.rig.new_soft(), "pattern": "plain"}
    for d in (0, 1):
        down = np.array([(d - 0.5) * st.u(0.05, 0.2), st.u(-0.1, 0.1), -1.0]) * length
        sheet(st, left + across * 0.5 * d, across * 0.52, down, columns=2, rows=6, taper=0.75, folds=0.025, **side)


def curtain(st: Any, corner: Any, wide: float, length: float, *, sheer: bool, drag: float, frequency: float) -> None:
    """A curtain from its rail; sheer ones are lit through."""
    tone = colour(st.u(0, 1), st.u(0, 0.1), st.u(0.85, 0.97)) if sheer else cloth_colour(st)
    lean = np.array([st.u(-0.06, 0.06), st.u(-0.25, 0.05) if sheer else 0.0, -1.0]) * length
    sheet(
        st, corner, (wide, 0, 0), lean, columns=max(5, int(wide * 8)), rows=8, tone=tone, drag=drag,
        frequency=frequency, folds=st.u(0.025, 0.06), pleats=wide * st.u(5, 11), hem=0.01, wave=st.u(0, 0.04),
        pattern="plain" if sheer else None,
    )  # fmt: skip


def flag(st: Any, top: Any, size: float, side: int, *, limp: float, part: int = 0) -> None:
    """A flag whose upper corner is at `top`; `limp` 0 flies, 1 hangs along its pole."""
    angle = -1.35 * limp + st.u(-0.1, 0.1)
    along = np.array([side * np.cos(angle), st.u(-0.3, 0.3), np.sin(angle)]) * size * st.u(1.3, 1.9)
    sheet(
        st, top, (0.0, 0.0, -size), along, columns=5, rows=9, drag=st.u(0.2, 0.4), frequency=st.u(0.9, 2.0),
        folds=size * st.u(0.01, 0.05) * (1 + 2 * limp), wave=st.u(0.03, 0.08), hem=0.0, parent=part,
        pattern=str(st.rng.choice(("stripes", "bands", "plain", "checks", "print"))),
    )  # fmt: skip


def bunting(st: Any, left: Any, right: Any, sag: float, *, kind: str, n: int, size: float) -> None:
    """A cord with pennants, prayer flags or paper cut-outs, each swinging; the cord bounces."""
    left, right = np.asarray(left, float), np.asarray(right, float)
    t = (np.arange(n) + 0.5) / n
    cord = joint(
        st, 0, (left + right) / 2, right - left, frequency=st.u(0.8, 1.6), drag=0.0,
        sway=(0.0, 0.0, st.u(0.02, 0.08) * size), damping=0.1, local=0.3,
    )  # fmt: skip
    ends = np.linspace(0, 1, 33)
    line = left + (right - left) * ends[:, None] - np.array([0, 0, 4 * sag]) * (ends * (1 - ends))[:, None]
    put(st, "paint", tube(line, size * 0.02, 4).tinted(colour(0.1, 0.2, st.u(0.2, 0.8))).of(cord))
    palette = [cloth_colour(st) for _ in range(int(st.rng.integers(1, 6)))]
    prayer = [
        colour(h, s, v)
        for h, s, v in ((0.6, 0.8, 0.7), (0, 0, 0.9), (0.0, 0.8, 0.7), (0.36, 0.7, 0.5), (0.14, 0.9, 0.9))
    ]
    for i, x in enumerate(t):
        at = left + (right - left) * x - np.array([0, 0, 4 * sag * x * (1 - x)])
        slope = (right - left) / np.linalg.norm(right - left) - np.array([0, 0, sag * (1 - 2 * x) * 2 / max(n, 1)])
        wide = slope * size * (0.9 if kind != "prayer" else 0.95)
        tone = prayer[i % 5] if kind == "prayer" else palette[i % len(palette)]
        down = np.array([st.u(-0.25, 0.25), st.u(-0.5, 0.5), -1.0]) * size * st.u(0.9, 1.25)
        sheet(
            st, at - wide / 2, wide, down, columns=2 if kind == "pennant" else 3, rows=3, tone=tone,
            drag=st.u(0.12, 0.4), frequency=st.u(0.9, 1.8), folds=size * 0.04, pleats=st.u(0.4, 1.5), parent=cord,
            taper=0.02 if kind == "pennant" else 1.0, wave=st.u(0, 0.08), hem=0.0, local=0.25,
            pattern="print" if kind == "prayer" and st.chance(0.5) else "plain", dense=4,
        )  # fmt: skip


def over_edge(st: Any, corner: Any, across: Any, back: Any, drop: float, **setting: Any) -> None:
    """A cloth that lies on a top and hangs over its edge: what lies does not move, what hangs does."""
    corner, across, back = (np.asarray(x, float) for x in (corner, across, back))
    tone = cloth_colour(st)
    lie = np.linspace(1, 0, 5)[:, None, None] * back + np.linspace(0, 1, 13)[None, :, None] * across + corner
    lie = lie + np.array([0, 0, 0.006]) + 0.004 * np.sin(np.arange(13) * 1.7)[None, :, None] * np.array([0, 0, 1.0])
    put(st, "cloth", lattice(lie).tinted(tone).of(0))
    away = -back / max(float(np.linalg.norm(back)), 1e-9)
    down = np.array([0, 0, -drop]) + away * drop * st.u(0.02, 0.08) + np.asarray(across) * st.u(-0.08, 0.08)
    sheet(st, corner + np.array([0, 0, 0.006]), across, down, columns=5, rows=6, tone=tone, **setting)
