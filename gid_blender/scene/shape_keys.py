# SPDX-License-Identifier: GPL-3.0-or-later
"""A spectral volume as 2K relative shape keys: `Re k` holds Re S_k, `Im k` holds Im S_k."""

from __future__ import annotations

import bpy
import numpy as np

__all__ = ["bands_of", "key_names", "write_shape_keys"]


def key_names(bands: int) -> list[str]:
    """`Re 00`, `Im 00`, `Re 01`, …: 2K names in the order of the keys."""
    return [f"{part} {k:02d}" for k in range(bands) for part in ("Re", "Im")]


def bands_of(obj: bpy.types.Object) -> int:
    """K, the number of bands whose shape keys the object has; 0 when it has none."""
    raise NotImplementedError


def write_shape_keys(
    obj: bpy.types.Object, spectrum: np.ndarray, *, width: float, depth: np.ndarray | None = None
) -> None:
    """Fill the object's shape keys, making those that are missing and removing bands that are too many.

    Args:
        spectrum: (K, 2, rows, columns) complex64 at the vertices; x right, y down, fractions of the picture's width.
        width: of the plane in metres.
        depth: (rows, columns) z of the rest position in metres; None leaves the plane flat.

    Raises:
        SceneError: when the mesh has another number of vertices than the grid, or is in Edit Mode.
    """
    raise NotImplementedError
