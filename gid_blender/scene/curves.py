# SPDX-License-Identifier: GPL-3.0-or-later
"""F-curves of many keys: written in one go, found again in the action or the NLA, removed without a trace."""

from __future__ import annotations

import bpy
import numpy as np
import numpy.typing as npt

from ..compat import action_curve_owners, curve_owners

__all__ = ["remove_curves", "write_curve"]


def write_curve(
    obj: bpy.types.Object,
    path: str,
    index: int,
    frames: npt.NDArray[np.float64],
    values: npt.NDArray[np.float64],
    *,
    cyclic: bool = False,
) -> None:
    """Key a property at many frames, straight between them, in place of the keys that its curve has.

    Args:
        obj: whose action takes the curve; one that lies in an NLA strip is written there.
        path, index: of the property.
        frames, values: (N,) of the keys.
        cyclic: whether they repeat for ever.
    """
    curve = next(
        (c for curves, _ in curve_owners(obj) if (c := curves.find(path, index=index)) is not None), None
    ) or _new_curve(obj, path, index)
    points = curve.keyframe_points
    if len(points) != len(frames):
        points.clear()
        points.add(len(frames))
    co = np.stack([frames, values], axis=1).astype(np.float32)
    points.foreach_set("co", co.ravel())
    points.foreach_set("interpolation", np.full(len(frames), _linear(), np.int32))
    for modifier in list(curve.modifiers):
        curve.modifiers.remove(modifier)
    if cyclic:
        curve.modifiers.new("CYCLES")
    curve.update()


def remove_curves(obj: bpy.types.Object, path: str, *, from_index: int = 0) -> int:
    """Remove all curves of a property, from the action and the NLA, and an action that is empty then; how many."""
    count = 0
    for curves, _ in curve_owners(obj):
        for curve in [c for c in curves if c.data_path == path and c.array_index >= from_index]:
            curves.remove(curve)
            count += 1
    animation = obj.animation_data
    if count and animation.action is not None and not any(len(c) for c in action_curve_owners(obj)):
        action = animation.action
        if action.name.startswith(_name(obj)) and action.users == 1:
            animation.action = None
            bpy.data.actions.remove(action)
    return count


def _name(obj: bpy.types.Object) -> str:
    return f"{obj.name} Excitations"


def _new_curve(obj: bpy.types.Object, path: str, index: int) -> bpy.types.FCurve:
    animation = obj.animation_data_create()
    if animation.action is None:
        animation.action = bpy.data.actions.new(_name(obj))
    return animation.action.fcurve_ensure_for_datablock(obj, path, index=index)


def _linear() -> int:
    return int(bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value)
