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
        fields: finite, of even height and width (the transform of OpenCV 4 takes no others).
        step: of the rounding, in the unit of the fields.
    """
    order = _coarse_first(*fields.shape[1:])
    levels = np.empty(fields.shape, np.float32)
    for index, plane in enumerate(fields):
        coefficients = cv2.dct(np.ascontiguousarray(plane, np.float32)) / np.float32(step)
        levels[index] = np.sign(coefficients) * np.floor(np.abs(coefficients) + DEAD_ZONE)
    # Two bytes do for all that is usual; what goes far beyond takes four.
    kind = np.int16 if np.abs(levels).max(initial=0.0) < 2**15 else np.int32
    rows = np.ascontiguousarray(levels.reshape(len(fields), -1)[:, order].astype(kind))
    # High bytes apart from low ones: they are nearly all alike.
    split = rows.view(np.uint8).reshape(-1, rows.itemsize).T
    return lzma.compress(split.tobytes(), check=lzma.CHECK_NONE, preset=6)


def decode_fields(
    data: bytes | npt.NDArray[np.uint8], shape: tuple[int, int, int], step: float
) -> npt.NDArray[np.float32]:
    """(n, h, w) float32 fields out of what `encode_fields` made.

    Raises:
        ValueError: when the bytes are damaged or of another shape.
    """
    count, height, width = shape
    values = count * height * width
    inflate = lzma.LZMADecompressor(memlimit=1 << 28)
    try:
        # No more than is expected, whatever a damaged file claims to hold.
        raw = inflate.decompress(bytes(data), 4 * values + 1)
    except (lzma.LZMAError, EOFError) as error:
        raise ValueError(f"the packed motion is damaged ({error})") from error
    if len(raw) not in (2 * values, 4 * values) or not inflate.eof:
        raise ValueError("the packed motion has another size than it should")
    size = len(raw) // values
    parts = np.ascontiguousarray(np.frombuffer(raw, np.uint8).reshape(size, -1).T)
    coefficients = np.zeros((count, height * width), np.float32)
    coefficients[:, _coarse_first(height, width)] = parts.view(np.int16 if size == 2 else np.int32).reshape(count, -1)
    coefficients *= step
    return np.stack([cv2.idct(plane) for plane in coefficients.reshape(shape)])


@lru_cache(maxsize=32)
def _coarse_first(height: int, width: int) -> npt.NDArray[np.intp]:
    """The coefficients from slow to quick changes in space, so that the zeros come in long runs."""
    radius = np.add.outer(np.arange(height) / height, np.arange(width) / width)
    return radius.ravel().argsort(kind="stable")
