# SPDX-License-Identifier: GPL-3.0-or-later
"""Every difference between Blender 4.5 and 5.2, found by looking at what is there, never at a version number."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

__all__ = ["action_curve_owners", "enable_nodes", "strip_range", "strips"]


def strips(editor: bpy.types.SequenceEditor) -> bpy.types.StripsTopLevel:
    """The strips of a timeline. `sequences` went in 5.0; an empty collection is false, so no `or` here."""
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def strip_range(strip: bpy.types.Strip) -> tuple[int, int]:
    """First frame of a strip and the first one after it; renamed in 5.1, where the old names warn."""
    if hasattr(strip, "left_handle"):
        return int(strip.left_handle), int(strip.right_handle)
    return int(strip.frame_final_start), int(strip.frame_final_end)


def enable_nodes(material: bpy.types.Material) -> bpy.types.NodeTree:
    """The material's node tree; from 5.0 on it is always there and asking for it warns."""
    if material.node_tree is None:
        material.use_nodes = True
    return material.node_tree


def action_curve_owners(datablock: bpy.types.ID) -> Iterator[bpy.types.bpy_prop_collection]:
    """The F-curve collections of the datablock's assigned action and slot. `Action.fcurves` went in 5.0."""
    animation = datablock.animation_data
    if animation is None or animation.action is None or animation.action_slot is None:
        return
    for layer in animation.action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(animation.action_slot)
            if bag is not None:
                yield bag.fcurves
