# SPDX-License-Identifier: GPL-3.0-or-later
"""Wind as the spectrum of its force at many places: gusts that travel, turbulence that is alike only nearby."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Wind"]

MODES = 20


@dataclass(frozen=True)
class Wind:
    """One realisation of a wind over a period of `frames` frames.

    The force's amplitude falls as frequency^-`slope`. `gusts` modulates it in time, so that quick motion comes
    together with strong wind. The travelling part has the mean wind's direction and its phase lags along it;
    the turbulent part is a sum of Fourier modes of space, shorter ones for higher frequencies.

    Attributes:
        direction: mean direction in the picture's plane, unit vector (x right, y down).
        speed: of the travelling gusts, picture widths per second.
        length: correlation length of the turbulence, picture widths.
        turbulence: share of the turbulence in the force, 0..1.
        slope: exponent of the amplitude spectrum of the force.
        gusts: depth of the modulation in time, 0..1.
    """

    direction: tuple[float, float]
    speed: float
    length: float
    turbulence: float
    slope: float
    gusts: float

    @classmethod
    def random(cls, rng: np.random.Generator) -> Wind:
        """A wind as one meets it: mostly sideways, from a steady breeze to gusty turbulence."""
        side = -1.0 if rng.random() < 0.5 else 1.0
        tilt = rng.normal(0.0, 0.5)
        return cls(
            direction=(side * float(np.cos(tilt)), float(np.sin(tilt))),
            speed=float(np.exp(rng.normal(np.log(0.8), 0.5))),
            length=float(np.exp(rng.normal(np.log(0.16), 0.5))),
            turbulence=float(rng.uniform(0.35, 0.8)),
            slope=float(rng.uniform(0.35, 0.95)),
            gusts=float(rng.uniform(0.0, 0.9)),
        )

    def force(
        self, places: npt.NDArray[Any], rng: np.random.Generator, *, bands: int, frames: int, fps: float
    ) -> tuple[npt.NDArray[np.complex64], npt.NDArray[np.complex64]]:
        """The spectra of the force at `places` (P, 3): (x, y, depth) in picture widths.

        Returns:
            (P, bands-1, 2) complex64, the wind's force vector in bands 1..bands-1, of unit root-mean-square size
            in time, and (P, bands-1) complex64, turbulence out of the picture's plane, alike.
        """
        k = np.arange(1, bands)
        series = self._series(rng, 1 + 3 * MODES, bands, frames)
        # The lag is along the picture's plane and, less, into depth.
        along = places[:, 0] * self.direction[0] + places[:, 1] * self.direction[1] + 0.5 * places[:, 2]
        lag = np.exp(-1j * (2 * np.pi * fps / frames / self.speed) * along).astype(np.complex64)[:, None]
        travelling = np.multiply.accumulate(np.broadcast_to(lag, (len(places), bands - 1)), axis=1) * series[0].astype(
            np.complex64
        )

        # Two scales: the larger carries the slow bands, the smaller the quick ones.
        half = MODES // 2
        scale = np.where(np.arange(MODES) < half, 1.6, 0.7) * self.length
        waves = rng.normal(size=(MODES, 3)) / scale[:, None]
        phase = (places @ waves.T + rng.uniform(0, 2 * np.pi, MODES)).astype(np.float32)
        modes = np.empty(phase.shape, np.complex64)
        np.cos(phase, out=modes.real)
        np.sin(phase, out=modes.imag)
        share = 1.0 / (1.0 + (k / 5.0) ** 1.5)
        weight = np.where(np.arange(MODES)[:, None] < half, share, 1.0 - share)
        weight = np.sqrt(weight / half)
        coefficients = series[1:].reshape(3, MODES, bands - 1) * weight
        # Not `@`: a threaded BLAS waits for its threads longer than these few products take.
        field = np.einsum("pm,imk->ipk", modes, coefficients.astype(np.complex64))

        t = self.turbulence
        steady = np.sqrt(max(1.0 - t * t, 0.0))
        x = steady * self.direction[0] * travelling + t * field[0]
        y = steady * self.direction[1] * travelling + t * field[1]
        return np.stack([x, y], -1, dtype=np.complex64), field[2]

    def _series(
        self, rng: np.random.Generator, count: int, bands: int, frames: int
    ) -> npt.NDArray[np.complexfloating[Any, Any]]:
        """(count, bands-1) one-sided spectra of gusty noise, of unit root-mean-square size in time on average."""
        k = np.arange(1, bands)
        amplitude = k ** (-self.slope)
        # Noise whose harmonics are independent is as strong at every moment; multiplying by an envelope ties them.
        raw = np.zeros((count, frames // 2 + 1), complex)
        raw[:, 1:bands] = (rng.normal(size=(count, bands - 1)) + 1j * rng.normal(size=(count, bands - 1))) * amplitude
        if self.gusts:
            slow = np.zeros(frames // 2 + 1, complex)
            slow[1:4] = rng.normal(size=3) + 1j * rng.normal(size=3)
            envelope = np.fft.irfft(slow, frames)
            envelope = np.exp(self.gusts * envelope / max(float(envelope.std()), 1e-9) * 0.6)
            raw = np.fft.rfft(np.fft.irfft(raw, frames) * envelope)
            # The envelope leaks the slow bands into the quick ones; the mean spectrum must stay as it was.
            found = np.sqrt((np.abs(raw[:, 1:bands]) ** 2).mean(0))
            raw[:, 1:bands] *= np.sqrt(2.0) * amplitude / np.maximum(found, 1e-12)
        rms = np.sqrt((amplitude**2).sum())
        return np.asarray(raw[:, 1:bands] / rms)
