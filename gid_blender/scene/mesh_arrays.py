# SPDX-License-Identifier: GPL-3.0-or-later
"""Vertices, edges and triangles as arrays, read at one go."""

from __future__ import annotations

import bpy
import numpy as np
import numpy.typing as npt

__all__ = ["coordinates", "edges", "triangles"]


def coordinates(points: bpy.types.bpy_prop_collection) -> npt.NDArray[np.float32]:
    """(V, 3) of a mesh's vertices or of a shape key's points, in the object's own coordinates."""
    co = np.empty(len(points) * 3, np.float32)
    points.foreach_get("co", co)
    return co.reshape(-1, 3)


def edges(mesh: bpy.types.Mesh) -> npt.NDArray[np.intp]:
    """(E, 2) numbers of vertices."""
    return _numbers(mesh.edges, 2)


def triangles(mesh: bpy.types.Mesh) -> npt.NDArray[np.intp]:
    """(T, 3) numbers of vertices; larger faces are cut as Blender draws them."""
    return _numbers(mesh.loop_triangles, 3)


def _numbers(parts: bpy.types.bpy_prop_collection, corners: int) -> npt.NDArray[np.intp]:
    numbers = np.empty(len(parts) * corners, np.int32)
    parts.foreach_get("vertices", numbers)
    return numbers.reshape(-1, corners).astype(np.intp)
