# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbered pictures are a video: found by folder or pattern, each at its time, and measured as the same frames are."""

import re
import shutil

import numpy as np
import pytest

from gid_backend.commands import run
from gid_backend.encode import encode_image
from gid_backend.errors import ImageError
from gid_backend.flow import Span, extract_motion, measure_motion
from gid_backend.picture_sequence import PictureSequence, find_sequence
from gid_blender.motion import files

from ..clips import smooth_volume, textured_picture, warped

HEIGHT, WIDTH, COUNT, FPS = 72, 96, 40, 10.0


@pytest.fixture(scope="module")
def frames():
    """A seamless loop."""
    picture, volume = textured_picture(HEIGHT, WIDTH), smooth_volume(HEIGHT, WIDTH, amplitude=0.015, bands=4)
    start = volume.displacement(0)
    return [warped(picture, WIDTH * (volume.displacement(i * 150 / COUNT) - start)) for i in range(COUNT)]


@pytest.fixture(scope="module")
def folder(frames, tmp_path_factory):
    """tree_0011.png to tree_0050.png."""
    place = tmp_path_factory.mktemp("tree")
    for number, frame in enumerate(frames, 11):
        (place / f"tree_{number:04d}.png").write_bytes(encode_image(frame, "png"))
    return place


class TestFinding:
    @pytest.fixture
    def place(self, tmp_path):
        for name in ("a_8.png", "a_9.png", "a_10.png", "a_12.png", "b 01.exr", "film.mp4", ".a_1.png", "a_x.png"):
            (tmp_path / name).touch()
        return tmp_path

    def names(self, found):
        return [(number, path.name) for number, path in zip(found.numbers, found.pictures, strict=True)]

    @pytest.mark.parametrize("pattern", ["a_#.png", "a_%d.png", "a_%01d.png", "a_[0-9]*.png"])
    def test_by_a_pattern_in_the_order_of_their_numbers(self, place, pattern):
        found = self.names(find_sequence(place / pattern))
        assert found == [(8, "a_8.png"), (9, "a_9.png"), (10, "a_10.png"), (12, "a_12.png")]

    def test_by_their_folder_if_it_holds_one_sequence(self, folder, place):
        found = find_sequence(folder, 30)
        assert (found.numbers[0], found.numbers[-1], found.fps) == (11, 50, 30)
        with pytest.raises(ImageError, match="pictures of several sequences") as caught:
            find_sequence(place)
        assert "a_##.png" in caught.value.hint

    def test_as_many_digits_as_there_are_marks(self, place):
        assert self.names(find_sequence(place / "b ##.exr")) == [(1, "b 01.exr")]
        with pytest.raises(ImageError, match="No file is called like"):
            find_sequence(place / "b ####.exr")

    def test_names_without_numbers_come_as_they_are_sorted(self, tmp_path):
        for name in ("one.png", "two.png", "three.png"):
            (tmp_path / name).touch()
        assert self.names(find_sequence(tmp_path / "*.png")) == [(0, "one.png"), (1, "three.png"), (2, "two.png")]

    def test_what_is_a_file_or_nothing_is_none(self, place):
        assert find_sequence(place / "film.mp4") is None
        assert find_sequence(place / "a_8.png") is None
        assert find_sequence(place / "missing.mp4") is None
        # A video may be called so.
        (place / "take #1.mp4").touch()
        assert find_sequence(place / "take #1.mp4") is None

    def test_an_empty_folder_says_what_belongs_there(self, tmp_path):
        with pytest.raises(ImageError, match="There are no pictures in") as caught:
            find_sequence(tmp_path)
        assert "tree_####.png" in caught.value.hint


