# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the vertices of a mesh are, as everything that only deforms it has them: poses, lattices, its own shape keys.

Shape keys lie below all modifiers. So a vertex is looked at behind those that keep vertices as they are, and what a
small step of the vertex becomes behind them is measured, to find the step that leads where the picture wants it. Then
that is tried, for some modifiers say where vertices are and let nothing below them through.

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

__all__ = ["DEFORMING", "MAYBE", "Posed", "posed"]

Real = npt.NDArray[np.float64]

# Modifiers that move vertices and neither make nor remove any.
DEFORMING = {
    "ARMATURE", "CAST", "CLOTH", "CORRECTIVE_SMOOTH", "CURVE", "DATA_TRANSFER", "DISPLACE", "HOOK", "LAPLACIANDEFORM",
    "LAPLACIANSMOOTH", "LATTICE", "MESH_CACHE", "MESH_DEFORM", "NORMAL_EDIT", "SHRINKWRAP", "SIMPLE_DEFORM", "SMOOTH",
    "SOFT_BODY", "SURFACE_DEFORM", "UV_PROJECT", "UV_WARP", "VERTEX_WEIGHT_EDIT", "VERTEX_WEIGHT_MIX",
    "VERTEX_WEIGHT_PROXIMITY", "WARP", "WAVE", "WEIGHTED_NORMAL",
}  # fmt: skip
# Modifiers that deform or not, as their nodes are.
MAYBE = {"NODES", "MESH_SEQUENCE_CACHE"}
_IMPLICIT = {"ARMATURE", "LATTICE"}
# Steps, in sizes of the mesh: one to be measured, and one as far as things sway.
_PROBE = 3e-3
_SWAY = 2e-2
# What becomes of a step of 1 when a modifier lets nothing through: less than this, but seldom 0, by rounding.
_BLOCKED = 1e-2
# Shares of a step. Missing it in the picture by more than the first one, a vertex does not get where it should; by more
# than the second one there, or the third one in space, it leaps; when less than the last one is left, it is stuck.
_ASTRAY, _LEAPS, _FLIES, _STUCK = 0.5, 1.5, 5.0, 0.1


@dataclass(frozen=True, eq=False)
class Posed:
    """A mesh's own vertices where they are in the world.

    Attributes:
        points: (V, 3) in the world.
        matrix: (4, 4) of the object.
        back: (3, 3) or (V, 3, 3) from a step in the world to one of the vertex below all modifiers.
        deformed: whether modifiers or the like make the step another one at each vertex.
        astray: (V,) whether a vertex does not get where it should, whatever its step; None where all do.
        stuck: (V,) those of them that get nowhere.
        modifier: name of what is the first to keep them from it, or "".
    """

    points: Real
    matrix: Real
    back: Real
    deformed: bool
    astray: npt.NDArray[np.bool_] | None = None
    stuck: npt.NDArray[np.bool_] | None = None
    modifier: str = ""


