# SPDX-License-Identifier: GPL-3.0-or-later
"""Press, drag, let go: what a hand does to a picture, told by its clock and its pointer alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion import ModalBasis, Oscillators
from gid_blender.motion.hand import LONGEST_STEP, Hand, Phase
from tests.motion.volumes import smooth_volume

VOLUME = smooth_volume()
BASIS = ModalBasis.of(VOLUME)
SPOT = BASIS.spot(0.45, 0.3)
PEAK = float(np.abs(VOLUME.spectrum).max())


def new_hand() -> Hand:
    return Hand(Oscillators.of(VOLUME), PEAK)


def pulled_hand(dx: float = 0.04, dy: float = -0.03, *, seconds: float = 1.0) -> Hand:
    """A hand that has drawn the spot aside and rests there; the time is `seconds`."""
    hand = new_hand()
    hand.press(SPOT, 0.45, 0.3, 0.0)
    for t in np.linspace(0, seconds / 2, 20):
        hand.drag(0.45 + dx * t / (seconds / 2), 0.3 + dy * t / (seconds / 2), t)
        hand.advance(t)
    hand.drag(0.45 + dx, 0.3 + dy, seconds / 2)
    hand.advance(seconds)
    return hand


class TestHolding:
    def test_nothing_happens_without_a_press(self):
        hand = new_hand()
        hand.drag(0.3, 0.3, 0.1)
        hand.release(0.2)
        assert hand.phase is Phase.IDLE
        assert not hand.advance(0.3).any()

    def test_a_press_alone_moves_nothing(self):
        hand = new_hand()
        hand.press(SPOT, 0.9, 0.1, 5.0)
        assert hand.phase is Phase.HELD
        assert not hand.advance(5.1).any()

    def test_the_touched_place_goes_where_it_is_pulled(self):
        hand = pulled_hand()
        moved = SPOT.displacement(hand.advance(1.0))
        # A direction that hardly moves resists a little: the place follows, it does not have to arrive.
        np.testing.assert_allclose(moved, hand.pulled, rtol=0.1)
        cosine = moved @ np.array(hand.pointer) / np.linalg.norm(moved) / np.linalg.norm(hand.pointer)
        assert cosine > 0.99

    def test_the_farther_the_harder(self):
        shares = [np.hypot(*pulled_hand(d, 0.0).pulled) / d for d in (0.001, 0.05, 0.2, 0.8)]
        assert shares == sorted(shares, reverse=True)
        assert shares[0] == pytest.approx(1.0, abs=0.01)
        assert shares[-1] < 0.5

    def test_holding_still_is_still(self):
        hand = pulled_hand()
        np.testing.assert_array_equal(hand.advance(1.5), hand.advance(9.0))


class TestLettingGo:
    def test_it_rings_from_where_it_was_held(self):
        hand = pulled_hand()
        held = hand.advance(1.0)
        hand.release(1.0)
        assert hand.phase is Phase.RINGING
        np.testing.assert_allclose(hand.advance(1.0), held, atol=1e-15)
        later = SPOT.displacement(hand.advance(1.05))
        assert np.linalg.norm(later) < np.linalg.norm(SPOT.displacement(held))

    def test_it_comes_to_rest_exactly_and_says_so(self):
        hand = pulled_hand()
        hand.release(1.0)
        # The slowest harmonic dies away with γ/2: it takes some 50 s until nobody can see it.
        for t in np.arange(1.0, 200.0, LONGEST_STEP):
            q = hand.advance(t)
        assert hand.phase is Phase.IDLE
        assert not q.any()

    def test_a_hand_that_rests_does_not_throw_and_one_that_moves_does(self):
        rested = pulled_hand()
        assert rested.speed(1.0) == (0.0, 0.0)
        moving = new_hand()
        moving.press(SPOT, 0.0, 0.0, 0.0)
        for t in (0.1, 0.12, 0.14, 0.16):
            moving.drag(0.01 * t, 0.0, t)
        assert moving.speed(0.16)[0] == pytest.approx(0.01, rel=0.02)

    @given(st.floats(0.001, 1.0), st.floats(0.001, 0.2))
    def test_a_flick_at_most_doubles_the_energy_of_the_pull(self, way, seconds):
        hand = new_hand()
        hand.press(SPOT, 0.0, 0.0, 0.0)
        hand.drag(way, 0.0, seconds)
        oscillators = hand.oscillators
        held = hand.advance(seconds)
        hand.release(seconds)
        stored = oscillators.energy(held, np.zeros_like(held))
        step = 1e-4
        q = hand.advance(seconds)
        v = (hand.advance(seconds + step) - q) / step
        # The velocity is a difference over a tenth of a millisecond of motion of 3 Hz.
        assert oscillators.energy(q, v) <= 2 * stored * 1.05

    def test_a_second_touch_adds_to_what_still_rings(self):
        hand, alone = pulled_hand(), pulled_hand()
        hand.release(1.0)
        alone.release(1.0)
        other = BASIS.spot(0.7, 0.4)
        hand.press(other, 0.7, 0.4, 1.05)
        hand.drag(0.71, 0.4, 1.1)
        only = new_hand()
        only.press(other, 0.7, 0.4, 1.05)
        only.drag(0.71, 0.4, 1.1)
        alone.advance(1.05)
        np.testing.assert_allclose(hand.advance(1.15), alone.advance(1.15) + only.advance(1.15), atol=1e-15)


class TestStopping:
    def test_cancel_is_still_at_once(self):
        hand = pulled_hand()
        hand.release(1.0)
        hand.cancel()
        assert hand.phase is Phase.IDLE
        assert not hand.advance(1.1).any()

    def test_a_window_that_hung_goes_on_where_it_was(self):
        hung, watched = pulled_hand(), pulled_hand()
        hung.release(1.0)
        watched.release(1.0)
        np.testing.assert_allclose(hung.advance(31.0), watched.advance(1.0 + LONGEST_STEP), atol=1e-15)

    def test_a_clock_that_is_put_back_stops_nothing(self):
        hand = pulled_hand()
        hand.release(1.0)
        before = hand.advance(1.2)
        np.testing.assert_array_equal(hand.advance(0.3), before)
        assert hand.phase is Phase.RINGING
