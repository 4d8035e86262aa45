# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers over time: envelopes and the paths of hands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion import Curve


def test_straight_between_samples_and_held_outside():
    curve = Curve([1.0, 2.0, 4.0], [[0, 0], [1, 2], [3, -2]])
    np.testing.assert_allclose(curve.at([0.0, 1.5, 3.0, 9.0]), [[0, 0], [0.5, 1], [2, 0], [3, -2]])
    assert curve.at(1.5).shape == (2,)


def test_two_samples_at_one_time_are_a_jump():
    curve = Curve([0.0, 1.0, 1.0, 2.0], [0, 0, 5, 5])
    np.testing.assert_allclose(curve.at([0.999, 1.001]), [0, 5])


def test_a_constant():
    np.testing.assert_array_equal(Curve.constant((1.0, 2.0)).at([-1e9, 0, 1e9]), [[1, 2]] * 3)
    assert Curve.constant(0.0).span == (0.0, 0.0)


def test_a_hand_draws_aside_gently_and_holds():
    path = Curve.drawn(2.0, 3.0, (0.1, 0.0), hold=0.2)
    assert (path.times[0], path.times[-1]) == (2.0, 3.0)
    np.testing.assert_allclose(path.at([2.0, 2.4, 2.8, 3.0])[:, 0], [0, 0.05, 0.1, 0.1], atol=1e-12)
    assert (np.diff(path.values[:, 0]) >= 0).all()
    np.testing.assert_array_equal(path.slope_at_end(), [0, 0])


def test_the_speed_at_which_a_path_ends():
    np.testing.assert_allclose(Curve([0.0, 0.5], [[0, 0], [1, -1]]).slope_at_end(), [2, -2])
    np.testing.assert_array_equal(Curve([0.0, 0.0], [[0, 0], [1, -1]]).slope_at_end(), [0, 0])
    np.testing.assert_array_equal(Curve([0.0], [[1, 1]]).slope_at_end(), [0, 0])


@given(start=st.floats(-50, 50), length=st.floats(0, 20), attack=st.floats(0, 30), fade=st.floats(0, 30))
def test_a_pulse_is_nothing_outside_and_never_more_than_its_value(start, length, attack, fade):
    pulse = Curve.pulse(start, start + length, 3.0, attack, fade)
    assert pulse.values.min() == 0.0
    assert pulse.values.max() <= 3.0 + 1e-12
    assert pulse.at([start - 1, start + length + 1]).tolist() == [0, 0]
    if length > attack + fade + 1e-3:
        assert pulse.at(start + (attack + length - fade) / 2) == pytest.approx(3.0)


def test_the_span_of_a_curve_is_where_it_is_not_zero():
    assert Curve.pulse(1.0, 2.0).span == (1.0, 2.0)
    assert Curve([1.0, 2.0], [0, 1]).span == (1.0, np.inf)
    assert Curve([1.0, 2.0], [1, 0]).span == (-np.inf, 2.0)


def test_nobody_changes_a_curve_from_outside():
    times = np.array([0.0, 1.0])
    curve = Curve(times, [0, 1])
    times[1] = 5
    assert curve.times[1] == 1
    with pytest.raises(ValueError, match="read-only"):
        curve.times[1] = 5


@pytest.mark.parametrize(
    ("times", "values"),
    [([], []), ([0, 1], [1]), ([1, 0], [0, 1]), ([0, np.nan], [0, 1]), ([0], [np.inf]), ([0], [[1, 2, 3]])],
)
def test_what_is_no_curve_is_refused(times, values):
    with pytest.raises(ValueError, match="curve"):
        Curve(times, values)


@pytest.mark.parametrize(
    "make", [lambda: Curve.drawn(2, 1, 1.0), lambda: Curve.pulse(2, 1), lambda: Curve.pulse(0, 1, 1, -1)]
)
def test_times_that_run_backwards_are_refused(make):
    with pytest.raises(ValueError, match=r"ends before|0 seconds or more"):
        make()
