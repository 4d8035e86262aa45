# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered loops in the timeline: as strips at the playhead, of the cut's length, really rendered as slow motion."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from .. import scene
from ..compat import edited_scene, strip_content, strip_range
from .active import OfPicture, is_picture_active, picture_in
from .asking import AsksWorker
from .guarded import guarded, tell
from .picture_dialog import ask_for_files
from .render import loop_task
from .session import Task

__all__ = ["GID_OT_add_movie", "GID_OT_add_to_timeline", "GID_OT_fit_strip", "GID_OT_snap_period"]

_REPEAT = {"name": "Repeat", "default": 1, "min": 1, "soft_max": 100, "max": 10_000}
FITS = (
    ("WHOLE", "Whole Frames", "To the nearest whole number of frames"),
    ("RANGE", "Scene Range", "So that whole loops fill the scene's frame range"),
    ("STRIP", "Active Strip", "So that whole loops fill the strip that is active in the Video Sequencer"),
)


class GID_OT_add_to_timeline(OfPicture, bpy.types.Operator):
    """Add the rendered frames of the active picture to the Video Sequencer, at the playhead and on a free channel"""

    bl_idname = "gid.add_to_timeline"
    bl_label = "Add to Timeline"
    bl_options = {"REGISTER", "UNDO"}

    repeat: IntProperty(description="How many times the loop is played in a row, as one strip", **_REPEAT)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        obj, home = picture_in(context), edited_scene(context)
        found = scene.rendered(obj)
        paths = scene.frame_paths(found.image, found.count)
        strip = scene.add_strip(home, paths, repeat=self.repeat, picture=obj, cyclic=found.cyclic)
        tell(self, f"“{strip.name}” is in channel {strip.channel}.", *_rates(home, context.scene))
        return {"FINISHED"}


class GID_OT_add_movie(bpy.types.Operator):
    """Add a rendered movie to the Video Sequencer at the playhead, or show in its strips what its file holds by now"""

    bl_idname = "gid.add_movie"
    bl_label = "Add Movie to Timeline"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(name="Movie", description="The movie's file", subtype="FILE_PATH")
    filter_movie: bpy.props.BoolProperty(description="Show movies", default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(description="Show folders", default=True, options={"HIDDEN", "SKIP_SAVE"})
    repeat: IntProperty(description="How many times the movie is played in a row, as strips side by side", **_REPEAT)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return ask_for_files(self, context)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        renewal = scene.renew_movie(path)
        if renewal.count:
            tell(self, f"“{path.name}” was written anew, and its strips show it as it is now.", *renewal.remarks)
        else:
            scene.add_movie(edited_scene(context), path, repeat=self.repeat)
        return {"FINISHED"}


class GID_OT_snap_period(OfPicture, bpy.types.Operator):
    """Change the active picture's period a little, so that its loops are whole frames and fill a cut without a rest"""

    bl_idname = "gid.snap_period"
    bl_label = "Snap Period"
    bl_options = {"REGISTER", "UNDO"}

    to: EnumProperty(name="To", description="What whole loops are to fill", items=FITS, default="WHOLE")

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        obj = picture_in(context)
        period = self._period(context, obj)
        scene.set_period(obj, period)
        drift = scene.drift(context.scene, period)
        tell(self, f"One loop of “{obj.name}” takes {period} frames.", *([drift] if drift else []))
        return {"FINISHED"}

    def _period(self, context: bpy.types.Context, obj: bpy.types.Object) -> int:
        length = scene.loop_length(obj)
        if self.to == "WHOLE":
            return max(2, round(length))
        if self.to == "RANGE":
            return scene.fitting_period(context.scene.frame_end - context.scene.frame_start + 1, length)
        editor = edited_scene(context).sequence_editor
        strip = editor.active_strip if editor is not None else None
        if strip is None:
            raise scene.SceneError("No strip is active in the Video Sequencer.", "Click the strip to be filled.")
        first, after = strip_range(strip)
        return scene.fitting_period(after - first, length)


class GID_OT_fit_strip(AsksWorker, bpy.types.Operator):
    """Render the picture's loop anew with a frame for each that its strip takes: real slow motion instead of repeats"""

    bl_idname = "gid.fit_strip"
    bl_label = "Render to Fit Strip"
    bl_options = {"REGISTER"}

    frames: IntProperty(
        name="Frames",
        description="Frames of one loop; 0 takes as many as the retimed strip takes",
        default=0,
        min=0,
        soft_max=1000,
        max=100_000,
    )

    @classmethod
    def ready(cls, context: bpy.types.Context) -> bool:
        return is_picture_active(cls, context)

    def request(self, context: bpy.types.Context) -> Task:
        obj = picture_in(context)
        return loop_task(context, obj, self.frames or _taken(context, obj), set_range=False)


def _taken(context: bpy.types.Context, obj: bpy.types.Object) -> int:
    """Frames that one loop takes in the picture's strip: the active one, or its first."""
    editor = edited_scene(context).sequence_editor
    active = editor.active_strip if editor is not None else None
    found = [strip for _, strip in scene.strips_of(obj)]
    strip = next((strip for strip in found if strip == active), next(iter(found), None))
    if strip is None:
        raise scene.SceneError(f"“{obj.name}” has no strip.", "Press Add to Timeline first, and retime its strip.")
    return round(strip_content(strip)[1] / scene.repeats(strip))


def _rates(home: bpy.types.Scene, own: bpy.types.Scene) -> list[str]:
    there, here = scene.frame_rate(home), scene.frame_rate(own)
    if abs(there - here) < 1e-3:
        return []
    return [
        f"“{home.name}” plays {there:g} frames a second and “{own.name}” {here:g}: the strip is {there / here:.3g} "
        "times as fast as the picture."
    ]
