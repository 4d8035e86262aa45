# SPDX-License-Identifier: GPL-3.0-or-later
"""A rendered loop in Blender: image-sequence texture, strip in the timeline, picture in the Image Editor."""

from __future__ import annotations

from pathlib import Path

import bpy

__all__ = ["add_strip", "sequence_image", "sequence_object", "show_in_editor"]


def sequence_image(frames: list[Path], *, name: str = "", like: bpy.types.Image | None = None) -> bpy.types.Image:
    """An image datablock of source SEQUENCE; paths relative to a saved .blend on the same drive.

    Args:
        frames: files in order, numbered without gaps, as `FrameFolder.commit` returns them.
        name: of the datablock; the folder's name by default. A sequence of the same first file is reused and reloaded.
        like: picture whose alpha mode it takes over.

    Raises:
        SceneError: for no frames, a missing file or one that cannot be read.
    """
    raise NotImplementedError


def sequence_object(
    scene: bpy.types.Scene,
    image: bpy.types.Image,
    *,
    frames: int,
    start: int,
    height: float = 1.0,
    shader: str = "SHADELESS",
) -> bpy.types.Object:
    """A flat plane in the scene's collection that shows the sequence as a cyclic texture."""
    raise NotImplementedError


def add_strip(
    scene: bpy.types.Scene, frames: list[Path], *, start: int | None = None, name: str = ""
) -> bpy.types.Strip:
    """An image strip of exactly as many frames as there are files, at `start` (default: the playhead), on the lowest
    channel that is free for its whole length."""
    raise NotImplementedError


def show_in_editor(space: bpy.types.SpaceImageEditor, image: bpy.types.Image, *, frames: int, start: int) -> None:
    """Show the sequence in an Image Editor, cyclic and playing with the timeline."""
    raise NotImplementedError
