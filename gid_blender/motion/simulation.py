# SPDX-License-Identifier: GPL-3.0-or-later
"""From excitations and the ambient loop to coefficients q_k(t), ready for a spectral volume's sum.

What happens is decided on a clock of its own, before anybody looks: the same excitation shows the same motion at the
same moments at 24, 30 and 60 frames a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .curves import Curve
from .errors import ExcitationError
from .excitations import Excitation, Force, Poke, Pull, Wind, pattern
from .loop import loop_coefficients
from .modal_basis import ModalBasis
from .oscillators import Oscillators, Step

__all__ = ["Ambient", "Tuning", "simulate"]

Modal = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]

# Moments a second at which a force is looked at. A power of two: multiples of it are exact, so all steps are equal
# to the bit; and a force up to 3 Hz, the fastest harmonic's, is met to 0.3 %.
CLOCK = 128


@dataclass(frozen=True)
class Ambient:
    """The loop that goes on beneath everything.

    Attributes:
        amplitude: 0 is still, 1 as predicted; a number or (F,) of each moment.
        period: seconds of one loop.
        phase: where in the loop time 0 lies, in turns.
        offset: whether the mean offset takes part.
    """

    amplitude: npt.ArrayLike = 1.0
    period: float = 5.0
    phase: float = 0.0
    offset: bool = False

    def at(self, times: npt.ArrayLike, basis: ModalBasis) -> Modal:
        """(F, K) coefficients at times in seconds, through the basis's equaliser."""
        q = loop_coefficients(
            times, harmonics=basis.harmonics, period=self.period, phase=2 * np.pi * self.phase, offset=self.offset
        )
        return np.asarray(np.asarray(self.amplitude, np.float64)[..., None] * basis.gains * q, np.complex128)


@dataclass(frozen=True)
class Tuning:
    """Stiffness and damping, as factors that may change over time; see `Oscillators.tuned`."""

    stiffness: Curve | float = 1.0
    damping: Curve | float = 1.0

    @property
    def changes(self) -> bool:
        """Whether anything changes at all."""
        return any(
            isinstance(c, Curve) and bool((c.values != c.values[0]).any()) for c in (self.stiffness, self.damping)
        )

    def applied(self, oscillators: Oscillators, times: npt.ArrayLike) -> Oscillators:
        """The oscillators at one time, or at each of (N,)."""
        return oscillators.tuned(*(c.at(times) if isinstance(c, Curve) else c for c in (self.stiffness, self.damping)))


def simulate(
    basis: ModalBasis,
    oscillators: Oscillators,
    excitations: Sequence[Excitation],
    times: npt.ArrayLike,
    *,
    start: float | None = None,
    tuning: Tuning = Tuning(),
    pre_roll: float = 0.0,
    cycle: float | None = None,
    ring_out: tuple[float, float] | None = None,
) -> Modal:
    """Coefficients that the excitations cause at some moments, to be added to the ambient loop's, `Ambient.at`.

    Everything is at rest until the start (less the pre-roll), but for what a hand holds already.

    Args:
        basis: of the picture that is excited.
        oscillators: of its harmonics, (K,).
        excitations: any number; their effects add up. Those of no effect cost nothing.
        times: (F,) seconds, in any order. In slow motion these are the moments of the slow clock.
        start: when it begins, in seconds; the earliest of the moments by default. Give it where moments are chosen for
            other reasons (motion blur, a part of the frames), so that the choice changes nothing.
        tuning: of stiffness and damping.
        pre_roll: seconds before the start in which forces act already, so that what is blown on is not caught standing
            still. Excitations that take place in them count too; what was let go earlier has died away.
        cycle: seconds from the start after which everything begins anew: the motion is found that repeats exactly, with
            all that rings over from the rounds before, at any moment. Needs no pre-roll. A wind's `Turbulence.period`
            must fit into it; a tap before or after the first round does not take place.
        ring_out: (start, end) between which the motion that the excitations caused is led to exactly 0: the picture
            is back in its ambient loop (or at rest) at `end`, whatever the damping.

    Returns:
        (F, K) complex128 coefficients for the spectrum as it is: the equaliser is in them.

    Raises:
        ExcitationError: when an excitation does not fit the picture, the oscillators or the cycle.
    """
    when = np.atleast_1d(np.asarray(times, np.float64))
    if when.ndim != 1 or len(when) == 0 or not np.isfinite(when).all():
        raise ExcitationError("A simulation needs at least one moment, all of them finite numbers of seconds.")
    if not 0 <= pre_roll < np.inf:
        raise ExcitationError(f"A pre-roll lasts 0 seconds or more, not {pre_roll}.")
    if oscillators.omega.shape != (basis.harmonics,):
        raise ExcitationError(
            f"There is one oscillator for each of {basis.harmonics} bands, not {oscillators.omega.shape}."
        )
    first = float(when.min() if start is None else start)
    if cycle is None:
        first -= pre_roll
        last = max(first, float(when.max()))
    else:
        _check_cycle(excitations, first, cycle)
        when = first + np.mod(when - first, cycle)
        last = first + cycle
    patterns = [pattern(each, basis, oscillators.omega) for each in excitations]
    q = _Run(oscillators, tuning, list(zip(excitations, patterns, strict=True)), first, last).at(
        np.maximum(when, first), cycle
    )
    q[when < first] = 0.0
    for each, grip in zip(excitations, patterns, strict=True):
        if isinstance(each, Pull):
            held = (when >= each.path.times[0]) & (when < each.path.times[-1])
            hand = each.path.at(when[held])
            # Not a matrix product: its last bits depend on how many moments there are.
            q[held] += hand[:, :1] * grip[:, 0] + hand[:, 1:] * grip[:, 1]
    if ring_out is not None:
        q *= _faded(np.asarray(times, np.float64), *ring_out)[:, None]
    return q * basis.gains


