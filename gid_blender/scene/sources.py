# SPDX-License-Identifier: GPL-3.0-or-later
"""Which picture is meant: the one in the Image Editor, on the selected object, or in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_n as n_

from .errors import SceneError
from .pixels import Pixels, image_from_pixels
from .relative import relative_path

__all__ = ["Source", "as_still", "find_source", "image_from_file", "shows_file", "source_of_editor", "source_of_object"]


@dataclass(frozen=True)
class Source:
    """A picture and, for a movie or an image sequence, which of its frames.

    Attributes:
        image: the datablock.
        frame: as `pixels.read_pixels` wants it; None for a still.
        origin: where it was found, for the panel: "Image Editor", "Material of “Cube”" or a file name.
    """

    image: bpy.types.Image
    frame: int | None = None
    origin: str = ""


def find_source(context: bpy.types.Context) -> Source:
    """The picture somebody means.

    The Image Editor's if the context is one, else the active object's, else that of the only Image Editor on the
    screen that shows a picture. Cheap enough for `poll` and `draw`: no pixels are read.

    Raises:
        SceneError: when there is none; the hint says how to choose one.
    """
    space = context.space_data
    if isinstance(space, bpy.types.SpaceImageEditor):
        return source_of_editor(space, context.scene)
    try:
        return source_of_object(context.active_object, context.scene)
    except SceneError:
        areas = context.screen.areas if context.screen else []
        editors = [area.spaces.active for area in areas if area.type == "IMAGE_EDITOR"]
        shown = [editor for editor in editors if editor.image is not None]
        if len(shown) != 1:
            raise
        return source_of_editor(shown[0], context.scene)


def source_of_editor(space: bpy.types.SpaceImageEditor, scene: bpy.types.Scene) -> Source:
    """The picture that an Image Editor shows, at the scene's current frame. Raises SceneError when it shows none."""
    if space.image is None:
        raise SceneError("No picture is open in this Image Editor.", "Open one with Image > Open….")
    return _source(space.image, space.image_user, scene, "Image Editor")


def source_of_object(obj: bpy.types.Object | None, scene: bpy.types.Scene) -> Source:
    """The picture of an object.

    Of a motion object its own; of an image Empty its image; else the image texture of the active material: the active
    texture node first, then the one that feeds the output.

    Raises:
        SceneError: when there is no such object or picture.
    """
    how = "Select an object with an image texture, or open a picture in the Image Editor."
    if obj is None:
        raise SceneError("No picture is chosen.", how)
    own = obj.get("gid_image")
    if isinstance(own, bpy.types.Image):
        return Source(own, None, n_(f"Motion of “{obj.name}”"))
    if obj.type == "EMPTY" and isinstance(obj.data, bpy.types.Image):
        return _source(obj.data, obj.image_user, scene, obj.name)
    material = obj.active_material
    if material is None or material.node_tree is None:
        raise SceneError(f"“{obj.name}” has no material with an image texture.", how)
    active = material.node_tree.nodes.active
    candidates = [active] if active is not None and active.type == "TEX_IMAGE" else []
    for node in [*candidates, *_textures(material.node_tree)]:
        if node.image is not None:
            return _source(node.image, node.image_user, scene, n_(f"Material of “{obj.name}”"))
    raise SceneError(f"The material “{material.name}” has no image texture.", how)


def image_from_file(path: str) -> bpy.types.Image:
    """Load a file (or find it already loaded) as an image datablock.

    Args:
        path: absolute, or relative to the .blend with a leading `//`.

    Raises:
        SceneError: for nothing there, a folder, no permission, or a file that Blender cannot read as a picture.
    """
    absolute = Path(bpy.path.abspath(path)) if path else None
    choose = "Choose a picture file."
    if absolute is None:
        raise SceneError("No file is chosen.", choose)
    try:
        if absolute.is_dir():
            raise SceneError(f"“{absolute}” is a folder.", choose)
        with open(absolute, "rb"):
            pass
    except OSError as error:
        raise SceneError(f"Cannot open “{absolute}”: {error.strerror or error}.", choose) from error
    # Not `check_existing`: it also finds an image sequence that starts with this file, which is another picture.
    known = next((i for i in bpy.data.images if i.source in {"FILE", "MOVIE"} and shows_file(i, absolute)), None)
    try:
        image = known or bpy.data.images.load(str(absolute))
    except RuntimeError as error:
        raise SceneError(f"Cannot open “{absolute}”: {error}.", choose) from error
    if min(image.size) == 0:
        if known is None:
            bpy.data.images.remove(image)
        raise SceneError(
            f"“{absolute.name}” cannot be read as a picture.", "It may be damaged; save it again as PNG or JPEG."
        )
    if known is None:
        # Not `filepath`, which would read the file once more.
        image.filepath_raw = relative_path(absolute)
    return image


def as_still(source: Source, pixels: Pixels) -> bpy.types.Image:
    """The image that a motion object of that source shows: of a movie or sequence one frame, packed as a new image.

    A still is returned as it is, so that a motion object keeps following its file and its paint strokes.
    """
    if source.image.source not in {"MOVIE", "SEQUENCE"}:
        return source.image
    frame = f" {source.frame}" if source.frame is not None else ""
    return image_from_pixels(f"{Path(source.image.name).stem}{frame}", pixels, like=source.image)


def shows_file(image: bpy.types.Image, path: Path) -> bool:
    """Whether an image datablock comes from that file."""
    return bool(image.filepath) and Path(bpy.path.abspath(image.filepath, library=image.library)) == path


def _source(image: bpy.types.Image, user: bpy.types.ImageUser, scene: bpy.types.Scene, origin: str) -> Source:
    moving = image.source in {"MOVIE", "SEQUENCE"}
    return Source(image, _frame(user, scene.frame_current) if moving else None, origin)


def _frame(user: bpy.types.ImageUser, frame: int) -> int:
    """The frame that an image user shows at a frame of the scene; Blender's own rule, which it does not tell Python."""
    length = max(user.frame_duration, 1)
    index = frame - user.frame_start + 1
    index = (index - 1) % length + 1 if user.use_cyclic else min(max(index, 1), length)
    return index + user.frame_offset


def _textures(tree: bpy.types.NodeTree) -> Iterator[bpy.types.Node]:
    """Image texture nodes upstream of the active output, nearest first, into groups too; then all others."""
    outputs = [n for n in tree.nodes if n.type in {"OUTPUT_MATERIAL", "GROUP_OUTPUT"}]
    queue = sorted(outputs, key=lambda n: not n.is_active_output)
    seen = set()
    while queue:
        node = queue.pop(0)
        if node.name in seen:
            continue
        seen.add(node.name)
        if node.type == "TEX_IMAGE":
            yield node
        elif node.type == "GROUP" and node.node_tree is not None:
            yield from _textures(node.node_tree)
        queue += [link.from_node for socket in node.inputs for link in socket.links]
    yield from (n for n in tree.nodes if n.type == "TEX_IMAGE" and n.name not in seen)
