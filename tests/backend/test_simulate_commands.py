# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid simulate` as a person uses it: what is pulled goes along, what is asked wrongly is told why."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import av
import numpy as np
import OpenEXR
import pytest

from gid_backend.commands import run
from gid_backend.encode import write_image
from gid_backend.images import read_image
from gid_blender.motion import SpectralVolume, files

from .clips import smooth_volume, textured_picture

# In pixels of a picture of 96×72.
POINT = (48, 36)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    write_image(folder / "flower.png", textured_picture(72, 96))
    files.save(smooth_volume(18, 24, amplitude=0.02), folder / "flower.npz")
    files.save(SpectralVolume(np.zeros((16, 2, 18, 24))), folder / "still.npz")
    only_offset = np.zeros((16, 2, 18, 24))
    only_offset[0] = 0.01
    files.save(SpectralVolume(only_offset), folder / "offset.npz")
    left = np.zeros((72, 96), np.uint8)
    left[:, :32] = 255
    write_image(folder / "left.png", np.dstack([left] * 3))
    return folder


@pytest.fixture
def gid(place, tmp_path, monkeypatch, capfd):
    """Run it in this process; returns the exit status and what it said."""
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)

    def call(*words, volume="flower.npz"):
        given = ["simulate", str(place / "flower.png"), str(place / volume), *map(str, words), "--device", "cpu"]
        status = run(given)
        return status, " ".join(capfd.readouterr().err.split())

    yield call
    signal.signal(signal.SIGTERM, handler)


def frames_in(folder):
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir()) if not path.name.startswith(".")}


def frame(number, folder="f"):
    return read_image(Path(folder) / f"frame_{number:04d}.png").astype(int)


def moved(before, after, point, size=7, far=9):
    """(x, y) whole pixels by which what surrounds a point has moved: where it is found again."""
    x, y = point
    patch = before[y - size : y + size + 1, x - size : x + size + 1]
    found = {
        (dx, dy): np.abs(after[y + dy - size : y + dy + size + 1, x + dx - size : x + dx + size + 1] - patch).sum()
        for dx in range(-far, far + 1)
        for dy in range(-far, far + 1)
    }
    return min(found, key=found.__getitem__)


@pytest.mark.parametrize("by", [(6, 0), (-5, 0), (0, 6), (4, -4)])
def test_what_is_pulled_goes_along_and_is_let_go_at_its_frame(gid, by):
    """To a pixel: it resists a little."""
    pull = f"48,36,{by[0]},{by[1]}@6"
    assert gid("-o", "f", "--frames", 9, "--fps", 10, "--pull", pull)[0] == 0
    picture = frame(1)
    dx, dy = moved(picture, frame(6), POINT)
    assert np.hypot(dx - by[0], dy - by[1]) <= 1
    # It takes half a second to be drawn aside, and three frames after it is on its way back.
    assert np.hypot(*moved(picture, frame(3), POINT)) < np.hypot(dx, dy)
    assert np.hypot(*moved(picture, frame(9), POINT)) < np.hypot(dx, dy)


def test_let_go_at_the_first_frame_it_begins_drawn_aside(gid):
    assert gid("-o", "f", "--frames", 2, "--pull", "48,36,6,0@1", "--shutter", 180, "--shutter-samples", 2)[0] == 0
    assert moved(textured_picture(72, 96).astype(int), frame(1), POINT)[0] >= 4


def test_a_pull_of_a_span_is_held_until_its_end(gid):
    assert gid("-o", "f", "--frames", 8, "--fps", 10, "--pull", "48,36,6,0@2-7")[0] == 0
    picture = frame(1)
    assert (frame(2) == picture).all()
    assert moved(picture, frame(7), POINT)[0] >= 5


def test_taps_loads_and_gusts_set_it_in_motion(gid):
    for words in (
        ["--poke", "48,36,80,0@2"],
        ["--load", "48,36,5,3@2-5"],
        ["--gust", "4,0@2-6"],
        ["--gust", "4,0@2", "--gust-intensity", 0, "--equaliser", "flutter"],
    ):
        assert gid("-o", "f", "--frames", 6, "--fps", 10, *words)[0] == 0
        assert (frame(1) == textured_picture(72, 96)).all()
        assert (frame(5) != frame(1)).any()


