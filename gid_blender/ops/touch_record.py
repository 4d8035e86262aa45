# SPDX-License-Identifier: GPL-3.0-or-later
"""A touch that is kept: an undo step that adds a keyframed pull for each hold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import bpy
from bpy.props import CollectionProperty, FloatVectorProperty

from .. import scene
from ..motion.take import Take
from ..scene import touch as scene_touch
from ..scene.touch_recording import record_takes
from .guarded import guarded
from .lookup import object_again
from .session import session

__all__ = ["GID_OT_record_touch", "deliver_takes", "scripted_takes"]

_takes: list[Take] = []


def deliver_takes(object_uid: int, takes: Sequence[Take]) -> bool:
    """Add keyframed pulls to a picture, as one undo step; returns whether that worked. Problems are shown."""
    obj = object_again(object_uid)
    _takes[:] = takes
    try:
        return bpy.ops.gid.record_touch("EXEC_DEFAULT", True, name=obj.name) == {"FINISHED"}
    except RuntimeError:
        # It has been reported; an exception would end the touch.
        return False
    finally:
        _takes.clear()


def scripted_takes(
    target: bpy.types.Scene, point: Sequence[float], path: Sequence[bpy.types.OperatorMousePath]
) -> list[Take]:
    """What a script's path comes to, from the scene's current frame on.

    Raises:
        SceneError: when it leads nowhere, or back in time.
    """
    if not path:
        raise scene.SceneError("The path is empty.", "Give it places and times: [{'loc': (0.05, 0.0), 'time': 0.5}].")
    times = [0.0, *(float(step.time) for step in path)]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise scene.SceneError("The times of the path do not rise from 0.", "Give each place a later time.")
    rate = scene.frame_rate(target)
    frames = [target.frame_current + time * rate for time in times]
    return [Take((point[0], point[1]), frames, [(0.0, 0.0), *((s.loc[0], s.loc[1]) for s in path)])]


class GID_OT_record_touch(bpy.types.Operator):
    """Keep what a hand did to a picture: an empty that is keyed as the hand moved, ready to be baked"""

    bl_idname = "gid.record_touch"
    bl_label = "Record Touch"
    bl_options = {"UNDO", "INTERNAL"}

    name: bpy.props.StringProperty(
        name="Picture", description="Name of the motion object; empty takes the active one", options={"SKIP_SAVE"}
    )
    point: FloatVectorProperty(
        name="Point",
        description="The place that is taken, in picture widths from the top left corner",
        size=2,
        default=(0.5, 0.25),
        min=-100.0,
        max=100.0,
        soft_min=0.0,
        soft_max=1.0,
        options={"SKIP_SAVE"},
    )
    path: CollectionProperty(
        name="Path",
        description="How far the place is drawn aside, in picture widths, at times in seconds from the current frame",
        type=bpy.types.OperatorMousePath,
        options={"SKIP_SAVE"},
    )

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        obj = _picture(context, self.name)
        scene_touch.require_touchable(obj, context.view_layer)
        takes = list(_takes) or scripted_takes(context.scene, self.point, self.path)
        made = record_takes(context.scene, obj, takes)
        first, last = min(t.frames[0] for t in takes), max(t.frames[-1] for t in takes)
        session.note = f"Recorded “{made[-1].name}”, frames {first:.0f} to {last:.0f}; Bake plays it."
        return {"FINISHED"}


def _picture(context: bpy.types.Context, name: str) -> bpy.types.Object:
    if name:
        obj = context.scene.objects.get(name)
        if obj is None:
            raise scene.SceneError(f"There is no object “{name}” in this scene.", "Choose one that is.")
        return obj
    if scene.is_motion_object(context.object):
        return context.object
    found = [obj for obj in context.scene.objects if scene.is_motion_object(obj)]
    if len(found) != 1:
        what = "There is no picture with motion here." if not found else "There are several pictures."
        raise scene.SceneError(what, "Select one." if found else "Use Generate or Load Example.")
    return found[0]
