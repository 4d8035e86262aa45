# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames as files: PNG, JPEG, WebP, OpenEXR."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from .atomic import replacing
from .colour import Picture, from_linear, straight, to_linear, unit_range
from .errors import GidError
from .exr import encode_exr

__all__ = ["FORMATS", "encode_image", "to_8_bit", "write_image"]

# format → file suffix
FORMATS = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "exr": ".exr"}


def encode_image(frame: Picture, format: str, *, linear: bool = False) -> bytes:
    """The file of a frame.

    png keeps 8 and 16 bits and alpha, floats become 16 bits; jpeg and webp have 8 bits, jpeg lays
    transparent places on black; exr holds linear values, half for integers and float for floats.

    Args:
        frame: a picture as `gid_backend.colour` describes it.
        format: one of `FORMATS`.
        linear: a float frame holds scene-linear values, not sRGB-encoded ones.

    Raises:
        GidError: when `format` is none of them.
    """
    if format == "exr":
        return encode_exr(_scene_linear(frame, linear), half=frame.dtype.kind != "f")
    if format == "png":
        pixels = frame if frame.dtype == np.uint8 else _to_integers(frame, np.uint16, linear)
        options = [cv2.IMWRITE_PNG_COMPRESSION, 3]
    elif format in ("jpeg", "webp"):
        pixels = to_8_bit(frame, linear=linear, alpha=format == "webp")
        options = [cv2.IMWRITE_JPEG_QUALITY, 95] if format == "jpeg" else [cv2.IMWRITE_WEBP_QUALITY, 90]
    else:
        raise GidError(f"“{format}” is no frame format; choose from {', '.join(FORMATS)}.")
    if pixels.shape[2] >= 3:
        pixels = pixels[..., [2, 1, 0, *range(3, pixels.shape[2])]]
    done, data = cv2.imencode(FORMATS[format], np.ascontiguousarray(pixels), options)
    if not done:
        raise GidError(f"The frame could not be encoded as {format}.")
    return bytes(data)


def write_image(path: str | os.PathLike[str], frame: Picture, *, linear: bool = False) -> None:
    """Write a frame, whole or not at all, in the format of the path's suffix.

    Raises:
        OutputError: when the place cannot be written.
    """
    suffixes = {suffix: name for name, suffix in FORMATS.items()} | {".jpeg": "jpeg"}
    format = suffixes.get(Path(path).suffix.lower(), "png")
    data = encode_image(frame, format, linear=linear)
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def to_8_bit(frame: Picture, *, linear: bool = False, alpha: bool = False) -> npt.NDArray[np.uint8]:
    """(H, W, 3) or, where there is alpha and it is wanted, (H, W, 4) uint8; otherwise laid on black."""
    pixels = np.asarray(frame if frame.dtype == np.uint8 else _to_integers(frame, np.uint8, linear), np.uint8)
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    if pixels.shape[2] == 3 or alpha:
        return pixels
    weight = pixels[..., 3:].astype(np.float32) / 255.0
    return np.asarray(np.rint(pixels[..., :3] * weight), np.uint8)


def _to_integers(frame: Picture, dtype: type[np.unsignedinteger], linear: bool) -> Picture:
    """sRGB-encoded integers with straight alpha."""
    if frame.dtype == dtype:
        return frame
    values = unit_range(frame)
    if frame.dtype.kind == "f":
        colour = values[..., :3]
        if frame.shape[2] == 4:
            colour = straight(colour, values[..., 3:])
        colour = from_linear(colour) if linear else colour
        values = np.concatenate([colour, values[..., 3:]], axis=2)
    return np.rint(np.clip(values, 0.0, 1.0) * np.iinfo(dtype).max).astype(dtype)


def _scene_linear(frame: Picture, linear: bool) -> npt.NDArray[np.float32]:
    """Linear values with associated alpha."""
    values = unit_range(frame)
    if linear:
        return values
    if frame.shape[2] < 4:
        return to_linear(values)
    alpha = values[..., 3:]
    colour = straight(values[..., :3], alpha) if frame.dtype.kind == "f" else values[..., :3]
    return np.concatenate([to_linear(colour) * alpha, alpha], axis=2)
