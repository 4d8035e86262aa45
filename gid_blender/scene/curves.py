# SPDX-License-Identifier: GPL-3.0-or-later
"""F-curves of many keys: written in one go, found again in the action or the NLA, removed without a trace.

Blender lets a script write into an action of a linked file, and forgets it when the file is opened again. So an action
that is linked is copied first: a library override has keys of its own then.
"""

from __future__ import annotations

import bpy
import numpy as np
import numpy.typing as npt

from ..compat import action_curve_owners, curve_owners
from .errors import SceneError

__all__ = ["has_linked_keys", "own_keys", "remove_curves", "require_own_strips", "write_curve"]


def has_linked_keys(obj: bpy.types.Object) -> bool:
    """Whether the object belongs to this file and its keys do not, as those of an override. Cheap enough for `draw`."""
    animation = obj.animation_data
    return obj.library is None and animation is not None and animation.action is not None and not _is_own(animation)


def own_keys(obj: bpy.types.Object) -> bool:
    """Give an object whose action is linked a copy of it, with the same keys; whether it needed one."""
    if not has_linked_keys(obj):
        return False
    animation = obj.animation_data
    slot = animation.action_slot.identifier if animation.action_slot is not None else None
    copy = animation.action.copy()
    animation.action = copy
    if slot is not None:
        animation.action_slot = copy.slots[slot]
    return True


def require_own_strips(obj: bpy.types.Object, *paths: str) -> None:
    """Raise a SceneError when NLA strips of a linked file move one of these properties: nothing written there stays."""
    animation = obj.animation_data
    for curves, _ in curve_owners(obj):
        is_active = animation.action is not None and curves.id_data == animation.action
        if not is_active and not curves.id_data.is_editable and any(curve.data_path in paths for curve in curves):
            raise SceneError(
                f"The bake of “{obj.name}” lies in NLA strips of a linked file, where it cannot be changed.",
                "Change it there, or choose Make Local > All.",
            )


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
    own_keys(obj)
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
    if any(curve.data_path == path for curves in action_curve_owners(obj) for curve in curves):
        own_keys(obj)
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


def _is_own(animation: bpy.types.AnimData) -> bool:
    return bool(animation.action.is_editable)


def _name(obj: bpy.types.Object) -> str:
    return f"{obj.name} Excitations"


def _new_curve(obj: bpy.types.Object, path: str, index: int) -> bpy.types.FCurve:
    animation = obj.animation_data_create()
    if animation.action is None:
        animation.action = bpy.data.actions.new(_name(obj))
    return animation.action.fcurve_ensure_for_datablock(obj, path, index=index)


def _linear() -> int:
    return int(bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value)
