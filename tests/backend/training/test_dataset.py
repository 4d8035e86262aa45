# SPDX-License-Identifier: GPL-3.0-or-later
"""Training on a data set: lazily, and never on a development clip."""

import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from gid_backend.dataset.build import build
from gid_backend.dataset.errors import DatasetError
from gid_backend.dataset.index import SHARDS, Index
from gid_backend.models.config import PriorConfig
from gid_backend.training.data import DEVELOPMENT_LOOPS, MotionBatches
from gid_backend.training.dataset import Chained, MotionPairs
from gid_backend.training.stages import read_data

from ..dataset.videos import QUICK, drifting_frames, loop_frames, swaying, write_video


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Index]:
    videos, folder = tmp_path_factory.mktemp("clips"), tmp_path_factory.mktemp("data") / "set"
    write_video(videos / "meadow.mp4", loop_frames(seed=1))
    write_video(videos / "wanders.mp4", drifting_frames(3, 150, drift=3.0))
    (videos / "deeper").mkdir()
    for name in ("pink_rose.mp4", "deeper/ivy_wall.mov"):
        write_video(videos / name, loop_frames(seed=len(name)))
    return folder, build(videos, folder, QUICK)


def test_development_clips_never_enter_training(built) -> None:
    folder, index = built
    stored = {Path(clip["name"]).stem for clip in index.clips.values()}
    assert {"pink_rose", "ivy_wall"} <= stored & set(DEVELOPMENT_LOOPS)
    assert set(MotionPairs(folder, 8).clips) == {"meadow.mp4", "wanders.mp4"}
    assert set(MotionPairs(folder, 8, development=True).clips) == {"pink_rose.mp4", "deeper/ivy_wall.mov"}


def test_nor_do_they_by_the_way_that_the_command_takes(built, tmp_path) -> None:
    data = read_data(None, None, tmp_path, 8, [built[0]])
    assert {loop.name.split(" at ")[0] for loop in data.loops} == {"meadow.mp4", "wanders.mp4"}
    assert set(data.names) == {"meadow.mp4", "wanders.mp4"}


def test_a_pair_is_the_picture_and_the_motion_that_the_clip_was_made_with(built) -> None:
    folder, _ = built
    pairs = MotionPairs(folder, 8)
    loop = next(pair for pair in pairs if pair.name == "meadow.mp4 at 0.00 s")
    truth, picture = swaying(seed=1)
    rows, columns = loop.spectrum.shape[2:]
    assert loop.image.shape[2] == 3
    assert loop.image.shape[1] / loop.image.shape[0] == pytest.approx(columns / rows, rel=0.05)
    # JPEG and H.264 leave a few levels of difference.
    small = picture[:: picture.shape[0] // rows]
    assert abs(float(loop.image.mean()) - float(small.mean())) < 4
    left = np.s_[:, :, 4:-4, 2 : int(columns * 0.4)]
    expected = truth.resampled(rows, columns).spectrum[left][1:4]
    found = loop.spectrum[left][1:4]
    coherence = abs(np.vdot(expected, found)) / (np.linalg.norm(expected) * np.linalg.norm(found))
    assert coherence > 0.97
    # What stands still does so.
    assert np.abs(loop.spectrum[1:, :, :, int(columns * 0.75) :]).max() < 0.05 * np.abs(found).max()


def test_fewer_bands_are_the_first_ones(built) -> None:
    few, all_of_them = MotionPairs(built[0], 4)[0], MotionPairs(built[0], 8)[0]
    np.testing.assert_array_equal(few.spectrum, all_of_them.spectrum[:4])


def test_a_drift_can_be_put_back(built) -> None:
    at_rest, as_it_was = (
        next(pair for pair in MotionPairs(built[0], 8, leakage=leakage) if pair.name.startswith("wanders"))
        for leakage in (False, True)
    )
    columns = at_rest.spectrum.shape[3]
    difference = (as_it_was.spectrum - at_rest.spectrum)[0, 0, :, : columns // 3].real.mean()
    # The mean of a ramp of 3 pixels is half of them, and the sway's own ends are what is off.
    assert difference == pytest.approx(1.5 / 128, rel=0.5)


def test_batches_are_drawn_from_it_beside_others(built, tiny: PriorConfig) -> None:
    pairs = MotionPairs(built[0], tiny.bands)
    both = Chained([pairs[0]], pairs)
    assert len(both) == 1 + len(pairs)
    assert both[-1].name == pairs[len(pairs) - 1].name
    with pytest.raises(IndexError):
        both[len(both)]
    batches = MotionBatches(tiny, [], both, batch=2, loop_share=1.0, slices_per_picture=None, seed=0)
    for batch in islice(batches, 3):
        assert batch["slices"].abs().max() > 0


class TestRefusals:
    def test_more_bands_than_are_stored(self, built) -> None:
        with pytest.raises(DatasetError, match="has 8 bands, and 16 are wanted"):
            MotionPairs(built[0], 16)

    def test_another_period(self, built) -> None:
        with pytest.raises(DatasetError, match="150 frames, not 90"):
            MotionPairs(built[0], 8, frames=90)

    @pytest.mark.parametrize("damage", ["missing", "cut", "header"])
    def test_a_shard_that_is_gone_is_named_before_training_begins(self, built, tmp_path, damage) -> None:
        copy = Path(shutil.copytree(built[0], tmp_path / "copy"))
        pair = next(p for p in built[1].pairs if built[1].clips[p["clip"]]["name"] == "meadow.mp4")
        shard = copy / SHARDS / pair["shard"]
        if damage == "missing":
            shard.unlink()
        elif damage == "cut":
            shard.write_bytes(shard.read_bytes()[:-10])
        else:
            shard.write_bytes(b"\xff" * 100)
        with pytest.raises(DatasetError, match=pair["shard"]):
            MotionPairs(copy, 8)

    def test_a_bit_that_has_turned_is_found_when_it_is_read(self, built, tmp_path) -> None:
        copy = Path(shutil.copytree(built[0], tmp_path / "copy"))
        pair = next(p for p in built[1].pairs if built[1].clips[p["clip"]]["name"] == "meadow.mp4")
        shard = copy / SHARDS / pair["shard"]
        data = bytearray(shard.read_bytes())
        data[-100:] = bytes(100)
        shard.write_bytes(data)
        with pytest.raises(DatasetError, match=pair["shard"]):
            [loop.name for loop in MotionPairs(copy, 8)]
