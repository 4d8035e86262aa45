# SPDX-License-Identifier: GPL-3.0-or-later
"""Many excitations at once, over the ambient loop: superposition, frame rates, cycles, and the way back."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gid_blender.motion import (
    Ambient,
    Curve,
    Damping,
    ExcitationError,
    Force,
    GustSpectrum,
    ModalBasis,
    Oscillators,
    Poke,
    Pull,
    Tuning,
    Turbulence,
    Wind,
    loop_coefficients,
    preset_gains,
    simulate,
)

from .volumes import smooth_volume

VOLUME = smooth_volume()
BASIS = ModalBasis.of(VOLUME)
OSCILLATORS = Oscillators.of(VOLUME)
PLACE = (0.4, 0.3)
EVERYTHING = [
    Pull(PLACE, Curve.drawn(0.5, 1.21, (0.03, 0.01), 0.1)),
    Poke((0.7, 0.2), (0.1, -0.3), 2.013),
    Poke(PLACE, (0.1, 0.0), 1.21),
    Force((0.2, 0.5), Curve.pulse(2.9, 4.1, (0.0, 0.02), 0.3, 0.2)),
    Wind(Curve([0.0, 3.0], [[0.002, 0], [0, 0.004]]), Turbulence(seed=4)),
]
TUNING = Tuning(Curve([0, 6], [1, 3]), Curve([0, 3], [1, 0.5]))


def frames(fps, seconds=6):
    return np.arange(fps * seconds + 1) / fps


@pytest.mark.parametrize("tuning", [Tuning(), TUNING], ids=["as it is", "tuned over time"])
class TestFrameRates:
    def test_24_30_and_60_frames_show_the_same_motion_at_the_same_moments_to_the_bit(self, tuning):
        at = {fps: simulate(BASIS, OSCILLATORS, EVERYTHING, frames(fps), tuning=tuning) for fps in (24, 30, 60)}
        assert np.abs(at[60]).max() > 1
        assert np.array_equal(at[30], at[60][::2])
        assert np.array_equal(at[24][::4], at[30][::5])

    def test_moments_can_be_asked_for_in_any_order_and_one_by_one(self, tuning):
        times = frames(24)
        whole = simulate(BASIS, OSCILLATORS, EVERYTHING, times, tuning=tuning)
        backwards = simulate(BASIS, OSCILLATORS, EVERYTHING, times[::-1], tuning=tuning)
        assert np.array_equal(backwards[::-1], whole)
        for index in (0, 31, 100):
            alone = simulate(BASIS, OSCILLATORS, EVERYTHING, times[index], start=0.0, tuning=tuning)
            np.testing.assert_allclose(alone[0], whole[index], atol=1e-12)

    def test_excitations_add_up(self, tuning):
        together = simulate(BASIS, OSCILLATORS, EVERYTHING, frames(30), tuning=tuning)
        alone = sum(simulate(BASIS, OSCILLATORS, [each], frames(30), tuning=tuning) for each in EVERYTHING)
        np.testing.assert_allclose(together, alone, atol=1e-12)


@settings(max_examples=20)
@example(x=0.0, y=0.0, times=(0.0, 1.0), scale=2.225073858507e-311)
@given(
    x=st.floats(0, 1),
    y=st.floats(0, 0.6),
    times=st.tuples(st.floats(0, 3), st.floats(0, 3)),
    scale=st.floats(-3, 3),
)
def test_any_pull_and_any_poke_add_up_linearly(x, y, times, scale):
    start, end = min(times), max(times)
    pull = Pull((x, y), Curve.drawn(start, end, (0.02, 0.01)))
    poke = Poke((x, y), (0.1, 0.2), end)
    both = simulate(
        BASIS,
        OSCILLATORS,
        [Pull((x, y), Curve(pull.path.times, scale * pull.path.values)), poke, poke],
        frames(24, 4),
    )
    one, other = (simulate(BASIS, OSCILLATORS, [each], frames(24, 4)) for each in (pull, poke))
    np.testing.assert_allclose(both, scale * one + 2 * other, atol=1e-11 * max(1, np.abs(other).max()))


@pytest.mark.parametrize("stiffness", [1.0, 3.0])
def test_a_flick_is_thrown_with_at_most_the_energy_of_the_pull(stiffness):
    flick = Pull(PLACE, Curve([0.0, 0.5, 0.52], [[0, 0], [0, 0], [0.05, 0]]))
    held, step = BASIS.spot(*PLACE).grip() @ [0.05, 0.0], 1e-5
    tuned, tuning = OSCILLATORS.tuned(stiffness, 1.0), Tuning(stiffness)
    q, after = simulate(BASIS, OSCILLATORS, [flick], [0.52, 0.52 + step], start=0.0, tuning=tuning)
    np.testing.assert_allclose(q, held, atol=1e-12)
    stored = tuned.energy(q, np.zeros_like(q))
    # The velocity is a difference over 10 µs of motion of 5 Hz.
    assert tuned.energy(np.zeros_like(q), (after - q) / step) == pytest.approx(stored, rel=0.01)
    slow = Pull(PLACE, Curve([0.0, 5.0], [[0, 0], [0.05, 0]]))
    q, after = simulate(BASIS, OSCILLATORS, [slow], [5.0, 5.0 + step], start=0.0, tuning=tuning)
    # Slower than that, it leaves with the hand's own speed, changed by springs by per milles.
    np.testing.assert_allclose((after - q) / step, held / 5, atol=0.01 * np.abs(held).max())


def test_without_excitations_nothing_happens_and_ambient_motion_is_the_loop():
    times = frames(30)
    assert not simulate(BASIS, OSCILLATORS, [], times).any()
    ambient = Ambient(1.5, period=5.0, phase=0.25).at(times, BASIS)
    expected = loop_coefficients(times, harmonics=16, period=5.0, phase=np.pi / 2, offset=False)
    np.testing.assert_array_equal(ambient, 1.5 * expected)
    faded = Ambient(np.linspace(0, 1, len(times))).at(times, BASIS)
    assert not faded[0].any()
    np.testing.assert_array_equal(faded[-1], Ambient().at(times[-1:], BASIS)[0])


class TestForcesThatDoNothing:
    """They cost nothing, wherever in time the run begins."""

    NOTHING = (
        Wind(Curve.constant((0.0, 0.0))),
        Force(PLACE, Curve.pulse(50.0, 60.0, (0.02, 0.0))),
        Force(PLACE, Curve.pulse(0.1, 0.2, (0.02, 0.0))),
        Force(PLACE, Curve([2.0, 2.0], [[0.0, 0.0], [0.0, 0.0]])),
    )

    @pytest.mark.parametrize("begin", [-3.0, 0.0, 1.0, 7.5])
    @pytest.mark.parametrize("tuning", [Tuning(), TUNING], ids=["as it is", "tuned over time"])
    def test_nothing_moves_and_what_else_there_is_goes_on_alike(self, begin, tuning):
        # The third is over before a run that begins at 1, and what an earlier one leaves behind is not asked for.
        idle = [each for each in self.NOTHING if each is not self.NOTHING[2] or begin > 0]
        times = begin + frames(24, 3)
        assert not simulate(BASIS, OSCILLATORS, idle, times, tuning=tuning).any()
        poke = Poke(PLACE, (0.1, 0.0), begin + 0.5)
        alone = simulate(BASIS, OSCILLATORS, [poke], times, tuning=tuning)
        assert np.array_equal(simulate(BASIS, OSCILLATORS, [*idle, poke], times, tuning=tuning), alone)
        assert alone.any()

    def test_nor_in_a_cycle(self):
        assert not simulate(BASIS, OSCILLATORS, self.NOTHING[1:2], 1 + frames(24, 3), cycle=3.0).any()


def test_a_force_that_is_shared_out_among_many_is_the_same_force():
    """As a load is that hops from place to place: each stretch is a force of its own."""
    times = np.linspace(1.0, 3.0, 49)
    load = np.stack([0.02 * np.sin(np.pi * (times - 1) / 2), 0.01 * (times - 1)], axis=1)
    parts = []
    for index in range(len(times)):
        near = slice(max(0, index - 1), index + 2)
        only = np.where(np.arange(len(times))[near, None] == index, load[near], 0.0)
        parts.append(Force(PLACE, Curve(times[near], only)))
    whole = simulate(BASIS, OSCILLATORS, [Force(PLACE, Curve(times, load))], 1 + frames(24, 3))
    # The last of them is held on, as the whole is.
    np.testing.assert_allclose(simulate(BASIS, OSCILLATORS, parts, 1 + frames(24, 3)), whole, atol=1e-11)


class TestTheWayBack:
    def test_left_alone_it_is_back_in_its_loop(self):
        """Within a ten-thousandth of a picture's width after the ring of half a minute, by the damping alone."""
        pull = [Pull(PLACE, Curve.drawn(0.0, 1.0, (0.05, 0.0)))]
        times = np.array([1.0, 31.0, 61.0])
        ambient = Ambient().at(times, BASIS)
        q = ambient + simulate(BASIS, OSCILLATORS, pull, times)
        moved = np.abs(VOLUME.synthesize(q) - VOLUME.synthesize(ambient)).max(axis=(1, 2, 3))
        assert moved[0] > 0.04
        assert moved[1] < 1e-4
        assert moved[2] < 1e-7

    def test_ringing_out_ends_in_the_loop_to_the_bit(self):
        times = frames(30)
        q = simulate(BASIS, OSCILLATORS, EVERYTHING, times, ring_out=(4.0, 5.0))
        free = simulate(BASIS, OSCILLATORS, EVERYTHING, times)
        assert np.array_equal(q[times <= 4], free[times <= 4])
        assert not q[times >= 5].any()
        assert q[(times > 4) & (times < 5)].any(axis=1).all()

    def test_a_cycle_closes_on_itself(self):
        excitations = [*EVERYTHING[:4], Wind(Curve.constant((0.003, 0)), Turbulence(period=6.0))]
        times = frames(30)
        q = simulate(BASIS, OSCILLATORS, excitations, times, cycle=6.0)
        np.testing.assert_allclose(q[-1], q[0], atol=1e-12)
        # No jump where it closes, and another round is the same.
        steps = np.abs(np.diff(q, axis=0)).max(axis=1)
        assert steps[-1] < 2 * steps[-2]
        np.testing.assert_allclose(
            simulate(BASIS, OSCILLATORS, excitations, times + 12, start=0, cycle=6.0), q, atol=1e-9
        )

    @pytest.mark.parametrize("tuning", [Tuning(), Tuning(Curve([0, 3, 6], [1, 2, 1]))], ids=["as it is", "tuned"])
    def test_a_cycle_is_what_many_rounds_lead_to(self, tuning):
        excitations = [Pull(PLACE, Curve.drawn(5.0, 5.5, (0.03, 0))), Poke((0.7, 0.2), (0.1, 0.3), 2.0)]
        rounds = 12
        many = [
            each
            for n in range(rounds)
            for each in (
                Pull(PLACE, Curve(excitations[0].path.times + 6 * n, excitations[0].path.values)),
                Poke((0.7, 0.2), (0.1, 0.3), 2.0 + 6 * n),
            )
        ]
        if tuning.changes:
            assert isinstance(tuning.stiffness, Curve)
            times = np.concatenate([tuning.stiffness.times + 6 * n for n in range(rounds)])
            repeated = Tuning(Curve(times, np.tile(tuning.stiffness.values, rounds)))
        else:
            repeated = tuning
        times = frames(24)[:-1]
        cycle = simulate(BASIS, OSCILLATORS, excitations, times, cycle=6.0, tuning=tuning)
        settled = simulate(BASIS, OSCILLATORS, many, times + 6 * (rounds - 1), start=0.0, tuning=repeated)
        # After eleven rounds the slowest harmonic has e^(-0.26·66) left of its first.
        np.testing.assert_allclose(cycle, settled, atol=1e-7)


