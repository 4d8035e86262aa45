# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull, Poke, Load, Gust and Wind: empties on a picture, added, stuck to it and removed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import bpy
from bpy.props import EnumProperty, FloatProperty, FloatVectorProperty

from .. import scene
from ..translations.sentences import said
from .active import is_picture_active, picture_in, select_only
from .guarded import guarded, tell

__all__ = [
    "GID_OT_add_excitation",
    "GID_OT_remove_excitation",
    "GID_OT_stick_excitation",
    "choose",
    "chosen",
    "chosen_index",
    "is_excitation_chosen",
    "point_under_cursor",
]

KINDS = (
    ("PULL", "Pull", "An empty that takes the picture along on its way, and lets go at its end", "VIEW_PAN", 0),
    ("POKE", "Poke", "A tap along an arrow at one frame", "FORCE_FORCE", 1),
    ("LOAD", "Load", "A weight that lands, stays and goes: a bird", "FORCE_CHARGE", 2),
    ("GUST", "Gust", "A wind along an arrow that rises at one frame and dies down", "FORCE_TURBULENCE", 3),
    ("WIND", "Wind", "A wind along an arrow that blows on and on, in gusts", "FORCE_WIND", 4),
)


def point_under_cursor(target: bpy.types.Scene, picture: bpy.types.Object) -> tuple[float, float]:
    """The 3D cursor in picture widths from the top left corner; the centre where the cursor is beside the picture."""
    return scene.place_on(picture, target.cursor.location) or (0.5, scene.aspect_of(picture) / 2)


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
        if not is_picture_active(cls, context):
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode")
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        picture, target = picture_in(context), context.scene
        point = point_under_cursor(target, picture)
        right, up = self.way
        kind = "WIND" if self.kind == "GUST" else self.kind
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
        list_as_chosen(picture, empty)
        select_only(context, empty)
        return {"FINISHED"}


class GID_OT_remove_excitation(bpy.types.Operator):
    """Delete the excitation that is chosen in the list"""

    bl_idname = "gid.remove_excitation"
    bl_label = "Remove Excitation"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return is_excitation_chosen(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        picture = picture_in(context)
        empty = chosen(context, picture)
        if empty.library is not None:
            self.report({"ERROR"}, said(f"“{empty.name}” is linked from {empty.library.filepath}; mute it instead."))
            return {"CANCELLED"}
        was_active = context.object == empty
        bpy.data.objects.remove(empty)
        left = scene.empties_of(context.scene, picture)
        list_as_chosen(picture, left[0] if left else None)
        if was_active and picture.name in context.view_layer.objects:
            picture.select_set(True)
            context.view_layer.objects.active = picture
        return {"FINISHED"}


class GID_OT_stick_excitation(bpy.types.Operator):
    """Have selected excitations that act on no picture act on the one that they lie on, or on that which is selected"""

    bl_idname = "gid.stick_excitation"
    bl_label = "Stick to Picture"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not any(_loose(context)):
            cls.poll_message_set("Select an excitation that has no parent, as one from the asset browser")
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        target, view_layer = context.scene, context.view_layer
        view_layer.update()
        wanted = _pictures_chosen(context)
        stuck: list[tuple[bpy.types.Object, bpy.types.Object]] = []
        remarks, failed = [], None
        # The active one last, which is the one that its picture's list then shows.
        for empty in reversed(list(_loose(context))):
            try:
                picture = scene.picture_for(view_layer, empty, wanted)
                if scene.stick(target, picture, empty):
                    remarks.append(f"“{empty.name}” lay beside the picture and is in its middle now: move it.")
            except scene.SceneError as error:
                remarks.append(str(error))
                failed = error
            else:
                list_as_chosen(picture, empty)
                stuck.append((empty, picture))
        if not stuck and failed is not None:
            raise failed
        empty, picture = stuck[-1]
        done = f"“{empty.name}” acts on “{picture.name}”."
        if (count := len(stuck)) > 1:
            done = f"{count} excitations act on pictures now."
        tell(self, done, *remarks)
        return {"FINISHED"}


def _loose(context: bpy.types.Context) -> Iterator[bpy.types.Object]:
    """The excitations without a picture that are meant, the active one first."""
    others = (obj for obj in context.selected_objects if obj != context.object)
    return (obj for obj in chain([context.object], others) if scene.is_loose(context.scene, obj))


def _pictures_chosen(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The active picture, else those that are selected."""
    for meant in ([context.object], context.selected_objects):
        # Of meshes that move together one has the controls.
        found = dict.fromkeys(scene.leader_of(obj) or obj for obj in meant)
        if pictures := [obj for obj in found if scene.is_motion_object(obj)]:
            return pictures
    return []


def chosen(context: bpy.types.Context, picture: bpy.types.Object) -> bpy.types.Object | None:
    """The excitation that the panel shows: the active object if it is one, else the one chosen in the list."""
    obj = context.object
    if scene.is_excitation(obj) and scene.picture_of(obj) == picture:
        return obj
    listed = picture.gid.bake.active
    if scene.is_excitation(listed) and scene.picture_of(listed) == picture and listed.name in context.scene.objects:
        return listed
    return None


def list_as_chosen(picture: bpy.types.Object, empty: bpy.types.Object | None) -> None:
    """Choose an excitation in the list of its picture; of a linked picture the active object alone says which it is."""
    # A linked datablock that points at a local one brings Blender down with the next undo.
    if picture.library is None:
        picture.gid.bake.active = empty


def is_excitation_chosen(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """For `poll`: whether there is one to act on; says what is missing when there is none."""
    if not is_picture_active(cls, context):
        return False
    if chosen(context, picture_in(context)) is None:
        cls.poll_message_set("No excitation is chosen in the list")
        return False
    return True


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
    list_as_chosen(picture, empty)
    # An active excitation is shown whatever is chosen: so it has to be this one.
    if scene.is_excitation(context.object) and empty.name in context.view_layer.objects:
        context.object.select_set(False)
        empty.select_set(True)
        context.view_layer.objects.active = empty
