# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion of synthetic scenes is what oscillators on oscillators in a wind do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.synth.motion import LARGEST, angles, spectral_volume, transfer
from gid_backend.synth.rig import Rig
from gid_backend.synth.wind import Wind
from gid_blender.motion import SpectralVolume

CALM = Wind(direction=(1.0, 0.0), speed=0.5, length=0.1, turbulence=0.0, slope=1.0, gusts=0.0)


def stem(segments=3, **more):
    """A stem in the middle of a picture 1 wide and 0.5 high: its part map, one storey a part, and its parts."""
    rig = Rig()
    points = np.stack([np.full(segments + 1, 0.5), np.linspace(0.5, 0.1, segments + 1)], 1)
    chain = rig.chain(0, points, frequency=1.0, drag=0.2, **more)
    index = np.zeros((32, 64), np.uint16)
    rows = (np.arange(32) + 0.5) / 64
    for part, (low, high) in zip(chain, zip(points[1:, 1], points[:-1, 1], strict=True), strict=True):
        index[(rows >= low) & (rows < high), 24:40] = part
    return index, rig.parts()


@given(seed=st.integers(0, 2**31), strength=st.floats(0.1, 3.0))
@settings(max_examples=25, deadline=None)
def test_whatever_the_wind_still_parts_stay_and_everything_starts_where_the_picture_shows_it(seed, strength):
    index, parts = stem()
    volume = spectral_volume((index, parts), np.random.default_rng(seed), height=32, width=64, strength=strength)
    assert volume.shape == (16, 2, 32, 64)
    assert volume.dtype == np.complex64
    assert not volume[:, :, index == 0].any()
    # Sixteen float32 terms are summed; their rounding is some 1e-7 of the largest.
    start = volume.real.sum(0)
    assert np.abs(start).max() <= 2e-6 * max(np.abs(volume).max(), 1e-12)
    assert np.abs(volume[1:]).max() > 0


def test_the_result_is_a_valid_spectral_volume_of_motion_that_starts_at_zero():
    index, parts = stem()
    volume = SpectralVolume(spectral_volume((index, parts), np.random.default_rng(1), height=32, width=64))
    assert np.abs(volume.displacement(0)).max() < 1e-6
    assert np.abs(volume.displacement(40)).max() > 1e-4


@pytest.mark.parametrize("flutter", [0.0, 0.1])
def test_pixels_of_one_part_move_rigidly_or_foreshorten_but_never_wobble(flutter):
    index, parts = stem(flutter=flutter, axis=0.3)
    volume = spectral_volume((index, parts), np.random.default_rng(2), height=32, width=64)
    for part in range(1, len(parts)):
        y, x = np.nonzero(index == part)
        ones = np.stack([(x + 0.5) / 64, (y + 0.5) / 64, np.ones(len(x))], 1)
        for band in (1, 7, 15):
            field = volume[band][:, y, x].T
            fit, *_ = np.linalg.lstsq(ones.astype(complex), field.astype(complex), rcond=None)
            assert np.abs(ones @ fit - field).max() < 1e-5 * np.abs(field).max()
            if not flutter:
                # A small rotation: [[0, -a], [a, 0]].
                assert abs(fit[0, 0]) + abs(fit[1, 1]) < 1e-4 * abs(fit[1, 0])
                assert abs(fit[0, 1] + fit[1, 0]) < 1e-4 * abs(fit[1, 0])


def test_a_part_stays_fastened_to_the_part_that_carries_it():
    index, parts = stem(segments=2)
    volume = spectral_volume((index, parts), np.random.default_rng(3), height=32, width=64)

    def at_joint(part):
        y, x = np.nonzero(index == part)
        ones = np.stack([(x + 0.5) / 64, (y + 0.5) / 64, np.ones(len(x))], 1)
        fit, *_ = np.linalg.lstsq(ones.astype(complex), volume[3][:, y, x].T.astype(complex), rcond=None)
        return np.array([*parts.pivot[2], 1.0]) @ fit

    assert np.abs(at_joint(1) - at_joint(2)).max() < 1e-5 * np.abs(volume[3]).max()


def test_an_oscillator_follows_slow_forces_resonates_at_its_own_frequency_and_ignores_quick_ones():
    response = transfer([1.0], [0.05], [1e-3, 1.0, 20.0])[0]
    assert response[0] == pytest.approx(1.0, abs=1e-3)
    assert abs(response[1]) == pytest.approx(1 / (2 * 0.05), rel=1e-4)
    # At resonance the answer lags by a quarter of a turn.
    assert np.angle(response[1]) == pytest.approx(-np.pi / 2, abs=1e-3)
    assert abs(response[2]) < 0.003


