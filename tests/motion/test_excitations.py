# SPDX-License-Identifier: GPL-3.0-or-later
"""What pulls, pokes, loads and winds do, one at a time."""

import numpy as np
import pytest

from gid_blender.motion import (
    Curve,
    ExcitationError,
    Force,
    GustSpectrum,
    ModalBasis,
    Oscillators,
    Poke,
    Pull,
    Turbulence,
    Wind,
    simulate,
)

from .volumes import smooth_volume

VOLUME = smooth_volume()
BASIS = ModalBasis.of(VOLUME)
OSCILLATORS = Oscillators.of(VOLUME)
PLACE = (0.4, 0.3)
SPOT = BASIS.spot(*PLACE)
STEADY = Turbulence(GustSpectrum(0.0))


def run(excitation, times):
    return simulate(BASIS, OSCILLATORS, [excitation], times, start=0.0)


class TestPull:
    PATH = Curve([1.0, 1.4, 2.0], [[0, 0], [0.03, 0], [0.04, -0.02]])

    def test_the_point_goes_where_the_hand_goes_while_it_is_held(self):
        times = np.linspace(1.0, 2.0, 21)
        moved = SPOT.displacement(run(Pull(PLACE, self.PATH), times))
        # Of 0.04: the resistance.
        np.testing.assert_allclose(moved, self.PATH.at(times), atol=0.002)

    def test_before_it_is_taken_nothing_moves(self):
        assert not run(Pull(PLACE, self.PATH), [0.0, 0.5, 0.99]).any()

    def test_let_go_it_goes_on_with_the_place_and_the_speed_that_it_had(self):
        h = 1e-5
        q = run(Pull(PLACE, self.PATH), [2 - 2 * h, 2 - h, 2.0, 2 + h, 2 + 2 * h])
        before, after = (q[1] - q[0]) / h, (q[4] - q[3]) / h
        np.testing.assert_allclose(q[3], q[1], atol=1e-3 * np.abs(q).max())
        # The speed changes by what the springs do within 3h, up to ω = 19 per second.
        np.testing.assert_allclose(after, before, atol=0.05 * np.abs(before).max())

    def test_a_hand_that_was_still_lets_it_snap_back_freely(self):
        path = Curve.drawn(0.0, 1.0, (0.04, 0.0), hold=0.2)
        q = run(Pull(PLACE, path), [1.0, 1.3, 2.5])
        held = SPOT.grip() @ [0.04, 0.0]
        expected, _ = OSCILLATORS.free(held, 0 * held, [0.0, 0.3, 1.5])
        np.testing.assert_allclose(q, expected, atol=1e-12)

    def test_a_pull_of_one_moment_is_a_drag_and_release(self):
        q = run(Pull(PLACE, Curve([0.5], [[0.04, 0.0]])), [0.0, 0.4999, 0.5, 1.0])
        assert not q[:2].any()
        np.testing.assert_allclose(q[2], SPOT.grip() @ [0.04, 0.0], atol=1e-15)

    def test_what_is_never_let_go_stays_where_it_is_held(self):
        path = Curve([0.0, 1.0, 9.0], [[0, 0], [0.02, 0], [0.02, 0]])
        q = run(Pull(PLACE, path), [2.0, 5.0, 8.9])
        np.testing.assert_allclose(q, np.broadcast_to(SPOT.grip() @ [0.02, 0.0], q.shape), atol=1e-15)


class TestPoke:
    def test_the_point_is_struck_and_has_the_speed_at_once(self):
        h = 1e-6
        q = run(Poke(PLACE, (0.2, -0.1), 1.0), [0.5, 1.0, 1.0 + h])
        assert not q[:2].any()
        speed = SPOT.displacement(q[2] - q[1]) / h
        # Of 0.2: the resistance.
        np.testing.assert_allclose(speed, [0.2, -0.1], atol=0.01)

    def test_it_goes_the_way_that_it_is_struck_and_comes_back(self):
        moved = SPOT.displacement(run(Poke(PLACE, (0.2, 0.0), 0.0), np.linspace(0, 20, 601)))
        assert moved[1:4, 0].min() > 0
        assert moved[:, 0].max() > 0.005
        assert np.abs(moved[-1]).max() < 0.01 * np.abs(moved).max()

    def test_before_the_beginning_and_after_the_end_it_does_nothing(self):
        times = np.linspace(0, 2, 20)
        assert not run(Poke(PLACE, (1, 1), -0.1), times).any()
        assert not run(Poke(PLACE, (1, 1), 2.1), times).any()


