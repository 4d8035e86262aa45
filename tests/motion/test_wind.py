# SPDX-License-Identifier: GPL-3.0-or-later
"""Gusts: their spectrum, and that a seed is a wind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion import GustSpectrum, Turbulence


def test_the_spectrum_holds_the_variance_it_is_named_for():
    hertz = np.geomspace(1e-6, 1e6, 200_001)
    spectrum = GustSpectrum(0.3, 2.0)
    density = spectrum.density(hertz)
    total = ((density[1:] + density[:-1]) / 2 * np.diff(hertz)).sum()
    # The printed constant 70.8 is rounded.
    assert total == pytest.approx(0.09, rel=1e-3)


def test_fast_gusts_fall_off_as_turbulence_does():
    """f^(-5/3), Kolmogorov's, far above one gust a second."""
    low, high = GustSpectrum(0.3, 1.0).density([10.0, 100.0])
    assert np.log10(low / high) == pytest.approx(5 / 3, abs=0.01)


def test_the_waves_have_the_mean_the_variance_and_the_rhythm_of_the_spectrum():
    times = np.arange(0, 4000, 1 / 16)
    spectrum = GustSpectrum(0.3, 1.5)
    speeds = np.concatenate([Turbulence(spectrum, seed).speed(times) for seed in range(4)]).reshape(4, -1)
    assert speeds.mean() == pytest.approx(1.0, abs=0.02)
    # Between the slowest and the fastest of the waves nearly all of the variance lies.
    assert speeds.std() == pytest.approx(0.3, rel=0.05)
    power = (np.abs(np.fft.rfft(speeds - speeds.mean(axis=1, keepdims=True), axis=1)) ** 2).mean(axis=0)
    hertz = np.fft.rfftfreq(len(times), 1 / 16)
    # Against the waves' limits at 0.01 Hz and 8 Hz.
    for band in ((0.02, 0.1), (0.1, 0.5), (0.5, 2.5)):
        inside = (hertz >= band[0]) & (hertz < band[1])
        share = power[inside].sum() / power.sum()
        expected = spectrum.density(hertz[inside]).sum() * (hertz[1] - hertz[0]) / 0.09
        assert share == pytest.approx(expected, rel=0.15)


@given(seed=st.integers(0, 2**31), times=st.lists(st.floats(-1000, 1000), min_size=1, max_size=9))
def test_any_moment_can_be_asked_for_in_any_order(seed, times):
    wind = Turbulence(seed=seed)
    together = wind.drag(times)
    # Not to the bit: a sum over rows of another length may be added up in another order.
    alone = [float(Turbulence(seed=seed).drag(time)) for time in reversed(times)]
    np.testing.assert_allclose(alone[::-1], together, atol=1e-12)


def test_the_same_seed_is_the_same_wind_to_the_bit_and_another_one_another():
    times = np.linspace(0, 10, 300)
    assert np.array_equal(Turbulence(seed=5).speed(times), Turbulence(seed=5).speed(times))
    assert not np.allclose(Turbulence(seed=5).speed(times), Turbulence(seed=6).speed(times), atol=0.01)


@pytest.mark.parametrize("period", [0.3, 5.0, 8.25])
def test_a_wind_for_a_loop_repeats_exactly(period):
    wind = Turbulence(period=period)
    times = np.linspace(0, period, 40, endpoint=False)
    np.testing.assert_allclose(wind.speed(times + 3 * period), wind.speed(times), atol=1e-9)
    assert wind.speed(times).std() > 0.01


def test_a_steady_wind_and_the_drag_of_one_that_turns_round():
    assert Turbulence(GustSpectrum(0.0)).drag(3.0) == 1.0
    squall = Turbulence(GustSpectrum(1.5), seed=1)
    speed = squall.speed(np.linspace(0, 60, 600))
    assert speed.min() < 0
    np.testing.assert_allclose(squall.drag(np.linspace(0, 60, 600)), speed * np.abs(speed))


@pytest.mark.parametrize(
    "make",
    [
        lambda: GustSpectrum(-0.1),
        lambda: GustSpectrum(0.1, 0.0),
        lambda: Turbulence(seed=-1),
        lambda: Turbulence(period=0.0),
    ],
)
def test_what_is_no_wind_is_refused(make):
    with pytest.raises(ValueError, match=r"not -?\d"):
        make()


def test_a_moment_has_the_same_bits_however_many_are_asked_for_with_it():
    """Otherwise another frame rate would be another wind, if only in the last bit."""
    wind = Turbulence(seed=3)
    times = np.arange(10_000) / 128
    together = wind.speed(times)
    assert np.array_equal(wind.speed(times[:777]), together[:777])
    assert np.array_equal(wind.speed(times[5000:5003]), together[5000:5003])
    assert wind.speed(times.reshape(100, 100)).shape == (100, 100)
