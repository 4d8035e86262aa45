# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake: from excitations to F-curves, in one undo step, with or without a window."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, StringProperty

from .. import scene
from ..translations.sentences import said
from . import watching
from .active import is_motion_active, is_picture_active, picture_in
from .guarded import guarded
from .session import redraw, session

__all__ = ["GID_OT_bake", "GID_OT_clear_bake", "GID_OT_own_keys", "GID_OT_upgrade_controls"]


class GID_OT_bake(bpy.types.Operator):
    """Compute how the picture answers to its excitations, and key it; an earlier bake is replaced"""

    bl_idname = "gid.bake"
    bl_label = "Bake Excitations"
    bl_options = {"REGISTER", "UNDO"}

    picture: StringProperty(
        name="Picture",
        description="Name of the motion object; while empty, the active one, or the one that the active excitation "
        "acts on",
        options={"SKIP_SAVE"},
    )
    whole_scene: BoolProperty(
        name="Whole Scene", description="Bake every picture of the scene that has excitations", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not any(scene.is_motion_object(obj) for obj in context.scene.objects):
            cls.poll_message_set("There is no motion object; Generate, Load Example or Import Motion first")
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        target = context.scene
        pictures = self._pictures(context)
        baked = []
        for picture in pictures:
            baked.append(scene.bake(target, picture))
            watching.settle(target, picture)
        session.problem = None
        remarks = [remark for each in baked for remark in each.remarks]
        for remark in remarks:
            self.report({"WARNING"}, said(remark))
        count = sum(each.excitations for each in baked)
        session.note = " ".join(remarks)
        what = "1 excitation" if count == 1 else f"{count} excitations"
        if not remarks:
            self.report({"INFO"}, said(f"Baked {what}, frames {baked[0].first} to {baked[0].last}."))
        redraw()
        return {"FINISHED"}

    def _pictures(self, context: bpy.types.Context) -> list[bpy.types.Object]:
        target = context.scene
        if self.whole_scene:
            found = [o for o in target.objects if scene.is_motion_object(o) and scene.empties_of(target, o)]
            if not found:
                raise scene.SceneError("Nothing excites any picture of the scene.", "Add a Pull, Poke, Load or Gust.")
            return found
        if self.picture:
            obj = target.objects.get(self.picture)
            if not scene.is_motion_object(obj):
                raise scene.SceneError(f"There is no motion object “{self.picture}” in the scene.", "Check the name.")
            return [obj]
        obj = picture_in(context)
        if obj is not None:
            return [obj]
        if scene.is_excitation(context.object):
            raise scene.SceneError(
                f"“{context.object.name}” acts on no picture.",
                "Stick it to one or choose its Picture in the panel Excitations.",
            )
        raise scene.SceneError("No picture is active.", "Select a motion object, or one of its excitations.")


class GID_OT_clear_bake(bpy.types.Operator):
    """Remove the keys of the bake: the picture goes back to its loop"""

    bl_idname = "gid.clear_bake"
    bl_label = "Clear Bake"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not is_picture_active(cls, context):
            return False
        if not scene.is_baked(picture_in(context)):
            cls.poll_message_set("The picture has no bake")
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        picture = picture_in(context)
        scene.clear_bake(picture)
        watching.forget(picture)
        redraw()
        return {"FINISHED"}


class GID_OT_own_keys(bpy.types.Operator):
    """Copy the keys of a linked object into this file, where they can be changed; they follow the library no longer"""

    bl_idname = "gid.own_keys"
    bl_label = "Make Keys Editable"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not is_motion_active(cls, context):
            return False
        if not scene.has_linked_keys(context.object):
            cls.poll_message_set("The active object has no keys that belong to a linked file")
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        scene.own_keys(context.object)
        return {"FINISHED"}


class GID_OT_upgrade_controls(bpy.types.Operator):
    """Let a motion object of an early version answer to excitations and speed; its controls and their keys stay"""

    bl_idname = "gid.upgrade_controls"
    bl_label = "Upgrade Controls"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not is_picture_active(cls, context):
            return False
        if scene.listens(picture_in(context)):
            cls.poll_message_set("The active object has all controls")
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        scene.ensure_response(picture_in(context))
        return {"FINISHED"}
