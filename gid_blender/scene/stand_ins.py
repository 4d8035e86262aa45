# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the vertices of a mesh are, as everything that only deforms it has them: poses, lattices, its own shape keys.

Shape keys lie below all modifiers. So a vertex is looked at behind those that keep vertices as they are, and what a
small step of the vertex becomes behind them is measured, to find the step that leads where the picture wants it.

Nothing is looked at on the object itself: a stand-in shares its place, its modifiers and what they refer to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np
import numpy.typing as npt

from .errors import SceneError
from .mesh_arrays import coordinates
from .shape_keys import key_names

__all__ = ["Posed", "posed"]

Real = npt.NDArray[np.float64]

# Modifiers that move vertices and neither make nor remove any.
DEFORMING = {
    "ARMATURE", "CAST", "CLOTH", "CORRECTIVE_SMOOTH", "CURVE", "DATA_TRANSFER", "DISPLACE", "HOOK", "LAPLACIANDEFORM",
    "LAPLACIANSMOOTH", "LATTICE", "MESH_CACHE", "MESH_DEFORM", "NORMAL_EDIT", "SHRINKWRAP", "SIMPLE_DEFORM", "SMOOTH",
    "SOFT_BODY", "SURFACE_DEFORM", "UV_PROJECT", "UV_WARP", "VERTEX_WEIGHT_EDIT", "VERTEX_WEIGHT_MIX",
    "VERTEX_WEIGHT_PROXIMITY", "WARP", "WAVE", "WEIGHTED_NORMAL",
}  # fmt: skip
# Modifiers that deform or not, as their nodes are.
_MAYBE = {"NODES", "MESH_SEQUENCE_CACHE"}
_IMPLICIT = {"ARMATURE", "LATTICE"}
_PROBE = 3e-3
# Share of its largest step below which a direction counts as blocked by a modifier.
_BLOCKED = 1e-2


@dataclass(frozen=True, eq=False)
class Posed:
    """A mesh's own vertices where they are in the world.

    Attributes:
        points: (V, 3) in the world.
        matrix: (4, 4) of the object.
        back: (3, 3) or (V, 3, 3) from a step in the world to one of the vertex below all modifiers.
        deformed: whether modifiers or the like make the step another one at each vertex.
    """

    points: Real
    matrix: Real
    back: Real
    deformed: bool


def posed(scene: bpy.types.Scene, layer: bpy.types.ViewLayer, obj: bpy.types.Object) -> Posed:
    """Where an object's vertices are at the current frame, its own motion left aside.

    Raises:
        SceneError: when it is scaled to nothing, or what a modifier refers to is missing.
    """
    mesh = obj.data
    with _stand_in(scene, obj) as copy:
        layer.update()
        graph = layer.depsgraph
        matrix = np.array(copy.evaluated_get(graph).matrix_world, np.float64)
        if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix[:3, :3])) < 1e-18:
            raise SceneError(f"“{obj.name}” is scaled to nothing.", "Give it a scale (Alt S clears it).")
        rest = coordinates(mesh.vertices).astype(np.float64)
        deforming = len(copy.modifiers) > 0 or copy.parent_type in _IMPLICIT
        if not deforming and mesh.shape_keys is None:
            return Posed(_to_world(rest, matrix), matrix, np.linalg.inv(matrix[:3, :3]), deformed=False)
        local = _evaluated(copy, layer, len(rest))
        if local is None:
            # What may have nodes that make new vertices does.
            for modifier in [m for m in copy.modifiers if m.type in _MAYBE]:
                copy.modifiers.remove(modifier)
            local = _evaluated(copy, layer, len(rest))
        if local is None:
            raise SceneError(
                f"Modifiers of “{obj.name}” give it other vertices than its mesh has.",
                "Apply them, or switch them off while the motion is made.",
            )
        deforming = len(copy.modifiers) > 0 or copy.parent_type in _IMPLICIT
        if not deforming:
            return Posed(_to_world(local, matrix), matrix, np.linalg.inv(matrix[:3, :3]), deformed=False)
        steps = _steps(copy, layer, local)
    forward = matrix[:3, :3] @ steps
    back = np.linalg.pinv(forward, rcond=_BLOCKED)
    return Posed(_to_world(local, matrix), matrix, back, deformed=True)


@contextmanager
def _stand_in(scene: bpy.types.Scene, obj: bpy.types.Object) -> Iterator[bpy.types.Object]:
    mesh = obj.data.copy()
    copy = obj.copy()
    try:
        copy.data = mesh
        copy.hide_viewport = False
        for modifier in list(copy.modifiers):
            if not modifier.show_viewport or modifier.type not in DEFORMING | _MAYBE:
                copy.modifiers.remove(modifier)
        if mesh.shape_keys is not None:
            copy.show_only_shape_key = False
            names = set(key_names(256))
            for key in mesh.shape_keys.key_blocks:
                # Drivers and keyframes go on setting its value; muted, it has no effect.
                key.mute = key.mute or key.name in names
        scene.collection.objects.link(copy)
        yield copy
    finally:
        bpy.data.objects.remove(copy)
        bpy.data.meshes.remove(mesh)


def _steps(copy: bpy.types.Object, layer: bpy.types.ViewLayer, local: Real) -> Real:
    """(V, 3, 3) by how much each vertex moves, in the object's coordinates, for a step of 1 of the whole mesh."""
    mesh = copy.data
    size = float(np.ptp(local, axis=0).max()) or 1.0
    parts = [mesh.vertices]
    if mesh.shape_keys is not None:
        parts = [key.points for key in mesh.shape_keys.key_blocks]
    before = [coordinates(part).astype(np.float64) for part in parts]
    steps = np.empty((len(local), 3, 3))
    for axis in range(3):
        shift = np.zeros(3)
        shift[axis] = _PROBE * size
        for part, co in zip(parts, before, strict=True):
            part.foreach_set("co", (co + shift).astype(np.float32).ravel())
        mesh.update()
        mesh.update_tag()
        moved = _evaluated(copy, layer, len(local))
        assert moved is not None
        steps[:, :, axis] = (moved - local) / (_PROBE * size)
    return steps


def _evaluated(copy: bpy.types.Object, layer: bpy.types.ViewLayer, count: int) -> Real | None:
    layer.update()
    evaluated = copy.evaluated_get(layer.depsgraph)
    mesh = evaluated.to_mesh()
    co = coordinates(mesh.vertices).astype(np.float64) if len(mesh.vertices) == count else None
    same = co is not None and len(mesh.edges) == len(copy.data.edges)
    evaluated.to_mesh_clear()
    return co if same else None


def _to_world(points: Real, matrix: Real) -> Real:
    return points @ matrix[:3, :3].T + matrix[:3, 3]
