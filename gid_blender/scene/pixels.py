# SPDX-License-Identifier: GPL-3.0-or-later
"""The pixels of a Blender image, as the worker wants them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

__all__ = ["MIN_SIDE", "Pixels", "read_pixels"]

MIN_SIDE = 16


@dataclass(frozen=True)
class Pixels:
    """A picture as an array.

    Attributes:
        array: (H, W, 3) or (H, W, 4), C order, top row first. uint8 where Blender holds 8 bits a
            channel, else float32. Alpha is straight (not multiplied in), and is there only where some of it is below 1.
        linear: whether the values are scene-linear light rather than encoded (sRGB) ones.
    """

    array: np.ndarray
    linear: bool

    @property
    def header(self) -> dict[str, Any]:
        """The `image` parameter of the worker's `predict` and `render` requests."""
        return {"shape": list(self.array.shape), "dtype": str(self.array.dtype), "linear": self.linear}


def read_pixels(image: bpy.types.Image, *, frame: int | None = None) -> Pixels:
    """Read an image datablock: generated, file, packed, float, 16 bits, greyscale, sequence or movie.

    Args:
        image: any image datablock; only movies and sequences depend on `frame`.
        frame: number of the frame within the movie (1 is its first), or the number in a sequence's file name;
            see `sources.Source.frame`. None takes what the image shows now.

    Raises:
        SceneError: for Render Result and Viewer, deleted images, missing or unreadable files, pictures too small.
    """
    raise NotImplementedError
