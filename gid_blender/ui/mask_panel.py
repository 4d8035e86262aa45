# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a picture may move: painted, or made of something that is there."""

from __future__ import annotations

import bpy

from .. import scene
from ..ops.mask_painting import is_painting
from ..scene import masks
from .panels import CATEGORY, of_object, variants
from .problem_box import wrap

__all__ = ["register", "unregister"]


class _Mask:
    bl_label = "Mask"
    bl_region_type = "UI"
    bl_category = CATEGORY
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return scene.is_motion_object(context.object)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        obj = context.object
        layout.use_property_split = True
        layout.use_property_decorate = False
        row = layout.row()
        row.scale_y = 1.4
        if is_painting(obj):
            row.operator("gid.mask_done", text="Done", icon="CHECKMARK")
            if obj.get(masks.INVERT):
                # Nothing else in sight tells it.
                wrap(layout.column(align=True), "Inverted: black moves, white is pinned. X swaps the two colours.")
            else:
                wrap(layout.column(align=True), "Black is pinned, white moves. X swaps the two colours.")
        else:
            row.operator("gid.mask_paint", icon="BRUSH_DATA")
        layout.operator_menu_enum("gid.mask_from", "source", text="Make from")
        if not masks.has_mask(obj):
            return
        _draw_sources(layout.column(), obj)
        if masks.FEATHER in obj:
            layout.prop(obj, f'["{masks.FEATHER}"]', text="Feather")
        layout.prop(context.scene.gid, "mask_predicts")
        row = layout.row(align=True)
        row.operator("gid.mask_update", text="Update", icon="FILE_REFRESH")
        row.operator("gid.mask_invert", text="Invert", icon="ARROW_LEFTRIGHT", depress=bool(obj.get(masks.INVERT)))
        row.operator("gid.mask_remove", text="Remove", icon="X")


def _draw_sources(column: bpy.types.UILayout, obj: bpy.types.Object) -> None:
    if masks.IMAGE in obj:
        column.prop_search(obj, f'["{masks.IMAGE}"]', bpy.data, "images", text="Image")
        if masks.mask_image(obj) is None:
            box = column.box().column(align=True)
            box.label(text="The mask's image is gone", icon="ERROR")
            wrap(box, "What was pinned stays so. Choose another image, or remove the mask.")
    if masks.SPLINES in obj:
        column.prop_search(obj, f'["{masks.SPLINES}"]', bpy.data, "masks", text="Mask")
        if masks.mask_splines(obj) is None:
            box = column.box().column(align=True)
            box.label(text="The mask is gone", icon="ERROR")
            wrap(box, "What was pinned stays so. Choose another mask, or remove this one.")
    if obj.get(masks.ALPHA):
        column.label(text="Picture's Alpha", icon="IMAGE_ALPHA")
    if masks.SOURCE_GROUP in obj:
        column.prop_search(obj, f'["{masks.SOURCE_GROUP}"]', obj, "vertex_groups", text="Vertex Group")


CLASSES = (*variants(_Mask, "mask", parent="motion"), of_object(_Mask, "mask"))

register, unregister = bpy.utils.register_classes_factory(CLASSES)
