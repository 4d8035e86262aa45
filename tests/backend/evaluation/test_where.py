# SPDX-License-Identifier: GPL-3.0-or-later
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gid_backend.evaluation.reading import coarse_size, read, strength_map
from gid_backend.evaluation.where import FLOOR, amount, leakage, moving_places, rank_correlation, textured_places
from gid_blender.motion import SpectralVolume

from ..clips import smooth_volume, textured_picture


class TestRankCorrelation:
    @given(hnp.arrays(np.int64, st.integers(3, 40), elements=st.integers(-20, 20)), st.floats(0.1, 10))
    def test_monotone_maps_do_not_change_it(self, values, steepness):
        other = np.arange(len(values))
        # Integers far apart stay distinct through the curve, so ties stay ties and order stays order.
        curved = np.sinh(values / 20 * steepness)
        assert rank_correlation(values, other) == pytest.approx(rank_correlation(curved, other))
        assert rank_correlation(values, other) == pytest.approx(-rank_correlation(-values, other))

    @given(hnp.arrays(np.int64, st.integers(2, 30), elements=st.integers(0, 5)))
    def test_it_is_pearson_on_average_ranks(self, values):
        other = np.random.default_rng(len(values)).permutation(len(values))

        def ranks(x):
            return np.array([(x < v).sum() + ((x == v).sum() + 1) / 2 for v in x])

        a, b = ranks(values), ranks(other)
        expected = np.corrcoef(a, b)[0, 1] if a.std() > 0 else 0.0
        assert rank_correlation(values, other) == pytest.approx(expected)

    def test_equal_values_share_a_rank(self):
        assert rank_correlation([0, 0, 0, 1], [1, 2, 3, 4]) == pytest.approx(math.sqrt(0.6))

    def test_a_constant_map_says_nothing(self):
        assert rank_correlation(np.arange(9.0), np.zeros(9)) == 0.0


class TestPlaces:
    def test_a_blank_sky_has_no_texture_and_a_meadow_has(self):
        picture = textured_picture(144, 256)
        picture[:72] = 200
        found = textured_places(picture, 72, 128)
        # A box of 15 pixels sees over the border by four places.
        assert not found[:30].any()
        assert found[40:].mean() > 0.99

    def test_faint_noise_is_no_texture(self):
        noise = np.random.default_rng(0).normal(120, 1.0, (144, 256, 1))
        assert not textured_places(np.repeat(noise, 3, axis=2).astype(np.uint8), 72, 128).any()

    def test_what_moves_less_than_flow_can_tell_is_still(self):
        strength = np.array([[0.0, 0.9 * FLOOR, 1.1 * FLOOR, 2 * FLOOR]], np.float32)
        assert moving_places(strength).tolist() == [[False, False, True, True]]

    def test_and_so_is_what_moves_a_tenth_of_the_most(self):
        strength = np.linspace(0, 1, 1001, dtype=np.float32)[None]
        assert moving_places(strength).sum() == pytest.approx(1001 * 0.901, abs=2)

    @given(st.integers(16, 4000), st.integers(16, 4000))
    def test_the_grid_has_the_pictures_aspect_and_always_about_as_many_places(self, height, width):
        rows, columns = coarse_size(height, width)
        if max(height, width) < 20 * min(height, width):
            assert rows * columns == pytest.approx(128 * 72, rel=0.05)
        assert coarse_size(288, 512) == (72, 128)


class TestHowMuch:
    MOVING = np.array([[False, False, True, True]])

    def test_the_amount_is_measured_where_the_truth_moves(self):
        truth, predicted = np.array([[0, 0, 1, 3.0]], np.float32), np.array([[9, 9, 1, 1.0]], np.float32)
        assert amount(predicted, truth, self.MOVING) == pytest.approx(0.5)
        assert math.isnan(amount(predicted, truth, np.zeros_like(self.MOVING)))

    def test_leakage_is_0_for_the_truth_1_for_the_blind_and_nothing_for_the_still(self):
        still = ~self.MOVING
        assert leakage(np.array([[0, 0, 1, 3.0]], np.float32), self.MOVING, still) == 0
        assert leakage(np.ones((1, 4), np.float32), self.MOVING, still) == 1
        assert math.isnan(leakage(np.zeros((1, 4), np.float32), self.MOVING, still))
        assert math.isnan(leakage(np.ones((1, 4), np.float32), np.ones((1, 4), bool), np.zeros((1, 4), bool)))


class TestStrength:
    def test_it_is_the_root_mean_square_over_the_period_without_the_offset(self):
        volume = smooth_volume(18, 32, amplitude=0.02)
        frames = np.stack([volume.without_mean().displacement(t) for t in range(volume.frames)])
        direct = np.sqrt(np.square(frames).sum(axis=1).mean(axis=0))
        np.testing.assert_allclose(strength_map(volume, 18, 32), direct, rtol=1e-4)

    def test_parts_that_move_against_each_other_do_not_cancel(self):
        s = np.zeros((2, 2, 4, 8), np.complex64)
        s[1, 0] = 0.01 * (-1.0) ** np.arange(8)
        reading = read(SpectralVolume(s), 2, 4)
        np.testing.assert_allclose(reading.strength, 0.01 / math.sqrt(2), rtol=1e-5)
        np.testing.assert_allclose(reading.modulus[1, 0], 0.01, rtol=1e-5)
        # All but the border cells, beyond which the last value is held.
        assert np.abs(reading.spectrum[:, :, :, 1:-1]).max() < 1e-6

    def test_averaging_keeps_the_mean(self):
        volume = smooth_volume(72, 128, amplitude=0.02)
        assert strength_map(volume, 18, 32).mean() == pytest.approx(volume.amplitude().mean(), rel=1e-4)
