# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeping animals: a furry heap whose flank rises and falls at the pace of breath, while the rest lies still."""

from __future__ import annotations

from typing import Any

import numpy as np

from .shapes import hsv, placed
from .stage import Stage

__all__ = ["sleeper"]


def sleeper(st: Stage, centre: np.ndarray, size: float) -> None:
    """A cat or dog curled up, `size` long."""
    rng = st.rng
    side = -1.0 if st.chance(0.5) else 1.0
    coat = hsv(st.u(0.05, 0.11), st.u(0.05, 0.6), st.u(0.12, 0.85))
    soft = st.rig.new_soft()
    a, b = size / 2, size * st.u(0.22, 0.32)
    foot = centre + np.array([0.0, b])
    st.canvas.shadow(_oval(centre + np.array([0, b * 0.7]), a * 1.15, b * 0.5), 0.0, 0.02, 0.6)
    # The body is a part that does nothing, so that the flank's motion fades into it.
    body = st.rig.add(0, foot, (0, -1), frequency=1.0, drag=0.0, soft=soft)
    breath: dict[str, Any] = {"frequency": st.u(0.3, 0.55), "damping": 0.04, "local": 1.0, "soft": soft}
    flank = st.rig.add(body, foot, (0, -1), drag=0.0, flutter=st.u(0.02, 0.05), axis=np.pi / 2, **breath)
    head = st.rig.add(
        body, foot, (0, -1), frequency=breath["frequency"], drag=0.002, damping=0.05, local=1.0, soft=soft
    )
    st.canvas.ellipse(centre, (a, b), 0, coat * 0.7, body)
    middle = centre + np.array([-side * a * 0.2, -b * 0.12])
    st.canvas.ellipse(middle, (a * 0.62, b * 0.85), 0, coat * 0.85, flank)
    # Fur: short strokes over the coat, striped or not, lit from above.
    n = 1500
    t, q = rng.uniform(0, 2 * np.pi, n), np.sqrt(rng.random(n))
    p = centre + np.stack([np.cos(t) * a * q, np.sin(t) * b * q], 1)
    stripes = 0.25 * np.sign(np.sin((p[:, 0] - centre[0]) / size * st.u(25, 60))) * (1 if st.chance(0.5) else 0)
    light = np.exp(0.35 * ((p - centre) @ st.sun) / b + stripes + rng.normal(0, 0.1, n))
    hairs = placed("needle", p, rng.normal(np.pi / 2 - side, 0.5, n), size * 0.03, size * 0.0045)
    st.canvas.polygons(hairs, coat * 0.9 * light[:, None], None)
    tail = np.linspace(0.1, 0.9, 9)[:, None]
    path = centre + np.concatenate([side * a * (1.7 * tail - 1.0), b * (0.55 + 0.55 * np.sin(tail * np.pi))], 1)
    st.canvas.tube(path, np.linspace(0.1, 0.05, 9) * size, coat * 0.8, body, st.sun)
    face = centre + np.array([side * a * 0.72, b * 0.25])
    r = size * 0.15
    for d in (-0.6, 0.6):
        ear = np.array([[-0.35, -0.6], [0.35, -0.6], [0.1 * d, -1.45]]) * r + face + np.array([d * r, 0])
        st.canvas.polygon(ear, coat * 0.6, head, True)
    st.canvas.ellipse(face, (r * 1.15, r), 0, coat * 0.9, head)
    for d in (-0.45, 0.45):
        st.canvas.lines(
            (face + np.array([(d - 0.2) * r, -0.1 * r]))[None],
            (face + np.array([(d + 0.2) * r, -0.05 * r]))[None],
            coat[None] * 0.2,
            0.004,
            None,
        )
    st.canvas.ellipse(face + np.array([0, 0.3 * r]), (r * 0.13, r * 0.09), 0, np.array([60, 35, 35]), None)


def _oval(c: np.ndarray, a: float, b: float) -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return c + np.stack([np.cos(t) * a, np.sin(t) * b], 1)
