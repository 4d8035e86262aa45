# SPDX-License-Identifier: GPL-3.0-or-later
"""A pinhole camera, so that what moves in space can be told in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Camera"]

Array = npt.NDArray[Any]
NEAREST = 0.02


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from. Metres; x right, y away from the usual viewer, z up.

    Attributes:
        position: of the lens.
        target: what is in the middle of the picture.
        focal: focal length over the sensor's width: 0.8 is a wide lens, 1.4 usual, 3 long.
        aspect: height of the picture over its width.
        focus: distance in focus; 0 means that of the target.
        blur: diameter of the circle of confusion of things at infinity, in fractions of the width; 0 is all sharp.
        roll: radians, anticlockwise.
    """

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    focal: float
    aspect: float
    focus: float = 0.0
    blur: float = 0.0
    roll: float = 0.0

    def axes(self) -> Array:
        """(3, 3) rows: the picture's right, its up, and the direction of view, in space."""
        forward = np.subtract(self.target, self.position).astype(float)
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0) if abs(forward[2]) < 0.999 else (0.0, 1.0, 0.0))
        right /= np.linalg.norm(right)
        up = np.cross(right, forward)
        c, s = np.cos(self.roll), np.sin(self.roll)
        return np.stack([c * right + s * up, c * up - s * right, forward])

    @property
    def distance(self) -> float:
        """Metres to the target."""
        return float(np.linalg.norm(np.subtract(self.target, self.position)))

    def project(self, points: Array) -> tuple[Array, Array]:
        """Places (N, 2) in fractions of the picture's width, x right, y down, and distances (N,) along the view."""
        seen = (np.asarray(points, float) - self.position) @ self.axes().T
        depth = np.maximum(seen[..., 2], NEAREST)
        xy = np.stack(
            [0.5 + self.focal * seen[..., 0] / depth, 0.5 * self.aspect - self.focal * seen[..., 1] / depth], -1
        )
        return xy, depth

    def scale(self, depth: Array | float) -> Any:
        """Fractions of the picture's width for one metre at a distance."""
        return self.focal / np.maximum(depth, NEAREST)

    def directions(self, vectors: Array) -> Array:
        """(N, 3): how far vectors go to the right, down, and away from the viewer, in metres."""
        seen = np.asarray(vectors, float) @ self.axes().T
        return np.stack([seen[..., 0], -seen[..., 1], seen[..., 2]], -1)

    def ground(self, rng: np.random.Generator, count: int, near: float, far: float, margin: float = 1.1) -> Array:
        """(count, 3) places on the ground z = 0 in view, as dense in the picture near by as far away.

        `near` and `far` are horizontal distances from the camera.
        """
        f = self.axes()[2, :2]
        f = f / max(float(np.linalg.norm(f)), 1e-9)
        d = 1.0 / rng.uniform(1.0 / far, 1.0 / near, count)
        side = rng.uniform(-0.5, 0.5, count) * margin / self.focal * np.hypot(d, self.position[2])
        xy = np.asarray(self.position[:2]) + d[:, None] * f + side[:, None] * np.array([f[1], -f[0]])
        return np.concatenate([xy, np.zeros((count, 1))], 1)
