# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds of a loop and frames of a scene."""

from __future__ import annotations

import bpy

__all__ = ["frame_rate", "period_in_frames", "set_frame_range"]


def frame_rate(scene: bpy.types.Scene) -> float:
    """Frames per second of the scene, e.g. 29.97 for 30/1.001."""
    raise NotImplementedError


def period_in_frames(scene: bpy.types.Scene, seconds: float) -> int:
    """Whole frames, at least 2, that a loop of that many seconds (`SpectralVolume.duration`) takes in this scene."""
    raise NotImplementedError


def set_frame_range(scene: bpy.types.Scene, start: int, frames: int) -> None:
    """Set the scene's range to exactly one loop: `frames` frames from `start`, the repeated last one left out."""
    raise NotImplementedError
