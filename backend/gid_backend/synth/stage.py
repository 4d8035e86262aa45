# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that a family of pictures draws with: canvas, rig, random numbers, light."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .canvas import Canvas
from .rig import Rig
from .shapes import noise

__all__ = ["SIZES", "Stage"]

# (height, width, share): about 256·160 pixels each, sides of 16 so that models need no padding.
SIZES = ((160, 256, 0.42), (144, 256, 0.26), (192, 256, 0.1), (208, 208, 0.08), (256, 160, 0.1), (256, 192, 0.04))


@dataclass
class Stage:
    """One scene in the making.

    Attributes:
        rng: all of the scene's random numbers.
        canvas: the picture at twice its final size.
        rig: its parts.
        sun: unit vector towards the light in the picture's plane (x right, y down).
        worlds: panoramas (h, w, 3) uint8 for backgrounds; may be empty.
        backed: whether what is behind everything is painted already, and further backdrops are to be left out.
    """

    rng: np.random.Generator
    canvas: Canvas
    rig: Rig = field(default_factory=Rig)
    sun: npt.NDArray[Any] = field(default_factory=lambda: np.array([-0.6, -0.8]))
    worlds: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    backed: bool = False

    @classmethod
    def random(cls, rng: np.random.Generator, worlds: list[npt.NDArray[np.uint8]] | None = None) -> Stage:
        """An empty stage of a random shape and light."""
        shares = np.array([s[2] for s in SIZES])
        h, w, _ = SIZES[rng.choice(len(SIZES), p=shares / shares.sum())]
        a = rng.uniform(-2.7, -0.45)
        return cls(rng, Canvas(2 * h, 2 * w), Rig(), np.array([np.cos(a), np.sin(a)]), worlds or [])

    @property
    def aspect(self) -> float:
        """Height of the picture over its width: the largest y."""
        return self.canvas.aspect

    def chance(self, p: float) -> bool:
        """True with the probability p."""
        return bool(self.rng.random() < p)

    def u(self, low: float, high: float) -> float:
        """A number between two others."""
        return float(self.rng.uniform(low, high))

    def spread(self, median: float, factor: float) -> float:
        """A positive number around `median`, two thirds of them within a `factor` of it."""
        return float(median * np.exp(self.rng.normal(0, np.log(factor))))

    def texture(self, region: npt.NDArray[Any] | None, cell: float, amount: float, stretch: float = 1.0) -> None:
        """Mottle the picture, all of it or where `region` (h, w) is true; `cell` in fractions of the width."""
        h, w = self.canvas.height, self.canvas.width
        field = np.exp(amount * noise(self.rng, h, w, max(cell * w, 2.0), stretch=stretch))
        if region is not None:
            field = np.where(region, field, 1.0)
        self.canvas.shade(field)

    def mottle(self, before: npt.NDArray[np.uint8], cell: float, amount: float) -> None:
        """Mottle whatever was drawn since the copy `before` of the picture."""
        changed = (
            (cv2.absdiff(before, self.canvas.image).max(2) > 0) if before.shape == self.canvas.image.shape else None
        )
        self.texture(changed, cell, amount)
