# SPDX-License-Identifier: GPL-3.0-or-later
"""A spectral volume at the vertices of a mesh grid, whose outermost vertices lie on the picture's border."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .errors import SpectralVolumeError
from .spectral_volume import SpectralVolume

__all__ = ["at_vertices"]


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


def _lerp(values: npt.NDArray[np.complex64], vertices: int, *, axis: int) -> npt.NDArray[np.complex64]:
    cells = values.shape[axis]
    position = np.clip(np.linspace(0.0, cells, vertices) - 0.5, 0.0, cells - 1.0)
    low = np.minimum(position.astype(np.intp), max(cells - 2, 0))
    shape = [1] * values.ndim
    shape[axis] = vertices
    fraction = (position - low).astype(np.float32).reshape(shape)
    high = np.minimum(low + 1, cells - 1)
    return np.asarray(values.take(low, axis) * (1 - fraction) + values.take(high, axis) * fraction, np.complex64)
