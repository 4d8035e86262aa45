# SPDX-License-Identifier: GPL-3.0-or-later
"""Empties that excite a picture: where they are on it, which way their arrow points, which of them count."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Matrix, Vector

from .errors import SceneError
from .mesh import plane_frame, plane_width
from .mesh_view import arrow_in_picture, is_through_camera, place_in_picture, surface_point, view_of, width_near
from .objects import home_of, is_motion_object
from .properties import DISPLAY

__all__ = [
    "add_empty",
    "arrow_on",
    "aspect_of",
    "empties_of",
    "is_excitation",
    "key_way",
    "lay_on",
    "on_picture",
    "on_plane",
    "picture_of",
    "place_on",
    "scale_display",
    "sounding",
]

# What looks like something at once, in the units of `properties.GID_PG_excitation.strength`.
_STRENGTH = {"PULL": 1.0, "POKE": 0.3, "LOAD": 0.03, "WIND": 0.015}


def is_excitation(obj: bpy.types.Object | None) -> bool:
    """Whether the object excites a picture. Cheap enough for `poll`; false without the extension's properties."""
    return obj is not None and hasattr(obj, "gid") and obj.gid.excitation.kind != "NONE"


def picture_of(empty: bpy.types.Object) -> bpy.types.Object | None:
    """The motion object that an excitation acts on: the one that it names, else the nearest that it is parented to."""
    named = empty.gid.excitation.picture
    if named is not None:
        return named if is_motion_object(named) else None
    parent = empty.parent
    while parent is not None and not is_motion_object(parent):
        parent = parent.parent
    return parent


def empties_of(scene: bpy.types.Scene, picture: bpy.types.Object) -> list[bpy.types.Object]:
    """The excitations of a picture in a scene, by name: the order decides nothing but the list."""
    found = [obj for obj in scene.objects if is_excitation(obj) and picture_of(obj) == picture]
    return sorted(found, key=lambda obj: obj.name)


def sounding(empties: Sequence[bpy.types.Object]) -> list[bpy.types.Object]:
    """Those that are heard: not muted, and on solo if one of them is."""
    heard = [empty for empty in empties if not empty.gid.excitation.mute]
    return [empty for empty in heard if empty.gid.excitation.solo] or heard


def on_picture(picture: bpy.types.Object, local: Vector) -> tuple[float, float]:
    """A place in the picture's own coordinates (metres) → picture widths from the top left corner, y down."""
    if is_through_camera(picture):
        return place_in_picture(picture, local)
    width, height = plane_width(picture.data), float(picture.data["gid_height"])
    local = plane_frame(picture.data).inverted() @ local
    return local.x / width + 0.5, (height / 2 - local.y) / width


def place_on(picture: bpy.types.Object, place: Vector) -> tuple[float, float] | None:
    """A place in the world → picture widths from the top left corner, y down; None where it is beside the picture."""
    try:
        x, y = on_picture(picture, picture.matrix_world.inverted_safe() @ place)
    except SceneError:
        # Behind the camera that a mesh was moved through.
        return None
    return (x, y) if 0 <= x <= 1 and 0 <= y <= aspect_of(picture) else None


def on_plane(picture: bpy.types.Object, x: float, y: float) -> Vector:
    """The way back: metres in the picture's own coordinates, on its plane; of a mesh as near as what is seen there."""
    if is_through_camera(picture):
        return surface_point(picture, x, y)
    width, height = plane_width(picture.data), float(picture.data["gid_height"])
    return plane_frame(picture.data) @ Vector(((x - 0.5) * width, height / 2 - y * width, 0.0))


def aspect_of(picture: bpy.types.Object) -> float:
    """Height of a motion object's picture in picture widths."""
    if is_through_camera(picture):
        return view_of(picture).aspect
    return float(picture.data["gid_height"]) / plane_width(picture.data)


def arrow_on(picture: bpy.types.Object, relative: Matrix) -> tuple[float, float]:
    """Which way the arrow (+Z) of an empty points on the picture, x right and y down; (0, 0) when straight at it.

    Args:
        picture: a motion object.
        relative: the empty's matrix in the picture's coordinates.
    """
    if is_through_camera(picture):
        return arrow_in_picture(picture, relative)
    arrow = (plane_frame(picture.data).to_3x3().inverted() @ relative.to_3x3().col[2]).normalized()
    length = float(np.hypot(arrow.x, arrow.y))
    # Within half a degree of the normal there is no way that anybody could have meant.
    return (arrow.x / length, -arrow.y / length) if length > 0.01 else (0.0, 0.0)


