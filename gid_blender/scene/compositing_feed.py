# SPDX-License-Identifier: GPL-3.0-or-later
"""What feeds a picture's group in the compositor: its frames, or the still and what displaces it; its mask."""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy

from ..compat import set_node_mode
from .compositing_parts import Parts
from .controls import loop_length
from .cutout_group import cutout_group
from .errors import SceneError
from .layers import mask_of_layer
from .objects import motion_image
from .plate_group import warp_group
from .rendered import Rendered
from .shading import BEHIND, TEXTURE

__all__ = ["Composite", "feed", "film_of", "film_remark", "loop_remarks"]

# Part, socket of the group, how many frames later than what is shown, and how far down its node lies.
_MOMENTS = (("displacement", "Displacement", 0, 0), ("before", "Before", -1, 1200), ("after", "After", 1, 1600))
# A loop that is off by less is off by no frame in ten thousand.
_WHOLE = 1e-4
_FAR = 1e6


@dataclass(frozen=True)
class Composite:
    """How a picture is composited.

    Attributes:
        displacement: frames of `displaced.write_displacement` that warp the still; None takes the rendered frames.
        behind: lay the render over the picture, and not the picture over the render.
        keep_colours: show the picture's own colours whatever the view transform; else it is light like the render's.
        shutter: motion blur in frames, of rendered frames where there are motion vectors; 0 is none.
        mask: image of what may move; where it is black the still is seen.
        mask_alpha: hold the still where the picture is transparent as well.
        mask_inverted: swap what moves and what is still.
    """

    displacement: Rendered | None = None
    behind: bool = False
    keep_colours: bool = True
    shutter: float = 0.5
    mask: bpy.types.Image | None = None
    mask_alpha: bool = False
    mask_inverted: bool = False


def feed(parts: Parts, plate: bpy.types.Node, render: Rendered | None, how: Composite) -> None:
    """Link what moves into the group: rendered frames with their passes, or the still and what displaces it."""
    link = parts.tree.links.new
    picture = _picture(parts, film_of(parts.picture) if render is None else None)
    still = _cut(parts, picture.outputs["Image"])
    mask = _mask(parts, picture.outputs["Alpha"], how)
    if render is None:
        parts.remove("frames", "vectors")
        warp = parts.group("warp", warp_group(), (0, 0))
        link(still, warp.inputs["Still"])
        for part, socket, later, down in _MOMENTS:
            if later and how.shutter <= 0:
                parts.remove(part)
                continue
            moment = replace(how.displacement, start=how.displacement.start - later)
            node = parts.sequence(part, moment.image, moment, socket, (-300, -down))
            link(node.outputs["Image"], warp.inputs[socket])
        if how.shutter > 0:
            link(warp.outputs["Vectors"], plate.inputs["Vectors"])
        moving, held = warp.outputs[0], warp
    else:
        parts.remove(*(moment[0] for moment in _MOMENTS), "warp")
        moving, held = parts.sequence("frames", render.image, render, "Frames", (-300, 400)).outputs["Image"], plate
        if render.vectors is None or how.shutter <= 0:
            parts.remove("vectors")
        else:
            node = parts.sequence("vectors", render.vectors, render, "Motion Vectors", (-300, 0))
            link(node.outputs["Vector"], plate.inputs["Vectors"])
    # A mask of rendered frames and one of the still go into different groups.
    for taken in list(plate.inputs["Mask"].links):
        parts.tree.links.remove(taken)
    if mask is not None:
        link(mask, held.inputs["Mask"])
    link(moving, plate.inputs["Frames"])
    link(still, plate.inputs["Still"])
    plate.inputs["Shutter"].default_value = how.shutter


def film_of(obj: bpy.types.Object) -> bpy.types.Node | None:
    """The texture node of a picture that plays a sequence or a movie, of which its motion is that of one frame."""
    node = _texture(obj, TEXTURE)
    return node if node is not None and node.image.source in {"SEQUENCE", "MOVIE"} else None


def film_remark(obj: bpy.types.Object) -> str:
    """What rendered frames of a picture lack that plays a film."""
    return (
        f"“{obj.name}” plays “{film_of(obj).image.name}”, but rendered frames move a single picture of it: "
        "Set Up Compositing plays it with Displacement."
    )


