# SPDX-License-Identifier: GPL-3.0-or-later
"""The material that shows the picture on its plane."""

from __future__ import annotations

import bpy

from ..compat import enable_nodes
from .errors import SceneError
from .shading import SHADERS, TEXTURE, Shader, Shading, build_surface

__all__ = ["SHADERS", "Shader", "has_alpha", "picture_material", "show_image", "show_sequence", "use_standard_view"]


def picture_material(
    image: bpy.types.Image, *, shader: Shader = "SHADELESS", alpha: bool | None = None
) -> bpy.types.Material:
    """A new material with the image as texture; the image's colour space and alpha mode stay as they are.

    Args:
        image: the picture.
        shader: see `shading.Shading`.
        alpha: whether the picture's alpha makes the plane transparent; None asks the image.
    """
    material = bpy.data.materials.new(image.name)
    enable_nodes(material).nodes.clear()
    alpha = has_alpha(image) if alpha is None else alpha
    build_surface(material, image, Shading(shader=shader, use_transparency=alpha))
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
    """Whether the image's alpha is transparency; from its channels, whatever its pixels are."""
    # 8, 16 or 32 bits in four channels. `depth` counts what the file has, `channels` is 4 for nearly everything.
    return image.alpha_mode in {"STRAIGHT", "PREMUL"} and _depth(image) in {32, 64, 128}


def _depth(image: bpy.types.Image) -> int:
    """The bits of a pixel; of a sequence, which has none without a frame number, those of the file that it names."""
    if image.source != "SEQUENCE" or image.depth:
        return image.depth
    still = image.copy()
    try:
        still.source = "FILE"
        return still.depth
    finally:
        bpy.data.images.remove(still)


def _texture_of(material: bpy.types.Material) -> bpy.types.Node:
    nodes = material.node_tree.nodes if material.node_tree is not None else []
    texture = next((n for n in nodes if n.type == "TEX_IMAGE" and n.name == TEXTURE), None)
    texture = texture or next((n for n in nodes if n.type == "TEX_IMAGE"), None)
    if texture is None:
        raise SceneError(f"The material “{material.name}” has no image texture.", "Add one, or make a new object.")
    return texture
