# SPDX-License-Identifier: GPL-3.0-or-later
"""displacement(p, t) = Re Σ_k S_k(p)·q_k(t): the one equation that everything else plays."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion import SpectralVolume, SpectralVolumeError
from tests.motion.volumes import smooth_volume, volumes

TIMES = st.floats(-1000, 1000)


def direct_sum(volume, time):
    """The equation, spelled out in double precision."""
    total = np.zeros(volume.spectrum.shape[1:])
    for k, band in enumerate(volume.spectrum.astype(np.complex128)):
        total += (band * np.exp(2j * np.pi * k * time / volume.frames)).real
    return total


def largest(volume):
    """The displacement that no sum can exceed: float32's error is relative to it."""
    return max(float(np.abs(volume.spectrum).sum(axis=0).max()), 1e-30)


@given(volumes(), TIMES)
def test_it_is_the_sum_of_its_bands(volume, time):
    # 1e-6: a handful of float32 roundings (6e-8 each) for each of up to 5 bands.
    assert np.abs(volume.displacement(time) - direct_sum(volume, time)).max() <= 1e-6 * largest(volume)


def test_the_sum_holds_for_all_16_bands_at_fractional_times():
    volume = smooth_volume()
    for time in (0, 1, 37.25, 74.999, 149.5, -3.75, 1e6 + 0.5):
        assert np.abs(volume.displacement(time) - direct_sum(volume, time)).max() <= 1e-6 * largest(volume)


@given(volumes(), st.integers(-10_000, 10_000), st.integers(-1000, 1000))
def test_a_period_later_every_bit_is_the_same(volume, frame, periods):
    assert np.array_equal(volume.displacement(frame), volume.displacement(frame + periods * volume.frames))


@given(volumes(), st.integers(0, 3999), st.integers(-100, 100))
def test_half_and_quarter_frames_repeat_bit_for_bit_too(volume, quarters, periods):
    time = quarters / 4
    assert np.array_equal(volume.displacement(time), volume.displacement(time + periods * volume.frames))


@given(volumes(), TIMES, st.floats(-1, 1, width=32))
def test_it_is_linear_in_the_volume(volume, time, gain):
    scaled = volume.scaled(gain).displacement(time)
    assert np.abs(scaled - np.float32(gain) * volume.displacement(time)).max() <= 1e-6 * largest(volume)


@given(volumes(), volumes(), TIMES)
def test_motions_add(one, other, time):
    bands = min(one.bands, other.bands)
    height, width = min(one.height, other.height), min(one.width, other.width)
    a, b = (v.spectrum[:bands, :, :height, :width] / 2 for v in (one, other))
    # Both halves are within ±0.5, so their sum is a valid volume.
    together, first, second = (SpectralVolume(s, frames=one.frames).displacement(time) for s in (a + b, a, b))
    # Each of the three sums has the error of test_it_is_the_sum_of_its_bands, at most 5 bands of amplitude √2.
    assert np.abs(together - (first + second)).max() <= 3e-6 * 5 * np.sqrt(2)


@given(volumes())
def test_the_mean_over_a_period_is_the_first_band(volume):
    frames = np.stack([volume.displacement(t) for t in range(volume.frames)])
    assert np.abs(frames.mean(axis=0, dtype=np.float64) - volume.spectrum[0].real).max() <= 1e-6 * largest(volume)


@given(volumes())
def test_a_fourier_transform_of_the_loop_gives_the_volume_back(volume):
    frames = np.stack([volume.displacement(t) for t in range(volume.frames)]).astype(np.float64)
    found = np.fft.rfft(frames, axis=0)[: volume.bands] * 2 / volume.frames
    found[0] /= 2
    expected = volume.spectrum.copy()
    # The imaginary part of the mean offset plays no part in the real displacement.
    expected[0] = expected[0].real
    assert np.abs(found - expected).max() <= 2e-6 * largest(volume)


@given(volumes())
def test_amplitude_is_the_root_mean_square_of_the_loop(volume):
    """Parseval: energy counted over frequencies and energy counted over frames agree."""
    moving = volume.without_mean()
    frames = np.stack([moving.displacement(t) for t in range(volume.frames)]).astype(np.float64)
    rms = np.sqrt((frames**2).sum(axis=1).mean(axis=0))
    assert volume.amplitude().shape == (volume.height, volume.width)
    # Squares of less than 1e-19 are nothing in single precision.
    assert np.abs(volume.amplitude() - rms).max() <= 2e-6 * largest(volume) + 1e-18


