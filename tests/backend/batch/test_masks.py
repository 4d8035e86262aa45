# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks of a batch: found by their names, honoured by everything that is made, and part of what a result depends on."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gid_backend.batch.errors import BatchError
from gid_backend.batch.masks import with_masks
from gid_backend.batch.pictures import find_pictures
from gid_backend.commands import run
from gid_blender.motion import files

from .conftest import contents


def paint(path, size=(96, 72), free=np.s_[:, 48:], grey=255):
    """A mask file that is black but for a part."""
    values = np.zeros((size[1], size[0]), np.uint8)
    values[free] = grey
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)
    return path


class TestFinding:
    @pytest.fixture
    def folder(self, tmp_path):
        names = ("lamp.jpg", "lamp.mask.png", "tree.png", "face.mask.png", "street/lamp.png", "street/lamp.mask.tif")
        for name in (*names, "masks/lamp.png", "masks/street/lamp.png", "masks/other.png"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    def found(self, folder, masks=None, **options):
        pictures = with_masks(find_pictures(folder, recursive=True, masks=masks, **options), masks)
        return {p.name: p.mask and p.mask.relative_to(folder).as_posix() for p in pictures}

    def test_beside_its_picture_a_mask_bears_its_name_and_is_no_picture_itself(self, folder):
        shutil.rmtree(folder / "masks")
        assert self.found(folder) == {
            # Without a face.png it is a picture that somebody has called so.
            "face.mask.png": None,
            "lamp.jpg": "lamp.mask.png",
            "street/lamp.png": "street/lamp.mask.tif",
            "tree.png": None,
        }
        # Patterns choose pictures.
        assert self.found(folder, patterns=["lamp.*"]) == {
            "lamp.jpg": "lamp.mask.png",
            "street/lamp.png": "street/lamp.mask.tif",
        }

    def test_a_folder_of_masks_mirrors_that_of_the_pictures_and_holds_no_pictures(self, folder):
        assert self.found(folder, folder / "masks") == {
            "face.mask.png": None,
            "lamp.jpg": "masks/lamp.png",
            "street/lamp.png": "masks/street/lamp.png",
            "tree.png": None,
        }

    def test_what_cannot_be_told_apart_or_belongs_to_nothing_is_refused(self, folder):
        (folder / "lamp.mask.jpg").touch()
        with pytest.raises(BatchError, match=r"“lamp\.jpg” has two masks"):
            self.found(folder)
        with pytest.raises(BatchError, match="cannot have the same names"):
            self.found(folder, folder)
        with pytest.raises(BatchError, match="does not exist"):
            self.found(folder, folder / "nowhere")
        (folder / "empty").mkdir()
        with pytest.raises(BatchError, match="is called like one of those") as caught:
            self.found(folder, folder / "empty")
        assert "street/lamp.png" in caught.value.hint


@pytest.fixture
def street(pictures, tmp_path):
    """flower.png, and street/flower.png without a mask."""
    return Path(shutil.copytree(pictures, tmp_path / "photos"))


def made(lines, picture):
    """The files of the first motion of a picture."""
    return next([Path(path) for path in line["files"]] for line in lines if line["picture"] == picture)


def rgb(path):
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def test_a_folder_whose_name_no_disk_takes_does_not_exist(street):
    with pytest.raises(BatchError, match="does not exist"):
        with_masks(find_pictures(street), Path("a" * 300))
    with pytest.raises(BatchError, match="does not exist"):
        find_pictures(Path("a" * 300))


def test_what_is_black_stays_bit_for_bit_and_a_mask_of_another_size_is_stretched(batch, street, tmp_path):
    with Image.open(street / "flower.png") as opened:
        width, height = opened.size
    # Half as large as the picture, and of another shape.
    paint(street / "flower.mask.png", (width // 2, height // 3), np.s_[:, width // 4 :])
    status, said, lines = batch(street, "-r", "--make", "frames", "--frames", 4)
    assert status == 0, said
    assert "1 of 2 pictures have a mask" in said
    picture = rgb(street / "flower.png")
    _, folder = made(lines, "flower.png")
    moved = np.max([np.abs(rgb(frame) - picture) for frame in folder.glob("*.png")], axis=(0, 3))
    assert not moved[:, : width // 2].any()
    assert moved[:, width // 2 :].any()
    # What nobody has masked moves everywhere else.
    _, folder = made(lines, "street/flower.png")
    picture = rgb(street / "street" / "flower.png")
    moved = np.max([np.abs(rgb(frame) - picture) for frame in folder.glob("*.png")], axis=(0, 3))
    assert moved[: height // 2].any()


def test_a_film_of_the_batch_is_the_one_that_animate_makes_with_that_mask(batch, street, weights, tmp_path):
    """Greys included, which are not to weaken the motion twice."""
    mask = paint(tmp_path / "masks" / "flower.png", free=np.s_[:, 30:], grey=128)
    status, said, lines = batch(street, "--make", "frames", "--frames", 3, "--masks", mask.parent)
    assert status == 0, said
    options = ["--steps", 2, "--weights", weights, "--frames", 3, "--device", "cpu"]
    words = ["animate", street / "flower.png", "-o", "single", "--mask", mask, *options]
    assert run([str(word) for word in words]) == 0
    volume, folder = made(lines, "flower.png")
    frames = sorted(path.name for path in folder.glob("*.png"))
    assert len(frames) == 3
    assert all((folder / name).read_bytes() == (Path("single") / name).read_bytes() for name in frames)
    # The volume is still where the mask is black; docs/batch.md says how it is rendered with the greys.
    again = ["render", street / "flower.png", volume, "-o", "again", "--mask", mask, *options[4:]]
    assert run([str(word) for word in again]) == 0
    assert all((folder / name).read_bytes() == (Path("again") / name).read_bytes() for name in frames)
    still = np.abs(files.load(volume).spectrum).max(axis=(0, 1))
    assert not still[:, : still.shape[1] // 4].any()
    assert still[:, still.shape[1] // 2 :].any()


def test_sheets_and_pages_show_what_may_move(batch, street):
    words = ["--make", "page", "--sheet", "--pattern", "flower.png"]
    batch(street, *words)
    free = contents("out")
    paint(street / "flower.mask.png", grey=255)
    status, said, lines = batch(street, *words)
    assert status == 0, said
    # Beside those without the mask, not in place of them.
    masked = {name: data for name, data in contents("out").items() if name not in free}
    assert len(masked) == len(free)
    page, other = (next(d for n, d in each.items() if n.endswith("html")) for each in (masked, free))
    assert page != other
    [sheet] = [Path(path) for line in lines if line["seed"] is None for path in line["files"]]
    cells = rgb(sheet)
    with Image.open(street / "flower.png") as opened:
        width = opened.width
    # The first cell shows where it moves: not in its left half.
    assert cells[30:60, 8 : 4 + width // 2 - 8].max() < 10
    assert cells[30:60, 4 + width // 2 : 4 + width].max() > 40


def test_another_mask_is_another_result_and_the_same_one_is_done_once(batch, street):
    paint(street / "flower.mask.png")
    assert batch(street)[2][0]["state"] == "done"
    first = contents("out")
    assert batch(street)[2][0]["state"] == "skipped"
    paint(street / "flower.mask.png", free=np.s_[40:])
    assert batch(street)[2][0]["state"] == "done"
    assert len(contents("out")) == len(first) + 1


@pytest.mark.parametrize("kind", ["no picture", "empty", "black"])
def test_a_mask_that_is_none_is_told_of_with_its_name_and_the_others_are_done(batch, street, kind):
    mask = street / "flower.mask.png"
    if kind == "black":
        paint(mask, grey=0)
    else:
        mask.write_bytes(b"" if kind == "empty" else b"no picture")
    status, _, lines = batch(street, "-r")
    assert status == 1
    state = {line["picture"]: (line["state"], line["sentence"]) for line in lines}
    assert state["street/flower.png"][0] == "done"
    assert state["flower.png"][0] == "failed"
    assert "flower.mask.png" in state["flower.png"][1]
