# SPDX-License-Identifier: GPL-3.0-or-later
"""Every difference between Blender 4.5 and 5.2, found by looking at what is there, never at a version number."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import bpy

__all__ = [
    "action_curve_owners",
    "curve_owners",
    "edited_scene",
    "enable_nodes",
    "paint_colours",
    "set_strip_end",
    "strip_content",
    "strip_range",
    "strips",
]


def strips(editor: bpy.types.SequenceEditor) -> bpy.types.StripsTopLevel:
    """The strips of a timeline. `sequences` went in 5.0; an empty collection is false, so no `or` here."""
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def strip_range(strip: bpy.types.Strip) -> tuple[int, int]:
    """First frame of a strip and the first one after it; renamed in 5.1, where the old names warn."""
    if hasattr(strip, "left_handle"):
        return int(strip.left_handle), int(strip.right_handle)
    return int(strip.frame_final_start), int(strip.frame_final_end)


def set_strip_end(strip: bpy.types.Strip, after: int) -> None:
    """Pull a strip's right handle to the first frame after it; renamed in 5.1, where the old name warns."""
    if hasattr(strip, "right_handle"):
        strip.right_handle = after
    else:
        strip.frame_final_end = after


def enable_nodes(material: bpy.types.Material) -> bpy.types.NodeTree:
    """The material's node tree; from 5.0 on it is always there and asking for it warns."""
    if material.node_tree is None:
        material.use_nodes = True
    return material.node_tree


def paint_colours(scene: bpy.types.Scene) -> bpy.types.UnifiedPaintSettings:
    """Size and colours that the brushes of image painting share; from 5.0 on each kind of painting has its own."""
    tools = scene.tool_settings
    own = getattr(tools.image_paint, "unified_paint_settings", None)
    return tools.unified_paint_settings if own is None else own


def action_curve_owners(datablock: bpy.types.ID) -> Iterator[bpy.types.bpy_prop_collection]:
    """The F-curve collections of the datablock's assigned action and slot. `Action.fcurves` went in 5.0."""
    animation = datablock.animation_data
    if animation is None or animation.action is None or animation.action_slot is None:
        return
    yield from _curves(animation.action, animation.action_slot)


def strip_content(strip: bpy.types.Strip) -> tuple[float, float, int, int]:
    """Where a strip's content lies, whatever its handles hide: first frame of the scene, how many of them it takes, and
    how many of the content's own frames are left out before and behind. Renamed in 5.1, where the old names warn.
    """
    if hasattr(strip, "content_start"):
        return (
            float(strip.content_start),
            float(strip.content_duration),
            strip.content_trim_start,
            strip.content_trim_end,
        )
    return (
        float(strip.frame_start),
        float(strip.frame_duration),
        strip.animation_offset_start,
        strip.animation_offset_end,
    )


def edited_scene(context: bpy.types.Context) -> bpy.types.Scene | None:
    """The scene whose strips the Video Sequencer shows; from 5.0 on a workspace may pin another than the window's."""
    return getattr(context, "sequencer_scene", None) or context.scene


def curve_owners(
    datablock: bpy.types.ID,
) -> Iterator[tuple[bpy.types.bpy_prop_collection, Callable[[float], float]]]:
    """F-curve collections of the assigned action and of all NLA strips, each with its frames → frames of the scene."""
    animation = datablock.animation_data
    if animation is None:
        return
    for curves in action_curve_owners(datablock):
        yield curves, float
    for track in animation.nla_tracks:
        for strip in track.strips:
            if strip.action is not None and strip.action_slot is not None:
                for curves in _curves(strip.action, strip.action_slot):
                    yield curves, _to_scene(strip)


def _to_scene(strip: bpy.types.NlaStrip) -> Callable[[float], float]:
    # Numbers, not the strip: what is kept longer than this call must not refer to Blender's memory.
    start, begin, scale = strip.frame_start, strip.action_frame_start, strip.scale
    return lambda frame: start + (frame - begin) * scale


def _curves(action: bpy.types.Action, slot: bpy.types.ActionSlot) -> Iterator[bpy.types.bpy_prop_collection]:
    for layer in action.layers:
        for part in layer.strips:
            bag = part.channelbag(slot)
            if bag is not None:
                yield bag.fcurves
