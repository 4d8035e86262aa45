# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture with its mask laid over it in red, for as long as the mask is painted.

A material of its own on the object's slot: that of the mesh is not touched, and comes back with the slot. What was
there is noted on the object, so that it can be put back in a file that was saved in the middle of painting, too.
"""

from __future__ import annotations

import bpy

from ..compat import enable_nodes
from .material import has_alpha

__all__ = ["hide_overlay", "is_overlaid", "show_overlay"]

_LINK, _MATERIAL, _OVERLAY = "gid_mask_slot", "gid_mask_slot_material", "gid_mask_overlay"
# What is pinned, and how much of it covers the picture.
_TINT, _COVER = (0.8, 0.02, 0.02, 1.0), 0.65


def is_overlaid(obj: bpy.types.Object) -> bool:
    """Whether the object shows its mask."""
    return _LINK in obj


def show_overlay(obj: bpy.types.Object, picture: bpy.types.Image, mask: bpy.types.Image) -> None:
    """Show a mask over the picture; an object without any material stays as it is."""
    hide_overlay(obj)
    if not obj.material_slots:
        return
    slot = obj.material_slots[0]
    obj[_LINK] = slot.link
    if slot.link == "OBJECT" and slot.material is not None:
        obj[_MATERIAL] = slot.material
    slot.link = "OBJECT"
    slot.material = obj[_OVERLAY] = _material(f"{obj.name} Mask Overlay", picture, mask)


def hide_overlay(obj: bpy.types.Object) -> None:
    """Put back what the object showed before, and leave nothing behind."""
    if _LINK not in obj:
        return
    overlay, before = obj.get(_OVERLAY), obj.get(_MATERIAL)
    if obj.material_slots:
        slot = obj.material_slots[0]
        # Somebody may have given it another one meanwhile.
        if slot.link == "OBJECT" and slot.material in {overlay, None}:
            slot.material = before
            slot.link = obj[_LINK]
    for name in (_LINK, _MATERIAL, _OVERLAY):
        if name in obj:
            del obj[name]
    # A copy of the object may still show it.
    if isinstance(overlay, bpy.types.Material) and overlay.users == 0:
        bpy.data.materials.remove(overlay)


def _material(name: str, picture: bpy.types.Image, mask: bpy.types.Image) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    tree = enable_nodes(material)
    tree.nodes.clear()
    textures = []
    for image, y in ((picture, 300), (mask, 0)):
        texture = tree.nodes.new("ShaderNodeTexImage")
        texture.image, texture.extension, texture.location = image, "EXTEND", (-700, y)
        textures.append(texture)
    # The active texture is what a viewport without materials shows, and what is painted on by it.
    tree.nodes.active = textures[1]
    pinned = tree.nodes.new("ShaderNodeMapRange")
    pinned.inputs["To Min"].default_value, pinned.inputs["To Max"].default_value = _COVER, 0.0
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    factor, colour, tint = (next(s for s in mix.inputs if s.identifier == name) for name in _MIX_INPUTS)
    tint.default_value = _TINT
    emission, output = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    for node, x in ((pinned, -350), (mix, -100), (emission, 150), (output, 400)):
        node.location = (x, 150)
    result = next(s for s in mix.outputs if s.identifier == "Result_Color")
    for start, end in (
        (textures[1].outputs["Color"], pinned.inputs["Value"]),
        (pinned.outputs["Result"], factor),
        (textures[0].outputs["Color"], colour),
        (result, emission.inputs["Color"]),
    ):
        tree.links.new(start, end)
    surface = emission.outputs[0]
    if has_alpha(picture):
        # What is cut away is black in the file: it would hide what stands behind, and who paints sees only that.
        clear, cut = tree.nodes.new("ShaderNodeBsdfTransparent"), tree.nodes.new("ShaderNodeMixShader")
        clear.location, cut.location, output.location = (150, 0), (350, 150), (550, 150)
        tree.links.new(textures[0].outputs["Alpha"], cut.inputs[0])
        tree.links.new(clear.outputs[0], cut.inputs[1])
        tree.links.new(surface, cut.inputs[2])
        surface = cut.outputs[0]
    tree.links.new(surface, output.inputs["Surface"])
    return material


# A Mix node has sockets of each name for each type.
_MIX_INPUTS = ("Factor_Float", "A_Color", "B_Color")
