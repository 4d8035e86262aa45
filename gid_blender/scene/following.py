# SPDX-License-Identifier: GPL-3.0-or-later
"""What excitations follow: parents, constraints, drivers, and the picture itself as far as its place matters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import bpy

from .controls import control_path

__all__ = ["constrained", "control_drivers", "dependencies", "followed", "links", "rides"]

Objects = dict[bpy.types.Object, int]


def dependencies(picture: bpy.types.Object, empties: Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    """Objects that a bake of these excitations depends on, themselves included."""
    found: dict[bpy.types.Object, None] = {}
    for empty in empties:
        found |= dict.fromkeys(followed(empty, picture))
    for curve in control_drivers(picture):
        for target in _driving(curve):
            found |= dict.fromkeys(followed(target, picture))
    return list(found)


def followed(obj: bpy.types.Object, picture: bpy.types.Object) -> Objects:
    """An object and whatever moves it in the picture's coordinates, each with its number, from 0.

    The order goes by how they hang together, never by names. The picture is among them where its own place matters:
    what is carried by it alone stays where it is on it.
    """
    carried = rides(obj, picture)
    found: Objects = {}
    waiting = [obj] if carried else [obj, picture]
    while waiting:
        each = waiting.pop(0)
        if each in found:
            continue
        found[each] = len(found)
        for link, is_parent in links(each):
            if link is not None and not (carried and is_parent and link == picture):
                waiting.append(link)
    return found


def rides(obj: bpy.types.Object, picture: bpy.types.Object) -> bool:
    """Whether parents alone carry an object along with the picture, so that it may be wherever that is."""
    while obj != picture:
        if obj is None or obj.parent_type != "OBJECT" or len(obj.constraints) or obj.rigid_body is not None:
            return False
        obj = obj.parent
    return True


def links(obj: bpy.types.Object) -> Iterator[tuple[bpy.types.Object | None, bool]]:
    """Objects that move an object, and whether as its parent; in an order that only the links themselves make."""
    yield obj.parent, True
    for _, constraint in constrained(obj):
        for name in ("target", "pole_target", "object"):
            linked = getattr(constraint, name, None)
            if isinstance(linked, bpy.types.Object):
                yield linked, False
        for target in getattr(constraint, "targets", ()):
            yield target.target, False
    if obj.animation_data is not None:
        for curve in obj.animation_data.drivers:
            for target in _driving(curve):
                yield target, False


def constrained(obj: bpy.types.Object) -> Iterator[tuple[str, bpy.types.Constraint]]:
    """The constraints of an object and of its bones, each with the path of what it belongs to: "", or a bone's."""
    for constraint in obj.constraints:
        yield "", constraint
    for bone in obj.pose.bones if obj.pose else ():
        for constraint in bone.constraints:
            yield f'pose.bones["{bpy.utils.escape_identifier(bone.name)}"].', constraint


def control_drivers(picture: bpy.types.Object) -> list[bpy.types.FCurve]:
    """Drivers of the picture's own controls."""
    animation = picture.animation_data
    start = control_path("gid_").removesuffix('"]')
    return [c for c in animation.drivers if c.data_path.startswith(start)] if animation is not None else []


def _driving(curve: bpy.types.FCurve) -> Iterator[bpy.types.Object]:
    for variable in curve.driver.variables:
        for target in variable.targets:
            if isinstance(target.id, bpy.types.Object):
                yield target.id
