# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures that sway, to choose a motion by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion import SpectralVolume
from gid_blender.motion.thumbnail import shrunk, swaying


def shifting(pixels, columns):
    """Everything swings sideways by so many pixels of a picture that many wide."""
    spectrum = np.zeros((2, 2, 4, 6), np.complex64)
    spectrum[1, 0] = pixels / columns
    return SpectralVolume(spectrum, frames=150)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 70), st.sampled_from([1, 3, 4]))
def test_a_shrunk_picture_fits_keeps_its_mean_and_its_channels(height, width, side, channels):
    rng = np.random.default_rng(height * 100 + width)
    picture = rng.integers(0, 256, (height, width, channels), np.uint8)
    small = shrunk(picture, side)
    assert max(small.shape[:2]) <= side
    assert small.shape[2] == channels
    step = max(1, -(-max(height, width) // side))
    if height % step == 0 and width % step == 0:
        # Means of float32 over at most 3600 values of 0..1.
        assert small.mean() == pytest.approx(picture.mean() / 255, abs=1e-4)


def test_a_small_picture_stays_as_it_is():
    picture = np.linspace(0, 1, 20 * 30 * 3, dtype=np.float32).reshape(20, 30, 3)
    np.testing.assert_array_equal(shrunk(picture, 64), picture)


def test_content_goes_where_the_motion_takes_it():
    picture = np.zeros((16, 24, 1), np.float32)
    picture[:, 10:12] = 1
    # Re of the fundamental: +3 pixels at the start of the loop, -3 half-way.
    start, _, half, _ = swaying(picture, shifting(3, 24), 4)
    np.testing.assert_allclose(start[8, 13:15, 0], 1, atol=1e-4)
    np.testing.assert_allclose(half[8, 7:9, 0], 1, atol=1e-4)
    assert start.sum() == pytest.approx(picture.sum(), rel=1e-3)


def test_a_still_motion_shows_the_picture_itself():
    picture = np.random.default_rng(0).random((9, 13, 4), np.float32)
    frames = swaying(picture, shifting(0, 13), 3)
    np.testing.assert_array_equal(frames, np.broadcast_to(picture, frames.shape))
