# SPDX-License-Identifier: GPL-3.0-or-later
"""Wind in gusts: a drag that follows from a turbulent speed, the same for the same seed at any frame rate."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["GustSpectrum", "Turbulence"]

_WAVES = 96
_SLOWEST, _FASTEST = 0.01, 8.0
_AT_ONCE = 4096


@dataclass(frozen=True)
class GustSpectrum:
    """The von Kármán spectrum of the speed along the wind, for speeds relative to the mean wind's.

    Attributes:
        intensity: standard deviation of the speed, relative to its mean: 0 is steady, 0.1 over open water, 0.3 among
            houses, above that squally.
        seconds: how long a gust lasts, about: the integral scale of the turbulence over the mean speed.

    Raises:
        ValueError: when a number is out of its range.
    """

    intensity: float = 0.3
    seconds: float = 1.5

    def __post_init__(self) -> None:
        if not 0 <= self.intensity < np.inf or not 0 < self.seconds < np.inf:
            raise ValueError(
                f"Gusts are 0 or more strong and last more than 0 s, not {self.intensity} and {self.seconds} s."
            )

    def density(self, hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Variance per Hz; its integral over all frequencies is intensity²."""
        ratio = self.seconds * np.asarray(hertz, np.float64)
        return 4 * self.intensity**2 * self.seconds / (1 + 70.8 * ratio**2) ** (5 / 6)


@dataclass(frozen=True)
class Turbulence:
    """A sum of waves with that spectrum, which can be asked for any time, in any order.

    Attributes:
        spectrum: how the gusts are spread over the frequencies.
        seed: another one is another wind; 0 or more.
        period: seconds after which it repeats exactly, for loops; None never repeats within hours.

    Raises:
        ValueError: when the period is not positive, or the seed is negative.
    """

    spectrum: GustSpectrum = GustSpectrum()
    seed: int = 0
    period: float | None = None
    _waves: tuple[npt.NDArray[np.float64], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.period is not None and not 0 < self.period < np.inf:
            raise ValueError(f"A wind repeats after more than 0 s, not {self.period}.")
        if self.seed < 0:
            raise ValueError(f"A seed is 0 or more, not {self.seed}.")
        rng = np.random.default_rng(self.seed)
        if self.period is None:
            # One wave at random in each of many bands that grow with the frequency: nothing repeats.
            edges = np.geomspace(_SLOWEST, _FASTEST, _WAVES + 1)
            widths = np.diff(edges)
            hertz = edges[:-1] + widths * rng.random(_WAVES)
        else:
            hertz = np.arange(1, max(2, int(_FASTEST * self.period) + 1)) / self.period
            widths = np.full(len(hertz), 1 / self.period)
        height = np.sqrt(2 * self.spectrum.density(hertz) * widths)
        object.__setattr__(self, "_waves", (hertz, height, 2 * np.pi * rng.random(len(hertz))))

    def speed(self, time: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """(...,) speed along the wind at any times in seconds; its mean is 1."""
        hertz, height, phase = self._waves
        when = np.asarray(time, np.float64)
        if self.period is not None:
            when = np.mod(when, self.period)
        flat = when.ravel()
        total = np.ones(flat.shape)
        # In pieces, for hours of wind; and not by a matrix product, whose last bits depend on how many there are.
        for start in range(0, len(flat), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            total[part] += np.einsum("tw,w->t", np.cos(2 * np.pi * flat[part, None] * hertz + phase), height)
        return total.reshape(when.shape)

    def drag(self, time: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """(...,) force of the wind, 1 at its mean speed: it grows with the square, and turns round with the wind."""
        speed = self.speed(time)
        return speed * np.abs(speed)
