# SPDX-License-Identifier: GPL-3.0-or-later
"""The tool “Touch Picture” in the toolbars of the 3D Viewport and the Image Editor."""

from __future__ import annotations

import bpy

__all__ = ["GID_WT_touch_image", "GID_WT_touch_view3d", "register", "unregister"]

_DESCRIPTION = "Pull at a picture and let it go.\n• Esc or right click puts it back at once"


def _draw_settings(context: bpy.types.Context, layout: bpy.types.UILayout, tool: bpy.types.WorkSpaceTool) -> None:
    settings = context.scene.gid
    layout.prop(settings, "touch_give")
    layout.prop(settings, "touch_record", icon="REC")


class GID_WT_touch_view3d(bpy.types.WorkSpaceTool):
    bl_space_type = "VIEW_3D"
    bl_context_mode = "OBJECT"
    bl_idname = "gid.touch_tool"
    bl_label = "Touch Picture"
    bl_description = _DESCRIPTION
    bl_icon = "brush.uv_sculpt.grab"
    bl_cursor = "HAND_POINT"
    # Blender lists it in the preferences, under 3D Viewport; there it can be changed or switched off.
    bl_keymap = (("gid.touch", {"type": "LEFTMOUSE", "value": "PRESS"}, None),)
    draw_settings = _draw_settings


class GID_WT_touch_image(bpy.types.WorkSpaceTool):
    bl_space_type = "IMAGE_EDITOR"
    bl_context_mode = "VIEW"
    bl_idname = "gid.touch_image_tool"
    bl_label = "Touch Picture"
    bl_description = _DESCRIPTION
    bl_icon = "brush.uv_sculpt.grab"
    bl_cursor = "HAND_POINT"
    bl_keymap = (("gid.touch", {"type": "LEFTMOUSE", "value": "PRESS"}, None),)
    draw_settings = _draw_settings


_TOOLS = (GID_WT_touch_view3d, GID_WT_touch_image)


def register() -> None:
    for tool in _TOOLS:
        bpy.utils.register_tool(tool, separator=True)


def unregister() -> None:
    for tool in reversed(_TOOLS):
        bpy.utils.unregister_tool(tool)
