# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of a scene to seconds of the motion, at a speed that may change: slow motion is another clock."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Clock"]

Real = npt.NDArray[np.float64]


class Clock:
    """Time that passes at a speed known at some frames, straight between them and held beyond.

    Args:
        frames: (N,) increasing.
        speed: (N,) 0 or more.
        rate: frames a second.
    """

    def __init__(self, frames: npt.ArrayLike, speed: npt.ArrayLike, rate: float) -> None:
        self._frames, self._speed = np.asarray(frames, np.float64), np.asarray(speed, np.float64)
        self._rate = rate
        steps = np.diff(self._frames) * (self._speed[1:] + self._speed[:-1]) / 2
        # As if it had always gone at its first speed: where a bake begins changes no gust.
        self._passed = self._frames[0] * self._speed[0] + np.concatenate([[0.0], np.cumsum(steps)])

    @property
    def steady(self) -> bool:
        """Whether the speed never changes."""
        return bool((self._speed == self._speed[0]).all())

    def passed(self, frame: npt.ArrayLike) -> Real:
        """(...,) frames that have passed on this clock at frames of the scene."""
        f = np.asarray(frame, np.float64)
        if self.steady:
            return np.asarray(f * self._speed[0], np.float64)
        i = np.clip(np.searchsorted(self._frames, f, side="right") - 1, 0, len(self._frames) - 2)
        length = self._frames[i + 1] - self._frames[i]
        u = f - self._frames[i]
        slope = (self._speed[i + 1] - self._speed[i]) / length
        inside = self._passed[i] + u * (self._speed[i] + slope * u / 2)
        before = self._passed[0] + (f - self._frames[0]) * self._speed[0]
        after = self._passed[-1] + (f - self._frames[-1]) * self._speed[-1]
        return np.where(f < self._frames[0], before, np.where(f > self._frames[-1], after, inside))

    def seconds(self, frame: npt.ArrayLike) -> Real:
        """(...,) seconds on this clock."""
        return self.passed(frame) / self._rate

    def ahead(self, frame: npt.ArrayLike, since: float) -> Real:
        """(...,) `gid_time`: by how much the time passed since a frame exceeds (frame - since)·speed there."""
        f = np.asarray(frame, np.float64)
        speed = np.interp(f, self._frames, self._speed)
        return np.asarray(self.passed(f) - self.passed(since) - (f - since) * speed, np.float64)
