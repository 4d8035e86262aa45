# SPDX-License-Identifier: GPL-3.0-or-later
"""A rendered loop in Blender: image-sequence texture and picture in the Image Editor. Strips: `timeline`."""

from __future__ import annotations

from pathlib import Path

import bpy

from .errors import SceneError
from .material import Shader, picture_material, play_cyclic, show_sequence
from .mesh import build_plane
from .pixels import is_linear
from .relative import relative_path
from .sources import shows_file

__all__ = ["require_files", "sequence_image", "sequence_object", "show_in_editor"]


def sequence_image(
    frames: list[Path], *, name: str = "", like: bpy.types.Image | None = None, layered: bool = False
) -> bpy.types.Image:
    """An image datablock of source SEQUENCE; paths relative to a saved .blend on the same drive.

    Args:
        frames: files in order, numbered without gaps, as `FrameFolder.commit` returns them.
        name: of the datablock; the folder's name by default. A sequence of the same first file is reused and reloaded.
        layered: OpenEXR with named layers, of which Blender knows no size before it shows one.
        like: picture that they were rendered of; its colour space is theirs where its numbers went through as they are.

    Raises:
        SceneError: for no frames, a missing file or one that cannot be read.
    """
    require_files(frames)
    first = frames[0]
    image = next((i for i in bpy.data.images if i.source == "SEQUENCE" and shows_file(i, first)), None)
    if image is None:
        try:
            image = bpy.data.images.load(str(first))
        except RuntimeError as error:
            raise SceneError(f"Cannot open “{first}”: {error}.", "Render again.") from error
        if min(image.size) == 0 and not layered:
            bpy.data.images.remove(image)
            raise SceneError(f"“{first.name}” cannot be read as a picture.", "Render again.")
        image.source = "SEQUENCE"
        image.name = name or first.parent.name
        image.filepath = relative_path(first)
    else:
        image.reload()
    # The worker encodes scene-linear light, and OpenEXR holds nothing else. Alpha is in the files where it counts.
    if like is not None and first.suffix != ".exr" and not (like.is_float and is_linear(like)):
        image.colorspace_settings.name = like.colorspace_settings.name
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


def require_files(frames: list[Path]) -> None:
    """Raises SceneError for no frames or a missing file."""
    if not frames:
        raise SceneError("There are no frames.", "Render them first.")
    missing = next((path for path in frames if not path.is_file()), None)
    if missing is not None:
        raise SceneError(f"The frame “{missing}” is missing.", "Render again.")