class TestPreRoll:
    WIND = [Wind(Curve.constant((0.004, 0.0)), Turbulence(GustSpectrum(0.0)))]

    def test_without_it_a_wind_catches_things_standing_still_and_with_it_they_lean_already(self):
        times = frames(30, 2)
        lean = BASIS.lean() @ [0.004, 0.0]
        assert not simulate(BASIS, OSCILLATORS, self.WIND, times)[0].any()
        np.testing.assert_allclose(simulate(BASIS, OSCILLATORS, self.WIND, times, pre_roll=90.0)[0], lean, atol=1e-8)

    def test_what_happens_in_it_counts(self):
        times = frames(30, 1)
        poke = [Poke(PLACE, (0.1, 0), -0.5)]
        assert not simulate(BASIS, OSCILLATORS, poke, times).any()
        late = simulate(BASIS, OSCILLATORS, [Poke(PLACE, (0.1, 0), 0.0)], times + 0.5, start=0.0)
        np.testing.assert_allclose(simulate(BASIS, OSCILLATORS, poke, times, pre_roll=1.0), late, atol=1e-12)

    def test_moments_before_the_start_are_at_rest_but_for_what_is_held(self):
        """Motion blur looks at moments before the first frame."""
        held = Pull(PLACE, Curve([-1.0, 0.0], [[0.02, 0], [0.02, 0]]))
        wind = self.WIND[0]
        q = simulate(BASIS, OSCILLATORS, [held, wind], [-0.01, 0.0], start=0.0)
        np.testing.assert_allclose(q[0], q[1], atol=1e-15)
        assert not simulate(BASIS, OSCILLATORS, [wind], [-0.01], start=0.0).any()


