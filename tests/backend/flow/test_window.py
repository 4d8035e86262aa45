# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames of which video are measured, and which videos are refused; nothing is followed here."""

from __future__ import annotations

import io
import itertools
from fractions import Fraction

import av
import numpy as np
import pytest

from gid_backend.errors import Cancelled, ImageError
from gid_backend.flow.cuts import find_cut
from gid_backend.flow.seam import thumbnail
from gid_backend.flow.window import Span, window_of_frames, window_of_video

from ..clips import textured_picture

HEIGHT, WIDTH = 48, 80


def moving(count, *, rounds=1.0, height=HEIGHT, width=WIDTH, seed=0):
    """Frames of a picture that goes `rounds` times round a small circle; frame i is told by its place on it."""
    picture = textured_picture(height + 16, width + 16, seed)
    frames = []
    for index in range(count):
        turn = 2 * np.pi * rounds * index / count
        x, y = round(8 + 7 * np.cos(turn)), round(8 + 7 * np.sin(turn))
        frames.append(np.ascontiguousarray(picture[y : y + height, x : x + width]))
    return frames


def encoded(frames, *, rate=10, times=None, rotation=0, codec="libx264", container="mp4"):
    """The bytes of a video; `times` in seconds stand for a rate that varies."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as film:
        stream = film.add_stream(codec, rate=rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        if codec == "libx264":
            stream.options = {"crf": "4", "bf": "0"}
        if rotation:
            stream.set_display_rotation(rotation)
        if times is not None:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for index, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = round(times[index] * 1000), Fraction(1, 1000)
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return buffer.getvalue()


def window(frames, span, **options):
    return window_of_video(encoded(frames, **options), "“a.mp4”", span, side=512)


def number_of(grey, frames):
    """Which of the frames a grey one is."""
    return int(np.argmin([np.abs(frame.mean(axis=2) - grey).mean() for frame in frames]))


class TestWhichFrames:
    def test_a_short_clip_is_taken_whole(self):
        seen = window(moving(40), Span())
        assert len(seen.frames) == 40
        assert seen.duration == pytest.approx(4.0)
        assert seen.times[1] == pytest.approx(0.1)

    def test_of_a_long_one_five_seconds_from_the_start_frame(self):
        frames = moving(140, rounds=1)
        seen = window(frames, Span(start=21))
        assert len(seen.frames) == 50
        assert seen.duration == pytest.approx(5.0)
        assert np.abs(seen.still.astype(int) - frames[20]).mean() < np.abs(seen.still.astype(int) - frames[24]).mean()

    def test_seconds_and_frames_are_counted_from_the_start_frame(self):
        frames = moving(40)
        assert len(window(frames, Span(start=5, seconds=2)).frames) == 20
        assert len(window(frames, Span(start=5, frames=12)).frames) == 12
        assert len(window(frames, Span(start=36, frames=12)).frames) == 5

    def test_a_loop_is_gone_all_the_way_round_from_the_start_frame(self):
        frames = moving(40)
        seen = window(frames, Span(start=16))
        assert seen.loop
        assert len(seen.frames) == 40
        assert [number_of(seen.frames[i], frames) for i in (0, 10, 24, 25, 39)] == pytest.approx(
            [15, 25, 39, 0, 14], abs=1
        )
        assert np.allclose(np.diff(seen.times), 0.1, atol=1e-3)
        assert number_of(seen.still.mean(axis=2), frames) == pytest.approx(15, abs=1)

    def test_what_is_no_loop_ends_where_it_ends(self):
        frames = moving(40, rounds=0.4)
        seen = window(frames, Span(start=6))
        assert not seen.loop
        assert len(seen.frames) == 35
        assert window(frames, Span(loop=True)).loop, "whoever knows better is believed"

    @pytest.mark.parametrize("rate", [12, 25, 60, 240])
    def test_any_frame_rate_keeps_its_seconds_and_is_thinned_when_there_are_too_many(self, rate):
        seen = window(moving(3 * rate), Span(seconds=2.5), rate=rate)
        assert seen.duration == pytest.approx(2.5, rel=0.02)
        assert 30 <= len(seen.frames) <= 300
        assert seen.skipped == (2 if rate == 240 else 1)

    def test_a_rate_that_varies_keeps_the_times_that_it_has(self):
        times = list(itertools.accumulate([0.0] + [0.05, 0.15] * 20))
        seen = window(moving(41), Span(), times=times)
        assert seen.times == pytest.approx(times, abs=2e-3)

    def test_frames_at_one_time_are_taken_once(self):
        clip = [np.full((32, 32, 3), i, np.uint8) for i in range(3)]
        assert len(window_of_frames(clip, 10.0, Span(), side=64).frames) == 3

    @pytest.mark.parametrize("rotation", [90, -90, 180])
    def test_a_phones_video_stands_upright(self, rotation):
        frames = moving(4)
        try:
            seen = window(frames, Span(), rotation=rotation)
        except AttributeError:
            pytest.skip("this PyAV cannot write a rotation")
        upright = np.rot90(frames[0], round(rotation / 90))
        assert seen.still.shape == upright.shape
        assert np.abs(seen.still.astype(int) - upright).mean() < 6

    def test_an_upright_video_is_shrunk_by_its_height(self):
        tall = moving(3, height=320, width=180)
        assert window_of_frames(tall, 10.0, Span(), side=160).frames[0].shape == (160, 90)
        assert window_of_frames(tall, 10.0, Span(), side=160).still.shape == (320, 180, 3)

    def test_a_gif_will_do(self):
        buffer = io.BytesIO()
        from PIL import Image

        first, *others = [Image.fromarray(frame) for frame in moving(12)]
        first.save(buffer, "GIF", save_all=True, append_images=others, duration=100, loop=0)
        assert len(window_of_video(buffer.getvalue(), "a", Span(), side=512).frames) == 12


class TestRefusals:
    @pytest.mark.parametrize(
        ("span", "words"),
        [
            ({"start": 0}, "first one is 1"),
            ({"seconds": 0.0}, "0.1 to 60"),
            ({"seconds": float("nan")}, "0.1 to 60"),
            ({"frames": 1}, "more than 1"),
            ({"frames": 5, "seconds": 1.0}, "not both"),
        ],
    )
    def test_a_part_that_cannot_be_is_refused(self, span, words):
        with pytest.raises(ImageError, match=words):
            Span(**span)

    def test_a_start_behind_the_end_says_how_many_frames_there_are(self):
        with pytest.raises(ImageError, match=r"“a\.mp4” has 8 frames; there is no frame 9"):
            window(moving(8), Span(start=9))

    def test_the_last_frame_has_nothing_behind_it(self):
        with pytest.raises(ImageError, match="ends with frame 20"):
            window(moving(20, rounds=0.4), Span(start=20, loop=False))
        with pytest.raises(ImageError, match="more than one"):
            window(moving(20, rounds=0.4), Span(start=20, seconds=1))

    def test_a_single_frame_is_no_motion(self):
        with pytest.raises(ImageError, match="1 frame from"):
            window(moving(1), Span())

    def test_a_cut_is_named_by_its_frame_and_can_be_avoided(self):
        frames = moving(30) + moving(30, seed=9)
        with pytest.raises(ImageError, match="cut, or flashes, after 30 frames") as caught:
            window(frames, Span())
        assert "start frame" in caught.value.hint
        assert len(window(frames, Span(start=31)).frames) == 30
        assert len(window(frames, Span(seconds=2.9)).frames) == 29

    def test_the_memory_is_counted_before_it_is_taken(self):
        frames = [np.zeros((1500, 2000, 3), np.uint8)] * 2
        with pytest.raises(ImageError, match="GB"):
            window_of_frames(itertools.chain.from_iterable([frames] * 60), 10.0, Span(), side=2000)

    def test_it_can_be_stopped_while_it_reads(self):
        asked = iter([False, False, True])
        with pytest.raises(Cancelled):
            window_of_frames(moving(10), 10.0, Span(), side=64, cancel=lambda: next(asked))


def test_a_strong_gust_is_no_cut_and_a_flash_is_one():
    frames = [thumbnail(frame) for frame in moving(60, rounds=2)]
    assert find_cut(frames) is None
    frames[20] = frames[20] + 60
    assert find_cut(frames) == 20
    assert find_cut(frames[:1]) is None
    assert find_cut([]) is None
