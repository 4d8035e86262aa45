# SPDX-License-Identifier: GPL-3.0-or-later
"""Bands that are dealt out anew among draws must be told from bands that belong together."""

import math

import cv2
import numpy as np
import pytest

from gid_backend.evaluation.coherence import (
    amplitude_coherence,
    phase_coherence,
    residual_coherence,
    shuffled_bands,
)
from gid_backend.synth.families import make_scene
from gid_backend.synth.motion import spectral_volume

SIZE = (36, 64)
EVERYWHERE = np.ones(SIZE, bool)


def field(rng, sigma=5.0):
    """A smooth random map of mean 0 and variance 1."""
    blurred = cv2.GaussianBlur(rng.standard_normal(SIZE), (0, 0), sigma)
    return (blurred - blurred.mean()) / blurred.std()


def draw(rng, *, together):
    """(8, 2, h, w): amplitudes and phase gradients that all bands share, or that each has for itself."""
    bands = []
    shared = field(rng), 2 * field(rng)
    for k in range(8):
        level, phase = shared if together else (field(rng), 2 * field(rng))
        value = np.exp(0.5 * level + 1j * phase) / (k + 1)
        bands.append(np.stack([value, 0.3 * value]))
    return np.stack(bands).astype(np.complex64)


@pytest.fixture(scope="module")
def winds():
    """12 winds in a shrub, (12, 16, 2, h, w), and where it moves."""
    scene = make_scene(9_000_012, family="shrub")
    spectra = np.stack([spectral_volume(scene, np.random.default_rng(seed), height=40, width=64) for seed in range(12)])
    return spectra, np.abs(spectra).sum(axis=(0, 1, 2)) > 0


class TestBuiltFields:
    def test_shared_maps_cohere_and_maps_of_each_band_do_not(self):
        rng = np.random.default_rng(0)
        own, apart = draw(rng, together=True), draw(rng, together=False)
        assert amplitude_coherence(np.abs(own), EVERYWHERE) == pytest.approx(1.0, abs=1e-3)
        assert phase_coherence(own, EVERYWHERE) == pytest.approx(1.0, abs=1e-3)
        # About 20 blobs to a map and 7 pairs: chance leaves a standard deviation below 0.1.
        assert abs(amplitude_coherence(np.abs(apart), EVERYWHERE)) < 0.3
        assert abs(phase_coherence(apart, EVERYWHERE)) < 0.3

    def test_the_residual_sees_the_draw_and_not_the_picture(self):
        rng = np.random.default_rng(1)
        outline = np.exp(field(rng)).astype(np.float32)
        together = outline * np.stack([draw(rng, together=True) for _ in range(8)])
        apart = outline * np.stack([draw(rng, together=False) for _ in range(8)])
        assert residual_coherence(together) == pytest.approx(1.0, abs=1e-3)
        assert abs(residual_coherence(apart)) < 0.15
        assert np.mean([amplitude_coherence(np.abs(a), EVERYWHERE) for a in apart]) > 0.3

    def test_a_stronger_wind_is_no_coordination(self):
        rng = np.random.default_rng(2)
        apart = np.stack([draw(rng, together=False) * gain for gain in (0.1, 0.5, 1, 2, 4, 8)])
        assert abs(residual_coherence(apart)) < 0.2

    def test_what_does_not_vary_is_not_judged(self):
        constant = np.full((8, 2, *SIZE), 0.01 + 0.01j, np.complex64)
        assert math.isnan(amplitude_coherence(np.abs(constant), EVERYWHERE))
        assert math.isnan(phase_coherence(constant, EVERYWHERE))
        assert math.isnan(residual_coherence(np.stack([constant] * 3)))
        assert math.isnan(residual_coherence(constant[None]))
        assert math.isnan(residual_coherence(np.zeros((3, 8, 2, *SIZE), np.complex64)))


class TestIndependentBandsFail:
    """The same winds with every band taken from another one: nothing changes but what belongs together."""

    def test_in_all_three_figures(self, winds):
        spectra, moving = winds
        shuffled = shuffled_bands(spectra, np.random.default_rng(0))
        assert residual_coherence(spectra) > 0.15
        assert abs(residual_coherence(shuffled)) < 0.06

        def mean(figure, draws):
            return np.mean([figure(d, moving) for d in draws])

        assert mean(amplitude_coherence, np.abs(spectra)) > mean(amplitude_coherence, np.abs(shuffled)) + 0.1
        assert mean(phase_coherence, spectra) > mean(phase_coherence, shuffled) + 0.05
        assert abs(mean(phase_coherence, shuffled)) < 0.06

    def test_a_shuffle_deals_every_band_out_once(self, winds):
        spectra, _ = winds
        shuffled = shuffled_bands(spectra, np.random.default_rng(5))
        assert shuffled.shape == spectra.shape
        assert not np.array_equal(shuffled, spectra)
        for k in (1, 7, 15):
            assert sorted(np.abs(shuffled[:, k]).sum(axis=(1, 2, 3))) == sorted(
                np.abs(spectra[:, k]).sum(axis=(1, 2, 3))
            )
