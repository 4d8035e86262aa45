# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of vertex groups as arrays. Blender gives and takes them one vertex at a time."""

from __future__ import annotations

import bpy
import numpy as np

__all__ = ["read_weights", "write_weights"]


def read_weights(obj: bpy.types.Object, name: str) -> np.ndarray | None:
    """(V,) float32 weights of a vertex group, 0 for vertices outside of it; None when there is no such group."""
    group = obj.vertex_groups.get(name)
    if group is None:
        return None
    count = len(obj.data.vertices)
    try:
        # Twice as fast as looking through the vertices, but it fails for one that is not in the group.
        return np.fromiter(map(group.weight, range(count)), np.float32, count)
    except RuntimeError:
        pass
    weights, index = np.zeros(count, np.float32), group.index
    for vertex in obj.data.vertices:
        for member in vertex.groups:
            if member.group == index:
                weights[vertex.index] = member.weight
    return weights


def write_weights(obj: bpy.types.Object, name: str, weights: np.ndarray) -> None:
    """Give a vertex group these weights, (V,) in 0..1, making it if it is missing; all vertices become members.

    Only what differs is written, so that a stroke of the brush costs little.
    """
    values = np.ascontiguousarray(weights, np.float32).ravel()
    group = obj.vertex_groups.get(name)
    if group is None:
        group = obj.vertex_groups.new(name=name)
        # A vertex that is in no group weighs nothing, but is slow to be read.
        group.add(range(len(values)), 1.0, "REPLACE")
        before = np.ones(len(values), np.float32)
    else:
        before = read_weights(obj, name)
    for index in np.flatnonzero(values != before).tolist():
        group.add((index,), float(values[index]), "REPLACE")
    obj.data.update_tag()
