# SPDX-License-Identifier: GPL-3.0-or-later
"""The coefficients that play a volume as a seamless loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion import loop_coefficients

PERIODS = st.floats(1e-3, 1e6)
HARMONICS = st.integers(1, 32)


def test_each_band_turns_k_times_in_a_period():
    q = loop_coefficients(30, harmonics=4, period=120)
    assert q == pytest.approx([1, 1j, -1, -1j])


def test_time_zero_is_all_ones_exactly():
    assert np.array_equal(loop_coefficients(0, harmonics=16, period=150), np.ones(16))


def test_the_shape_of_the_time_is_kept():
    assert loop_coefficients(0.5, harmonics=3, period=10).shape == (3,)
    assert loop_coefficients([0, 1], harmonics=3, period=10).shape == (2, 3)
    assert loop_coefficients(np.zeros((2, 5)), harmonics=3, period=10).shape == (2, 5, 3)
    assert loop_coefficients([], harmonics=3, period=10).shape == (0, 3)


@given(st.floats(-1e6, 1e6), HARMONICS, PERIODS, st.floats(-10, 10))
def test_every_coefficient_has_modulus_one(time, harmonics, period, phase):
    q = loop_coefficients(time, harmonics=harmonics, period=period, phase=phase)
    assert np.abs(np.abs(q) - 1).max() <= 1e-12


@given(st.integers(-(10**6), 10**6), st.integers(-1000, 1000), HARMONICS, st.integers(1, 1000))
def test_whole_periods_later_every_bit_is_the_same(frame, periods, harmonics, period):
    here = loop_coefficients(frame, harmonics=harmonics, period=period)
    there = loop_coefficients(frame + periods * period, harmonics=harmonics, period=period)
    assert np.array_equal(here, there)


@given(st.floats(-1e4, 1e4), HARMONICS, st.floats(1, 1000), st.floats(0, 1))
def test_a_phase_is_a_shift_in_time(time, harmonics, period, turns):
    by_phase = loop_coefficients(time, harmonics=harmonics, period=period, phase=2 * np.pi * turns)
    by_time = loop_coefficients(time + turns * period, harmonics=harmonics, period=period)
    # The time itself is rounded to 1e4·2^-53; up to 31 turns of 2π in a period of 1 magnify that.
    assert np.abs(by_phase - by_time).max() <= 1e-8


@given(st.floats(0, 150), st.integers(2, 32))
def test_bands_are_powers_of_the_fundamental(time, harmonics):
    q = loop_coefficients(time, harmonics=harmonics, period=150)
    assert np.abs(q - q[1] ** np.arange(harmonics)).max() <= 1e-12


def test_the_last_step_of_a_loop_is_like_every_other_one():
    """No seam: for each band all steps between neighbouring frames are equally long, the one back to the start too."""
    q = loop_coefficients(np.arange(150), harmonics=16, period=150)
    steps = np.abs(np.roll(q, -1, axis=0) - q)
    assert np.allclose(steps, steps[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("period", [0, -1, np.nan, np.inf])
def test_a_period_is_positive_and_finite(period):
    with pytest.raises(ValueError, match="positive period"):
        loop_coefficients(0, harmonics=4, period=period)


def test_there_is_at_least_one_band():
    with pytest.raises(ValueError, match="at least one band"):
        loop_coefficients(0, harmonics=0, period=10)


@pytest.mark.parametrize(("time", "phase"), [(np.nan, 0), (np.inf, 0), ([0, np.nan], 0), (0, np.nan), (0, np.inf)])
def test_time_and_phase_are_finite(time, phase):
    with pytest.raises(ValueError, match="finite"):
        loop_coefficients(time, harmonics=4, period=10, phase=phase)


def test_a_loop_without_offset_swings_about_the_rest_pose() -> None:
    q = loop_coefficients(np.arange(30), harmonics=4, period=30, offset=False)
    assert (q[:, 0] == 0).all()
    assert np.array_equal(q[:, 1:], loop_coefficients(np.arange(30), harmonics=4, period=30)[:, 1:])
