# SPDX-License-Identifier: GPL-3.0-or-later
"""Excitations that lie in a scene without a picture, as one out of the asset browser does, and how they come by one.

Blender drops an object where the pointer is, without a parent, its +Z along the normal of what it lies on.
"""

from __future__ import annotations

from collections.abc import Sequence

import bpy
from mathutils import Matrix, Vector

from ..compat import curve_owners
from .empties import arrow_on, aspect_of, is_excitation, lay_on, on_plane, picture_of, place_on, scale_display
from .errors import SceneError
from .mesh import plane_frame
from .mesh_view import is_through_camera, view_of
from .objects import is_motion_object

__all__ = ["is_loose", "picture_for", "stick"]

# Cosine of 30°. What a picture lifts towards the viewer tilts its normals by half of that at most.
_UPRIGHT = 0.87
# Where the arrow of one that stands upright is laid: weights pull down.
_DOWN, _RIGHT = (0.0, 1.0), (1.0, 0.0)
_TRANSFORM = ("location", "rotation", "scale", "delta_")


def is_loose(scene: bpy.types.Scene, obj: bpy.types.Object | None) -> bool:
    """Whether it is an excitation that neither a picture nor a hand carries in the scene. Cheap enough for `draw`."""
    if not is_excitation(obj):
        return False
    return not any(each is not None and each.name in scene.objects for each in (picture_of(obj), obj.parent))


def picture_for(
    view_layer: bpy.types.ViewLayer, empty: bpy.types.Object, wanted: Sequence[bpy.types.Object] = ()
) -> bpy.types.Object:
    """The picture that an excitation is meant for: of several the nearest that it lies on.

    Args:
        view_layer: up to date; its pictures count, as far as they are seen.
        empty: an excitation in it.
        wanted: pictures that somebody has chosen; no others count then.

    Raises:
        SceneError: when there is none, or there are several and it lies on none of them.
    """
    found = list(wanted) or [obj for obj in view_layer.objects if is_motion_object(obj)]
    found = [obj for obj in found if obj.visible_get(view_layer=view_layer)] or found
    if not found:
        raise SceneError(
            f"There is no picture that “{empty.name}” could act on.", "Make one with Generate or Load Example."
        )
    if len(found) == 1:
        return found[0]
    place = empty.matrix_world.translation
    near = {obj: distance for obj in found if (distance := _distance(obj, place)) is not None}
    if not near:
        raise SceneError(
            f"“{empty.name}” lies on no picture, and several could be meant.",
            "Move it onto one, or select the picture as well.",
        )
    return min(near, key=near.__getitem__)


def stick(scene: bpy.types.Scene, picture: bpy.types.Object, empty: bpy.types.Object) -> bool:
    """Parent an excitation to a picture, at the place on it where it lies; in the middle if it lies beside it.

    What is keyed or constrained stays where that puts it. One that has no frames of its own yet begins at the current.

    Args:
        scene: gives the current frame.
        picture: a motion object.
        empty: an excitation, up to date with its place.

    Returns:
        whether it had to be moved into the middle.

    Raises:
        SceneError: when it is linked, or the picture is parented to it; nothing is changed then.
    """
    if empty.library is not None:
        raise SceneError(
            f"“{empty.name}” is linked from {empty.library.filepath}.",
            "Make a library override of it, or append it.",
        )
    if _hangs_on(picture, empty):
        raise SceneError(f"“{picture.name}” is parented to “{empty.name}”.", "Clear the picture's parent (Alt P).")
    settings, relative = empty.gid.excitation, picture.matrix_world.inverted_safe() @ empty.matrix_world
    found = place_on(picture, empty.matrix_world.translation)
    point = found or (0.5, aspect_of(picture) / 2)
    if settings.picture is not None:
        # One that was deleted would count before the parent.
        settings.picture = None
    if is_moved := _is_moved(empty):
        scale_display(picture, empty, point)
        empty.parent, empty.parent_type = picture, "OBJECT"
        empty.matrix_parent_inverse = picture.matrix_world.inverted_safe()
    else:
        lay_on(picture, empty, point, _direction(picture, relative, settings.kind))
    if not settings.is_property_set("start"):
        settings.start, settings.end = scene.frame_current, scene.frame_current + settings.end - settings.start
    return found is None and not is_moved


def _distance(picture: bpy.types.Object, place: Vector) -> float | None:
    """Metres from a place in the world to a picture that it is over; None beside it."""
    point = place_on(picture, place)
    return None if point is None else (picture.matrix_world @ on_plane(picture, *point) - place).length


def _direction(picture: bpy.types.Object, relative: Matrix, kind: str) -> tuple[float, float]:
    """Which way the arrow points on the picture, x right and y down; one that stands upright on it points none."""
    if is_through_camera(picture):
        right, down = (Vector(axis) for axis in view_of(picture).axes().T)
        normal = right.cross(down)
    else:
        normal = plane_frame(picture.data).to_3x3().col[2]
    is_upright = abs(relative.to_3x3().col[2].normalized().dot(normal.normalized())) > _UPRIGHT
    way = (0.0, 0.0) if is_upright else arrow_on(picture, relative)
    return way if any(way) else _DOWN if kind == "LOAD" else _RIGHT


def _is_moved(obj: bpy.types.Object) -> bool:
    if len(obj.constraints) or obj.rigid_body is not None:
        return True
    curves = [curve for curves, _ in curve_owners(obj) for curve in curves]
    if obj.animation_data is not None:
        curves += obj.animation_data.drivers
    return any(curve.data_path.startswith(_TRANSFORM) for curve in curves)


def _hangs_on(obj: bpy.types.Object | None, carrier: bpy.types.Object) -> bool:
    while obj is not None and obj != carrier:
        obj = obj.parent
    return obj is not None
