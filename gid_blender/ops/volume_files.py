# SPDX-License-Identifier: GPL-3.0-or-later
"""Spectral volumes from and to files, and keyframes for other programs."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper

from .. import motion, scene
from ..translations.sentences import said
from . import volume_store
from .active import OfMotionObject, is_motion_active
from .generate import Motion, Wanted, is_picture_there, picture, put_motion
from .guarded import guarded
from .picture_dialog import ask_for_files, named_after

__all__ = ["GID_OT_convert_to_keyframes", "GID_OT_export_volume", "GID_OT_import_volume", "GID_OT_open_picture"]


class GID_OT_open_picture(bpy.types.Operator, ImportHelper):
    """Choose a picture file to animate"""

    bl_idname = "gid.open_picture"
    bl_label = "Open Picture"
    bl_options = {"REGISTER", "UNDO"}

    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}, description="Show pictures")
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}, description="Show folders")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return ask_for_files(self, context)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.gid.image = scene.image_from_file(self.filepath)
        return {"FINISHED"}


class GID_OT_import_volume(bpy.types.Operator, ImportHelper):
    """Make a motion object from the active picture and a file of its motion (spectral volume, .npz)"""

    bl_idname = "gid.import_volume"
    bl_label = "Import Motion"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".npz"
    filter_glob: StringProperty(default="*.npz", options={"HIDDEN"}, description="Show spectral volumes")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return is_picture_there(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return ask_for_files(self, context)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        target = context.scene
        volume = motion.load(bpy.path.abspath(self.filepath))
        source = picture(context)
        put_motion(
            Motion(
                target.session_uid,
                source.image.session_uid,
                volume,
                Wanted.of(target.gid),
                frame=source.frame,
            )
        )
        return {"FINISHED"}


class GID_OT_export_volume(OfMotionObject, bpy.types.Operator, ExportHelper):
    """Save the motion of the active motion object as a file (spectral volume, .npz), without its controls"""

    bl_idname = "gid.export_volume"
    bl_label = "Export Spectral Volume"
    bl_options = {"REGISTER"}

    filename_ext = ".npz"
    filter_glob: StringProperty(default="*.npz", options={"HIDDEN"}, description="Show spectral volumes")
    apply_mask: BoolProperty(
        name="Apply Mask", description="Save the motion as the mask leaves it; otherwise as predicted", default=True
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.filepath = named_after(context.object, self.filename_ext)
        return ExportHelper.invoke(self, context, event)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        volume = volume_store.recall(context.object)
        motion.save(volume_store.masked(context.object, volume) if self.apply_mask else volume, path)
        self.report({"INFO"}, said(f"Saved “{path}”."))
        return {"FINISHED"}


class GID_OT_convert_to_keyframes(bpy.types.Operator):
    """Replace the live controls by ordinary keyframes on the shape keys, for glTF and other exporters"""

    bl_idname = "gid.convert_to_keyframes"
    bl_label = "Convert to Keyframes"
    bl_options = {"REGISTER", "UNDO"}

    frames: IntProperty(
        name="Frames",
        description="Frames of one loop; 0 takes the object's period",
        default=0,
        min=0,
        max=100_000,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not is_motion_active(cls, context):
            return False
        if not scene.has_drivers(context.object):
            cls.poll_message_set("The active object has keyframes already")
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        obj = context.object
        count = scene.to_keyframes(obj, context.scene, frames=self.frames or None)
        length = scene.loop_length(obj)
        self.report({"INFO"}, said(f"{count} keyframes on each shape key."))
        if not length.is_integer() and not scene.controls_animated(obj):
            # Exporters look at whole frames, and the last of them is not the first of the next round.
            sentence = f"A loop of {length:g} frames jumps at its end in other programs."
            self.report({"WARNING"}, said(f"{sentence} Restore Live Controls and make Period / Speed a whole number."))
        return {"FINISHED"}


class GID_OT_restore_controls(bpy.types.Operator):
    """Let the live controls move the object again, in place of keyframes on its shape keys"""

    bl_idname = "gid.restore_controls"
    bl_label = "Restore Live Controls"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not is_motion_active(cls, context):
            return False
        if scene.has_drivers(context.object):
            cls.poll_message_set("The active object has its live controls")
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        scene.to_drivers(context.object)
        return {"FINISHED"}
