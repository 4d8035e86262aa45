# SPDX-License-Identifier: GPL-3.0-or-later
"""A fingerprint of everything that a bake depends on, taken from what is written down, without playing anything.

What changes with the playhead alone is left out: values that are animated are told by their curves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import bpy
import numpy as np

from ..compat import curve_owners
from .controls import control_path
from .empties import empties_of
from .response import RESPONSE
from .shape_keys import bands_of

__all__ = ["dependencies", "fingerprint"]

_TRANSFORM = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale", "rotation_mode")
# What a bake writes, or what only moves the loop, which stays live.
_OWN = {"gid_time", RESPONSE}
_LIVE = {"gid_amplitude", "gid_phase", "gid_gain_00"}
_LEFT_OUT = {"rna_type", "name", "is_valid", "active", "show_expanded", "error_location", "error_rotation"}


def dependencies(empties: Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    """Objects that excitations follow: themselves, and whatever they are parented or constrained to, or driven by."""
    found: dict[bpy.types.Object, None] = {}
    open_ = list(empties)
    while open_:
        obj = open_.pop()
        if obj is None or obj in found:
            continue
        found[obj] = None
        open_.append(obj.parent)
        bones = obj.pose.bones if obj.pose else ()
        for owner in (obj, *bones):
            open_ += [getattr(constraint, "target", None) for constraint in owner.constraints]
        if obj.animation_data is not None:
            for curve in obj.animation_data.drivers:
                targets = (t for variable in curve.driver.variables for t in variable.targets)
                open_ += [t.id for t in targets if isinstance(t.id, bpy.types.Object)]
    return list(found)


def fingerprint(scene: bpy.types.Scene, picture: bpy.types.Object) -> str:
    """Hexadecimal; the same for the same inputs, in every session."""
    told: list[object] = [scene.render.fps, scene.render.fps_base]
    settings = picture.gid.bake
    told += [settings.cyclic, settings.pre_roll, settings.ring_out, settings.damping]
    told += [settings.first, settings.last] if settings.use_range else [scene.frame_start, scene.frame_end]

    animated = _animated_paths(picture)
    for name in sorted(picture.keys()):
        if name.startswith("gid_") and name not in _OWN | _LIVE and control_path(name) not in animated:
            value = picture[name]
            if isinstance(value, int | float | str):
                told += [name, value]
    told += [bands_of(picture), len(picture.data.vertices)]
    told += [picture.data.get("gid_pin_border"), picture.data.get("gid_spread_edges"), picture.data.get("gid_depth")]

    digest = hashlib.sha256()
    empties = empties_of(scene, picture)
    for empty in empties:
        told.append(_simple(empty.gid.excitation, "gid.excitation.", _animated_paths(empty)))
        area = empty.gid.excitation.area
        told.append(area in picture.vertex_groups if area else True)
    for obj in sorted(dependencies(empties), key=lambda each: each.name):
        told += [obj.name, _pose(obj, _animated_paths(obj))]
        told += [(c.type, _simple(c, "", set())) for c in obj.constraints]
        _add_curves(digest, obj)
    _add_curves(digest, picture)
    digest.update(repr(told).encode())
    return digest.hexdigest()


def _animated_paths(obj: bpy.types.Object) -> set[str]:
    paths = {curve.data_path for curves, _ in curve_owners(obj) for curve in curves}
    if obj.animation_data is not None:
        paths |= {curve.data_path for curve in obj.animation_data.drivers}
    return paths


def _pose(obj: bpy.types.Object, animated: set[str]) -> list[object]:
    told: list[object] = [obj.parent.name if obj.parent else "", obj.parent_type, obj.parent_bone]
    told += [_plain(getattr(obj, name)) for name in _TRANSFORM if name not in animated]
    told.append(_plain(obj.matrix_parent_inverse))
    if obj.pose and obj.animation_data is None:
        told += [_plain(bone.matrix_basis) for bone in obj.pose.bones]
    return told


def _simple(struct: bpy.types.bpy_struct, prefix: str, animated: set[str]) -> list[object]:
    """Numbers, words and names of a struct that are not animated."""
    told: list[object] = []
    for prop in struct.bl_rna.properties:
        name = prop.identifier
        if name in _LEFT_OUT or f"{prefix}{name}" in animated:
            continue
        if prop.type in {"BOOLEAN", "INT", "FLOAT", "STRING", "ENUM"}:
            told += [name, _plain(getattr(struct, name))]
        elif prop.type == "POINTER":
            told += [name, getattr(getattr(struct, name), "name", "")]
    return told


def _plain(value: object) -> object:
    if isinstance(value, int | float | str | bool):
        return value
    return np.array(value, np.float64).tolist() if not isinstance(value, set) else sorted(value)


def _add_curves(digest: hashlib._Hash, obj: bpy.types.Object) -> None:
    for curves, to_scene in curve_owners(obj):
        digest.update(repr((to_scene(0.0), to_scene(1.0))).encode())
        for curve in curves:
            name = curve.data_path.removeprefix('["').removesuffix('"]')
            if name in _OWN | _LIVE:
                continue
            count = len(curve.keyframe_points)
            digest.update(f"{curve.data_path} {curve.array_index} {count} {curve.mute} {curve.extrapolation}".encode())
            for field, width in (("co", 2), ("handle_left", 2), ("handle_right", 2)):
                values = np.empty(count * width, np.float32)
                curve.keyframe_points.foreach_get(field, values)
                digest.update(values.tobytes())
            kinds = np.empty(count, np.int32)
            curve.keyframe_points.foreach_get("interpolation", kinds)
            digest.update(kinds.tobytes())
            digest.update(repr([_simple(m, "", set()) for m in curve.modifiers]).encode())
    if obj.animation_data is not None:
        for curve in obj.animation_data.drivers:
            digest.update(f"{curve.data_path} {curve.array_index} {curve.driver.expression}".encode())
        # A muted track does nothing, one that is blended does something else.
        for track in obj.animation_data.nla_tracks:
            told = [(s.mute, s.influence, s.blend_type, s.repeat, s.extrapolation) for s in track.strips]
            digest.update(repr((track.mute, track.is_solo, told)).encode())
