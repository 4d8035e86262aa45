# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid batch` as a person uses it: everything once, what fails told and the rest done, and nothing done twice."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

from gid_backend.batch.command import parse_seeds
from gid_backend.batch.run import Batch
from gid_blender.motion import files

from .conftest import contents

GID = Path(sys.executable).with_name("gid")


def test_everything_that_was_asked_for_lies_there_under_names_that_say_what_it_is(batch, pictures, tmp_path):
    words = ["-r", "--seeds", 2, "--make", "webp", "--make", "frames", "--make", "page", "--sheet", "--frames", 4]
    status, said, lines = batch(pictures, *words)
    assert status == 0, said
    assert "6 done, 0 skipped, 0 failed" in said
    assert [(line["picture"], line["seed"], line["state"]) for line in lines] == [
        (name, seed, "done") for name in ("flower.png", "street/flower.png") for seed in (0, 1, None)
    ]
    made = contents("out")
    assert len(made) == 2 * (2 * (1 + 1 + 4 + 1) + 1)
    for line in lines:
        assert all(Path(path).exists() for path in line["files"])
        assert len(line["files"]) == (4 if line["seed"] is not None else 1)
        # Two pictures of one name do not meet.
        assert all(("out/street" in path) == ("street" in line["picture"]) for path in line["files"])
    volume, film, frames, page = lines[1]["files"]
    assert files.load(volume).meta["seed"] == 1
    with Image.open(film) as animation:
        assert animation.n_frames == 4
    assert sorted(p.name for p in Path(frames).glob("*.png")) == [f"frame_000{i}.png" for i in (1, 2, 3, 4)]
    assert "<title>flower</title>" in Path(page).read_text("utf-8")
    with Image.open(lines[2]["files"][0]) as sheet:
        # Two rows, and five pictures in each: where it moves, and four moments.
        assert sheet.width > 5 * 64
        assert sheet.height > 2 * 64


def test_the_same_again_does_nothing_and_more_does_only_what_is_missing(batch, pictures):
    assert batch(pictures)[0] == 0
    before = contents("out")
    [npz] = before
    stamp = os.stat(Path("out") / npz).st_mtime_ns
    status, _, lines = batch(pictures)
    assert (status, lines[0]["state"]) == (0, "skipped")
    assert os.stat(Path("out") / npz).st_mtime_ns == stamp
    _, _, lines = batch(pictures, "--seeds", 2, "--make", "gif", "--frames", 2)
    assert [line["state"] for line in lines] == ["done", "done"]
    assert os.stat(Path("out") / npz).st_mtime_ns == stamp, "the motion that was there is kept"
    assert len(contents("out")) == 4


def test_runs_with_other_settings_or_other_pictures_of_the_same_names_never_mix(batch, pictures, tmp_path):
    batch(pictures, "--make", "webp", "--frames", 2)
    first = contents("out")
    batch(pictures, "--make", "webp", "--frames", 3)
    second = contents("out")
    batch(pictures, "--guidance", 0.25)
    third = contents("out")
    (tmp_path / "others").mkdir()
    with Image.open(pictures / "flower.png") as opened:
        opened.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "others" / "flower.png")
    batch(tmp_path / "others")
    last = contents("out")
    # Another length is another film of the same motion; the others are other motions.
    assert (len(first), len(second), len(third), len(last)) == (2, 3, 4, 5)
    for earlier, later in ((first, second), (second, third), (third, last)):
        assert earlier.items() <= later.items()


def test_damaged_and_half_written_results_are_made_again(batch, pictures):
    words = ["--make", "frames", "--frames", 3, "--make", "page"]
    batch(pictures, *words)
    whole = contents("out")
    npz, page, frame = (next(name for name in whole if name.endswith(end)) for end in (".npz", ".html", "2.png"))
    (Path("out") / npz).write_bytes(whole[npz][:100])
    (Path("out") / page).write_bytes(b"")
    (Path("out") / frame).unlink()
    status, said, lines = batch(pictures, *words)
    assert (status, lines[0]["state"]) == (0, "done"), said
    assert contents("out") == whole


def test_what_fails_is_told_and_the_rest_is_done(batch, pictures, tmp_path):
    folder = tmp_path / "mixed"
    shutil.copytree(pictures, folder)
    (folder / "broken.png").write_bytes((folder / "flower.png").read_bytes()[:200])
    (folder / "notes.jpg").write_text("no picture")
    shutil.copy(folder / "flower.png", folder / "flower.PNG")
    os.symlink(folder / "deleted", folder / "gone.png")
    cutout = np.zeros((32, 48, 4), np.uint8)
    cutout[8:24, 8:40] = 200
    Image.fromarray(cutout).save(folder / "transparent.png")
    status, said, lines = batch(folder, "--make", "mp4", "--frames", 2)
    assert status == 1
    state = {line["picture"]: (line["state"], line["sentence"]) for line in lines}
    assert state.pop("flower.PNG")[0] == "done"
    # Of two files with the same bytes and the same name but for the suffix, one is enough.
    assert state.pop("flower.png") == ("skipped", "It is the same picture as “flower.PNG”.")
    assert {name: found[0] for name, found in state.items()} == dict.fromkeys(state, "failed")
    assert "“broken.png”" in state["broken.png"][1]
    assert "no picture" in state["notes.jpg"][1]
    assert "cannot be opened" in state["gone.png"][1]
    assert "transparent in places" in state["transparent.png"][1]
    assert "1 done, 1 skipped, 4 failed" in said
    # The motion of the transparent one is there, though no mp4 can be made of it.
    assert any("transparent" in name and name.endswith(".npz") for name in contents("out"))


