# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull, Poke, Load, Gust and Wind: empties on a picture, added and removed."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, FloatProperty, FloatVectorProperty

from .. import scene
from .report import EXPECTED
from .session import session

__all__ = [
    "NO_PICTURE",
    "GID_OT_add_excitation",
    "GID_OT_remove_excitation",
    "choose",
    "chosen",
    "chosen_index",
    "picture_in",
    "point_under_cursor",
]

NO_PICTURE = (
    "Select a motion object (a plane made by Generate, Load Example or Import Motion) or one of its excitations"
)

KINDS = (
    ("PULL", "Pull", "An empty that takes the picture along on its way, and lets go at its end", "VIEW_PAN", 0),
    ("POKE", "Poke", "A tap along an arrow at one frame", "FORCE_FORCE", 1),
    ("LOAD", "Load", "A weight that lands, stays and goes: a bird", "FORCE_CHARGE", 2),
    ("GUST", "Gust", "A wind along an arrow that rises at one frame and dies down", "FORCE_TURBULENCE", 3),
    ("WIND", "Wind", "A wind along an arrow that blows on and on, in gusts", "FORCE_WIND", 4),
)


def picture_in(context: bpy.types.Context) -> bpy.types.Object | None:
    """The motion object that is meant: the active one, or the one that the active excitation acts on."""
    obj = context.object
    # Of meshes that move together one has the controls.
    obj = scene.leader_of(obj) or obj
    if scene.is_motion_object(obj):
        return obj
    return scene.picture_of(obj) if scene.is_excitation(obj) else None


def point_under_cursor(target: bpy.types.Scene, picture: bpy.types.Object) -> tuple[float, float]:
    """The 3D cursor in picture widths from the top left corner; the centre where the cursor is beside the picture."""
    x, y = scene.on_picture(picture, picture.matrix_world.inverted_safe() @ target.cursor.location)
    aspect = scene.aspect_of(picture)
    return (x, y) if 0 <= x <= 1 and 0 <= y <= aspect else (0.5, aspect / 2)


class GID_OT_add_excitation(bpy.types.Operator):
    """Stick an empty to the active picture that pulls it, pokes it or blows on it, at the 3D cursor or in the middle"""

    bl_idname = "gid.add_excitation"
    bl_label = "Add Excitation"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Kind", description="What it does to the picture", items=KINDS, default="PULL")
    way: FloatVectorProperty(
        name="Way",
        description="Of a pull, where the hand goes, in picture widths to the right and up; of the others, where the "
        "arrow points",
        size=2,
        default=(0.05, 0.02),
        min=-100.0,
        max=100.0,
        soft_min=-0.3,
        soft_max=0.3,
    )
    frames: FloatProperty(
        name="Frames", description="How long a pull or a gust takes", default=20.0, min=1.0, max=100_000.0, step=100
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if picture_in(context) is None:
            cls.poll_message_set(NO_PICTURE)
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        picture, target = picture_in(context), context.scene
        point = point_under_cursor(target, picture)
        right, up = self.way
        kind = "WIND" if self.kind == "GUST" else self.kind
        try:
            empty = scene.add_empty(
                target, picture, kind, point, direction=(right, -up) if right or up else (1.0, 0.0),
                name=self.kind.capitalize(),
            )  # fmt: skip
            settings, now = empty.gid.excitation, float(target.frame_current)
            settings.end = now + self.frames
            if self.kind == "PULL":
                way = [point, (point[0] + right, point[1] - up)]
                scene.key_way(picture, empty, [now, now + self.frames], way)
            elif self.kind in {"GUST", "LOAD"}:
                settings.use_range = True
                settings.attack = settings.fade = self.frames / 3
        except EXPECTED as error:
            self.report({"ERROR"}, session.fail(error).sentence)
            return {"CANCELLED"}
        picture.gid.bake.active = empty
        for other in context.selected_objects:
            other.select_set(False)
        empty.select_set(True)
        context.view_layer.objects.active = empty
        return {"FINISHED"}


class GID_OT_remove_excitation(bpy.types.Operator):
    """Delete the excitation that is chosen in the list"""

    bl_idname = "gid.remove_excitation"
    bl_label = "Remove Excitation"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        picture = picture_in(context)
        if picture is None:
            cls.poll_message_set(NO_PICTURE)
            return False
        if chosen(context, picture) is None:
            cls.poll_message_set("No excitation is chosen in the list")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        picture = picture_in(context)
        empty = chosen(context, picture)
        if empty.library is not None:
            self.report({"ERROR"}, f"“{empty.name}” is linked from {empty.library.filepath}; mute it instead.")
            return {"CANCELLED"}
        was_active = context.object == empty
        bpy.data.objects.remove(empty)
        left = scene.empties_of(context.scene, picture)
        picture.gid.bake.active = left[0] if left else None
        if was_active and picture.name in context.view_layer.objects:
            picture.select_set(True)
            context.view_layer.objects.active = picture
        return {"FINISHED"}


def chosen(context: bpy.types.Context, picture: bpy.types.Object) -> bpy.types.Object | None:
    """The excitation that the panel shows: the active object if it is one, else the one chosen in the list."""
    obj = context.object
    if scene.is_excitation(obj) and scene.picture_of(obj) == picture:
        return obj
    listed = picture.gid.bake.active
    if scene.is_excitation(listed) and scene.picture_of(listed) == picture and listed.name in context.scene.objects:
        return listed
    return None


def chosen_index(context: bpy.types.Context) -> int:
    """Where the chosen excitation lies among the scene's objects; -1 for none."""
    picture = picture_in(context)
    empty = chosen(context, picture) if picture is not None else None
    return context.scene.objects.find(empty.name) if empty is not None else -1


def choose(context: bpy.types.Context, index: int) -> None:
    """Choose the excitation of that place among the scene's objects."""
    picture, objects = picture_in(context), context.scene.objects
    if picture is None or not 0 <= index < len(objects) or not scene.is_excitation(objects[index]):
        return
    empty = objects[index]
    picture.gid.bake.active = empty
    # An active excitation is shown whatever is chosen: so it has to be this one.
    if scene.is_excitation(context.object) and empty.name in context.view_layer.objects:
        context.object.select_set(False)
        empty.select_set(True)
        context.view_layer.objects.active = empty
