# SPDX-License-Identifier: GPL-3.0-or-later
"""Embedded colour profiles: pictures of wide gamut (phones, Adobe RGB, ProPhoto) in sRGB, with the colours they show.

8 bits go through Little CMS. It takes no more than 8 bits from Pillow, so that pictures of 16 bits are converted here,
by the profile's three colorants and curves (ICC.1:2022 §8.3, Equations 8 and 9). Profiles of other kinds (tables, as
printers have them) are left alone at 16 bits.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, TiffImagePlugin

from .colour import Picture, from_linear

__all__ = ["PROFILE", "deep_to_srgb", "of_tiff", "to_srgb"]

# The tag of a TIFF that holds its profile.
PROFILE = 34675
# Rows are converted in pieces of about so many values, since the work needs floats.
_PIECE = 1 << 22
# Parameters of a parametric curve by its function type (ICC.1:2022, table 68).
_PARAMETERS = (1, 3, 4, 5, 7)

_Curve = npt.NDArray[np.float32]


def to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """A picture of 8 bits in the colours that it shows; alpha stays.

    Args:
        picture: of mode L, LA, RGB, RGBA or CMYK.
        profile: the bytes of an ICC profile. One that is broken, or for another kind of picture, is ignored: nearly all
            of them mean sRGB, and none is a reason to refuse a picture.

    Returns:
        The picture in its own mode; CMYK becomes RGB.
    """
    alpha = picture.getchannel("A") if picture.mode.endswith("A") else None
    inner = picture.mode.removesuffix("A")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if _is_srgb(source):
            return picture
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(picture.convert(inner), source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    if converted is None:
        return picture
    if inner == "L":
        converted = converted.getchannel(0)
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def deep_to_srgb(pixels: Picture, profile: bytes) -> Picture:
    """The same for 16 bits.

    Args:
        pixels: (H, W, 1|3|4) uint16; alpha stays.
        profile: as `to_srgb`. One of another kind of picture, or without colorants and curves, is ignored.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if _is_srgb(source):
            return pixels
        curves, matrix = _curves(source, profile, pixels)
    except (ImageCms.PyCMSError, OSError, ValueError, struct.error, IndexError):
        return pixels
    converted = pixels.copy()
    rows = max(1, _PIECE // (pixels.shape[1] * pixels.shape[2]))
    for first in range(0, len(pixels), rows):
        piece = pixels[first : first + rows]
        light = np.stack([curve[piece[..., i]] for i, curve in enumerate(curves)], axis=-1) @ matrix.T
        converted[first : first + rows, :, : len(curves)] = np.rint(from_linear(light) * 65535)
    return converted


def of_tiff(data: bytes, tag: int) -> Any:
    """What a tag says in a TIFF whose kind of pixels Pillow does not read; None when it says nothing."""
    if data[:4] not in (b"II*\0", b"MM\0*"):
        return None
    try:
        directory = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
        stream = io.BytesIO(data)
        stream.seek(directory.next)
        directory.load(stream)
        return directory.get(tag)
    # The pixels are read by another library: what Pillow makes of a damaged directory is no reason to stop.
    except Exception:
        return None


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    described = ImageCms.getProfileDescription(profile).lower()
    return "srgb" in described and "linear" not in described


def _curves(
    source: ImageCms.ImageCmsProfile, data: bytes, pixels: Picture
) -> tuple[list[_Curve], npt.NDArray[np.float32]]:
    """The curve of each channel at all 65,536 values, and the matrix from their light to linear sRGB.

    Raises:
        ValueError: this profile has none, or is not of a picture with the channels of `pixels`.
    """
    tags = {data[at : at + 4]: struct.unpack(">II", data[at + 4 : at + 12]) for at in _entries(data)}

    def curve(name: bytes) -> _Curve:
        offset, size = tags.get(name, (0, 0))
        return _curve(data[offset : offset + size])

    kind = source.profile.xcolor_space.strip()
    channels = pixels.shape[2]
    if channels == 1 or kind == "GRAY":
        # Grey with alpha comes as three equal colours with it.
        colours = min(channels, 3)
        if kind != "GRAY" or channels == 3 or (pixels[..., :1] != pixels[..., :colours]).any():
            raise ValueError
        return [curve(b"kTRC")] * colours, np.eye(colours, dtype=np.float32)
    if kind != "RGB" or not source.profile.is_matrix_shaper:
        raise ValueError
    matrix = np.linalg.solve(_colorants(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))), _colorants(source))
    return [curve(name) for name in (b"rTRC", b"gTRC", b"bTRC")], matrix.astype(np.float32)


def _entries(data: bytes) -> range:
    """Where the entries of the table of tags begin (ICC.1:2022 §7.3)."""
    (count,) = struct.unpack(">I", data[128:132])
    if count > 100:
        raise ValueError
    return range(132, 132 + 12 * count, 12)


def _colorants(profile: ImageCms.ImageCmsProfile) -> npt.NDArray[np.float64]:
    """(3, 3): columns are the XYZ of red, green and blue, as seen under D50, to which all profiles are adapted."""
    core = profile.profile
    found = (core.red_colorant, core.green_colorant, core.blue_colorant)
    if any(colorant is None for colorant in found):
        raise ValueError
    return np.array([colorant[0] for colorant in found if colorant is not None], np.float64).T


def _curve(tag: bytes) -> _Curve:
    """A tag of type `curv` or `para` at all 65,536 values (ICC.1:2022 §10.6, §10.18)."""
    x = np.linspace(0.0, 1.0, 65536)
    if tag[:4] == b"para":
        (kind,) = struct.unpack(">H", tag[8:10])
        numbers = struct.unpack(f">{_PARAMETERS[kind]}i", tag[12 : 12 + 4 * _PARAMETERS[kind]])
        return _parametric(kind, [number / 65536 for number in numbers])(x).astype(np.float32)
    if tag[:4] != b"curv":
        raise ValueError
    (count,) = struct.unpack(">I", tag[8:12])
    values = np.frombuffer(tag[12 : 12 + 2 * count], ">u2")
    if len(values) != count:
        raise ValueError
    if count == 0:
        return x.astype(np.float32)
    if count == 1:
        return np.asarray(x ** (float(values[0]) / 256), np.float32)
    return np.interp(x, np.linspace(0.0, 1.0, count), values / 65535).astype(np.float32)


def _parametric(kind: int, p: list[float]) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Y of X by function type 0 … 4: (aX + b)^g + e from d on, below it cX + f (table 68)."""
    g, a, b, c, d, e, f = (*p, *[0.0] * (7 - len(p)))
    if kind == 0:
        a, d = 1.0, 0.0
    elif kind in (1, 2):
        # Below −b/a these two are constant: 0, or the fourth parameter.
        e = f = c if kind == 2 else 0.0
        c, d = 0.0, -b / a
    return lambda x: np.where(x >= d, np.maximum(a * x + b, 0.0) ** g + e, c * x + f)
