# SPDX-License-Identifier: GPL-3.0-or-later
"""Gains over the bands at one stroke, and phases apart for copies of one picture."""

from __future__ import annotations

import random

import bpy
from bpy.props import EnumProperty, IntProperty

from .. import motion, scene
from .active import OfPicture, picture_in

__all__ = ["GID_OT_equaliser_preset", "GID_OT_randomise_phase"]

# Blender keeps no copy of what an enumeration's callback returns, so this one is made once.
_PRESETS = tuple((name.upper(), preset.label, preset.description) for name, preset in motion.PRESETS.items())


class GID_OT_equaliser_preset(OfPicture, bpy.types.Operator):
    """Set the gains of all bands of the selected pictures at once"""

    bl_idname = "gid.equaliser_preset"
    bl_label = "Equaliser Preset"
    bl_options = {"REGISTER", "UNDO"}

    preset: EnumProperty(name="Preset", description="What it should look like", items=_PRESETS, default="NEUTRAL")

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


def _selected(context: bpy.types.Context) -> list[bpy.types.Object]:
    return [obj for obj in context.selected_objects if scene.is_motion_object(obj) and obj.library is None]
