# SPDX-License-Identifier: GPL-3.0-or-later
"""The damped oscillators against what is known of them on paper.

Tolerances are those of double precision over a few operations, far below the 1e-6 that could ever be seen.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion import DAMPINGS, DEMO, PAPER, Damping, Oscillators, SpectralVolume

TIMES = np.linspace(0.0, 12.0, 97)
OMEGA, START, SPEED = 3.0, 0.7 - 0.2j, -0.4 + 1.1j


def one(omega: float, gamma: float) -> Oscillators:
    return Oscillators(np.array([omega]), np.array([gamma]))


def free(omega: float, gamma: float) -> tuple[np.ndarray, np.ndarray]:
    q, v = one(omega, gamma).free([START], [SPEED], TIMES)
    return q[:, 0], v[:, 0]


class TestWithoutAForce:
    """The textbook's solutions from a given place and speed."""

    def test_undamped(self):
        q, v = free(OMEGA, 0.0)
        np.testing.assert_allclose(q, START * np.cos(OMEGA * TIMES) + SPEED / OMEGA * np.sin(OMEGA * TIMES), atol=1e-12)
        np.testing.assert_allclose(v, SPEED * np.cos(OMEGA * TIMES) - START * OMEGA * np.sin(OMEGA * TIMES), atol=1e-12)

    def test_underdamped(self):
        gamma = 0.8
        d = np.sqrt(OMEGA**2 - gamma**2 / 4)
        expected = np.exp(-gamma / 2 * TIMES) * (
            START * np.cos(d * TIMES) + (SPEED + gamma / 2 * START) / d * np.sin(d * TIMES)
        )
        np.testing.assert_allclose(free(OMEGA, gamma)[0], expected, atol=1e-12)

    @pytest.mark.parametrize("off", [0.0, 1e-15, -1e-15, 1e-9, -1e-9])
    def test_critically_damped_and_a_hair_beside_it(self, off):
        expected = np.exp(-OMEGA * TIMES) * (START + (SPEED + OMEGA * START) * TIMES)
        np.testing.assert_allclose(free(OMEGA, 2 * OMEGA * (1 + off))[0], expected, atol=1e-8 if off else 1e-12)

    def test_overdamped(self):
        gamma = 10.0
        slow, fast = np.roots([1, gamma, OMEGA**2])
        a = (SPEED - fast * START) / (slow - fast)
        expected = a * np.exp(slow * TIMES) + (START - a) * np.exp(fast * TIMES)
        np.testing.assert_allclose(free(OMEGA, gamma)[0], expected, atol=1e-12)

    def test_without_a_spring_it_coasts_to_a_halt(self):
        np.testing.assert_allclose(free(0.0, 0.0)[0], START + SPEED * TIMES, atol=1e-12)
        np.testing.assert_allclose(free(0.0, 0.5)[0], START + SPEED * (1 - np.exp(-0.5 * TIMES)) / 0.5, atol=1e-12)

    def test_damping_of_any_strength_and_any_time_gives_numbers(self):
        q, v = one(1e-3, 1e6).free([1.0], [1.0], [0.0, 1e-9, 1.0, 1e6])
        assert np.isfinite(q).all()
        assert np.isfinite(v).all()
        # Creeping home at ω²/γ, to which the product of the roots has to keep its digits.
        assert q[2, 0].real == pytest.approx(np.exp(-1e-12) + 1e-6, rel=1e-12)


