# SPDX-License-Identifier: GPL-3.0-or-later
"""A clip made with a known spectral volume gives that volume back."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest

from gid_backend.errors import Cancelled, ImageError
from gid_backend.flow import Span, extract_motion, measure_motion

from ..clips import smooth_volume, textured_picture, warped

HEIGHT, WIDTH = 90, 160


@pytest.fixture(scope="module")
def truth():
    """What moves: at most 2.4 pixels RMS on a picture 160 wide."""
    return smooth_volume(HEIGHT, WIDTH, amplitude=0.015)


def displacements(volume, count):
    """(count, 2, H, W) pixels relative to the first frame, at `count` even steps of the period."""
    times = np.arange(count) * volume.frames / count
    d = np.stack([volume.displacement(t) for t in times]) * WIDTH
    return d - d[:1]


def clip(volume, count):
    picture = textured_picture(HEIGHT, WIDTH)
    return [warped(picture, d) for d in displacements(volume, count)]


@pytest.fixture(scope="module")
def measured(truth):
    return extract_motion(clip(truth, 75), fps=15.0)


def test_the_motion_of_a_known_clip_is_found_to_a_fraction_of_a_pixel(truth, measured):
    expected = displacements(truth, 75)
    found = np.stack([measured.displacement(2.0 * i) for i in range(75)]) * WIDTH
    error = np.sqrt(((found - expected) ** 2).sum(axis=1))
    # Measured when written: 0.13 mean and 0.5 at the 99th percentile, for 2.5 pixels RMS of motion.
    assert error.mean() < 0.2
    assert np.percentile(error, 99) < 0.8


def test_each_band_gets_its_own_phase_and_amplitude(truth, measured):
    for k in (1, 2, 3):
        a, b = truth.spectrum[k].ravel(), measured.spectrum[k].ravel()
        coherence = abs(np.vdot(a, b)) / (np.linalg.norm(a) * np.linalg.norm(b))
        assert coherence > 0.99
        # A wrong sign of the exponent or of an axis would turn the phase; a wrong convention would double or
        # halve the length. The search itself falls 6 % short on this texture, as its smoothness term makes it.
        assert np.vdot(a, b) / np.vdot(a, a) == pytest.approx(1.0, abs=0.1)


def test_the_energy_of_a_band_limited_clip_lies_in_its_bands(truth):
    wide = extract_motion(clip(truth, 75), bands=36, frames=75)
    energy = (np.abs(wide.spectrum) ** 2).sum(axis=(1, 2, 3))
    assert energy[1:16].sum() / energy[1:].sum() > 0.98


def test_the_period_lasts_as_long_as_the_clip(measured):
    assert measured.frames == 150
    assert measured.fps == pytest.approx(30.0)
    assert measured.duration == pytest.approx(75 / 15.0)


def test_the_number_of_frames_in_the_clip_does_not_change_the_motion(truth, measured):
    other = extract_motion(clip(truth, 60), fps=12.0)
    difference = np.abs(other.spectrum[1:4] - measured.spectrum[1:4]).mean() / np.abs(measured.spectrum[1:4]).mean()
    # Both hold the search's own error; what separates them is far below the motion.
    assert difference < 0.1


@pytest.fixture(scope="module")
def swaying_middle():
    """What moves before a background that stands still: displacements of 40 frames, in pixels."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    weight = np.clip(1.5 - 2.5 * np.hypot(x, y), 0, 1).astype(np.float32)
    return weight * displacements(smooth_volume(HEIGHT, WIDTH, amplitude=0.02, bands=4), 40)


def filmed(moved, shake=0.0):
    """Frames of that, by a camera that moves up to `shake` pixels right and left."""
    picture = textured_picture(HEIGHT, WIDTH)
    path = shake * np.sin(2 * np.pi * np.arange(len(moved)) * 3 / len(moved))
    shifts = np.stack([path, 0.4 * path], axis=1)[..., None, None]
    return [warped(picture, d) for d in (moved + shifts).astype(np.float32)]


def wrong(measured, moved):
    """Root mean square error of the motion about its mean, in pixels, away from the border."""
    found = np.stack([measured.volume.displacement(i * 150 / 40) for i in range(40)]) * WIDTH
    error = (found - found.mean(axis=0)) - (moved - moved.mean(axis=0))
    return np.sqrt((error[..., 12:-12, 12:-12] ** 2).sum(axis=1).mean())


