# SPDX-License-Identifier: GPL-3.0-or-later
"""The plane that carries a picture: a regular grid in the XY plane with the picture's exact aspect."""

from __future__ import annotations

import bpy

__all__ = ["DEFAULT_VERTICES", "build_plane", "grid_for"]

# 256×160: fine enough for leaves in a picture of any resolution, and it still plays at 60 frames a second.
DEFAULT_VERTICES = 40960


def grid_for(width: int, height: int, columns: int = 0) -> tuple[int, int]:
    """(columns, rows) of vertices for a picture of that size, as square as the grid's cells can be.

    Args:
        width, height: pixels of the picture.
        columns: vertices along the width; 0 chooses so that there are about DEFAULT_VERTICES of them in all.

    Raises:
        SceneError: when the density is out of range (2 to 2048 along either side, at most 1,000,000 in all).
    """
    raise NotImplementedError


def build_plane(name: str, *, aspect: float, columns: int, rows: int, height: float = 1.0) -> bpy.types.Mesh:
    """A new mesh: origin at the centre, x right, y up, +z towards the viewer; quads; one UV map, (0, 0) lower left.

    Vertex row·columns + column, row 0 at the *top* as in a spectral volume.

    Args:
        aspect: width over height of the picture.
        height: of the plane in metres.
    """
    raise NotImplementedError
