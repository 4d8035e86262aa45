# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion objects without a grid: meshes that were moved through a camera, and what is kept with them about it.

`gid_view` of the object is the view out of its own coordinates; attributes of the mesh tell where in the picture each
vertex was. So excitations find their place later, wherever camera and object have gone.
"""

from __future__ import annotations

import bpy
import numpy as np
import numpy.typing as npt
from mathutils import Matrix, Vector

from ..motion.point_basis import PointBasis
from .errors import SceneError
from .mesh_arrays import coordinates
from .projection import View
from .shape_keys import band_keys, key_weights

__all__ = [
    "VIEW",
    "arrow_in_picture",
    "forget_view",
    "is_through_camera",
    "leader_of",
    "motion_at_vertices",
    "place_in_picture",
    "point_basis",
    "require_plane",
    "surface_point",
    "view_of",
    "width_near",
    "write_view",
]

VIEW, LEADER, PLATE = "gid_view", "gid_leader", "gid_plate"
# A leading dot keeps them out of Blender's lists.
_PLACE, _SEEN, _ACROSS, _DOWN = ".gid_place", ".gid_seen", ".gid_across", ".gid_down"

Real = npt.NDArray[np.float64]


def is_through_camera(obj: bpy.types.Object | None) -> bool:
    """Whether the object was moved through a camera, and has no picture plane. Cheap enough for `poll` and `draw`."""
    return obj is not None and VIEW in obj


def leader_of(obj: bpy.types.Object | None) -> bpy.types.Object | None:
    """The object whose controls move this one, if that is another one."""
    leader = obj.get(LEADER) if obj is not None else None
    return leader if isinstance(leader, bpy.types.Object) and leader != obj else None


def require_plane(obj: bpy.types.Object) -> None:
    """Refuse a mesh that was moved through a camera, with a SceneError, where a picture's own plane is needed."""
    if is_through_camera(obj):
        raise SceneError(
            f"“{obj.name}” is a mesh that moves through the camera, and has no picture of its own.",
            "Render the scene, or choose its plate as Picture and generate from that.",
        )


def write_view(
    obj: bpy.types.Object, view: View, places: Real, widths: Real, seen: npt.NDArray[np.bool_], steps: Real | None
) -> None:
    """Keep where each vertex was in the picture.

    Args:
        obj: the object.
        view: out of the object's own coordinates.
        places: (V, 2) in picture widths.
        widths: (V,) of the picture at each vertex, in metres.
        seen: (V,) whether the camera saw it.
        steps: (V, 3, 2) of each vertex for one width to the right and one down, for a picture 1 m wide, where
            modifiers make those other ones at each vertex; else None.
    """
    obj[VIEW] = view.numbers()
    mesh = obj.data
    _write(mesh, _PLACE, "FLOAT_VECTOR", "vector", np.concatenate([places, widths[:, None]], axis=1))
    _write(mesh, _SEEN, "BOOLEAN", "value", seen)
    for axis, name in enumerate((_ACROSS, _DOWN)):
        _remove(mesh, name)
        if steps is not None:
            _write(mesh, name, "FLOAT_VECTOR", "vector", steps[:, :, axis])


def forget_view(obj: bpy.types.Object) -> None:
    """Remove all of it."""
    for name in (_PLACE, _SEEN, _ACROSS, _DOWN):
        _remove(obj.data, name)
    for name in (VIEW, LEADER, PLATE):
        obj.pop(name, None)


def view_of(obj: bpy.types.Object) -> View:
    """The view out of the object's own coordinates, as it was when the motion was made."""
    return View.of_numbers(obj[VIEW])


