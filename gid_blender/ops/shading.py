# SPDX-License-Identifier: GPL-3.0-or-later
"""How pictures take light, changed afterwards."""

from __future__ import annotations

import bpy

from .. import scene
from ..translations.sentences import said
from .report import EXPECTED
from .session import session
from .shading_options import ShadingOptions

__all__ = ["GID_OT_set_shading"]


class GID_OT_set_shading(bpy.types.Operator, ShadingOptions):
    """Choose how the selected pictures take light, and whether they throw a shadow"""

    bl_idname = "gid.set_shading"
    bl_label = "Set Shading"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not _pictures(context):
            cls.poll_message_set("Select a picture's plane")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        material = _pictures(context)[0].active_material
        if material is not None:
            self.take_shading(scene.shading_of(material))
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        changed = 0
        for obj in _pictures(context):
            try:
                scene.set_shading(obj, self.shading())
                changed += 1
            except EXPECTED as error:
                self.report({"ERROR"}, said(session.fail(error).sentence))
        return {"FINISHED"} if changed else {"CANCELLED"}

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.use_property_split = True
        self.draw_shading(self.layout)


def _pictures(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The active picture first, then the others that are selected."""
    objects = [context.object, *(obj for obj in context.selected_objects if obj != context.object)]
    return [obj for obj in objects if scene.is_motion_object(obj) or scene.is_waiting(obj)]
