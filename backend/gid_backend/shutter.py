# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion blur as a camera makes it: the light that falls in while the shutter is open, averaged.

The shutter is open for angle/360 of a frame, around the frame's own time; 180° is half a frame, 0 a moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from .colour import Picture, encoded, straight, to_linear, unit_range

__all__ = ["DEFAULT_SAMPLES", "MAX_ANGLE", "MAX_SAMPLES", "average", "shutter_times"]

MAX_ANGLE = 720.0
MAX_SAMPLES = 64
DEFAULT_SAMPLES = 8
_STEPS = 1 << 20


def shutter_times(times: npt.ArrayLike, angle: float, samples: int) -> npt.NDArray[np.float64]:
    """(F, S) times within the opening of each of F frames, evenly spread and around the frame's own; (F, 1) at 0°.

    Args:
        times: (F,) in frames.
        angle: of the shutter in degrees, 0..720.
        samples: S.

    Raises:
        ValueError: for an angle or a number that is out of range.
    """
    if not 0.0 <= angle <= MAX_ANGLE or not 1 <= samples <= MAX_SAMPLES:
        raise ValueError(
            f"A shutter has 0 to {MAX_ANGLE:g}° and 1 to {MAX_SAMPLES} samples, not {angle} and {samples}."
        )
    when = np.asarray(times, np.float64)[:, None]
    if angle == 0.0:
        return when
    offsets = angle / 360.0 * ((np.arange(samples) + 0.5) / samples - 0.5)
    # In millionths of a frame, in binary: added to whole frames they stay exact, so a loop has no seam to the bit.
    return when + np.rint(offsets * _STEPS) / _STEPS


def average(pictures: Iterable[Picture], *, linear: bool = False) -> Picture:
    """The mean light of pictures of one shape and type, weighted by their alpha.

    What is the same in all of them keeps its bits. One picture is held at a time, beside the sum.

    Args:
        pictures: at least one, as `gid_backend.colour` describes them.
        linear: floats hold scene-linear values, not sRGB-encoded ones.
    """
    remaining = iter(pictures)
    first = next(remaining)
    total = _light(first, linear)
    same = np.ones((*first.shape[:2], 1), bool)
    count = 1
    for picture in remaining:
        total += _light(picture, linear)
        same &= (picture == first).all(axis=2, keepdims=True)
        count += 1
    if count == 1:
        return first
    return np.where(same, first, _picture(total / count, first.dtype, linear))


def _light(picture: Picture, linear: bool) -> npt.NDArray[np.float64]:
    """Linear values with associated alpha."""
    values = unit_range(picture)
    is_float = picture.dtype.kind == "f"
    if is_float and linear:
        return values.astype(np.float64)
    if picture.shape[2] < 4:
        return to_linear(values).astype(np.float64)
    alpha = values[..., 3:]
    colour = straight(values[..., :3], alpha) if is_float else values[..., :3]
    return np.concatenate([to_linear(colour) * alpha, alpha], axis=2).astype(np.float64)


def _picture(light: npt.NDArray[np.float64], dtype: np.dtype[Any], linear: bool) -> Picture:
    values = light.astype(np.float32)
    if dtype.kind == "f" and linear:
        return values
    alpha = values[..., 3:]
    colour = encoded(straight(values[..., :3], alpha) if values.shape[2] == 4 else values)
    if dtype.kind == "f":
        return np.concatenate([colour * alpha, alpha], axis=2) if values.shape[2] == 4 else colour
    # A place that nothing ever covered has no colour, as in the renderer's frames.
    colour = np.where(alpha > 0, colour, 0.0) if values.shape[2] == 4 else colour
    whole = np.concatenate([colour, alpha], axis=2) if values.shape[2] == 4 else colour
    peak = np.iinfo(dtype).max
    return np.rint(np.clip(whole, 0.0, 1.0).astype(np.float64) * peak).astype(dtype)
