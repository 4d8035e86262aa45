# SPDX-License-Identifier: GPL-3.0-or-later
"""The live controls of a motion object: plain custom properties, so that they play and key without the extension.

`gid_amplitude`, `gid_period` (frames), `gid_phase` (turns), `gid_start` (frame), `gid_gain_00`…: draw them with
`layout.prop(obj, '["gid_amplitude"]', text="Amplitude")`.
"""

from __future__ import annotations

import bpy
import numpy as np

__all__ = ["add_controls", "coefficients", "control_path", "control_paths", "gain_name"]


def gain_name(band: int) -> str:
    """`gid_gain_07`, the custom property that scales band 7."""
    return f"gid_gain_{band:02d}"


def control_path(name: str) -> str:
    """The data path of a control for keyframes, drivers and `layout.prop`: `["gid_amplitude"]`."""
    return f'["{name}"]'


def control_paths(bands: int) -> list[str]:
    """The data paths of all controls of an object with that many bands."""
    raise NotImplementedError


def add_controls(obj: bpy.types.Object, *, bands: int, period: float, start: float) -> None:
    """Give the object the controls it lacks, with ranges, defaults and descriptions; those it has keep their values
    and keyframes. Gains of bands that are too many go."""
    raise NotImplementedError


def coefficients(obj: bpy.types.Object, scene: bpy.types.Scene, frames: int) -> np.ndarray:
    """(frames, K) complex64: what the object's controls, keyed or not, make of q over one loop of `frames` frames.

    Frame i is what the mesh shows i/frames of a period after `gid_start`. This is the `coefficients` parameter of
    the worker's `render`, so that an image sequence moves exactly as the mesh does.
    """
    raise NotImplementedError