def test_wind_blows_where_the_mask_is_white(gid, place):
    steady = ["--gust", "3,0", "--gust-intensity", 0, "--frames", 6, "--fps", 4]
    assert gid("-o", "everywhere", *steady)[0] == 0
    assert gid("-o", "left", *steady, "--gust-mask", place / "left.png")[0] == 0
    assert (frame(6, "left") != frame(6, "everywhere")).any()


def test_the_same_moments_at_another_frame_rate_are_the_same_pictures(gid):
    words = ["--pull", "48,36,6,0@{}", "--gust", "2,1", "--ambient", 0.5]
    for fps, count, released in ((10, 4, 3), (20, 7, 5)):
        said = [word.format(released) if isinstance(word, str) else word for word in words]
        assert gid("-o", f"f{fps}", "--fps", fps, "--frames", count, *said)[0] == 0
    slow, fast = list(frames_in("f10").values()), list(frames_in("f20").values())
    assert slow == fast[::2]


def test_slow_motion_shows_the_same_motion_for_longer(gid):
    assert gid("-o", "f", "--fps", 20, "--frames", 3, "--poke", "48,36,80,0@1")[0] == 0
    assert gid("-o", "slow", "--fps", 20, "--frames", 5, "--speed", 0.5, "--poke", "48,36,80,0@1")[0] == 0
    assert list(frames_in("f").values()) == list(frames_in("slow").values())[::2]


def test_rung_out_it_is_the_picture_again_to_the_bit(gid):
    words = ["--frames", 6, "--fps", 10, "--pull", "48,36,6,0@2"]
    assert gid("-o", "f", *words, "--ring-out", 3)[0] == 0
    assert (frame(6) == textured_picture(72, 96)).all()
    assert gid("-o", "free", *words)[0] == 0
    assert (frame(6, "free") != textured_picture(72, 96)).any()
    assert (frame(3) == frame(3, "free")).all()


def test_a_cycle_is_settled_from_its_first_frame_on(gid):
    words = ["--frames", 10, "--fps", 10, "--poke", "48,36,90,0@8", "--ambient", 0.3]
    assert gid("-o", "f", *words, "--cycle")[0] == 0
    assert gid("-o", "once", *words)[0] == 0
    # The tap of the round before still rings.
    assert (frame(1) != frame(1, "once")).any()


def test_a_pre_roll_lets_the_wind_settle_and_counts(gid):
    words = ["--frames", 2, "--fps", 10, "--gust", "4,0"]
    assert gid("-o", "f", *words)[0] == 0
    assert (frame(1) == textured_picture(72, 96)).all()
    assert gid("-o", "settled", *words, "--pre-roll", 40)[0] == 0
    assert (frame(1, "settled") != textured_picture(72, 96)).any()
    assert gid("-o", "earlier", *words[:4], "--poke", "48,36,80,0@-5", "--pre-roll", 10)[0] == 0
    assert (frame(1, "earlier") != textured_picture(72, 96)).any()


def test_what_is_pinned_is_feathered_for_the_loop_as_strong_as_it_is(gid, place):
    """Ten frames of the loop of five seconds, as `gid render` has them."""
    words = ["--mask", place / "left.png", "--frames", 10]
    assert gid("-o", "f", *words, "--ambient", 4, "--fps", 2)[0] == 0
    given = ["render", place / "flower.png", place / "flower.npz", "-o", "r", *words, "--amplitude", 4]
    assert run([*map(str, given), "--device", "cpu"]) == 0
    assert (frame(5) != textured_picture(72, 96)).any()
    assert np.abs(frame(5) - frame(5, "r")).max() <= 2


