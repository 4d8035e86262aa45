# SPDX-License-Identifier: GPL-3.0-or-later
"""Any mesh through the camera: take the plate, move what is selected, take the motion off again."""

from __future__ import annotations

import bpy

from .. import scene
from .panels import CATEGORY, header
from .progress import draw_progress

__all__ = ["register", "unregister"]


class GID_PT_view3d_mesh(bpy.types.Panel):
    bl_idname = "GID_PT_view3d_mesh"
    bl_label = "Mesh through Camera"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = CATEGORY
    bl_options = {"DEFAULT_CLOSED"}
    draw_header_preset = header("mesh")

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        camera, obj = context.scene.camera, context.object
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        column.prop(context.scene, "camera")
        if camera is None:
            column.label(text="A camera has to look at the meshes", icon="INFO")
        settings = context.scene.gid
        column.prop(settings, "seed")
        column.prop(settings, "quality")
        draw_progress(layout, "gid.mesh_motion", icon="VIEW_CAMERA")
        layout.operator("gid.mesh_motion_from_volume", icon="IMPORT")
        if scene.leader_of(obj) is not None:
            row = layout.row()
            row.label(text="Moves by the controls of another mesh", icon="LINKED")
            row.operator("gid.mesh_motion_controls", text="", icon="RESTRICT_SELECT_OFF")
        layout.operator("gid.mesh_motion_remove", icon="X")


register, unregister = bpy.utils.register_classes_factory((GID_PT_view3d_mesh,))
