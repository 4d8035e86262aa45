# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid` as people use it: the installed command, in a process of its own."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest

from gid_backend.encode import write_image
from gid_backend.images import read_image
from gid_blender.motion import files

from .clips import smooth_volume, textured_picture, warped

GID = Path(sys.executable).parent / "gid"


def gid(*words, **options):
    # One thread: pictures this small are slower with more of them.
    environment = {**os.environ, "GID_DEVICE": "cpu", "COLUMNS": "100", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [GID, *map(str, words)], capture_output=True, text=True, timeout=300, env=environment, check=False, **options
    )


def assert_refused(result, *words):
    """Exit status 2 and exactly one line on stderr, with these words in it."""
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("gid: ")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder, with a name that tests names, holding a picture and a volume."""
    folder = tmp_path_factory.mktemp("Wiese é 風 ")
    write_image(folder / "flower.png", textured_picture(48, 64))
    files.save(smooth_volume(12, 16, amplitude=0.02), folder / "flower.npz")
    (folder / "text.jpg").write_text("no picture")
    (folder / "text.npz").write_text("no volume")
    return folder


def frames_in(folder):
    """What a person sees in it."""
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def test_help_shows_every_command_and_how_to_use_it():
    overview = gid("--help")
    assert overview.returncode == 0
    for command in ("predict", "render", "animate", "extract", "info", "train", "evaluate", "worker"):
        assert f" {command} " in overview.stdout
    for command in ("predict", "render", "animate", "extract", "info"):
        page = gid(command, "--help")
        assert page.returncode == 0
        assert f"gid {command} " in page.stdout.split("Examples:")[1]


def test_version():
    assert gid("--version").stdout == "gid 0.1.0\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["frobnicate"], "frobnicate"),
        (["render", "flower.png"], "Missing"),
        (["render", "flower.png", "flower.npz", "-o", "a.mp4", "--frames", "many"], "integer"),
        (["render", "flower.png", "flower.npz", "-o", "a.mp4", "--frames", "0"], "--frames"),
        (["render", "flower.png", "flower.npz", "-o", "a", "--format", "bmp"], "bmp"),
        (["render", "flower.png", "flower.npz", "-o", "a.avi"], "a.avi"),
        (["render", "missing.png", "flower.npz", "-o", "a.mp4"], "missing.png"),
        (["render", "text.jpg", "flower.npz", "-o", "a.mp4"], "text.jpg"),
        (["render", ".", "flower.npz", "-o", "a.mp4"], "folder"),
        (["render", "flower.png", "text.npz", "-o", "a.mp4"], "text.npz"),
        (["render", "flower.png", "missing.npz", "-o", "a.mp4"], "missing.npz"),
        (["render", "flower.png", "flower.npz", "-o", "flower.png/a.mp4"], "flower.png"),
        (["render", "flower.png", "flower.npz", "-o", "x" * 300 + ".mp4"], "too long"),
        (["render", "flower.png", "flower.npz", "-o", "."], "holds other things"),
        (["animate", "missing.png", "-o", "a.mp4"], "missing.png"),
        (["predict", "flower.png", "-o", "a.zip"], ".npz"),
        (["predict", "flower.png", "-o", "a.npz", "--weights", "missing.safetensors"], "missing.safetensors"),
        (["predict", "flower.png", "-o", "a.npz", "--weights", "text.jpg"], "text.jpg"),
        (["predict", "flower.png", "-o", "a.npz", "--seed", str(2**64)], "than or equal to 18446744073709551615"),
        (["extract", "text.jpg", "-o", "a.npz"], "text.jpg"),
        (["extract", "flower.png", "-o", "a.npz"], "1 frame"),
        (["info", "text.npz"], "text.npz"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_wrong_use_and_bad_input_give_one_line_and_status_2(place, words, expected):
    before = sorted(os.listdir(place))
    assert_refused(gid(*words, cwd=place), expected)
    assert sorted(os.listdir(place)) == before


def test_info_lists_the_bands(place):
    shown = gid("info", "flower.npz", cwd=place)
    assert shown.returncode == 0
    assert "16 bands of 16×12, 150 frames at 30 fps, 5 s" in shown.stdout
    assert "3.00" in shown.stdout


def test_render_writes_a_film_of_the_volumes_length(place, tmp_path):
    done = gid("render", "flower.png", "flower.npz", "-o", tmp_path / "new" / "loop.mp4", cwd=place)
    assert done.returncode == 0, done.stderr
    with av.open(str(tmp_path / "new" / "loop.mp4")) as film:
        assert film.streams.video[0].average_rate == 30
        assert sum(1 for _ in film.decode(video=0)) == 150
    assert os.listdir(tmp_path / "new") == ["loop.mp4"]


def test_render_writes_frames_that_keep_16_bits(place, tmp_path):
    deep = textured_picture(48, 64).astype(np.uint16) * 257
    write_image(tmp_path / "deep.png", deep)
    done = gid("render", tmp_path / "deep.png", "flower.npz", "-o", tmp_path / "f", "--frames", 3, cwd=place)
    assert done.returncode == 0, done.stderr
    assert frames_in(tmp_path / "f") == ["frame_0001.png", "frame_0002.png", "frame_0003.png"]
    assert read_image(tmp_path / "f" / "frame_0002.png").dtype == np.uint16


def test_amplitude_0_gives_the_picture_itself(place, tmp_path):
    done = gid("render", "flower.png", "flower.npz", "-o", tmp_path / "f", "--frames", 2, "--amplitude", 0, cwd=place)
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(read_image(tmp_path / "f" / "frame_0002.png"), textured_picture(48, 64))


def test_an_exr_picture_gives_exr_frames(place, tmp_path):
    bright = textured_picture(48, 64).astype(np.float32) / 20
    write_image(tmp_path / "bright.exr", bright, linear=True)
    done = gid("render", tmp_path / "bright.exr", "flower.npz", "-o", tmp_path / "f", "--frames", 2, cwd=place)
    assert done.returncode == 0, done.stderr
    frame = read_image(tmp_path / "f" / "frame_0002.exr")
    assert frame.dtype == np.float32
    assert frame.max() > 8


def test_predict_writes_a_volume_and_render_plays_it(place, tmp_path):
    done = gid("predict", "flower.png", "-o", tmp_path / "v.npz", "--seed", 5, "--steps", 2, cwd=place)
    assert done.returncode == 0, done.stderr
    volume = files.load(tmp_path / "v.npz")
    assert volume.meta["seed"] == 5
    assert volume.meta["settings"]["steps"] == 2
    assert volume.bands == 16
    done = gid("render", "flower.png", tmp_path / "v.npz", "-o", tmp_path / "f", "--frames", 2, cwd=place)
    assert done.returncode == 0, done.stderr
    assert len(frames_in(tmp_path / "f")) == 2


def test_animate_goes_from_picture_to_loop(place, tmp_path):
    done = gid("animate", "flower.png", "-o", tmp_path / "loop.webp", "--steps", 1, "--frames", 4, cwd=place)
    assert done.returncode == 0, done.stderr
    assert os.listdir(tmp_path) == ["loop.webp"]
    assert "4 frames at 30 fps" in done.stderr


def test_extract_finds_the_motion_of_a_film(place, tmp_path):
    picture, volume = textured_picture(64, 96), smooth_volume(64, 96, amplitude=0.02, bands=4)
    with av.open(str(tmp_path / "clip.mp4"), "w") as film:
        stream = film.add_stream("libx264", rate=10, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for i in range(40):
            frame = warped(picture, 96 * (volume.displacement(i * 3.75) - volume.displacement(0)))
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        film.mux(stream.encode())
    done = gid("extract", tmp_path / "clip.mp4", "-o", tmp_path / "clip.npz")
    assert done.returncode == 0, done.stderr
    found = files.load(tmp_path / "clip.npz")
    assert found.duration == pytest.approx(4.0)
    a, b = volume.spectrum[1].ravel(), found.spectrum[1].ravel()
    assert abs(np.vdot(a, b)) / (np.linalg.norm(a) * np.linalg.norm(b)) > 0.95


def test_ctrl_c_ends_it_cleanly(place, tmp_path):
    words = [GID, "render", place / "flower.png", place / "flower.npz", "-o", tmp_path / "a.mp4", "--frames", "100000"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob(".gid-*/new.mp4")) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_nothing_half_written(place, tmp_path):
    def small_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    done = gid(
        "render", "flower.png", "flower.npz", "-o", tmp_path / "f", "--frames", 3, cwd=place, preexec_fn=small_disk
    )
    assert done.returncode != 0
    assert "Cannot write" in done.stderr
    assert done.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_the_worker_answers_without_loading_the_command_line(place):
    code = (
        "import sys, gid_backend.cli\n"
        "heavy = {'typer', 'rich', 'torch', 'cv2', 'av', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
