# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid render` as a person uses it: formats, passes, going on after an interruption, and what it refuses."""

from __future__ import annotations

import dataclasses
import io
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import OpenEXR
import pytest
import torch
from PIL import Image

from gid_backend import frames_folder
from gid_backend.commands import run
from gid_backend.encode import encode_image, write_image
from gid_backend.images import read_image
from gid_backend.render_settings import RenderSettings
from gid_backend.renderer import MotionRenderer
from gid_backend.rendering.network import RepairNetwork
from gid_backend.shot import Shot
from gid_blender.motion import SpectralVolume, files

from .clips import smooth_volume, textured_picture

GID = Path(sys.executable).with_name("gid")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    write_image(folder / "flower.png", textured_picture(48, 64))
    cutout = np.dstack([textured_picture(48, 64), np.zeros((48, 64), np.uint8)])
    cutout[12:36, 16:48, 3] = 255
    write_image(folder / "cutout.png", cutout)
    files.save(smooth_volume(12, 16, amplitude=0.02), folder / "flower.npz")
    return folder


@pytest.fixture
def gid(place, tmp_path, monkeypatch, capfd):
    """Run it in this process; returns the exit status and what it said."""
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)

    def call(picture, *words):
        status = run(["render", str(place / picture), str(place / "flower.npz"), *map(str, words), "--device", "cpu"])
        return status, " ".join(capfd.readouterr().err.split())

    yield call
    signal.signal(signal.SIGTERM, handler)


def frames_in(folder):
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir()) if not path.name.startswith(".")}


def test_every_kind_of_film(gid, tmp_path):
    for name, codec in {"a.mp4": "h264", "a.mov": "prores", "a.gif": "gif"}.items():
        assert gid("flower.png", "-o", name, "--frames", 3)[0] == 0
        with av.open(name) as film:
            assert film.streams.video[0].codec_context.name == codec
            assert sum(1 for _ in film.decode(video=0)) == 3
    assert gid("flower.png", "-o", "a.webp", "--frames", 3)[0] == 0
    with Image.open("a.webp") as animation:
        assert animation.n_frames == 3
    assert sorted(os.listdir(tmp_path)) == ["a.gif", "a.mov", "a.mp4", "a.webp"]


@pytest.mark.parametrize(
    ("format", "depth", "suffix"),
    [("png", 8, ".png"), ("png", 16, ".png"), ("exr", 16, ".exr"), ("exr", 32, ".exr"), ("jpeg", 8, ".jpg")],
)
def test_frames_of_every_format_and_depth(gid, format, depth, suffix):
    status, said = gid("flower.png", "-o", "f", "--frames", 2, "--format", format, "--depth", depth)
    assert (status, "2 frames at 30 fps" in said) == (0, True), said
    names = list(frames_in("f"))
    assert names == [f"frame_0001{suffix}", f"frame_0002{suffix}"]
    if format == "exr":
        with OpenEXR.File(f"f/{names[0]}", separate_channels=True) as file:
            assert file.channels()["R"].pixels.dtype == f"float{depth}"
    else:
        assert read_image(f"f/{names[0]}").dtype == f"uint{depth}"


def test_passes_beside_a_film_and_beside_frames(gid):
    for output in ("a.mp4", "f"):
        words = ["-o", output, "--frames", 3, "--motion-vectors", "v", "--coverage", "c", "--shutter", 180]
        assert gid("flower.png", *words, "--shutter-samples", 2)[0] == 0
        names = [f"frame_000{i}.exr" for i in (1, 2, 3)]
        assert (list(frames_in("v")), list(frames_in("c"))) == (names, names)
    with OpenEXR.File("v/frame_0002.exr", separate_channels=True) as file:
        vectors = {name: channel.pixels for name, channel in file.channels().items()}
    # 2 % of 64 px of amplitude in a loop of three frames: pixels, no fractions.
    assert 0.5 < np.abs(vectors["Layer.Vector.X"]).max() < 10
    with OpenEXR.File("c/frame_0002.exr", separate_channels=True) as file:
        assert file.channels()["Y"].pixels.mean() > 0.9


def test_the_same_command_goes_on_and_another_one_begins_anew(gid):
    words = ["-o", "f", "--frames", 4, "--coverage", "c"]
    assert gid("flower.png", *words)[0] == 0
    whole, covered = frames_in("f"), frames_in("c")
    os.remove("f/frame_0003.png")
    os.remove("c/frame_0001.exr")
    kept = os.stat("f/frame_0001.png").st_mtime_ns
    status, said = gid("flower.png", *words)
    assert (status, "2 of which were there" in said) == (0, True), said
    assert (frames_in("f"), frames_in("c")) == (whole, covered)
    assert os.stat("f/frame_0001.png").st_mtime_ns == kept
    status, said = gid("flower.png", *words, "--amplitude", 2)
    assert (status, "were there" in said) == (0, False)
    assert all(data != whole[name] for name, data in frames_in("f").items())


