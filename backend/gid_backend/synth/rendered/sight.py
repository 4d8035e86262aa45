# SPDX-License-Identifier: GPL-3.0-or-later
"""From the triangle that each pixel's middle shows to where that very place of it goes: flow without matching."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .camera import Camera

__all__ = ["Sight", "landing"]

Array = npt.NDArray[Any]


class Sight:
    """What the middle of each pixel of a picture of triangles shows.

    Args:
        numbers: (H, W) the number of the triangle, from 1; 0 is nothing.
        triangles: (N, 3, 3) their corners as they stand in this picture, metres.
        camera: that took it.

    Attributes:
        pixels: (M,) the pixels that show a triangle, as indices into the flat picture.
        owners: (M,) which of the triangles, from 0.
        weights: (M, 3) of the triangle's corners, float64: the place is their weighted mean.
    """

    def __init__(self, numbers: npt.NDArray[np.int64], triangles: Array, camera: Camera) -> None:
        self.shape = numbers.shape
        flat = numbers.ravel()
        self.pixels = np.flatnonzero(flat)
        self.owners = flat[self.pixels] - 1
        corners = triangles[self.owners].astype(float)
        rays = _look_through(self.centres(), self.shape[1], camera)
        self.weights = _weights(corners, np.asarray(camera.position, float), rays)

    def centres(self) -> Array:
        """(M, 2) the middles of the `pixels`, x and y in pixels from the picture's corner."""
        rows, columns = np.divmod(self.pixels, self.shape[1])
        return np.stack([columns + 0.5, rows + 0.5], 1)

    def places(self, triangles: Array) -> Array:
        """(M, 3) where what is seen is when the triangles stand otherwise."""
        return np.asarray(np.einsum("mc,mcx->mx", self.weights, triangles[self.owners].astype(float)))


def _look_through(places: Array, width: int, camera: Camera) -> Array:
    """(M, 3) directions, one metre deep, of the rays through places (M, 2) of a picture so many pixels wide."""
    x = (places[:, 0] / width - 0.5) / camera.focal
    y = (0.5 * camera.aspect - places[:, 1] / width) / camera.focal
    return np.asarray(np.stack([x, y, np.ones_like(x)], 1) @ camera.axes())


def landing(places: Array, width: int, camera: Camera) -> tuple[Array, Array]:
    """Where places in space (M, 3) are in the picture, (M, 2) pixels from its corner, and how deep, metres."""
    xy, depth = camera.project(places)
    return xy * width, depth


def _weights(corners: Array, origin: Array, rays: Array) -> Array:
    """(M, 3) weights of the corners (M, 3, 3) that make the place at which a ray meets their plane."""
    a, b, c = corners[:, 0] - origin, corners[:, 1] - origin, corners[:, 2] - origin
    # The volumes that the ray spans with each two of the corners.
    w = np.stack([_triple(rays, b, c), _triple(rays, c, a), _triple(rays, a, b)], 1)
    total = w.sum(1, keepdims=True)
    sure = np.abs(total) > 1e-300
    w = np.where(sure, w / np.where(sure, total, 1.0), 1.0 / 3.0)
    # The renderer's ray passes within 0.005 pixels of the middle; beside an edge, ours may miss the triangle by that,
    # and by far more where the triangle is seen from its side.
    w = np.clip(w, 0.0, 1.0)
    return np.asarray(w / w.sum(1, keepdims=True))


def _triple(a: Array, b: Array, c: Array) -> Array:
    return np.asarray(np.einsum("mx,mx->m", a, np.cross(b, c)))
