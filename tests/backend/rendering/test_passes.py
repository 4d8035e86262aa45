# SPDX-License-Identifier: GPL-3.0-or-later
"""What a frame's passes say is what the motion did."""

from __future__ import annotations

import numpy as np
import pytest

from gid_backend.renderer import MotionRenderer
from gid_blender.motion import SpectralVolumeError
from tests.backend.clips import smooth_volume, textured_picture

HEIGHT, WIDTH = 96, 128
PICTURE = textured_picture(HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def renderer():
    return MotionRenderer.load("cpu")


def box(dx, dy=0):
    """Only the rows 29..60 and columns 39..80 move."""
    d = np.zeros((2, HEIGHT, WIDTH), np.float32)
    d[0, 29:61, 39:81], d[1, 29:61, 39:81] = dx / WIDTH, dy / WIDTH
    return d


def test_the_frame_is_that_of_render_bit_for_bit(renderer):
    volume = smooth_volume(24, 32, amplitude=0.02)
    d, strength = volume.displacement(20), volume.amplitude()
    passes = renderer.render_passes(PICTURE, d, strength, before=volume.displacement(19), after=volume.displacement(21))
    np.testing.assert_array_equal(passes.frame, renderer.render(PICTURE, d, strength))


def test_coverage_is_0_where_something_was_uncovered_and_1_elsewhere(renderer):
    coverage = renderer.render_passes(PICTURE, box(12)).coverage
    assert coverage.shape == (HEIGHT, WIDTH)
    assert coverage.dtype == np.float32
    # The box left 12 columns behind it; its very edges are shared.
    assert coverage[31:59, 41:49].max() == 0
    elsewhere = np.ones((HEIGHT, WIDTH), bool)
    elsewhere[28:62, 38:52] = False
    assert coverage[elsewhere].min() == 1


def test_motion_vectors_belong_to_what_a_pixel_shows(renderer):
    """A box that was at +4 px, is at +12 and will be at +15: its content sits 12 px to the right of its source."""
    passes = renderer.render_passes(PICTURE, box(12, 3), before=box(4, 1), after=box(15, -2))
    # Well inside of where the box is now.
    inside = (slice(None), slice(34, 60), slice(53, 90))
    np.testing.assert_allclose(passes.before[inside][0], -8, atol=1e-4)
    np.testing.assert_allclose(passes.before[inside][1], -2, atol=1e-4)
    np.testing.assert_allclose(passes.after[inside][0], 3, atol=1e-4)
    np.testing.assert_allclose(passes.after[inside][1], -5, atol=1e-4)
    # What was uncovered lies behind, which does not move (filling trusts the front of 8 px a little: by under 2 %);
    # nor does what is far away.
    assert np.abs(passes.before[:, 36:58, 42:48]).max() < 0.16
    np.testing.assert_array_equal(passes.after[:, :25], 0)


def test_along_the_vectors_lies_the_same_content_in_the_neighbouring_frames(renderer):
    import cv2

    volume = smooth_volume(HEIGHT, WIDTH, amplitude=0.012)
    strength = volume.amplitude()
    before, now, after = (volume.displacement(t) for t in (40, 52, 64))
    passes = renderer.render_passes(PICTURE, now, strength, before=before, after=after)
    rows, columns = np.indices((HEIGHT, WIDTH), np.float32)
    for vectors, d in ((passes.before, before), (passes.after, after)):
        neighbour = renderer.render(PICTURE, d, strength)
        fetched = cv2.remap(neighbour, columns + vectors[0], rows + vectors[1], cv2.INTER_CUBIC)
        still = np.abs(neighbour.astype(int) - passes.frame)[14:-14, 14:-14].mean()
        error = np.abs(fetched.astype(int) - passes.frame)[14:-14, 14:-14].mean()
        # Two cubic filters (about 1 level, as in test_renderer) against the several levels of the motion itself.
        assert error < 1.5 < still / 2


def test_without_neighbours_there_are_no_vectors(renderer):
    passes = renderer.render_passes(PICTURE, box(5), after=box(6))
    assert passes.before is None
    assert passes.after.shape == (2, HEIGHT, WIDTH)


def test_a_neighbour_on_another_grid_is_refused(renderer):
    with pytest.raises(SpectralVolumeError, match="neighbouring"):
        renderer.render_passes(PICTURE, box(5), before=np.zeros((2, 4, 4)))
    with pytest.raises(SpectralVolumeError, match="not finite"):
        renderer.render_passes(PICTURE, box(5), before=np.full((2, HEIGHT, WIDTH), np.inf))
