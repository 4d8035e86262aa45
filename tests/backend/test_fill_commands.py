# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid fill`: files in, a file out; depth kept; one line for what cannot be."""

import cv2
import numpy as np
import pytest

from gid_backend.cli import main
from gid_backend.images import read_image


@pytest.fixture
def files(tmp_path):
    random = np.random.default_rng(0)
    picture = random.integers(0, 65535, (48, 64, 3), np.uint16)
    mask = np.zeros((48, 64), np.uint8)
    mask[20:30, 20:30] = 255
    cv2.imwrite(str(tmp_path / "picture.png"), picture)
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    return tmp_path, mask


def test_sixteen_bits_stay_and_a_widened_mask_fills_more(files, capsys):
    folder, mask = files
    paths = [str(folder / name) for name in ("picture.png", "mask.png")]
    assert main(["fill", *paths, "-o", str(folder / "out.png")]) == 0
    assert "64×48, 3.3% filled" in capsys.readouterr().err
    before, after = read_image(paths[0]), read_image(folder / "out.png")
    assert after.dtype == np.uint16
    assert np.array_equal((before != after).any(axis=-1), mask > 0)
    assert main(["fill", *paths, "-o", str(folder / "wide.png"), "--grow", "2"]) == 0
    changed = (before != read_image(folder / "wide.png")).any(axis=-1)
    assert changed[18:32, 24:26].all()
    assert not changed[17].any()


def test_wrong_use_is_one_line_and_writes_nothing(files, capsys):
    folder, mask = files
    cv2.imwrite(str(folder / "small.png"), mask[:20])
    picture, out = str(folder / "picture.png"), folder / "out.png"
    assert main(["fill", picture, str(folder / "small.png"), "-o", str(out)]) == 2
    assert "The mask is 64×20 pixels, the picture 64×48" in capsys.readouterr().err
    assert main(["fill", picture, str(folder / "mask.png"), "-o", str(folder / "out.jpg")]) == 2
    assert not out.exists()