def test_ctrl_c_says_what_is_finished_and_where_it_goes_on(gid, monkeypatch):
    write, left = frames_folder.FramesFolder.write, iter([None, None])

    def interrupted(self, index, data):
        # Two frames, and then the signal that the terminal sends.
        if next(left, signal.SIGINT) is not None:
            signal.raise_signal(signal.SIGINT)
        write(self, index, data)

    with monkeypatch.context() as patch:
        patch.setattr(frames_folder.FramesFolder, "write", interrupted)
        status, said = gid("flower.png", "-o", "f", "--frames", 5)
    expected = "gid: Interrupted; 2 of 5 frames are finished and stay there. The same command goes on with them."
    assert (status, said) == (130, expected)
    status, said = gid("flower.png", "-o", "f", "--frames", 5)
    assert "5 frames at 30 fps, 2 of which were there" in said


def test_a_render_that_is_killed_goes_on_to_the_very_same_frames(gid, place, tmp_path):
    words = ["-o", "f", "--frames", 80, "--device", "cpu"]
    command = [GID, "render", place / "flower.png", place / "flower.npz", *map(str, words)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 150
        while not (tmp_path / "f" / "frame_0003.png").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
    finished = frames_in("f")
    assert 3 <= len(finished) < 80
    # A frame may be in its place without its line in the manifest; it is made again, and the same.
    status, said = gid("flower.png", *words[:-2])
    assert (status, "of which were there" in said) == (0, True), said
    assert len(frames_in("f")) == 80
    assert gid("flower.png", "-o", "undisturbed", *words[2:-2])[0] == 0
    assert frames_in("f") == frames_in("undisturbed")
    assert sorted(os.listdir(tmp_path)) == ["f", "undisturbed"]


def test_frames_that_do_not_fit_on_the_disk_stop_it_and_the_others_stay(gid):
    """The limit lies between the sizes of the compressed still picture and of those that move."""
    plain = np.full((48, 64, 3), 90, np.uint8)
    plain[20:28, 30:34] = textured_picture(8, 4)
    write_image("plain.png", plain)
    assert gid(os.path.abspath("plain.png"), "-o", "f", "--frames", 8)[0] == 0
    sizes = [len(data) for data in frames_in("f").values()]
    limit = sizes[0]
    too_large = next((index for index, size in enumerate(sizes) if size > limit), None)
    assert too_large, sizes
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        # The manifest grows with the frames, and is small beside them at first.
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        status, said = gid(os.path.abspath("plain.png"), "-o", "g", "--frames", 8)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert status == 2
    assert "Cannot write frames" in said
    assert "finished and stay there" in said
    assert "Make room" in said
    done = frames_in("g")
    assert 0 < len(done) < 8
    assert gid(os.path.abspath("plain.png"), "-o", "g", "--frames", 8)[0] == 0
    assert frames_in("g") == frames_in("f")


@pytest.mark.parametrize(
    ("picture", "words", "expected"),
    [
        ("cutout.png", ["-o", "a.mp4"], "transparent in places, and .mp4 cannot be"),
        ("cutout.png", ["-o", "a.gif"], "--background"),
        ("cutout.png", ["-o", "f", "--format", "jpeg"], "ProRes"),
        ("cutout.png", ["-o", "a.mp4", "--background", "blurple"], "blurple"),
        ("flower.png", ["-o", "f", "--format", "jpeg", "--depth", "16"], "jpeg frames have 8 bits"),
        ("flower.png", ["-o", "a.mp4", "--format", "png"], "is a film"),
        ("flower.png", ["-o", "a.mp4", "--shutter", "1000"], "--shutter"),
        ("flower.png", ["-o", "a.mp4", "--shutter", "180", "--shutter-samples", "1"], "--shutter-samples"),
        ("flower.png", ["-o", "f", "--motion-vectors", "f"], "folder of its own"),
        ("flower.png", ["-o", "f", "--coverage", "f/c"], "folder of its own"),
        ("flower.png", ["-o", "a.mp4", "--coverage", "c", "--motion-vectors", "./c"], "folder of its own"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line_before_any_work(gid, tmp_path, picture, words, expected):
    status, said = gid(picture, *words)
    assert status == 2
    assert expected in said
    assert os.listdir(tmp_path) == []


def test_the_picture_is_not_replaced_by_its_film(gid, place, tmp_path):
    with Image.open(place / "flower.png") as picture:
        picture.save(tmp_path / "still.webp")
    before = (tmp_path / "still.webp").read_bytes()
    status, said = gid(tmp_path / "still.webp", "-o", "still.webp", "--frames", 3)
    assert status == 2
    assert "is the picture itself" in said
    assert (tmp_path / "still.webp").read_bytes() == before


@pytest.mark.parametrize("output", ["f", "a.mp4"])
def test_a_motion_that_leaves_the_view_later_is_refused_before_its_first_frame(gid, place, tmp_path, output):
    """At frame 0 it is at rest. What is in the folder already is not touched for what can never be complete."""
    volume = files.load(place / "flower.npz")
    files.save(dataclasses.replace(volume, spectrum=1j * volume.spectrum.imag), place / "rest.npz")
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "frame_0001.png").write_bytes(b"older")
    status = run(["render", str(place / "flower.png"), str(place / "rest.npz"), "-o", output, "--amplitude", "100"])
    assert status == 2
    assert os.listdir(tmp_path) == ["f"]
    assert frames_in("f") == {"frame_0001.png": b"older"}
    status, said = gid("flower.png", "-o", output, "--amplitude", "100")
    assert "Lower the amplitude to" in said


def test_transparency_is_kept_or_laid_on_the_background(gid):
    assert gid("cutout.png", "-o", "f", "--frames", 2)[0] == 0
    assert read_image("f/frame_0002.png").shape == (48, 64, 4)
    assert gid("cutout.png", "-o", "a.mov", "--frames", 2)[0] == 0
    with av.open("a.mov") as film:
        assert "yuva444p" in film.streams.video[0].codec_context.pix_fmt
    assert gid("cutout.png", "-o", "a.mp4", "--frames", 2, "--background", "#00ff00")[0] == 0
    with av.open("a.mp4") as film:
        frame = next(film.decode(video=0))
        pixels = frame.reformat(format="rgb24", src_colorspace=frame.colorspace).to_ndarray()
    assert np.abs(pixels[:6, :6].astype(int) - [0, 255, 0]).max() <= 4


def test_exr_in_scene_linear_values_above_1_out(gid, tmp_path):
    bright = textured_picture(48, 64).astype(np.float32) / 10
    write_image(tmp_path / "bright.exr", bright, linear=True)
    assert gid(tmp_path / "bright.exr", "-o", "f", "--frames", 2, "--amplitude", 0)[0] == 0
    with OpenEXR.File(io.BytesIO(frames_in("f")["frame_0002.exr"])) as file:
        np.testing.assert_array_equal(file.channels()["RGB"].pixels, bright)


@pytest.fixture(scope="module")
def torn(place):
    """A motion with a jump, beside which there is something to repair and to cover."""
    spectrum = np.zeros((4, 2, 12, 16), np.complex64)
    spectrum[1, 0, 3:9, 4:12] = 0.06
    spectrum[1, 0, 3:9, :4] = 0.02
    path = place / "torn.npz"
    files.save(SpectralVolume(spectrum, frames=30), path)
    return path


def test_the_renderer_itself_can_be_chosen(place, torn, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(1)
    network = RepairNetwork()
    with torch.no_grad():
        # As it is made, it changes nothing.
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    network.save(tmp_path / "own.safetensors", {})
    seen = {}
    for name, words in {
        "shipped": [],
        "plain": ["--no-repair"],
        "unordered": ["--no-repair", "--order", "0"],
        "own": ["--renderer-weights", "own.safetensors"],
    }.items():
        # The same folder each time: what another renderer made is never gone on with.
        command = ["render", str(place / "flower.png"), str(torn), "-o", "f", "--frames", "3", "--device", "cpu"]
        assert run([*command, *words]) == 0, capfd.readouterr().err
        assert "which were there" not in capfd.readouterr().err
        seen[name] = b"".join(frames_in("f").values())
    assert len(set(seen.values())) == 4
    settings = RenderSettings(repair=False)
    renderer = MotionRenderer.load("cpu", settings)
    shot = Shot.loop(read_image(place / "flower.png"), files.load(torn), 3)
    frames = [encode_image(rendered.frame, "png") for rendered in shot.render(renderer)]
    assert b"".join(frames) == seen["plain"]


def test_weights_that_are_not_the_renderers_are_refused(gid, tmp_path):
    (tmp_path / "own.safetensors").write_bytes(b"nothing")
    status, said = gid("flower.png", "-o", "f", "--renderer-weights", "own.safetensors")
    assert status
    assert "own.safetensors" in said
    assert not (tmp_path / "f").exists()
