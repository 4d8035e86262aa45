# SPDX-License-Identifier: GPL-3.0-or-later
"""A rendered loop in Blender: image-sequence texture, strip in the timeline, picture in the Image Editor."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..compat import strip_range, strips
from .errors import SceneError
from .material import Shader, picture_material, play_cyclic, show_sequence
from .mesh import build_plane
from .sources import shows_file

__all__ = ["add_strip", "sequence_image", "sequence_object", "show_in_editor"]

# Blender's own limit for the channels of a timeline.
_CHANNELS = 128


def sequence_image(frames: list[Path], *, name: str = "", like: bpy.types.Image | None = None) -> bpy.types.Image:
    """An image datablock of source SEQUENCE; paths relative to a saved .blend on the same drive.

    Args:
        frames: files in order, numbered without gaps, as `FrameFolder.commit` returns them.
        name: of the datablock; the folder's name by default. A sequence of the same first file is reused and reloaded.
        like: picture whose alpha mode it takes over if that leaves alpha out.

    Raises:
        SceneError: for no frames, a missing file or one that cannot be read.
    """
    _require_files(frames)
    first = frames[0]
    image = next((i for i in bpy.data.images if i.source == "SEQUENCE" and shows_file(i, first)), None)
    if image is None:
        try:
            image = bpy.data.images.load(str(first))
        except RuntimeError as error:
            raise SceneError(f"Cannot open “{first}”: {error}.", "Render again.") from error
        if min(image.size) == 0:
            bpy.data.images.remove(image)
            raise SceneError(f"“{first.name}” cannot be read as a picture.", "Render again.")
        image.source = "SEQUENCE"
        image.name = name or first.parent.name
        image.filepath = _relative(first)
    else:
        image.reload()
    if like is not None and like.alpha_mode in {"NONE", "CHANNEL_PACKED"}:
        image.alpha_mode = like.alpha_mode
    return image


def sequence_object(
    scene: bpy.types.Scene,
    image: bpy.types.Image,
    *,
    frames: int,
    start: int,
    height: float = 1.0,
    shader: Shader = "SHADELESS",
) -> bpy.types.Object:
    """A flat plane in the scene's collection that shows the sequence as a cyclic texture."""
    width, rows = _size(image)
    mesh = build_plane(image.name, aspect=width / rows, columns=2, rows=2, height=height)
    material = picture_material(image, shader=shader)
    show_sequence(material, image, frames=frames, start=start)
    mesh.materials.append(material)
    obj = bpy.data.objects.new(image.name, mesh)
    scene.collection.objects.link(obj)
    return obj


def add_strip(
    scene: bpy.types.Scene, frames: list[Path], *, start: int | None = None, name: str = ""
) -> bpy.types.ImageStrip:
    """An image strip of exactly as many frames as there are files, on the lowest channel free for its whole length.

    Args:
        scene: whose timeline it goes to.
        frames: files in order, all in one folder.
        start: its first frame; None takes the playhead.
        name: of the strip; the folder's name by default.

    Raises:
        SceneError: for no frames, a missing file, or when all channels are taken there.
    """
    _require_files(frames)
    start = scene.frame_current if start is None else start
    editor = scene.sequence_editor or scene.sequence_editor_create()
    ranges = [(strip.channel, *strip_range(strip)) for strip in strips(editor)]
    taken = {channel for channel, first, after in ranges if first < start + len(frames) and start < after}
    channel = next((c for c in range(1, _CHANNELS + 1) if c not in taken), None)
    if channel is None:
        raise SceneError(f"All {_CHANNELS} channels of the timeline are taken at frame {start}.", "Move the playhead.")
    strip = strips(editor).new_image(
        name=name or frames[0].parent.name,
        filepath=_relative(frames[0]),
        channel=channel,
        frame_start=start,
        fit_method="FIT",
    )
    for path in frames[1:]:
        strip.elements.append(path.name)
    return strip


def show_in_editor(space: bpy.types.SpaceImageEditor, image: bpy.types.Image, *, frames: int, start: int) -> None:
    """Show the sequence in an Image Editor, cyclic and playing with the timeline."""
    space.image = image
    play_cyclic(space.image_user, frames=frames, start=start)


def _size(image: bpy.types.Image) -> tuple[int, int]:
    """Width and height of a sequence's frames; without a frame number Blender says 0×0."""
    if min(image.size) > 0:
        return image.size[0], image.size[1]
    first = bpy.data.images.load(bpy.path.abspath(image.filepath, library=image.library))
    size = first.size[0], first.size[1]
    bpy.data.images.remove(first)
    return size


def _require_files(frames: list[Path]) -> None:
    if not frames:
        raise SceneError("There are no frames.", "Render them first.")
    missing = next((path for path in frames if not path.is_file()), None)
    if missing is not None:
        raise SceneError(f"The frame “{missing}” is missing.", "Render again.")


def _relative(path: Path) -> str:
    """Relative to the .blend, so that both can move together; absolute when there is none or on another drive."""
    if not bpy.data.filepath:
        return str(path)
    try:
        return bpy.path.relpath(str(path))
    except ValueError:
        return str(path)