class TestForce:
    def test_under_a_load_that_stays_the_point_settles_where_it_is_said_to(self):
        q = run(Force(PLACE, Curve.pulse(1.0, 1e3, (0.03, 0.01), attack=0.3)), [0.0, 2.0, 90.0])
        assert not q[0].any()
        np.testing.assert_allclose(SPOT.displacement(q[2]), [0.03, 0.01], atol=0.001)

    def test_it_sinks_swings_past_and_settles(self):
        x = SPOT.displacement(run(Force(PLACE, Curve.constant((0.03, 0.0))), np.linspace(0, 60, 1201)))[:, 0]
        assert x[0] == 0
        assert x.max() > 0.031
        assert abs(x[-1] - 0.03) < 0.001

    def test_a_load_that_goes_lets_it_ring_out(self):
        q = run(Force(PLACE, Curve.pulse(0.0, 1.0, (0.03, 0.0), 0.2, 0.2)), [0.9, 80.0])
        assert np.abs(q[1]).max() < 1e-6 * np.abs(q[0]).max()


class TestWind:
    def test_a_steady_wind_ends_in_the_lean_that_it_is_named_for(self):
        q = run(Wind(Curve.constant((0.004, 0.002)), STEADY), [0.0, 90.0])
        np.testing.assert_allclose(q[1], BASIS.lean() @ [0.004, 0.002], atol=1e-8)

    def test_gusts_make_it_move_about_that_lean(self):
        q = run(Wind(Curve.constant((0.004, 0.0)), Turbulence(GustSpectrum(0.3), seed=3)), np.arange(20, 400, 0.25))
        lean = BASIS.lean() @ [0.004, 0.0]
        # The mean of a drag is that of a square: 1 + 0.3² of the mean speed's.
        np.testing.assert_allclose(q.mean(axis=0), 1.09 * lean, atol=0.1 * np.abs(lean).max())
        assert q[:, 1].std() > 0.1 * abs(lean[1])

    def test_another_seed_is_another_motion_and_the_same_the_same_to_the_bit(self):
        def gust(seed):
            return run(Wind(Curve.constant((0.004, 0.0)), Turbulence(seed=seed)), np.arange(60) / 30)

        assert np.array_equal(gust(1), gust(1))
        assert not np.allclose(gust(1), gust(2), atol=1e-3)

    def test_it_blows_where_it_is_painted(self):
        area = np.zeros((20, 32))
        area[:, :8] = 1
        everywhere, left = (run(Wind(Curve.constant((0.01, 0)), STEADY, where), [60.0])[0] for where in (None, area))
        np.testing.assert_allclose(left, BASIS.lean(area) @ [0.01, 0], atol=1e-6)
        assert not np.allclose(left, everywhere, rtol=0.1)


@pytest.mark.parametrize(
    "make",
    [
        lambda **more: Pull(PLACE, Curve([0.0, 0.5], [[0, 0], [0.03, 0]]), **more),
        lambda **more: Poke(PLACE, (0.2, 0.0), 0.5, **more),
        lambda **more: Force(PLACE, Curve.constant((0.02, 0.0)), **more),
        lambda **more: Wind(Curve.constant((0.02, 0.0)), **more),
    ],
    ids=["pull", "poke", "force", "wind"],
)
class TestAllOfThem:
    TIMES = np.arange(30) / 10

    def test_only_the_target_harmonics_move_and_the_offset_never_does(self, make):
        weights = np.zeros(16)
        weights[[0, 2, 5]] = 1
        moved = np.abs(run(make(weights=weights), self.TIMES)).max(axis=0) > 0
        assert np.flatnonzero(moved).tolist() == [2, 5]
        assert not run(make(), self.TIMES)[:, 0].any()

    def test_twice_as_strong_is_twice_the_motion(self, make):
        match make():
            case Pull(path=curve) as each:
                double = Pull(each.point, Curve(curve.times, 2 * curve.values))
            case Poke(velocity=(x, y)) as each:
                double = Poke(each.point, (2 * x, 2 * y), each.time)
            case Force(load=curve) as each:
                double = Force(each.point, Curve(curve.times, 2 * curve.values))
            case Wind(strength=curve) as each:
                double = Wind(Curve(curve.times, 2 * curve.values))
        np.testing.assert_allclose(run(double, self.TIMES), 2 * run(make(), self.TIMES), rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize("weights", [np.ones(3), -np.ones(16), np.full(16, np.nan)])
    def test_weights_that_do_not_fit_are_refused(self, make, weights):
        with pytest.raises(ExcitationError, match="16 weights"):
            run(make(weights=weights), self.TIMES)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Pull(PLACE, Curve([0.0], [1.0])), "A hand's path has an x and a y"),
        (lambda: Force(PLACE, Curve.constant(1.0)), "A load has an x and a y"),
        (lambda: Wind(Curve.constant(1.0)), "strength of a wind has an x and a y"),
        (lambda: Poke(PLACE, (np.nan, 0.0), 0.0), "finite"),
        (lambda: run(Pull((1.2, 0.3), Curve([0.0], [[1, 1]])), [0.0]), "outside the picture"),
        (lambda: run(Poke((0.2, 0.9), (1, 1), 0.0), [0.0]), "outside the picture"),
    ],
)
def test_what_cannot_act_says_why(make, said):
    with pytest.raises(ExcitationError, match=said):
        make()
