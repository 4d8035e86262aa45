# SPDX-License-Identifier: GPL-3.0-or-later
"""From a picture of what may move to what the displacement of each pixel is multiplied with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume, masking
from gid_blender.motion.grid import at_vertices

from .errors import ImageError

__all__ = ["Weights", "as_weights", "condition", "of_picture", "read_mask", "vertex_weights"]

Weights = npt.NDArray[np.float32]

# Of the longer side, like the plane's in Blender: what is finer than this is narrower than any feather.
_VERTICES = 257


def as_weights(mask: npt.NDArray[Any]) -> Weights:
    """The same shape in 0..1 of a mask of 8 or 16 bits, bool or float; 0 and the largest number are 0 and 1 exactly.

    Raises:
        ImageError: when floats are beyond 0..1.
    """
    if mask.dtype.kind == "f":
        if not np.isfinite(mask).all() or mask.min() < 0 or mask.max() > 1:
            raise ImageError("A mask's values must be from 0 (still) to 1 (free).")
        return np.asarray(mask, np.float32)
    top = 1 if mask.dtype.kind == "b" else np.iinfo(mask.dtype).max
    return np.asarray(mask.astype(np.float32) / np.float32(top), np.float32)


def read_mask(path: Path) -> Weights:
    """(H, W) in 0..1 of a picture file, as bright as it looks on black, as in Blender; white is 1 exactly.

    Raises:
        ImageError: see `images.read_image`.
    """
    from .images import read_image

    return of_picture(read_image(path))


def of_picture(picture: npt.NDArray[Any]) -> Weights:
    """(H, W) in 0..1 of a decoded picture (H, W, channels), as in `read_mask`.

    Raises:
        ImageError: when floats are beyond 0..1.
    """
    values, channels = as_weights(picture), picture.shape[2]
    bright = values[..., 0] if channels < 3 else masking.brightness(values[..., :3])
    # Floats come with alpha multiplied in.
    is_straight = channels in {2, 4} and picture.dtype.kind != "f"
    return bright * values[..., -1] if is_straight else bright


def condition(mask: Weights) -> npt.NDArray[np.bool_]:
    """What a prediction is told: where anything may move. Greys weaken it afterwards, and would do so twice."""
    return mask > 0


def vertex_weights(
    mask: Weights,
    volume: SpectralVolume,
    height: int,
    width: int,
    amplitude: float = 1.0,
    gains: npt.NDArray[np.float64] | None = None,
) -> Weights:
    """A mask, feathered so that this motion does not tear, at vertices that span the picture.

    `masking.at_pixels` makes pixels of it; none is above the mask, and under black they are 0.

    Args:
        mask: (any size) 0..1, stretched over the picture.
        volume: the motion.
        height: pixels of the picture.
        width: likewise.
        amplitude: of the motion, 1 as predicted.
        gains: (K,) of an equaliser; None for all 1.
    """
    share = (_VERTICES - 1) / max(height, width)
    rows, columns = (max(2, round(side * share) + 1) for side in (height, width))
    spacing = (1 / (columns - 1), height / width / (rows - 1))
    lowest = masking.lowest_at_vertices(mask, rows, columns)
    spectrum = at_vertices(volume, rows, columns)
    if gains is not None:
        # Never below 1: pulls and winds that are added may bring back what an equaliser takes away.
        spectrum = spectrum * np.maximum(gains, 1.0).astype(np.float32)[:, None, None, None]
    return masking.feathered(lowest, spectrum, spacing, amplitude=max(masking.AMPLITUDE, amplitude))
