# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a picture in a shot: passes, strips, compositing."""

from __future__ import annotations

import bpy

from .. import scene
from ..ops.asset_library import has_asset_library
from .panels import CATEGORY, variants

__all__ = ["register", "unregister"]


class _Shot:
    bl_region_type = "UI"
    bl_category = CATEGORY
    bl_label = "Timeline and Compositing"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return scene.is_motion_object(context.object)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.column().prop(context.scene.gid, "passes")
        if not scene.has_rendered(context.object):
            layout.label(text="No frames are rendered yet", icon="INFO")

        column = layout.column(align=True)
        column.operator("gid.add_to_timeline", icon="SEQUENCE")
        column.operator("gid.fit_strip", icon="RENDER_ANIMATION")
        column.operator("gid.add_movie", icon="FILE_MOVIE")
        layout.operator_menu_enum("gid.snap_period", "to", text="Snap Period", icon="SNAP_ON")

        row = layout.row(align=True)
        row.operator("gid.setup_compositing", icon="NODE_COMPOSITING")
        row.operator("gid.remove_compositing", text="", icon="X")
        if has_asset_library():
            layout.operator("gid.remove_asset_library", icon="ASSET_MANAGER")
        else:
            layout.operator("gid.add_asset_library", icon="ASSET_MANAGER")


register, unregister = bpy.utils.register_classes_factory(variants(_Shot, "shot", parent="motion"))
