# SPDX-License-Identifier: GPL-3.0-or-later
"""Flower heads: curved petals about an axis, each kind of flower with its own arrangement."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .craft import joint, put
from .forms import Form, ball, colour, frame, join, petal, tube, turned

__all__ = ["KINDS", "head", "petal_colour", "tint"]

Array = npt.NDArray[Any]
KINDS = ("rose", "tulip", "sunflower", "daisy", "dandelion", "poppy", "dahlia", "lily")
GOLDEN = 2.399963

_TONES: dict[str, list[tuple[float, float, float]]] = {
    "sunflower": [(0.125, 0.95, 0.95), (0.11, 0.95, 0.9), (0.09, 0.9, 0.85)],
    "daisy": [(0.12, 0.03, 0.93), (0.12, 0.03, 0.93), (0.85, 0.3, 0.85), (0.13, 0.85, 0.92), (0.73, 0.45, 0.75)],
    "dandelion": [(0.1, 0.06, 0.85), (0.1, 0.02, 0.9)],
    "lily": [(0.12, 0.05, 0.93), (0.93, 0.35, 0.9), (0.06, 0.8, 0.9), (0.13, 0.6, 0.92)],
    "poppy": [(0.005, 0.93, 0.82), (0.02, 0.9, 0.85), (0.06, 0.85, 0.92), (0.97, 0.35, 0.9)],
    "tulip": [(0.99, 0.9, 0.7), (0.13, 0.85, 0.93), (0.93, 0.5, 0.85), (0.8, 0.5, 0.5), (0.1, 0.05, 0.92)],
    "dahlia": [(0.06, 0.55, 0.93), (0.97, 0.8, 0.7), (0.9, 0.5, 0.8), (0.12, 0.7, 0.92), (0.8, 0.4, 0.6)],
    "rose": [(0.96, 0.4, 0.92), (0.98, 0.93, 0.62), (0.1, 0.06, 0.93), (0.11, 0.5, 0.93), (0.05, 0.5, 0.93)],
}


def petal_colour(rng: np.random.Generator, kind: str) -> Array:
    """A colour that such a flower has."""
    choices = _TONES[kind]
    h, s, v = choices[rng.integers(len(choices))]
    return colour(h + rng.uniform(-0.02, 0.02), s * rng.uniform(0.8, 1.1), v * rng.uniform(0.85, 1.05))


def tint(rng: np.random.Generator, form: Form, tone: Array, *, base: Array | None = None, veins: float = 0.12) -> Form:
    """A petal's or a leaf's colours: another tone at the base, fine veins along it, no two alike."""
    u, v = form.uv[:, :1], form.uv[:, 1:]
    lines = 1.0 + veins * np.sin(u * rng.uniform(18, 30) + rng.uniform(0, 6)) * (0.4 + v)
    base = tone * rng.uniform(0.8, 1.1) if base is None else base
    mixed = base + (tone - base) * np.clip(v * 1.6, 0, 1)
    return form.tinted(mixed * lines * np.exp(rng.normal(0, 0.07)) * (1.0 + 0.1 * (v - 0.5)))


def head(st: Any, kind: str, part: int, centre: Any, axis: Any, radius: float, tone: Array | None = None) -> None:
    """A flower of `radius` that faces along `axis`; its petals shiver on `part`."""
    tone = petal_colour(st.rng, kind) if tone is None else tone
    turn = frame(axis, st.u(0, 6.28))
    build = {"dandelion": _dandelion, "tulip": _tulip, "sunflower": _sunflower, "daisy": _daisy, "lily": _lily}
    build.get(kind, _double)(st, kind, part, np.asarray(centre, float), turn, radius, tone)


def _own(st: Any, part: int, centre: Array, turn: Array, azimuth: float, tilt: float = 0.0, loose: float = 1.0) -> int:
    """A petal's own part: it shivers about its root."""
    out = np.array([np.cos(azimuth) * np.cos(tilt), np.sin(azimuth) * np.cos(tilt), np.sin(tilt)]) @ turn
    return int(
        joint(
            st,
            part,
            centre,
            out,
            frequency=st.u(2.0, 4.5),
            drag=st.u(0.005, 0.05) * loose,
            damping=0.2,
            local=0.6,
            flutter=st.u(0, 0.1) * loose,
        )
    )


