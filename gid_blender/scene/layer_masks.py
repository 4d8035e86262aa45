# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of a picture each of its layers shows: masks of any size, or parts that come with their own alpha."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ..motion.masking import brightness
from .errors import SceneError
from .pixels import Pixels, image_from_pixels, read_pixels

__all__ = ["LayerMask", "covered", "grown", "read_masks", "resized"]

# Of 255. Less than this of a mask is the noise of a compressed file.
_VISIBLE = 8


@dataclass(frozen=True)
class LayerMask:
    """One part of a picture.

    Attributes:
        name: for the layer.
        image: the part itself, with alpha; None where `mask` cuts it out of the picture.
        mask: a grey image of the picture's size, packed.
    """

    name: str
    image: bpy.types.Image | None
    mask: bpy.types.Image | None


def read_masks(
    picture: bpy.types.Image, images: Sequence[bpy.types.Image], *, overlap: int, kind: str = "AUTO"
) -> tuple[list[LayerMask], list[str]]:
    """The parts of a picture, the foremost first, and remarks on what may not be as it was meant.

    Args:
        picture: that they are parts of.
        images: see `layers.split_layers`.
        overlap: pixels by which a mask goes on beneath those in front of it.
        kind: MASKS, PICTURES or AUTO.

    Raises:
        SceneError: for an image that cannot be read, or in which there is nothing.
    """
    if not images:
        raise SceneError("No masks are chosen.", "Choose a picture for each layer: white is what belongs to it.")
    remarks: list[str] = []
    masks: list[tuple[bpy.types.Image, np.ndarray, bool]] = []
    width, height = picture.size
    for image in images:
        pixels = read_pixels(image).straight
        has_alpha = pixels.shape[2] == 4
        is_part = kind == "PICTURES" or (kind == "AUTO" and has_alpha)
        mask = _alpha(pixels) if is_part else _brightness(pixels)
        if mask.max() < _VISIBLE:
            raise SceneError(
                f"“{image.name}” is {'transparent' if is_part else 'black'} everywhere.", "Leave it out, or paint it."
            )
        high, wide = mask.shape
        # Half a pixel of rounding, either way.
        if abs(wide * height - high * width) > max(width, height):
            remarks.append(f"“{image.name}” is {wide}×{high} pixels, the picture {width}×{height}: it is stretched.")
        masks.append((image, resized(mask, height, width), is_part))
    remarks += _overlaps(masks)

    parts = []
    # How much of what lies behind is hidden, from 0 to 1.
    hidden = np.zeros((height, width), np.float32)
    for image, mask, is_part in masks:
        name = Path(image.name).stem
        if is_part:
            parts.append(LayerMask(name, image, None))
        else:
            mask = _beneath(mask, hidden, overlap)
            parts.append(LayerMask(name, None, _grey(f"{name} Layer", mask)))
        hidden += (1 - hidden) * (mask / np.float32(255))
    return parts, remarks


def covered(shown: Sequence[bpy.types.Image], height: int, width: int, grow: int) -> np.ndarray:
    """(height, width) uint8, 255 where any of the layers hides what is behind it, widened by `grow` pixels.

    Args:
        shown: of each layer its mask, or its part of the picture with alpha.
        height, width: of the result.
        grow: pixels.
    """
    front = np.zeros((height, width), np.uint8)
    for image in shown:
        pixels = read_pixels(image).straight
        mask = _alpha(pixels) if pixels.shape[2] == 4 else _brightness(pixels)
        front = np.maximum(front, resized(mask, height, width))
    return grown(np.where(front >= _VISIBLE, np.uint8(255), np.uint8(0)), grow)


def grown(mask: np.ndarray, pixels: int) -> np.ndarray:
    """The mask, widened by that many pixels."""
    for step in range(pixels):
        padded = np.pad(mask, 1)
        rows, columns = mask.shape
        # A cross and a square in turn: an octagon, which is round enough.
        corners = ((0, 1), (1, 0), (2, 1), (1, 2)) if step % 2 else ((0, 1), (1, 0), (2, 1), (1, 2), *_DIAGONAL)
        mask = mask.copy()
        for y, x in corners:
            np.maximum(mask, padded[y : y + rows, x : x + columns], out=mask)
    return mask


def resized(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """A mask (H, W) uint8 at another size, bilinear."""
    if mask.shape == (height, width):
        return mask
    for axis, size in ((0, height), (1, width)):
        count = mask.shape[axis]
        place = np.clip((np.arange(size) + 0.5) * count / size - 0.5, 0, count - 1)
        low = np.minimum(place.astype(np.intp), max(count - 2, 0))
        share = (place - low).astype(np.float32)
        share = share[:, None] if axis == 0 else share
        mask = mask.take(low, axis) * (1 - share) + mask.take(np.minimum(low + 1, count - 1), axis) * share
    return np.asarray(np.rint(mask), np.uint8)


_DIAGONAL = ((0, 0), (0, 2), (2, 0), (2, 2))


def _beneath(mask: np.ndarray, hidden: np.ndarray, overlap: int) -> np.ndarray:
    """The mask of a layer behind others: where edges share a pixel, two halves one behind the other are no whole.

    Seen through what is in front, (1 − hidden) · alpha is the share that the mask has of the picture there; so it is
    solid where shares add up to the picture, and as soft as it was where nothing is in front.
    """
    rest = 255 * (1 - hidden)
    share = np.rint(np.minimum(255 * (mask / np.maximum(rest, 1)), 255)).astype(np.uint8)
    # What rounding leaves of the picture would be seen through where a layer has moved away.
    share[(hidden > 0) & (rest - mask < _VISIBLE)] = 255
    # The noise of a compressed file would become specks of what is in front, and what is wholly hidden stays as it is.
    share = np.where((mask < _VISIBLE) | (rest < 1), mask, share)
    return np.where(255 - rest >= _VISIBLE, np.maximum(share, grown(share, overlap)), share)


def _overlaps(masks: list[tuple[bpy.types.Image, np.ndarray, bool]]) -> list[str]:
    remarks = []
    for number, (front, mask, _) in enumerate(masks):
        for behind, other, _ in masks[number + 1 :]:
            both = ((mask > 127) & (other > 127)).sum()
            # Soft edges that meet are no overlap.
            if both > 0.02 * min((mask > 127).sum(), (other > 127).sum()):
                remarks.append(f"“{front.name}” and “{behind.name}” overlap: the former is in front.")
    return remarks


def _grey(name: str, mask: np.ndarray) -> bpy.types.Image:
    image = image_from_pixels(name, Pixels(np.repeat(mask[..., None], 3, axis=2), linear=False))
    # Packed already: as data, its greys are taken as they are.
    image.colorspace_settings.name = "Non-Color"
    return image


def _alpha(pixels: np.ndarray) -> np.ndarray:
    return _bytes(pixels[..., 3]) if pixels.shape[2] == 4 else np.full(pixels.shape[:2], 255, np.uint8)


def _brightness(pixels: np.ndarray) -> np.ndarray:
    unit = pixels / np.float32(255) if pixels.dtype == np.uint8 else pixels
    grey = brightness(unit[..., :3])
    return _bytes(grey * unit[..., 3] if pixels.shape[2] == 4 else grey)


def _bytes(values: np.ndarray) -> np.ndarray:
    if values.dtype == np.uint8:
        return values
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
