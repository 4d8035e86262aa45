# SPDX-License-Identifier: GPL-3.0-or-later
"""Outlines, curves, colours and noise that several families share."""

from __future__ import annotations

import colorsys
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["OUTLINES", "arc", "hsv", "jitter", "noise", "placed", "ramp"]

Array = npt.NDArray[Any]

# One side of each outline: (position along 0..1, half width). Placed along x, mirrored.
_SIDES = {
    "lens": [(0, 0), (0.25, 0.7), (0.5, 1), (0.75, 0.65), (1, 0)],
    "oval": [(0, 0), (0.12, 0.6), (0.4, 1), (0.75, 0.85), (0.95, 0.35), (1, 0)],
    "heart": [(0.1, 0), (0, 0.35), (0.05, 0.8), (0.25, 1), (0.6, 0.7), (0.85, 0.25), (1, 0)],
    "drop": [(0, 0), (0.35, 0.35), (0.7, 1), (0.9, 0.85), (1, 0)],
    "strap": [(0, 0.35), (0.3, 0.9), (0.7, 1), (0.93, 0.7), (1, 0)],
    "round": [(0, 0.3), (0.15, 0.8), (0.5, 1), (0.85, 0.8), (1, 0)],
    "needle": [(0, 0.6), (0.5, 1), (1, 0.2)],
    "petal": [(0, 0.12), (0.3, 0.55), (0.65, 1), (0.88, 0.8), (1, 0.25)],
}
OUTLINES: dict[str, Array] = {
    name: np.array([*side, *[(x, -y) for x, y in reversed(side) if y > 0]], float) for name, side in _SIDES.items()
}
# Lobed and toothed leaves are not convex; they are for large leaves only.
_t = np.linspace(0, 1, 19)
_lobes = np.sin(np.pi * _t**0.8) * (0.72 + 0.28 * np.cos(_t * 6 * np.pi))
OUTLINES["lobed"] = np.concatenate([np.stack([_t, _lobes], 1), np.stack([_t, -_lobes], 1)[::-1][1:-1]])
_five = np.linspace(-2.75, 2.75, 36)
_star = 0.45 + 0.55 * np.abs(np.cos(_five * 5 / 5.5 * np.pi / 2 * 1.0)) ** 0.8
OUTLINES["palm"] = np.stack([0.32 + 0.66 * _star * np.cos(_five), 0.95 * _star * np.sin(_five)], 1)


def placed(
    name: str, base: Array, angle: Array, length: Array | float, width: Array | float, bend: Array | float = 0.0
) -> Array:
    """(N, V, 2) copies of an outline: from `base` (N, 2) in the direction `angle` (N,), `width` the half width."""
    base = np.asarray(base, float)
    n = len(base)
    o = OUTLINES[name]
    length, width, bend = (np.broadcast_to(np.asarray(v, float), n)[:, None] for v in (length, width, bend))
    u = o[None, :, 0] * length
    v = o[None, :, 1] * width + bend * length * o[None, :, 0] ** 2
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return np.stack([base[:, :1] + u * c - v * s, base[:, 1:] + u * s + v * c], -1)


def arc(start: Any, angle: float, length: float, turn: float, n: int) -> Array:
    """(n+1, 2) points of a curve from `start` in the direction `angle` that turns by `turn` in all."""
    a = angle + turn * (np.arange(n) + 0.5) / n
    steps = np.stack([np.cos(a), np.sin(a)], 1) * (length / n)
    points: Array = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, 0)]) + np.asarray(start, float)
    return points


def hsv(h: float, s: float, v: float) -> Array:
    """RGB 0..255 of hue (turns), saturation and value 0..1."""
    return np.array(colorsys.hsv_to_rgb(h % 1.0, min(max(s, 0.0), 1.0), min(max(v, 0.0), 1.0))) * 255.0


def jitter(rng: np.random.Generator, colour: Array, n: int, value: float = 0.15, hue: float = 0.06) -> Array:
    """(n, 3) colours around one: each brighter or darker, and a little more of one channel or another."""
    return np.asarray(colour) * np.exp(rng.normal(0, value, (n, 1)) + rng.normal(0, hue, (n, 3)))


def ramp(low: Any, high: Any, t: Array) -> Array:
    """(..., 3) colours from `low` (t = 0) to `high` (t = 1)."""
    a, b = np.asarray(low, float), np.asarray(high, float)
    colours: Array = a + (b - a) * np.asarray(t)[..., None]
    return colours


def noise(
    rng: np.random.Generator,
    height: int,
    width: int,
    cell: float,
    octaves: int = 4,
    fall: float = 0.55,
    stretch: float = 1.0,
) -> Array:
    """(height, width) float32 smooth noise of mean about 0 and size about 1; cells are `cell` pixels high."""
    out = np.zeros((height, width), np.float32)
    gain, total = 1.0, 0.0
    for _ in range(octaves):
        h, w = max(2, int(height / cell) + 2), max(2, int(width / cell / stretch) + 2)
        if h >= height or w >= width:
            coarse = rng.standard_normal((height, width), np.float32)
            out += gain * coarse
            total += gain * gain
            break
        out += (
            gain
            * 1.4
            * cv2.resize(rng.standard_normal((h, w), np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        )
        total += gain * gain
        gain, cell = gain * fall, cell / 2
    return out / np.float32(np.sqrt(total))
