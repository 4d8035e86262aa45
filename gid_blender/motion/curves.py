# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that change over time: how an envelope rises and falls, where a hand goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Curve"]

_EASE = np.linspace(0.0, 1.0, 17)
# 3u² - 2u³: it starts and ends without speed.
_EASED = _EASE * _EASE * (3 - 2 * _EASE)


@dataclass(frozen=True, eq=False)
class Curve:
    """Straight between samples, held before the first and after the last, as F-curves are.

    Attributes:
        times: (N,) seconds, none before the one in front of it; two equal ones are a jump.
        values: (N,) or (N, 2).

    Raises:
        ValueError: when there is no sample, the numbers do not match or are not finite, or time runs backwards.

    Example:
        >>> Curve([0.0, 2.0], [0.0, 1.0]).at([-1.0, 0.5, 9.0]).tolist()
        [0.0, 0.25, 1.0]
    """

    times: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        times, values = np.array(self.times, np.float64), np.array(self.values, np.float64)
        if times.ndim != 1 or len(times) == 0 or len(values) != len(times) or values.shape[1:] not in ((), (2,)):
            raise ValueError(f"A curve has a value for each time, not the shapes {times.shape} and {values.shape}.")
        if not (np.isfinite(times).all() and np.isfinite(values).all()):
            raise ValueError("A curve is made of finite numbers.")
        if (np.diff(times) < 0).any():
            raise ValueError("The times of a curve are in order.")
        times.setflags(write=False)
        values.setflags(write=False)
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "values", values)

    @classmethod
    def constant(cls, value: npt.ArrayLike) -> Curve:
        """One value, always."""
        return cls(np.zeros(1), np.asarray(value, np.float64)[None])

    @classmethod
    def drawn(cls, start: float, end: float, value: npt.ArrayLike, hold: float = 0.0) -> Curve:
        """From 0 at `start` to the value, reached gently at `end - hold` and kept: a hand that draws aside."""
        if end < start:
            raise ValueError("It ends before it starts.")
        arrived = max(start, end - hold)
        times = start + (arrived - start) * _EASE if arrived > start else np.array([arrived])
        shape = _EASED if arrived > start else np.ones(1)
        values = np.multiply.outer(shape, np.asarray(value, np.float64))
        if end > arrived:
            times, values = np.append(times, end), np.concatenate([values, values[-1:]])
        return cls(times, values)

    @classmethod
    def pulse(
        cls, start: float, end: float, value: npt.ArrayLike = 1.0, attack: float = 0.0, fade: float = 0.0
    ) -> Curve:
        """0, then from `start` to `end` the value, which swells for `attack` seconds and fades for the last `fade`."""
        length = end - start
        if length < 0 or attack < 0 or fade < 0:
            raise ValueError("A pulse, its attack and its fade last 0 seconds or more.")
        if attack + fade > length:
            attack, fade = (length * part / (attack + fade) for part in (attack, fade))
        rise = start + attack * _EASE if attack else np.array([start, start])
        fall = end - fade * _EASE[::-1] if fade else np.array([end, end])
        up, down = (_EASED if attack else np.array([0.0, 1.0])), (1 - _EASED if fade else np.array([1.0, 0.0]))
        # Rounding must not let the fade begin before the attack has ended.
        times = np.maximum.accumulate(np.concatenate([rise, fall]))
        return cls(times, np.multiply.outer(np.concatenate([up, down]), np.asarray(value, np.float64)))

    def at(self, time: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """(...,) or (..., 2) values at any times."""
        when = np.asarray(time, np.float64)
        if self.values.ndim == 1:
            return np.asarray(np.interp(when, self.times, self.values), np.float64)
        return np.stack([np.interp(when, self.times, self.values[:, axis]) for axis in range(2)], axis=-1)

    def slope_at_end(self) -> npt.NDArray[np.float64]:
        """How fast it changes on its last stretch; 0 for a single sample and where it ends in a jump."""
        if len(self.times) < 2 or self.times[-1] == self.times[-2]:
            return np.zeros_like(self.values[-1])
        return np.asarray((self.values[-1] - self.values[-2]) / (self.times[-1] - self.times[-2]), np.float64)

    @property
    def span(self) -> tuple[float, float]:
        """From when to when it is not 0; infinite where it is held at something else."""
        start = -np.inf if np.any(self.values[0]) else float(self.times[0])
        end = np.inf if np.any(self.values[-1]) else float(self.times[-1])
        return (start, end) if np.any(self.values) else (0.0, 0.0)
