# SPDX-License-Identifier: GPL-3.0-or-later
"""One damped oscillator for each harmonic, solved exactly.

q̈_k + γ_k·q̇_k + ω_k²·q_k = f_k(t)        q_k complex, k = 0..K-1        (Davis et al. 2015; Li et al. 2024, §S1)

The equation has a closed solution for a force that is linear in time, so a step of any length is right to rounding:
nothing blows up, and the frame rate changes what is looked at, never what happens. Times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .spectral_volume import SpectralVolume

__all__ = ["DAMPINGS", "DEMO", "LIVELY", "PAPER", "Damping", "Oscillators", "Step"]

Real = npt.NDArray[np.float64]
Modal = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class Damping:
    """Rayleigh damping γ = alpha + beta·ω²: `alpha` (1/s) acts on all alike, `beta` (s) on the fast ones.

    Raises:
        ValueError: when one is negative (motion would grow out of nothing) or not finite.
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not (0 <= self.alpha < np.inf and 0 <= self.beta < np.inf):
            raise ValueError(f"Damping is 0 or more, not {self.alpha} and {self.beta}.")

    def rate(self, omega: npt.ArrayLike) -> Real:
        """γ for natural frequencies in radians per second."""
        return self.alpha + self.beta * np.asarray(omega, np.float64) ** 2


PAPER = Damping(0.4, 0.08)
# Of the page that the authors put their results on.
DEMO = Damping(0.8, 0.05)
# Twigs and hanging things that are seen to swing a few times more.
LIVELY = Damping(0.3, 0.02)
DAMPINGS = {"paper": PAPER, "demo": DEMO, "lively": LIVELY}


class Step(NamedTuple):
    """What a step of some length does, exactly; each entry has the shape of the oscillators and the step together.

    q' = qq·q + qv·v + qf·f₀ + qg·f₁ and v' = vq·q + vv·v + vf·f₀ + vg·f₁, where the force goes straight from f₀ to f₁.
    """

    qq: Real
    qv: Real
    vq: Real
    vv: Real
    qf: Real
    qg: Real
    vf: Real
    vg: Real


