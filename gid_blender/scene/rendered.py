# SPDX-License-Identifier: GPL-3.0-or-later
"""What has been rendered of a motion object: its frames and their passes, found again as image datablocks.

The object points at the images and the images know their count, so nothing has to be searched on a disk, every path is
one that Blender lists and remaps itself, and a file that travels takes the knowledge along.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import bpy

from .errors import SceneError

__all__ = ["PASSES", "Rendered", "frame_paths", "has_rendered", "remember_render", "rendered"]

# Pass of the worker's `render` → property of the object that points at its image.
PASSES = {"motion_vectors": "gid_rendered_vectors", "coverage": "gid_rendered_coverage"}
_FRAMES = "gid_rendered"
_NUMBER = re.compile(r"(\d+)(\.\w+)$")


@dataclass(frozen=True)
class Rendered:
    """One render of a motion object.

    Attributes:
        image: the frames, an image of source SEQUENCE.
        count: how many there are.
        start: frame of the scene that shows the first.
        cyclic: whether the first follows the last.
        passes: images of the passes that were rendered with them, by name (`PASSES`).
        blurred: whether each frame is a mean of moments, and so has its motion blur.
    """

    image: bpy.types.Image
    count: int
    start: int
    cyclic: bool
    passes: dict[str, bpy.types.Image]
    blurred: bool = False

    @property
    def vectors(self) -> bpy.types.Image | None:
        """Motion vectors to blur the frames with; None without any, and where it would be a second blur."""
        return None if self.blurred else self.passes.get("motion_vectors")


def remember_render(
    obj: bpy.types.Object,
    image: bpy.types.Image,
    *,
    count: int,
    start: int,
    cyclic: bool,
    passes: dict[str, bpy.types.Image] | None = None,
    blurred: bool = False,
) -> None:
    """Note on the object which frames are its newest. Those of a linked object are not noted."""
    if obj.library is not None:
        return
    obj[_FRAMES] = image
    image["gid_count"], image["gid_start"], image["gid_cyclic"] = count, start, cyclic
    image["gid_blurred"] = blurred
    for name, key in PASSES.items():
        # Vectors of an earlier render do not belong to these frames.
        obj.pop(key, None)
        if passes and name in passes:
            obj[key] = passes[name]


def has_rendered(obj: bpy.types.Object | None) -> bool:
    """Whether frames of the object are known. Cheap enough for `draw`."""
    return obj is not None and isinstance(obj.get(_FRAMES), bpy.types.Image)


def rendered(obj: bpy.types.Object) -> Rendered:
    """The newest render of a motion object.

    Raises:
        SceneError: when there is none.
    """
    image = obj.get(_FRAMES)
    if not isinstance(image, bpy.types.Image) or "gid_count" not in image:
        if obj.library is not None:
            raise SceneError(
                f"“{obj.name}” is linked, so this file cannot note which frames belong to it.",
                "Make a library override of its whole hierarchy, and render the frames again.",
            )
        raise SceneError(f"“{obj.name}” has no rendered frames.", "Press Render Image Sequence first.")
    found = {name: obj.get(key) for name, key in PASSES.items()}
    return Rendered(
        image,
        int(image["gid_count"]),
        int(image["gid_start"]),
        bool(image["gid_cyclic"]),
        {name: value for name, value in found.items() if isinstance(value, bpy.types.Image)},
        # Frames of earlier versions do not say.
        bool(image.get("gid_blurred")),
    )


def frame_paths(image: bpy.types.Image, count: int) -> list[Path]:
    """The files of a sequence, in order.

    Raises:
        SceneError: when a file is missing.
    """
    first = Path(bpy.path.abspath(image.filepath, library=image.library))
    match = _NUMBER.search(first.name)
    if match is None:
        raise SceneError(f"“{first.name}” has no frame number.", "Render again.")
    number, suffix = match.groups()
    stem = first.name[: match.start()]
    paths = [first.with_name(f"{stem}{int(number) + i:0{len(number)}d}{suffix}") for i in range(count)]
    missing = next((path for path in paths if not path.is_file()), None)
    if missing is not None:
        raise SceneError(f"The frame “{missing}” is missing.", "Render again.")
    return paths
