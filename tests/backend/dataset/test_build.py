# SPDX-License-Identifier: GPL-3.0-or-later
"""From a folder of videos to a data set, whatever lies in the folder and whatever is killed on the way."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from safetensors.numpy import load_file

from gid_backend.atomic import OutputError
from gid_backend.dataset.build import build
from gid_backend.dataset.errors import DatasetError
from gid_backend.dataset.index import SHARDS, read_index
from gid_backend.dataset.settings import Settings
from gid_backend.dataset.shards import read_facts

from .videos import QUICK


def contents(folder):
    """By shard what it says and every tensor's bytes; the header's own entries come in any order."""
    return {path.name: (read_facts(path), load_file(path)) for path in sorted((folder / SHARDS).iterdir())}


def assert_same(folder, other):
    ours, theirs = contents(folder), contents(other)
    assert ours.keys() == theirs.keys()
    for name, (facts, tensors) in ours.items():
        assert facts == theirs[name][0]
        assert {key: value.tobytes() for key, value in tensors.items()} == {
            key: value.tobytes() for key, value in theirs[name][1].items()
        }


class TestAFolderOfVideos:
    def test_every_usable_clip_gives_its_pairs(self, built):
        _, index = built
        names = {digest: clip["name"] for digest, clip in index.clips.items()}
        pairs = Counter(names[pair["clip"]] for pair in index.pairs)
        # Every 50th frame of 150; of the clip of 170 frames the only start that has 150 after it.
        assert pairs == {"meadow/wiesé 風.mp4": 3, "pink_rose.mp4": 3, "wanders.mkv": 1}

    def test_loops_are_recognised(self, built):
        _, index = built
        assert {clip["name"]: bool(clip["period"]) for clip in index.clips.values()} == {
            "meadow/wiesé 風.mp4": True,
            "pink_rose.mp4": True,
            "wanders.mkv": False,
            "still.gif": True,
        }
        assert {pair["clip"] for pair in index.pairs if not pair["periodic"]} == {
            digest for digest, clip in index.clips.items() if clip["name"] == "wanders.mkv"
        }

    def test_what_is_no_use_is_listed_and_the_run_goes_on(self, built):
        _, index = built
        assert set(index.problems) == {"damaged.mov", "short.webm"}
        assert "cannot be read as a video" in index.problems["damaged.mov"]
        assert "lasts 1.3 s and is no loop" in index.problems["short.webm"]

    def test_verdicts_are_told_clip_by_clip(self, built):
        _, index = built
        verdicts = {clip["name"]: index.verdicts[digest] for digest, clip in index.clips.items()}
        assert set(verdicts["still.gif"]) == {"still"}
        assert verdicts["pink_rose.mp4"] == {"kept": 3}

    def test_the_index_is_what_was_returned(self, built):
        folder, index = built
        assert read_index(folder) == index

    def test_without_an_index_the_shards_tell(self, built, tmp_path):
        folder, index = built
        copy = shutil.copytree(folder, tmp_path / "copy")
        (copy / "index.json").unlink()
        assert read_index(copy).pairs == index.pairs

    def test_a_second_run_does_nothing_again(self, built, videos, tmp_path):
        folder, index = built
        copy = shutil.copytree(folder, tmp_path / "copy")
        before = {path: path.stat().st_mtime_ns for path in (copy / SHARDS).iterdir()}
        assert build(videos, copy, jobs=1) == index
        assert {path: path.stat().st_mtime_ns for path in (copy / SHARDS).iterdir()} == before

    def test_the_same_video_under_two_names_counts_once(self, videos, tmp_path):
        for name in ("a.mp4", "b.mp4"):
            shutil.copy(videos / "pink_rose.mp4", tmp_path / name)
        index = build(tmp_path, tmp_path / "set", QUICK, loops="yes")
        assert len(index.pairs) == 3
        assert "same file as “a.mp4”" in index.problems["b.mp4"]


class TestInterruptions:
    def test_a_run_killed_at_any_moment_is_continued(self, videos, built, tmp_path):
        """By a signal that nothing can catch, in a process of its own, when the first shard has just been written."""
        folder = tmp_path / "set"
        script = (
            "import sys; from pathlib import Path; from gid_backend.dataset.build import build\n"
            "from tests.backend.dataset.videos import QUICK\n"
            "if __name__ == '__main__': build(Path(sys.argv[1]), Path(sys.argv[2]), QUICK, jobs=1)\n"
        )
        path = tmp_path / "run.py"
        path.write_text(script)
        root = Path(__file__).resolve().parents[3]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "backend")])}
        process = subprocess.Popen(
            [sys.executable, str(path), str(videos), str(folder)], env=environment, start_new_session=True
        )
        deadline = time.monotonic() + 120
        while not list(folder.glob(f"{SHARDS}/*.safetensors")) and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert len(contents(folder)) < len(contents(built[0]))
        index = build(videos, folder, QUICK, jobs=1)
        assert index == built[1]
        assert_same(folder, built[0])

    def test_a_full_disk_keeps_what_was_written(self, videos, built, tmp_path, monkeypatch):
        folder = tmp_path / "set"
        written = Path.write_bytes

        def until_full(path, data):
            if len(list(folder.glob(f"{SHARDS}/*.safetensors"))) == 1 and path.suffix == ".safetensors":
                raise OSError(errno.ENOSPC, "No space left on device")
            return written(path, data)

        monkeypatch.setattr(Path, "write_bytes", until_full)
        with pytest.raises(OutputError, match="No space left"):
            build(videos, folder, QUICK, jobs=1)
        assert len(contents(folder)) == 1
        monkeypatch.undo()
        assert build(videos, folder, QUICK, jobs=1).pairs == built[1].pairs

    def test_a_damaged_shard_is_made_again(self, videos, built, tmp_path):
        copy = shutil.copytree(built[0], tmp_path / "copy")
        shard = sorted((copy / SHARDS).iterdir())[0]
        shard.write_bytes(shard.read_bytes()[:100])
        assert read_index(copy) == built[1], "the index is not made anew for it"
        build(videos, copy, jobs=1)
        assert_same(copy, built[0])


class TestRefusals:
    def test_a_folder_without_videos(self, tmp_path):
        with pytest.raises(DatasetError, match="No videos"):
            build(tmp_path, tmp_path / "set")

    def test_a_set_that_was_made_otherwise(self, built, videos):
        with pytest.raises(DatasetError, match="bands 8 instead of 24") as caught:
            build(videos, built[0], Settings())
        assert "another folder" in caught.value.hint

    @pytest.mark.parametrize(
        "text", ["", "{}", "[1]", '{"format": "gid-motion-0"}', '{"format": "gid-motion-1", "x": 1}']
    )
    def test_a_set_that_says_nothing_sensible_of_itself(self, tmp_path, text):
        (tmp_path / "dataset.json").write_text(text)
        with pytest.raises(DatasetError):
            read_index(tmp_path)

    def test_a_folder_that_is_none(self, tmp_path):
        with pytest.raises(DatasetError, match="is no data set"):
            read_index(tmp_path)


class TestProcessesThatDie:
    """A decoder may crash on a file, and memory may run out; both end a process without a word."""

    def test_what_one_of_them_did_is_done_again(self, videos, built, tmp_path):
        with killing_processes(most=1) as killed:
            index = build(videos, tmp_path / "set", QUICK, jobs=2)
        assert len(killed) == 1
        assert index == built[1]
        assert_same(tmp_path / "set", built[0])

    def test_a_clip_at_which_they_die_again_and_again_is_listed(self, videos, tmp_path):
        folder = tmp_path / "videos"
        folder.mkdir()
        shutil.copy(videos / "pink_rose.mp4", folder)
        with killing_processes(most=100):
            index = build(folder, tmp_path / "set", QUICK, jobs=1)
        assert "was ended 3 times" in index.problems["pink_rose.mp4"]


@contextmanager
def killing_processes(most):
    """Kill up to `most` of the processes that are started in the block, as soon as they are there; gives those."""
    own = set(psutil.Process().children(recursive=True))
    killed = []
    over = threading.Event()

    def kill():
        while not over.wait(0.02):
            for child in psutil.Process().children(recursive=True):
                if child not in own and len(killed) < most and child not in killed and is_worker(child):
                    child.kill()
                    killed.append(child)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def is_worker(process):
    """Python starts a process beside the workers that clears up after them; it is not what is meant."""
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:
        return False
