# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand of the tool: it holds, lets go, and what rings is the very motion that is baked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion import Curve, ModalBasis, Oscillators, Pull, Ringing, Touch, resisted, simulate

from .volumes import smooth_volume

VOLUME = smooth_volume()
BASIS = ModalBasis.of(VOLUME)
OSCILLATORS = Oscillators.of(VOLUME)
PLACE = (0.4, 0.3)


def test_what_is_held_is_under_the_hand():
    touch = Touch(BASIS.spot(*PLACE))
    x, y = touch.displacement(touch.hold(0.03, -0.02))
    assert (x, y) == pytest.approx((0.03, -0.02), rel=0.05)


def test_what_is_let_go_rings_as_a_baked_pull_does_however_the_updates_come():
    touch, ringing = Touch(BASIS.spot(*PLACE)), Ringing(OSCILLATORS)
    ringing.release(touch.hold(0.03, 0.01), touch.hold(0.2, 0.0))
    path = Curve([0.0, 0.5], [[0.03 - 0.1, 0.01], [0.03, 0.01]])
    baked = simulate(BASIS, OSCILLATORS, [Pull(PLACE, path)], [0.0, 0.5, 0.6, 0.61, 1.7, 4.0])
    for dt, expected in zip((0.1, 0.01, 1.09, 2.3), baked[2:], strict=True):
        np.testing.assert_allclose(ringing.advance(dt), expected, atol=1e-12)


def test_several_releases_add_up():
    touch = Touch(BASIS.spot(*PLACE))
    first, second, both = Ringing(OSCILLATORS), Ringing(OSCILLATORS), Ringing(OSCILLATORS)
    first.release(touch.hold(0.03, 0))
    both.release(touch.hold(0.03, 0))
    np.testing.assert_array_equal(first.advance(0.3), both.advance(0.3))
    second.release(touch.hold(0, -0.02), touch.hold(0.1, 0))
    both.release(touch.hold(0, -0.02), touch.hold(0.1, 0))
    np.testing.assert_allclose(both.advance(0.2), first.advance(0.2) + second.advance(0.2), atol=1e-14)


def test_it_settles_and_can_be_stopped():
    peak = float(np.abs(VOLUME.spectrum).max())
    touch, ringing = Touch(BASIS.spot(*PLACE)), Ringing(OSCILLATORS)
    assert ringing.settled(peak)
    ringing.release(touch.hold(0.03, 0))
    assert not ringing.settled(peak)
    # Through rest it is still under way.
    ringing.q = np.zeros_like(ringing.q)
    ringing.v = touch.hold(0.3, 0)
    assert not ringing.settled(peak)
    ringing.advance(60.0)
    assert ringing.settled(peak)
    ringing.release(touch.hold(0.03, 0))
    ringing.stop()
    assert not ringing.advance(1.0).any()


@given(length=st.floats(1e-6, 10), angle=st.floats(-np.pi, np.pi))
def test_a_drag_meets_the_more_resistance_the_farther_it_goes(length, angle):
    dx, dy = resisted(length * np.cos(angle), length * np.sin(angle))
    got = np.hypot(dx, dy)
    assert np.arctan2(dy, dx) == pytest.approx(angle, abs=1e-6)
    assert got <= length
    farther = np.hypot(*resisted(2 * length, 0.0))
    assert got < farther <= 2 * got * (1 + 1e-12)


def test_a_short_drag_is_as_it_is_drawn_and_a_long_one_its_square_root():
    assert resisted(0.0, 0.0) == (0.0, 0.0)
    assert resisted(1e-4, 0.0)[0] == pytest.approx(1e-4, rel=1e-3)
    assert resisted(40.0, 0.0)[0] / resisted(10.0, 0.0)[0] == pytest.approx(2, rel=0.05)
