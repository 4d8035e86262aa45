# SPDX-License-Identifier: GPL-3.0-or-later
"""The material that shows the picture on its plane."""

from __future__ import annotations

from typing import Literal

import bpy

from ..compat import enable_nodes
from .errors import SceneError

__all__ = ["SHADERS", "Shader", "has_alpha", "picture_material", "show_image", "show_sequence", "use_standard_view"]

Shader = Literal["SHADELESS", "EMISSION", "PRINCIPLED"]
SHADERS: tuple[Shader, ...] = ("SHADELESS", "EMISSION", "PRINCIPLED")
_TEXTURE = "Picture"


def picture_material(
    image: bpy.types.Image, *, shader: Shader = "SHADELESS", alpha: bool | None = None
) -> bpy.types.Material:
    """A new material with the image as texture; the image's colour space and alpha mode stay as they are.

    Args:
        image: the picture.
        shader: SHADELESS looks like the photo to the camera and lights nothing, EMISSION also lights its
            surroundings, PRINCIPLED takes the scene's light.
        alpha: whether the picture's alpha makes the plane transparent; None asks the image.
    """
    material = bpy.data.materials.new(image.name)
    tree = enable_nodes(material)
    tree.nodes.clear()
    alpha = has_alpha(image) if alpha is None else alpha

    output = _node(tree, "ShaderNodeOutputMaterial", 600)
    texture = _node(tree, "ShaderNodeTexImage", -400)
    texture.name = texture.label = _TEXTURE
    texture.image = image
    # The default repeats: along the border each pixel would be mixed with one of the opposite side.
    texture.extension = "EXTEND"

    if shader == "PRINCIPLED":
        surface = _node(tree, "ShaderNodeBsdfPrincipled", 200)
        tree.links.new(texture.outputs["Color"], surface.inputs["Base Color"])
        if alpha:
            tree.links.new(texture.outputs["Alpha"], surface.inputs["Alpha"])
        tree.links.new(surface.outputs[0], output.inputs["Surface"])
    else:
        emission = _node(tree, "ShaderNodeEmission", 0)
        tree.links.new(texture.outputs["Color"], emission.inputs["Color"])
        seen = [texture.outputs["Alpha"]] if alpha else []
        if shader == "SHADELESS":
            rays = _node(tree, "ShaderNodeLightPath", -400, 400)
            seen.append(rays.outputs["Is Camera Ray"])
        tree.links.new(_seen_through(tree, emission, seen), output.inputs["Surface"])
    return material


def show_image(material: bpy.types.Material, image: bpy.types.Image) -> None:
    """Let the material show that still; raises SceneError when it has no image texture any more."""
    _texture_of(material).image = image


def show_sequence(material: bpy.types.Material, image: bpy.types.Image, *, frames: int, start: int) -> None:
    """Let the material show an image sequence (`sequence.sequence_image`), cyclic, refreshed on every frame."""
    texture = _texture_of(material)
    texture.image = image
    play_cyclic(texture.image_user, frames=frames, start=start)


def play_cyclic(user: bpy.types.ImageUser, *, frames: int, start: int) -> None:
    """Let an image user play all files of a sequence, over and over, file 1 at frame `start`."""
    user.frame_duration = frames
    user.frame_start = start
    user.frame_offset = 0
    user.use_cyclic = True
    user.use_auto_refresh = True


def use_standard_view(scene: bpy.types.Scene) -> None:
    """Set the scene's view transform to Standard without a look, so that a shadeless photo keeps its colours."""
    scene.view_settings.view_transform = "Standard"
    scene.view_settings.look = "None"


def has_alpha(image: bpy.types.Image) -> bool:
    """Whether the image's alpha is transparency; from its channels, without reading its pixels."""
    # 8, 16 or 32 bits in four channels. `depth` counts what the file has, `channels` is 4 for nearly everything.
    return image.alpha_mode in {"STRAIGHT", "PREMUL"} and image.depth in {32, 64, 128}


def _texture_of(material: bpy.types.Material) -> bpy.types.Node:
    nodes = material.node_tree.nodes if material.node_tree is not None else []
    texture = next((n for n in nodes if n.type == "TEX_IMAGE" and n.name == _TEXTURE), None)
    texture = texture or next((n for n in nodes if n.type == "TEX_IMAGE"), None)
    if texture is None:
        raise SceneError(f"The material “{material.name}” has no image texture.", "Add one, or make a new object.")
    return texture


def _node(tree: bpy.types.NodeTree, kind: str, x: float, y: float = 0) -> bpy.types.Node:
    node = tree.nodes.new(kind)
    node.location = (x, y)
    return node


def _seen_through(
    tree: bpy.types.NodeTree, surface: bpy.types.Node, factors: list[bpy.types.NodeSocket]
) -> bpy.types.NodeSocket:
    """The surface where all factors are 1, transparency where one is 0."""
    if not factors:
        return surface.outputs[0]
    factor = factors[0]
    if len(factors) == 2:
        both = _node(tree, "ShaderNodeMath", 0, 300)
        both.operation = "MULTIPLY"
        tree.links.new(factors[0], both.inputs[0])
        tree.links.new(factors[1], both.inputs[1])
        factor = both.outputs[0]
    clear = _node(tree, "ShaderNodeBsdfTransparent", 0, -150)
    mix = _node(tree, "ShaderNodeMixShader", 300)
    tree.links.new(factor, mix.inputs[0])
    tree.links.new(clear.outputs[0], mix.inputs[1])
    tree.links.new(surface.outputs[0], mix.inputs[2])
    return mix.outputs[0]
