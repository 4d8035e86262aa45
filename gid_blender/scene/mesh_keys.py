# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion as shape keys of any mesh, above those it has; and their removal, which leaves the mesh as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import bpy
import numpy as np
import numpy.typing as npt

from ..compat import action_curve_owners
from ..motion import SpectralVolume
from .controls import add_controls
from .errors import SceneError
from .mesh_arrays import coordinates
from .mesh_view import LEADER, PLATE, VIEW, forget_view, is_through_camera, leader_of
from .playback import drive, has_drivers, to_drivers, to_keyframes
from .response import RESPONSE
from .shape_keys import MASK_GROUP, MAX_VALUE, bands_of, key_names
from .timing import period_in_frames

__all__ = ["key_owner", "move_keys", "remove_mesh_motion", "require_removable"]

_OWN_BASIS, _SHARED = "gid_basis", "gid_shared_mesh"
_PROVENANCE = ("model", "seed", "image_sha256", "settings")
_CONTROLS = {
    "gid_amplitude", "gid_period", "gid_speed", "gid_time", "gid_phase", "gid_start", "gid_stiffness", "gid_damping",
    "gid_volume", RESPONSE, *(f"gid_{name}" for name in _PROVENANCE),
}  # fmt: skip

Offsets = Callable[[int], npt.NDArray[np.complex128]]


def key_owner(obj: bpy.types.Object) -> bool:
    """Whether the object has shape keys that were made through a camera."""
    return obj.type == "MESH" and is_through_camera(obj) and bands_of(obj) > 0


def move_keys(
    scene: bpy.types.Scene,
    objects: Sequence[bpy.types.Object],
    offsets: Sequence[Offsets],
    volume: SpectralVolume,
    *,
    period: float | None,
    start: float | None,
    leader: bpy.types.Object | None,
) -> bpy.types.Object:
    """Write the shape keys of all objects and let the controls of one of them move all.

    Args:
        scene: gives the frame rate and the first frame.
        objects: those that `mesh_targets.require_targets` has nothing against.
        offsets: for each what makes the (V, 3) complex offsets of a band.
        volume: whose motion it is.
        period, start, leader: as for `mesh_motion.move`.

    Returns:
        the one with the controls.
    """
    leader = leader or _leader(objects)
    keyed = "gid_amplitude" in leader and bands_of(leader) > 0 and not has_drivers(leader)
    for obj, offset in zip(objects, offsets, strict=True):
        _own_mesh(obj)
        _write(obj, offset, volume.bands)
    old = leader.get("gid_period"), leader.get("gid_start")
    add_controls(
        leader,
        bands=volume.bands,
        period=float(old[0] or (period_in_frames(scene, volume.duration) if period is None else period)),
        start=float(scene.frame_start if start is None else start) if old[1] is None else float(old[1]),
    )
    if period is not None:
        leader["gid_period"] = float(period)
    to_drivers(leader)
    leader.pop(LEADER, None)
    for name in _PROVENANCE:
        value = volume.meta.get(name)
        if value is not None:
            leader[f"gid_{name}"] = json.dumps(value, default=dict) if name in ("seed", "settings") else str(value)
        else:
            leader.pop(f"gid_{name}", None)
    for obj in objects:
        if obj != leader:
            _remove_controls(obj)
            drive(obj, leader, volume.bands)
            obj[LEADER] = leader
    if keyed:
        to_keyframes(leader, scene)
    return leader


def require_removable(obj: bpy.types.Object) -> None:
    """Refuse with a SceneError what was not moved through a camera, or cannot be changed."""
    if obj.type != "MESH" or not is_through_camera(obj):
        raise SceneError(f"“{obj.name}” was not moved through a camera.", "Select a mesh that was.")
    if obj.library is not None or obj.data.library is not None:
        library = (obj.library or obj.data.library).filepath
        raise SceneError(f"“{obj.name}” is linked from {library}.", "Remove its motion there.")
    if obj.mode != "OBJECT":
        raise SceneError(f"“{obj.name}” is being edited.", "Go to Object Mode (Tab) and try again.")


def remove_mesh_motion(obj: bpy.types.Object) -> None:
    """Take the motion off a mesh: its shape keys, controls and attributes; all else stays as it is.

    Raises:
        SceneError: as `require_removable`.
    """
    require_removable(obj)
    shared, own = obj.get(_SHARED), obj.data
    _remove_controls(obj)
    if isinstance(shared, bpy.types.Mesh):
        obj.data = shared
        obj.pop(_SHARED, None)
        if own.users == 0:
            bpy.data.meshes.remove(own)
        for name in (VIEW, LEADER, PLATE, _OWN_BASIS):
            obj.pop(name, None)
        return
    keys = own.shape_keys
    if keys is not None:
        for name in key_names(bands_of(obj)):
            keys.driver_remove(f'key_blocks["{name}"].value')
            for curves in action_curve_owners(keys):
                for curve in [c for c in curves if c.data_path == f'key_blocks["{name}"].value']:
                    curves.remove(curve)
        for name in key_names(bands_of(obj)):
            obj.shape_key_remove(keys.key_blocks[name])
        if obj.get(_OWN_BASIS) and len(keys.key_blocks) == 1:
            obj.shape_key_remove(keys.reference_key)
    obj.pop(_OWN_BASIS, None)
    forget_view(obj)
    own.update()


def _leader(objects: Sequence[bpy.types.Object]) -> bpy.types.Object:
    """Who moved the others before, else the one with most vertices: the stem rather than a leaf."""
    before = [obj for obj in objects if is_through_camera(obj) and leader_of(obj) is None]
    return max(before or objects, key=lambda obj: len(obj.data.vertices))


def _own_mesh(obj: bpy.types.Object) -> None:
    mesh = obj.data
    if mesh.users - int(mesh.use_fake_user) <= 1:
        return
    obj.data = mesh.copy()
    # Goes back to it when the motion is removed.
    obj[_SHARED] = mesh


def _write(obj: bpy.types.Object, offset: Offsets, bands: int) -> None:
    mesh = obj.data
    if mesh.shape_keys is None:
        obj.shape_key_add(name="Basis", from_mix=False)
        obj[_OWN_BASIS] = True
    keys = mesh.shape_keys
    for name in key_names(bands_of(obj))[2 * bands :]:
        obj.shape_key_remove(keys.key_blocks[name])
    basis = keys.reference_key
    rest = coordinates(basis.points)
    active = obj.active_shape_key_index
    for band in range(bands):
        z = offset(band)
        for part, values in (("Re", z.real), ("Im", z.imag)):
            name = f"{part} {band:02d}"
            key = keys.key_blocks.get(name) or obj.shape_key_add(name=name, from_mix=False)
            key.slider_min, key.slider_max = -MAX_VALUE, MAX_VALUE
            key.relative_key = basis
            key.mute = False
            if MASK_GROUP in obj.vertex_groups:
                key.vertex_group = MASK_GROUP
            key.points.foreach_set("co", (rest + values).astype(np.float32).ravel())
    obj.active_shape_key_index = active
    mesh.update()


def _remove_controls(obj: bpy.types.Object) -> None:
    """Controls of the object, and whatever keys or drives them."""
    names = [n for n in obj.keys() if n in _CONTROLS or n.startswith("gid_gain_")]
    for curves in action_curve_owners(obj):
        for curve in [c for c in curves if c.data_path.startswith('["gid_')]:
            curves.remove(curve)
    if obj.animation_data is not None:
        for curve in [c for c in obj.animation_data.drivers if c.data_path.startswith('["gid_')]:
            obj.driver_remove(curve.data_path)
    for name in names:
        del obj[name]
