# SPDX-License-Identifier: GPL-3.0-or-later
"""Collects the parts of a scene in space while it is built, and tells them in the picture.

A family calls `add` (one part), `add_many` (thousands of leaves) and `chain` (a branch, a rope, a stem). Places are in
metres, the rest as in `synth.scene.Parts`: a part turns about its pivot by `drag` radians in a usual, slow breeze.
Part 0, the world, is there from the start and never moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from .camera import Camera

__all__ = ["Rig", "branch_frequency", "leaf_frequency", "pendulum_frequency"]

Array = npt.NDArray[Any]
Ids = npt.NDArray[np.int32]

# Where on a part its matter is, between the pivot (0) and the tip (1).
MIDDLE = 0.6


def branch_frequency(length: float, stiffness: float = 1.0) -> float:
    """Hz of a branch or stem `length` metres long: a leafy bough of 2 m 0.7, a twig of 0.3 m 2.2, never above 4.5."""
    return float(np.clip(1.06 * stiffness * max(length, 1e-3) ** -0.6, 0.25, 4.5))


def leaf_frequency(length: float) -> float:
    """Hz of a leaf `length` metres long on its stalk: 2.8 for 5 cm, 1 for half a metre."""
    return float(np.clip(0.75 * max(length, 1e-3) ** -0.45, 0.9, 4.5))


def pendulum_frequency(length: float) -> float:
    """Hz of something that hangs on `length` metres of string."""
    return float(np.sqrt(9.81 / max(length, 0.01)) / (2 * np.pi))


class Rig:
    """A growing table of parts in space.

    `budget` bounds the table: when it is full, `add` returns the parent, so small leaves move with their twig.
    """

    def __init__(self, budget: int = 12000) -> None:
        self.budget = budget
        self._count = 1
        self._softs = 0
        self._blocks: list[dict[str, Array]] = [_block([0], [[0, 0, 0]], [[0, 0, 1]], 1.0, 0.0, 1.0)]

    def __len__(self) -> int:
        return self._count

    def new_soft(self) -> int:
        """A number for one more continuous thing within which motion is smoothed."""
        self._softs += 1
        return self._softs

    def add(
        self,
        parent: int,
        pivot: Sequence[float] | Array,
        tip: Sequence[float] | Array,
        *,
        frequency: float,
        drag: float,
        damping: float = 0.12,
        sway: Sequence[float] = (0.0, 0.0, 0.0),
        flutter: float = 0.0,
        across: Sequence[float] | Array = (0.0, 0.0, 0.0),
        local: float = 0.2,
        soft: int = 0,
    ) -> int:
        """Add a part and return its index.

        Args:
            parent: index of what carries it.
            pivot: (3,) where it is fixed, metres.
            tip: (3,) its far end, metres.
            frequency: natural frequency, Hz.
            drag: radians at unit force; 0 is rigid.
            damping: damping ratio.
            sway: (3,) metres that it shifts at unit force (flames, things that float).
            flutter: relative foreshortening at unit force, from tilting out of the picture.
            across: (3,) the direction in which it is foreshortened; zero means across the part, in the picture.
            local: 0..1, how much of the force is the part's own.
            soft: number of the cloth that it belongs to, or 0.
        """
        if self._count >= self.budget:
            return parent
        block = _block([parent], [pivot], [tip], frequency, drag, damping, [sway], flutter, [across], local, soft)
        self._blocks.append(block)
        self._count += 1
        return self._count - 1

    def add_many(
        self,
        parents: Array,
        pivots: Array,
        tips: Array,
        *,
        frequency: Array | float,
        drag: Array | float,
        damping: Array | float = 0.12,
        sway: Array | Sequence[float] = (0.0, 0.0, 0.0),
        flutter: Array | float = 0.0,
        across: Array | Sequence[float] = (0.0, 0.0, 0.0),
        local: Array | float = 0.2,
        soft: Array | int = 0,
    ) -> Ids:
        """Add N parts at once, each on its parent (N,); returns their indices (N,)."""
        parents = np.asarray(parents, np.int32)
        room = max(min(len(parents), self.budget - self._count), 0)
        ids = parents.copy()
        if room:
            values = (parents, pivots, tips, frequency, drag, damping, sway, flutter, across, local, soft)
            self._blocks.append({name: v[:room] for name, v in _block(*values).items()})
            ids[:room] = self._count + np.arange(room)
            self._count += room
        return ids

    def chain(self, parent: int, points: Array, *, frequency: float, drag: float, **more: Any) -> list[int]:
        """One part for each segment of a polyline (n+1, 3), each hanging on the one before; `drag` is their sum."""
        parts = []
        for a, b in pairwise(points):
            parent = self.add(parent, a, b, frequency=frequency, drag=drag / (len(points) - 1), **more)
            parts.append(parent)
        return parts

    def space(self) -> dict[str, Array]:
        """The parts as they were added, in metres: the arguments of `add_many`, by the names of `add`."""
        return {name: np.concatenate([b[name] for b in self._blocks]) for name in self._blocks[0]}

    def table(self, camera: Camera) -> dict[str, Array]:
        """The parts as the camera sees them: the arrays of `synth.scene.Parts`, by name."""
        t = self.space()
        pivot, distance = camera.project(t["pivot"])
        scale = camera.scale(distance)
        arm = camera.directions(t["tip"] - t["pivot"])
        length = np.maximum(np.linalg.norm(arm, axis=1), 1e-9)
        inplane = np.linalg.norm(arm[:, :2], axis=1)
        # An arm that points at the viewer has no direction in the picture; it then answers wind from the side.
        lever = np.where((inplane > 1e-6)[:, None], arm[:, :2] / np.maximum(inplane, 1e-9)[:, None], [0.0, -1.0])
        # Turning an arm that points out of the picture shifts what it carries, along the wind that turns it: J·lever.
        turned = np.stack([-lever[:, 1], lever[:, 0]], 1)
        shift = t["drag"] * MIDDLE * np.abs(arm[:, 2]) * scale
        sway = camera.directions(t["sway"])[:, :2] * scale[:, None] + turned * shift[:, None]
        across = camera.directions(t["across"])[:, :2]
        given = np.linalg.norm(across, axis=1) > 1e-9
        across = np.where(given[:, None], across, turned)
        middle = camera.distance
        out = {
            "parent": t["parent"].astype(np.int32),
            "pivot": pivot,
            "lever": lever,
            "frequency": t["frequency"],
            "damping": t["damping"],
            # The share of the turning that is in the picture's plane.
            "drag": t["drag"] * (inplane / length),
            "sway": sway,
            "flutter": t["flutter"],
            "axis": np.arctan2(across[:, 1], across[:, 0]),
            "local": t["local"],
            "depth": np.clip((distance - middle) * camera.scale(middle), -2.0, 8.0),
            "soft": t["soft"].astype(np.int32),
        }
        for name in ("drag", "flutter", "sway"):
            out[name][0] = 0
        return {n: v if v.dtype == np.int32 else v.astype(np.float32) for n, v in out.items()}


def _block(
    parent: Any,
    pivot: Any,
    tip: Any,
    frequency: Any,
    drag: Any,
    damping: Any,
    sway: Any = (0.0, 0.0, 0.0),
    flutter: Any = 0.0,
    across: Any = (0.0, 0.0, 0.0),
    local: Any = 0.0,
    soft: Any = 0,
) -> dict[str, Array]:
    n = len(parent)

    def vectors(value: Any) -> Array:
        return np.broadcast_to(np.asarray(value, float), (n, 3))

    def numbers(value: Any) -> Array:
        return np.broadcast_to(np.asarray(value, float), n)

    return {
        "parent": np.asarray(parent, np.int32),
        "pivot": vectors(pivot),
        "tip": vectors(tip),
        "sway": vectors(sway),
        "across": vectors(across),
        "frequency": numbers(frequency),
        "drag": numbers(drag),
        "damping": numbers(damping),
        "flutter": numbers(flutter),
        "local": numbers(local),
        "soft": np.broadcast_to(np.asarray(soft, np.int32), n),
    }
