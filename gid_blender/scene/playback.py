# SPDX-License-Identifier: GPL-3.0-or-later
"""What moves the shape keys: drivers that follow the live controls, or plain keyframes for export."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import bpy
import numpy as np

from ..compat import action_curve_owners
from .controls import (
    add_controls,
    control_path,
    control_value,
    controls_animated,
    gain_name,
    loop_length,
    still_coefficients,
)
from .curves import require_unlocked
from .errors import SceneError
from .response import RESPONSE, add_response, response_index
from .sampling import values_of
from .shape_keys import band_keys, bands_of, key_names, require_all_bands

__all__ = [
    "coefficients",
    "drive",
    "ensure_response",
    "frame_coefficients",
    "has_drivers",
    "listens",
    "require_editable",
    "require_unlocked_keys",
    "to_drivers",
    "to_keyframes",
]


def has_drivers(obj: bpy.types.Object) -> bool:
    """Whether the live controls move the object (and not keyframes). Cheap enough for `draw`."""
    animation = getattr(getattr(obj.data, "shape_keys", None), "animation_data", None)
    return animation is not None and animation.drivers.find(_path("Re 00")) is not None


def listens(obj: bpy.types.Object) -> bool:
    """Whether excitations of the object show: its drivers add them. Those of an early version's objects do not."""
    return RESPONSE in obj and any(name == _ADDEND and owner == obj for name, owner in _heard(obj))


def ensure_response(obj: bpy.types.Object) -> None:
    """Have the object answer to excitations: give it the array and its drivers the addend, where they lack them.

    Raises:
        SceneError: as `to_drivers`; when plain keyframes move it, which would be lost; when it shares its mesh with
            another object, whose controls move both.
    """
    if listens(obj):
        return
    owner = next((owner for _, owner in _heard(obj)), None)
    if owner not in {None, obj} and (obj.data.users > 1 or obj.data.library is not None):
        linked = obj.data.library is not None
        raise SceneError(
            f"“{obj.name}” shares its mesh with another object, whose controls move both.",
            "Make the library override of its whole hierarchy." if linked else "Duplicate it unlinked, with Shift D.",
        )
    require_editable(obj)
    if bands_of(obj) < 2:
        raise SceneError(f"“{obj.name}” has no harmonics that could swing.", "Generate or import a motion that has.")
    if not has_drivers(obj):
        raise SceneError(
            f"Keyframes on its shape keys move “{obj.name}”, not the live controls.", "Restore Live Controls first."
        )
    to_drivers(obj)


def to_drivers(obj: bpy.types.Object) -> None:
    """Let the object's controls move its shape keys, through simple expressions that need no Python to evaluate.

    Keyframes on the shape keys of bands are removed; other shape keys and their animation stay.

    Raises:
        SceneError: for an object without motion, a linked one, one in Edit Mode, or one with locked keyframes.
    """
    require_editable(obj)
    require_unlocked_keys(obj)
    bands = bands_of(obj)
    # Of an object of an early version, which lacks some of what the drivers read.
    add_controls(obj, bands=bands, period=control_value(obj, "gid_period"), start=control_value(obj, "gid_start"))
    add_response(obj, bands)
    drive(obj, obj, bands)


def drive(obj: bpy.types.Object, owner: bpy.types.Object, bands: int) -> None:
    """Give the shape keys of an object drivers that follow the controls of another one, or its own."""
    keys = obj.data.shape_keys
    _remove_curves(keys)
    for band in range(bands):
        for part in ("Re", "Im"):
            path = _path(f"{part} {band:02d}")
            keys.driver_remove(path)
            curve = keys.driver_add(path)
            # A new driver has an identity curve (keys or a modifier); without it the value passes unrounded.
            for modifier in list(curve.modifiers):
                curve.modifiers.remove(modifier)
            curve.keyframe_points.clear()
            driver = curve.driver
            driver.type = "SCRIPTED"
            names = {"a": "gid_amplitude", "g": gain_name(band)}
            if band:
                names |= {"T": "gid_period", "p": "gid_phase", "s": "gid_start", "v": "gid_speed", "o": "gid_time"}
            for variable, control in names.items():
                _add_variable(driver, variable, owner, control_path(control))
            if band:
                index = response_index(band, part)
                _add_variable(driver, _ADDEND, owner, f"{control_path(RESPONSE)}[{index}]")
            driver.expression = _expression(band, part)


