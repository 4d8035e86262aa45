# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames show the picture's content where the displacement says, and everything else as it was."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend import renderer as renderer_module
from gid_backend.errors import Cancelled, GidError, ImageError
from gid_backend.renderer import MotionRenderer, RenderSettings
from gid_backend.rendering import landing, repair
from gid_backend.rendering.holes import fill
from gid_backend.rendering.splatting import accumulate
from gid_blender.motion import SpectralVolumeError, loop_coefficients

from .clips import smooth_volume, textured_picture, warped

HEIGHT, WIDTH = 72, 128
PICTURE = textured_picture(HEIGHT, WIDTH)
KINDS = ["uint8", "uint16", "float32"]


@pytest.fixture(scope="module")
def renderer():
    """The warp alone, of which all is known exactly; rendering/test_repair.py has the network's part."""
    return MotionRenderer.load("cpu", RenderSettings(repair=False))


def picture_of(kind, channels, seed=0):
    rng = np.random.default_rng(seed)
    if kind == "float32":
        # Half of it brighter than white, as in a rendering with the sun in view.
        values = rng.lognormal(0, 1, (HEIGHT, WIDTH, channels)).astype(np.float32)
        return values if channels < 4 else np.dstack([values[..., :3], rng.random((HEIGHT, WIDTH), np.float32)])
    return rng.integers(0, np.iinfo(kind).max, (HEIGHT, WIDTH, channels), kind, endpoint=True)


