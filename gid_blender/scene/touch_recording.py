# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorded hand as a scene object: a pull that an animator can move, retime and bake like any other."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ..motion.take import Take
from .empties import add_empty, key_way
from .errors import SceneError
from .touch import HAND
from .touch_plane import aspect_of

__all__ = ["record_takes"]


def record_takes(scene: bpy.types.Scene, obj: bpy.types.Object, takes: Iterable[Take]) -> list[bpy.types.Object]:
    """An Empty of the kind Pull for each take, keyed on each frame that the hand held.

    Args:
        scene: in which it was played.
        obj: the motion object that was touched.
        takes: what the hand did; displacements are those of the place, which follows a baked pull as it did the hand.

    Returns:
        the empties, in the order of the takes.

    Raises:
        SceneError: as `empties.add_empty`, and when a take is not on the picture; nothing is added then.
    """
    takes, made, aspect = list(takes), [], aspect_of(obj)
    for take in takes:
        x, y = take.point
        if not (0 <= x <= 1 and 0 <= y <= aspect):
            raise SceneError(
                f"The point {x:.4g}, {y:.4g} is outside the picture, which is 1 wide and {aspect:.4g} high.",
                "Points are in picture widths from the top left corner.",
            )
    for take in takes:
        frames, pulled = take.keys()
        empty = add_empty(scene, obj, "PULL", take.point)
        empty.gid.excitation.reach = HAND
        key_way(obj, empty, frames.tolist(), (pulled + take.point).tolist(), straight=True)
        made.append(empty)
    return made
