# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets the way Blender keeps its own: small scripts, those of a user in the user's folder, ours in the extension's.

An update replaces the extension's folder and leaves the user's alone.
"""

from __future__ import annotations

from pathlib import Path

import bpy
from bl_operators.presets import AddPresetBase
from bpy.props import BoolProperty

from .. import scene
from .active import OfMotionObject
from .excitations import is_excitation_chosen

__all__ = [
    "FOLDER",
    "GID_OT_add_excitation_preset",
    "GID_OT_add_generate_preset",
    "GID_OT_add_output_preset",
    "GID_OT_add_preset",
    "register",
    "unregister",
]

FOLDER = "image_dynamics"
# Blender looks for `presets/<subdir>` in here.
_SHIPPED = str(Path(__file__).resolve().parent.parent)


class _Preset(AddPresetBase):
    # As in the base class, which does not describe them.
    remove_name: BoolProperty(
        description="Remove the preset of that name", default=False, options={"HIDDEN", "SKIP_SAVE"}
    )
    remove_active: BoolProperty(
        description="Remove the preset that was chosen last", default=False, options={"HIDDEN", "SKIP_SAVE"}
    )


class GID_OT_add_preset(OfMotionObject, _Preset, bpy.types.Operator):
    """Keep amplitude, speed, stiffness, damping and the gains of the active picture as a preset, or remove one"""

    bl_idname = "gid.add_preset"
    bl_label = "Add Motion Preset"
    preset_menu = "GID_PT_motion_presets"
    preset_subdir = f"{FOLDER}/motion"
    preset_defines = ("obj = bpy.context.object",)

    @property
    def preset_values(self) -> list[str]:
        obj = bpy.context.object
        names = ["gid_amplitude", "gid_speed", "gid_stiffness", "gid_damping"]
        names += [scene.gain_name(band) for band in range(1, scene.band_count(obj))]
        return [f'obj["{name}"]' for name in names if name in obj]


class _ScenePreset(_Preset):
    """Some of the settings of the scene."""

    preset_defines = ("settings = bpy.context.scene.gid",)
    names: tuple[str, ...] = ()

    @property
    def preset_values(self) -> list[str]:
        return [f"settings.{name}" for name in self.names]


class GID_OT_add_generate_preset(_ScenePreset, bpy.types.Operator):
    """Keep quality, loop and grid as a preset for Generate, or remove one; picture and seed are not part of it"""

    bl_idname = "gid.add_generate_preset"
    bl_label = "Add Generate Preset"
    preset_menu = "GID_PT_generate_presets"
    preset_subdir = f"{FOLDER}/generate"
    names = ("quality", "natural_period", "period", "columns", "pin_border")


class GID_OT_add_output_preset(_ScenePreset, bpy.types.Operator):
    """Keep the results, the format and the passes of rendered frames as a preset, or remove one; not their folder"""

    bl_idname = "gid.add_output_preset"
    bl_label = "Add Output Preset"
    preset_menu = "GID_PT_output_presets"
    preset_subdir = f"{FOLDER}/output"
    names = ("results", "format", "motion_blur", "passes", "set_range")


class GID_OT_add_excitation_preset(_Preset, bpy.types.Operator):
    """Keep what the chosen excitation does as a preset, or remove one; its place, frames and picture are not part"""

    bl_idname = "gid.add_excitation_preset"
    bl_label = "Add Excitation Preset"
    preset_menu = "GID_PT_excitation_presets"
    preset_subdir = f"{FOLDER}/excitation"
    preset_defines = (
        "obj = bpy.context.object",
        'empty = obj if obj.gid.excitation.kind != "NONE" else obj.gid.bake.active',
        "settings = empty.gid.excitation",
    )
    names = ("kind", "strength", "reach", "attack", "fade", "low", "high", "gusts", "gust_seconds")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return is_excitation_chosen(cls, context)

    @property
    def preset_values(self) -> list[str]:
        return [f"settings.{name}" for name in self.names]


def register() -> None:
    bpy.utils.register_preset_path(_SHIPPED)


def unregister() -> None:
    bpy.utils.unregister_preset_path(_SHIPPED)