def add_empty(
    scene: bpy.types.Scene,
    picture: bpy.types.Object,
    kind: str,
    point: tuple[float, float] = (0.5, 0.5),
    *,
    direction: tuple[float, float] = (1.0, 0.0),
    name: str = "",
    collection: bpy.types.Collection | None = None,
) -> bpy.types.Object:
    """An excitation stuck to a picture: an empty, parented to it, in the picture's collection.

    Args:
        scene: where it is seen: in the picture's collection there, or in its own if that takes no objects.
        picture: a motion object.
        kind: "PULL", "POKE", "LOAD" or "WIND".
        point: picture widths from the top left corner, y down.
        direction: of its arrow, x right and y down.
        name: of the empty; the kind's own by default.
        collection: to link it to.

    Raises:
        SceneError: when the picture has no motion, or nothing can be linked to the collection.
    """
    if not is_motion_object(picture):
        raise SceneError("There is no picture to excite.", "Select a motion object.")
    home = collection or home_of(scene, picture)
    if collection is None and home.library is not None:
        home = scene.collection
    if home.library is not None:
        raise SceneError(f"The collection “{home.name}” is linked and takes no objects.", "Choose a local collection.")
    empty = bpy.data.objects.new(name or kind.capitalize(), None)
    empty.empty_display_type = DISPLAY[kind]
    # What it pulls at comes towards the viewer by the picture's depth, and a handle has to be seen to be taken.
    empty.show_in_front = True
    settings = empty.gid.excitation
    settings.kind = kind
    settings.strength = _STRENGTH[kind]
    settings.start = scene.frame_current
    settings.end = scene.frame_current + 50
    lay_on(picture, empty, point, direction)
    home.objects.link(empty)
    return empty


def lay_on(
    picture: bpy.types.Object, empty: bpy.types.Object, point: tuple[float, float], direction: tuple[float, float]
) -> None:
    """Parent an excitation to a picture and lay it there, its arrow along the picture and its size by the picture's.

    Args:
        picture: a motion object.
        empty: with a kind.
        point: picture widths from the top left corner, y down.
        direction: of its arrow, x right and y down.

    Raises:
        SceneError: when a mesh has lost what it kept about its motion.
    """
    scale_display(picture, empty, point)
    place = on_plane(picture, *point)
    if is_through_camera(picture):
        arrow = Vector(view_of(picture).axes() @ direction)
    else:
        # A hair above the picture, else it is hidden in it.
        axes = plane_frame(picture.data).to_3x3()
        place += axes @ Vector((0.0, 0.0, 0.01 * plane_width(picture.data)))
        arrow = axes @ Vector((direction[0], -direction[1], 0.0))
    empty.parent, empty.parent_type = picture, "OBJECT"
    empty.matrix_parent_inverse = Matrix()
    empty.matrix_basis = Matrix.LocRotScale(place, arrow.to_track_quat("Z", "Y"), None)


def scale_display(picture: bpy.types.Object, empty: bpy.types.Object, point: tuple[float, float]) -> None:
    """Draw an excitation as large as it has to be at a place of that picture; see `lay_on`. A shape of one's own stays.

    Raises:
        SceneError: as `lay_on`.
    """
    kind = empty.gid.excitation.kind
    if empty.empty_display_type == DISPLAY[kind]:
        size = width_near(picture, *point) if is_through_camera(picture) else plane_width(picture.data)
        empty.empty_display_size = (0.04 if kind == "PULL" else 0.12) * size


def key_way(
    picture: bpy.types.Object,
    empty: bpy.types.Object,
    frames: Sequence[float],
    way: Sequence[tuple[float, float]],
    *,
    straight: bool = False,
) -> None:
    """Key the way of a hand into the empty's location: what was recorded, or a start for an animator.

    Args:
        picture, empty: as `add_empty` took and returned them.
        frames: of the keys, in order.
        way: places on the picture, picture widths from the top left corner, one for each frame.
        straight: whether it is straight between the keys, as dense recordings are.
    """
    animation = empty.animation_data_create()
    if animation.action is None:
        animation.action = bpy.data.actions.new(f"{empty.name} Way")
    places = [on_plane(picture, *place) for place in way]
    # On a plane its height above the picture stays as somebody has set it, unless the plane lies askew in its mesh.
    is_flat = not is_through_camera(picture) and plane_frame(picture.data) == Matrix()
    for axis in range(2 if is_flat else 3):
        curve = animation.action.fcurve_ensure_for_datablock(empty, "location", index=axis)
        curve.keyframe_points.clear()
        for frame, place in zip(frames, places, strict=True):
            key = curve.keyframe_points.insert(frame, place[axis], options={"FAST"})
            key.interpolation = "LINEAR" if straight else "BEZIER"
        curve.update()
