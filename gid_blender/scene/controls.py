# SPDX-License-Identifier: GPL-3.0-or-later
"""The live controls of a motion object: plain custom properties, so that they play and key without the extension.

`gid_amplitude`, `gid_period` (frames), `gid_speed`, `gid_phase` (turns), `gid_start` (frame), `gid_gain_00`…: draw them
with `layout.prop(obj, '["gid_amplitude"]', text="Amplitude")`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import bpy
import numpy as np

from ..compat import action_curve_owners
from ..motion import DAMPINGS, Damping, loop_coefficients
from .errors import SceneError
from .response import excitation
from .shape_keys import MAX_VALUE, bands_of

__all__ = [
    "add_controls",
    "control_value",
    "controls_animated",
    "control_path",
    "control_paths",
    "damping_of",
    "gain_name",
    "loop_length",
    "period_of",
    "still_coefficients",
]


@dataclass(frozen=True)
class _Control:
    """How a custom property presents itself in Blender."""

    default: float
    low: float
    high: float
    soft_low: float
    soft_high: float
    description: str


_FAR = 1_000_000.0


def gain_name(band: int) -> str:
    """`gid_gain_07`, the custom property that scales band 7."""
    return f"gid_gain_{band:02d}"


def control_path(name: str) -> str:
    """The data path of a control for keyframes, drivers and `layout.prop`: `["gid_amplitude"]`."""
    return f'["{name}"]'


def control_paths(bands: int) -> list[str]:
    """The data paths of all controls of an object with that many bands."""
    return [control_path(name) for name in _controls(bands, period=1, start=0)]


def add_controls(obj: bpy.types.Object, *, bands: int, period: float, start: float) -> None:
    """Give the object the controls it lacks, with ranges, defaults and descriptions.

    Those it has keep their values and keyframes. Gains of bands that are too many go.
    """
    wanted = _controls(bands, period=period, start=start)
    for name in [n for n in obj.keys() if n.startswith("gid_gain_") and n not in wanted]:
        del obj[name]
    for name, control in wanted.items():
        if name not in obj:
            # A whole number would make an integer property, which takes no fractions later.
            obj[name] = float(control.default)
        obj.id_properties_ui(name).update(
            default=control.default,
            min=control.low,
            max=control.high,
            soft_min=control.soft_low,
            soft_max=control.soft_high,
            description=control.description,
            step=1 if control.soft_high <= 10 else 100,
            precision=3 if control.soft_high <= 10 else 1,
        )
        # A linked character with an override stays adjustable.
        obj.property_overridable_library_set(control_path(name), True)


def controls_animated(obj: bpy.types.Object) -> bool:
    """Whether a control is keyed, driven or in an NLA track, so that no single period describes the motion."""
    animation = obj.animation_data
    if animation is None:
        return False
    curves = [curve for curves in action_curve_owners(obj) for curve in curves]
    return bool(animation.nla_tracks) or any('["gid_' in c.data_path for c in [*curves, *animation.drivers])


def damping_of(obj: bpy.types.Object) -> Damping:
    """How its excitations die away, as chosen for it, under the hand and in a bake alike."""
    chosen = obj.gid.bake.damping if hasattr(obj, "gid") else "PAPER"
    return DAMPINGS[chosen.lower()]


def control_value(obj: bpy.types.Object, name: str) -> float:
    """The value of a control, which is a plain custom property that anybody may delete or set to anything.

    Raises:
        SceneError: when it is missing or no number.
    """
    value = obj.get(name)
    if not isinstance(value, int | float) or not isfinite(value):
        what = "has lost its control" if value is None else "cannot use what is set as its control"
        raise SceneError(f"“{obj.name}” {what} “{name}”.", "Undo that, or make a new object from the picture.")
    return float(value)


def period_of(obj: bpy.types.Object) -> float:
    """Frames of one loop at normal speed.

    Raises:
        SceneError: when that is nothing, or no number.
    """
    period = control_value(obj, "gid_period")
    if not period > 0:
        raise SceneError(f"The loop of “{obj.name}” lasts {period:g} frames.", "Set Period to 1 frame or more.")
    return period


def loop_length(obj: bpy.types.Object) -> float:
    """Frames that one loop lasts at the object's speed.

    Raises:
        SceneError: when its speed or its period is 0.
    """
    speed = float(obj.get("gid_speed", 1.0))
    if not speed > 0:
        raise SceneError(f"The loop of “{obj.name}” stands still: its speed is {speed:g}.", "Raise Speed above 0.")
    return period_of(obj) / speed


def still_coefficients(obj: bpy.types.Object, turns: np.ndarray) -> np.ndarray:
    """(..., K) complex128 q for times in loops since `gid_start`, from controls that are not animated."""
    bands = bands_of(obj)
    gain = control_value(obj, "gid_amplitude") * np.array([control_value(obj, gain_name(k)) for k in range(bands)])
    phase = 2 * np.pi * (control_value(obj, "gid_phase") + float(obj.get("gid_time", 0.0)) / period_of(obj))
    q = gain * loop_coefficients(turns, harmonics=bands, period=1.0, phase=phase) + excitation(obj)
    # As the shape keys do: Blender clamps each part on its own.
    return np.clip(q.real, -MAX_VALUE, MAX_VALUE) + 1j * np.clip(q.imag, -MAX_VALUE, MAX_VALUE)


def _controls(bands: int, *, period: float, start: float) -> dict[str, _Control]:
    controls = {
        "gid_amplitude": _Control(1, 0, 10, 0, 2, "Strength of the loop: 0 is the still picture, 1 as predicted"),
        "gid_period": _Control(float(period), 1, _FAR, 2, 1000, "Length of one loop in frames; longer is slower"),
        "gid_speed": _Control(1, 0, 100, 0, 4, "How fast time passes: 0.25 is slow motion. A keyed one needs Bake"),
        # Where the speed is keyed, (frame - start)·speed is not the time that has passed; Bake writes what is missing.
        "gid_time": _Control(0, -_FAR, _FAR, -1000, 1000, "Frames by which a keyed speed is ahead; Bake writes it"),
        "gid_phase": _Control(0, -_FAR, _FAR, -1, 1, "Where in the loop it starts, in turns; 1 is a whole loop"),
        "gid_start": _Control(float(start), -_FAR, _FAR, -1000, 1000, "Frame at which the loop starts"),
        "gid_stiffness": _Control(1, 0, 100, 0.1, 10, "Of what is excited: 4 swings twice as fast. Bake reads it"),
        "gid_damping": _Control(1, 0, 100, 0, 4, "How soon excitations die away: 0 never do. Bake reads it"),
        # The picture shows one moment; the mean of the motion lies elsewhere. With the offset the picture would sit
        # there and need twice the stretch, and the amplitude would push it aside instead of making it sway more.
        gain_name(0): _Control(0, 0, 10, 0, 2, "Mean offset: 0 sways about the picture's own pose"),
    }
    for k in range(1, bands):
        controls[gain_name(k)] = _Control(1, 0, 10, 0, 2, f"Strength of band {k}: {k} swings a loop")
    return controls
