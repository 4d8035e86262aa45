# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures: reading any of them, checking them, and what the model gets to see."""

from __future__ import annotations

import io
import os
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from .colour import Picture, from_linear, straight, unit_range
from .encode import FORMATS, encode_image
from .errors import ImageError
from .exr import decode_exr
from .profiles import PROFILE, deep_to_srgb, of_tiff, to_srgb

__all__ = ["FORMATS", "checked", "decode_image", "encode_image", "is_linear", "prepare", "read_file", "read_image"]

MIN_SIDE = 16
MAX_SIDE = 16384
MAX_PIXELS = 1 << 27
MAX_ASPECT = 32
# The tag of a TIFF that says what its fourth channel is: 1 is alpha that its colours are associated with, 2 straight.
_TIFF_EXTRA = 338
# The tone under transparent places: neither a dark nor a bright surrounding is put into the model's mouth.
MID_GREY = 0.5

# Pillow would warn at sizes that are allowed here; sizes are checked before anything is unpacked.
Image.MAX_IMAGE_PIXELS = None


def read_image(path: str | os.PathLike[str]) -> Picture:
    """Read a picture: PNG, JPEG, WebP, TIFF, GIF, BMP, OpenEXR, Radiance HDR and what else Pillow knows.

    Turned upright by its EXIF tag, converted to sRGB from an embedded profile (integers), 16-bit and float kept.

    Returns:
        (H, W, 1|3|4) uint8, uint16 or float32; EXR and HDR are scene-linear, see `is_linear`.

    Raises:
        ImageError: one sentence on why this is no picture, or none that can be worked with.
    """
    return decode_image(read_file(path), f"“{os.fspath(path)}”")


