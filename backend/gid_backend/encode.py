# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames as files: PNG, JPEG, WebP, OpenEXR, each with its colours tagged."""

from __future__ import annotations

import functools
import io
import os
import zlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from .atomic import replacing
from .colour import Picture, from_linear, straight, to_linear, unit_range
from .errors import GidError
from .exr import encode_exr
from .transparency import Background, laid_on, require_alpha

__all__ = [
    "ALPHA",
    "DEPTHS",
    "FORMATS",
    "FormatError",
    "check_depth",
    "encode_image",
    "srgb_profile",
    "to_8_bit",
    "to_16_bit",
    "write_image",
]

# format → file suffix
FORMATS = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "exr": ".exr"}
# format → bits of a channel; those of OpenEXR are half and float
DEPTHS = {"png": (8, 16), "jpeg": (8,), "webp": (8,), "exr": (16, 32)}
# Formats that hold transparency.
ALPHA = ("png", "webp", "exr")

# Signature, length, type, 13 bytes and checksum of the header chunk; colour is described right behind it.
_PNG_HEADER = 33
_PERCEPTUAL = b"sRGB\x00"


class FormatError(GidError):
    """A file format is none, or cannot hold what is asked for."""

    code = "bad_request"


def check_depth(format: str, depth: int | None) -> None:
    """Refuse a format that is none, or bits that it has not.

    Raises:
        FormatError: one sentence.
    """
    if format not in FORMATS:
        raise FormatError(f"“{format}” is no frame format; choose from {', '.join(FORMATS)}.")
    if depth is not None and depth not in DEPTHS[format]:
        known = " or ".join(map(str, DEPTHS[format]))
        raise FormatError(
            f"{format} frames have {known} bits a channel, not {depth}.", "PNG has 8 or 16, exr 16 or 32."
        )


def encode_image(
    frame: Picture,
    format: str,
    *,
    linear: bool = False,
    depth: int | None = None,
    background: Background | None = None,
) -> bytes:
    """The file of a frame.

    png keeps 8 and 16 bits and alpha, floats become 16 bits; jpeg and webp have 8 bits, jpeg no alpha; exr holds
    linear Rec. 709 values, half for integers and float for floats. Grey stays grey but in webp, which has none. The
    colours of png (sRGB chunk), jpeg and webp (profile) are tagged as sRGB, those of exr as Rec. 709.

    Args:
        frame: a picture as `gid_backend.colour` describes it.
        format: one of `FORMATS`.
        linear: a float frame holds scene-linear values, not sRGB-encoded ones.
        depth: bits of a channel, one of `DEPTHS[format]`; None as above.
        background: what a frame with alpha is laid on.

    Raises:
        FormatError: when `format` or `depth` is none of them.
        ImageError: when a transparent frame shall be a jpeg.
    """
    check_depth(format, depth)
    if background is not None:
        frame = laid_on(frame, background, linear=linear)
    if format == "exr":
        half = frame.dtype.kind != "f" if depth is None else depth == 16
        return encode_exr(_scene_linear(frame, linear), half=half)
    if format == "png":
        return _encode_png(frame, linear, depth or (8 if frame.dtype == np.uint8 else 16))
    if format == "jpeg":
        require_alpha(frame, "JPEG")
    pixels = to_8_bit(frame, linear=linear, alpha=format == "webp", grey=format == "jpeg")
    return _encode_with_profile(pixels, format)


def write_image(
    path: str | os.PathLike[str], frame: Picture, *, linear: bool = False, background: Background | None = None
) -> None:
    """Write a frame, whole or not at all, in the format of the path's suffix.

    Raises:
        OutputError: when the place cannot be written.
    """
    suffixes = {suffix: name for name, suffix in FORMATS.items()} | {".jpeg": "jpeg"}
    format = suffixes.get(Path(path).suffix.lower(), "png")
    data = encode_image(frame, format, linear=linear, background=background)
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def to_8_bit(frame: Picture, *, linear: bool = False, alpha: bool = False, grey: bool = False) -> npt.NDArray[np.uint8]:
    """(H, W, 3) sRGB; where it is there and wanted, (H, W, 4) with straight alpha, which is dropped otherwise, or
    (H, W, 1).
    """
    pixels = np.asarray(_to_integers(frame, np.uint8, linear), np.uint8)
    if pixels.shape[2] == 1:
        return pixels if grey else np.repeat(pixels, 3, axis=2)
    return pixels if alpha else pixels[..., :3]


def to_16_bit(frame: Picture, *, linear: bool = False) -> npt.NDArray[np.uint16]:
    """(H, W, 3) or (H, W, 4) sRGB, with straight alpha where there is one."""
    pixels = np.asarray(_to_integers(frame, np.uint16, linear), np.uint16)
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def _encode_png(frame: Picture, linear: bool, depth: int) -> bytes:
    pixels = _to_integers(frame, np.uint8 if depth == 8 else np.uint16, linear)
    if pixels.shape[2] >= 3:
        pixels = pixels[..., [2, 1, 0, *range(3, pixels.shape[2])]]
    done, encoded = cv2.imencode(".png", np.ascontiguousarray(pixels), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise GidError("The frame could not be encoded as PNG.")
    data = bytes(encoded)
    tag = (len(_PERCEPTUAL) - 4).to_bytes(4, "big") + _PERCEPTUAL + zlib.crc32(_PERCEPTUAL).to_bytes(4, "big")
    return data[:_PNG_HEADER] + tag + data[_PNG_HEADER:]


def _encode_with_profile(pixels: npt.NDArray[np.uint8], format: str) -> bytes:
    stream = io.BytesIO()
    # Untagged grey means sRGB's curve everywhere, and a colour profile does not fit it.
    tag = {} if pixels.shape[2] == 1 else {"icc_profile": srgb_profile()}
    options = {"quality": 95, "subsampling": "4:4:4"} if format == "jpeg" else {"quality": 90, "method": 3}
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    picture.save(stream, format, **options, **tag)
    return stream.getvalue()


@functools.cache
def srgb_profile() -> bytes:
    """An ICC profile of sRGB, the same bytes at any time."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # The date of its making, in twelve bytes of the header, would make every run's frames differ.
    return bytes(profile[:24] + bytes(12) + profile[36:])


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
    is_float = frame.dtype.kind == "f"
    if frame.shape[2] < 4 or (is_float and linear):
        return values if linear else to_linear(values)
    alpha = values[..., 3:]
    colour = straight(values[..., :3], alpha) if is_float else values[..., :3]
    return np.concatenate([(colour if linear else to_linear(colour)) * alpha, alpha], axis=2)
