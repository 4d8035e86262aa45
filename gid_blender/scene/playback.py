# SPDX-License-Identifier: GPL-3.0-or-later
"""What moves the shape keys: drivers that follow the live controls, or plain keyframes for export."""

from __future__ import annotations

import bpy

__all__ = ["has_drivers", "to_drivers", "to_keyframes"]


def has_drivers(obj: bpy.types.Object) -> bool:
    """Whether the live controls move the object (and not keyframes). Cheap enough for `draw`."""
    raise NotImplementedError


def to_drivers(obj: bpy.types.Object) -> None:
    """Let the object's controls move its shape keys, through simple expressions that need no Python to evaluate.

    Keyframes on the shape keys of bands are removed; other shape keys and their animation stay.
    Raises SceneError for an object without motion, a linked one, or one in Edit Mode.
    """
    raise NotImplementedError


def to_keyframes(obj: bpy.types.Object, scene: bpy.types.Scene, *, frames: int | None = None) -> int:
    """Replace the drivers by ordinary F-curves on the 2K shape keys, for glTF and other exporters.

    With still controls: frames + 1 keys over one period from `gid_start`, LINEAR, the last equal to the first, and a
    Cycles modifier. With animated controls there is no period to repeat: one key a frame over the scene's range.

    Args:
        frames: keys a period, any whole number; None takes `gid_period`, rounded.

    Returns:
        the number of keys on each curve.

    Raises:
        SceneError: as `to_drivers`, and when `frames` is below 2.
    """
    raise NotImplementedError
