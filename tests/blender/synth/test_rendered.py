# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered scenes from the real renderer, made as the generator makes them: by a child with Blender in it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BACKEND = Path(__file__).resolve().parents[3] / "backend"


def make(folder, *arguments):
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "gid_backend.synth.rendered.child", str(folder), *arguments]
    environment = dict(os.environ, PYTHONPATH=str(BACKEND), OMP_NUM_THREADS="1")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=150)
    scenes = {}
    for file in folder.glob("*.npz"):
        with np.load(file, allow_pickle=False) as z:
            scenes[int(file.stem)] = {n: z[n] for n in z.files}
    return done, scenes


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    done, made = make(tmp_path_factory.mktemp("rendered"), "--family", "leaves", "3", "4")
    assert done.stdout.split("\n")[:2] == ["made 3", "made 4"], done.stderr[-2000:]
    return made


def test_pictures_and_part_maps_are_whole(scenes):
    for scene in scenes.values():
        h, w = scene["part_index"].shape
        assert h % 16 == 0
        assert w % 16 == 0
        assert 30_000 < h * w < 55_000
        assert scene["picture"].shape == (h, w, 3)
        assert np.isfinite(scene["picture"]).all()
        assert scene["picture"].std() > 0.01
        assert scene["part_index"].dtype == np.uint16
        assert scene["part_index"].max() < len(scene["parts_parent"])
        # Some of it moves, and not everything.
        assert 0.02 < (scene["part_index"] > 0).mean() < 0.98


def test_parts_lie_where_the_map_shows_them(scenes):
    """The projection in numpy and Cycles' camera agree: leaves are seen within a leaf's length from their pivot."""
    for scene in scenes.values():
        index, pivot = scene["part_index"], scene["parts_pivot"]
        width = index.shape[1]
        near, count = 0, 0
        for part in np.unique(index[index > 0]):
            y, x = np.nonzero(index == part)
            if len(y) < 12:
                continue
            at = np.stack([(x + 0.5) / width, (y + 0.5) / width], 1)
            gap = np.linalg.norm(at - pivot[part], axis=1).min()
            reach = np.ptp(at, axis=0).max()
            count += 1
            # A pixel and a half, and what the leaf itself hides or the stalk leaves free.
            near += gap < 0.5 * reach + 1.5 / width
        assert count > 5
        assert near / count > 0.8


def test_the_same_number_gives_the_same_scene(scenes, tmp_path):
    _, again = make(tmp_path / "again", "--family", "leaves", "4")
    for name, value in scenes[4].items():
        if name == "picture":
            # The denoiser's sums depend on what the processor offers at the time; a thousandth is not seen.
            assert np.allclose(value, again[4][name], rtol=1e-3, atol=1e-3)
        else:
            assert np.array_equal(value, again[4][name]), name


def test_what_stands_still_is_the_world_alone(tmp_path):
    _, made = make(tmp_path / "still", "--family", "still", "5")
    assert not made[5]["part_index"].any()
    assert len(made[5]["parts_parent"]) == 1


def test_an_unknown_family_is_a_failure_that_is_told(tmp_path):
    done, made = make(tmp_path / "none", "--family", "unicorns", "1")
    assert not made
    assert done.stdout.startswith("failed 1 KeyError")