def _ring(
    st: Any,
    part: int,
    centre: Array,
    turn: Array,
    radius: float,
    tone: Array,
    n: int,
    *,
    own: bool,
    base: Array | None = None,
    spread: float = 0.1,
    phase: float = 0.0,
    high: float = 0.0,
    loose: float = 1.0,
    **shape: Any,
) -> None:
    """`n` petals alike; `shape` as for a petal, in units of the radius."""
    rng = st.rng
    forms = []
    elevation, length = shape.pop("elevation"), shape.pop("length")
    counts = {"rows": int(shape.pop("rows", 6)), "columns": int(shape.pop("columns", 4))}
    for a in phase + 2 * np.pi * (np.arange(n) + rng.normal(0, spread, n)) / n:
        e = elevation + rng.normal(0, 0.07)
        form = petal(
            azimuth=float(a),
            elevation=float(e),
            length=float(length * np.exp(rng.normal(0, 0.05))),
            phase=float(rng.uniform(0, 6.28)),
            **counts,
            **shape,
        )
        form = tint(rng, form, tone * np.exp(rng.normal(0, 0.05)), base=base)
        form = form.of(_own(st, part, centre, turn * radius, float(a), float(e), loose) if own else part)
        forms.append(form.moved(centre + turn[2] * high * radius, turn, radius))
    put(st, "petal", join(forms))


def _eye(st: Any, part: int, centre: Array, turn: Array, size: float, tone: Array, dome: float, bumps: int) -> None:
    """A disc of florets in the order of a sunflower's."""
    rng = st.rng
    r = np.linspace(0.02, 1, 7)
    disc = turned(np.stack([r[::-1], dome * np.sqrt(1.02 - r[::-1] ** 2)], 1), 18)
    g, t = np.arange(bumps) * GOLDEN, np.sqrt((np.arange(bumps) + 0.5) / bumps)
    wide = 1.5 / np.sqrt(bumps)
    one = turned([[1.0, 0.0], [0.8, 0.7], [0.05, 1.2]], 5)
    knobs = []
    for a, x in zip(g, t, strict=True):
        at = np.array([x * np.cos(a), x * np.sin(a), dome * np.sqrt(max(1.02 - x * x, 0.0))])
        knob = one.moved(at, None, (wide * 0.5, wide * 0.5, wide * 0.7))
        knobs.append(knob.tinted(tone * (0.35 + 0.9 * x) * np.exp(rng.normal(0, 0.2))))
    put(st, "petal", join([disc.tinted(tone * 0.5), *knobs]).of(part).moved(centre, turn, size))


def _sunflower(st: Any, kind: str, part: int, c: Array, turn: Array, r: float, tone: Array) -> None:
    n = int(st.rng.integers(16, 24))
    for i in range(3):
        _ring(
            st, part, c, turn, r, tone * (0.8 + 0.1 * i), n, own=True, phase=i * 0.11, base=tone * (0.9, 0.55, 0.4),
            elevation=0.05 + 0.22 * i, length=0.62 - 0.04 * i, width=0.2, root=0.4, curl=st.u(-0.5, 0.5), cup=0.4,
            blunt=0.1, columns=2,
        )  # fmt: skip
    dark = colour(0.07, 0.7, st.u(0.2, 0.45))
    _eye(st, part, c, turn, r * 0.47, dark, 0.16, 150)
    _sepals(st, part, c, turn, r, 12, 0.7)


def _daisy(st: Any, kind: str, part: int, c: Array, turn: Array, r: float, tone: Array) -> None:
    n = int(st.rng.integers(11, 22))
    for i in range(2):
        _ring(
            st, part, c, turn, r, tone, n, own=True, phase=i * 0.2, elevation=st.u(-0.15, 0.3) + 0.1 * i,
            length=0.82 - 0.05 * i, width=st.u(0.2, 0.34), root=0.16, curl=st.u(-0.4, 0.3), cup=0.3, blunt=0.75,
            columns=2,
        )  # fmt: skip
    _eye(st, part, c, turn, r * st.u(0.2, 0.28), colour(0.12, 0.92, 0.85), st.u(0.3, 0.7), 60)


