# SPDX-License-Identifier: GPL-3.0-or-later
"""The plane that carries a picture: a regular grid in the XY plane with the picture's exact aspect."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix

from .errors import SceneError
from .mesh_arrays import coordinates

__all__ = ["DEFAULT_VERTICES", "build_plane", "grid_for", "grid_of", "plane_frame", "plane_width"]

# 256×160: fine enough for leaves in a picture of any resolution, and 32 shape keys of it play at 60 frames a second.
DEFAULT_VERTICES = 40960
MAX_SIDE = 2048
MAX_VERTICES = 1_000_000
# A plane nearer than this to where it was built, in plane widths, has not been transformed.
_STILL = 1e-3
# Farther than this from any flat rectangle, in plane widths, a mesh was sculpted and not transformed.
_BENT = 1e-2


def grid_for(width: int, height: int, columns: int = 0) -> tuple[int, int]:
    """(columns, rows) of vertices for a picture of that size, with cells as square as whole numbers allow.

    Args:
        width: pixels of the picture.
        height: pixels of the picture.
        columns: vertices along the width; 0 chooses so that there are about DEFAULT_VERTICES of them in all.

    Raises:
        SceneError: when that would be more than 2048 vertices along a side or 1,000,000 in all.
    """
    if columns == 0:
        columns = min(max(round((DEFAULT_VERTICES * width / height) ** 0.5), 2), MAX_SIDE)
        rows = min(max(round((columns - 1) * height / width) + 1, 2), MAX_SIDE)
        return columns, rows
    rows = max(round((columns - 1) * height / width) + 1, 2)
    if columns < 2 or max(columns, rows) > MAX_SIDE or columns * rows > MAX_VERTICES:
        raise SceneError(
            f"A grid of {columns}×{rows} vertices is not possible.",
            f"Choose a density between 2 and {min(MAX_SIDE, int((MAX_VERTICES * width / height) ** 0.5))}.",
        )
    return columns, rows


def build_plane(name: str, *, aspect: float, columns: int, rows: int, height: float = 1.0) -> bpy.types.Mesh:
    """A new mesh: origin at the centre, x right, y up, +z towards the viewer; quads; one UV map, (0, 0) lower left.

    Vertex row·columns + column, row 0 at the *top* as in a spectral volume.

    Args:
        name: of the mesh.
        aspect: width over height of the picture.
        columns: vertices along the width.
        rows: vertices along the height.
        height: of the plane in metres.
    """
    u = np.linspace(0, 1, columns)
    v = np.linspace(1, 0, rows)
    uv = np.stack(np.broadcast_arrays(u[None, :], v[:, None]), axis=-1).reshape(-1, 2)
    co = np.zeros((rows * columns, 3), np.float32)
    co[:, :2] = (uv - 0.5) * (height * aspect, height)

    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    # Counter-clockwise seen from +z, so that the picture's front looks at the viewer.
    corners = np.stack([index[1:, :-1], index[1:, 1:], index[:-1, 1:], index[:-1, :-1]], axis=-1).reshape(-1)

    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(co))
    mesh.vertices.foreach_set("co", co.ravel())
    mesh.loops.add(len(corners))
    mesh.loops.foreach_set("vertex_index", corners)
    mesh.polygons.add(len(corners) // 4)
    mesh.polygons.foreach_set("loop_start", np.arange(0, len(corners), 4, dtype=np.int32))
    layer = mesh.uv_layers.new(name="UVMap")
    layer.uv.foreach_set("vector", uv[corners].astype(np.float32).ravel())
    mesh.update(calc_edges=True)
    # What replacing the motion later needs to know about this grid. On the mesh, not the object: copies share it.
    mesh["gid_columns"], mesh["gid_rows"], mesh["gid_width"] = columns, rows, float(height * aspect)
    return mesh


def grid_of(mesh: bpy.types.Mesh) -> tuple[int, int]:
    """(columns, rows) of a mesh that `build_plane` made.

    Raises:
        SceneError: when vertices were added or removed since.
    """
    if "gid_columns" not in mesh:
        raise SceneError(
            f"The mesh “{mesh.name}” moves through the camera and is no picture's plane.",
            "Render the scene, or generate from a picture.",
        )
    columns, rows = int(mesh.get("gid_columns", 0)), int(mesh.get("gid_rows", 0))
    if columns * rows != len(mesh.vertices) or columns < 2:
        raise SceneError(
            f"The grid of “{mesh.name}” was changed: it has {len(mesh.vertices)} vertices instead of {columns * rows}.",
            "Undo that, or make a new object from the picture.",
        )
    return columns, rows


def plane_width(mesh: bpy.types.Mesh) -> float:
    """Width in metres of a mesh that `build_plane` made, before the object's own scale."""
    return float(mesh["gid_width"])


def plane_frame(mesh: bpy.types.Mesh) -> Matrix:
    """From the plane as `build_plane` made it to where it lies now in the mesh's own coordinates.

    The identity, until somebody applies an object's transform to its mesh (Ctrl A), or that of a parent. Looked up in
    the vertices, for Blender tells nobody. What was sculpted is no transform.
    """
    columns, rows = int(mesh.get("gid_columns", 0)), int(mesh.get("gid_rows", 0))
    width, height = float(mesh.get("gid_width", 0)), float(mesh.get("gid_height", 0))
    if columns < 2 or rows < 2 or columns * rows != len(mesh.vertices) or not width or not height:
        return Matrix()
    points = mesh.vertices if mesh.shape_keys is None else mesh.shape_keys.reference_key.points
    corners = ((0, -1, 1), (columns - 1, 1, 1), (columns * (rows - 1), -1, -1), (columns * rows - 1, 1, -1))
    # Two of three axes: what moves more is lifted towards the viewer.
    if all(
        max(abs(points[i].co.x - 0.5 * x * width), abs(points[i].co.y - 0.5 * y * height)) < _STILL * width
        for i, x, y in corners
    ):
        return Matrix()
    rest = coordinates(points).reshape(rows, columns, 3).astype(np.float64)
    across, up = np.linspace(-0.5, 0.5, columns) * width, np.linspace(0.5, -0.5, rows) * height
    # On a regular grid the three unknowns of a least squares fit are independent.
    middle = rest.mean(axis=(0, 1))
    right = np.einsum("rcx,c->x", rest, across) / (rows * (across**2).sum())
    top = np.einsum("rcx,r->x", rest, up) / (columns * (up**2).sum())
    flat = middle + across[None, :, None] * right + up[:, None, None] * top
    size = float(np.sqrt(np.linalg.norm(right) * np.linalg.norm(top)))
    allowed = (_BENT * width + float(mesh.get("gid_depth", 0.0)) * height) * size
    if size < 1e-6 or np.sqrt(((rest - flat) ** 2).sum(axis=2).mean()) > allowed:
        return Matrix()
    normal = np.cross(right, top)
    normal *= size / np.linalg.norm(normal)
    frame = np.eye(4)
    frame[:3] = np.stack([right, top, normal, middle], axis=1)
    return Matrix(frame.tolist())