def motion_at_vertices(obj: bpy.types.Object) -> npt.NDArray[np.complex64]:
    """(K, 2, V) S_k back from the shape keys, in fractions of the picture's width; x right, y down.

    Raises:
        SceneError: when vertices were added or removed since the keys were made.
    """
    place = _read(obj, _PLACE, "vector", 3)
    widths = np.abs(place[:, 2])
    rest = _rest(obj)
    across, down = obj.data.attributes.get(_ACROSS), obj.data.attributes.get(_DOWN)
    if across is not None and down is not None:
        axes = np.stack([_read(obj, _ACROSS, "vector", 3), _read(obj, _DOWN, "vector", 3)], axis=-1)
        back = np.linalg.pinv(axes)
    else:
        back = np.linalg.pinv(view_of(obj).axes())
    keys = band_keys(obj)
    out = np.empty((len(keys) // 2, 2, len(rest)), np.complex64)
    safe = np.where(widths > 0, widths, np.inf)
    weights = key_weights(obj)
    for number, key in enumerate(keys):
        step = coordinates(key.points) - rest
        if key.vertex_group in weights:
            step *= weights[key.vertex_group][:, None]
        u = np.einsum("vij,vj->iv", back, step) if back.ndim == 3 else back @ step.T
        part = out[number // 2].real if number % 2 == 0 else out[number // 2].imag
        part[:] = u / safe
    return out


def point_basis(obj: bpy.types.Object, gains: npt.ArrayLike = ()) -> PointBasis:
    """What pulls, pokes and winds need to know of the motion, at the vertices.

    Raises:
        SceneError: as `motion_at_vertices`.
    """
    place = _read(obj, _PLACE, "vector", 3)
    seen = _read(obj, _SEEN, "value", 1)[:, 0] > 0
    spectrum = motion_at_vertices(obj)[:, :, None, :]
    return PointBasis(
        spectrum, view_of(obj).aspect, gains=np.asarray(gains, np.float64), places=place[:, :2], seen=seen
    )


def place_in_picture(obj: bpy.types.Object, local: Vector) -> tuple[float, float]:
    """Where in the picture a point in the object's coordinates was: x and y in picture widths, y down.

    Raises:
        SceneError: when it was behind the camera.
    """
    places, widths = view_of(obj).places([list(local)])
    if not widths[0] > 0:
        raise SceneError(f"A place near “{obj.name}” is behind the camera that it was moved through.", "Move it.")
    return float(places[0, 0]), float(places[0, 1])


def surface_point(obj: bpy.types.Object, x: float, y: float) -> Vector:
    """The way back: in the object's coordinates, as far from the camera as the vertex that is seen nearest to there."""
    row, place = _nearest(obj, x, y)
    rest = _rest(obj)[row]
    return Vector(view_of(obj).point(x, y, rest, float(place[2])))


def width_near(obj: bpy.types.Object, x: float, y: float) -> float:
    """How wide the picture is where the vertex is that is seen nearest to a place of it, in the object's units."""
    axes = view_of(obj).axes()
    return float(_nearest(obj, x, y)[1][2] * np.linalg.norm(axes[:, 0]))


def _nearest(obj: bpy.types.Object, x: float, y: float) -> tuple[int, Real]:
    place = _read(obj, _PLACE, "vector", 3)
    seen = (_read(obj, _SEEN, "value", 1)[:, 0] > 0) & (place[:, 2] > 0)
    row = int(np.argmin(np.where(seen, np.hypot(place[:, 0] - x, place[:, 1] - y), np.inf)))
    return row, place[row]


def arrow_in_picture(obj: bpy.types.Object, relative: Matrix) -> tuple[float, float]:
    """Which way an arrow points in the picture, x right and y down, of length 1; (0, 0) along the line of sight.

    Args:
        obj: the mesh.
        relative: matrix of what points along its +Z, in the object's coordinates.
    """
    view = view_of(obj)
    start = np.array(relative.translation, np.float64)
    width = view.places([start])[1][0]
    if not width > 0:
        place_in_picture(obj, relative.translation)
    way = np.array(relative.to_3x3().col[2].normalized(), np.float64)
    short = 1e-3 * float(width)
    places, _ = view.places([start, start + short * way])
    step = (places[1] - places[0]) * width / short
    length = float(np.hypot(*step))
    return (float(step[0]) / length, float(step[1]) / length) if length > 0.01 else (0.0, 0.0)


def _rest(obj: bpy.types.Object) -> Real:
    return coordinates(obj.data.shape_keys.reference_key.points).astype(np.float64)


def _write(mesh: bpy.types.Mesh, name: str, kind: str, field: str, values: np.ndarray) -> None:
    _remove(mesh, name)
    attribute = mesh.attributes.new(name, kind, "POINT")
    data = values if kind == "BOOLEAN" else values.astype(np.float32)
    attribute.data.foreach_set(field, np.ascontiguousarray(data).ravel())


def _read(obj: bpy.types.Object, name: str, field: str, width: int) -> Real:
    attribute = obj.data.attributes.get(name)
    if attribute is None or len(attribute.data) != len(obj.data.vertices) or obj.data.shape_keys is None:
        raise SceneError(
            f"What “{obj.name}” kept about its motion is gone.", "Make the motion anew through the camera."
        )
    values = np.empty(len(attribute.data) * width, bool if field == "value" else np.float32)
    attribute.data.foreach_get(field, values)
    return values.reshape(-1, width).astype(np.float64)


def _remove(mesh: bpy.types.Mesh, name: str) -> None:
    attribute = mesh.attributes.get(name)
    if attribute is not None:
        mesh.attributes.remove(attribute)
