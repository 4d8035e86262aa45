# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion made fit for a mesh: nothing folds, what moves stays rigid, and what is smooth stays as it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_blender.motion.grid import at_vertices
from gid_blender.motion.regularize import fold_count, peak_motion, pin_border, spread_edges
from tests.motion.volumes import smooth_volume

ROWS, COLUMNS = 60, 96
SPACING = (1 / (COLUMNS - 1), 1 / (COLUMNS - 1))
Y, X = np.mgrid[0:ROWS, 0:COLUMNS]
DISK = (X - 48) ** 2 + (Y - 30) ** 2 < 16**2


def rigid(seed, strength=0.02, bands=16):
    """(K, 2, 1, 1) one motion for all points of a thing."""
    rng = np.random.default_rng(seed)
    s = (rng.normal(size=(bands, 2)) + 1j * rng.normal(size=(bands, 2))) / (1 + np.arange(bands))[:, None]
    s[0] = 0
    return (strength * s)[..., None, None].astype(np.complex64)


STILL = np.zeros((16, 2, 1, 1), np.complex64)


def test_motion_that_is_smooth_comes_back_to_the_bit():
    spectrum = at_vertices(smooth_volume(), ROWS, COLUMNS)
    assert np.array_equal(spread_edges(spectrum, SPACING), spectrum)


def test_a_thing_before_a_still_background_moves_rigidly_and_nothing_folds():
    before = np.where(DISK, rigid(0), STILL)
    after = spread_edges(before, SPACING)
    assert fold_count(before, SPACING) > 50
    assert fold_count(after, SPACING) == 0
    assert np.array_equal(after[..., DISK], before[..., DISK])


def test_the_background_takes_the_stretch_in_a_band_as_wide_as_the_motion_needs():
    before = np.where(DISK, rigid(0), STILL)
    after = spread_edges(before, SPACING, stretch=0.5)
    distance = (np.hypot(X - 48, Y - 30) - 16) * SPACING[0]
    # A slope of one half takes twice the peak motion to come down, and a cell for the disk's raggedness.
    reach = 2 * peak_motion(before).max() + 2 * SPACING[0]
    assert np.all(after[..., distance > reach] == 0)
    assert np.all(peak_motion(after)[(distance > 0) & (distance < 0.2 * reach)] > 0)


def test_amplitude_2_does_not_fold_a_single_edge_either():
    before = np.where(X < 40, rigid(1), STILL)
    assert fold_count(before, SPACING, amplitude=2) > 0
    assert fold_count(spread_edges(before, SPACING), SPACING, amplitude=1.9) == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.002, 0.01, 0.04]), st.sampled_from([0.0, 0.5, 1.0]))
def test_nothing_folds_whatever_moves_against_whatever(seed, strength, background):
    rng = np.random.default_rng(seed)
    spectrum = background * rigid(seed, strength) * np.ones((ROWS, COLUMNS), np.float32)
    for _ in range(4):
        cx, cy, r = rng.uniform(0, COLUMNS), rng.uniform(0, ROWS), rng.uniform(3, 25)
        inside = (X - cx) ** 2 + (Y - cy) ** 2 < r * r
        spectrum = np.where(inside, rigid(rng.integers(2**32), strength), spectrum)
    assert fold_count(spread_edges(spectrum.astype(np.complex64), SPACING), SPACING) == 0


def test_nothing_folds_in_noise():
    rng = np.random.default_rng(0)
    noise = 0.003 * (rng.normal(size=(16, 2, ROWS, COLUMNS)) + 1j * rng.normal(size=(16, 2, ROWS, COLUMNS)))
    after = spread_edges(noise.astype(np.complex64), SPACING)
    assert fold_count(after, SPACING) == 0


def test_each_band_keeps_to_itself():
    before = np.where(DISK, rigid(0), STILL)
    before[5] = 0
    assert np.all(spread_edges(before, SPACING)[5] == 0)


def test_nothing_at_all_stays_nothing():
    still = np.zeros((4, 2, 5, 7), np.complex64)
    assert np.array_equal(spread_edges(still, (0.1, 0.1)), still)
    assert fold_count(still, (0.1, 0.1)) == 0


def test_the_smallest_grid():
    spectrum = rigid(0, bands=3) * np.ones((2, 2), np.float32)
    assert np.array_equal(spread_edges(spectrum, (1.0, 1.0)), spectrum)


@pytest.mark.parametrize("stretch", [0, 1, -0.5])
def test_a_slope_that_folds_or_never_ends_is_refused(stretch):
    with pytest.raises(ValueError, match="between 0 and 1"):
        spread_edges(np.zeros((2, 2, 3, 3), np.complex64), (0.5, 0.5), stretch=stretch)


class TestFolds:
    def test_a_cell_that_is_pushed_through_its_neighbour_is_counted(self):
        s = np.zeros((2, 2, 3, 5), np.complex64)
        s[1, 0, 1, 2] = 1.5 * 0.25  # the middle vertex, one and a half cells to either side
        assert fold_count(s, (0.25, 0.25)) == 4
        assert fold_count(s, (0.25, 0.25), amplitude=0.5) == 0

    def test_the_mean_offset_is_left_out(self):
        s = np.zeros((2, 2, 3, 5), np.complex64)
        s[0, 0, 1, 2] = 10
        assert fold_count(s, (0.25, 0.25)) == 0
        assert peak_motion(s).max() == 0


class TestPin:
    SPECTRUM = rigid(0, 0.01) * np.ones((ROWS, COLUMNS), np.float32)

    def test_the_border_stands_still_and_the_middle_is_untouched(self):
        after = pin_border(self.SPECTRUM, SPACING, 0.1)
        border = np.ones((ROWS, COLUMNS), bool)
        border[1:-1, 1:-1] = False
        assert np.all(after[..., border] == 0)
        assert np.array_equal(after[..., 25:35, 25:70], self.SPECTRUM[..., 25:35, 25:70])

    def test_falls_off_without_a_step_and_without_a_fold(self):
        after = pin_border(self.SPECTRUM, SPACING, 0.15)
        profile = peak_motion(after)[30, :48]
        assert np.all(np.diff(profile) >= -1e-7)
        assert fold_count(after, SPACING) == 0

    def test_a_band_too_narrow_for_the_motion_is_widened(self):
        strong = rigid(0, 0.03) * np.ones((ROWS, COLUMNS), np.float32)
        assert fold_count(pin_border(strong, SPACING, 0.01), SPACING) == 0

    def test_is_a_choice(self):
        assert pin_border(self.SPECTRUM, SPACING, 0.0) is self.SPECTRUM