class TestMeasuring:
    def test_the_same_frames_give_the_same_volume_whatever_holds_them(self, frames, folder):
        measured = measure_motion(find_sequence(folder, FPS))
        assert measured.loop
        assert np.array_equal(measured.still, frames[0])
        assert measured.volume.duration == pytest.approx(COUNT / FPS)
        assert np.array_equal(measured.volume.spectrum, extract_motion(frames, fps=FPS).spectrum)
        assert measured.volume.meta["source"] == folder.name

    def test_a_part_begins_where_it_is_told_to(self, frames, folder):
        measured = measure_motion(find_sequence(folder, FPS), Span(start=4, frames=35), camera="keep")
        assert np.array_equal(measured.still, frames[3])
        assert measured.volume.duration == pytest.approx(3.5)

    def test_a_picture_that_is_missing_leaves_its_time_empty(self, folder, tmp_path):
        whole = measure_motion(find_sequence(folder, FPS)).volume
        shutil.copytree(folder, tmp_path / "gaps")
        for number in (20, 33):
            (tmp_path / "gaps" / f"tree_{number:04d}.png").unlink()
        found = find_sequence(tmp_path / "gaps", FPS)
        assert found.times()[9] == pytest.approx(1.0)
        gaps = measure_motion(found).volume
        # Nearly the same motion: closed up, everything behind the gaps would come 2 of 40 frames too early.
        slow = np.s_[1:4]
        off = np.abs(gaps.spectrum[slow] - whole.spectrum[slow]).mean() / np.abs(whole.spectrum[slow]).mean()
        closed = PictureSequence("closed", found.pictures, range(len(found.pictures)), FPS)
        shifted = measure_motion(closed).volume
        worse = np.abs(shifted.spectrum[slow] - whole.spectrum[slow]).mean() / np.abs(whole.spectrum[slow]).mean()
        assert off < 0.1
        assert worse > 2 * off

    def test_light_is_seen_as_it_would_be_shown(self, frames, tmp_path):
        """Scene-linear OpenEXR, 16-bit and transparent pictures: what a viewer sees of them is followed."""
        values = frames[0].astype(np.float32) / 255
        linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)
        deep = frames[0].astype(np.uint16) * 257
        clear = np.dstack([frames[0], np.full((HEIGHT, WIDTH), 255, np.uint8)])
        for name, data in (
            ("light_1.exr", encode_image(linear, "exr", linear=True, depth=32)),
            ("deep_1.png", encode_image(deep, "png", depth=16)),
            ("clear_1.png", encode_image(clear, "png")),
        ):
            (tmp_path / name).write_bytes(data)
            [(_, seen)] = find_sequence(tmp_path / name.replace("1", "#")).read()
            assert (seen.dtype, seen.shape) == (np.uint8, (HEIGHT, WIDTH, 3))
            assert np.abs(seen.astype(int) - frames[0]).max() <= 1, name

    def test_what_is_no_picture_or_another_size_is_told_of_by_its_name(self, folder, tmp_path):
        shutil.copytree(folder, tmp_path / "bad")
        (tmp_path / "bad" / "tree_0020.png").write_bytes(b"no picture")
        with pytest.raises(ImageError, match=r"“tree_0020\.png”"):
            measure_motion(find_sequence(tmp_path / "bad"))
        (tmp_path / "bad" / "tree_0020.png").write_bytes(encode_image(textured_picture(60, 60), "png"))
        with pytest.raises(ImageError, match="changes its size"):
            measure_motion(find_sequence(tmp_path / "bad"))


class TestCommand:
    @pytest.fixture
    def gid(self, capfd, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)

        def call(*words):
            status = run(["extract", *map(str, words), "-o", "tree.npz"])
            return status, " ".join(capfd.readouterr().err.split())

        return call

    @pytest.mark.parametrize("end", ["", "tree_%04d.png", "tree_*.png"])
    def test_a_folder_or_a_pattern_with_its_rate(self, gid, folder, end):
        status, said = gid(folder / end, "--fps", FPS, "--image", "tree.png")
        assert status == 0, said
        assert "40 pictures, 10 a second" in said
        assert files.load("tree.npz").duration == pytest.approx(4.0)

    def test_without_a_rate_it_is_24_and_said(self, gid, folder):
        status, said = gid(folder)
        assert (status, files.load("tree.npz").duration) == (0, pytest.approx(COUNT / 24))
        assert "24 a second" in said

    def test_a_name_that_no_disk_takes_is_one_sentence(self, gid):
        for name in ("a" * 300 + ".mp4", "a" * 300 + "/tree_####.png"):
            status, said = gid(name)
            assert (status, "Traceback" in said) == (2, False)
            assert re.search("cannot be (read as a video|searched)", said), said

    def test_a_rate_of_a_video_is_refused(self, gid):
        status, said = gid("film.mp4", "--fps", 25)
        assert status == 2
        assert "frame rate of its own" in said
