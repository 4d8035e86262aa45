# SPDX-License-Identifier: GPL-3.0-or-later
"""Periods, and windows that are none."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.flow.spectrum import detrended, ramp, transform


def played(spectrum, turns):
    return (spectrum[None] * np.exp(2j * np.pi * np.outer(turns, np.arange(len(spectrum))))[:, :, None]).real.sum(
        axis=1
    )


def swings(seed, bands=8):
    rng = np.random.default_rng(seed)
    spectrum = (rng.normal(size=(bands, 5)) + 1j * rng.normal(size=(bands, 5))) / (1 + np.arange(bands))[:, None]
    spectrum[0] = -spectrum[1:].real.sum(axis=0)
    return spectrum.astype(np.complex64)


@given(seed=st.integers(0, 99), count=st.integers(15, 60))
def test_a_period_gives_its_spectrum_from_any_number_of_frames(seed, count):
    turns = np.arange(count) / count
    truth = swings(seed)
    found = transform(played(truth, turns).astype(np.float32), turns, len(truth))
    np.testing.assert_allclose(found, truth, atol=1e-5)


@given(seed=st.integers(0, 99), count=st.integers(48, 90))
def test_frames_that_are_missing_or_come_unevenly_do_no_harm(seed, count):
    rng, truth = np.random.default_rng(seed), swings(seed)
    whole = np.arange(count) / count
    lost = np.setdiff1d(whole, rng.choice(whole[1:], count // 10, replace=False))
    for turns in (lost, whole + np.r_[0, rng.uniform(-0.3, 0.3, count - 1)] / count):
        found = transform(played(truth, turns).astype(np.float32), turns, len(truth))
        np.testing.assert_allclose(found, truth, atol=1e-5)


def test_what_a_long_gap_hides_is_not_made_of_noise():
    turns = np.r_[np.arange(30), np.arange(40, 60)] / 60
    noise = np.random.default_rng(0).normal(size=(len(turns), 200)).astype(np.float32)
    even = transform(noise, np.arange(len(turns)) / len(turns), 16)
    assert np.abs(transform(noise, turns, 16)).mean() < 2 * np.abs(even).mean()


@given(st.integers(0, 99))
def test_a_period_is_left_as_it_is_but_for_its_wrap(seed):
    turns = np.arange(150) / 150
    flows = played(swings(seed), turns).astype(np.float32)
    _, drift = detrended(flows, turns)
    # The wrap of a smooth period is what its neighbours foretell, to second order in the step.
    assert np.abs(drift).max() < 0.02 * np.abs(flows).max()


@given(seed=st.integers(0, 99), slope=st.floats(-5, 5))
def test_a_steady_drift_is_found(seed, slope):
    turns = np.arange(150) / 150
    flows = played(swings(seed), turns).astype(np.float32)
    rest, drift = detrended(flows + np.float32(slope) * turns[:, None].astype(np.float32), turns)
    np.testing.assert_allclose(drift, slope, atol=0.02 * np.abs(flows).max() + 1e-4)
    np.testing.assert_allclose(rest, flows, atol=0.02 * np.abs(flows).max() + 1e-4)


def test_windows_of_endless_motion_wrap_without_a_jump():
    """1/f motion of a minute, cut to 5 s: the wrap is 2.5 times a step and more before, and like one after."""
    rng = np.random.default_rng(0)
    k = np.arange(1, 200)
    phases = rng.uniform(0, 2 * np.pi, (64, len(k)))
    t = np.arange(150) / 30.0
    x = (np.cos(2 * np.pi * k / 60.0 * t[:, None, None] + phases) / np.maximum(k, 6)).sum(axis=2)
    x = (x - x[:1]).astype(np.float32)

    def wrap(flows):
        spectrum = transform(flows, np.arange(150) / 150, 16)
        y = played(spectrum, np.arange(150) / 150)
        return np.median(np.abs(y[0] - y[-1]) / np.abs(np.diff(y, axis=0)).mean(axis=0))

    before, after = wrap(x), wrap(detrended(x, np.arange(150) / 150)[0])
    assert before > 2.0
    assert after < 1.3


@given(st.integers(0, 99))
def test_what_was_taken_off_can_be_put_back(seed):
    turns = np.arange(150) / 150
    flows = played(swings(seed), turns).astype(np.float32) + 3.0 * turns[:, None].astype(np.float32)
    rest, drift = detrended(flows, turns)
    again = transform(rest, turns, 8) + ramp(8, 150)[:, None] * drift
    np.testing.assert_allclose(again, transform(flows, turns, 8), atol=1e-4)
