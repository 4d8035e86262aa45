# SPDX-License-Identifier: GPL-3.0-or-later
"""Films and animated pictures hold the frames that were given, in their colours, at the rate that was given."""

from __future__ import annotations

import dataclasses
import io
import os
import weakref

import av
import numpy as np
import pytest
from PIL import Image, ImageCms

from gid_backend import movies
from gid_backend.atomic import OutputError
from gid_backend.errors import ImageError
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


# Corners of the colour cube, where a wrong matrix or range shows most, and greys.
PATCHES = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255)]
PATCHES += [(255, 255, 255), (128, 128, 128), (16, 16, 16), (0, 0, 0), (255, 128, 0), (64, 0, 128)]
SIDE = 32


def patches(dtype=np.uint8):
    colours = np.array(PATCHES, np.uint8).reshape(3, 4, 3).repeat(SIDE, axis=0).repeat(SIDE, axis=1)
    return colours if dtype == np.uint8 else colours.astype(np.uint16) * 257


def middles(pixels):
    """The colour in the middle of each patch, on the scale of 8 bits."""
    middle = pixels[SIDE // 2 :: SIDE, SIDE // 2 :: SIDE, :3].reshape(-1, 3).astype(float)
    return middle / 257 if pixels.dtype == np.uint16 else middle


def film_frame(path, layout):
    """The first frame, converted by what the file says about its colours."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return frame.reformat(
            format=layout, src_colorspace=frame.colorspace, src_color_range=frame.color_range, threads=1
        )


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        # 8-bit limited range has 219 steps of luma and 224 of chroma, and both are compressed.
        ("a.mp4", 4),
        # 10 bits.
        ("a.mov", 0.5),
        # 8-bit limited range again, by the format's own matrix (BT.601); its quality is 85.
        ("a.webp", 5),
        # 256 colours are more than there are here; the dithering reaches ±7.
        ("a.gif", 7),
    ],
)
def test_saturated_colours_come_back(tmp_path, name, tolerance):
    picture = patches(np.uint16 if name == "a.mov" else np.uint8)
    with writing(tmp_path / name) as take:
        take(iter([picture, picture]), 30.0, 2)
    if name in ("a.mp4", "a.mov"):
        shown = film_frame(tmp_path / name, "rgb48le").to_ndarray()
    else:
        with Image.open(tmp_path / name) as animation:
            shown = np.asarray(animation.convert("RGB"))
    assert np.abs(middles(shown) - PATCHES).max() <= tolerance


def test_prores_keeps_deep_transparency_rate_and_tags(tmp_path):
    cutout = np.dstack([patches(np.uint16), np.zeros((3 * SIDE, 4 * SIDE), np.uint16)])
    cutout[..., 3] = np.linspace(0, 65535, 3 * SIDE)[:, None]
    with writing(tmp_path / "a.mov") as take:
        take(iter([cutout] * 3), 24.0, 3)
    with av.open(str(tmp_path / "a.mov")) as container:
        stream = container.streams.video[0]
        tags = stream.codec_context
        assert (tags.name, tags.profile) == ("prores", "4444")
        assert (tags.colorspace, tags.color_primaries, tags.color_trc, tags.color_range) == (1, 1, 1, 1)
        assert stream.average_rate == 24
        decoded = list(container.decode(stream))
        container.seek(0)
        header = bytes(next(container.demux(stream)))
    # Primaries, transfer and matrix in the header of the frame, which some editors go by.
    assert (header[4:8], *header[22:25]) == (b"icpf", 1, 1, 1)
    assert len(decoded) == 3
    assert "yuva444p" in decoded[0].format.name
    shown = film_frame(tmp_path / "a.mov", "rgba64le").to_ndarray()
    # The pixel format has 10 bits for alpha too: a step is 64.
    assert np.abs(shown[..., 3].astype(int) - cutout[..., 3]).max() <= 2 * 64
    assert np.abs(middles(shown) - PATCHES).max() <= 0.5


def test_prores_of_an_opaque_picture_has_no_alpha_and_any_size(tmp_path):
    write(tmp_path / "a.mov")
    with av.open(str(tmp_path / "a.mov")) as container:
        assert container.streams.video[0].codec_context.pix_fmt.startswith("yuv444p")
        assert (container.streams.video[0].width, container.streams.video[0].height) == (67, 51)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("width", [600, 1080])
def test_equal_frames_are_equal_in_prores(tmp_path, width, channels):
    """With several threads, specks at the left border differed from frame to frame where rows end amid 16 pixels."""
    still = textured_picture(400, width).astype(np.uint16) * 257
    if channels == 4:
        still = np.dstack([still, still[..., 0]])
    with writing(tmp_path / "a.mov") as take:
        take(iter([still] * 12), 24.0, 12)
    with av.open(str(tmp_path / "a.mov")) as container:
        # Each frame is compressed by itself.
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert len(packets) == 12
    assert len(set(packets)) == 1


def test_mp4_begins_with_its_index_so_that_it_plays_while_it_loads(tmp_path):
    write(tmp_path / "a.mp4")
    data = (tmp_path / "a.mp4").read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_webp_is_tagged_as_srgb(tmp_path):
    write(tmp_path / "a.webp")
    with Image.open(tmp_path / "a.webp") as animation:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(animation.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


def test_an_encoder_that_is_missing_is_told_before_any_work(tmp_path, monkeypatch):
    """FFmpeg is built with and without encoders; here it is asked for one that nobody has."""
    monkeypatch.setitem(movies.MOVIES, ".mov", dataclasses.replace(movies.MOVIES[".mov"], encoder="prores_of_tomorrow"))
    with pytest.raises(OutputError) as caught, writing(tmp_path / "a.mov"):
        raise AssertionError("it began")
    assert caught.value.message == (
        ".mov files cannot be written here: the FFmpeg of this PyAV has no encoder “prores_of_tomorrow”."
    )
    assert "folder of frames" in caught.value.hint
    assert os.listdir(tmp_path) == []


CUTOUT = np.dstack([PICTURE, np.full((51, 67), 100, np.uint8)])


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_what_cannot_be_transparent_refuses_it_or_takes_a_background(tmp_path, suffix):
    with pytest.raises(ImageError, match="transparent in places") as caught:
        write(tmp_path / f"a{suffix}", picture=CUTOUT)
    assert "--background" in caught.value.hint
    assert os.listdir(tmp_path) == []
    clear = np.zeros((64, 64, 4), np.uint8)
    write(tmp_path / f"a{suffix}", count=2, picture=clear, background=(1.0, 0.5, 0.0))
    shown = film_frame(tmp_path / f"a{suffix}", "rgb24").to_ndarray()
    # The lower half, which nothing moves over.
    np.testing.assert_allclose(shown[40:].mean(axis=(0, 1)), [255, 128, 0], atol=3)


def test_a_full_alpha_channel_is_no_transparency(tmp_path):
    opaque = np.dstack([PICTURE, np.full((51, 67), 255, np.uint8)])
    write(tmp_path / "a.mp4", picture=opaque)
    assert (tmp_path / "a.mp4").stat().st_size > 1000


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.webp", "a.gif"])
def test_no_more_than_a_few_frames_are_held_at_once(tmp_path, name):
    alive = []
    most = 0

    def watched():
        nonlocal most
        for i in range(40):
            frame = PICTURE.copy()
            frame[10:20, i : i + 8] = 255
            alive.append(weakref.ref(frame))
            most = max(most, sum(reference() is not None for reference in alive))
            yield frame

    with writing(tmp_path / name) as take:
        take(watched(), 30.0, 40)
    assert most <= 3


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


def test_films_replace_older_films_and_nothing_else(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"old")
    write(tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").stat().st_size > 1000
    (tmp_path / "b.mp4").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write(tmp_path / "b.mp4")
    with pytest.raises(OutputError, match="no kind of film"):
        write(tmp_path / "d.avi")
    assert sorted(os.listdir(tmp_path)) == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.webp", "a.gif"])
def test_a_failure_in_the_middle_leaves_nothing_behind(tmp_path, name):
    def broken():
        yield from frames(2)
        raise RuntimeError("the renderer failed")

    with pytest.raises(RuntimeError), writing(tmp_path / name) as take:
        take(broken(), 30.0, 6)
    assert os.listdir(tmp_path) == []
