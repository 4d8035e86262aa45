# SPDX-License-Identifier: GPL-3.0-or-later
"""The wind: gusts travel with it, and turbulence is alike only nearby."""

import numpy as np
import pytest

from gid_backend.synth.wind import Wind

PLACES = np.array([[0.1, 0.3, 0.0], [0.12, 0.3, 0.0], [0.9, 0.3, 0.0]])


def force(wind, seed, places=PLACES):
    return wind.force(places, np.random.default_rng(seed), bands=16, frames=150, fps=30.0)


def test_gusts_arrive_later_downwind():
    wind = Wind(direction=(1.0, 0.0), speed=0.5, length=0.1, turbulence=0.0, slope=1.0, gusts=0.0)
    vector, _ = force(wind, 0)
    f = 0.2 * np.arange(1, 16)
    expected = np.exp(-2j * np.pi * f * 0.8 / 0.5)
    assert np.allclose(vector[2, :, 0], vector[0, :, 0] * expected, atol=1e-4)
    assert not vector[..., 1].any()


def test_neighbours_feel_the_same_and_distant_places_do_not():
    wind = Wind(direction=(1.0, 0.0), speed=0.5, length=0.15, turbulence=1.0, slope=1.0, gusts=0.5)
    runs = np.array([force(wind, seed)[0][:, :, 0] for seed in range(300)])

    def coherence(i, j):
        cross = (runs[:, i] * runs[:, j].conj()).mean(0)
        return np.abs(cross) / np.sqrt((np.abs(runs[:, i]) ** 2).mean(0) * (np.abs(runs[:, j]) ** 2).mean(0))

    assert coherence(0, 1).min() > 0.9
    # 300 independent runs agree by chance to about 1/√300 = 0.06.
    assert coherence(0, 2).max() < 0.25


@pytest.mark.parametrize("gusts", [0.0, 0.9])
@pytest.mark.parametrize("slope", [0.7, 1.2])
def test_the_mean_amplitude_falls_as_the_slope_says_gusty_or_not(slope, gusts):
    wind = Wind(direction=(1.0, 0.0), speed=0.5, length=0.15, turbulence=0.5, slope=slope, gusts=gusts)
    mean = np.mean([np.abs(force(wind, seed)[0][0, :, 0]) for seed in range(400)], 0)
    found = np.polyfit(np.log(np.arange(1, 16)), np.log(mean), 1)[0]
    # The two scales of turbulence trade places over the bands, which bends the line slightly.
    assert found == pytest.approx(-slope, abs=0.12)


def test_the_force_is_of_unit_size():
    wind = Wind(direction=(1.0, 0.0), speed=0.5, length=0.15, turbulence=0.0, slope=1.0, gusts=0.0)
    power = np.mean([(np.abs(force(wind, seed)[0][0, :, 0]) ** 2).sum() / 2 for seed in range(600)])
    assert power == pytest.approx(1.0, rel=0.15)
