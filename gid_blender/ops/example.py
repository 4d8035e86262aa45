# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundled picture with its ready motion: what this is about, before anything is installed."""

from __future__ import annotations

import bpy

from .. import motion, scene
from . import placing, volume_store
from .guarded import guarded
from .paths import asset

__all__ = ["GID_OT_load_example"]


class GID_OT_load_example(bpy.types.Operator):
    """Add a picture of a flower that sways, with its live controls; needs no worker"""

    bl_idname = "gid.load_example"
    bl_label = "Load Example"
    bl_options = {"REGISTER", "UNDO"}

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        target = context.scene
        volume = motion.load(asset("dahlia.npz"))
        image = scene.image_from_file(str(asset("dahlia.jpg")))
        # The extension's folder is emptied at each update; the picture has to survive that.
        if image.packed_file is None:
            image.pack()
        obj = scene.create_motion_object(
            target, image, volume, settings=scene.PlaneSettings(pin_border=target.gid.pin_border)
        )
        # Far enough from the default cube not to share the view with it.
        placing.place(target, obj, gap=0.7)
        volume_store.remember(obj, volume)
        scene.fit_frame_range(target, round(obj["gid_start"]), max(2, round(obj["gid_period"])))
        placing.show_textures(target)
        placing.face_viewports(target)
        placing.play(target)
        return {"FINISHED"}
