# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints of everything that a bake depends on, taken from what is written down, without playing anything.

What changes with the playhead alone is left out: values that are animated are told by their curves. So are names, and
where a picture is that carries its excitations along.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator

import bpy
import numpy as np

from ..compat import action_curve_owners, curve_owners
from .controls import control_path
from .empties import empties_of
from .following import constrained, control_drivers, followed, links
from .mesh_arrays import coordinates
from .response import RESPONSE
from .shape_keys import band_keys, bands_of, key_weights
from .vertex_weights import read_weights

__all__ = ["fingerprint", "weights_fingerprint"]

_TRANSFORM = (
    "location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale", "rotation_mode",
    "delta_location", "delta_rotation_euler", "delta_rotation_quaternion", "delta_scale",
)  # fmt: skip
# What a bake writes, or what only moves the loop, which stays live.
_OWN = {control_path(name) for name in ("gid_time", RESPONSE)}
_LIVE = {control_path(name) for name in ("gid_amplitude", "gid_phase", "gid_gain_00")}
_CONTROLS = control_path("gid_").removesuffix('"]')
_LEFT_OUT = {"rna_type", "name", "is_valid", "active", "show_expanded", "error_location", "error_rotation"}
_STRIP = (
    "mute", "blend_type", "extrapolation", "repeat", "scale", "use_reverse", "frame_start", "frame_end",
    "action_frame_start", "action_frame_end", "use_auto_blend", "blend_in", "blend_out",
)  # fmt: skip

Wanted = Callable[[str], bool]


def fingerprint(scene: bpy.types.Scene, picture: bpy.types.Object) -> str:
    """Hexadecimal; the same for the same inputs, in every session. Of weights see `weights_fingerprint`."""
    told: list[object] = [scene.render.fps, scene.render.fps_base]
    settings = picture.gid.bake
    told += [settings.cyclic, settings.pre_roll, settings.ring_out, settings.damping]
    told += [settings.first, settings.last] if settings.use_range else [scene.frame_start, scene.frame_end]

    animated = _animated_paths(picture)
    for name in sorted(picture.keys()):
        if name.startswith("gid_") and control_path(name) not in _OWN | _LIVE | animated:
            value = picture[name]
            if isinstance(value, int | float | str):
                told += [name, value]
    told += [bands_of(picture), len(picture.data.vertices)]
    told += [picture.data.get("gid_pin_border"), picture.data.get("gid_spread_edges"), picture.data.get("gid_depth")]
    told += _animation(picture, _is_control)

    known: dict[bpy.types.Object, str] = {}

    def chain(obj: bpy.types.Object) -> list[object]:
        found = followed(obj, picture)
        for each in found:
            if each not in known:
                known[each] = _digest([_pose(each), _constraints(each), _animation(each, _is_input)])
        hang_together = [[found.get(link, -1) for link, _ in links(each)] for each in found]
        return [[known[each] for each in found], hang_together]

    driving = [t.id for curve in control_drivers(picture) for v in curve.driver.variables for t in v.targets]
    told += [chain(obj) for obj in driving if isinstance(obj, bpy.types.Object)]
    # Excitations add up, in whatever order.
    told += sorted(_digest([_excitation(empty, picture), chain(empty)]) for empty in empties_of(scene, picture))
    return _digest(told)


def weights_fingerprint(scene: bpy.types.Scene, picture: bpy.types.Object) -> str:
    """Hexadecimal, of what is painted and sculpted: areas, mask, shape of the motion. Too slow for each edit."""
    areas = {empty.gid.excitation.area for empty in empties_of(scene, picture)} - {""}
    told: list[object] = []
    for name in sorted(areas):
        weights = read_weights(picture, name)
        told += [name, None if weights is None else _checksum(weights)]
    told += [_checksum(weights) for weights in key_weights(picture).values()]
    told += [_checksum(coordinates(key.points)) for key in band_keys(picture)]
    return _digest(told)


def _digest(told: object) -> str:
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _checksum(array: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8))


def _is_control(path: str) -> bool:
    return path.startswith(_CONTROLS) and path not in _OWN | _LIVE


def _is_input(path: str) -> bool:
    return path not in _OWN | _LIVE


def _excitation(empty: bpy.types.Object, picture: bpy.types.Object) -> list[object]:
    settings = empty.gid.excitation
    has_area = bool(settings.area) and settings.area in picture.vertex_groups
    return [_simple(settings, "gid.excitation.", _animated_paths(empty), but={"picture"}), has_area]


def _animated_paths(obj: bpy.types.ID) -> set[str]:
    paths = {curve.data_path for curves, _ in curve_owners(obj) for curve in curves}
    if obj.animation_data is not None:
        paths |= {curve.data_path for curve in obj.animation_data.drivers}
    return paths


