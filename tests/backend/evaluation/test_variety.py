# SPDX-License-Identifier: GPL-3.0-or-later
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.evaluation.variety import diversity, spectral_error

EVERYWHERE = np.ones((6, 8), bool)


def modulus(seed: int, bands: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).random((bands, 2, 6, 8)).astype(np.float32)


class TestSpectralError:
    def test_the_truth_has_none_and_stillness_exactly_1(self):
        truth = modulus(0)
        assert spectral_error(truth, truth, EVERYWHERE) == 0
        assert spectral_error(0 * truth, truth, EVERYWHERE) == 1
        assert spectral_error(2 * truth, truth, EVERYWHERE) == pytest.approx(1)

    def test_the_mean_offset_does_not_count(self):
        truth, other = modulus(0), modulus(0)
        other[0] = 9
        assert spectral_error(other, truth, EVERYWHERE) == 0

    def test_bands_that_are_missing_count_as_still_and_more_are_left_out(self):
        truth = modulus(0)
        padded = truth.copy()
        padded[2:] = 0
        assert spectral_error(truth[:2], truth, EVERYWHERE) == spectral_error(padded, truth, EVERYWHERE)
        assert spectral_error(modulus(0, 4), truth[:3], EVERYWHERE) == 0

    def test_a_truth_that_is_still_has_no_error(self):
        assert math.isnan(spectral_error(modulus(0), 0 * modulus(0), EVERYWHERE))


class TestDiversity:
    def test_collapsed_draws_have_none(self):
        same = np.stack([modulus(0) + 1j * modulus(1)] * 5).astype(np.complex64)
        # Distances are differences of squares, so rounding leaves the root of float32's resolution.
        assert max(diversity(same)) < 2e-3

    def test_independent_draws_are_root_2_apart(self):
        rng = np.random.default_rng(0)
        draws = rng.normal(size=(8, 9, 2, 12, 16)) + 1j * rng.normal(size=(8, 9, 2, 12, 16))
        assert diversity(draws.astype(np.complex64))[0] == pytest.approx(math.sqrt(2), rel=0.02)

    def test_a_later_start_is_another_motion_of_equal_amplitudes(self):
        first = (modulus(0) + 1j * modulus(1)).astype(np.complex64)
        later = first * np.exp(1j * np.arange(4) * 2.0)[:, None, None, None].astype(np.complex64)
        motion, amplitude = diversity(np.stack([first, later]))
        assert motion > 0.5
        assert amplitude < 2e-3

    @given(st.floats(0.01, 100), st.integers(2, 5))
    def test_size_does_not_matter_and_it_is_the_mean_over_pairs(self, gain, count):
        rng = np.random.default_rng(count)
        draws = rng.normal(size=(count, 3, 2, 4, 4)) + 1j * rng.normal(size=(count, 3, 2, 4, 4))
        flat = draws[:, 1:].reshape(count, -1)
        pairs = [np.linalg.norm(flat[i] - flat[j]) for i in range(count) for j in range(i)]
        expected = np.mean(pairs) / np.sqrt((np.abs(flat) ** 2).sum(axis=1).mean())
        assert diversity((gain * draws).astype(np.complex64))[0] == pytest.approx(expected, rel=1e-3)

    def test_one_draw_or_stillness_says_nothing(self):
        assert math.isnan(diversity(np.zeros((4, 3, 2, 4, 4), np.complex64))[0])
        assert math.isnan(diversity(np.ones((1, 3, 2, 4, 4), np.complex64))[0])
