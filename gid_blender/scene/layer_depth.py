# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers at different distances that a camera sees as one flat picture: each is scaled about the camera's eye."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
from mathutils import Matrix

from .errors import SceneError

__all__ = ["distance_of", "farthest", "set_distance", "set_off", "spread_layers"]


def distance_of(scene: bpy.types.Scene, obj: bpy.types.Object) -> float:
    """How far the object's origin is from the scene's camera, along the camera's axis.

    Raises:
        SceneError: when there is no camera, or it looks the other way.
    """
    camera = scene.camera
    if camera is None:
        raise SceneError("The scene has no camera to keep the size for.", "Add a camera, or use a small offset.")
    distance = -(camera.matrix_world.normalized().inverted() @ obj.matrix_world.translation).z
    if not distance > 0:
        raise SceneError(f"“{obj.name}” is not in front of the camera.", "Turn the camera to the picture.")
    return distance


def set_distance(scene: bpy.types.Scene, obj: bpy.types.Object, distance: float) -> None:
    """Bring an object to that distance from the camera; what the camera sees of it stays the same.

    A perspective or panoramic camera sees along rays from its eye, so scaling about the eye changes nothing; an
    orthographic one along its axis, so there the object is moved and keeps its size.

    Args:
        scene: gives the camera, as it is at the current frame.
        obj: any object.
        distance: along the camera's axis, to the object's origin.

    Raises:
        SceneError: as `distance_of`; for a distance that is nearer than the camera sees, or a linked object.
    """
    before = distance_of(scene, obj)
    camera = scene.camera
    near = camera.data.clip_start
    if not distance > near:
        raise SceneError(
            f"{distance:g} is nearer than “{camera.name}” sees ({near:g}).",
            "Choose a greater distance, or lower Clip Start.",
        )
    if obj.library is not None:
        raise SceneError(f"“{obj.name}” is linked from {obj.library.filepath}.", "Move it in its own file.")
    frame = camera.matrix_world.normalized()
    if camera.data.type == "ORTHO":
        change = Matrix.Translation(frame.to_3x3().col[2] * (before - distance))
    else:
        eye = Matrix.Translation(frame.translation)
        change = eye @ Matrix.Scale(distance / before, 4) @ eye.inverted()
    obj.matrix_world = change @ obj.matrix_world


def set_off(scene: bpy.types.Scene, obj: bpy.types.Object, step: float) -> None:
    """Move a plane a small step to the front, so that it hides what it lay in.

    Towards the camera, if that sees it, and keeping its size for it; else along its own normal.
    """
    try:
        set_distance(scene, obj, distance_of(scene, obj) - step)
    except SceneError:
        matrix = obj.matrix_world.copy()
        matrix.translation += matrix.to_3x3().col[2].normalized() * step
        obj.matrix_world = matrix


def farthest(scene: bpy.types.Scene, rear: bpy.types.Object, nearest: float) -> float:
    """How far the rearmost of layers is; see `spread_layers`, which raises what this raises."""
    far = distance_of(scene, rear)
    near = scene.camera.data.clip_start
    if not near < nearest < far:
        raise SceneError(
            f"The foremost layer has to be between {near:g} and {far:g} from the camera, where the rearmost is.",
            "Choose a distance between.",
        )
    return far


def spread_layers(scene: bpy.types.Scene, layers: Sequence[bpy.types.Object], nearest: float) -> None:
    """Set layers between where the rearmost is and a nearest distance, at equal steps.

    Args:
        scene: gives the camera.
        layers: the rearmost first; it stays.
        nearest: distance of the foremost.

    Raises:
        SceneError: as `set_distance`, and when the nearest is not the nearest; nothing is moved then.
    """
    far = farthest(scene, layers[0], nearest)
    for number, layer in enumerate(layers):
        set_distance(scene, layer, far + (nearest - far) * number / max(len(layers) - 1, 1))