def test_a_killed_run_goes_on_to_the_very_same_results(batch, pictures, weights, tmp_path):
    words = ["--seeds", "2", "--make", "frames", "--frames", "24", "--steps", "2", "--weights", str(weights)]
    command = [GID, "batch", pictures, "-o", "out", *words, "--device", "cpu"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 150
        while not list(tmp_path.glob("out/*/*/frame_0003.png")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
    killed = contents("out")
    assert 3 <= len(killed) < 50
    status, said, _ = batch(pictures, *words)
    assert status == 0, said
    finished = contents("out")
    shutil.move("out", "first")
    batch(pictures, *words)
    assert contents("out") == finished
    assert len(finished) == 2 * 25


def test_ctrl_c_says_what_is_done_and_the_same_command_goes_on(batch, pictures, monkeypatch):
    enter, left = Batch._enter, iter([None])

    def interrupted(self, *args):
        if next(left, signal.SIGINT) is not None:
            signal.raise_signal(signal.SIGINT)
        enter(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Batch, "_enter", interrupted)
        status, said, lines = batch(pictures, "-r", "--seeds", 2)
    assert status == 130
    assert "Interrupted; 1 done, 0 skipped, 0 failed. What is done stays." in said
    assert len(lines) == 1
    assert "3 done, 1 skipped" in batch(pictures, "-r", "--seeds", 2)[1]


def test_all_seeds_loop_side_by_side(batch, pictures):
    _, _, lines = batch(pictures, "--seeds", "2,9,4", "--looping-sheet")
    assert [line["seed"] for line in lines] == [2, 9, 4, None]
    with Image.open(lines[-1]["files"][0]) as sheet:
        assert sheet.n_frames > 2
        # Two by two, of which one stays empty.
        assert sheet.width > 2 * 64
        still, later = (np.asarray(sheet.convert("RGB"), np.int16) for _ in (sheet.seek(0), sheet.seek(3)))
    assert still.shape == later.shape


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--seeds", "0"], "1 to 10000"),
        (["--seeds", "a,b"], "such as 3,7,8"),
        (["--seed", 2**64 - 1], "--seed"),
        (["--make", "avi"], "none of mp4"),
        (["--format", "exr"], "--make frames"),
        (["--background", "blurple", "--make", "mp4"], "blurple"),
        (["--ray", "127.0.0.1:1", "--jobs", "2"], "the cluster says who works"),
        (["--pattern", "*.tif"], "is called *.tif"),
        (["--ray", "127.0.0.1:1"], "There is no Ray cluster at “127.0.0.1:1”"),
        (["--ray", "127.0.0.1:x"], "no address of a Ray cluster"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line_before_any_work(batch, pictures, words, expected):
    status, said, _ = batch(pictures, *words)
    assert status == 2
    assert expected in said
    assert not Path("out").exists() or contents("out") == {}


def test_an_empty_folder_and_a_place_that_cannot_be_written_are_told(batch, pictures, tmp_path):
    (tmp_path / "empty").mkdir()
    status, said, _ = batch(tmp_path / "empty")
    assert (status, "No pictures in" in said, "--recursive" in said) == (2, True, True)
    (tmp_path / "out").write_text("a file")
    status, said, _ = batch(pictures)
    assert (status, "is a file" in said) == (2, True)


def test_weights_that_cannot_be_read_end_it_at_once(batch, pictures, tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    status, said, lines = batch(pictures, "-r", "--weights", tmp_path / "bad.safetensors")
    assert (status, lines) == (2, [])
    assert "The models cannot be loaded" in said
    status, said, _ = batch(pictures, "--weights", tmp_path / "missing.safetensors")
    assert "cannot be read" in said


def test_seeds_are_a_number_or_a_list():
    assert parse_seeds("3") == [0, 1, 2]
    assert parse_seeds("2", 40) == [40, 41]
    assert parse_seeds("7,") == [7]
    assert parse_seeds(" 3, 7,3") == [3, 7]
    with pytest.raises(typer.BadParameter):
        parse_seeds("1-3")


def test_the_report_may_lie_elsewhere(batch, pictures):
    assert batch(pictures, "--report", "lines/own.jsonl")[0] == 0
    assert Path("lines/own.jsonl").read_text("utf-8").count("\n") == 1
