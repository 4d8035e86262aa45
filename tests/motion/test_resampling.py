# SPDX-License-Identifier: GPL-3.0-or-later
"""The same motion on another grid: pixel centres stay where they are in the picture, amplitudes stay what they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion import SpectralVolume, SpectralVolumeError
from tests.motion.volumes import smooth_volume, volumes

SIDES = st.integers(1, 24)


def field(values):
    """A volume with one band that holds the given (H, W) values for x, and their negatives for y."""
    values = np.asarray(values, np.float64)
    return SpectralVolume(np.stack([values, -values])[None], frames=10)


def across(volume):
    return volume.spectrum[0, 0].real


@given(volumes())
def test_the_same_size_is_the_same_volume(volume):
    assert volume.resampled(volume.height, volume.width) is volume


@given(SIDES, SIDES, SIDES, SIDES, st.floats(-1, 1, width=32))
def test_a_constant_stays_that_constant(height, width, new_height, new_width, value):
    resampled = field(np.full((height, width), value)).resampled(new_height, new_width)
    assert resampled.spectrum.shape == (1, 2, new_height, new_width)
    # The weights of a row sum to 1 within float32's rounding, once for each axis.
    assert np.abs(across(resampled) - value).max() <= 5e-7


@given(st.integers(2, 24), st.integers(2, 48))
def test_a_ramp_stays_that_ramp_away_from_the_border(width, new_width):
    """Linear motion (a swing about a hinge) is what bilinear interpolation must not bend."""
    centres = (np.arange(width) + 0.5) / width
    new_centres = (np.arange(new_width) + 0.5) / new_width
    resampled = across(field(centres[None].repeat(3, axis=0)).resampled(3, new_width))
    # New cells that reach beyond the outermost old pixel centres meet the held edge.
    margin = 0.5 / width + 0.5 / new_width
    inside = (new_centres >= margin) & (new_centres <= 1 - margin)
    assert np.abs(resampled[:, inside] - new_centres[inside]).max(initial=0) <= 1e-6


@given(volumes(), SIDES, SIDES)
def test_the_mean_motion_of_the_picture_stays(volume, height, width):
    before, after = (
        v.spectrum.mean(axis=(2, 3), dtype=np.complex128) for v in (volume, volume.resampled(height, width))
    )
    assert np.abs(after - before).max() <= 1e-6


@given(volumes(), SIDES, SIDES)
def test_values_never_leave_their_range(volume, height, width):
    """Weights are positive, so nothing overshoots and no motion is invented."""
    resampled = volume.resampled(height, width).spectrum
    for part in ("real", "imag"):
        new, old = getattr(resampled, part), getattr(volume.spectrum, part)
        assert new.max() <= old.max() + 1e-6
        assert new.min() >= old.min() - 1e-6


@given(volumes(), SIDES, SIDES)
def test_mirrored_pictures_give_mirrored_motion(volume, height, width):
    """Pixel centres are kept: a shift by half a cell would break this."""
    mirrored = SpectralVolume(volume.spectrum[..., ::-1, ::-1], frames=volume.frames).resampled(height, width)
    assert np.abs(mirrored.spectrum[..., ::-1, ::-1] - volume.resampled(height, width).spectrum).max() <= 1e-6


@given(volumes(), SIDES, SIDES, st.floats(0, 100))
def test_resampling_and_playing_can_change_places(volume, height, width, time):
    """Both are linear, so a renderer may resample the volume once, or the displacement of each frame."""
    first = volume.resampled(height, width).displacement(time)
    x, y = volume.displacement(time)
    then = SpectralVolume(np.stack([x, y])[None] / 16, frames=1).resampled(height, width).displacement(0) * 16
    # 5 bands of amplitude √2 in float32, summed in another order.
    assert np.abs(first - then).max() <= 1e-5


def test_shrinking_averages_what_it_covers_instead_of_picking_pixels():
    checkerboard = np.indices((32, 32)).sum(axis=0) % 2 * 2.0 - 1.0
    # Held edges leave 1/32 of the alternation along each side; picked pixels would all be ±1.
    assert np.abs(across(field(checkerboard).resampled(4, 4))).max() <= 1 / 32**2 + 1e-6


def test_shrinking_smooth_motion_keeps_its_strength():
    volume = smooth_volume(height=160, width=256)
    assert volume.resampled(20, 32).amplitude().max() == pytest.approx(volume.amplitude().max(), rel=0.05)


def test_there_and_back_smooth_motion_is_what_it_was():
    volume = smooth_volume(height=40, width=64)
    error = volume.resampled(160, 256).resampled(40, 64).spectrum - volume.spectrum
    # Two averages over a cell round off the curvature of the highest wave (one swing over the picture) and the edges.
    assert np.abs(error).max() <= 0.02 * np.abs(volume.spectrum).max()


def test_one_pixel_becomes_a_rigid_motion_of_the_whole_picture():
    assert np.allclose(across(field([[0.25]]).resampled(9, 16)), 0.25)


@pytest.mark.parametrize(("height", "width"), [(0, 5), (5, 0), (-1, 5), (20_000, 5), (5, 20_000)])
def test_impossible_grids_are_refused(height, width):
    with pytest.raises(SpectralVolumeError, match="not possible"):
        smooth_volume().resampled(height, width)
