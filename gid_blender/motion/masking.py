# SPDX-License-Identifier: GPL-3.0-or-later
"""What may move: a mask as weights on a grid, feathered so that the sheet between black and white does not tear.

A weight multiplies the motion. Beside a hard edge the step of the weight is a step of the displacement, and the cells
there fold. So the mask is replaced by the highest field below it that is nowhere steeper than 1 / radius:

    w(p) = min over q of mask(q) + |p - q| / radius

Black stays exactly 0 and whatever lies farther than the radius from anything darker stays exactly as it was: the
feather takes its room from the white side alone. docs/masks.md shows it.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
import numpy.typing as npt

from .regularize import cone, moments

__all__ = [
    "AMPLITUDE",
    "at_pixels",
    "at_vertices",
    "brightness",
    "combined",
    "envelope",
    "feathered",
    "least_radius",
    "lowest_at_vertices",
]

Weights = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]

# Of motion that a feather has to survive: somewhat more than predicted, for winds and pulls add to the loop.
AMPLITUDE = 1.25
# Halvings of the interval in which the least radius lies.
_STEPS = 5
_WIDEST = 2.0
# Red, green and blue as bright as they look (Rec. 709).
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def brightness(colours: npt.ArrayLike) -> Weights:
    """How bright a mask's colours look: (…, 3) in 0..1 → (…) in 0..1, white 1 exactly."""
    bright = np.asarray(colours, np.float32) @ _LUMA
    return np.where(bright > 1 - 1e-5, np.float32(1), bright)


def combined(*masks: npt.ArrayLike, invert: bool = False) -> Weights:
    """The product of masks, each stretched over the largest of them (nearest pixel); what one pins is pinned.

    Args:
        masks: (H, W) in 0..1 each, row 0 at the top, of any sizes; at least one.
        invert: swap what moves and what is pinned.

    Returns:
        (H, W) float32 in 0..1.

    Raises:
        ValueError: when there is no mask, or one is no picture of finite numbers.
    """
    given = [_checked(mask) for mask in masks]
    if not given:
        raise ValueError("There is no mask to combine.")
    height, width = max(m.shape[0] for m in given), max(m.shape[1] for m in given)
    product = reduce(np.multiply, (_stretched(mask, height, width) for mask in given))
    return np.asarray(1 - product if invert else product, np.float32)


def lowest_at_vertices(mask: npt.ArrayLike, rows: int, columns: int) -> Weights:
    """A mask at vertices that span the picture: each takes the lowest value of the cells around it.

    Not the mean, for then half of a cell that is black would move: with the lowest, what is interpolated between
    vertices is nowhere above the mask, and 0 wherever the mask is.

    Args:
        mask: (H, W) in 0..1, row 0 at the top; of any size, stretched over the picture.
        rows: vertices along the height, 2 or more.
        columns: vertices along the width, 2 or more.

    Returns:
        (rows, columns) float32.
    """
    values = _checked(mask)
    return _lowest(_lowest(values, columns, axis=1), rows, axis=0)


def at_pixels(weights: npt.ArrayLike, height: int, width: int) -> Weights:
    """Weights at vertices that span a picture → at the centres of its pixels, or of the cells of a volume; bilinear.

    Where the corners of a cell agree, all of it is what they are, to the bit.

    Args:
        weights: (rows, columns), row 0 at the top.
        height: pixels, or cells, along the height.
        width: likewise along the width.

    Returns:
        (height, width) float32.
    """
    return _lerp(_lerp(np.asarray(weights, np.float32), width, axis=1), height, axis=0)


def at_vertices(weights: npt.ArrayLike, rows: int, columns: int) -> Weights:
    """Weights at vertices that span a picture → at those of another grid that does; (rows, columns) float32."""
    values = np.asarray(weights, np.float32)
    values = _between(values, np.linspace(0, values.shape[1] - 1, columns), axis=1)
    return _between(values, np.linspace(0, values.shape[0] - 1, rows), axis=0)


