# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds of a loop and frames of a scene."""

from __future__ import annotations

import bpy

__all__ = ["frame_rate", "period_in_frames", "set_frame_range"]


def frame_rate(scene: bpy.types.Scene) -> float:
    """Frames per second of the scene, e.g. 29.97 for 30/1.001."""
    return scene.render.fps / scene.render.fps_base


def period_in_frames(scene: bpy.types.Scene, seconds: float) -> int:
    """Whole frames, at least 2, that a loop of that many seconds (`SpectralVolume.duration`) takes in this scene."""
    return max(2, round(seconds * frame_rate(scene)))


def set_frame_range(scene: bpy.types.Scene, start: int, frames: int) -> None:
    """Set the scene's range to exactly one loop: `frames` frames from `start`, the repeated last one left out."""
    # Scenes do not begin before frame 0; any `frames` frames in a row are a whole loop.
    start = max(start, 0)
    # Blender keeps start <= end by moving the other one, so the order matters.
    scene.frame_end = max(scene.frame_end, start + frames - 1)
    scene.frame_start = start
    scene.frame_end = start + frames - 1
