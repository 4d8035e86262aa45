# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture's mask as an image of its own, to cut out by: all that it is made of, and the side that moves white."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import numpy as np

from ..motion.masking import at_pixels
from .errors import SceneError
from .mask_sources import composed, mask_image, mask_size
from .pixels import Pixels, image_from_pixels

__all__ = ["cutout_mask"]


@contextmanager
def cutout_mask(obj: bpy.types.Object) -> Iterator[bpy.types.Image]:
    """What a picture's mask lets move, white on black and without the feather, as long as the block lasts.

    Raises:
        SceneError: when the mask is made of nothing, or something that it is made of is gone.
    """
    mask = composed(obj)
    if mask is None:
        raise SceneError(f"“{obj.name}” has no mask image.", "Paint a mask, or choose files.")
    width, height = mask_size(obj)
    values = at_pixels(mask.values, height, width) if mask.at_vertices else mask.values
    grey = np.rint(np.repeat(values[..., None], 3, axis=2) * 255).astype(np.uint8)
    # The layer is called what its mask is.
    name = Path((mask_image(obj) or obj).name).stem
    image = image_from_pixels(name, Pixels(grey, linear=False))
    try:
        yield image
    finally:
        bpy.data.images.remove(image)