def to_keyframes(obj: bpy.types.Object, scene: bpy.types.Scene, *, frames: int | None = None) -> int:
    """Replace the drivers by ordinary F-curves on the 2K shape keys, for glTF and other exporters.

    With still controls: frames + 1 keys over one loop from `gid_start`, LINEAR, the last equal to the first, and a
    Cycles modifier. With animated controls there is no period to repeat: one key a frame over the scene's range.

    Args:
        obj: the motion object.
        scene: the scene it plays in.
        frames: keys a loop, any whole number; None takes its length, rounded up.

    Returns:
        the number of keys on each curve.

    Raises:
        SceneError: as `to_drivers`, and when `frames` is below 2.
    """
    require_editable(obj)
    require_unlocked_keys(obj)
    cyclic = not controls_animated(obj)
    if cyclic:
        period = loop_length(obj)
        frames = ceil(period) if frames is None else frames
        if frames < 2:
            raise SceneError(f"A loop of {frames} frames does not move.", "Choose 2 frames or more.")
        q = still_coefficients(obj, np.arange(frames + 1) / frames)
        times = control_value(obj, "gid_start") + np.arange(frames + 1) * (period / frames)
    else:
        times = np.arange(scene.frame_start, scene.frame_end + 1, dtype=np.float64)
        q = _sampled(obj, scene, times)

    keys = obj.data.shape_keys
    for name in key_names(bands_of(obj)):
        keys.driver_remove(_path(name))
    _remove_curves(keys)
    animation = keys.animation_data_create()
    if animation.action is None:
        animation.action = bpy.data.actions.new(f"{obj.name} Loop")
    for band in range(q.shape[1]):
        for part, values in (("Re", q[:, band].real), ("Im", -q[:, band].imag)):
            curve = animation.action.fcurve_ensure_for_datablock(keys, _path(f"{part} {band:02d}"))
            curve.keyframe_points.add(len(times))
            curve.keyframe_points.foreach_set("co", np.stack([times, values], axis=1).astype(np.float32).ravel())
            linear = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value
            curve.keyframe_points.foreach_set("interpolation", np.full(len(times), linear, np.int32))
            if cyclic:
                curve.modifiers.new("CYCLES")
            curve.update()
    return len(times)


def coefficients(
    obj: bpy.types.Object, scene: bpy.types.Scene, frames: int, *, moments: Sequence[float] = (0.0,)
) -> np.ndarray:
    """(frames·S, K) complex64: what the object's controls or keyframes make of q over one loop of `frames` frames.

    Frame i is what the mesh shows i/frames of a loop after `gid_start`. This is the `coefficients` parameter of
    the worker's `render`, so that an image sequence moves exactly as the mesh does.

    Args:
        obj, scene: whose loop it is.
        frames: how many it is rendered as.
        moments: (S,) of each of them, as `timing.shutter_moments` gives them.

    Raises:
        SceneError: at speed 0, and when a shape key of the motion is missing.
    """
    require_all_bands(obj)
    length = loop_length(obj)
    times = _moments(np.arange(frames), moments) / frames
    if has_drivers(obj) and not controls_animated(obj):
        return still_coefficients(obj, times).astype(np.complex64)
    return _sampled(obj, scene, control_value(obj, "gid_start") + times * length).astype(np.complex64)


def frame_coefficients(
    obj: bpy.types.Object, scene: bpy.types.Scene, first: int, last: int, *, moments: Sequence[float] = (0.0,)
) -> np.ndarray:
    """((last - first + 1)·S, K) complex64: q at each frame of the scene, whatever moves the object there.

    The loop, a bake, NLA strips, keyframes made by hand: read back from the shape keys' values as they are played.

    Args:
        obj, scene: what is played.
        first, last: frames of the scene.
        moments: (S,) of each frame, as `timing.shutter_moments` gives them.

    Raises:
        SceneError: when the last frame comes before the first, or a shape key of the motion is missing.
    """
    require_all_bands(obj)
    if last < first:
        raise SceneError(f"Frame {last} comes before frame {first}.", "Set the last frame behind the first.")
    return _sampled(obj, scene, _moments(np.arange(first, last + 1), moments)).astype(np.complex64)