def _lily(st: Any, kind: str, part: int, c: Array, turn: Array, r: float, tone: Array) -> None:
    for i in range(2):
        _ring(
            st, part, c, turn, r, tone, 3, own=True, spread=0.03, phase=i * np.pi / 3, elevation=st.u(0.6, 0.95),
            length=1.15, width=0.5 - 0.08 * i, curl=st.u(-1.6, -0.9), cup=0.35, blunt=0.15, ruffle=0.025,
            base=tone * (0.75, 0.9, 0.6), rows=8,
        )  # fmt: skip
    rod, tip = [], []
    for a in np.linspace(0, 6.28, 7)[:-1]:
        way = np.array([np.cos(a) * 0.35, np.sin(a) * 0.35, 1.0])
        rod.append(tube(np.stack([0 * way, way * 0.4, way * 0.72]), 0.014, 4))
        tip.append(ball(0.045, 0.5, 6, 4).moved(way * 0.72))
    put(st, "petal", join(rod).tinted(colour(0.2, 0.4, 0.8)).of(part).moved(c, turn, r))
    put(st, "petal", join(tip).tinted(colour(0.06, 0.85, 0.45)).of(part).moved(c, turn, r))


def _tulip(st: Any, kind: str, part: int, c: Array, turn: Array, r: float, tone: Array) -> None:
    open_ = st.u(0.0, 0.35)
    for i in range(2):
        _ring(
            st, part, c, turn, r, tone, 3, own=True, spread=0.04, phase=i * np.pi / 3, loose=0.5,
            elevation=0.5 - 0.1 * i, length=1.9, width=1.35 - 0.1 * i, curl=1.5 - open_, cup=0.62, blunt=0.55,
            base=tone * (0.9, 1.0, 0.6), root=0.03, rows=9, columns=6,
        )  # fmt: skip


def _double(st: Any, kind: str, part: int, c: Array, turn: Array, r: float, tone: Array) -> None:
    """Rose, dahlia and poppy: rings of petals that stand up the nearer they are to the middle."""
    rng = st.rng
    rings = {"rose": int(rng.integers(6, 9)), "dahlia": int(rng.integers(8, 12)), "poppy": 2}[kind]
    opened = st.u(0.5, 1.0)
    for i in range(rings):
        t = i / max(rings - 1, 1)  # 0 outside, 1 in the middle
        if kind == "dahlia":
            n, high = round(20 - 11 * t), 0.42 * np.sin(t * 1.57)
            shape = {"elevation": -0.1 + 1.35 * t**1.3, "length": 0.98 - 0.62 * t, "width": 0.3 - 0.1 * t,
                     "curl": 0.25, "cup": 1.1, "blunt": st.u(0.3, 0.6), "columns": 3, "rows": 4}  # fmt: skip
        elif kind == "rose":
            n, high = round(5.5 - 2.0 * t), 0.12 * t
            shape = {"elevation": 0.25 + 1.2 * t - 0.25 * opened, "length": 1.0 - 0.4 * t, "width": 1.02 - 0.42 * t,
                     "curl": 0.75 - 1.35 * opened * (1 - t) ** 0.6, "cup": 0.32 + 0.55 * t, "blunt": 0.95,
                     "ruffle": 0.035, "notch": 0.03, "root": 0.05, "columns": 7, "rows": 7}  # fmt: skip
        else:
            n, high = int(rng.integers(2, 4)), 0.02 * i
            shape = {"elevation": 0.15 + 0.2 * i, "length": 1.0, "width": 1.55, "curl": st.u(0.3, 0.9), "cup": 0.22,
                     "blunt": 1.0, "ruffle": 0.06, "root": 0.04, "columns": 10, "rows": 7}  # fmt: skip
        deep = tone * (1.0 - 0.15 * t) if kind != "poppy" else tone
        base = tone * 0.06 if kind == "poppy" and rng.random() < 0.6 else None
        _ring(
            st, part, c, turn, r, deep, n, own=t < 0.75, phase=i * GOLDEN, high=float(high), base=base,
            spread=0.1, loose=1.0 - 0.7 * t, **shape,
        )  # fmt: skip
    if kind == "poppy":
        _eye(st, part, c, turn, r * 0.14, colour(0.25, 0.4, 0.45), 0.9, 12)
        hair = []
        for a in rng.uniform(0, 6.28, 40):
            way = np.array([np.cos(a), np.sin(a), rng.uniform(0.3, 1.2)])
            hair += [tube(np.stack([0.0 * way, way * 0.2]), 0.012, 3), ball(0.03, 1, 4, 3).moved(way * 0.2)]
        put(st, "petal", join(hair).tinted(colour(0.75, 0.2, 0.14)).of(part).moved(c, turn, r))
    else:
        _sepals(st, part, c, turn, r, 5, 0.55)


