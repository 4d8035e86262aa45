# SPDX-License-Identifier: GPL-3.0-or-later
"""From a ray to a place on a picture and back: points are (x, y) in picture widths, from the top left corner down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import bpy
from mathutils import Vector

from .errors import SceneError
from .mesh import plane_frame, plane_width

__all__ = ["Hit", "aspect_of", "hit_on", "nearest_hit", "world_point"]

# Less than this share of the ray goes towards the picture: it is seen edge on.
_EDGE_ON = 1e-4


@dataclass(frozen=True)
class Hit:
    """Where a ray meets the plane of a picture.

    Attributes:
        x, y: picture widths from the top left corner; outside the picture too.
        along: how far along the ray, in lengths of its direction; behind its origin it is negative.
        inside: whether it is on the picture.
    """

    x: float
    y: float
    along: float
    inside: bool


def aspect_of(obj: bpy.types.Object) -> float:
    """Height of an object's picture in picture widths."""
    return float(obj.data["gid_height"]) / plane_width(obj.data)


def hit_on(obj: bpy.types.Object, origin: Vector, direction: Vector) -> Hit | None:
    """Where a ray in world space meets the object's picture plane; None when it is seen edge on.

    The plane is the object's own: rotated, scaled, mirrored and parented as it is.

    Raises:
        SceneError: when the object is scaled to nothing.
    """
    if "gid_width" not in obj.data:
        # A mesh that moves through the camera has no plane to be met.
        return None
    try:
        inverse = (obj.matrix_world @ plane_frame(obj.data)).inverted()
    except ValueError:
        raise SceneError(f"“{obj.name}” is scaled to nothing.", "Give it a scale (Alt S clears it).") from None
    start, way = inverse @ origin, inverse.to_3x3() @ direction
    if abs(way.z) <= _EDGE_ON * way.length:
        return None
    along = -start.z / way.z
    at = start + along * way
    width, aspect = plane_width(obj.data), aspect_of(obj)
    x, y = at.x / width + 0.5, 0.5 * aspect - at.y / width
    return Hit(x, y, along, 0 <= x <= 1 and 0 <= y <= aspect)


def nearest_hit(
    objects: Iterable[bpy.types.Object], origin: Vector, direction: Vector, *, behind: bool = False
) -> tuple[bpy.types.Object, Hit] | None:
    """The picture that is met first, or None.

    Args:
        objects: motion objects to look among.
        origin, direction: the ray, in world space.
        behind: whether what lies behind the origin counts too, as in an orthographic view.
    """
    found = None
    for obj in objects:
        try:
            hit = hit_on(obj, origin, direction)
        except SceneError:
            # Scaled to nothing, it is not to be seen, and another one may be.
            continue
        if (
            hit is not None
            and hit.inside
            and (behind or hit.along > 0)
            and (found is None or hit.along < found[1].along)
        ):
            found = obj, hit
    return found


def world_point(obj: bpy.types.Object, x: float, y: float) -> Vector:
    """Where a place on the picture's plane is in the world."""
    width = plane_width(obj.data)
    at = Vector(((x - 0.5) * width, (0.5 * aspect_of(obj) - y) * width, 0.0))
    return obj.matrix_world @ plane_frame(obj.data) @ at
