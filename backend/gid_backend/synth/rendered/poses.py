# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the parts of a scene in space are at one instant of a wind: finite turns, each part carried by its parent.

The spectral volume of a scene is what these motions are to first order, as the camera sees them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .camera import Camera

__all__ = ["instant", "moved_points", "poses"]

Array = npt.NDArray[Any]

# How far a part may be stretched or pressed together, as a share of its length: a pose stays one of a solid thing.
STRETCH = 0.5
# Passes in which the points of a cloth give way to their neighbours, so that no step shows between its parts.
SOFTENING = 6


def instant(coordinates: Array, turn: float) -> Array:
    """(P,) the coordinates (P, K-1) of `angles` at a time in turns of the period, measured from time 0."""
    k = np.arange(1, coordinates.shape[1] + 1)
    return np.asarray((coordinates * (np.exp(2j * np.pi * k * turn) - 1.0)).sum(1).real, float)


def poses(space: dict[str, Array], camera: Camera, sway: Array, flutter: Array) -> Array:
    """(P, 3, 4): where each part takes a point (x, y, z, 1) of the rest scene, metres.

    Args:
        space: of `Rig.space`.
        camera: which decides across which arm a wind of the picture's plane turns it.
        sway: (P,) coordinates of turning and shifting, as `instant` gives them.
        flutter: (P,) likewise, of twisting and stretching.
    """
    # To the picture's right, down, and away from the viewer.
    axes = camera.axes() * np.array([[1.0], [-1.0], [1.0]])
    arm = (space["tip"] - space["pivot"]) @ axes.T
    length = np.maximum(np.linalg.norm(arm, axis=1, keepdims=True), 1e-9)
    inplane = np.linalg.norm(arm[:, :2], axis=1, keepdims=True)
    lever = np.where(inplane > 1e-6, arm[:, :2] / np.maximum(inplane, 1e-9), [0.0, -1.0])
    turned = np.concatenate([-lever[:, 1:], lever[:, :1], np.zeros_like(length)], 1)
    arm = arm / length
    # An arm of no length, or one that points at the viewer exactly, is turned about the view.
    arm = np.where(np.linalg.norm(arm, axis=1, keepdims=True) > 0.5, arm, [0.0, -1.0, 0.0])
    swing = _rotations((space["drag"] * sway)[:, None] * np.cross(arm, turned))

    across = space["across"] @ axes.T
    size = np.linalg.norm(across, axis=1, keepdims=True)
    given = size > 1e-9
    tilt = (space["flutter"] * flutter)[:, None]
    # Something that has no direction of its own to be shortened in twists about its arm.
    twist = _rotations(np.where(given, 0.0, tilt) * arm)
    along = across / np.maximum(size, 1e-9)
    stretch = np.where(given, np.clip(tilt, -STRETCH, STRETCH), 0.0)
    matrix = swing @ twist @ (np.eye(3) + (stretch * along)[:, :, None] * along[:, None, :])
    matrix = axes.T @ matrix @ axes

    own = np.zeros((len(matrix), 4, 4))
    own[:, :3, :3], own[:, 3, 3] = matrix, 1.0
    pivot = space["pivot"]
    own[:, :3, 3] = pivot + space["sway"] * sway[:, None] - np.einsum("pij,pj->pi", matrix, pivot)
    own[0] = np.eye(4)
    # What does nothing is exactly nothing, so that places that stand still keep their bits.
    idle = ~(np.asarray(space["drag"] * sway, bool) | tilt[:, 0].astype(bool) | (space["sway"] * sway[:, None]).any(1))
    own[idle] = np.eye(4)
    for level in _levels(space["parent"].astype(int)):
        own[level] = own[space["parent"][level].astype(int)] @ own[level]
    return np.asarray(own[:, :3])


def moved_points(surface: dict[str, Array], pose: Array, softs: Array) -> Array:
    """(M, 3) float32: where the points of a surface (the arrays of `Mesh`) go.

    A point that parts share goes the mean of their ways.

    Args:
        surface: with points, corners, sides and parts.
        pose: (P, 3, 4) of `poses`.
        softs: (P,) the cloth that each part belongs to, or 0.
    """
    rest, corners = surface["points"].astype(float), surface["corners"]
    part = np.repeat(surface["parts"].astype(int), surface["sides"])
    shift = np.einsum("nij,nj->ni", pose[part, :, :3] - np.eye(3), rest[corners]) + pose[part, :, 3]
    moved = _mean(shift, corners, len(rest))
    soft = np.zeros(len(rest), int)
    soft[corners] = softs[part]
    if soft.any():
        ends = np.stack([corners, _next_corners(corners, surface["sides"])], 1)
        ends = ends[(soft[ends[:, 0]] > 0) & (soft[ends[:, 0]] == soft[ends[:, 1]])]
        a, b = np.concatenate([ends, ends[:, ::-1]]).T
        free = np.bincount(a, minlength=len(rest)) > 0
        free[corners[part == 0]] = False
        for _ in range(SOFTENING):
            moved[free] = 0.5 * (moved[free] + _mean(moved[b], a, len(rest))[free])
    still = ~moved.any(1)
    out = np.asarray(rest + moved, np.float32)
    out[still] = surface["points"][still]
    return out


def _rotations(vectors: Array) -> Array:
    """(N, 3, 3) of rotation vectors (N, 3), radians."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    x, y, z = (vectors / np.maximum(angle[:, 0], 1e-12)).T
    o = np.zeros_like(x)
    k = np.stack([np.stack([o, -z, y], -1), np.stack([z, o, -x], -1), np.stack([-y, x, o], -1)], 1)
    return np.asarray(np.eye(3) + np.sin(angle) * k + (1.0 - np.cos(angle)) * (k @ k))


def _levels(parent: Array) -> list[Array]:
    """The parts by depth in the tree, from the grandchildren of the world on."""
    depth = np.zeros(len(parent), int)
    # Parents come before their children.
    for i in range(1, len(parent)):
        depth[i] = depth[parent[i]] + 1
    return [np.flatnonzero(depth == d) for d in range(2, int(depth.max(initial=0)) + 1)]


def _mean(values: Array, at: Array, count: int) -> Array:
    """(count, …): the mean of the values that belong to each; 0 where none does."""
    number = np.maximum(np.bincount(at, minlength=count), 1)
    if values.ndim == 1:
        return np.asarray(np.bincount(at, values, count) / number)
    return np.stack([np.bincount(at, column, count) / number for column in values.T], 1)


def _next_corners(corners: Array, sides: Array) -> Array:
    """The corner after each, around its face."""
    after = np.arange(1, len(corners) + 1)
    last = np.cumsum(sides) - 1
    after[last] = last - sides + 1
    return np.asarray(corners[after])
