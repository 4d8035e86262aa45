# SPDX-License-Identifier: GPL-3.0-or-later
"""Firs, spruces and pines: whorls of branches with needles; the trunk barely sways."""

from __future__ import annotations

from typing import Any

import numpy as np

from .leaves import place_leaves
from .rig import branch_frequency
from .stage import Stage, tint, vary
from .trees import arc, unit

__all__ = ["conifer", "needle_tone"]


def needle_tone(st: Stage) -> Any:
    """Dark or bluish green, at times a larch's yellow."""
    if st.chance(0.08):
        return tint(st.u(0.1, 0.16), st.u(0.5, 0.8), st.u(0.45, 0.7))
    return tint(st.u(0.22, 0.42), st.u(0.2, 0.6), st.u(0.25, 0.45))


def conifer(st: Stage, foot: Any, height: float, *, needles: int = 9000, tone: Any = None) -> None:
    """One tree of `height` metres, as slim or as wide as it likes."""
    rng = st.rng
    tone = needle_tone(st) if tone is None else tone
    base = np.asarray(foot, float)
    line = arc(rng, base, unit([rng.normal(0, 0.03), rng.normal(0, 0.03), 1.0]), height, 6, 0.02)
    stem = st.rig.chain(0, line, frequency=branch_frequency(height, 1.6), drag=st.u(0.004, 0.015), damping=0.1)
    # The lowest two sixths of a trunk do not bend.
    stem[:2] = [0, 0]
    bark = tint(0.07, st.u(0.2, 0.5), st.u(0.2, 0.4))
    st.mesh("bark").tube(line, np.linspace(height * 0.018, 0.012, 7), stem, bark, 8)
    reach, sharp = height * st.u(0.17, 0.3), st.u(0.65, 1.1)
    low, tilt, curve = st.u(0.03, 0.3), st.u(-0.35, 0.35), st.u(0.02, 0.16)
    rows = int(np.clip(height * st.u(2.2, 3.2), 12, 34))
    starts, ends, owners = [], [], []
    for k in range(rows):
        t = low + (0.985 - low) * (k + st.u(0, 0.7)) / rows
        j = min(int(t * 6), 5)
        p = line[j] + (line[j + 1] - line[j]) * (t * 6 - j)
        long = reach * (1 - (t - low) / (1 - low)) ** sharp * st.u(0.8, 1.1) + height * 0.012
        turn = st.u(0, 6.28)
        for a in turn + np.arange(n := int(rng.integers(5, 8))) * (2 * np.pi / n) + rng.normal(0, 0.15, n):
            length = long * st.u(0.7, 1.1)
            d = unit([np.cos(a), np.sin(a), tilt + 0.5 * (t - 0.4)])
            limb = arc(rng, p, d, length, 3, 0.04, -curve)
            f = branch_frequency(length) * float(np.exp(rng.normal(0, 0.12)))
            parts = st.rig.chain(stem[j], limb, frequency=f, drag=st.u(0.025, 0.06), damping=0.12, local=0.3)
            st.mesh("bark").tube(limb, np.linspace(0.012 + 0.012 * length, 0.004, 4), parts, bark, 3)
            starts.append(limb[:-1])
            ends.append(limb[1:])
            owners.append(parts)
    a, b, own = np.concatenate(starts), np.concatenate(ends), np.concatenate(owners).astype(np.int32)
    weight = np.linalg.norm(b - a, axis=1)
    which = rng.choice(len(a), needles, p=weight / weight.sum())
    axis = (b - a)[which] / weight[which][:, None]
    at = a[which] + (b - a)[which] * rng.random((needles, 1))
    flat = np.cross(axis, [0.0, 0.0, 1.0])
    out = flat * rng.choice([-1.0, 1.0], (needles, 1)) * rng.uniform(0.3, 1.1, (needles, 1))
    d = axis * 0.8 + out + rng.normal(0, 0.25, (needles, 3)) - np.array([0, 0, st.u(0.0, 0.35)])
    length = (0.11 + 0.2 * np.minimum(reach / 3, 1.2)) * np.exp(rng.normal(0, 0.3, needles)) * st.u(0.8, 1.3)
    normal = rng.normal(0, 0.5, (needles, 3)) + np.array([0, 0, 1.0])
    points = place_leaves(at, d, normal, length, st.u(0.1, 0.18), "diamond", droop=0.15, fold=0.0)
    st.mesh("leaf").polygons(points, own[which], vary(rng, tone, needles, 0.25, 0.08))
