# SPDX-License-Identifier: GPL-3.0-or-later
"""A spectral volume read off on the coarse grid on which motions are compared."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume

__all__ = ["AREA", "Field", "Reading", "Spectrum", "coarse_size", "read", "shrunk", "strength_map"]

# Places of the coarse grid: 128×72 for a picture of 16:9, as many for any other aspect.
AREA = 128 * 72

Field = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]


def coarse_size(height: int, width: int) -> tuple[int, int]:
    """(rows, columns) of the coarse grid for a picture of `height`×`width`: its aspect, about `AREA` places.

    Example:
        >>> coarse_size(288, 512)
        (72, 128)
    """
    columns = max(round((AREA * width / height) ** 0.5), 1)
    return max(round(columns * height / width), 1), columns


def shrunk(field: npt.NDArray[np.floating], rows: int, columns: int) -> Field:
    """(h, w) averaged over the cells of a (rows, columns) grid."""
    return np.asarray(cv2.resize(np.asarray(field, np.float32), (columns, rows), interpolation=cv2.INTER_AREA))


def strength_map(volume: SpectralVolume, height: int = 72, width: int = 128) -> Field:
    """(height, width) root-mean-square displacement over time without the mean offset, in fractions of the width.

    Averaged onto a coarse grid; places that move against each other do not cancel.
    """
    return shrunk(volume.amplitude(), height, width)


@dataclass(frozen=True, eq=False)
class Reading:
    """One motion on the coarse grid.

    Attributes:
        spectrum: (K, 2, h, w) complex64, fractions of the width.
        modulus: (K, 2, h, w), mean of |S| over each cell; unlike |spectrum| it does not cancel within a cell.
        strength: (h, w), see `strength_map`.
        frames: T.
    """

    spectrum: Spectrum
    modulus: Field
    strength: Field
    frames: int


def read(volume: SpectralVolume, rows: int, columns: int) -> Reading:
    """Read a volume of any size off on a grid."""
    modulus = np.abs(volume.spectrum)
    coarse = np.stack([shrunk(m, rows, columns) for m in modulus.reshape(-1, *modulus.shape[2:])])
    return Reading(
        volume.resampled(rows, columns).spectrum,
        coarse.reshape(*modulus.shape[:2], rows, columns),
        strength_map(volume, rows, columns),
        volume.frames,
    )