def test_all_that_rendering_can_do(gid):
    """One path with `gid render`: films, formats, depths, blur, passes, and going on where it was."""
    pull = ["--pull", "48,36,6,0@2"]
    assert gid("-o", "a.mp4", "--frames", 3, *pull)[0] == 0
    with av.open("a.mp4") as film:
        assert sum(1 for _ in film.decode(video=0)) == 3
    words = ["-o", "g", "--frames", 3, "--fps", 10, *pull, "--format", "exr", "--depth", 32, "--shutter", 180]
    words += ["--shutter-samples", 2, "--motion-vectors", "v", "--coverage", "c"]
    assert gid(*words)[0] == 0
    names = [f"frame_000{i}.exr" for i in (1, 2, 3)]
    assert list(frames_in("g")) == list(frames_in("v")) == list(frames_in("c")) == names
    with OpenEXR.File("v/frame_0001.exr", separate_channels=True) as file:
        channels = {name: channel.pixels for name, channel in file.channels().items()}
    # Between frames 1 and 2 the hand draws it to the right: in pixels, at the point.
    assert abs(channels["Layer.Vector.Z"][36, 48]) > 3
    whole = frames_in("g")
    os.remove("g/frame_0002.exr")
    status, said = gid(*words)
    assert (status, "2 of which were there" in said) == (0, True), said
    assert frames_in("g") == whole


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "Nothing moves the picture"),
        (["--pull", "100,36,6,0@2"], "“100,36,6,0@2” is outside the picture of 96×72 pixels"),
        (["--poke", "48,-1,6,0@2"], "outside the picture"),
        (["--pull", "48,36,6@2"], "not of the form X,Y,DX,DY@FRAME"),
        (["--pull", "48,36,6,0"], "does not say when"),
        (["--pull", "48,36,6,up@2"], "not of the form"),
        (["--pull", "48,36,600,0@2"], "farther than the picture is large"),
        (["--poke", "48,36,6,0@2-4"], "takes place at one frame"),
        (["--pull", "48,36,6,0@5-2"], "ends before it starts"),
        (["--pull", "48,36,6,0@0"], "Frame 0 of “48,36,6,0@0” is before the start, frame 1"),
        (["--poke", "48,36,6,0@-20", "--pre-roll", 5], "before the start, frame -4"),
        (["--pull", "48,36,6,0@99", "--frames", 9], "after the last, 9"),
        (["--gust", "4"], "not of the form DX,DY"),
        (["--gust", "1e999,0"], "not of the form DX,DY"),
        (["--ambient", -1], "--ambient"),
        (["--ambient", 1, "--fps", -30], "--fps"),
        (["--ambient", 1, "--fps", 0], "--fps"),
        (["--ambient", 1, "--stiffness", 0], "--stiffness"),
        (["--ambient", 1, "--damping", "wet"], "neither paper, demo, lively nor two numbers"),
        (["--ambient", 1, "--damping", "-1,0"], "neither paper"),
        (["--ambient", 1, "--equaliser", "storm"], "“storm” is none of "),
        (["--poke", "48,36,6,0@2", "--cycle", "--ring-out", 5], "neither --pre-roll nor --ring-out"),
        (["--poke", "48,36,6,0@2", "--cycle", "--damping", "0,0"], "raise the damping"),
        (["--ambient", 1, "--ring-out", 500], "--ring-out takes less than the 150 frames"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line_before_any_work(gid, tmp_path, words, expected):
    status, said = gid("-o", "a.mp4", *words)
    assert status == 2, said
    assert expected in said
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("volume", ["still.npz", "offset.npz"])
def test_a_picture_without_motion_says_what_to_do(gid, volume):
    status, said = gid("-o", "a.mp4", "--pull", "48,36,6,0@2", volume=volume)
    assert (status, f"“{volume}” has no motion that could swing" in said) == (2, True)
    assert "--strength" in said


def test_a_dark_mask_says_that_nothing_is_blown_on(gid, tmp_path):
    write_image(tmp_path / "dark.png", np.zeros((24, 24, 3), np.uint8))
    status, said = gid("-o", "f", "--gust", "3,0", "--gust-mask", tmp_path / "dark.png")
    assert (status, "blows nowhere" in said) == (2, True)
