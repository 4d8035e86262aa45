# SPDX-License-Identifier: GPL-3.0-or-later
"""F-curves of many keys: written in one go, found again in the action or the NLA, removed without a trace.

Blender lets a script write into an action of a linked file, and forgets it when the file is opened again. So an action
that is linked is copied first: a library override has keys of its own then. So is one that another object plays too, as
a copy of an object does: what is baked for the one would move the other.
"""

from __future__ import annotations

import bpy
import numpy as np
import numpy.typing as npt

from ..compat import action_curve_owners, curve_owners, strip_curve_owners
from .errors import SceneError

__all__ = ["has_linked_keys", "own_keys", "remove_curves", "require_own_strips", "require_unlocked", "write_curve"]

_SUFFIX = " Excitations"


def has_linked_keys(obj: bpy.types.Object) -> bool:
    """Whether the object belongs to this file and its keys do not, as those of an override. Cheap enough for `draw`."""
    animation = obj.animation_data
    return obj.library is None and animation is not None and animation.action is not None and not _is_own(animation)


def own_keys(obj: bpy.types.Object) -> bool:
    """Give an object whose action is linked, or moves others too, a copy with the same keys; whether it needed one.

    Raises:
        SceneError: when it needs one, and the NLA is in tweak mode.
    """
    animation = obj.animation_data
    if not _needs_own(obj):
        return False
    _require_replaceable(obj)
    slot = animation.action_slot.identifier if animation.action_slot is not None else None
    copy = _copied(obj, animation.action)
    animation.action = copy
    if slot is not None:
        animation.action_slot = copy.slots[slot]
    return True


def require_own_strips(obj: bpy.types.Object, *paths: str) -> None:
    """Raise a SceneError when nothing that is written into the keys of one of these properties would stay.

    That is so in NLA strips of a linked file, and in tweak mode where the keys are another file's or object's too.
    """
    if _needs_own(obj):
        _require_replaceable(obj)
    animation = obj.animation_data
    for curves, _ in curve_owners(obj):
        is_active = animation.action is not None and curves.id_data == animation.action
        if not is_active and not curves.id_data.is_editable and any(curve.data_path in paths for curve in curves):
            raise SceneError(
                f"The bake of “{obj.name}” lies in NLA strips of a linked file, where it cannot be changed.",
                "Change it there, or choose Make Local > All.",
            )


def require_unlocked(block: bpy.types.ID, *paths: str) -> None:
    """Raise a SceneError when keys of properties whose path begins so are locked: somebody wants them as they are.

    Args:
        block: an object, or its shape keys.
        paths: beginnings of data paths.
    """
    for curves, _ in curve_owners(block):
        for curve in curves:
            if curve.data_path.startswith(paths) and (curve.lock or (curve.group is not None and curve.group.lock)):
                raise SceneError(
                    f"The keyframes of “{curve.data_path}” in “{curves.id_data.name}” are locked.",
                    "Unlock them in the Dope Sheet or the Graph Editor (the padlock), and try again.",
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
    _own_bake(obj, path, always=True)
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
    _own_bake(obj, path)
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


def _needs_own(obj: bpy.types.Object) -> bool:
    animation = obj.animation_data
    return has_linked_keys(obj) or (animation is not None and _is_shared(obj, animation))


def _require_replaceable(obj: bpy.types.Object) -> None:
    if obj.animation_data.use_tweak_mode:
        raise SceneError(
            f"“{obj.name}” is in tweak mode of the NLA, where its action cannot be replaced by one of its own.",
            "Leave it (Tab in the NLA Editor) and try again.",
        )


def _is_own(animation: bpy.types.AnimData) -> bool:
    return bool(animation.action.is_editable)


def _is_shared(obj: bpy.types.Object, player: bpy.types.AnimData | bpy.types.NlaStrip) -> bool:
    """Whether what plays an action for the object plays what moves another object too."""
    action, slot = player.action, player.action_slot
    # Blender counts first: to list who uses a slot costs more.
    return action is not None and slot is not None and action.users > 1 and any(user != obj for user in slot.users())


def _copied(obj: bpy.types.Object, action: bpy.types.Action) -> bpy.types.Action:
    copy = action.copy()
    if _SUFFIX in action.name:
        copy.name = _name(obj)
    return copy


def _own_bake(obj: bpy.types.Object, path: str, *, always: bool = False) -> None:
    """Have what moves a property of the object move nothing else; `always`: also where its curve would be made."""
    if obj.animation_data is None:
        return
    strips = [
        strip
        for track in obj.animation_data.nla_tracks
        for strip in track.strips
        if any(curve.data_path == path for curves in strip_curve_owners(strip) for curve in curves)
    ]
    is_active = any(curve.data_path == path for curves in action_curve_owners(obj) for curve in curves)
    if is_active or (always and not strips):
        own_keys(obj)
    copies: dict[bpy.types.Action, bpy.types.Action] = {}
    for strip in strips:
        if strip.action in copies or _is_shared(obj, strip):
            slot, shared = strip.action_slot.identifier, strip.action
            if shared not in copies:
                copies[shared] = _copied(obj, shared)
            strip.action = copies[shared]
            strip.action_slot = strip.action.slots[slot]


def _name(obj: bpy.types.Object) -> str:
    return f"{obj.name}{_SUFFIX}"


def _new_curve(obj: bpy.types.Object, path: str, index: int) -> bpy.types.FCurve:
    animation = obj.animation_data_create()
    if animation.action is None:
        animation.action = bpy.data.actions.new(_name(obj))
    return animation.action.fcurve_ensure_for_datablock(obj, path, index=index)


def _linear() -> int:
    return int(bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value)