def _dandelion(st: Any, kind: str, part: int, c: Array, turn: Array, r: float, tone: Array) -> None:
    """A clock: rods to every side with a star of bristles at the end."""
    n = 130
    z = 1.0 - 1.75 * (np.arange(n) + 0.5) / n
    a = np.arange(n) * GOLDEN
    out = np.stack([np.sqrt(1 - z * z) * np.cos(a), np.sqrt(1 - z * z) * np.sin(a), z], 1)
    sectors = [
        joint(st, part, c, np.array([np.cos(x), np.sin(x), 0.3]) @ turn * r, frequency=st.u(2, 5),
        drag=st.u(0.01, 0.06),
                   damping=0.2, local=0.7)
        for x in np.linspace(-np.pi, np.pi, 13)[:-1]
    ]  # fmt: skip
    own = np.array(sectors)[np.clip(((a % (2 * np.pi)) / (2 * np.pi) * 12).astype(int), 0, 11)]
    bristle = petal(azimuth=0, elevation=0.5, length=0.2, width=0.012, blunt=0.5, rows=2, columns=1)
    forms = []
    for way, p in zip(out, own, strict=True):
        rod = tube(np.stack([way * 0.1, way * 0.8]), 0.005, 3).tinted(0.8)
        f = frame(way, float(st.u(0, 6)))
        star = join([
            bristle.moved((0, 0, 0), np.array([[np.cos(b), np.sin(b), 0], [-np.sin(b), np.cos(b), 0], [0, 0, 1.0]]))
            for b in np.linspace(0, 6.28, 9)[:-1]
        ])  # fmt: skip
        forms.append(join([rod, star.moved(way * 0.8, f)]).of(p))
    put(st, "petal", join(forms).tinted(tone).moved(c, turn, r))
    # Between the hairs one sees through, but what moves there is the clock.
    hull = ball(0.93, 1, 24, 10)
    middle = hull.vertices[hull.quads].mean(1)
    sector = np.arctan2(middle[:, 1], middle[:, 0]) % (2 * np.pi)
    put(st, "clear", hull.of(np.array(sectors)[(sector / (2 * np.pi) * 12).astype(int) % 12]).moved(c, turn, r))
    put(st, "leaf", ball(0.12, 1, 10, 6).tinted(colour(0.1, 0.4, 0.3)).of(part).moved(c, turn, r))


def _sepals(st: Any, part: int, c: Array, turn: Array, r: float, n: int, length: float) -> None:
    green = colour(st.u(0.22, 0.32), 0.6, st.u(0.3, 0.45))
    forms = [
        petal(azimuth=float(a), elevation=-0.35, length=length, width=0.22, curl=st.u(-0.3, 0.5), root=0.05, blunt=0.1,
              columns=2, rows=4).moved((0, 0, -0.06))
        for a in np.linspace(0, 2 * np.pi, n + 1)[:-1]
    ]  # fmt: skip
    cone = turned([[0.03, -0.3], [0.2, -0.18], [0.26, -0.04], [0.02, 0.0]], 10)
    put(st, "leaf", join([cone, *forms]).tinted(green).of(part).moved(c, turn, r))
