# SPDX-License-Identifier: GPL-3.0-or-later
"""The pixels of a Blender image, as the worker wants them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .errors import SceneError

__all__ = ["MIN_SIDE", "Pixels", "image_from_pixels", "is_linear", "read_pixels"]

# Below this there is nothing in a picture that could be seen to move.
MIN_SIDE = 16


@dataclass(frozen=True)
class Pixels:
    """A picture as an array.

    Attributes:
        array: (H, W, 3) or (H, W, 4), C order, top row first. uint8 where Blender holds 8 bits a
            channel, else float32. As over the wire, alpha is straight in bytes and associated (multiplied into the
            colours) in floats. It is there only where some of it is below 1.
        linear: whether the values are scene-linear light rather than encoded (sRGB) ones.
    """

    array: np.ndarray
    linear: bool

    @property
    def header(self) -> dict[str, Any]:
        """The `image` parameter of the worker's `predict` and `render` requests."""
        return {"shape": list(self.array.shape), "dtype": str(self.array.dtype), "linear": self.linear}

    @property
    def straight(self) -> np.ndarray:
        """The array with straight alpha in floats too, for who needs colours for themselves."""
        if self.array.dtype == np.uint8 or self.array.shape[2] < 4:
            return self.array
        values = self.array.copy()
        alpha = values[..., 3:]
        np.divide(values[..., :3], alpha, out=values[..., :3], where=alpha > 0)
        return values


def read_pixels(image: bpy.types.Image, *, frame: int | None = None) -> Pixels:
    """Read an image datablock: generated, file, packed, float, 16 bits, greyscale, sequence or movie.

    Args:
        image: any image datablock; only movies and sequences depend on `frame`.
        frame: number of the frame within the movie (1 is its first), or the number in a sequence's file name;
            see `sources.Source.frame`. None takes what the image shows now.

    Raises:
        SceneError: for Render Result and Viewer, deleted images, missing or unreadable files, pictures too small.
    """
    try:
        name = image.name
    except ReferenceError:
        raise SceneError("The picture was deleted.", "Choose another picture.") from None
    _refuse_what_has_no_pixels(image)
    if frame is None or image.source not in {"MOVIE", "SEQUENCE"}:
        return _read_loaded(image, name)
    temporary = _movie_frame(image, frame) if image.source == "MOVIE" else _sequence_frame(image, frame)
    try:
        return _read_loaded(temporary, name)
    finally:
        bpy.data.images.remove(temporary)


def image_from_pixels(name: str, pixels: Pixels, *, like: bpy.types.Image | None = None) -> bpy.types.Image:
    """A new image datablock that holds these pixels, packed into the .blend.

    Args:
        name: of the datablock; Blender appends a number when it is taken.
        pixels: as `read_pixels` returns them.
        like: image whose colour space it takes over.
    """
    height, width, channels = pixels.array.shape
    is_float = pixels.array.dtype != np.uint8
    image = bpy.data.images.new(name, width, height, alpha=channels == 4, float_buffer=is_float)
    # As float buffers hold it; marked straight, it would be multiplied in again when the packed file is read.
    image.alpha_mode = "PREMUL" if is_float else "STRAIGHT"
    if like is not None:
        # Before the pixels: a generated image whose colour space changes is generated anew.
        if is_float == like.is_float and image.colorspace_settings.name != like.colorspace_settings.name:
            image.colorspace_settings.name = like.colorspace_settings.name
    rgba = np.ones((height, width, 4), np.float32)
    rgba[..., :channels] = pixels.array[::-1]
    if not is_float:
        rgba[..., :channels] /= 255
    image.pixels.foreach_set(rgba.ravel())
    image.update()
    image.pack()
    return image


def _refuse_what_has_no_pixels(image: bpy.types.Image) -> None:
    if image.type in {"RENDER_RESULT", "COMPOSITING"}:
        raise SceneError(
            f"“{image.name}” is not a picture of its own: Blender overwrites it with each render.",
            "Save it with Image > Save As… in the Image Editor, then open the saved file.",
        )
    if image.type == "MULTILAYER":
        raise SceneError(
            f"“{image.name}” holds several layers.", "Save the layer you want as a single picture and open that."
        )
    if image.source == "TILED" and len(image.tiles) > 1:
        raise SceneError(f"“{image.name}” is made of {len(image.tiles)} tiles.", "Choose a picture without UDIM tiles.")


def _read_loaded(image: bpy.types.Image, name: str) -> Pixels:
    width, height = image.size
    if width == 0 or height == 0:
        raise _why_empty(image, name)
    if min(width, height) < MIN_SIDE:
        raise SceneError(
            f"“{name}” is too small: {width}×{height} pixels.",
            f"Choose a picture of at least {MIN_SIDE}×{MIN_SIDE} pixels.",
        )
    channels = image.channels
    values = np.empty(width * height * channels, np.float32)
    if len(image.pixels) != len(values):
        raise _why_empty(image, name)
    image.pixels.foreach_get(values)
    # Blender's first row is the bottom one.
    values = values.reshape(height, width, channels)[::-1]
    if channels < 3:
        # One channel is grey, two are grey and alpha.
        values = np.concatenate([values[..., :1].repeat(3, -1), values[..., 1:]], axis=-1)
    if values.shape[-1] == 4 and (image.alpha_mode in {"NONE", "CHANNEL_PACKED"} or values[..., 3].min() >= 1):
        values = values[..., :3]
    if image.is_float:
        return Pixels(np.ascontiguousarray(values), is_linear(image))
    bytes_ = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8, order="C")
    return Pixels(bytes_, is_linear(image))


def is_linear(image: bpy.types.Image) -> bool:
    """Whether an image's pixels are scene-linear light, as `Pixels.linear`."""
    space = image.colorspace_settings
    if not image.is_float:
        return space.name.startswith("Linear")
    # Blender converts float buffers to scene-linear when it loads them, unless they are marked as data.
    return not space.is_data or image.file_format in {"OPEN_EXR", "OPEN_EXR_MULTILAYER", "HDR"}


def _why_empty(image: bpy.types.Image, name: str) -> SceneError:
    path = Path(bpy.path.abspath(image.filepath, library=image.library)) if image.filepath else None
    if path is not None and not image.packed_file and not path.exists():
        return SceneError(
            f"The file of “{name}” is missing: {path}", "Restore it, or find it with File > External Data."
        )
    return SceneError(
        f"“{name}” cannot be read as a picture.", "Open it in another program and save it as PNG or JPEG."
    )


def _movie_frame(image: bpy.types.Image, frame: int) -> bpy.types.Image:
    """A copy that shows one frame of a movie. There is no call to load one, but scaling takes a frame number."""
    width, height = image.size
    if width == 0 or height == 0:
        raise _why_empty(image, image.name)
    copy = image.copy()
    copy.scale(width, height, frame=min(max(frame, 1), max(image.frame_duration, 1)))
    return copy


def _sequence_frame(image: bpy.types.Image, frame: int) -> bpy.types.Image:
    path = Path(bpy.path.abspath(image.filepath, library=image.library))
    digits = re.search(r"(\d+)(\D*)$", path.stem)
    if digits is not None:
        number = str(max(frame, 0)).zfill(len(digits.group(1)))
        path = path.with_name(path.stem[: digits.start()] + number + digits.group(2) + path.suffix)
    if not path.exists():
        raise SceneError(
            f"“{image.name}” has no frame {frame}: {path} is missing.", "Go to a frame that the sequence has."
        )
    still = bpy.data.images.load(str(path))
    still.colorspace_settings.name = image.colorspace_settings.name
    still.alpha_mode = image.alpha_mode
    return still