class _Run:
    """The free and forced motion from `first` to `last`; what hands hold is added by the caller.

    The motion between two knots is exact. There is one wherever something happens at once, and, as long as a force
    acts or the tuning changes, one at each tick of the clock. The ticks are multiples of the clock's unit, and forces
    are straight between them whatever other knots there are: so excitations add up exactly.
    """

    def __init__(
        self,
        oscillators: Oscillators,
        tuning: Tuning,
        excitations: list[tuple[Excitation, Modal]],
        first: float,
        last: float,
    ) -> None:
        self.oscillators, self.tuning = oscillators, tuning
        forces = [
            (each, grip, _span(each, first, last))
            for each, grip in excitations
            if isinstance(each, Force | Wind) and _acts(each, first, last)
        ]
        events = [
            (time, kick)
            for each, grip in excitations
            if (happened := self._event(each, grip)) is not None
            for time, kick in [happened]
            if first <= time <= last
        ]
        self.ticks = _ticks([span for _, _, span in forces], first, last, everywhere=tuning.changes)
        # Where the forces draw the harmonics to at each tick.
        self.drawn = np.zeros((len(self.ticks), oscillators.harmonics), np.complex128)
        self.is_forced = bool(forces)
        for each, grip, (begin, end) in forces:
            part = slice(
                np.searchsorted(self.ticks, np.floor(begin * CLOCK) / CLOCK),
                np.searchsorted(self.ticks, np.ceil(end * CLOCK) / CLOCK, side="right"),
            )
            load = _load(each, self.ticks[part])
            for axis in range(2):
                self.drawn[part] += load[:, axis, None] * grip[:, axis]
        inside = self.ticks[(self.ticks > first) & (self.ticks <= last)]
        self.knots = np.unique(np.concatenate([[first], inside, [time for time, _ in events]]))
        self.kicks = np.zeros((len(self.knots), 2, oscillators.harmonics), np.complex128)
        for time, kick in events:
            self.kicks[np.searchsorted(self.knots, time)] += kick
        self.last = last

    def at(self, when: Real, cycle: float | None) -> Modal:
        """(F, K) at any moments from the first to the last."""
        start = self.kicks[0]
        if cycle is not None:
            start = start + self._start_of_cycle(start)
        states = self._marched(start, self.kicks[1:])
        q: Modal = self._from_knots(states, when)[:, 0]
        return q

    def _start_of_cycle(self, start: Modal) -> Modal:
        """What still rings, when a round begins, from all the rounds before."""
        end = np.array([self.last])
        left = self._from_knots(self._marched(start, self.kicks[1:]), end)[0]
        still = _Run(self.oscillators, self.tuning, [], self.knots[0], self.last)
        ones = np.ones(self.oscillators.harmonics)
        columns = [
            still._from_knots(still._marched(np.stack(unit), still.kicks[1:]), end)[0].real
            for unit in ((ones, 0 * ones), (0 * ones, ones))
        ]
        # (K, 2, 2): how one round maps a start to an end. Harmonic 0 has no spring and nothing moves it.
        onward = np.stack(columns, axis=-1).transpose(1, 0, 2)[1:]
        rest = np.eye(2) - onward
        if (np.abs(np.linalg.det(rest)) < 1e-9).any():
            raise ExcitationError("Without damping nothing settles into a loop: raise the damping.")
        begun = np.zeros((2, self.oscillators.harmonics), np.complex128)
        begun[:, 1:] = np.linalg.solve(rest, left.T[1:, :, None])[..., 0].T
        return begun

    def _marched(self, start: Modal, kicks: Modal) -> Modal:
        """(M, 2, K) states right after each knot."""
        if len(self.knots) == 1:
            return start[None]
        forced = self._advance(self.knots[:-1], self.knots[1:])
        q, v = self.oscillators.march(forced[0], forced[1] + kicks, start[0], start[1])
        return np.stack([q, v], axis=1)

    def _from_knots(self, states: Modal, when: Real) -> Modal:
        """(F, 2, K) states at any moments, each from the knot before it."""
        before = np.maximum(np.searchsorted(self.knots, when, side="right") - 1, 0)
        step, pushes = self._advance(self.knots[before], when)
        q, v = states[before, 0], states[before, 1]
        return np.stack([step.qq * q + step.qv * v, step.vq * q + step.vv * v], axis=1) + pushes

    def _event(self, excitation: Excitation, grip: Modal) -> tuple[float, Modal] | None:
        """When something happens at once, and (2, K) what it adds to (q, v)."""
        match excitation:
            case Pull(path=path):
                time, held = float(path.times[-1]), grip @ path.values[-1]
                tuned = self.tuning.applied(self.oscillators, time)
                return time, np.stack([held, tuned.thrown(held, grip @ path.slope_at_end())])
            case Poke(velocity=velocity, time=time):
                kick = grip @ np.asarray(velocity)
                return time, np.stack([np.zeros_like(kick), kick])
        return None

    def _advance(self, start: Real, end: Real) -> tuple[Step, Modal]:
        """The steps from `start` to `end` (N,), none of which passes a tick, and (N, 2, K) what the forces add."""
        if self.tuning.changes:
            middle = (np.floor(start * CLOCK) + 0.5) / CLOCK
            tuned = self.tuning.applied(self.oscillators, middle)
            step = tuned.step(end - start)
        else:
            tuned = self.tuning.applied(self.oscillators, 0.0)
            lengths, which = np.unique(end - start, return_inverse=True)
            step = Step(*(entry[which] for entry in tuned.step(lengths)))
        pushes = np.zeros((len(start), 2, self.oscillators.harmonics), np.complex128)
        if self.is_forced:
            f, g = (tuned.omega**2 * self._targets(time) for time in (start, end))
            pushes[:, 0] = step.qf * f + step.qg * g
            pushes[:, 1] = step.vf * f + step.vg * g
        return step, pushes

    def _targets(self, when: Real) -> Modal:
        """(N, K) where the forces draw the harmonics to: straight between the ticks, held beyond them."""
        place = np.interp(when, self.ticks, np.arange(len(self.ticks), dtype=np.float64))
        before = np.minimum(place.astype(np.intp), max(0, len(self.ticks) - 2))
        after = np.minimum(before + 1, len(self.ticks) - 1)
        part = (place - before)[:, None]
        return np.asarray(self.drawn[before] * (1 - part) + self.drawn[after] * part, np.complex128)