def read_file(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a picture's file.

    Raises:
        ImageError: one sentence on why it cannot be read.
    """
    name = f"“{os.fspath(path)}”"
    # Unlike Path's, this takes a name that is too long or that nobody may look at for none.
    if os.path.isdir(path):
        raise ImageError(f"{name} is a folder, not a picture.")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ImageError(f"{name} cannot be opened ({error.strerror or error}).") from error
    except ValueError as error:
        raise ImageError(f"{name} is not a valid file name ({error}).") from error


def decode_image(data: bytes, name: str) -> Picture:
    """A picture from the bytes of its file, for those who have no file; as `read_image`.

    Args:
        data: of any format that `read_image` takes.
        name: what sentences call it.

    Raises:
        ImageError: as `read_image`.
    """
    try:
        picture = _decode(data)
    except ImageError as error:
        raise ImageError(f"{name}: {error.message}", error.hint) from error
    # What a damaged file can raise inside the decoders is wide open.
    except Exception as error:
        reason = str(error).splitlines()[0].strip().rstrip(".") if str(error) else type(error).__name__
        raise ImageError(
            f"{name} is damaged or no picture ({reason}).", "Open it in an image editor and save it again."
        ) from error
    return checked(picture, name)


def is_linear(path: str | os.PathLike[str]) -> bool:
    """Whether a file of this name holds scene-linear values."""
    return Path(path).suffix.lower() in (".exr", ".hdr", ".pic")


def checked(image: npt.ArrayLike, name: str = "The picture") -> Picture:
    """The picture as (H, W, 1|3|4) uint8, uint16 or float32, contiguous.

    Raises:
        ImageError: when it is no such array, too small, too large, too narrow, or holds NaN or infinity.
    """
    a = np.asarray(image)
    if a.ndim == 2:
        a = a[..., None]
    if a.ndim != 3 or a.shape[2] not in (1, 3, 4):
        raise ImageError(f"{name} has the shape {a.shape}, where (height, width, 1, 3 or 4) is expected.")
    check_size(a.shape[1], a.shape[0], name)
    if a.dtype in (np.uint8, np.uint16):
        return np.ascontiguousarray(a)
    if a.dtype.kind != "f":
        raise ImageError(f"{name} holds {a.dtype} values, where 8-bit, 16-bit or float ones are expected.")
    a = np.ascontiguousarray(a, np.float32)
    if not np.isfinite(a).all():
        raise ImageError(f"{name} holds values that are not finite (NaN or infinity).", "Clamp it and try again.")
    return a


def check_size(width: int, height: int, name: str = "The picture") -> None:
    """Refuse sizes that make no sense, before memory is spent on them.

    Raises:
        ImageError: saying the size and the limit.
    """
    size = f"{name} is {width}×{height} pixels"
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"{size}; each side must have at least {MIN_SIDE}.", "Choose a larger picture.")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ImageError(
            f"{size}; at most {MAX_SIDE} a side and {MAX_PIXELS >> 20} megapixels are possible.", "Scale it down."
        )
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise ImageError(f"{size}; a strip longer than {MAX_ASPECT} to 1 shows nothing that sways.", "Crop it.")


def prepare(image: npt.ArrayLike, linear: bool = False) -> npt.NDArray[np.float32]:
    """What the model sees of a picture: (H, W, 3) float32, sRGB-encoded, 0..1, transparent places mid-grey.

    Args:
        image: any picture; see the head of this module.
        linear: its values are scene-linear, so they are encoded first.

    Raises:
        ImageError: see `checked`.
    """
    picture = checked(image)
    values = unit_range(picture)
    colour = values[..., :3]
    if picture.shape[2] == 4:
        alpha = np.clip(values[..., 3:], 0.0, 1.0)
        if picture.dtype.kind == "f":
            colour = straight(colour, alpha)
        colour = from_linear(colour) if linear else np.clip(colour, 0.0, 1.0)
        colour = colour * alpha + MID_GREY * (1.0 - alpha)
    else:
        colour = from_linear(colour) if linear else np.clip(colour, 0.0, 1.0)
    return np.ascontiguousarray(np.broadcast_to(colour, (*colour.shape[:2], 3)), np.float32)


def _decode(data: bytes) -> Picture:
    if not data:
        raise ImageError("the file is empty.")
    if data[:4] == b"\x76\x2f\x31\x01":
        return decode_exr(data)
    if data[:2] == b"#?":
        return _decode_deep(data)
    try:
        with Image.open(io.BytesIO(data)) as opened:
            check_size(*opened.size, "the picture")
            # A picture that breaks off half-way must not pass: OpenCV would fill the rest with grey, Pillow complains.
            opened.load()
            if _is_deep(opened, data):
                pixels = _decode_deep(data, opened.info.get("icc_profile"), opened.getexif().get(_TIFF_EXTRA))
                return _turned(pixels, opened.getexif().get(0x0112, 1))
            return _from_pillow(opened)
    except UnidentifiedImageError:
        # 16-bit colour and float TIFF: Pillow does not know them.
        return _decode_deep(data, of_tiff(data, PROFILE), of_tiff(data, _TIFF_EXTRA))


def _is_deep(opened: Image.Image, data: bytes) -> bool:
    """Whether there is more in the file than the 8 bits that Pillow gives."""
    if opened.format == "PNG":
        return data[24] == 16
    if opened.format == "TIFF":
        bits = opened.getexif().get(0x0102, 8)
        # Inks OpenCV does not know.
        return bool(np.max(bits) > 8) and opened.mode not in ("CMYK", "LAB")
    return opened.mode in ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")


def _from_pillow(opened: Image.Image) -> Picture:
    profile = opened.info.get("icc_profile")
    upright: Image.Image = ImageOps.exif_transpose(opened)
    # Lab has a channel of that name too, though not as the last.
    transparent = upright.getbands()[-1] == "A" or "transparency" in upright.info
    grey = upright.mode in ("1", "L", "LA")
    # A profile is of the channels that the file has: of grey where it is grey, of four inks where it is CMYK.
    native = "CMYK" if upright.mode == "CMYK" else ("L" if grey else "RGB") + ("A" if transparent else "")
    picture = upright.convert(native)
    if profile:
        picture = to_srgb(picture, profile)
    pixels = np.asarray(picture.convert("RGBA" if transparent else "L" if grey else "RGB"), np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _decode_deep(data: bytes, profile: bytes | None = None, extra: object = None) -> Picture:
    """16-bit and float pictures, through OpenCV; `extra` is what a TIFF says of its alpha."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise ImageError("this is no picture, or a damaged one.")
    pixels = decoded[..., None] if decoded.ndim == 2 else decoded
    if pixels.shape[2] == 3:
        pixels = pixels[..., ::-1]
    elif pixels.shape[2] == 4:
        pixels = pixels[..., [2, 1, 0, 3]]
    if pixels.dtype.kind == "f":
        values = np.asarray(pixels, np.float32)
        if values.shape[2] == 4 and extra in (2, (2,)):
            values = np.concatenate([values[..., :3] * values[..., 3:], values[..., 3:]], axis=2)
        return values
    if pixels.shape[2] == 4 and extra in (1, (1,)):
        # Pillow does so at 8 bits.
        alpha = pixels[..., 3:].astype(np.float32)
        colour = pixels[..., :3] * (np.float32(65535) / np.maximum(alpha, 1))
        pixels = np.concatenate([np.rint(colour).clip(0, 65535).astype(pixels.dtype), pixels[..., 3:]], axis=2)
    return deep_to_srgb(np.asarray(pixels), profile) if profile and pixels.dtype == np.uint16 else np.asarray(pixels)


def _turned(pixels: Picture, orientation: int) -> Picture:
    """Upright by the EXIF orientation 1..8."""
    if orientation in (2, 4, 5, 7):
        pixels = pixels[:, ::-1]
    return np.rot90(pixels, {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0))
