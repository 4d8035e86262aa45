# SPDX-License-Identifier: GPL-3.0-or-later
"""What opens from the presets' button in a panel's header: those that are there, and keeping and removing one's own."""

from __future__ import annotations

import bpy
from bl_ui.utils import PresetPanel

from ..ops.presets import (
    GID_OT_add_excitation_preset,
    GID_OT_add_generate_preset,
    GID_OT_add_output_preset,
    GID_OT_add_preset,
)

__all__ = ["register", "unregister"]


class _Presets(PresetPanel):
    preset_operator = "script.execute_preset"

    @staticmethod
    def post_cb(context: bpy.types.Context, filepath: str) -> None:
        """Blender runs the script and takes no undo step; properties that it has written are not seen by themselves."""
        if context.object is not None:
            context.object.update_tag()
        bpy.ops.ed.undo_push(message=bpy.path.display_name_from_filepath(filepath))


def _panel(name: str, label: str, operator: type) -> type:
    members = {
        "bl_label": label,
        "bl_idname": name,
        "preset_subdir": operator.preset_subdir,
        "preset_add_operator": operator.bl_idname,
        "__module__": __name__,
    }
    return type(name, (_Presets, bpy.types.Panel), members)


CLASSES = (
    _panel("GID_PT_motion_presets", "Motion Presets", GID_OT_add_preset),
    _panel("GID_PT_generate_presets", "Generate Presets", GID_OT_add_generate_preset),
    _panel("GID_PT_output_presets", "Output Presets", GID_OT_add_output_preset),
    _panel("GID_PT_excitation_presets", "Excitation Presets", GID_OT_add_excitation_preset),
)

register, unregister = bpy.utils.register_classes_factory(CLASSES)
