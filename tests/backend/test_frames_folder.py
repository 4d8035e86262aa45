# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder fills frame by frame, goes on after any interruption, and never holds frames of two renders."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.atomic import OutputError
from gid_backend.frames_folder import MANIFEST, filling


def content(render, index):
    """What frame `index` of a render holds: some kilobytes that tell where they come from."""
    return f"{render} {index} ".encode() * 500


def fill(folder, render="first", count=6, stop=None, suffix=".png"):
    """Write what is missing, up to `stop`; returns the indices that were written."""
    written = []
    with filling(folder, render, count, suffix) as frames:
        for index in frames.missing:
            if index == stop:
                raise KeyboardInterrupt
            frames.write(index, content(render, index))
            written.append(index)
    return written


def interrupted(folder, stop, render="first", count=6):
    with pytest.raises(KeyboardInterrupt):
        fill(folder, render, count, stop)


def frames_in(folder):
    return {name: (folder / name).read_bytes() for name in os.listdir(folder) if not name.startswith(".")}


def whole(render="first", count=6, suffix=".png"):
    return {f"frame_{index + 1:04d}{suffix}": content(render, index) for index in range(count)}


def test_frames_appear_one_by_one_each_of_them_whole(tmp_path):
    with filling(tmp_path / "f", "first", 3, ".png") as frames:
        for index in range(3):
            frames.write(index, content("first", index))
            assert frames_in(tmp_path / "f") == whole(count=index + 1)
    assert sorted(os.listdir(tmp_path / "f")) == [MANIFEST, "frame_0001.png", "frame_0002.png", "frame_0003.png"]
    assert os.listdir(tmp_path) == ["f"]


def test_the_same_render_goes_on_at_the_first_missing_frame(tmp_path):
    interrupted(tmp_path / "f", stop=2)
    kept = {name: os.stat(tmp_path / "f" / name).st_mtime_ns for name in frames_in(tmp_path / "f")}
    assert sorted(kept) == ["frame_0001.png", "frame_0002.png"]
    assert fill(tmp_path / "f") == [2, 3, 4, 5]
    assert frames_in(tmp_path / "f") == whole()
    assert {name: os.stat(tmp_path / "f" / name).st_mtime_ns for name in kept} == kept
    # Complete, there is nothing to do.
    assert fill(tmp_path / "f") == []


def test_frames_that_are_gone_damaged_or_from_elsewhere_are_rendered_again(tmp_path):
    fill(tmp_path / "f")
    (tmp_path / "f" / "frame_0002.png").unlink()
    (tmp_path / "f" / "frame_0003.png").write_bytes(content("first", 2)[:-1])
    (tmp_path / "f" / "frame_0005.png").write_bytes(content("other", 4))
    (tmp_path / "f" / "frame_0009.png").write_bytes(b"left over")
    assert fill(tmp_path / "f") == [1, 2, 4]
    assert frames_in(tmp_path / "f") == whole()


def test_an_older_render_stays_untouched_until_the_new_one_is_complete(tmp_path):
    fill(tmp_path / "f", "old", 9)
    interrupted(tmp_path / "f", stop=4, render="new")
    assert frames_in(tmp_path / "f") == whole("old", 9)
    # The new one gathers beside it, goes on there, and then takes the place.
    assert fill(tmp_path / "f", "new") == [4, 5]
    assert frames_in(tmp_path / "f") == whole("new")
    assert os.listdir(tmp_path) == ["f"]


def test_a_third_render_begins_anew_and_the_half_one_is_cleared_away(tmp_path):
    fill(tmp_path / "f", "old")
    interrupted(tmp_path / "f", stop=4, render="new")
    assert len(fill(tmp_path / "f", "newest")) == 6
    assert frames_in(tmp_path / "f") == whole("newest")
    assert os.listdir(tmp_path) == ["f"]


def test_frames_without_a_manifest_are_an_older_render(tmp_path):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "frame_0001.jpg").write_bytes(b"of a version that wrote none")
    interrupted(tmp_path / "f", stop=1)
    assert os.listdir(tmp_path / "f") == ["frame_0001.jpg"]
    fill(tmp_path / "f")
    assert frames_in(tmp_path / "f") == whole()


def test_an_empty_folder_is_taken_and_a_relative_one_too(tmp_path, monkeypatch):
    (tmp_path / "f").mkdir()
    monkeypatch.chdir(tmp_path / "f")
    fill(Path("."))
    assert frames_in(tmp_path / "f") == whole()


def test_a_link_stays_a_link_to_the_folder_that_has_the_frames(tmp_path):
    (tmp_path / "disk" / "big").mkdir(parents=True)
    (tmp_path / "f").symlink_to(tmp_path / "disk" / "big")
    for render in ("first", "second", "third"):
        interrupted(tmp_path / "f", stop=4, render=render)
        assert fill(tmp_path / "f", render) == [4, 5]
        assert (tmp_path / "f").readlink() == tmp_path / "disk" / "big"
        assert frames_in(tmp_path / "disk" / "big") == whole(render)
    assert sorted(os.listdir(tmp_path)) == ["disk", "f"]
    assert os.listdir(tmp_path / "disk") == ["big"]