def _strength(force: Force | Wind) -> Curve:
    return force.load if isinstance(force, Force) else force.strength


def _acts(force: Force | Wind, first: float, last: float) -> bool:
    """Whether a force is anything but 0 at some time of the run."""
    curve = _strength(force)
    start, end = curve.span
    return bool(np.any(curve.values)) and start <= last and end >= first


def _span(force: Force | Wind, first: float, last: float) -> tuple[float, float]:
    """From when to when of the run a force may be anything but 0."""
    start, end = _strength(force).span
    return max(start, first), min(end, last)


def _load(force: Force | Wind, ticks: Real) -> Real:
    """(N, 2) the target along x and y."""
    pushed = _strength(force).at(ticks)
    return pushed if isinstance(force, Force) else pushed * force.turbulence.drag(ticks)[:, None]


def _ticks(spans: list[tuple[float, float]], first: float, last: float, *, everywhere: bool) -> Real:
    """Ticks of the clock that cover the spans, and one beyond at either end."""
    if everywhere:
        spans = [*spans, (first, last)]
    parts = [np.arange(np.floor(start * CLOCK), np.ceil(end * CLOCK) + 1) for start, end in spans]
    return np.unique(np.concatenate([np.zeros(0), *parts])) / CLOCK


def _check_cycle(excitations: Sequence[Excitation], first: float, cycle: float) -> None:
    if not 0 < cycle < np.inf:
        raise ExcitationError(f"A cycle lasts more than 0 seconds, not {cycle}.")
    for each in excitations:
        match each:
            case Wind(turbulence=turbulence) if turbulence.spectrum.intensity > 0:
                rounds = cycle / turbulence.period if turbulence.period else 0.0
                if rounds < 0.5 or abs(rounds - round(rounds)) > 1e-6:
                    raise ExcitationError("The gusts do not repeat with the cycle: give the wind the cycle's period.")
            case Pull(path=path):
                if path.times[0] < first or path.times[-1] >= first + cycle:
                    raise ExcitationError("A pull that goes on over the end of a cycle cannot be repeated.")


def _faded(when: Real, start: float, end: float) -> Real:
    if not start < end:
        raise ExcitationError("Ringing out ends after it starts.")
    u = np.clip((when - start) / (end - start), 0.0, 1.0)
    # Without a jump in speed or acceleration, and exactly 0 at the end.
    return np.asarray((1 - u) ** 3 * (1 + 3 * u + 6 * u * u), np.float64)