class TestTuning:
    def test_constant_tuning_is_that_of_the_oscillators(self):
        tuned = simulate(BASIS, OSCILLATORS, EVERYTHING, frames(30), tuning=Tuning(2.0, 0.5))
        built_in = simulate(BASIS, OSCILLATORS.tuned(2.0, 0.5), EVERYTHING, frames(30))
        # A poke shares its speed out by frequency ratios, which stiffness leaves as they are.
        np.testing.assert_allclose(tuned, built_in, atol=1e-9)

    def test_a_curve_that_stays_the_same_is_no_change(self):
        flat = Tuning(Curve([0, 6], [2, 2]), Curve.constant(0.5))
        np.testing.assert_allclose(
            simulate(BASIS, OSCILLATORS, EVERYTHING, frames(30), tuning=flat),
            simulate(BASIS, OSCILLATORS, EVERYTHING, frames(30), tuning=Tuning(2.0, 0.5)),
            atol=1e-12,
        )

    def test_more_damping_from_a_moment_on_ends_the_ringing(self):
        poke = [Poke(PLACE, (0.3, 0), 0.0)]
        still = Tuning(1.0, Curve([1.0, 1.5], [1, 20]))
        free, damped = (simulate(BASIS, OSCILLATORS, poke, frames(30), tuning=t) for t in (Tuning(), still))
        np.testing.assert_allclose(damped[:31], free[:31], atol=1e-9)
        assert np.isfinite(damped).all()
        slow, fast = (np.abs(np.diff(q[-2:], axis=0)).sum() for q in (damped, free))
        assert slow < 0.5 * fast


