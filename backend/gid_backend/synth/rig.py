# SPDX-License-Identifier: GPL-3.0-or-later
"""Collects the parts of a scene while it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from .scene import Parts

__all__ = ["Rig"]


class Rig:
    """A growing table of parts; part 0, the world, is there from the start.

    `budget` bounds the table: when it is full, `add` returns the parent, so small leaves move with their twig.
    """

    def __init__(self, budget: int = 2000) -> None:
        self.budget = budget
        self.depth = 0.0
        self._rows: list[tuple[Any, ...]] = [(0, 0.0, 0.0, 0.0, -1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)]
        self._softs = 0

    def __len__(self) -> int:
        return len(self._rows)

    def new_soft(self) -> int:
        """A number for one more continuous thing within which motion is smoothed."""
        self._softs += 1
        return self._softs

    def add(
        self,
        parent: int,
        pivot: Sequence[float] | npt.NDArray[Any],
        direction: Sequence[float] | npt.NDArray[Any],
        *,
        frequency: float,
        drag: float,
        damping: float = 0.12,
        sway: tuple[float, float] = (0.0, 0.0),
        flutter: float = 0.0,
        axis: float = 0.0,
        local: float = 0.2,
        soft: int = 0,
    ) -> int:
        """Add a part and return its index; `direction` points from the pivot along the part (any length)."""
        if len(self._rows) >= self.budget:
            return parent
        dx, dy = float(direction[0]), float(direction[1])
        n = max((dx * dx + dy * dy) ** 0.5, 1e-9)
        row = (parent, float(pivot[0]), float(pivot[1]), dx / n, dy / n, frequency, damping, drag)
        self._rows.append((*row, *sway, flutter, axis, local, self.depth, soft))
        return len(self._rows) - 1

    def chain(self, parent: int, points: npt.NDArray[Any], *, frequency: float, drag: float, **more: Any) -> list[int]:
        """One part for each segment of a polyline, each hanging on the one before; `drag` is the sum over all."""
        parts = []
        for a, b in pairwise(points):
            parent = self.add(parent, a, b - a, frequency=frequency, drag=drag / (len(points) - 1), **more)
            parts.append(parent)
        return parts

    def parts(self) -> Parts:
        """The finished table."""
        t = np.array(self._rows, np.float64)
        return Parts(
            parent=t[:, 0].astype(np.int32),
            pivot=t[:, 1:3].astype(np.float32),
            lever=t[:, 3:5].astype(np.float32),
            frequency=t[:, 5].astype(np.float32),
            damping=t[:, 6].astype(np.float32),
            drag=t[:, 7].astype(np.float32),
            sway=t[:, 8:10].astype(np.float32),
            flutter=t[:, 10].astype(np.float32),
            axis=t[:, 11].astype(np.float32),
            local=t[:, 12].astype(np.float32),
            depth=t[:, 13].astype(np.float32),
            soft=t[:, 14].astype(np.int32),
        )
