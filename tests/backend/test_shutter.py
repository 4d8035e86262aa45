# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion blur is the mean of the light, weighted by what is there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.colour import encoded, to_linear
from gid_backend.shutter import average, shutter_times

RNG = np.random.default_rng(0)


def picture(dtype, channels):
    if dtype == np.float32:
        return RNG.uniform(0, 4, (16, 20, channels)).astype(np.float32)
    return RNG.integers(0, np.iinfo(dtype).max, (16, 20, channels), dtype, endpoint=True)


@given(angle=st.floats(1, 720), samples=st.integers(1, 64))
def test_moments_lie_evenly_around_the_frames_own_within_the_opening(angle, samples):
    times = shutter_times([10.0, 11.0], angle, samples)
    assert times.shape == (2, samples)
    # Times are whole 2^-20 of a frame.
    np.testing.assert_allclose(times.mean(axis=1), [10, 11], atol=1e-6)
    assert np.abs(times[0] - 10).max() < angle / 720 + 1e-6
    np.testing.assert_allclose(np.diff(times[0]), angle / 360 / samples, atol=2e-6)
    np.testing.assert_array_equal(times[0] + 1, times[1])


def test_a_closed_shutter_sees_one_moment():
    np.testing.assert_array_equal(shutter_times([3.0, 4.0], 0.0, 8), [[3.0], [4.0]])


@pytest.mark.parametrize(("angle", "samples"), [(-1, 8), (721, 8), (float("nan"), 8), (180, 0), (180, 65)])
def test_impossible_shutters_are_refused(angle, samples):
    with pytest.raises(ValueError, match="A shutter has"):
        shutter_times([0.0], angle, samples)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_what_stands_still_keeps_its_bits(dtype, channels):
    still = picture(dtype, channels)
    np.testing.assert_array_equal(average([still] * 5), still)
    moving = still.copy()
    moving[:8] = picture(dtype, channels)[:8]
    np.testing.assert_array_equal(average([still, moving, still])[8:], still[8:])


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.uint8, 0.5), (np.uint16, 0.5), (np.float32, 1e-5)])
def test_light_is_averaged_not_its_encoding(dtype, tolerance):
    """Black and white in equal parts are the grey of half the light: 188 of 255, not 128."""
    peak = 1.0 if dtype == np.float32 else np.iinfo(dtype).max
    black, white = np.zeros((4, 4, 3), dtype), np.full((4, 4, 3), peak, dtype)
    expected = float(encoded(np.float32(0.5))) * peak
    np.testing.assert_allclose(average([black, white]), expected, atol=tolerance)


def test_scene_linear_highlights_are_averaged_as_they_are():
    dark, sun = np.full((4, 4, 3), 0.5, np.float32), np.full((4, 4, 3), 99.5, np.float32)
    np.testing.assert_allclose(average([dark, sun], linear=True), 50.0, rtol=1e-6)
    # Encoded floats go on above 1 too.
    twice = average([dark, encoded(sun)])
    np.testing.assert_allclose(to_linear(twice), (to_linear(dark) + sun) / 2, rtol=1e-4)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_where_a_thing_passes_it_is_half_there_in_its_own_colour(dtype):
    """A red thing before nothing: the colour hidden under transparency takes no part."""
    peak = np.iinfo(dtype).max
    red = np.full((4, 4, 4), [peak, 0, 0, peak], dtype)
    nothing = np.full((4, 4, 4), [0, 0, peak, 0], dtype)
    blurred = average([red, nothing])
    np.testing.assert_array_equal(blurred[..., :3], red[..., :3])
    np.testing.assert_allclose(blurred[..., 3].astype(float), peak / 2, atol=0.5)


def test_associated_floats_are_weighted_too():
    red, nothing = np.full((2, 2, 4), [2.0, 0, 0, 1.0], np.float32), np.zeros((2, 2, 4), np.float32)
    np.testing.assert_allclose(average([red, nothing], linear=True), np.full((2, 2, 4), [1.0, 0, 0, 0.5]))
