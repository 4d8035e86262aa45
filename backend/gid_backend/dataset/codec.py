# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion fields in a tenth of a byte a value: a cosine transform, rounded, packed.

The transform is orthonormal, so an error that rounding makes is as large in the fields as in the coefficients: at most
about half a step, whatever the motion looks like. The step is far below what measuring flow leaves open.
"""

from __future__ import annotations

import lzma
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["decode_fields", "encode_fields"]

# Coefficients below this share of a step above zero are dropped: they cost many bits and carry noise.
DEAD_ZONE = 0.35


def encode_fields(fields: npt.NDArray[np.float32], step: float) -> bytes:
    """Pack (n, h, w) real fields.

    Args:
        fields: finite, of even height and width (the transform of OpenCV 4 takes no others), below 32767 steps
            divided by the root of h·w in size.
        step: of the rounding, in the unit of the fields.
    """
    order = _coarse_first(*fields.shape[1:])
    rounded = np.empty(fields.shape, np.int16)
    for index, plane in enumerate(fields):
        coefficients = cv2.dct(np.ascontiguousarray(plane, np.float32)) / np.float32(step)
        level = np.sign(coefficients) * np.floor(np.abs(coefficients) + DEAD_ZONE)
        rounded[index] = np.clip(level, -32767, 32767)
    rows = rounded.reshape(len(fields), -1)[:, order]
    # High bytes apart from low ones: they are nearly all alike.
    split = np.ascontiguousarray(rows).view(np.uint8).reshape(-1, 2).T
    return lzma.compress(split.tobytes(), check=lzma.CHECK_NONE, preset=6)


def decode_fields(
    data: bytes | npt.NDArray[np.uint8], shape: tuple[int, int, int], step: float
) -> npt.NDArray[np.float32]:
    """(n, h, w) float32 fields out of what `encode_fields` made.

    Raises:
        ValueError: when the bytes are damaged or of another shape.
    """
    count, height, width = shape
    expected = 2 * count * height * width
    inflate = lzma.LZMADecompressor(memlimit=1 << 28)
    try:
        # No more than is expected, whatever a damaged file claims to hold.
        raw = inflate.decompress(bytes(data), expected + 1)
    except (lzma.LZMAError, EOFError) as error:
        raise ValueError(f"the packed motion is damaged ({error})") from error
    if len(raw) != expected or not inflate.eof:
        raise ValueError("the packed motion has another size than it should")
    pairs = np.ascontiguousarray(np.frombuffer(raw, np.uint8).reshape(2, -1).T)
    rounded = pairs.view(np.int16).reshape(count, -1)
    coefficients = np.zeros((count, height * width), np.float32)
    coefficients[:, _coarse_first(height, width)] = rounded
    coefficients *= step
    planes = coefficients.reshape(shape)
    return np.stack([cv2.idct(plane) for plane in planes]) if count else planes


@lru_cache(maxsize=32)
def _coarse_first(height: int, width: int) -> npt.NDArray[np.intp]:
    """The coefficients from slow to quick changes in space, so that the zeros come in long runs."""
    radius = np.add.outer(np.arange(height) / height, np.arange(width) / width)
    return radius.ravel().argsort(kind="stable")
