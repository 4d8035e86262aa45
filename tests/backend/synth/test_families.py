# SPDX-License-Identifier: GPL-3.0-or-later
"""Every family draws pictures whose motion is like that of real clips."""

from functools import cache

import numpy as np
import pytest

from gid_backend.synth.families import FAMILIES, make_scene
from gid_backend.synth.motion import spectral_volume
from gid_backend.synth.stage import SIZES

SEEDS = (3, 4)


@cache
def example(family, seed):
    """A scene and its motion."""
    scene = make_scene(seed, family=family)
    h, w = scene.part_index.shape
    return scene, spectral_volume(scene, np.random.default_rng(seed), height=h, width=w)


@pytest.fixture
def catalogue():
    """Two scenes of every family with their motion."""
    return [example(family, seed) for family in FAMILIES for seed in SEEDS]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_draws_a_picture_in_which_some_things_move_and_some_do_not(family):
    for seed in SEEDS:
        scene, volume = example(family, seed)
        assert scene.part_index.shape in {(h, w) for h, w, _ in SIZES}
        assert scene.image.std() > 3
        assert len(scene.parts) <= 2001
        moving = scene.part_index > 0
        assert moving.any() == (family != "still")
        assert not volume[:, :, ~moving].any()
        if family not in ("hedge", "leaves", "ivy", "flower", "forest"):
            assert (~moving).any()


def test_candles_stand_while_their_flames_flicker():
    for seed in SEEDS:
        assert (example("candles", seed)[0].part_index > 0).mean() < 0.1


def test_the_mean_spectrum_over_scenes_falls_about_as_one_over_f(catalogue):
    spectra = [np.abs(v[1:, :, s.part_index > 0]).mean((1, 2)) for s, v in catalogue if s.part_index.any()]
    slope = np.polyfit(np.log(np.arange(1, 16)), np.log(np.mean(spectra, 0)), 1)[0]
    # Measured in real clips: -0.96 (x) and -0.93 (y), noise of the flow included, which flattens it.
    assert -1.3 < slope < -0.6


def test_displacements_are_as_large_as_in_real_clips(catalogue):
    q = np.exp(2j * np.pi * np.outer(np.arange(0, 150, 10) / 150, np.arange(16))).astype(np.complex64)
    mean, high, peak = [], [], []
    for scene, volume in catalogue:
        moving = scene.part_index > 0
        if moving.any():
            shift = np.linalg.norm(np.einsum("fk,kcp->fcp", q, volume[:, :, moving][:, :, ::5]).real, axis=1)
            mean.append(shift.mean())
            high.append(np.percentile(shift, 95))
            peak.append(shift.max())
    assert 0.002 < np.median(mean) < 0.010
    assert 0.005 < np.median(high) < 0.020
    assert np.median(peak) < 0.05
    assert np.percentile(peak, 95) < 0.08


def test_the_same_number_gives_the_same_scene():
    a, b, c = make_scene(11), make_scene(11), make_scene(12)
    assert a.family == b.family
    assert np.array_equal(a.image, b.image)
    assert np.array_equal(a.part_index, b.part_index)
    assert np.array_equal(a.parts.pivot, b.parts.pivot)
    assert a.image.shape != c.image.shape or not np.array_equal(a.image, c.image)


def test_panoramas_given_by_the_caller_become_backgrounds():
    red = np.zeros((128, 256, 3), np.uint8)
    red[..., 0] = 255
    seen = 0
    for seed in range(14):
        image = make_scene(seed, family="still", worlds=[red]).image.reshape(-1, 3).mean(0)
        seen += image[0] > 3 * max(image[1], 20)
    assert seen >= 2