def moving_box(dx, dy, size=(HEIGHT, WIDTH)):
    """Only the middle third moves, by (dx, dy) pixels."""
    d = np.zeros((2, *size), np.float32)
    d[0, size[0] // 3 : size[0] * 2 // 3, size[1] // 3 : size[1] * 2 // 3] = dx / size[1]
    d[1, size[0] // 3 : size[0] * 2 // 3, size[1] // 3 : size[1] * 2 // 3] = dy / size[1]
    return d


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kind", KINDS)
@given(dx=st.floats(-9, 9), dy=st.floats(-9, 9))
@settings(max_examples=4, deadline=None)
def test_what_does_not_move_is_bit_identical(renderer, kind, channels, dx, dy):
    picture = picture_of(kind, channels)
    frame = renderer.render(picture, moving_box(dx, dy))
    assert frame.dtype == picture.dtype
    assert frame.shape == picture.shape
    # 10 pixels around the box are out of its reach.
    still = np.ones((HEIGHT, WIDTH), bool)
    still[HEIGHT // 3 - 10 : HEIGHT * 2 // 3 + 10, WIDTH // 3 - 10 : WIDTH * 2 // 3 + 10] = False
    np.testing.assert_array_equal(frame[still], picture[still])


def test_only_the_very_pixels_that_something_moves_onto_or_away_from_change(renderer):
    frame = renderer.render(PICTURE, moving_box(4, 0))
    changed = (frame != PICTURE).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert (rows.min(), rows.max()) == (24, 47)
    assert (columns.min(), columns.max()) == (42, 84 + 4)


@pytest.mark.parametrize("kind", KINDS)
def test_no_displacement_gives_the_picture(renderer, kind):
    picture = picture_of(kind, 4)
    np.testing.assert_array_equal(renderer.render(picture, np.zeros((2, 9, 16))), picture)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_whole_pixel_shift_moves_every_value_exactly(renderer, kind, channels):
    picture = picture_of(kind, channels)
    d = np.zeros((2, HEIGHT, WIDTH), np.float32)
    d[0], d[1] = 5 / WIDTH, -3 / WIDTH
    frame = renderer.render(picture, d)
    # The cubic filter at a whole pixel gives that pixel, up to single precision in the place (1e-5 pixels).
    np.testing.assert_allclose(frame[12:-12, 20:-9], picture[15:-9, 15:-14], rtol=1e-3, atol=1e-3 * np.ptp(picture))


def test_the_direction_is_right_and_down(renderer):
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[30:34, 30:34] = 255
    d = np.zeros((2, 64, 64), np.float32)
    d[0], d[1] = 10 / 64, 5 / 64
    rows, columns = np.nonzero(renderer.render(picture, d)[..., 0] > 200)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (35, 38, 40, 43)


def test_smooth_motion_is_rendered_like_the_exact_warp(renderer):
    volume = smooth_volume(HEIGHT, WIDTH, amplitude=0.012)
    for time in (0, 40, 77.7):
        displacement = volume.displacement(time)
        frame = renderer.render(PICTURE, displacement, volume.amplitude())
        exact = warped(PICTURE, displacement * WIDTH)
        error = np.abs(frame.astype(int) - exact)[12:-12, 12:-12]
        # Two cubic filters, and an inverse that is accurate to second order; the picture spans 255.
        assert error.mean() < 1.0


def test_frames_stay_as_sharp_as_the_picture(renderer):
    """Splatting colours would average neighbours and lose a sixth of the sharpness in mid-motion."""

    def sharpness(image):
        return np.abs(cv2.Laplacian(image.astype(np.float32), -1)).mean()

    fine = textured_picture(HEIGHT, WIDTH, seed=4)
    d = np.full((2, HEIGHT, WIDTH), 1.5 / WIDTH, np.float32)
    assert sharpness(renderer.render(fine, d)[4:-4, 4:-4]) > 0.93 * sharpness(fine[4:-4, 4:-4])


def test_what_moves_more_passes_in_front():
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:, :48] = 255, 0, 0
    picture[:, 48:] = 0, 0, 255
    d = np.zeros((2, 64, 96), np.float32)
    d[0, :, :48] = 8 / 96
    frame = MotionRenderer.load("cpu", RenderSettings(depth=8, repair=False)).render(picture, d)
    np.testing.assert_array_equal(frame[:, 49:54], np.broadcast_to([255, 0, 0], (64, 5, 3)))
    strength = np.zeros((64, 96), np.float32)
    strength[:, 48:] = 1
    behind = MotionRenderer.load("cpu", RenderSettings(depth=8, repair=False)).render(picture, d, strength)
    np.testing.assert_array_equal(behind[:, 49:54], np.broadcast_to([0, 0, 255], (64, 5, 3)))


def test_what_is_uncovered_is_filled_with_the_background_not_with_the_moving_thing(renderer):
    picture = np.zeros((96, 128, 3), np.uint8)
    picture[...] = 40, 160, 60
    picture[30:60, 40:80] = 250, 30, 30
    d = np.zeros((2, 96, 128), np.float32)
    d[0, 29:61, 39:81] = 12 / 128
    frame = renderer.render(picture, d).astype(int)
    uncovered = frame[32:58, 41:50]
    # Plain background everywhere: nothing of the red box, no black, no double.
    assert np.abs(uncovered - [40, 160, 60]).max() <= 3
    assert np.abs(frame[32:58, 54:90] - [250, 30, 30]).max() <= 3


@pytest.mark.parametrize(("dx", "dy"), [(9, 0), (-9, 0), (0, 9), (0, -9)])
def test_the_border_never_tears(renderer, dx, dy):
    plain = np.full((HEIGHT, WIDTH, 3), 180, np.uint8)
    d = np.zeros((2, HEIGHT, WIDTH), np.float32)
    d[0], d[1] = dx / WIDTH, dy / WIDTH
    np.testing.assert_array_equal(renderer.render(plain, d), plain)
    # In the middle everything moves the whole way …
    frame = renderer.render(PICTURE, d).astype(int)
    assert np.abs(frame - warped(PICTURE, d * WIDTH))[20:-20, 20:-20].mean() < 0.5
    # … and the border it moves away from stays where it was, instead of drawing anything in.
    edges = [(frame[:, 0], PICTURE[:, 0])] * (dx > 0) + [(frame[:, -1], PICTURE[:, -1])] * (dx < 0)
    edges += [(frame[0], PICTURE[0])] * (dy > 0) + [(frame[-1], PICTURE[-1])] * (dy < 0)
    for got, there in edges:
        assert np.abs(got - there.astype(int))[20:-20].mean() < 8


def test_beside_the_border_content_is_stretched_smoothly(renderer):
    ramp = np.repeat(np.linspace(0, 60000, WIDTH)[None, :, None], HEIGHT, axis=0).astype(np.uint16)
    d = np.zeros((2, HEIGHT, WIDTH), np.float32)
    d[0] = 8 / WIDTH
    row = renderer.render(ramp, d)[HEIGHT // 2, :, 0].astype(float)
    steps = np.diff(row)[:60] / (60000 / (WIDTH - 1))
    # Never backwards as in a mirror, never standing still as in a streak, no comb.
    assert steps.min() > 0.2
    assert steps.max() < 1.1
    assert np.abs(np.diff(steps[2:])).max() < 0.2


@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_invisible_colour_never_shows(renderer, kind):
    """A cut-out with bright green hidden under its transparent part must not get a green fringe."""
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[...] = 0, 255, 0, 0
    picture[20:44, 20:44] = 200, 0, 0, 255
    if kind == "float32":
        picture = picture.astype(np.float32) / 255
        picture[..., :3] *= picture[..., 3:]
    d = np.full((2, 64, 64), 2.5 / 64, np.float32)
    frame = renderer.render(picture, d).astype(np.float32)
    visible = frame[..., 3] > 0.02 * frame[..., 3].max()
    assert frame[visible][:, 1].max() == pytest.approx(0, abs=1e-3)


def test_highlights_keep_their_brightness_and_ring_not(renderer):
    picture = np.full((64, 64, 3), 0.1, np.float32)
    picture[28:36, 28:36] = 500.0
    d = np.full((2, 64, 64), 0.5 / 64, np.float32)
    frame = renderer.render(picture, d)
    assert frame.min() >= 0.1 - 1e-4
    assert frame.max() == pytest.approx(500.0, rel=1e-3)


def test_a_volume_on_another_grid_moves_the_picture_alike(renderer):
    volume = smooth_volume(HEIGHT, WIDTH, amplitude=0.01)
    fine = renderer.render(PICTURE, volume.displacement(20), volume.amplitude())
    half = volume.resampled(HEIGHT // 2, WIDTH // 2)
    coarse = renderer.render(PICTURE, half.displacement(20), half.amplitude())
    assert np.abs(fine.astype(int) - coarse).mean() < 0.5


def test_a_coarse_grid_leaves_no_creases(renderer):
    """On a grid 16 times coarser than the picture, motion is interpolated smoothly, not in facets."""
    ramp = np.repeat(np.linspace(0, 60000, 512)[None, :, None], 64, axis=0).astype(np.uint16)
    d = np.zeros((2, 4, 32), np.float32)
    d[0] = 0.01 * np.sin(np.arange(32) * 0.8)
    row = renderer.render(ramp, d)[32, 16:-16, 0].astype(float)
    curvature = np.abs(np.diff(row, 2))
    # Facets would put all the curvature into one pixel of each sixteen.
    assert curvature.max() < 8 * curvature.mean()


def test_bands_do_not_show(renderer, monkeypatch):
    picture = textured_picture(384, 64, seed=2)
    volume = smooth_volume(32, 6, amplitude=0.05, bands=4, seed=3)
    whole = renderer.render(picture, volume.displacement(10), volume.amplitude())
    box = moving_box(14, 9, (384, 64))
    whole_box = renderer.render(picture, box)
    monkeypatch.setattr(renderer_module, "BAND_PIXELS", 64 * 64)
    banded = renderer.render(picture, volume.displacement(10), volume.amplitude())
    # Places are rounded differently in a band, so a value at the edge of rounding may fall the other way.
    for one, other in ((banded, whole), (renderer.render(picture, box), whole_box)):
        difference = np.abs(one.astype(int) - other)
        assert difference.max() <= 1
        assert (difference > 0).mean() < 1e-3


def test_a_loop_returns_to_its_first_frame_exactly(renderer):
    volume = smooth_volume(18, 32, amplitude=0.02)
    q = loop_coefficients(np.arange(8) * 150 / 4, harmonics=16, period=150)
    frames = list(renderer.render_frames(PICTURE, volume, q))
    assert len(frames) == 8
    for i in range(4):
        np.testing.assert_array_equal(frames[i], frames[i + 4])
    assert (frames[0] != frames[1]).any()


def test_the_next_picture_replaces_the_one_before(renderer):
    d = moving_box(3, 0)
    first = renderer.render(PICTURE, d)
    other = PICTURE[::-1].copy()
    assert (renderer.render(other, d) != first).any()
    # The same array, changed in place, is another picture.
    other[...] = PICTURE
    np.testing.assert_array_equal(renderer.render(other, d), first)


@pytest.mark.parametrize(
    ("displacement", "sentence"),
    [
        (np.zeros((3, 8, 8)), "shape"),
        (np.zeros((2, 8)), "shape"),
        (np.full((2, 8, 8), np.nan), "not finite"),
        (np.full((2, 8, 8), 3.0), "picture widths"),
    ],
)
def test_displacements_that_make_no_sense_are_refused_in_a_sentence(renderer, displacement, sentence):
    with pytest.raises(SpectralVolumeError, match=sentence):
        renderer.render(PICTURE, displacement)


def test_other_wrong_input_is_refused_in_a_sentence(renderer):
    with pytest.raises(ImageError, match="1×1"):
        renderer.render(np.zeros((1, 1, 3), np.uint8), np.zeros((2, 8, 8)))
    with pytest.raises(SpectralVolumeError, match="strength"):
        renderer.render(PICTURE, np.zeros((2, 8, 8)), np.zeros((4, 4)))
    with pytest.raises(GidError, match="device"):
        MotionRenderer.load("toaster")
    with pytest.raises(GidError, match="no picture"):
        MotionRenderer.load("cpu").render(None, np.zeros((2, 8, 8)))


def test_it_stops_between_frames_and_reports_each(renderer):
    volume = smooth_volume(9, 16, amplitude=0.01)
    q = loop_coefficients(np.arange(10), harmonics=16, period=150)
    seen = []
    frames = renderer.render_frames(
        PICTURE, volume, q, progress=lambda *a: seen.append(a), cancel=lambda: len(seen) == 3
    )
    with pytest.raises(Cancelled):
        list(frames)
    assert seen == [("Rendering", i, 10) for i in (1, 2, 3)]


@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_it_stops_anywhere_within_a_frame_and_the_next_one_is_as_ever(monkeypatch, kind):
    """A large frame takes longer than anybody waits; small bands and boxes here stand for large frames' many."""
    monkeypatch.setattr(renderer_module, "BAND_PIXELS", 64 * WIDTH)
    monkeypatch.setattr(repair, "BOX", 32)
    picture = PICTURE if kind == "uint8" else PICTURE.astype(np.float32) / 255
    displacement = smooth_volume(9, 16, amplitude=0.05).synthesize(np.ones(16))
    renderer = MotionRenderer.load("cpu")
    questions = []

    def never():
        questions.append(1)
        return False

    whole = renderer.render(picture, displacement, cancel=never)
    assert len(questions) > 10
    for number in range(0, len(questions), len(questions) // 6):
        left = iter(range(number))
        fresh = MotionRenderer.load("cpu")
        with pytest.raises(Cancelled):
            fresh.render(picture, displacement, cancel=lambda left=left: next(left, None) is None)
        np.testing.assert_array_equal(fresh.render(picture, displacement), whole)


@pytest.mark.parametrize("depth", [6.0, 60.0, 1000.0])
@pytest.mark.parametrize("lively", [False, True])
def test_what_moves_more_covers_what_moves_less_however_lively_something_else_is(depth, lively):
    """A square slides over still ground. Elsewhere a patch goes so far that, beside it, both are as good as still."""
    ground, red = (0, 160, 0), (220, 0, 0)
    picture = np.full((96, 192, 3), ground, np.uint8)
    picture[30:65, 30:65] = red
    flow = np.zeros((2, 96, 192), np.float32)
    flow[0, 30:65, 30:65] = 4
    if lively:
        flow[0, 10:18, 150:158] = 25
    expected = picture.copy()
    expected[30:65, 65:69] = red
    renderer = MotionRenderer.load("cpu", RenderSettings(depth=depth, repair=False))
    frame = renderer.render(picture, flow / np.float32(192), np.hypot(*flow))
    # The two pixels beside the edge are the cubic filter's.
    inner = np.s_[34:61, 40:67]
    np.testing.assert_allclose(frame[inner].astype(int), expected[inner], atol=1)


@pytest.mark.parametrize("deterministic", [True, False])
def test_sums_are_taken_in_an_order_of_their_own_unless_that_is_not_wanted(monkeypatch, deterministic):
    """On the CPU they are in order anyway, so what is looked at is what the splat is asked for."""
    asked = []

    def watched(*arguments, **options):
        asked.append(options["deterministic"])
        return accumulate(*arguments, **options)

    monkeypatch.setattr(landing, "accumulate", watched)
    settings = RenderSettings(deterministic=True) if deterministic else RenderSettings()
    MotionRenderer.load("cpu", settings).render(PICTURE, moving_box(3, 2))
    assert asked == [deterministic]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_a_frame_is_the_same_in_every_run():
    picture = textured_picture(360, 640)
    displacement = smooth_volume(9, 16, amplitude=0.05).synthesize(np.ones(16))
    first = MotionRenderer.load("cuda").render(picture, displacement)
    for _ in range(5):
        np.testing.assert_array_equal(MotionRenderer.load("cuda").render(picture, displacement), first)


def test_filling_keeps_what_is_known_and_reaches_across_the_hole():
    colour = torch.rand(1, 3, 70, 90)
    trust = torch.ones(1, 1, 70, 90)
    trust[..., 20:45, 30:61] = 0
    ramp = torch.linspace(0, 1, 90).expand(1, 3, 70, 90).clone()
    torch.testing.assert_close(fill(colour, trust)[..., :20, :], colour[..., :20, :], atol=1e-6, rtol=0)
    spoiled = torch.where(trust > 0, ramp, 99.0)
    filled = fill(spoiled, trust)
    # A smooth surrounding is continued smoothly: nowhere far from the ramp that was there.
    assert (filled - ramp).abs().max() < 0.2
