# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes are checked when made, and shards give back what was put in."""

from dataclasses import fields, replace

import numpy as np
import pytest

from gid_backend.synth.families import make_scene
from gid_backend.synth.rig import Rig
from gid_backend.synth.scene import Parts, Scene, SceneError, load_scenes, save_scenes


@pytest.fixture(scope="module")
def scenes():
    return [make_scene(seed, family=f) for seed, f in enumerate(("broadleaf", "laundry", "still"))]


def test_a_shard_gives_back_what_was_saved(scenes, tmp_path):
    path = tmp_path / "scenes.npz"
    save_scenes(path, scenes)
    loaded = list(load_scenes(path))
    assert len(loaded) == len(scenes)
    for a, b in zip(scenes, loaded, strict=True):
        assert (a.family, a.seed) == (b.family, b.seed)
        assert np.array_equal(a.part_index, b.part_index)
        for f in fields(Parts):
            assert np.array_equal(getattr(a.parts, f.name), getattr(b.parts, f.name)), f.name
        # The picture is a JPEG: sensor grain is smoothed, so a few grey levels differ.
        assert np.abs(a.image.astype(int) - b.image).mean() < 6
    assert path.stat().st_size < 60_000 * len(scenes)
    assert [p.name for p in tmp_path.iterdir()] == ["scenes.npz"]


def test_a_folder_is_read_shard_by_shard_in_order(scenes, tmp_path):
    save_scenes(tmp_path / "b.npz", scenes[1:])
    save_scenes(tmp_path / "a.npz", scenes[:1])
    assert [s.seed for s in load_scenes(tmp_path)] == [0, 1, 2]


def test_damaged_and_foreign_shards_are_refused_in_one_sentence(scenes, tmp_path):
    path = tmp_path / "scenes.npz"
    save_scenes(path, scenes)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(SceneError, match="cannot be read"):
        list(load_scenes(path))
    np.savez(path, spectrum=np.zeros(3))
    with pytest.raises(SceneError, match="not a shard"):
        list(load_scenes(path))


def parts(**changes):
    rig = Rig()
    rig.add(rig.add(0, (0.5, 0.5), (0, -1), frequency=1.0, drag=0.1), (0.5, 0.3), (0, -1), frequency=1.0, drag=0.1)
    return replace(rig.parts(), **changes)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"parent": np.array([0, 2, 1])}, "after its parent"),
        ({"parent": np.array([1, 0, 1])}, "after its parent"),
        ({"drag": np.array([0.1, 0, 0])}, "world"),
        ({"frequency": np.array([1.0, np.nan, 1.0])}, "finite"),
        ({"pivot": np.zeros((3, 3))}, "shape"),
    ],
)
def test_impossible_parts_are_refused(changes, complaint):
    with pytest.raises(SceneError, match=complaint):
        parts(**changes)


def test_a_part_map_may_not_name_parts_that_do_not_exist():
    with pytest.raises(SceneError, match="does not exist"):
        Scene(np.zeros((4, 4, 3), np.uint8), np.full((4, 4), 3, np.uint16), parts(), "x", 0)


def test_a_full_rig_moves_small_things_with_what_carries_them():
    rig = Rig(budget=3)
    a = rig.add(0, (0, 0), (1, 0), frequency=1, drag=1)
    b = rig.add(a, (0, 0), (1, 0), frequency=1, drag=1)
    assert rig.add(b, (0, 0), (1, 0), frequency=1, drag=1) == b
    assert len(rig.parts()) == 3
