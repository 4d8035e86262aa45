# SPDX-License-Identifier: GPL-3.0-or-later
"""Gains over the bands at one stroke, phases apart for copies of one picture, and presets of one's own."""

from __future__ import annotations

import random

import bpy
from bl_operators.presets import AddPresetBase
from bpy.props import BoolProperty, EnumProperty, IntProperty

from .. import motion, scene
from .excitations import NO_PICTURE, picture_in

__all__ = ["PRESET_FOLDER", "GID_OT_add_preset", "GID_OT_equaliser_preset", "GID_OT_randomise_phase"]

PRESET_FOLDER = "image_dynamics/motion"

# Blender keeps no copy of what an enumeration's callback returns, so this one is made once.
_PRESETS = tuple((name.upper(), preset.label, preset.description) for name, preset in motion.PRESETS.items())


class GID_OT_equaliser_preset(bpy.types.Operator):
    """Set the gains of all bands of the selected pictures at once"""

    bl_idname = "gid.equaliser_preset"
    bl_label = "Equaliser Preset"
    bl_options = {"REGISTER", "UNDO"}

    preset: EnumProperty(name="Preset", description="What it should look like", items=_PRESETS, default="NEUTRAL")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if picture_in(context) is None:
            cls.poll_message_set(NO_PICTURE)
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        for picture in {picture_in(context), *_selected(context)}:
            seconds = float(picture["gid_period"]) / scene.frame_rate(context.scene)
            gains = motion.preset_gains(self.preset.lower(), scene.band_count(picture), seconds)
            for band in range(1, len(gains)):
                picture[scene.gain_name(band)] = float(gains[band])
            picture.update_tag()
        return {"FINISHED"}


class GID_OT_randomise_phase(bpy.types.Operator):
    """Let each selected picture begin its loop elsewhere, so that copies do not sway in step"""

    bl_idname = "gid.randomise_phase"
    bl_label = "Randomise Phase"
    bl_options = {"REGISTER", "UNDO"}

    seed: IntProperty(name="Seed", description="Another one gives other phases", default=0, min=0, max=2**31 - 1)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not _selected(context):
            cls.poll_message_set("Select the motion objects whose loops should begin elsewhere")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        pictures = sorted(_selected(context), key=lambda obj: obj.name)
        # Even steps in random order: no two are ever in step by chance.
        order = list(range(len(pictures)))
        dice = random.Random(self.seed)
        dice.shuffle(order)
        turn = dice.random()
        for picture, place in zip(pictures, order, strict=True):
            picture["gid_phase"] = (turn + place / len(pictures)) % 1.0
            picture.update_tag()
        return {"FINISHED"}


class GID_OT_add_preset(AddPresetBase, bpy.types.Operator):
    """Keep amplitude, speed, stiffness, damping and the gains of the active picture as a preset, or remove one"""

    bl_idname = "gid.add_preset"
    bl_label = "Add Motion Preset"
    preset_menu = "GID_MT_motion_presets"
    preset_subdir = PRESET_FOLDER
    preset_defines = ("obj = bpy.context.object",)

    # As in the base class, which does not describe them.
    remove_name: BoolProperty(
        description="Remove the preset of that name", default=False, options={"HIDDEN", "SKIP_SAVE"}
    )
    remove_active: BoolProperty(
        description="Remove the preset that was chosen last", default=False, options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not scene.is_motion_object(context.object):
            cls.poll_message_set("Select a motion object: a plane made by Generate, Load Example or Import Motion")
            return False
        return True

    @property
    def preset_values(self) -> list[str]:
        obj = bpy.context.object
        names = ["gid_amplitude", "gid_speed", "gid_stiffness", "gid_damping"]
        names += [scene.gain_name(band) for band in range(1, scene.band_count(obj))]
        return [f'obj["{name}"]' for name in names if name in obj]


def _selected(context: bpy.types.Context) -> list[bpy.types.Object]:
    return [obj for obj in context.selected_objects if scene.is_motion_object(obj) and obj.library is None]