class TestUnderAForce:
    def test_a_load_that_stays_ends_in_the_equilibrium(self):
        q, v = one(OMEGA, 0.8).series(0.1, np.full((2000, 1), OMEGA**2 * START))
        assert q[-1, 0] == pytest.approx(START, abs=1e-12)
        assert abs(v[-1, 0]) < 1e-12

    def test_the_answer_to_a_step(self):
        gamma = 0.8
        d = np.sqrt(OMEGA**2 - gamma**2 / 4)
        q, _ = one(OMEGA, gamma).series(TIMES[1], np.ones((len(TIMES), 1)))
        ringing = np.exp(-gamma / 2 * TIMES) * (np.cos(d * TIMES) + gamma / 2 / d * np.sin(d * TIMES))
        np.testing.assert_allclose(q[:, 0], (1 - ringing) / OMEGA**2, atol=1e-12)

    def test_the_answer_to_a_ramp(self):
        q, v = one(OMEGA, 0.0).series(TIMES[1], TIMES[:, None])
        np.testing.assert_allclose(q[:, 0], (TIMES - np.sin(OMEGA * TIMES) / OMEGA) / OMEGA**2, atol=1e-12)
        np.testing.assert_allclose(v[:, 0], (1 - np.cos(OMEGA * TIMES)) / OMEGA**2, atol=1e-12)

    def test_a_swinging_force_is_met_as_finely_as_it_is_sampled(self):
        """A force that bends between its samples alone costs accuracy: a quarter at half the distance."""
        gamma, nu = 0.8, 2.0
        errors = []
        for count in (400, 800):
            times = np.linspace(0, 40, count + 1)
            q, _ = one(OMEGA, gamma).series(times[1], np.exp(1j * nu * times)[:, None])
            settled = np.exp(1j * nu * times[-1]) / (OMEGA**2 - nu**2 + 1j * gamma * nu)
            errors.append(abs(q[-1, 0] - settled))
        assert errors[0] < 1e-3
        assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)

    @pytest.mark.parametrize("omega", [0.0, 1e-9, 1.0])
    def test_a_very_short_step_has_all_its_digits(self, omega):
        """∫∫ of a ramp over h: h²/3 of its start, h²/6 of its end, to first order in h."""
        h = 1e-7
        step = one(omega, 0.5).step(h)
        assert step.qf[0] == pytest.approx(h * h / 3, rel=1e-6)
        assert step.qg[0] == pytest.approx(h * h / 6, rel=1e-6)
        assert step.vf[0] == pytest.approx(h / 2, rel=1e-6)
        assert step.vg[0] == pytest.approx(h / 2, rel=1e-6)


RATES = st.one_of(st.just(0.0), st.floats(1e-6, 300.0))
STEPS = st.floats(1e-4, 2.0)


@given(omega=RATES, gamma=RATES, first=STEPS, second=STEPS, ends=st.tuples(*[st.floats(-1, 1)] * 4))
def test_two_steps_are_one(omega, gamma, first, second, ends):
    """Whatever the damping: this ties the short steps, the long and the creeping ones to each other."""
    q, v, f, g = ends
    between = f + (g - f) * first / (first + second)
    whole, parts = (
        one(omega, gamma).series(dt, np.array(force)[:, None], [q], [v])
        for dt, force in ((np.array([first + second]), [f, g]), (np.array([first, second]), [f, between, g]))
    )
    size = 1 + first + second
    np.testing.assert_allclose(parts[0][-1], whole[0][-1], atol=1e-12 * size**2)
    np.testing.assert_allclose(parts[1][-1], whole[1][-1], atol=1e-12 * size * (1 + omega))


@given(gamma=RATES, dt=STEPS, q=st.complex_numbers(max_magnitude=1), v=st.complex_numbers(max_magnitude=1), omega=RATES)
def test_energy_only_ever_gets_less(omega, gamma, dt, q, v):
    oscillator = one(omega, gamma)
    states = oscillator.series(dt, np.zeros((40, 1)), [q], [v])
    energy = oscillator.energy(*states)
    # By rounding alone it may grow, by a few units in the last place of the largest term.
    assert (np.diff(energy) <= 1e-13 * energy[0] + 1e-300).all()


@given(dt=STEPS, split=st.integers(1, 8))
def test_how_often_it_is_looked_at_changes_nothing(dt, split):
    oscillators = Oscillators.of_period(5.0, 16)
    start = np.exp(1j * np.arange(16))
    coarse, _ = oscillators.series(dt, np.zeros((9, 16)), start, 1j * start)
    fine, _ = oscillators.series(dt / split, np.zeros((8 * split + 1, 16)), start, 1j * start)
    at_once, _ = oscillators.free(start, 1j * start, dt * np.arange(9))
    np.testing.assert_allclose(fine[::split], coarse, atol=1e-10)
    np.testing.assert_allclose(at_once, coarse, atol=1e-10)