def test_shake_of_the_camera_is_taken_off_and_its_amount_told(swaying_middle):
    steady = measure_motion(filmed(swaying_middle), Span(loop=True))
    assert (steady.camera.verdict, steady.sentences) == ("still", [])
    frames = filmed(swaying_middle, shake=4.0)
    removed, kept = (measure_motion(frames, Span(loop=True), camera=mode) for mode in ("remove", "keep"))
    largest = 4.0 * np.hypot(1, 0.4)
    assert removed.camera.amount * WIDTH == pytest.approx(largest, rel=0.05)
    assert f"up to {removed.camera.amount * WIDTH:.1f} pixels" in removed.sentences[0]
    assert removed.volume.meta["settings"]["camera"] == "shake"
    assert kept.camera is None
    # The shake alone is 3 pixels.
    assert wrong(kept, swaying_middle) > 2.0
    assert wrong(removed, swaying_middle) < 0.2
    assert wrong(steady, swaying_middle) < 0.1


def test_too_much_shake_is_refused_with_its_amount_in_pixels(swaying_middle):
    with pytest.raises(ImageError, match=r"up to 1[01] pixels"):
        measure_motion(filmed(swaying_middle, shake=10.0), Span(loop=True))


def test_a_camera_that_moves_where_nothing_stands_still_is_refused_with_the_amount():
    """Things near and far pass each other, as from a moving car: no rule describes that."""
    # The nearer the lower, and posts beside the road.
    depth = 0.2 + 0.5 * np.arange(HEIGHT)[:, None] / HEIGHT + 0.3 * (np.arange(WIDTH) / 21 % 2 < 1)
    near = cv2.GaussianBlur(depth.astype(np.float32), (0, 0), 3)
    path = 6 * np.sin(2 * np.pi * np.arange(40) / 40)
    moved = path[:, None, None, None] * np.stack([near, 0 * near])
    with pytest.raises(ImageError, match=r"moves together, by up to \d pixels") as caught:
        measure_motion(filmed(moved), Span(loop=True))
    assert "tripod" in caught.value.hint


def test_what_jumps_from_frame_to_frame_cannot_be_followed():
    frames = [textured_picture(HEIGHT, WIDTH, seed) for seed in range(40)]
    with pytest.raises(ImageError, match="can be followed"):
        measure_motion(frames)


def test_a_start_frame_in_the_middle_is_where_nothing_is_displaced(swaying_middle):
    frames = filmed(swaying_middle)[10:] + filmed(swaying_middle)[:10]
    volume = measure_motion(frames, Span(loop=True)).volume
    assert np.abs(volume.displacement(0)).max() * WIDTH < 0.5


def test_a_still_clip_does_not_move_at_all():
    picture = textured_picture(HEIGHT, WIDTH)
    assert not extract_motion([picture] * 40).spectrum.any()


def test_noise_on_an_empty_wall_is_no_motion():
    rng = np.random.default_rng(0)
    frames = [np.clip(128 + rng.normal(0, 2, (HEIGHT, WIDTH, 1)), 0, 255).astype(np.uint8) for _ in range(40)]
    frames = [np.repeat(frame, 3, axis=2) for frame in frames]
    quiet, noisy = extract_motion(frames), extract_motion(frames, clean=False)
    assert quiet.amplitude().mean() < 0.25 * noisy.amplitude().mean()


def test_a_video_file_is_read_like_its_frames(tmp_path, truth, measured):
    path = tmp_path / "wiesé 風.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=15, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in clip(truth, 75):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    volume = extract_motion(path)
    assert volume.duration == pytest.approx(5.0, rel=1e-6)
    assert volume.meta["source"] == path.name
    a, b = measured.spectrum[1:4].ravel(), volume.spectrum[1:4].ravel()
    # Compression costs a little; the motion is the same.
    assert abs(np.vdot(a, b)) / (np.linalg.norm(a) * np.linalg.norm(b)) > 0.98


def test_only_the_beginning_can_be_used(truth):
    volume = extract_motion(clip(truth, 75), fps=15.0, seconds=3.0)
    assert volume.duration == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("frames", "sentence"),
    [
        ([], "0 frames"),
        ([np.zeros((64, 64, 3), np.uint8)] * 8, "at least 31"),
        ([np.zeros((8, 64, 3), np.uint8)] * 40, "at least 16×16"),
        ([np.zeros((64, 64, 3), np.uint8), np.zeros((64, 32, 3), np.uint8)], "changes its size"),
    ],
)
def test_clips_that_hold_no_motion_are_refused_in_a_sentence(frames, sentence):
    with pytest.raises(ImageError, match=sentence):
        extract_motion(frames)


@pytest.mark.parametrize("kind", ["missing", "folder", "text", "truncated"])
def test_files_that_are_no_video_are_refused_in_a_sentence(tmp_path, kind):
    path = tmp_path / "clip.mp4"
    if kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("not a video")
    elif kind == "truncated":
        path.write_bytes(b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + b"\0\0\xff\xffmdat" + b"\0" * 100)
    with pytest.raises(ImageError) as caught:
        extract_motion(path)
    assert "clip.mp4" in caught.value.message
    assert "\n" not in caught.value.message


def test_it_can_be_stopped(truth):
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        extract_motion(clip(truth, 35), cancel=lambda: next(asked))