@dataclass(frozen=True, eq=False)
class Oscillators:
    """The oscillators of K harmonics, or of each of N steps when they change over time.

    Attributes:
        omega: (K,) or (N, K) natural frequencies, radians per second; 0 has no spring (harmonic 0: the mean offset).
        gamma: damping rates γ, 1/s, of the same shape.

    Raises:
        ValueError: when a number is negative or not finite, or the shapes differ.
    """

    omega: Real
    gamma: Real

    def __post_init__(self) -> None:
        omega, gamma = np.array(self.omega, np.float64), np.array(self.gamma, np.float64)
        if omega.shape != gamma.shape or not 1 <= omega.ndim <= 2:
            raise ValueError(f"There is a damping for each frequency, not the shapes {omega.shape} and {gamma.shape}.")
        for values in (omega, gamma):
            if not (np.isfinite(values) & (values >= 0)).all():
                raise ValueError("Frequencies and damping are finite numbers that are 0 or more.")
            values.setflags(write=False)
        object.__setattr__(self, "omega", omega)
        object.__setattr__(self, "gamma", gamma)

    @classmethod
    def of(cls, volume: SpectralVolume, damping: Damping = PAPER) -> Oscillators:
        """Those of a volume: harmonic k swings by itself k times in the volume's period, as it does in the loop."""
        return cls.of_period(volume.duration, volume.bands, damping)

    @classmethod
    def of_period(cls, seconds: float, harmonics: int, damping: Damping = PAPER) -> Oscillators:
        """Those of `harmonics` bands (band 0 counted) of a loop that lasts so many seconds."""
        if not 0 < seconds < np.inf or harmonics < 1:
            raise ValueError(f"A loop lasts more than 0 s and has a band, not {seconds} s and {harmonics}.")
        omega = 2 * np.pi / seconds * np.arange(harmonics, dtype=np.float64)
        return cls(omega, damping.rate(omega))

    @property
    def harmonics(self) -> int:
        """K."""
        return int(self.omega.shape[-1])

    def tuned(self, stiffness: npt.ArrayLike = 1.0, damping: npt.ArrayLike = 1.0) -> Oscillators:
        """Stiffer or softer, more or less damped: factors on ω² and on γ, each a number or (N,) for N steps.

        Stiffness 4 swings twice as fast. The damping rate stays what it is then, so what is stiffer swings more often
        before it has died away, as things do.
        """
        factor, drag = np.broadcast_arrays(np.asarray(stiffness, np.float64), np.asarray(damping, np.float64))
        if not (np.isfinite(factor) & np.isfinite(drag) & (factor >= 0) & (drag >= 0)).all():
            raise ValueError("Stiffness and damping are factors that are finite and 0 or more.")
        return Oscillators(np.sqrt(factor)[..., None] * self.omega, drag[..., None] * self.gamma)

    def step(self, dt: npt.ArrayLike) -> Step:
        """The exact step of `dt` seconds: a number, or (N,) of N steps for entries of the shape (N, K).

        Raises:
            ValueError: when a time is negative or not finite; there is no way back into what was damped away.
        """
        h = _checked_times(dt)[..., None] if np.ndim(dt) else _checked_times(dt)
        qq, qv, vq, vv = _free(self.omega, self.gamma, h)
        once, twice = _driven(self.omega * h, self.gamma * h)
        # In units of the step: the integrals of the impulse response, once and twice.
        once, twice = h * once, h * twice
        return Step(qq, qv, vq, vv, h * (once - twice), h * twice, qv - once, once)

    def free(self, q: npt.ArrayLike, v: npt.ArrayLike, after: npt.ArrayLike) -> tuple[Modal, Modal]:
        """(q, v) of the shape (..., K), `after` so many seconds without a force: any times at once, each exact."""
        h = _checked_times(after)[..., None]
        qq, qv, vq, vv = _free(self.omega, self.gamma, h)
        q, v = np.asarray(q, np.complex128), np.asarray(v, np.complex128)
        return qq * q + qv * v, vq * q + vv * v

    def series(
        self,
        dt: npt.ArrayLike,
        force: npt.ArrayLike,
        q: npt.ArrayLike | None = None,
        v: npt.ArrayLike | None = None,
    ) -> tuple[Modal, Modal]:
        """States at N + 1 times under a force that is linear between them.

        Args:
            dt: seconds of a step, or (N,) of each.
            force: (N + 1, K) complex f at the times.
            q, v: (K,) complex state at the first time; at rest otherwise.

        Returns:
            q and v, each (N + 1, K) complex; row 0 is the start.
        """
        f = np.asarray(force, np.complex128)
        if f.ndim != 2 or f.shape[1] != self.harmonics or len(f) < 1:
            raise ValueError(f"A force on {self.harmonics} harmonics has the shape (N + 1, K), not {f.shape}.")
        s = self.step(dt)
        drive = np.stack([s.qf * f[:-1] + s.qg * f[1:], s.vf * f[:-1] + s.vg * f[1:]], axis=1)
        return self.march(s, drive, q, v)

    def march(
        self, s: Step, pushes: Modal, q: npt.ArrayLike | None = None, v: npt.ArrayLike | None = None
    ) -> tuple[Modal, Modal]:
        """States of N steps `s`, where (N, 2, K) `pushes` are added to (q, v) at the end of each; see `series`."""
        states = np.zeros((len(pushes) + 1, 2, self.harmonics), np.complex128)
        states[0, 0] = 0.0 if q is None else q
        states[0, 1] = 0.0 if v is None else v
        shape = (len(pushes), 2, self.harmonics)
        of_q = np.broadcast_to(np.stack([s.qq, s.vq], axis=-2), shape)
        of_v = np.broadcast_to(np.stack([s.qv, s.vv], axis=-2), shape)
        for now, then, a, b, push in zip(states[:-1], states[1:], of_q, of_v, pushes, strict=True):
            np.multiply(a, now[0], out=then)
            then += b * now[1]
            then += push
        return states[:, 0], states[:, 1]

    def energy(self, q: npt.ArrayLike, v: npt.ArrayLike) -> Real:
        """½·Σ_k (|v_k|² + ω_k²·|q_k|²) along the last axis: without a force it only ever gets less."""
        q, v = np.asarray(q), np.asarray(v)
        return np.asarray((np.abs(v) ** 2 + self.omega**2 * np.abs(q) ** 2).sum(axis=-1) / 2, np.float64)

    def thrown(self, q: npt.ArrayLike, v: npt.ArrayLike) -> npt.NDArray[np.complex128]:
        """(K,) velocities with which something is let go that was held at `q` and moved with `v`: at most the energy
        that the pull has stored.

        What is held follows the hand as if it had no mass. Let go with the whole speed of a flick, a flower would
        leave the picture. A pull twice as far and as fast is thrown twice as fast.
        """
        q, v = np.asarray(q, np.complex128), np.asarray(v, np.complex128)
        peak = float(np.abs(v).max(initial=0.0))
        if peak < np.finfo(np.float64).tiny:
            # Still, or so slow that 1 over its speed is no number any more.
            return np.zeros_like(v)
        # A hand that goes its way in no time has a speed whose square is no number any more.
        unit = v / peak
        stored, moving = float(self.energy(q, np.zeros_like(v))), float(self.energy(np.zeros_like(q), unit))
        return np.asarray(unit * min(peak, float(np.sqrt(stored / moving))), np.complex128)