def test_nothing_drifts_in_a_hundred_thousand_frames():
    """Undamped, so that every error of a step would stay: after an hour at 30 fps it is where the cosine says."""
    oscillators = Oscillators.of_period(5.0, 16, Damping(0, 0))
    frames = 100_000
    q, v = oscillators.series(1 / 30, np.zeros((frames + 1, 16)), np.ones(16))
    np.testing.assert_allclose(q[-1], np.cos(oscillators.omega * frames / 30), atol=1e-8)
    energy = oscillators.energy(q, v)
    assert abs(energy / energy[0] - 1).max() < 1e-9


def test_a_linear_force_in_steps_that_differ_is_still_exact():
    oscillators = Oscillators.of_period(5.0, 4)
    times = np.array([0, 0.01, 0.3, 0.300001, 1.0, 2.7, 3.0])
    force = np.outer(times, np.array([0, 1, 1j, 2]))
    even, _ = oscillators.series(0.5, np.outer(np.arange(7) * 0.5, np.array([0, 1, 1j, 2])))
    uneven, _ = oscillators.series(np.diff(times), force)
    np.testing.assert_allclose(uneven[-1], even[-1], atol=1e-12)


class TestFrequenciesAndDamping:
    def test_a_harmonic_swings_as_it_does_in_the_loop(self):
        oscillators = Oscillators.of(SpectralVolume(np.zeros((4, 2, 1, 1)), fps=25.0, frames=100))
        np.testing.assert_allclose(oscillators.omega, 2 * np.pi * np.array([0, 0.25, 0.5, 0.75]))
        assert oscillators.harmonics == 4

    def test_presets(self):
        """At 1 Hz the paper's damping ratio is 0.28, see the supplement; the demo's two numbers are in its source."""
        omega = 2 * np.pi
        assert PAPER.rate(omega) / (2 * omega) == pytest.approx(0.28, abs=0.005)
        assert (DEMO.alpha, DEMO.beta) == (0.8, 0.05)
        assert set(DAMPINGS) >= {"paper", "demo"}

    def test_stiffness_four_swings_twice_as_fast_and_damping_is_a_factor(self):
        oscillators = Oscillators.of_period(5.0, 3)
        tuned = oscillators.tuned(4.0, 0.5)
        np.testing.assert_allclose(tuned.omega, 2 * oscillators.omega)
        np.testing.assert_allclose(tuned.gamma, oscillators.gamma / 2)

    def test_tuning_over_time_has_a_row_for_each_step(self):
        tuned = Oscillators.of_period(5.0, 3).tuned(np.array([1.0, 4.0]), 1.0)
        assert tuned.omega.shape == tuned.gamma.shape == (2, 3)
        q, _ = tuned.series(np.array([0.1, 0.2]), np.zeros((3, 3)), np.ones(3))
        middle, rate = Oscillators.of_period(5.0, 3).free(np.ones(3), np.zeros(3), 0.1)
        end, _ = Oscillators.of_period(5.0, 3).tuned(4.0).free(middle, rate, 0.2)
        np.testing.assert_allclose(q[-1], end, atol=1e-14)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: Damping(-0.1, 0),
            lambda: Damping(0, np.nan),
            lambda: one(-1.0, 0.0),
            lambda: one(1.0, np.inf),
            lambda: Oscillators(np.zeros(3), np.zeros(2)),
            lambda: Oscillators.of_period(0.0, 3),
            lambda: Oscillators.of_period(5.0, 0),
            lambda: one(1.0, 0.0).step(-0.1),
            lambda: one(1.0, 0.0).step(np.nan),
            lambda: one(1.0, 0.0).tuned(-1.0),
            lambda: one(1.0, 0.0).series(0.1, np.zeros((5, 2))),
        ],
    )
    def test_what_is_no_oscillator_is_refused(self, make):
        with pytest.raises(ValueError, match=r"\.$"):
            make()
