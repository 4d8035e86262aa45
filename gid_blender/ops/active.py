# SPDX-License-Identifier: GPL-3.0-or-later
"""What is active, and so is meant by an operator, a panel or a preset; and how to say that nothing is."""

from __future__ import annotations

import bpy

from .. import scene

__all__ = [
    "NO_PICTURE",
    "OfMotionObject",
    "OfPicture",
    "is_motion_active",
    "is_picture_active",
    "lost_excitation",
    "picture_in",
    "select_only",
]

NO_PICTURE = (
    "Select a motion object (a plane made by Generate, Load Example or Import Motion) or one of its excitations"
)


def picture_in(context: bpy.types.Context) -> bpy.types.Object | None:
    """The motion object that is meant: the active one, or the one that the active excitation acts on."""
    obj = context.object
    # Of meshes that move together one has the controls.
    obj = scene.leader_of(obj) or obj
    if scene.is_motion_object(obj):
        return obj
    if not scene.is_excitation(obj):
        return None
    picture = scene.picture_of(obj)
    # One that was deleted lives on for as long as an empty names it.
    return picture if picture is not None and picture.name in context.scene.objects else None


def lost_excitation(context: bpy.types.Context) -> bpy.types.Object | None:
    """The active object when it is an excitation without a picture: parented to something else, or its picture gone."""
    obj = context.object
    return obj if scene.is_excitation(obj) and picture_in(context) is None else None


def is_picture_active(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """For `poll`: whether `picture_in` finds one; says what to select when it does not."""
    if picture_in(context) is None:
        if lost_excitation(context) is not None:
            cls.poll_message_set(
                "The active excitation acts on no picture; stick it to one or choose its Picture in the panel "
                "Excitations"
            )
        else:
            cls.poll_message_set(NO_PICTURE)
        return False
    return True


def is_motion_active(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """For `poll`: whether the active object itself is a motion object; says what to select when it is not."""
    if not scene.is_motion_object(context.object):
        cls.poll_message_set("Select a motion object: a plane made by Generate, Load Example or Import Motion")
        return False
    return True


def select_only(context: bpy.types.Context, active: bpy.types.Object, *others: bpy.types.Object) -> None:
    """Select objects and nothing else, and make the first of them active."""
    for obj in context.selected_objects:
        obj.select_set(False)
    for obj in (active, *others):
        obj.select_set(True)
    context.view_layer.objects.active = active


class OfPicture:
    """For operators that act on the active picture, or on that of the active excitation."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return is_picture_active(cls, context)


class OfMotionObject:
    """For operators that act on the active object, which has to be a motion object."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return is_motion_active(cls, context)