def test_the_equaliser_is_in_what_comes_out_and_the_hand_still_holds_the_point():
    gains = preset_gains("heavy", 16, 5.0)
    basis = BASIS.equalised(gains)
    pull = [Pull(PLACE, Curve([0.0, 1.0, 2.0], [[0, 0], [0.03, 0], [0.03, 0]]))]
    q = simulate(basis, OSCILLATORS, pull, [1.5])[0]
    np.testing.assert_allclose(BASIS.spot(*PLACE).displacement(q), [0.03, 0], atol=0.002)
    # Through an equaliser that lets only slow things pass, fast harmonics take hardly any part.
    plain = simulate(BASIS, OSCILLATORS, pull, [1.5])[0]
    assert np.abs(q[10:] / q[1]).max() < 0.05 * np.abs(plain[10:] / plain[1]).max()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: simulate(BASIS, OSCILLATORS, [], []), "at least one moment"),
        (lambda: simulate(BASIS, OSCILLATORS, [], [np.nan]), "finite"),
        (lambda: simulate(BASIS, OSCILLATORS, [], [0.0], pre_roll=-1.0), "pre-roll"),
        (lambda: simulate(BASIS, Oscillators.of_period(5.0, 4), [], [0.0]), "one oscillator for each of 16"),
        (lambda: simulate(BASIS, OSCILLATORS, [], [0.0], cycle=0.0), "cycle lasts more"),
        (lambda: simulate(BASIS, OSCILLATORS, EVERYTHING[4:], [0.0], cycle=5.0), "gusts do not repeat"),
        (lambda: simulate(BASIS, OSCILLATORS, EVERYTHING[:1], [0.0], cycle=1.0), "over the end of a cycle"),
        (lambda: simulate(BASIS, OSCILLATORS, [], [0.0], ring_out=(2.0, 2.0)), "Ringing out"),
        (
            lambda: simulate(
                BASIS, Oscillators.of_period(5.0, 16, Damping(0, 0)), EVERYTHING[1:2], frames(30, 5), cycle=5.0
            ),
            "Without damping",
        ),
    ],
)
def test_what_cannot_be_simulated_says_why(call, said):
    with pytest.raises(ExcitationError, match=said):
        call()