def posed(scene: bpy.types.Scene, layer: bpy.types.ViewLayer, obj: bpy.types.Object, axes: Real) -> Posed:
    """Where an object's vertices are at the current frame, its own motion left aside.

    Args:
        scene, layer: where it is looked at.
        obj: the mesh.
        axes: (3, 2) directions in the world in which vertices are to move.

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
            for modifier in [m for m in copy.modifiers if m.type in MAYBE]:
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
        back = _inverse(matrix[:3, :3] @ steps, matrix)
        missed, off, left = _tried(copy, layer, local, matrix, back, axes)
        leaps = (missed > _LEAPS) | (off > _FLIES)
        if leaps.any():
            # Where a texture displaces, what was measured nearby is soon another; the plain step may do better.
            plain = np.where(leaps[:, None, None], np.linalg.inv(matrix[:3, :3]), back)
            again = _tried(copy, layer, local, matrix, plain, axes)
            better = leaps & (again[0] <= _LEAPS) & (again[1] <= _FLIES)
            back[better] = plain[better]
            missed, left = np.where(better, again[0], missed), np.where(better, again[2], left)
            leaps &= ~better
        # What cannot be moved stays, rather than be thrown elsewhere.
        back[leaps] = 0
        stuck = leaps | (left < _STUCK)
        astray = stuck | (missed > _ASTRAY)
        if not astray.any():
            return Posed(_to_world(local, matrix), matrix, back, deformed=True)
        modifier = _first_to_block(copy, layer, local, astray)
    return Posed(_to_world(local, matrix), matrix, back, True, astray, stuck, modifier)


@contextmanager
def _stand_in(scene: bpy.types.Scene, obj: bpy.types.Object) -> Iterator[bpy.types.Object]:
    mesh = obj.data.copy()
    copy = obj.copy()
    try:
        copy.data = mesh
        copy.hide_viewport = False
        for modifier in list(copy.modifiers):
            if not modifier.show_viewport or modifier.type not in DEFORMING | MAYBE:
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
    length = _PROBE * _size(local)
    steps = np.empty((len(local), 3, 3))
    for axis in range(3):
        with _shifted(copy, length * np.eye(3)[axis]):
            moved = _evaluated(copy, layer, len(local))
        assert moved is not None
        steps[:, :, axis] = (moved - local) / length
    return steps


def _inverse(forward: Real, matrix: Real) -> Real:
    """(V, 3, 3) the shortest steps that lead as near as possible to where one is wanted; 0 in blocked directions.

    Measured by what the object's own scale makes of a step: compared with each other, the directions of a vertex that
    is blocked in all of them are rounding errors, whose inverse would throw it away.
    """
    u, size, v = np.linalg.svd(forward)
    limit = _BLOCKED * np.linalg.svd(matrix[:3, :3], compute_uv=False).max()
    limit = np.maximum(limit, _BLOCKED * size.max(axis=1, keepdims=True))
    inverse = np.divide(1, size, out=np.zeros_like(size), where=size > limit)
    return np.asarray(np.swapaxes(v, 1, 2) * inverse[:, None, :] @ np.swapaxes(u, 1, 2))


def _tried(
    copy: bpy.types.Object, layer: bpy.types.ViewLayer, local: Real, matrix: Real, back: Real, axes: Real
) -> tuple[Real, Real, Real]:
    """Let all vertices sway along each axis, as shares of the way (V,): by how much they miss it in the plane of the
    axes, by how much in space, the worst of both axes each, and how much of the way they go at all.

    What goes off towards the camera or away from it, such as where a texture displaces, is in the picture no error.
    """
    plane, _ = np.linalg.qr(axes)
    missed, off, gone = (np.zeros(len(local)) for _ in range(3))
    for axis in axes.T:
        # In the mesh's own units, so that a small one that is scaled up sways no less.
        scale = _SWAY * _size(local) / np.linalg.norm(np.linalg.inv(matrix[:3, :3]) @ axis)
        with _shifted(copy, back @ axis * scale):
            moved = _evaluated(copy, layer, len(local))
        assert moved is not None
        got = (moved - local) @ matrix[:3, :3].T
        error, way = got - scale * axis, np.linalg.norm(scale * axis)
        missed = np.maximum(missed, np.linalg.norm(error @ plane, axis=1) / way)
        off = np.maximum(off, np.linalg.norm(error, axis=1) / way)
        gone += np.square(np.linalg.norm(got @ plane, axis=1) / way) / 2
    return missed, off, np.sqrt(gone)


def _first_to_block(copy: bpy.types.Object, layer: bpy.types.ViewLayer, local: Real, astray: npt.NDArray) -> str:
    """Name of the first modifier behind which vertices that go astray stand still; of the last one if none does."""
    shown = [modifier for modifier in copy.modifiers if modifier.show_viewport]
    length = _PROBE * _size(local)
    for number in range(len(shown)):
        for modifier in shown[number + 1 :]:
            modifier.show_viewport = False
        before = _evaluated(copy, layer, len(local))
        still = np.ones(len(local), bool)
        for axis in range(3):
            with _shifted(copy, length * np.eye(3)[axis]):
                moved = _evaluated(copy, layer, len(local))
            still &= np.linalg.norm(moved - before, axis=1) < 0.1 * length
        for modifier in shown:
            modifier.show_viewport = True
        if (still & astray).any():
            return str(shown[number].name)
    # A lattice or an armature that is the parent deforms without being a modifier.
    return str(shown[-1].name if shown else copy.parent.name if copy.parent is not None else copy.name)


@contextmanager
def _shifted(copy: bpy.types.Object, shift: Real) -> Iterator[None]:
    """All vertices moved by (3,) or (V, 3) below all modifiers, the stand-in's own shape keys alike."""
    mesh = copy.data
    parts = [mesh.vertices]
    if mesh.shape_keys is not None:
        parts = [key.points for key in mesh.shape_keys.key_blocks]
    before = [coordinates(part) for part in parts]
    for part, co in zip(parts, before, strict=True):
        part.foreach_set("co", (co.astype(np.float64) + shift).astype(np.float32).ravel())
    mesh.update()
    mesh.update_tag()
    try:
        yield
    finally:
        for part, co in zip(parts, before, strict=True):
            part.foreach_set("co", np.ascontiguousarray(co, np.float32).ravel())
        mesh.update()
        mesh.update_tag()


def _size(points: Real) -> float:
    return float(np.ptp(points, axis=0).max()) or 1.0


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
