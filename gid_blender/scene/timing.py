# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds of a loop and frames of a scene."""

from __future__ import annotations

from math import ceil, log

import bpy

from ..compat import curve_owners
from .errors import SceneError

__all__ = [
    "drift",
    "fit_frame_range",
    "fitting_period",
    "frame_rate",
    "period_in_frames",
    "set_frame_range",
    "set_period",
    "shutter_moments",
]

# The range of Blender's factory settings, and where the last one is noted that was set for a loop.
_UNTOUCHED = (1, 250)
_RANGE = "gid_range"
# A loop that would have to play half as fast again, or slower by that, is no longer the one that was asked for.
_MOST_STRETCH = 1.5


def frame_rate(scene: bpy.types.Scene) -> float:
    """Frames per second of the scene, e.g. 29.97 for 30/1.001."""
    return scene.render.fps / scene.render.fps_base


def period_in_frames(scene: bpy.types.Scene, seconds: float) -> int:
    """Whole frames, at least 2, that a loop of that many seconds (`SpectralVolume.duration`) takes in this scene."""
    return max(2, round(seconds * frame_rate(scene)))


def shutter_moments(scene: bpy.types.Scene, samples: int) -> list[float]:
    """Moments, in frames from each frame's own, that stand for the time in which the scene's shutter is open.

    As Render Properties › Motion Blur has it: its length in frames, and whether it begins, ends or is in the middle at
    the frame. They are the middles of equal parts.
    """
    render = scene.render
    begin = {"START": 0.0, "CENTER": -0.5, "END": -1.0}[render.motion_blur_position]
    return [render.motion_blur_shutter * (begin + (i + 0.5) / samples) for i in range(samples)]


def set_frame_range(scene: bpy.types.Scene, start: int, frames: int) -> None:
    """Set the scene's range to exactly one loop: `frames` frames from `start`, the repeated last one left out."""
    # Scenes do not begin before frame 0; any `frames` frames in a row are a whole loop.
    start = max(start, 0)
    # Blender keeps start <= end by moving the other one, so the order matters.
    scene.frame_end = max(scene.frame_end, start + frames - 1)
    scene.frame_start = start
    scene.frame_end = start + frames - 1


def fit_frame_range(scene: bpy.types.Scene, start: int, frames: int) -> bool:
    """`set_frame_range`, unless somebody has chosen a range: one that is neither Blender's own nor set by this before.

    Returns:
        whether the range is the loop's now.
    """
    now = (scene.frame_start, scene.frame_end)
    if now not in {_UNTOUCHED, tuple(scene.get(_RANGE, ()))}:
        return now == (start, start + frames - 1)
    set_frame_range(scene, start, frames)
    scene[_RANGE] = (scene.frame_start, scene.frame_end)
    return True


def fitting_period(length: int, period: float) -> int:
    """The whole number of frames nearest to a period of which a stretch of frames holds a whole number of loops.

    Args:
        length: frames of the stretch.
        period: frames of a loop as it is.

    Raises:
        SceneError: when none is near, as in a stretch of a prime number of frames; it names a length that has one.
    """
    best = _nearest_divisor(length, period)
    if best is not None:
        return best
    others = (n for step in range(1, length + ceil(period)) for n in (length - step, length + step))
    near = next(n for n in others if _nearest_divisor(n, period) is not None)
    raise SceneError(
        f"{length} frames cannot be divided into whole loops of about {period:g} frames.",
        f"Make it {near} frames long: loops of {_nearest_divisor(near, period)} frames.",
    )


def set_period(obj: bpy.types.Object, period: float) -> None:
    """Give a motion object another loop length, at its speed.

    Raises:
        SceneError: when keyframes or a driver say how long it is, or it is linked.
    """
    if obj.library is not None:
        raise SceneError(f"“{obj.name}” is linked.", "Change its period in its own file.")
    animation = obj.animation_data
    if animation is not None:
        curves = [*animation.drivers, *(curve for owner, _ in curve_owners(obj) for curve in owner)]
        if any(name in curve.data_path for curve in curves for name in ("gid_period", "gid_speed")):
            raise SceneError(
                f"The period or the speed of “{obj.name}” is animated, so its loop has no one length.",
                "Clear its keyframes first.",
            )
    obj["gid_period"] = period * float(obj.get("gid_speed", 1.0))
    obj.update_tag()


def drift(scene: bpy.types.Scene, frames: float) -> str:
    """A sentence on how a loop runs away from the clock at a frame rate such as 29.97, or "" at a whole rate.

    Args:
        scene: gives the frame rate.
        frames: of the loop.
    """
    rate = frame_rate(scene)
    if abs(rate - round(rate)) < 1e-4:
        return ""
    # One frame is lost after as many frames as the rate lacks to the whole one.
    after = 1 / abs(rate - round(rate))
    return (
        f"At {rate:.3f} frames a second the loop lasts {frames / rate:.3f} s, not {frames / round(rate):.3f} s: "
        f"something timed in seconds at {round(rate)} is a frame off after {after:.0f} s."
    )


def _nearest_divisor(length: int, period: float) -> int | None:
    found = [d for d in range(2, length + 1) if length % d == 0]
    best = min(found, key=lambda d: abs(log(d / period)), default=None)
    return best if best is not None and 1 / _MOST_STRETCH <= best / period <= _MOST_STRETCH else None
