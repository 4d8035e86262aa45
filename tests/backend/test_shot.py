# SPDX-License-Identifier: GPL-3.0-or-later
"""Loops, slow motion, motion blur and passes, from coefficients to frames."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gid_backend.encode import encode_image
from gid_backend.errors import Cancelled
from gid_backend.renderer import MotionRenderer
from gid_backend.renderer_identity import renderer_identity
from gid_backend.shot import Shot
from gid_backend.shutter import average, shutter_times
from gid_blender.motion import SpectralVolume, SpectralVolumeError, loop_coefficients

from .clips import smooth_volume, textured_picture

HEIGHT, WIDTH = 48, 64
PICTURE = textured_picture(HEIGHT, WIDTH)
VOLUME = smooth_volume(12, 16, amplitude=0.02)


@pytest.fixture(scope="module")
def renderer():
    return MotionRenderer.load("cpu")


def swing(pixels, bands=2):
    """The middle of the picture swings left and right by so many pixels, once a period."""
    spectrum = np.zeros((bands, 2, HEIGHT, WIDTH), np.complex64)
    spectrum[1, 0, 16:32, 20:44] = pixels / WIDTH
    return SpectralVolume(spectrum)


def frames_of(shot, renderer, indices=None, **options):
    return [rendered.frame for rendered in shot.render(renderer, indices, **options)]


@pytest.mark.parametrize("shutter", [0.0, 180.0])
def test_frame_t_is_frame_0_bit_for_bit(renderer, shutter):
    """Two rounds of the loop at once; the shutter of the first frame reaches back over the seam."""
    once = Shot.loop(PICTURE, VOLUME, 5, shutter=shutter, samples=3)
    moments = shutter_times(np.arange(10), shutter, 3)
    q = loop_coefficients(moments, harmonics=16, period=5, offset=False)
    np.testing.assert_array_equal(q[:5], q[5:])
    first = frames_of(once, renderer)
    again = frames_of(Shot.given(PICTURE, VOLUME, q.reshape(-1, 16), samples=moments.shape[1]), renderer, range(5, 10))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (first[0] != first[1]).any()


def test_a_longer_loop_is_slow_motion_evaluated_between_the_frames(renderer):
    """Every second frame of a loop twice as long is a frame of the loop, and those between are not mixtures."""
    fast = frames_of(Shot.loop(PICTURE, VOLUME, 3), renderer)
    slow = frames_of(Shot.loop(PICTURE, VOLUME, 6), renderer)
    for one, other in zip(fast, slow[::2], strict=True):
        np.testing.assert_array_equal(one, other)
    between = renderer.render(PICTURE, VOLUME.without_mean().displacement(VOLUME.frames / 6), VOLUME.amplitude())
    # Coefficients in double and single precision may round one value in a thousand the other way.
    assert (slow[1] != between).mean() < 1e-3


def test_motion_blur_is_the_mean_of_the_moments(renderer):
    q = 1.5 * loop_coefficients(
        2 + 0.5 * np.array([-0.375, -0.125, 0.125, 0.375]), harmonics=16, period=8, offset=False
    )
    moments = list(renderer.render_frames(PICTURE, VOLUME, q))
    [blurred] = frames_of(Shot.loop(PICTURE, VOLUME, 8, amplitude=1.5, shutter=180.0, samples=4), renderer, [2])
    np.testing.assert_array_equal(blurred, average(moments))
    assert (blurred != moments[0]).any()


def test_without_a_shutter_every_frame_is_one_moment(renderer):
    sharp = Shot.loop(PICTURE, VOLUME, 4, shutter=0.0, samples=16)
    assert sharp.rows.shape == (4, 1, 16)
    for one, other in zip(
        frames_of(sharp, renderer), renderer.render_frames(PICTURE, VOLUME, sharp.rows[:, 0]), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_still_places_keep_their_bits_under_blur_and_a_blurred_edge_is_half_there(renderer):
    picture = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    picture[16:32, 20:44] = [255, 0, 0, 255]
    shot = Shot.loop(picture, swing(8.0), 4, shutter=180.0, samples=8)
    [frame] = frames_of(shot, renderer, [1])
    np.testing.assert_array_equal(frame[:12], picture[:12])
    alpha = frame[24, :, 3].astype(int)
    assert ((alpha > 40) & (alpha < 215)).sum() >= 4
    # What is there at all is red, however little of it.
    visible = frame[..., 3] > 0
    np.testing.assert_array_equal(frame[visible][:, 1:3], 0)
    assert frame[visible][:, 0].min() >= 254


def test_motion_vectors_of_a_swing_are_the_differences_of_its_places(renderer):
    """x(t) = 8·cos(2πt/4): 8, 0, -8, 0. In frame 1 the thing came from 8 px right and goes on to 8 px left."""
    shot = Shot.loop(PICTURE, swing(8.0), 4)
    rendered = list(shot.render(renderer, vectors=True, coverage=True))
    before, after = rendered[1].vectors
    inside = (slice(18, 30), slice(24, 40))
    np.testing.assert_allclose(before[0][inside], 8, atol=1e-3)
    np.testing.assert_allclose(after[0][inside], -8, atol=1e-3)
    np.testing.assert_allclose(before[1], 0, atol=1e-3)
    # Over the seam: the frame before the first is the last one (at 0), so it came from 8 px left.
    first, last = rendered[0].vectors[0][0][18:30, 34:48], rendered[3].vectors[1][0][inside]
    np.testing.assert_allclose(first, -8, atol=1e-3)
    np.testing.assert_allclose(last, 8, atol=1e-3)
    assert rendered[1].coverage[inside].min() == 1
    # At its right end, the place that it left shows what nobody photographed.
    assert rendered[0].coverage[18:30, 21:26].max() == 0


def test_passes_leave_the_frames_as_they_are(renderer):
    for shutter in (0.0, 90.0):
        shot = Shot.loop(PICTURE, VOLUME, 3, shutter=shutter, samples=3)
        plain = frames_of(shot, renderer)
        for options in ({"vectors": True}, {"coverage": True}, {"vectors": True, "coverage": True}):
            rendered = list(shot.render(renderer, **options))
            assert [(r.vectors is not None, r.coverage is not None) for r in rendered] == [
                (options.get("vectors", False), options.get("coverage", False))
            ] * 3
            for one, other in zip(rendered, plain, strict=True):
                np.testing.assert_array_equal(one.frame, other)


def test_motion_vectors_leave_float_frames_as_they_are_to_the_last_bit(renderer):
    """Eight bits round away what a product of matrices sums up in another order."""
    picture = textured_picture(60, 90).astype(np.float32) / 255
    shot = Shot.loop(picture, smooth_volume(60, 90, amplitude=0.02), 3)
    for one, other in zip(shot.render(renderer, vectors=True), frames_of(shot, renderer), strict=True):
        np.testing.assert_array_equal(one.frame, other)


def test_given_rows_end_where_they_end_or_go_round(renderer):
    rows = np.zeros((3, 2), np.complex128)
    rows[:, 1] = 0, 0.5, 1.0
    open_ended = Shot.given(PICTURE, swing(8.0), rows, cyclic=False)
    np.testing.assert_array_equal(open_ended.middle[:, 1], [0, 0, 0.5, 1, 1])
    np.testing.assert_array_equal(Shot.given(PICTURE, swing(8.0), rows).middle[:, 1], [1, 0, 0.5, 1, 0])
    [last] = open_ended.render(renderer, [2], vectors=True)
    np.testing.assert_array_equal(last.vectors[1], 0)


def test_rows_that_do_not_fill_their_frames_are_refused():
    with pytest.raises(SpectralVolumeError, match="3 moments a frame"):
        Shot.given(PICTURE, VOLUME, np.zeros((4, 16), np.complex128), samples=3)
    with pytest.raises(SpectralVolumeError, match="rows"):
        Shot.given(PICTURE, VOLUME, np.zeros((0, 16), np.complex128))


def test_any_frames_can_be_asked_for_and_come_in_that_order(renderer):
    shot = Shot.loop(PICTURE, VOLUME, 4)
    every = frames_of(shot, renderer)
    seen = []
    some = list(shot.render(renderer, [3, 1], progress=lambda *step: seen.append(step)))
    assert [rendered.index for rendered in some] == [3, 1]
    for rendered in some:
        np.testing.assert_array_equal(rendered.frame, every[rendered.index])
    assert seen == [("Rendering", 1, 2), ("Rendering", 2, 2)]


@pytest.mark.parametrize("vectors", [False, True])
def test_it_is_cancelled_before_its_first_frame_is_complete(renderer, vectors):
    """A frame has 64 moments here; each is asked about several times, so a dozen questions are within the first."""
    asked = []
    shot = Shot.loop(PICTURE, VOLUME, 100, shutter=180.0, samples=64)
    frames = shot.render(renderer, vectors=vectors, cancel=lambda: len(asked) > 11 or asked.append(1))
    with pytest.raises(Cancelled):
        next(frames)
    assert len(asked) == 12


def test_a_fingerprint_changes_with_everything_that_the_frames_depend_on(renderer):
    shot = Shot.loop(PICTURE, VOLUME, 4)
    other = PICTURE.copy()
    other[0, 0, 0] ^= 1
    shots = [
        shot,
        Shot.loop(other, VOLUME, 4),
        Shot.loop(PICTURE.astype(np.uint16), VOLUME, 4),
        Shot.loop(PICTURE, VOLUME, 5),
        Shot.loop(PICTURE, VOLUME.scaled(1.01), 4),
        Shot.loop(PICTURE, VOLUME, 4, amplitude=1.01),
        Shot.loop(PICTURE, VOLUME, 4, shutter=90.0, samples=2),
        Shot.loop(PICTURE, VOLUME, 4, offset=True),
        dataclasses.replace(shot, linear=True),
    ]
    names = [each.fingerprint(format="png") for each in shots] + [shot.fingerprint(format="exr")]
    assert len(set(names)) == len(names)
    assert Shot.loop(PICTURE.copy(), VOLUME, 4).fingerprint(format="png") == names[0]
    assert renderer_identity(renderer) == renderer_identity(MotionRenderer.load("cpu"))


def disc(dtype, hidden):
    """A red disc, soft at its edge, on nothing; under the nothing another colour is hidden."""
    rows, columns = np.indices((HEIGHT, WIDTH))
    alpha = np.clip(14.5 - np.hypot(rows - 24, columns - 32), 0, 1).astype(np.float32)
    picture = np.dstack([np.where((alpha > 0)[..., None], np.float32([1, 0, 0]), np.float32(hidden)), alpha])
    if dtype == np.float32:
        picture[..., :3] *= 6.0 * alpha[..., None]
        return picture.astype(np.float32)
    return np.rint(picture * np.iinfo(dtype).max).astype(dtype)


@pytest.mark.parametrize("shutter", [0.0, 180.0])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_cut_out_has_no_fringe(renderer, dtype, shutter):
    """Neither the blue hidden under its transparent part nor black or white ever shows at the edge of a red disc."""
    picture = disc(dtype, hidden=(0, 0, 1))
    shot = Shot.loop(picture, VOLUME, 3, linear=dtype == np.float32, amplitude=3.0, shutter=shutter, samples=4)
    for frame in frames_of(shot, renderer):
        assert frame.dtype == dtype
        alpha = frame[..., 3].astype(np.float32)
        if dtype == np.float32:
            # Associated, six times as bright as white: red is 6·alpha all over, up to the cubic filter's overshoot.
            np.testing.assert_array_equal(frame[..., 1:3], 0)
            assert np.abs(frame[..., 0] - 6 * alpha).max() < 0.02 * 6
            assert frame[..., 0].max() > 5.9
            continue
        peak = np.iinfo(dtype).max
        np.testing.assert_array_equal(frame[alpha > 0][:, 1:3], 0)
        # The colour of a hardly visible pixel is known only as far as its alpha has steps.
        shown = alpha > 8
        assert (frame[shown][:, 0].astype(float) >= peak * (1 - 1.5 / alpha[shown])).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_grey_stays_grey_and_deep_stays_deep(renderer, dtype):
    grey = PICTURE[..., :1].astype(dtype) * (257 if dtype == np.uint16 else 1)
    # Values that 8 bits do not have.
    grey = grey + np.arange(WIDTH, dtype=dtype)[:, None] % 7 if dtype == np.uint16 else grey
    [frame] = frames_of(Shot.loop(grey, VOLUME, 3), renderer, [1])
    assert (frame.dtype, frame.shape) == (np.dtype(dtype), (HEIGHT, WIDTH, 1))
    if dtype == np.uint16:
        assert (frame % 257 != 0).mean() > 0.5
    assert encode_image(frame, "png")