def _pose(obj: bpy.types.Object) -> list[object]:
    animated = _animated_paths(obj)
    told: list[object] = [obj.parent_type, obj.parent_bone, _plain(obj.parent_vertices)]
    told += [_plain(getattr(obj, name)) for name in _TRANSFORM if name not in animated]
    told.append(_plain(obj.matrix_parent_inverse))
    for bone in obj.pose.bones if obj.pose else ():
        path = f'pose.bones["{bpy.utils.escape_identifier(bone.name)}"].'
        if not any(each.startswith(path) for each in animated):
            told.append(_plain(bone.matrix_basis))
    return told


def _constraints(obj: bpy.types.Object) -> list[object]:
    animated, told = _animated_paths(obj), []
    for owner, constraint in constrained(obj):
        prefix = f'{owner}constraints["{bpy.utils.escape_identifier(constraint.name)}"].'
        told += [constraint.type, _simple(constraint, prefix, animated)]
        told += [(target.subtarget, target.weight) for target in getattr(constraint, "targets", ())]
    return told


def _simple(
    struct: bpy.types.bpy_struct, prefix: str, animated: set[str], *, but: set[str] = frozenset()
) -> list[object]:
    """Numbers and words of a struct that are not animated. Of what it points at objects are followed elsewhere."""
    told: list[object] = []
    for prop in struct.bl_rna.properties:
        name = prop.identifier
        if name in _LEFT_OUT or name in but or f"{prefix}{name}" in animated:
            continue
        if prop.type in {"BOOLEAN", "INT", "FLOAT", "STRING", "ENUM"}:
            told += [name, _plain(getattr(struct, name))]
        elif prop.type == "POINTER":
            value = getattr(struct, name)
            if not isinstance(value, bpy.types.Object):
                told += [name, getattr(value, "name", "")]
    return told


def _plain(value: object) -> object:
    if isinstance(value, int | float | str | bool):
        return value
    return np.array(value, np.float64).tolist() if not isinstance(value, set) else sorted(value)


def _animation(obj: bpy.types.Object, wanted: Wanted) -> list[object]:
    """Curves, drivers and NLA strips that move what is wanted of an object."""
    if obj.animation_data is None:
        return []
    told: list[object] = []
    in_action, layered = len(list(action_curve_owners(obj))), False
    for number, (curves, to_scene) in enumerate(curve_owners(obj)):
        chosen = [curve for curve in curves if wanted(curve.data_path)]
        if chosen:
            told += [to_scene(0.0), to_scene(1.0), *(_curve(curve) for curve in chosen)]
            layered = layered or number >= in_action
    if layered:
        # A muted track does nothing, one that is blended does something else.
        for track in obj.animation_data.nla_tracks:
            told += [track.mute, track.is_solo, [list(_strip(strip)) for strip in track.strips]]
    for curve in obj.animation_data.drivers:
        if wanted(curve.data_path):
            told += [curve.data_path, curve.array_index, curve.mute, curve.driver.type, curve.driver.expression]
            told += [list(_variable(variable)) for variable in curve.driver.variables]
    return told


def _curve(curve: bpy.types.FCurve) -> list[object]:
    count = len(curve.keyframe_points)
    told = [curve.data_path, curve.array_index, count, curve.mute, curve.extrapolation]
    for field, width in (("co", 2), ("handle_left", 2), ("handle_right", 2)):
        values = np.empty(count * width, np.float32)
        curve.keyframe_points.foreach_get(field, values)
        told.append(hashlib.sha256(values).hexdigest())
    kinds = np.empty(count, np.int32)
    curve.keyframe_points.foreach_get("interpolation", kinds)
    told.append(hashlib.sha256(kinds).hexdigest())
    return [*told, [_simple(modifier, "", set()) for modifier in curve.modifiers]]


def _strip(strip: bpy.types.NlaStrip) -> Iterator[object]:
    yield from (_plain(getattr(strip, name)) for name in _STRIP)
    # Keyed, these are what they are at the playhead.
    yield strip.influence if not strip.use_animated_influence else None
    yield [_curve(curve) for curve in strip.fcurves]


def _variable(variable: bpy.types.DriverVariable) -> Iterator[object]:
    yield variable.type
    for target in variable.targets:
        yield [target.data_path, target.bone_target, target.transform_type, target.transform_space]
        # Of other things that it reads only custom properties stand still while the playhead moves.
        if target.id is not None and target.data_path.startswith('["'):
            value = target.id.get(target.data_path[2:-2])
            is_still = getattr(target.id, "animation_data", None) is None
            if isinstance(value, int | float) and (is_still or target.data_path not in _animated_paths(target.id)):
                yield value
