# SPDX-License-Identifier: GPL-3.0-or-later
"""Every difference between Blender 4.5 and 5.2, found by looking at what is there, never at a version number."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import bpy
import gpu

__all__ = [
    "action_curve_owners",
    "alpha_over_sockets",
    "asset_series",
    "compositor_sink",
    "convert_view",
    "curve_owners",
    "edited_scene",
    "existing_compositor",
    "fills_by_winding",
    "enable_nodes",
    "paint_colours",
    "set_node_mode",
    "set_strip_end",
    "show_pixels_sharp",
    "strip_content",
    "strip_curve_owners",
    "strip_range",
    "strips",
    "take_images",
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


def reload_movie(strip: bpy.types.MovieStrip) -> None:
    """Have Blender read a movie strip's file again. Its handles stay, as 5.2 has it; 4.5 pulls some out meanwhile."""
    first, after = strip_range(strip)
    # The same path: it is this that makes Blender look.
    strip.filepath = strip.filepath
    if strip_range(strip) != (first, after):
        strip.frame_final_start = first
        strip.frame_final_end = after


def move_strip(strip: bpy.types.Strip, start: int) -> None:
    """Let a strip's content begin at a frame, its handles with it; renamed in 5.1, where the old name warns."""
    if hasattr(strip, "content_start"):
        strip.content_start = start
    else:
        strip.frame_start = start


def enable_nodes(material: bpy.types.Material) -> bpy.types.NodeTree:
    """The material's node tree; from 5.0 on it is always there and asking for it warns."""
    if material.node_tree is None:
        material.use_nodes = True
    return material.node_tree


def take_images(settings: bpy.types.ImageFormatSettings) -> None:
    """Let a render's output be images; from 5.0 on the formats depend on the kind of media."""
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"


def paint_colours(scene: bpy.types.Scene) -> bpy.types.UnifiedPaintSettings:
    """Size and colours that the brushes of image painting share; from 5.0 on each kind of painting has its own."""
    tools = scene.tool_settings
    own = getattr(tools.image_paint, "unified_paint_settings", None)
    return tools.unified_paint_settings if own is None else own


def show_pixels_sharp(texture: gpu.types.GPUTexture) -> None:
    """Keep drivers without a graphics card from blurring what is shown pixel by pixel; before 5.x a script cannot."""
    if hasattr(texture, "anisotropic_filter"):
        texture.anisotropic_filter(False)


def asset_series() -> str:
    """The folder of assets that this Blender reads: 4.5 opens no file of 5.x, which lacks nothing of a newer one."""
    return "blender_5" if "compositing_node_group" in bpy.types.Scene.bl_rna.properties else "blender_4"


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
            for curves in strip_curve_owners(strip):
                yield curves, _to_scene(strip)


def strip_curve_owners(strip: bpy.types.NlaStrip) -> Iterator[bpy.types.bpy_prop_collection]:
    """The F-curve collections that an NLA strip plays."""
    if strip.action is not None and strip.action_slot is not None:
        yield from _curves(strip.action, strip.action_slot)


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


def existing_compositor(scene: bpy.types.Scene) -> bpy.types.NodeTree | None:
    """The scene's compositing nodes: its own tree, and from 5.0 on a node group that scenes may share."""
    return scene.compositing_node_group if hasattr(scene, "compositing_node_group") else scene.node_tree


def compositor_sink(scene: bpy.types.Scene) -> bpy.types.NodeSocket:
    """The input socket of what the scene's compositor puts out; nodes are made as far as there are none.

    A new tree shows the render, as one that Blender's own button makes. Without a camera it shows nothing: Blender
    renders no tree at all that has a Render Layers node then.
    """
    tree = existing_compositor(scene)
    fresh = tree is None
    if not hasattr(scene, "compositing_node_group"):
        scene.use_nodes = True
        tree = scene.node_tree
        kind = "CompositorNodeComposite"
    else:
        kind = "NodeGroupOutput"
        if fresh:
            tree = bpy.data.node_groups.new("Compositing", "CompositorNodeTree")
            scene.compositing_node_group = tree
        sockets = [item for item in tree.interface.items_tree if item.item_type == "SOCKET" and item.in_out == "OUTPUT"]
        if not any(item.socket_type == "NodeSocketColor" for item in sockets):
            tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    if fresh:
        tree.nodes.clear()
    sinks = [node for node in tree.nodes if node.bl_idname == kind]
    # Of several Composite nodes the active one counts, of several Group Outputs the one that says so.
    active = next((n for n in sinks if n == tree.nodes.active or getattr(n, "is_active_output", False)), None)
    sink = active or next(iter(sinks), None) or tree.nodes.new(kind)
    socket = next(socket for socket in sink.inputs if socket.type == "RGBA")
    if fresh and scene.camera is not None:
        layers = tree.nodes.new("CompositorNodeRLayers")
        layers.scene, layers.location = scene, (-300, 0)
        tree.links.new(layers.outputs["Image"], socket)
    return socket


def set_node_mode(node: bpy.types.Node, name: str, value: str, socket: str, choice: str) -> None:
    """Set what a compositor node does: a property of the node, and from 5.0 on one of its sockets."""
    if hasattr(node, name):
        setattr(node, name, value)
    else:
        node.inputs[socket].default_value = choice


def alpha_over_sockets(
    node: bpy.types.Node,
) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """Background, foreground and factor of an Alpha Over node; 5.0 changed their order and their names."""
    if "Background" in node.inputs:
        return node.inputs["Background"], node.inputs["Foreground"], node.inputs["Factor"]
    return node.inputs[1], node.inputs[2], node.inputs[0]


def fills_by_winding(layer: bpy.types.MaskLayer) -> bool:
    """Whether a mask's layer has its holes where curves go the other way round; 5.2's new solver does it so."""
    return getattr(layer, "fill_solver", "") == "CDT"


def convert_view(tree: bpy.types.NodeTree, view: str, look: str) -> list[bpy.types.Node] | None:
    """Nodes, in their order, that turn scene light into what the Standard view shows as this view would show it.

    For an sRGB display. Only the Convert to Display node of 5.x knows looks, and views that have no colour space of
    their own. None: this Blender cannot.
    """
    if (view, look) == ("Standard", "None"):
        return []
    working = "Linear Rec.709"
    if hasattr(bpy.types, "CompositorNodeConvertToDisplay"):
        node = tree.nodes.new("CompositorNodeConvertToDisplay")
        node.view_settings.view_transform, node.view_settings.look = view, look
    elif look != "None":
        return None
    else:
        node = tree.nodes.new("CompositorNodeConvertColorSpace")
        try:
            node.from_color_space, node.to_color_space = working, _SPACES_OF_VIEWS.get(view, f"{view} sRGB")
        except TypeError:
            tree.nodes.remove(node)
            return None
    back = tree.nodes.new("CompositorNodeConvertColorSpace")
    back.from_color_space, back.to_color_space = "sRGB", working
    return [node, back]


_SPACES_OF_VIEWS = {"AgX": "AgX Base sRGB"}