def _checked_times(dt: npt.ArrayLike) -> Real:
    h = np.asarray(dt, np.float64)
    if not (np.isfinite(h) & (h >= 0)).all():
        raise ValueError("A step takes 0 seconds or more.")
    return h


def _free(omega: Real, gamma: Real, h: Real) -> tuple[Real, Real, Real, Real]:
    """The matrix exponential [[qq, qv], [vq, vv]] without a force."""
    cosine, response = _decay(omega * h, gamma * h)
    half = gamma * h / 2
    return cosine + half * response, h * response, -(omega**2) * h * response, cosine - half * response


def _decay(w: Real, z: Real) -> tuple[Real, Real]:
    """exp(-z/2)·cos(d) and exp(-z/2)·sin(d)/d with d² = w² - z²/4, also where d is 0 or imaginary.

    In units of the step: w = ω·h, z = γ·h; the second is the answer to an impulse. Where the damping wins, the slow
    root is written as a quotient: as a difference it would lose all its digits, and cosh would overflow.
    """
    half = z / 2
    square = w**2 - half**2
    d = np.sqrt(np.abs(square))
    under = square >= 0
    shrink = np.exp(-half)
    slow = np.exp(-(w**2) / np.where(under, 1.0, half + d))
    twice = np.where(under | (d == 0), 1.0, 2 * d)
    cosine = np.where(under, shrink * np.cos(d), slow * (1 + np.exp(-2 * d)) / 2)
    response = np.where(under, shrink * np.sinc(d / np.pi), slow * -np.expm1(-twice) / twice)
    return cosine, response


def _gauss(count: int) -> tuple[Real, Real]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, weights / 2


# (longest step in units of the fastest time scale, nodes and weights that integrate it to rounding)
_SHORT = ((0.5, *_gauss(5)), (2.5, *_gauss(10)))


def _driven(w: Real, z: Real) -> tuple[Real, Real]:
    """The answer to an impulse, integrated over the step once and twice, in units of the step."""
    w, z = np.broadcast_arrays(w, z)
    once, twice = np.empty(w.shape), np.empty(w.shape)
    length = np.maximum(w, z)
    done = np.zeros(w.shape, bool)
    for longest, nodes, weights in _SHORT:
        short = (length < longest) & ~done
        if short.any():
            # All terms positive or nearly so, where the closed form would be a difference of numbers near 1.
            u = nodes[:, None]
            part = weights[:, None] * u * _decay(u * w[short], u * z[short])[1]
            once[short], twice[short] = part.sum(axis=0), ((1 - u) * part).sum(axis=0)
        done |= short
    fast = ~done & (w >= 1)
    creeping = ~done & ~fast
    if fast.any():
        a, b = w[fast], z[fast]
        cosine, response = _decay(a, b)
        once[fast] = (1 - cosine - b / 2 * response) / a**2
        twice[fast] = (1 - response - b * once[fast]) / a**2
    if creeping.any():
        # Hardly a spring and much damping: two real roots far apart.
        a, b = w[creeping], z[creeping]
        d = np.sqrt(b**2 / 4 - a**2)
        quick = -(b / 2 + d)
        slow = a**2 / quick
        once[creeping] = (_phi1(slow) - _phi1(quick)) / (2 * d)
        twice[creeping] = (_phi2(slow) - _phi2(quick)) / (2 * d)
    return once, twice


def _phi1(x: Real) -> Real:
    """(exp(x) - 1)/x."""
    return np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))


def _phi2(x: Real) -> Real:
    """(exp(x) - 1 - x)/x²."""
    small = np.abs(x) < 0.1
    y = np.where(small, 1.0, x)
    series = sum((x**n / np.prod(np.arange(1.0, n + 3)) for n in range(9)), np.zeros_like(x))
    return np.where(small, series, (np.expm1(y) - y) / y**2)
