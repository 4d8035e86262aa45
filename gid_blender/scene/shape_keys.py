# SPDX-License-Identifier: GPL-3.0-or-later
"""A spectral volume as 2K relative shape keys: `Re k` holds Re S_k, `Im k` holds Im S_k.

Blender's relative shape keys are a linear basis, just as the bands of a spectral volume are: the sum over all keys of
value · (key − Basis) *is* the displacement, evaluated by the depsgraph with no handler and no cache.
"""

from __future__ import annotations

import bpy
import numpy as np

from .errors import SceneError
from .mesh import grid_of, plane_frame, plane_width
from .mesh_arrays import coordinates
from .vertex_weights import read_weights

__all__ = [
    "MASK_GROUP",
    "MAX_VALUE",
    "band_keys",
    "bands_of",
    "key_names",
    "key_weights",
    "read_spectrum",
    "require_all_bands",
    "write_shape_keys",
]

# Blender clamps a key's value to its slider, and a slider to ±10.
MAX_VALUE = 10.0
# By the weights of this vertex group Blender multiplies what the keys do: what may move (`masks`).
MASK_GROUP = "Image Dynamics Mask"


def key_names(bands: int) -> list[str]:
    """`Re 00`, `Im 00`, `Re 01`, …: 2K names in the order of the keys."""
    return [f"{part} {k:02d}" for k in range(bands) for part in ("Re", "Im")]


def bands_of(obj: bpy.types.Object) -> int:
    """K, the number of bands whose shape keys the object has; 0 when it has none."""
    keys = getattr(obj.data, "shape_keys", None)
    if keys is None:
        return 0
    bands = 0
    while f"Re {bands:02d}" in keys.key_blocks and f"Im {bands:02d}" in keys.key_blocks:
        bands += 1
    return bands


def require_all_bands(obj: bpy.types.Object) -> None:
    """Refuse with a SceneError an object of which a shape key in the middle was renamed or removed.

    Its mesh goes on playing by what is left, which nothing that reckons with whole bands could match.
    """
    keys, bands = obj.data.shape_keys, bands_of(obj)
    known = set(key_names(100))
    if keys is not None and sum(key.name in known for key in keys.key_blocks) > 2 * bands:
        missing = next(name for name in key_names(bands + 1)[2 * bands :] if name not in keys.key_blocks)
        raise SceneError(
            f"“{obj.name}” has lost the shape key “{missing}” of its motion: it was renamed or removed.",
            "Undo that, or make a new object from the picture.",
        )


def band_keys(obj: bpy.types.Object) -> list[bpy.types.ShapeKey]:
    """The 2K shape keys in the order of `key_names`."""
    return [obj.data.shape_keys.key_blocks[name] for name in key_names(bands_of(obj))]


def write_shape_keys(
    obj: bpy.types.Object, spectrum: np.ndarray, *, width: float, lift: np.ndarray | None = None
) -> None:
    """Fill the object's shape keys, making those that are missing and removing bands that are too many.

    Args:
        obj: with a mesh of `mesh.build_plane`.
        spectrum: (K, 2, rows, columns) complex64 at the vertices; x right, y down, fractions of the picture's width.
        width: of the plane in metres.
        lift: (rows, columns) metres to add to z of the rest position; None adds nothing.

    Raises:
        SceneError: when the mesh has another number of vertices than the grid, or is in Edit Mode.
    """
    if obj.mode == "EDIT":
        raise SceneError(f"“{obj.name}” is in Edit Mode.", "Leave Edit Mode (Tab) and try again.")
    columns, rows = grid_of(obj.data)
    if spectrum.shape[1:] != (2, rows, columns):
        raise SceneError(f"The motion is not on the grid of “{obj.name}”.", "Make a new object from the picture.")
    if obj.data.shape_keys is None:
        obj.shape_key_add(name="Basis", from_mix=False)
    basis = obj.data.shape_keys.reference_key
    rest = coordinates(basis.points)
    # Columns: right, up, towards the viewer.
    axes = np.array(plane_frame(obj.data).to_3x3(), np.float32)
    if lift is not None:
        rest += lift.reshape(-1, 1) * axes[:, 2]
        basis.points.foreach_set("co", rest.ravel())
        obj.data.vertices.foreach_set("co", rest.ravel())

    bands = len(spectrum)
    for name in key_names(bands_of(obj))[2 * bands :]:
        obj.shape_key_remove(obj.data.shape_keys.key_blocks[name])
    offsets = (spectrum * np.float32(width)).transpose(0, 2, 3, 1).reshape(bands, -1, 2)
    # Rows of a picture count downwards, Blender's y upwards.
    offsets[..., 1] *= -1
    for name, offset in zip(key_names(bands), (part for z in offsets for part in (z.real, z.imag)), strict=True):
        key = obj.data.shape_keys.key_blocks.get(name) or obj.shape_key_add(name=name, from_mix=False)
        key.slider_min, key.slider_max = -MAX_VALUE, MAX_VALUE
        key.relative_key = basis
        if MASK_GROUP in obj.vertex_groups:
            key.vertex_group = MASK_GROUP
        key.points.foreach_set("co", (rest + offset @ axes[:, :2].T).ravel())
    obj.data.update()


def read_spectrum(obj: bpy.types.Object, *, masked: bool = True) -> np.ndarray:
    """(K, 2, rows, columns) complex64, back from the shape keys, in fractions of the picture's width.

    Args:
        obj: the motion object.
        masked: as it is seen, times the vertex groups of the keys; otherwise as it was predicted.

    Raises:
        SceneError: when vertices were added or removed since the keys were made.
    """
    columns, rows = grid_of(obj.data)
    rest = coordinates(obj.data.shape_keys.reference_key.points)
    onto = np.array(plane_frame(obj.data).to_3x3().inverted(), np.float32)[:2].T
    parts = np.stack([(coordinates(key.points) - rest) @ onto for key in band_keys(obj)]) / plane_width(obj.data)
    if masked and (weights := key_weights(obj)):
        names = [key.vertex_group for key in band_keys(obj)]
        for part, name in zip(parts, names, strict=True):
            if name in weights:
                part *= weights[name][:, None]
    parts[..., 1] *= -1
    parts = parts.reshape(-1, 2, rows, columns, 2).transpose(0, 1, 4, 2, 3)
    return np.asarray(parts[:, 0] + 1j * parts[:, 1], np.complex64)


def key_weights(obj: bpy.types.Object) -> dict[str, np.ndarray]:
    """(V,) weights of each vertex group that holds motion back, by its name; none for what moves freely."""
    groups = {key.vertex_group for key in band_keys(obj)} - {""}
    # A name without a group behind it holds nothing back.
    found = {name: read_weights(obj, name) for name in sorted(groups)}
    return {name: weights for name, weights in found.items() if weights is not None}
