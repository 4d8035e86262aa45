# SPDX-License-Identifier: GPL-3.0-or-later
"""A spectral volume at vertices: of a mesh grid that spans the picture, or anywhere on it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .errors import SpectralVolumeError
from .spectral_volume import SpectralVolume

__all__ = ["at_points", "at_vertices"]


def at_vertices(volume: SpectralVolume, rows: int, columns: int) -> npt.NDArray[np.complex64]:
    """The spectrum at vertices that span the whole picture, bilinear between the centres of the volume's cells.

    A cell's value stands at its centre, half a cell inside the picture; between there and the border it is held. A
    volume much finer than the grid is averaged first, so that the vertices do not pick single cells out of a texture.

    Args:
        volume: the motion; a grid of any size.
        rows: vertices along the height, 2 or more; the first is the top border.
        columns: vertices along the width, 2 or more; the first is the left border.

    Returns:
        (K, 2, rows, columns) complex64; x right, y down, fractions of the picture's width.

    Raises:
        SpectralVolumeError: when there are fewer than 2 rows or columns.
    """
    if min(rows, columns) < 2:
        raise SpectralVolumeError(f"A grid needs at least 2×2 vertices, not {columns}×{rows}.")
    if volume.height > 2 * rows or volume.width > 2 * columns:
        volume = volume.resampled(min(volume.height, rows), min(volume.width, columns))
    return _lerp(_lerp(volume.spectrum, rows, axis=2), columns, axis=3)


def at_points(spectrum: npt.NDArray[np.complex64], x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.complex64]:
    """The spectrum at any places of the picture, bilinear between the centres of the cells, held beyond the outermost.

    Args:
        spectrum: (K, 2, H, W) complex.
        x: (N,) from the left, 0 to 1 over the picture's width.
        y: (N,) from the top, 0 to 1 over its height.

    Returns:
        (K, 2, N) complex64.
    """
    height, width = spectrum.shape[2:]
    rows, below, down = _between(np.asarray(y, np.float64), height)
    columns, beside, across = _between(np.asarray(x, np.float64), width)
    flat = spectrum.reshape(*spectrum.shape[:2], height * width)
    upper = flat[..., rows * width + columns] * (1 - across) + flat[..., rows * width + beside] * across
    lower = flat[..., below * width + columns] * (1 - across) + flat[..., below * width + beside] * across
    return np.asarray(upper * (1 - down) + lower * down, np.complex64)


def _between(at: npt.NDArray[np.float64], cells: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp],
                                                               npt.NDArray[np.float32]]:  # fmt: skip
    """The cells on both sides of places between 0 and 1, and how far it is from the first to the second."""
    position = np.clip(at * cells - 0.5, 0.0, cells - 1.0)
    low = np.minimum(position.astype(np.intp), max(cells - 2, 0))
    return low, np.minimum(low + 1, cells - 1), (position - low).astype(np.float32)


def on_grid(values: npt.NDArray[np.floating], rows: int, columns: int) -> npt.NDArray[np.float32]:
    """What stands at the vertices of a grid, on another grid with the same corners, straight in between.

    Args:
        values: (R, C, D) at the vertices; both sides 2 or more.
        rows, columns: of the other grid, 2 or more.

    Returns:
        (rows, columns, D) float32; on the same grid the same numbers.
    """
    for axis, count in ((0, rows), (1, columns)):
        last = values.shape[axis] - 1
        position = np.linspace(0.0, last, count)
        low = np.minimum(position.astype(np.intp), last - 1)
        shape = [1, 1, 1]
        shape[axis] = count
        fraction = (position - low).reshape(shape)
        values = values.take(low, axis) * (1 - fraction) + values.take(low + 1, axis) * fraction
    return np.asarray(values, np.float32)


def _lerp(values: npt.NDArray[np.complex64], vertices: int, *, axis: int) -> npt.NDArray[np.complex64]:
    cells = values.shape[axis]
    position = np.clip(np.linspace(0.0, cells, vertices) - 0.5, 0.0, cells - 1.0)
    low = np.minimum(position.astype(np.intp), max(cells - 2, 0))
    shape = [1] * values.ndim
    shape[axis] = vertices
    fraction = (position - low).astype(np.float32).reshape(shape)
    high = np.minimum(low + 1, cells - 1)
    return np.asarray(values.take(low, axis) * (1 - fraction) + values.take(high, axis) * fraction, np.complex64)