def test_x_is_right_and_y_is_down():
    spectrum = np.zeros((1, 2, 1, 1), np.complex64)
    spectrum[0, :, 0, 0] = 0.1, -0.2
    right, down = SpectralVolume(spectrum).displacement(0).ravel()
    assert (right, down) == pytest.approx((0.1, -0.2))


def test_a_positive_imaginary_part_lags_by_a_quarter_of_a_turn():
    """Re(i·exp(iωt)) = -sin(ωt): at a quarter of the period the displacement is -1 times the amplitude."""
    spectrum = np.zeros((2, 2, 1, 1), np.complex64)
    spectrum[1, 0] = 0.1j
    volume = SpectralVolume(spectrum, frames=100)
    assert [float(volume.displacement(t)[0, 0, 0]) for t in (0, 25, 50, 75)] == pytest.approx(
        [0, -0.1, 0, 0.1], abs=1e-8
    )


class TestCoefficientsOfOnesOwn:
    """Pushes and gusts are other coefficients for the same volume."""

    def test_one_moment_or_many(self):
        volume = smooth_volume(bands=4)
        q = np.exp(1j * np.arange(12).reshape(3, 4))
        many = volume.synthesize(q)
        assert many.shape == (3, 2, volume.height, volume.width)
        for moment, alone in zip(many, q, strict=True):
            # Another order of the additions: a few roundings of float32.
            assert np.allclose(volume.synthesize(alone), moment, rtol=0, atol=1e-6 * largest(volume))

    def test_none_at_all_is_an_empty_animation(self):
        volume = smooth_volume(bands=4)
        assert volume.synthesize(np.zeros((0, 4))).shape == (0, 2, volume.height, volume.width)

    def test_zero_is_the_rest_pose(self):
        assert not smooth_volume(bands=4).synthesize(np.zeros(4)).any()

    def test_real_coefficients_are_taken_as_they_are(self):
        volume = smooth_volume(bands=4)
        assert np.allclose(volume.synthesize([1, 0, 0, 0]), volume.spectrum[0].real)

    @pytest.mark.parametrize("shape", [(), (3,), (5,), (4, 5), (2, 2, 4)])
    def test_the_number_must_fit(self, shape):
        with pytest.raises(SpectralVolumeError, match="Expected 4 coefficients"):
            smooth_volume(bands=4).synthesize(np.zeros(shape))

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_they_must_be_finite(self, bad):
        with pytest.raises(SpectralVolumeError, match="not finite"):
            smooth_volume(bands=2).synthesize([1, bad])


class TestEdits:
    @given(volumes())
    def test_a_gain_of_one_changes_no_bit(self, volume):
        assert np.array_equal(volume.scaled(1).spectrum, volume.spectrum)

    @given(volumes(), st.data())
    def test_each_band_has_its_own_gain(self, volume, data):
        gain = data.draw(st.lists(st.floats(-2, 2, width=32), min_size=volume.bands, max_size=volume.bands))
        edited = volume.with_band_gain(gain)
        for k in range(volume.bands):
            assert np.array_equal(edited.spectrum[k], volume.spectrum[k] * np.float32(gain[k]))

    @given(volumes())
    def test_without_mean_changes_the_first_band_alone(self, volume):
        edited = volume.without_mean()
        assert not edited.spectrum[0].any()
        assert np.array_equal(edited.spectrum[1:], volume.spectrum[1:])
        assert np.array_equal(edited.amplitude(), volume.amplitude())

    @pytest.mark.parametrize("gain", [[1.0], [1.0] * 5, 1.0, [[1.0] * 4]])
    def test_the_number_of_gains_must_fit(self, gain):
        with pytest.raises(SpectralVolumeError, match="Expected 4 band gains"):
            smooth_volume(bands=4).with_band_gain(gain)

    @pytest.mark.parametrize("gain", [np.nan, np.inf])
    def test_gains_must_be_finite(self, gain):
        with pytest.raises(SpectralVolumeError, match="not finite"):
            smooth_volume(bands=4).scaled(gain)

    def test_a_gain_that_leads_out_of_the_picture_by_far_is_refused(self):
        with pytest.raises(SpectralVolumeError, match="picture widths"):
            smooth_volume().scaled(1e6)

    def test_another_frame_rate_is_another_speed_of_the_same_motion(self):
        slow = dataclasses.replace(smooth_volume(), fps=15.0)
        assert slow.duration == 10.0
        assert np.array_equal(slow.displacement(30), smooth_volume().displacement(30))
