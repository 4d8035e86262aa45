# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of the active picture; and where pictures come in: the Add menu and File › Import."""

from __future__ import annotations

import bpy

from .. import scene
from ..ops.import_planes import GID_FH_pictures
from ..ops.layers import stack_in
from .panels import CATEGORY, variants
from .progress import draw_progress

__all__ = ["register", "unregister"]


class GID_UL_layers(bpy.types.UIList):
    """The layers of a picture, the foremost at the top"""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:
        row = layout.row(align=True)
        row.prop(item, "name", text="", emboss=False, icon="WORLD" if "gid_background" in item else "IMAGE_PLANE")
        row.prop(item, "hide_viewport", text="", emboss=False)
        row.prop(item, "hide_render", text="", emboss=False)

    def filter_items(self, context, data, propname) -> tuple[list[int], list[int]]:
        objects = list(getattr(data, propname))
        flags = [self.bitflag_filter_item if "gid_layer" in obj else 0 for obj in objects]
        by_order = sorted(range(len(objects)), key=lambda i: -objects[i].get("gid_layer", -1))
        places = [0] * len(objects)
        for place, number in enumerate(by_order):
            places[number] = place
        return flags, places


class _Layers:
    bl_region_type = "UI"
    bl_category = CATEGORY
    bl_label = "Layers"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        obj = context.object
        return scene.is_motion_object(obj) or scene.is_waiting(obj) or stack_in(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        stack = stack_in(context)
        if stack is not None:
            row = layout.row()
            row.template_list("GID_UL_layers", "", stack, "objects", context.scene.gid, "layer_index", rows=4)
            column = row.column(align=True)
            column.operator("gid.layer_move", text="", icon="TRIA_UP").direction = "FRONT"
            column.operator("gid.layer_move", text="", icon="TRIA_DOWN").direction = "BACK"
            row = layout.row(align=True)
            row.operator("gid.layer_distance", text="Distance")
            row.operator("gid.layers_spread", text="Spread")
            draw_progress(layout, "gid.fill_background", icon="IMAGE_BACKGROUND")
        else:
            column = layout.column(align=True)
            column.operator("gid.split_layers", text="Split by Masks", icon="RENDERLAYERS").own_mask = False
            column.operator("gid.split_layers", text="Cut out by Its Mask", icon="MOD_MASK").own_mask = True
        layout.operator("gid.set_shading", icon="SHADING_RENDERED")


def _draw_entry(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.operator("gid.import_pictures", text="Picture with Motion…", icon="OUTLINER_OB_IMAGE")


def _draw_import(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.operator("gid.import_pictures", text="Image Dynamics Pictures (.png, .jpg, …)")


CLASSES = (GID_FH_pictures, GID_UL_layers, *variants(_Layers, "layers"))

_register, _unregister = bpy.utils.register_classes_factory(CLASSES)


def register() -> None:
    _register()
    bpy.types.VIEW3D_MT_image_add.append(_draw_entry)
    bpy.types.TOPBAR_MT_file_import.append(_draw_import)


def unregister() -> None:
    bpy.types.TOPBAR_MT_file_import.remove(_draw_import)
    bpy.types.VIEW3D_MT_image_add.remove(_draw_entry)
    _unregister()
