# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid page` as a person uses it; what a browser makes of the page is in tests/page."""

from __future__ import annotations

import base64
import io
import json
import re
import signal

import numpy as np
import pytest
from PIL import Image

from gid_backend.commands import run
from gid_backend.encode import write_image
from gid_blender.motion import DEMO, SpectralVolume, files

from .clips import smooth_volume, textured_picture


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    picture = textured_picture(48, 64)
    write_image(folder / "flower.png", picture)
    write_image(folder / "tall.png", textured_picture(64, 48))
    write_image(folder / "light.exr", picture.astype(np.float32) / 255, linear=True)
    cutout = np.dstack([picture, np.zeros((48, 64), np.uint8)])
    cutout[12:36, 16:48, 3] = 255
    write_image(folder / "cutout.png", cutout)
    files.save(smooth_volume(12, 16, amplitude=0.02), folder / "flower.npz")
    files.save(
        SpectralVolume(np.full((4, 2, 12, 16), 0.01) * [[[[1]]], [[[0]]], [[[0]]], [[[0]]]]), folder / "rest.npz"
    )
    return folder


@pytest.fixture
def gid(place, tmp_path, monkeypatch, capfd):
    """Run `gid page` in this process; returns the exit status and what it said."""
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)

    def call(picture, *words, volume="flower.npz"):
        status = run(["page", str(place / picture), str(place / volume), *map(str, words)])
        return status, " ".join(capfd.readouterr().err.split())

    yield call
    signal.signal(signal.SIGTERM, handler)


def facts(path):
    return json.loads(re.search(r'type="application/json">(.*?)</script>', path.read_text(encoding="utf-8"))[1])


def picture_in(path):
    found = re.search(r'src="data:image/webp;base64,(.*?)"', path.read_text(encoding="utf-8"))
    return Image.open(io.BytesIO(base64.b64decode(found[1])))


class TestPages:
    def test_a_page_is_one_file_named_after_the_picture(self, gid, tmp_path):
        status, said = gid("flower.png", "-o", "flower.html")
        assert status == 0
        assert re.fullmatch(r"flower\.html: 0\.\d\d MB", said)
        assert [path.name for path in tmp_path.iterdir()] == ["flower.html"]
        assert "<title>flower</title>" in (tmp_path / "flower.html").read_text(encoding="utf-8")

    def test_what_it_starts_with_can_be_chosen(self, gid, tmp_path):
        words = ["--title", "A <b>", "--amplitude", 1.5, "--speed", 2, "--still", "--damping", "demo"]
        assert gid("flower.png", "-o", "a.html", *words)[0] == 0
        found = facts(tmp_path / "a.html")
        assert (found["amplitude"], found["speed"], found["loop"]) == (1.5, 2, False)
        assert found["damping"] == [DEMO.alpha, DEMO.beta]
        assert "<title>A &lt;b&gt;</title>" in (tmp_path / "a.html").read_text(encoding="utf-8")

    def test_a_transparent_picture_stays_so(self, gid, tmp_path):
        assert gid("cutout.png", "-o", "a.html", "--size", 32)[0] == 0
        shown = np.asarray(picture_in(tmp_path / "a.html"))
        assert shown.shape == (24, 32, 4)
        assert (shown[0, 0, 3], shown[12, 16, 3]) == (0, 255)

    def test_light_is_shown_as_brightly_as_by_any_viewer(self, gid, tmp_path):
        """Scene-linear ½ is sRGB 188."""
        assert gid("light.exr", "-o", "a.html")[0] == 0
        shown, sent = np.asarray(picture_in(tmp_path / "a.html")).astype(float), textured_picture(48, 64) / 255.0
        expected = 255 * np.where(sent < 0.0031308, 12.92 * sent, 1.055 * sent ** (1 / 2.4) - 0.055)
        # WebP's own losses, on a picture that is noise.
        assert abs(shown.mean() - expected.mean()) < 2

    def test_a_large_picture_is_made_smaller(self, gid, tmp_path):
        assert gid("flower.png", "-o", "a.html", "--size", 40)[0] == 0
        assert picture_in(tmp_path / "a.html").size == (40, 30)

    def test_a_page_that_is_heavier_than_promised_says_so(self, gid, place, tmp_path):
        noise = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), np.uint8)
        write_image(place / "noise.png", noise)
        status, said = gid("noise.png", "-o", "a.html", "--size", 2000)
        assert status == 0
        assert "That is more than 3 MB; a smaller --size than 2000 makes it lighter." in said


class TestBadInput:
    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["-o", "a.htmx"], "“a.htmx” must end in .html."),
            (["-o", "a.html", "--damping", "honey"], "“honey” is none of paper, demo, lively."),
            (["-o", "a.html", "--equaliser", "loud"], "“loud” is none of "),
            (["-o", "/proc/none/a.html"], "Cannot write “/proc/none/a.html”"),
        ],
    )
    def test_one_sentence(self, gid, words, sentence):
        status, said = gid("flower.png", *words)
        assert status in (1, 2)
        assert sentence in said

    def test_a_picture_of_another_shape(self, gid, tmp_path):
        status, said = gid("tall.png", "-o", "a.html")
        assert status == 2
        assert "The motion (16×12) and the picture (48×64) differ in aspect" in said
        assert not list(tmp_path.iterdir())

    def test_motion_that_does_not_move(self, gid, tmp_path):
        status, said = gid("flower.png", "-o", "a.html", volume="rest.npz")
        assert status == 2
        assert "Nothing in this motion swings" in said

    def test_an_older_page_stays_when_a_new_one_cannot_be_made(self, gid, tmp_path):
        (tmp_path / "a.html").write_text("older", encoding="utf-8")
        assert gid("tall.png", "-o", "a.html")[0] == 2
        assert (tmp_path / "a.html").read_text(encoding="utf-8") == "older"