def test_what_cannot_be_put_aside_is_told_before_anything_is_rendered(tmp_path, monkeypatch):
    """As if the folder were the top of a disk: a test cannot mount one."""
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path).name == "f")
    # Its first frames, and going on with them, need no other place.
    interrupted(tmp_path / "f", stop=4)
    assert fill(tmp_path / "f") == [4, 5]
    with pytest.raises(OutputError, match="holds another render") as caught:
        fill(tmp_path / "f", "second")
    assert "a folder in it" in caught.value.hint
    assert frames_in(tmp_path / "f") == whole()
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.parametrize("litter", [".DS_Store", "Thumbs.db", "desktop.ini"])
def test_what_file_managers_leave_does_not_stop_it(tmp_path, litter):
    interrupted(tmp_path / "f", stop=2)
    (tmp_path / "f" / litter).write_bytes(b"thumbnails")
    assert fill(tmp_path / "f") == [2, 3, 4, 5]
    assert (tmp_path / "f" / litter).exists()
    assert len(fill(tmp_path / "f", "second")) == 6
    assert os.listdir(tmp_path) == ["f"]


def test_nothing_is_left_when_the_first_frame_fails(tmp_path):
    interrupted(tmp_path / "f", stop=0)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("make", ["file", "strangers"])
def test_other_things_are_left_alone(tmp_path, make):
    place = tmp_path / "f"
    if make == "file":
        place.write_bytes(b"precious")
    else:
        place.mkdir()
        (place / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(OutputError, match="is a file" if make == "file" else "holiday"):
        fill(place)
    assert (place if make == "file" else place / "holiday.jpg").read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.parametrize("name", ["a" * 300, "file/below", "\0"])
def test_impossible_places_are_refused_in_a_sentence(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as caught:
        fill(tmp_path / name)
    assert "\n" not in caught.value.message


def test_a_missing_frame_is_told_at_the_end(tmp_path):
    def leave_one_out():
        with filling(tmp_path / "f", "first", 3, ".png") as frames:
            frames.write(0, b"x")
            frames.write(2, b"z")

    with pytest.raises(OutputError, match="Frame 2 of 3"):
        leave_one_out()


def test_of_two_renders_at_once_the_later_one_wins_and_the_other_stops(tmp_path):
    def overtaken():
        with filling(tmp_path / "f", "first", 3, ".png") as first:
            first.write(0, content("first", 0))
            fill(tmp_path / "f", "second", 3)
            first.write(1, content("first", 1))

    with pytest.raises(OutputError, match="Another render"):
        overtaken()
    assert frames_in(tmp_path / "f") == whole("second", 3)


def test_a_crash_between_the_two_last_renames_loses_nothing(tmp_path):
    """The old folder is aside already, the new one not yet in its place."""
    fill(tmp_path / "f", "old")
    interrupted(tmp_path / "f", stop=5, render="new")
    (tmp_path / "f").rename(tmp_path / ".f.gid-old")
    assert fill(tmp_path / "f", "new") == [5]
    assert frames_in(tmp_path / "f") == whole("new")


@given(cut=st.integers(0, 400), noise=st.binary(max_size=30))
def test_a_manifest_cut_or_spoiled_anywhere_costs_frames_but_never_mixes_them(tmp_path_factory, cut, noise):
    folder = tmp_path_factory.mktemp("f") / "f"
    interrupted(folder, stop=4)
    manifest = folder / MANIFEST
    manifest.write_bytes(manifest.read_bytes()[:cut] + noise)
    fill(folder)
    assert frames_in(folder) == whole()
    assert json.loads(manifest.read_text().splitlines()[0])["render"] == "first"


RENDER = """
import sys
from pathlib import Path
from gid_backend.frames_folder import filling
folder, render, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("begun", flush=True)
with filling(folder, render, count, ".png") as frames:
    for index in frames.missing:
        frames.write(index, f"{render} {index} ".encode() * 500)
"""


def process(folder, render, count, **options):
    words = [sys.executable, "-c", RENDER, str(folder), render, str(count)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_it_goes_on_and_is_never_a_mix(tmp_path, seed):
    """kill -9 while frames are written, three times over, with an older render in the place for odd seeds."""
    rng = random.Random(seed)
    folder, count = tmp_path / "f", 3000
    if seed % 2:
        fill(folder, "old", 5)
    for _ in range(3):
        with process(folder, "new", count) as render:
            assert render.stdout.readline() == "begun\n"
            time.sleep(rng.uniform(0.0, 0.4))
            render.send_signal(signal.SIGKILL)
        # Whatever there is is whole and of one render.
        if folder.exists() and frames_in(folder):
            seen = frames_in(folder)
            render = "old" if seen["frame_0001.png"].startswith(b"old") else "new"
            assert all(data == content(render, int(name[6:10]) - 1) for name, data in seen.items())
    fill(folder, "new", count)
    assert frames_in(folder) == whole("new", count)
    assert os.listdir(tmp_path) == ["f"]


def test_a_disk_that_fills_half_way_keeps_what_is_finished_and_goes_on_later(tmp_path):
    """Frames that grow, and a limit on the size of files: the third one does not fit any more."""
    growing = RENDER.replace("* 500", "* (100 + 100 * index)")
    words = [sys.executable, "-c", growing, str(tmp_path / "f"), "new", "6"]

    def small_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, preexec_fn=small_disk)
    assert "Cannot write frames" in done.stderr
    assert "2 of 6 frames are finished and stay there." in done.stderr
    assert sorted(frames_in(tmp_path / "f")) == ["frame_0001.png", "frame_0002.png"]
    assert not [name for name in os.listdir(tmp_path / "f") if name.startswith(".gid-new")]
    with filling(tmp_path / "f", "new", 6, ".png") as frames:
        assert frames.missing == [2, 3, 4, 5]
        for index in frames.missing:
            frames.write(index, b"more room")
