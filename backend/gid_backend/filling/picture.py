# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole picture of any size and depth: crop, fill small, and bring the find back at full size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..colour import Picture
from ..errors import Cancelled, ImageError
from ..images import checked
from .exemplar import RADIUS, Offsets, complete
from .membrane import membrane

__all__ = ["THRESHOLD", "fill"]

Progress = Callable[[str, int, int], None]
Cancel = Callable[[], bool]
Floats = npt.NDArray[np.float32]
Region = npt.NDArray[np.bool_]

# Of 255: a tenth white. JPEG leaves specks of a few steps in what was black.
THRESHOLD = 26
# Pixels of the hole, and of what surrounds it, that texture is searched for at once.
_WORKING_HOLE = 16_000
_WORKING_PIXELS = 160_000
# Rows that are put together at a time: memory stays bounded, and a cancel is noticed.
_BAND_PIXELS = 1 << 19


def fill(
    image: npt.ArrayLike,
    mask: npt.NDArray[np.uint8],
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Picture:
    """Fill the masked part of a picture with what plausibly lies behind.

    Args:
        image: (H, W, 1|3|4) uint8, uint16 or float.
        mask: (H, W) uint8; what is a tenth white or more is filled.
        progress: told how far it is, in steps of 100.
        cancel: asked between steps.

    Returns:
        a picture of the same shape and type, bit for bit the same outside the mask.

    Raises:
        ImageError: for a mask of another size, or one that leaves nothing to fill from.
        Cancelled: when `cancel` says so.
    """
    picture = checked(image)
    if mask.shape != picture.shape[:2]:
        raise ImageError(
            f"The mask is {mask.shape[1]}×{mask.shape[0]} pixels, the picture {picture.shape[1]}×{picture.shape[0]}.",
            "Scale the mask to the size of the picture.",
        )
    hole = mask >= THRESHOLD
    if hole.all():
        raise ImageError("The mask covers the whole picture, so nothing is left to fill from.", "Leave some of it out.")
    if not hole.any():
        return picture.copy()

    def check(share: float) -> None:
        if cancel is not None and cancel():
            raise Cancelled
        if progress is not None:
            progress("Filling the background", round(100 * share), 100)

    check(0.0)
    rows, columns = _surroundings(hole)
    part, inside = picture[rows, columns], hole[rows, columns]
    result = picture.copy()
    result[rows, columns] = _filled(part, inside, lambda share: check(0.99 * share))
    check(1.0)
    return result


def _surroundings(hole: Region) -> tuple[slice, slice]:
    """The part of the picture that matters: the hole and as much again around it."""
    found = []
    for axis in (1, 0):
        places = np.nonzero(hole.any(axis=axis))[0]
        margin = max(places[-1] - places[0] + 1, 64)
        found.append(slice(max(int(places[0] - margin), 0), int(places[-1] + 1 + margin)))
    return found[0], found[1]


def _filled(part: Picture, hole: Region, check: Callable[[float], None]) -> Picture:
    values = _Values.of(part)
    # A whole number: what is found at the small size is then a shift by whole pixels at the full one.
    step = max(1, int(np.ceil(max((hole.sum() / _WORKING_HOLE) ** 0.5, (hole.size / _WORKING_PIXELS) ** 0.5))))
    small, holes = _shrunk(part, hole, values, step, check)
    smooth = membrane(small, ~holes)
    if min(holes.shape) <= 4 * RADIUS or (~holes).sum() < 64:
        return _enlarged(part, hole, values, step, smooth, None, check)
    filled, offsets = complete(values.guide(smooth), holes, ~holes, check=lambda done: check(0.1 + 0.6 * done))
    # Of what is known, the small picture itself: the way to the guide and back costs digits.
    small = np.where(holes[..., None], values.unguide(filled), smooth)
    return _enlarged(part, hole, values, step, small, offsets, check)


def _shrunk(
    part: Picture, hole: Region, values: _Values, step: int, check: Callable[[float], None]
) -> tuple[Floats, Region]:
    """Means of step×step known pixels, and which of them have an unknown one among them."""
    height, width = hole.shape
    rows, columns = -(-height // step), -(-width // step)
    small = np.zeros((rows, columns, part.shape[2]), np.float32)
    share = np.zeros((rows, columns, 1), np.float32)
    band = max(1, _BAND_PIXELS // (width * step))
    for first in range(0, rows, band):
        check(0.1 * first / rows)
        inside = slice(first * step, min((first + band) * step, height))
        known = (~hole[inside]).astype(np.float32)[..., None]
        for target, source in ((small, values.open(part[inside]) * known), (share, known)):
            high = min(first + band, rows) - first
            padded = np.zeros((high * step, columns * step, source.shape[2]), np.float32)
            padded[: source.shape[0], :width] = source
            target[first : first + high] = padded.reshape(high, step, columns, step, -1).mean(axis=(1, 3))
    full = np.minimum(step, height - step * np.arange(rows))[:, None] * np.minimum(
        step, width - step * np.arange(columns)
    )
    holes = share[..., 0] * step**2 < full - 0.5
    return np.asarray(small / np.maximum(share, 1e-9), np.float32), np.asarray(holes)


def _enlarged(
    part: Picture,
    hole: Region,
    values: _Values,
    step: int,
    small: Floats,
    offsets: Offsets | None,
    check: Callable[[float], None],
) -> Picture:
    """The hole at full size: fine detail from where the small picture found its like, all else from the small one."""
    height, width = hole.shape
    rows, columns = small.shape[:2]
    result = part.copy()
    band = max(1, _BAND_PIXELS // width)
    for first in range(0, height, band):
        check(0.7 + 0.3 * first / height)
        ys, xs = np.nonzero(hole[first : first + band])
        if not len(ys):
            continue
        ys = ys + first
        filled = _sampled(small, (ys + 0.5) / step - 0.5, (xs + 0.5) / step - 0.5)
        if offsets is not None and step > 1:
            detail = np.zeros_like(filled)
            for dy, dx, weight in _corners((ys + 0.5) / step - 0.5, (xs + 0.5) / step - 0.5):
                cell = offsets[dy.clip(0, rows - 1), dx.clip(0, columns - 1)]
                fy = (ys + step * cell[:, 0]).clip(0, height - 1)
                fx = (xs + step * cell[:, 1]).clip(0, width - 1)
                sound = ~hole[fy, fx]
                taken = values.open(part[fy, fx])
                blurred = _sampled(small, (fy + 0.5) / step - 0.5, (fx + 0.5) / step - 0.5)
                detail += np.where(sound, weight, 0)[:, None] * (taken - blurred)
            filled = filled + detail
        result[ys, xs] = values.close(filled, part.dtype)
    return result


def _corners(
    y: npt.NDArray[np.float64], x: npt.NDArray[np.float64]
) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]]:
    """The four cells around each place, and the share of each in a bilinear mean."""
    top, left = np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)
    v, u = (y - top).astype(np.float32), (x - left).astype(np.float32)
    return [
        (top + dy, left + dx, np.asarray((v if dy else 1 - v) * (u if dx else 1 - u), np.float32))
        for dy in (0, 1)
        for dx in (0, 1)
    ]


def _sampled(small: Floats, y: npt.NDArray[np.float64], x: npt.NDArray[np.float64]) -> Floats:
    rows, columns = small.shape[:2]
    y, x = y.clip(0, rows - 1), x.clip(0, columns - 1)
    total = np.zeros((len(y), small.shape[2]), np.float32)
    for cy, cx, weight in _corners(y, x):
        total += weight[:, None] * small[cy.clip(0, rows - 1), cx.clip(0, columns - 1)]
    return total


@dataclass(frozen=True)
class _Values:
    """Between what a picture stores and numbers that can be averaged.

    Attributes:
        peak: full white as it is stored.
        straight: whether alpha is to be multiplied in, and divided out again.
    """

    peak: float
    straight: bool

    @classmethod
    def of(cls, part: Picture) -> _Values:
        is_float = part.dtype.kind == "f"
        return cls(1.0 if is_float else float(np.iinfo(part.dtype).max), part.shape[2] == 4 and not is_float)

    def open(self, stored: Picture) -> Floats:
        """(…, C) float32 with alpha multiplied in: what cannot be seen must not colour anything."""
        values = stored.astype(np.float32) / np.float32(self.peak)
        if self.straight:
            values[..., :3] *= values[..., 3:]
        return values

    def close(self, values: Floats, dtype: np.dtype[Any]) -> Picture:
        """The inverse of `open`."""
        if self.straight:
            alpha = values[..., 3:]
            values = np.concatenate([values[..., :3] / np.maximum(alpha, 1e-4), alpha], axis=-1)
        if dtype.kind == "f":
            return np.asarray(values, dtype)
        return np.asarray(np.rint(np.clip(values, 0, 1) * self.peak), dtype)

    def guide(self, values: Floats) -> Floats:
        """What patches are compared by: highlights of a float picture would drown everything else."""
        return values if self.peak > 1 else np.asarray(np.arcsinh(values * 4) / np.arcsinh(4.0), np.float32)

    def unguide(self, values: Floats) -> Floats:
        """The inverse of `guide`."""
        return values if self.peak > 1 else np.asarray(np.sinh(values * np.arcsinh(4.0)) / 4, np.float32)
