# SPDX-License-Identifier: GPL-3.0-or-later
"""The material that shows the picture on its plane."""

from __future__ import annotations

from typing import Literal

import bpy

__all__ = ["Shader", "SHADERS", "picture_material", "show_image", "show_sequence", "use_standard_view"]

Shader = Literal["SHADELESS", "EMISSION", "PRINCIPLED"]
SHADERS: tuple[Shader, ...] = ("SHADELESS", "EMISSION", "PRINCIPLED")


def picture_material(
    image: bpy.types.Image, *, shader: Shader = "SHADELESS", alpha: bool | None = None
) -> bpy.types.Material:
    """A new material with the image as texture; the image's colour space and alpha mode stay as they are.

    Args:
        shader: SHADELESS looks like the photo to the camera and lights nothing, EMISSION also lights its
            surroundings, PRINCIPLED takes the scene's light.
        alpha: whether the picture's alpha makes the plane transparent; None asks the image.
    """
    raise NotImplementedError


def show_image(material: bpy.types.Material, image: bpy.types.Image) -> None:
    """Let the material show that still; raises SceneError when it has no image texture any more."""
    raise NotImplementedError


def show_sequence(material: bpy.types.Material, image: bpy.types.Image, *, frames: int, start: int) -> None:
    """Let the material show an image sequence (`sequence.sequence_image`), cyclic, refreshed on every frame."""
    raise NotImplementedError


def use_standard_view(scene: bpy.types.Scene) -> None:
    """Set the scene's view transform to Standard without a look, so that a shadeless photo keeps its colours."""
    raise NotImplementedError
