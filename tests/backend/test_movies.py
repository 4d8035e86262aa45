# SPDX-License-Identifier: GPL-3.0-or-later
"""Films, animated pictures and folders hold the frames that were given, at the rate that was given."""

from __future__ import annotations

import os

import av
import numpy as np
import pytest
from PIL import Image

from gid_backend.atomic import OutputError
from gid_backend.images import read_image
from gid_backend.movies import writing
from gid_backend.video import read_video

from .clips import textured_picture

PICTURE = textured_picture(51, 67)


def frames(count=6, picture=PICTURE):
    """The picture with one row and column of marks moving over it."""
    for i in range(count):
        frame = picture.copy()
        frame[10:20, 8 * i : 8 * i + 8] = np.iinfo(picture.dtype).max
        yield frame


def write(path, count=6, fps=30.0, picture=PICTURE, **options):
    with writing(path, **options) as take:
        take(frames(count, picture), fps, count)


@pytest.mark.parametrize("fps", [30.0, 24.0, 23.976, 29.97, 12.5])
def test_mp4_keeps_frames_rate_colours_and_an_odd_size(tmp_path, fps):
    write(tmp_path / "a.mp4", fps=fps)
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == (68, 52)
        assert float(stream.average_rate) == pytest.approx(fps, rel=1e-6)
        tags = stream.codec_context
        # 1 is BT.709, and the limited range.
        assert (tags.colorspace, tags.color_primaries, tags.color_trc, tags.color_range) == (1, 1, 1, 1)
        decoded = list(container.decode(stream))
    assert len(decoded) == 6
    for frame, expected in zip(decoded, frames(), strict=True):
        pixels = frame.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray()[:51, :67]
        # Chroma is halved and compressed; a wrong matrix or range would shift the means by 5 levels and more.
        assert np.abs(pixels.astype(float).mean(axis=(0, 1)) - expected.mean(axis=(0, 1))).max() < 2


def test_mp4_is_read_back_with_its_times(tmp_path):
    write(tmp_path / "a.mp4", fps=25.0)
    times = [time for time, _ in read_video(tmp_path / "a.mp4")]
    np.testing.assert_allclose(times, np.arange(6) / 25, atol=1e-6)


@pytest.mark.parametrize(("suffix", "fps"), [(".webp", 30.0), (".webp", 24.0), (".gif", 20.0), (".gif", 30.0)])
def test_animated_pictures_loop_at_the_exact_rate(tmp_path, suffix, fps):
    write(tmp_path / f"a{suffix}", fps=fps)
    with Image.open(tmp_path / f"a{suffix}") as animation:
        assert animation.n_frames == 6
        assert animation.info["loop"] == 0
        durations = []
        for i in range(6):
            animation.seek(i)
            animation.load()
            durations.append(animation.info["duration"])
    # Formats count in 1 or 10 ms: single frames are off by as much, the sum is not.
    assert sum(durations) == pytest.approx(6000 / fps, abs=5)
    assert max(durations) - min(durations) <= 10


def test_fast_gifs_leave_frames_out_rather_than_slow_down(tmp_path):
    write(tmp_path / "a.gif", count=6, fps=60.0)
    with Image.open(tmp_path / "a.gif") as animation:
        assert animation.n_frames == 3


def test_still_places_do_not_flicker_in_a_gif(tmp_path):
    write(tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as animation:
        shown = []
        for i in range(6):
            animation.seek(i)
            shown.append(np.asarray(animation.convert("RGB"))[30:])
    for frame in shown[1:]:
        np.testing.assert_array_equal(frame, shown[0])
    # 256 colours, dithered: close to the picture on the whole.
    assert np.abs(shown[0].astype(float) - PICTURE[30:]).mean() < 12


def test_webp_keeps_transparency(tmp_path):
    cutout = np.dstack([PICTURE, np.zeros((51, 67), np.uint8)])
    cutout[25:, :, 3] = 255
    write(tmp_path / "a.webp", picture=cutout)
    with Image.open(tmp_path / "a.webp") as animation:
        alpha = np.asarray(animation.convert("RGBA"))[..., 3]
    assert alpha[:8].max() == 0
    assert alpha[30:].min() == 255


@pytest.mark.parametrize(("format", "suffix"), [("png", "png"), ("jpeg", "jpg"), ("webp", "webp"), ("exr", "exr")])
def test_a_folder_holds_one_file_per_frame(tmp_path, format, suffix):
    write(tmp_path / "frames", count=3, format=format)
    names = sorted(os.listdir(tmp_path / "frames"))
    assert names == [f"frame_{i:04d}.{suffix}" for i in (1, 2, 3)]
    assert read_image(tmp_path / "frames" / names[0]).shape == (51, 67, 3)


def test_frames_of_an_older_and_longer_render_do_not_stay(tmp_path):
    write(tmp_path / "frames", count=6)
    write(tmp_path / "frames", count=2, format="jpeg")
    assert sorted(os.listdir(tmp_path / "frames")) == ["frame_0001.jpg", "frame_0002.jpg"]
    assert os.listdir(tmp_path) == ["frames"]


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(OutputError, match="holiday"):
        write(tmp_path)
    assert os.listdir(tmp_path) == ["holiday.jpg"]


def test_films_replace_older_films_and_nothing_else(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"old")
    write(tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").stat().st_size > 1000
    (tmp_path / "b.mp4").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write(tmp_path / "b.mp4")
    (tmp_path / "c").write_bytes(b"a file")
    with pytest.raises(OutputError, match="is a file"):
        write(tmp_path / "c")
    with pytest.raises(OutputError, match="no kind of film"):
        write(tmp_path / "d.avi")
    assert sorted(os.listdir(tmp_path)) == ["a.mp4", "b.mp4", "c"]


@pytest.mark.parametrize("name", ["a.mp4", "a.webp", "a.gif", "frames"])
def test_a_failure_in_the_middle_leaves_nothing_behind(tmp_path, name):
    def broken():
        yield from frames(2)
        raise RuntimeError("the renderer failed")

    with pytest.raises(RuntimeError), writing(tmp_path / name) as take:
        take(broken(), 30.0, 6)
    assert os.listdir(tmp_path) == []