def envelope(mask: npt.ArrayLike, spacing: tuple[float, float], radius: float) -> Weights:
    """The highest field that is nowhere above the mask and nowhere steeper than 1 / radius.

    Args:
        mask: (rows, columns) in 0..1 at the vertices of a grid.
        spacing: (dx, dy) between vertices, in picture widths.
        radius: over which black turns into white, in picture widths; 0 changes nothing.

    Returns:
        (rows, columns) float32; 0 where the mask is, and 1 where nothing but white is within the radius.
    """
    values = _checked(mask)
    if radius <= 0 or values.min() >= 1:
        return values
    slope = 1.0 / radius
    # The cone finds the largest above, where the smallest below is wanted.
    reached, _ = cone(1 - values, spacing, slope)
    weights = np.minimum(1 - reached, values)
    # Jump flooding misses a source now and then; what that leaves too steep is passed on from vertex to vertex.
    steps = [(0, 1, spacing[0]), (1, 0, spacing[1])]
    steps += [(1, side, float(np.hypot(*spacing))) for side in (-1, 1)]
    while any([_pressed(weights, down, across, np.float32(slope * far)) for down, across, far in steps]):
        pass
    return weights


def least_radius(
    mask: npt.ArrayLike, spectrum: Spectrum, spacing: tuple[float, float], *, amplitude: float = AMPLITUDE
) -> float:
    """The smallest radius of an `envelope` with which no cell folds that would not fold without the mask.

    Args:
        mask: (rows, columns) in 0..1 at the vertices.
        spectrum: (K, 2, rows, columns) complex there, fractions of the picture's width.
        spacing: (dx, dy) between vertices, in picture widths.
        amplitude: of the motion that the sheet has to survive; 1 is as predicted.

    Returns:
        Picture widths, found to some 5 %; 0 where the mask is soft enough as it is.
    """
    values = _checked(mask)
    if values.min() >= 1 or values.max() <= 0:
        return 0.0
    swings = moments(spectrum) * np.float32(amplitude)
    # In the order in which cells are picked out of it.
    by_vertex = np.ascontiguousarray(swings.reshape(len(swings), 2, -1).transpose(2, 1, 0))

    def folds(radius: float) -> bool:
        return _folds(by_vertex, envelope(values, spacing, radius), spacing)

    if not folds(0.0):
        return 0.0
    # What moves alike everywhere folds where its way is longer than the radius.
    low, high = 0.0, max(float(np.sqrt((swings**2).sum(axis=1).max())), *spacing)
    while high < _WIDEST and folds(high):
        low, high = high, 2.0 * high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if folds(middle) else (low, middle)
    return high


def feathered(
    mask: npt.ArrayLike,
    spectrum: Spectrum,
    spacing: tuple[float, float],
    *,
    radius: float = 0.0,
    amplitude: float = AMPLITUDE,
) -> Weights:
    """A mask whose edges are as soft as the motion needs, or as somebody wants them if that is softer.

    Args:
        mask, spectrum, spacing, amplitude: as for `least_radius`.
        radius: that is wanted, in picture widths; 0 for as sharp as can be.

    Returns:
        (rows, columns) float32 in 0..1.
    """
    return envelope(mask, spacing, max(radius, least_radius(mask, spectrum, spacing, amplitude=amplitude)))


def _checked(mask: npt.ArrayLike) -> Weights:
    values = np.array(mask, np.float32)
    if values.ndim != 2 or 0 in values.shape or not np.isfinite(values).all():
        raise ValueError(f"A mask is a grid of finite numbers, not of the shape {values.shape}.")
    return np.clip(values, 0, 1, out=values)


def _stretched(mask: Weights, height: int, width: int) -> Weights:
    down = ((np.arange(height) + 0.5) * mask.shape[0] / height).astype(np.intp)
    across = ((np.arange(width) + 0.5) * mask.shape[1] / width).astype(np.intp)
    return np.asarray(mask[down][:, across], np.float32)


