# SPDX-License-Identifier: GPL-3.0-or-later
"""Which picture is meant: the one in the Image Editor, on the selected object, or in a file."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

__all__ = ["Source", "find_source", "image_from_file", "source_of_editor", "source_of_object"]


@dataclass(frozen=True)
class Source:
    """A picture and, for a movie or an image sequence, which of its frames.

    Attributes:
        image: the datablock.
        frame: as `pixels.read_pixels` wants it; None for a still.
        origin: where it was found, for the panel: "Image Editor", "Material of Cube" or a file name.
    """

    image: bpy.types.Image
    frame: int | None = None
    origin: str = ""


def find_source(context: bpy.types.Context) -> Source:
    """The picture somebody means: the Image Editor's if the context is one, else the active object's, else that of
    the only Image Editor on the screen that shows a picture. Cheap enough for `poll` and `draw`: no pixels are read.

    Raises:
        SceneError: when there is none; the hint says how to choose one.
    """
    raise NotImplementedError


def source_of_editor(space: bpy.types.SpaceImageEditor, scene: bpy.types.Scene) -> Source:
    """The picture that an Image Editor shows, at the scene's current frame. Raises SceneError when it shows none."""
    raise NotImplementedError


def source_of_object(obj: bpy.types.Object | None, scene: bpy.types.Scene) -> Source:
    """The picture of an object: of a motion object its own, else the image texture of its active material (the active
    or selected texture node first, then the one that feeds the output), or the image of an image Empty. Raises SceneError when there is none."""
    raise NotImplementedError


def image_from_file(path: str) -> bpy.types.Image:
    """Load a file (or find it already loaded) as an image datablock.

    Args:
        path: absolute, or relative to the .blend with a leading `//`.

    Raises:
        SceneError: for nothing there, a folder, no permission, or a file that Blender cannot read as a picture.
    """
    raise NotImplementedError
