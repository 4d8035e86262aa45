# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture is, and the two ways to store its colours.

A picture is an array (H, W, C), top row first, with C = 1 (grey), 3 (RGB) or 4 (RGBA), of one of

- uint8 or uint16: sRGB-encoded, with straight alpha, as PNG has it;
- float32: values of any range, with associated (premultiplied) alpha, as OpenEXR and Blender have it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Picture", "encoded", "from_linear", "straight", "to_linear", "unit_range"]

Picture = npt.NDArray[Any]


def unit_range(picture: Picture) -> npt.NDArray[np.float32]:
    """Integers as float32 0..1; floats as they are."""
    if picture.dtype.kind == "f":
        return np.asarray(picture, np.float32)
    return picture.astype(np.float32) / np.float32(np.iinfo(picture.dtype).max)


def from_linear(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Scene-linear to sRGB-encoded 0..1; what is brighter than white is white."""
    return encoded(np.clip(values, 0.0, 1.0))


def encoded(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Linear to sRGB-encoded; the curve goes on above 1, and below 0 there is nothing."""
    x = np.maximum(values, 0.0)
    return np.asarray(np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055), np.float32)


def to_linear(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """sRGB-encoded to linear, the inverse of `encoded`."""
    x = np.maximum(values, 0.0)
    return np.asarray(np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4), np.float32)


def straight(associated: npt.NDArray[np.float32], alpha: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Colour (H, W, C) with its (H, W, 1) alpha divided out; invisible places stay as they are."""
    return np.asarray(associated / np.where(alpha > 1e-6, alpha, 1.0), np.float32)
