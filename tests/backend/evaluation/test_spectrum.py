# SPDX-License-Identifier: GPL-3.0-or-later
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.evaluation.seam import seam_ratio
from gid_backend.evaluation.spectrum import band_error, band_means, crest_factor, log_slope, spectral_slope
from gid_blender.motion import SpectralVolume

EVERYWHERE = np.ones((6, 8), bool)


def noise(slope: float = -1.0, height: int = 6, width: int = 8, seed: int = 0) -> SpectralVolume:
    rng = np.random.default_rng(seed)
    s = rng.normal(size=(16, 2, height, width)) + 1j * rng.normal(size=(16, 2, height, width))
    s *= 1e-3 * np.maximum(np.arange(16), 1)[:, None, None, None] ** slope
    return SpectralVolume(s)


class TestSlope:
    @given(st.floats(-2, 0.5), st.floats(1e-5, 1e-2))
    def test_of_a_power_law_is_its_exponent_whatever_its_size(self, exponent, size):
        assert log_slope(size * np.arange(1, 16.0) ** exponent) == pytest.approx(exponent, abs=1e-9)

    @pytest.mark.parametrize("slope", [-1.5, -1.0, -0.5])
    def test_of_noise(self, slope):
        # 2,560 places a band: the mean modulus is known to about one per cent.
        assert spectral_slope(noise(slope, 40, 64)) == pytest.approx(slope, abs=0.02)

    def test_looks_at_15_bands_at_most_and_leaves_out_empty_ones(self):
        means = np.concatenate([1.0 / np.arange(1, 16), np.full(8, 9.0)])
        assert log_slope(means) == pytest.approx(-1)
        assert log_slope([1, 0.5, 0, 0.25]) == pytest.approx(-1)
        assert math.isnan(log_slope(np.zeros(15)))


class TestBandError:
    @given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=20), st.floats(0.01, 100))
    def test_equal_spectra_have_none_and_a_gain_is_seen_before_only(self, means, gain):
        assert band_error(means, means) == (0.0, 0.0, 0.0)
        before, after, worst = band_error(np.multiply(means, gain), means)
        assert before == pytest.approx(abs(20 * math.log10(gain)), abs=1e-9)
        assert max(after, worst) < 1e-9

    def test_one_loud_band_of_four(self):
        # 20 dB in one of four: the gain takes 5 off each, and leaves 15 once and 5 three times.
        before, after, worst = band_error([10, 1, 1, 1], [1, 1, 1, 1])
        assert (before, after, worst) == pytest.approx((5.0, 7.5, 15.0))

    def test_bands_that_either_lacks_are_left_out(self):
        assert band_error([2, 2], [1, 1, 50])[1] == 0
        assert all(math.isnan(value) for value in band_error([0, 0], [1, 1]))

    def test_means_are_over_axes_and_chosen_places(self):
        modulus = np.zeros((3, 2, 6, 8), np.float32)
        modulus[1, 0, 0, 0], modulus[2] = 4.0, 7.0
        chosen = np.zeros((6, 8), bool)
        chosen[0, :2] = True
        assert band_means(modulus, chosen).tolist() == [1.0, 7.0]


class TestCrest:
    def swing(self, x, y):
        s = np.zeros((3, 2, 6, 8), np.complex64)
        s[1, 0], s[1, 1] = x, y
        return s

    def test_of_a_line_is_root_2_and_of_a_circle_1(self):
        assert crest_factor(self.swing(0.01, 0), 150, EVERYWHERE) == pytest.approx(math.sqrt(2), abs=1e-3)
        assert crest_factor(self.swing(0.01, 0.01j), 150, EVERYWHERE) == pytest.approx(1.0, abs=1e-3)

    def test_is_that_of_the_frames_themselves(self):
        volume = noise()
        frames = np.stack([volume.without_mean().displacement(t) for t in range(150)])
        size = np.sqrt(np.square(frames).sum(axis=1))
        direct = (size.max(axis=0) / np.sqrt(np.square(size).mean(axis=0))).mean()
        assert crest_factor(volume.spectrum, 150, EVERYWHERE) == pytest.approx(direct, rel=1e-4)

    def test_bands_that_swell_together_raise_it(self):
        # All in phase once a period: a gust. At random phases: steady sway.
        s = np.full((16, 2, 6, 8), 1e-3, np.complex64)
        assert crest_factor(s, 150, EVERYWHERE) > 4.5
        phases = np.exp(2j * np.pi * np.random.default_rng(0).random(s.shape))
        assert crest_factor((s * phases).astype(np.complex64), 150, EVERYWHERE) < 3

    def test_stillness_has_none(self):
        assert math.isnan(crest_factor(np.zeros((3, 2, 6, 8), np.complex64), 150, EVERYWHERE))


class TestSeam:
    def test_is_that_of_the_frames_themselves(self):
        volume = noise(seed=3)
        frames = np.stack([volume.displacement(t) for t in range(151)])
        steps = np.sqrt(np.square(np.diff(frames, axis=0)).mean(axis=(1, 2, 3)))
        assert seam_ratio(volume) == pytest.approx(steps[-1] / steps.mean(), rel=1e-4)

    def test_a_steady_swing_has_none_and_a_late_snap_has_one(self):
        steady = np.zeros((2, 2, 4, 4), np.complex64)
        steady[1] = 1e-3
        steady[1, 1] = 1e-3j  # a circle: every step is as long as every other
        assert seam_ratio(SpectralVolume(steady)) == pytest.approx(1.0, abs=1e-4)
        path = np.arange(150) / 150.0  # a slow drift that snaps back at the wrap
        spectrum = 2 * np.fft.fft(path)[:16] / 150
        spectrum[0] /= 2
        snap = np.zeros((16, 2, 4, 4), np.complex64) + (1e-3 * spectrum)[:, None, None, None]
        assert seam_ratio(SpectralVolume(snap)) > 2

    def test_stillness_has_none(self):
        assert math.isnan(seam_ratio(SpectralVolume(np.zeros((4, 2, 4, 4)))))