def loop_remarks(scene: bpy.types.Scene, obj: bpy.types.Object) -> list[str]:
    """A sentence for each reason why a loop of whole frames runs away from the mesh."""
    remarks = []
    try:
        length = loop_length(obj)
    except SceneError:
        # At speed 0 it stands still, and is another one once it goes.
        length = 1.0
    start = float(obj["gid_start"])
    if abs(length - round(length)) > _WHOLE:
        remarks.append(
            f"The compositor plays whole frames, so a loop of {length:g} drifts away from the mesh: "
            "first make Period / Speed a whole number."
        )
    if abs(start - round(start)) > _WHOLE:
        remarks.append(
            f"The compositor plays whole frames, so a loop from frame {start:g} is not where the mesh is: "
            "first make Start a whole number."
        )
    if scene.render.frame_map_old != scene.render.frame_map_new:
        remarks.append(
            "Time Remapping changes the speed of the mesh, and not that of the loop in the compositor: "
            "set Old and New alike."
        )
    return remarks


def _picture(parts: Parts, film: bpy.types.Node | None) -> bpy.types.Node:
    """The still, or the film that the mesh shows, frame by frame as there."""
    node = parts.image("still", film.image if film else motion_image(parts.picture), "Still", (-300, -400))
    if film is not None:
        for name in ("frame_duration", "frame_start", "frame_offset", "use_cyclic", "use_auto_refresh"):
            setattr(node, name, getattr(film.image_user, name))
    return node


def _cut(parts: Parts, still: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """Of a layer only what it shows, as its material and its rendered frames have it."""
    link, picture = parts.tree.links.new, motion_image(parts.picture)
    image, behind = mask_of_layer(parts.picture), _texture(parts.picture, BEHIND)
    if image is None:
        parts.remove("layer", "layer size", "behind", "behind size", "cut")
        return still
    if image.packed_file is not None and not image.is_dirty:
        # The compositor of 4.5 takes greys that were marked as data after they were drawn for colours until then.
        image.reload()
    layer = parts.stretched("layer", image, picture, "Layer Mask", (-600, -400))
    if behind is None:
        parts.remove("behind", "behind size")
        cut = parts.node("cut", "CompositorNodeSetAlpha", (0, -500))
        set_node_mode(cut, "mode", "APPLY", "Type", "Apply Mask")
        taken = cut.inputs["Alpha"]
    else:
        cut = parts.group("cut", cutout_group(), (0, -500))
        # Light that is brighter than white stays so.
        cut.inputs["Brightest"].default_value = _FAR if picture.is_float else 1.0
        link(parts.stretched("behind", behind.image, picture, "Behind", (-600, -800)), cut.inputs["Behind"])
        taken = cut.inputs["Mask"]
    link(still, cut.inputs[0])
    link(layer, taken)
    return cut.outputs[0]


def _mask(parts: Parts, alpha: bpy.types.NodeSocket, how: Composite) -> bpy.types.NodeSocket | None:
    """What may move, as the mesh has it without its feather; None where that is all."""
    link = parts.tree.links.new
    found = alpha if how.mask_alpha else None
    if how.mask is None:
        parts.remove("mask", "mask size", "mask alpha")
    elif found is None:
        # The group stretches it.
        parts.remove("mask size", "mask alpha")
        found = parts.image("mask", how.mask, "Mask", (-300, -800)).outputs["Image"]
    else:
        both = parts.node("mask alpha", "ShaderNodeMath", (0, -700))
        both.operation = "MULTIPLY"
        link(parts.stretched("mask", how.mask, motion_image(parts.picture), "Mask", (-300, -800)), both.inputs[0])
        link(alpha, both.inputs[1])
        found = both.outputs[0]
    if found is None or not how.mask_inverted:
        parts.remove("mask inverted")
        return found
    inverted = parts.node("mask inverted", "CompositorNodeInvert", (0, -900))
    link(found, inverted.inputs["Color"])
    return inverted.outputs["Color"]


def _texture(obj: bpy.types.Object, name: str) -> bpy.types.Node | None:
    """A texture node of the object's material that has an image."""
    material = obj.active_material
    tree = material.node_tree if material is not None else None
    node = tree.nodes.get(name) if tree is not None else None
    return node if getattr(node, "image", None) is not None else None