@pytest.mark.parametrize("band", [3, 5, 8, 12])
def test_each_part_has_its_favourite_band(band):
    rig = Rig()
    rig.add(0, (0.5, 0.5), (0, -1), frequency=0.2 * band, drag=0.1, damping=0.06)
    parts = rig.parts()
    rng = np.random.default_rng(4)
    runs = np.array([np.abs(angles(parts, rng, wind=CALM)[0][1]) for _ in range(300)])
    gain = np.sqrt((runs**2).mean(0)) * np.arange(1, 16)  # the wind itself falls as 1/f
    assert int(gain.argmax()) + 1 == band


def test_the_same_random_numbers_give_the_same_motion_and_others_another():
    scene = stem()
    first, again, other = (spectral_volume(scene, np.random.default_rng(s), height=32, width=64) for s in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_strength_scales_up_to_what_one_sees_in_real_clips():
    scene = stem()
    weak, twice, storm, none = (
        spectral_volume(scene, np.random.default_rng(7), height=32, width=64, strength=s) for s in (0.2, 0.4, 50.0, 0.0)
    )
    assert np.allclose(twice, 2 * weak, rtol=1e-4, atol=1e-9)
    assert not none.any()
    q = np.exp(2j * np.pi * np.outer(np.arange(150) / 150, np.arange(16)))
    shift = np.einsum("fk,kcp->fcp", q, storm.reshape(16, 2, -1)).real
    # The limit is set by the spread over time, so single peaks may pass it.
    assert 0.3 * LARGEST < np.linalg.norm(shift, axis=1).max() < 2.0 * LARGEST


def test_the_grid_may_be_finer_than_the_part_map():
    scene = stem()
    small = spectral_volume(scene, np.random.default_rng(8), height=32, width=64, strength=1.0)
    large = spectral_volume(scene, np.random.default_rng(8), height=64, width=128, strength=1.0)
    means = large.reshape(16, 2, 32, 2, 64, 2).mean((3, 5))
    # The size of the motion is measured on the grid, so it differs by a little.
    assert np.allclose(means, small, rtol=0.03, atol=0.02 * np.abs(small).max())


def test_cloth_is_smooth_inside_and_nothing_leaks_out_of_it():
    rig = Rig()
    soft = rig.new_soft()
    a = rig.add(0, (0.3, 0.1), (0, 1), frequency=1.0, drag=0.3, local=1.0, soft=soft)
    b = rig.add(0, (0.5, 0.1), (0, 1), frequency=1.0, drag=0.3, local=1.0, soft=soft)
    c = rig.add(0, (0.7, 0.1), (0, 1), frequency=1.0, drag=0.3, local=1.0)
    index = np.zeros((64, 128), np.uint16)
    index[8:, 20:50], index[8:, 50:80], index[8:, 80:110] = a, b, c
    volume = spectral_volume((index, rig.parts()), np.random.default_rng(9), height=64, width=128)
    step_inside = np.abs(np.diff(volume[2, 0, 40, 45:55])).max()
    step_across = np.abs(np.diff(volume[2, 0, 40, 78:82])).max()
    assert step_inside < 0.35 * np.abs(volume[2, 0, 40, 25] - volume[2, 0, 40, 75])
    assert step_across > 0.9 * np.abs(volume[2, 0, 40, 75] - volume[2, 0, 40, 85])
    assert not volume[:, :, index == 0].any()


class TestWindows:
    """A window out of motion that goes on for longer, as filmed motion is."""

    def test_it_is_the_transform_of_the_first_samples(self):
        _, parts = stem()
        bands, frames, windows = 6, 30, 4
        long = angles(parts, np.random.default_rng(3), bands=bands * windows, frames=frames * windows, wind=CALM)
        cut = angles(parts, np.random.default_rng(3), bands=bands, frames=frames, wind=CALM, windows=windows)
        m = np.arange(1, bands * windows)
        t = np.arange(frames)
        waves = np.exp(2j * np.pi * m[:, None] * t / (frames * windows))
        for whole, part in zip(long, cut, strict=True):
            path = (whole @ waves).real
            expected = 2.0 * np.fft.rfft(path)[:, 1:bands] / frames
            # Sums of 23 float32 terms.
            np.testing.assert_allclose(part, expected, atol=2e-5 * np.abs(expected).max())

    def test_it_jumps_at_the_wrap_where_a_loop_does_not(self):
        index, parts = stem()

        def seam(windows):
            ratios = []
            for seed in range(12):
                motion = spectral_volume(
                    (index, parts), np.random.default_rng(seed), height=16, width=32, windows=windows
                )
                volume = SpectralVolume(motion)
                frames = np.stack([volume.displacement(t) for t in range(151)])
                steps = np.sqrt(np.square(np.diff(frames, axis=0)).mean(axis=(1, 2, 3)))
                ratios.append(steps[-1] / steps.mean())
            return np.median(ratios)

        # The median of a thousand 1/f paths is 2.5 for windows; a loop's wrap is a moment like any other.
        assert seam(8) > 1.4 * seam(1)
