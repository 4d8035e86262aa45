# SPDX-License-Identifier: GPL-3.0-or-later
"""What moves the shape keys: drivers that follow the live controls, or plain keyframes for export."""

from __future__ import annotations

from math import ceil

import bpy
import numpy as np

from ..compat import action_curve_owners
from .controls import control_path, controls_animated, gain_name, still_coefficients
from .errors import SceneError
from .shape_keys import band_keys, bands_of, key_names

__all__ = ["coefficients", "has_drivers", "require_editable", "to_drivers", "to_keyframes"]


def has_drivers(obj: bpy.types.Object) -> bool:
    """Whether the live controls move the object (and not keyframes). Cheap enough for `draw`."""
    animation = getattr(getattr(obj.data, "shape_keys", None), "animation_data", None)
    return animation is not None and animation.drivers.find(_path("Re 00")) is not None


def to_drivers(obj: bpy.types.Object) -> None:
    """Let the object's controls move its shape keys, through simple expressions that need no Python to evaluate.

    Keyframes on the shape keys of bands are removed; other shape keys and their animation stay.

    Raises:
        SceneError: for an object without motion, a linked one, or one in Edit Mode.
    """
    require_editable(obj)
    keys = obj.data.shape_keys
    _remove_curves(keys)
    for band in range(bands_of(obj)):
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
                names |= {"T": "gid_period", "p": "gid_phase", "s": "gid_start"}
            for variable, control in names.items():
                _add_variable(driver, variable, obj, control)
            driver.expression = _expression(band, part)


def to_keyframes(obj: bpy.types.Object, scene: bpy.types.Scene, *, frames: int | None = None) -> int:
    """Replace the drivers by ordinary F-curves on the 2K shape keys, for glTF and other exporters.

    With still controls: frames + 1 keys over one period from `gid_start`, LINEAR, the last equal to the first, and a
    Cycles modifier. With animated controls there is no period to repeat: one key a frame over the scene's range.

    Args:
        obj: the motion object.
        scene: the scene it plays in.
        frames: keys a period, any whole number; None takes `gid_period`, rounded up.

    Returns:
        the number of keys on each curve.

    Raises:
        SceneError: as `to_drivers`, and when `frames` is below 2.
    """
    require_editable(obj)
    cyclic = not controls_animated(obj)
    if cyclic:
        period = float(obj["gid_period"])
        frames = ceil(period) if frames is None else frames
        if frames < 2:
            raise SceneError(f"A loop of {frames} frames does not move.", "Choose 2 frames or more.")
        q = still_coefficients(obj, np.arange(frames + 1) / frames)
        times = float(obj["gid_start"]) + np.arange(frames + 1) * (period / frames)
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


def coefficients(obj: bpy.types.Object, scene: bpy.types.Scene, frames: int) -> np.ndarray:
    """(frames, K) complex64: what the object's controls or keyframes make of q over one loop of `frames` frames.

    Frame i is what the mesh shows i/frames of a period after `gid_start`. This is the `coefficients` parameter of
    the worker's `render`, so that an image sequence moves exactly as the mesh does.

    Raises:
        SceneError: when animated controls have to be played for it and the object is hidden.
    """
    if has_drivers(obj) and not controls_animated(obj):
        return still_coefficients(obj, np.arange(frames) / frames).astype(np.complex64)
    start, period = float(obj["gid_start"]), float(obj["gid_period"])
    return _sampled(obj, scene, start + np.arange(frames) * (period / frames)).astype(np.complex64)


def require_editable(obj: bpy.types.Object) -> None:
    """Refuse with a SceneError what cannot be changed: deleted, linked, in Edit Mode, or no motion object."""
    try:
        name, mesh = obj.name, obj.data
    except ReferenceError:
        raise SceneError("The object was deleted.", "Make a new one from the picture.") from None
    if getattr(mesh, "shape_keys", None) is None or bands_of(obj) == 0 or "gid_amplitude" not in obj:
        raise SceneError(f"“{name}” has no motion.", "Select an object that Generate made.")
    if obj.library is not None or mesh.library is not None:
        library = (obj.library or mesh.library).filepath
        raise SceneError(
            f"“{name}” is linked from {library}.", "Edit it there, or choose Object > Relations > Make Local > All."
        )
    if mesh.override_library is not None:
        raise SceneError(
            f"The mesh of “{name}” is a library override and cannot be changed.", "Choose Make Local > All first."
        )
    if obj.mode == "EDIT":
        raise SceneError(f"“{name}” is in Edit Mode.", "Leave Edit Mode (Tab) and try again.")


def _path(key: str) -> str:
    return f'key_blocks["{key}"].value'


def _expression(band: int, part: str) -> str:
    """A term of the loop in the subset that Blender evaluates by itself.

    fmod first: the angle stays small and whole periods are exactly 0, however late the frame. max: a period of 0 typed
    into a custom property by a script would be a division by zero, and the driver would stop for good.
    """
    if band == 0:
        return "a*g" if part == "Re" else "0*a*g"
    angle = f"{band}*2*pi*(fmod(frame-s,max(T,1))/max(T,1)+p)"
    return f"a*g*cos({angle})" if part == "Re" else f"-a*g*sin({angle})"


def _add_variable(driver: bpy.types.Driver, name: str, obj: bpy.types.Object, control: str) -> None:
    variable = driver.variables.new()
    variable.name = name
    variable.type = "SINGLE_PROP"
    variable.targets[0].id = obj
    variable.targets[0].data_path = control_path(control)


def _remove_curves(keys: bpy.types.Key) -> None:
    # Of all bands there may ever have been, so that curves of bands that are gone do not linger.
    for curves in action_curve_owners(keys):
        for curve in [c for c in curves if c.data_path.startswith(('key_blocks["Re ', 'key_blocks["Im '))]:
            curves.remove(curve)


def _sampled(obj: bpy.types.Object, scene: bpy.types.Scene, times: np.ndarray) -> np.ndarray:
    """(len(times), K) complex128 q as the scene plays it; the playhead goes back to where it was."""
    for layer in scene.view_layers:
        # An object that was linked just now is in no layer before this.
        layer.update()
    if not any(obj.name in layer.objects and obj.visible_get(view_layer=layer) for layer in scene.view_layers):
        raise SceneError(
            f"“{obj.name}” is hidden, so its animation cannot be played.", "Show it in the viewport and try again."
        )
    keys = band_keys(obj)
    frame, subframe = scene.frame_current, scene.frame_subframe
    values = np.empty((len(times), len(keys)))
    try:
        for row, time in zip(values, times, strict=True):
            scene.frame_set(int(np.floor(time)), subframe=float(time - np.floor(time)))
            row[:] = [key.value for key in keys]
    finally:
        scene.frame_set(frame, subframe=subframe)
    return values[:, 0::2] - 1j * values[:, 1::2]
