# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture as a file that every browser shows, whatever Blender holds it as."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy
import numpy as np

from ..motion.web_page import PagePicture
from .errors import SceneError
from .pixels import Pixels

__all__ = ["web_picture"]

# Of 100. Above, a file only grows; below, smooth skies get steps.
QUALITY = 90


def web_picture(pixels: Pixels, largest: int) -> PagePicture:
    """A WebP file of at most `largest` pixels a side, with the picture's alpha; scene-linear light is shown as sRGB.

    Raises:
        SceneError: when Blender cannot write it.
        OSError: when there is no room for a temporary file.
    """
    values = _encoded(pixels)
    height, width = values.shape[:2]
    share = min(1.0, largest / max(width, height))
    if share < 1:
        values = _smaller(values, max(1, round(height * share)), max(1, round(width * share)))
    height, width = values.shape[:2]
    rgba = np.ones((height, width, 4), np.float32)
    rgba[..., : values.shape[2]] = values[::-1]
    image = bpy.data.images.new("Web Page", width, height, alpha=True)
    try:
        image.alpha_mode = "STRAIGHT"
        image.pixels.foreach_set(rgba.ravel())
        image.file_format = "WEBP"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture.webp"
            image.save(filepath=str(path), quality=QUALITY, save_copy=True)
            return PagePicture(path.read_bytes(), width, height)
    except RuntimeError as error:
        raise SceneError(f"Blender cannot write the picture for the page: {error}.") from error
    finally:
        bpy.data.images.remove(image)


def _encoded(pixels: Pixels) -> np.ndarray:
    """(H, W, 3|4) float32 sRGB in 0..1 with straight alpha."""
    values = pixels.straight.astype(np.float32)
    if pixels.array.dtype == np.uint8:
        values /= 255
    values = np.clip(values, 0.0, 1.0)
    if pixels.linear:
        light = values[..., :3]
        values[..., :3] = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return values


def _smaller(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Each new pixel the mean of what it covers, weighted by alpha."""
    if values.shape[2] < 4:
        return _averaged(_averaged(values, height, 0), width, 1)
    premultiplied = np.concatenate([values[..., :3] * values[..., 3:], values[..., 3:]], axis=2)
    out = _averaged(_averaged(premultiplied, height, 0), width, 1)
    np.divide(out[..., :3], out[..., 3:], out=out[..., :3], where=out[..., 3:] > 0)
    return out


def _averaged(values: np.ndarray, count: int, axis: int) -> np.ndarray:
    """The integral up to each new border, by linear interpolation between the old ones, differenced."""
    old = values.shape[axis]
    total = np.zeros_like(values, np.float64, shape=(*values.shape[:axis], old + 1, *values.shape[axis + 1 :]))
    np.cumsum(values, axis=axis, dtype=np.float64, out=total[(slice(None),) * axis + (slice(1, None),)])
    border = np.linspace(0, old, count + 1)
    low = np.minimum(border.astype(np.intp), old - 1)
    shape = [1] * values.ndim
    shape[axis] = count + 1
    part = (border - low).reshape(shape)
    reached = total.take(low, axis) * (1 - part) + total.take(low + 1, axis) * part
    return np.asarray(np.diff(reached, axis=axis) * (count / old), np.float32)