def _lowest(values: Weights, vertices: int, *, axis: int) -> Weights:
    count = values.shape[axis]
    borders = np.arange(-1, vertices + 1) * (count / (vertices - 1))
    # A pixel that a cell touches with a hair counts; one that it only meets at its edge does not.
    first = np.clip(np.floor(borders[:-2] + 1e-6), 0, count - 1).astype(np.intp)
    after = np.clip(np.ceil(borders[2:] - 1e-6), 1, count).astype(np.intp)
    # `reduceat` wants indices of values that are there: one more at the end.
    padded = np.concatenate([values, values.take([-1], axis)], axis)
    ranges = np.stack([first, after], axis=1).ravel()
    every_other = [slice(None), slice(None)]
    every_other[axis] = slice(None, None, 2)
    return np.asarray(np.minimum.reduceat(padded, ranges, axis)[tuple(every_other)], np.float32)


def _lerp(values: Weights, pixels: int, *, axis: int) -> Weights:
    return _between(values, (np.arange(pixels) + 0.5) * ((values.shape[axis] - 1) / pixels), axis=axis)


def _between(values: Weights, position: npt.NDArray[np.float64], *, axis: int) -> Weights:
    last = values.shape[axis] - 1
    low = np.minimum(position.astype(np.intp), max(last - 1, 0))
    shape = [1, 1]
    shape[axis] = len(position)
    fraction = (position - low).astype(np.float32).reshape(shape)
    below = values.take(low, axis)
    return np.asarray(below + fraction * (values.take(np.minimum(low + 1, last), axis) - below), np.float32)


def _pressed(weights: Weights, down: int, across: int, rise: np.float32) -> bool:
    """Lower, in place, what is more than `rise` above its neighbour on either side; whether there was anything."""
    rows, columns = weights.shape
    one = weights[down:, max(across, 0) : columns + min(across, 0)]
    other = weights[: rows - down, max(-across, 0) : columns + min(-across, 0)]
    # Rounding alone is not worth another round.
    steep = np.abs(one - other) > rise + np.float32(1e-6)
    if not steep.any():
        return False
    np.minimum(one, other + rise, out=one)
    np.minimum(other, one + rise, out=other)
    return True


def _folds(swings: npt.NDArray[np.float32], weights: Weights, spacing: tuple[float, float]) -> bool:
    """Whether a cell over which the weight changes turns inside out, which would not without weights.

    Args:
        swings: (rows·columns, 2, times) displacements.
        weights: (rows, columns).
        spacing: (dx, dy) between vertices.
    """
    corners = np.stack([weights[:-1, :-1], weights[:-1, 1:], weights[1:, :-1], weights[1:, 1:]])
    rows, columns = np.nonzero(np.ptp(corners, axis=0) > 0)
    first = rows * weights.shape[1] + columns
    # Upper left, upper right, lower left, lower right.
    cells = [first, first + 1, first + weights.shape[1], first + weights.shape[1] + 1]
    flat = weights.ravel()
    turned = _turned([swings[at] * flat[at, None, None] for at in cells], spacing)
    # A motion that folds by itself is not the mask's business.
    return bool(turned.any()) and not _turned([swings[at[turned]] for at in cells], spacing).all()


def _turned(corners: list[npt.NDArray[np.float32]], spacing: tuple[float, float]) -> npt.NDArray[np.bool_]:
    """(N,) cells of which a corner has no positive area at some moment; of each corner (N, 2, times) displacements."""
    upper_left, upper_right, lower_left, lower_right = corners
    grid_x, grid_y = (np.array(step, np.float32)[:, None] for step in ((spacing[0], 0), (0, spacing[1])))
    sides = [grid_x + upper_right - upper_left, grid_x + lower_right - lower_left]
    edges = [grid_y + lower_left - upper_left, grid_y + lower_right - upper_right]
    turned = np.zeros(len(upper_left), bool)
    for across in sides:
        for down in edges:
            area = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]
            turned |= area.min(axis=1) <= 0
    return turned