def _moments(frames: np.ndarray, moments: Sequence[float]) -> np.ndarray:
    return (frames[:, None] + np.asarray(moments, np.float64)).ravel()


def require_editable(obj: bpy.types.Object, *, mesh_too: bool = True) -> None:
    """Refuse with a SceneError what cannot be changed: deleted, linked, in Edit Mode, or no motion object.

    Without `mesh_too`, an object may be an override of one whose mesh is linked: its properties can be changed.
    """
    try:
        name, mesh = obj.name, obj.data
    except ReferenceError:
        raise SceneError("The object was deleted.", "Make a new one from the picture.") from None
    if getattr(mesh, "shape_keys", None) is None or bands_of(obj) == 0 or "gid_amplitude" not in obj:
        raise SceneError(f"“{name}” has no motion.", "Select an object that Generate made.")
    if obj.library is not None or (mesh_too and mesh.library is not None):
        library = (obj.library or mesh.library).filepath
        raise SceneError(
            f"“{name}” is linked from {library}.", "Edit it there, or choose Object > Relations > Make Local > All."
        )
    if mesh_too and mesh.override_library is not None:
        raise SceneError(
            f"The mesh of “{name}” is a library override and cannot be changed.", "Choose Make Local > All first."
        )
    if obj.mode == "EDIT":
        raise SceneError(f"“{name}” is in Edit Mode.", "Leave Edit Mode (Tab) and try again.")


def require_unlocked_keys(obj: bpy.types.Object) -> None:
    """Raise a SceneError when keyframes of the object's shape keys are locked."""
    require_unlocked(obj.data.shape_keys, *_BANDS)


# The variable of a driver that is the excitation.
_ADDEND = "x"
# How the data paths of the keys of all bands begin.
_BANDS = ('key_blocks["Re ', 'key_blocks["Im ')


def _heard(obj: bpy.types.Object) -> list[tuple[str, bpy.types.ID]]:
    """Names of the variables of a driver of its shape keys, and whose properties they are."""
    animation = getattr(getattr(obj.data, "shape_keys", None), "animation_data", None)
    curve = animation.drivers.find(_path("Re 01")) if animation is not None else None
    return [(v.name, v.targets[0].id) for v in curve.driver.variables] if curve is not None else []


def _path(key: str) -> str:
    return f'key_blocks["{key}"].value'


def _expression(band: int, part: str) -> str:
    """A term of the loop in the subset that Blender evaluates by itself.

    fmod first: the angle stays small and whole periods are exactly 0, however late the frame. max: a period of 0 typed
    into a custom property by a script would be a division by zero, and the driver would stop for good.
    """
    if band == 0:
        return "a*g" if part == "Re" else "0*a*g"
    angle = f"{band}*2*pi*(fmod((frame-s)*v+o,max(T,1))/max(T,1)+p)"
    return f"a*g*cos({angle})+{_ADDEND}" if part == "Re" else f"-a*g*sin({angle})-{_ADDEND}"


def _add_variable(driver: bpy.types.Driver, name: str, obj: bpy.types.Object, path: str) -> None:
    variable = driver.variables.new()
    variable.name = name
    variable.type = "SINGLE_PROP"
    variable.targets[0].id = obj
    variable.targets[0].data_path = path


def _remove_curves(keys: bpy.types.Key) -> None:
    # Of all bands there may ever have been, so that curves of bands that are gone do not linger.
    for curves in action_curve_owners(keys):
        for curve in [c for c in curves if c.data_path.startswith(_BANDS)]:
            curves.remove(curve)


def _sampled(obj: bpy.types.Object, scene: bpy.types.Scene, times: np.ndarray) -> np.ndarray:
    """(len(times), K) complex128 q as the scene plays it: drivers, keyframes, NLA and whatever else moves the keys."""
    keys = band_keys(obj)
    values = values_of(scene, obj.data.shape_keys, [_path(key.name) for key in keys], times.tolist())
    # A muted key has a value and does nothing.
    values[:, [key.mute for key in keys]] = 0.0
    return values[:, 0::2] - 1j * values[:, 1::2]
