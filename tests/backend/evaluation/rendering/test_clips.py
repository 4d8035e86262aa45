# SPDX-License-Identifier: GPL-3.0-or-later
import cv2
import numpy as np
import pytest

from gid_backend.evaluation.rendering.clips import RUN, clip_pairs
from gid_backend.evaluation.rendering.inputs import clips_of, paired, spread
from gid_backend.evaluation.rendering.plan import LOOPS, SYNTHETIC, sequence_and_number
from gid_backend.evaluation.splits import EvaluationError
from gid_backend.rendering.pair_files import PairError, save_pairs

from .scenes import sprite_pair


def quiet(what, done, total):
    pass


@pytest.fixture(scope="module")
def measured(clips, tmp_path_factory):
    cache = tmp_path_factory.mktemp("flow")
    return clip_pairs(clips, cache, quiet), cache


class TestClips:
    def test_only_development_clips_are_measured(self, measured):
        # A clip of training lies beside them.
        assert sorted(measured[0]) == ["ivy_wall", "pink_rose"]

    def test_frames_in_a_row_and_every_tenth(self, measured):
        numbers = [sequence_and_number(pair.name)[1] for pair in measured[0]["ivy_wall"]]
        middle = (40 - RUN) // 2
        assert numbers == sorted({10, 20, 30, *range(middle, middle + RUN)})

    def test_the_flow_leads_to_what_was_there(self, measured):
        for pair in measured[0]["pink_rose"]:
            y, x = np.indices(pair.strength.shape, np.float32)
            back = cv2.remap(pair.target, x + pair.flow[0], y + pair.flow[1], cv2.INTER_LINEAR)
            inside = (slice(6, -6), slice(6, -6))
            off, unmoved = (np.abs(p.astype(int) - pair.source)[inside].mean() for p in (back, pair.target))
            # What is left is compression and interpolation, 3.4 to 4.1 levels; nothing has moved six pixels.
            assert off < 0.8 * unmoved

    def test_flow_is_measured_once(self, measured, clips):
        pairs, cache = measured
        written = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
        again = clip_pairs(clips, cache, quiet)
        assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == written
        for before, after in zip(pairs["ivy_wall"], again["ivy_wall"], strict=True):
            np.testing.assert_array_equal(before.flow, after.flow)
            np.testing.assert_array_equal(before.known, after.known)
            np.testing.assert_array_equal(before.strength, after.strength)

    def test_without_development_clips_there_is_nothing(self, tmp_path):
        with pytest.raises(EvaluationError, match="None of the development clips"):
            clip_pairs(tmp_path, tmp_path, quiet)


class TestPairs:
    def test_pairs_that_know_what_they_uncover_are_scenes(self, tmp_path):
        scenes = [sprite_pair(i, name=f"scene_{i}") for i in (2, 3)]
        frames = [sprite_pair(i, name=f"rose_{i:03d}") for i in (9, 4)]
        clips = [type(pair)(**(vars(pair) | {"uncovered": None})) for pair in frames]
        save_pairs(tmp_path / "scenes" / "a.npz", scenes)
        save_pairs(tmp_path / "clips" / "a.npz", clips)
        found = paired([tmp_path / "scenes", tmp_path / "clips"])
        assert [pair.name for pair in found[SYNTHETIC]] == ["scene_2", "scene_3"]
        assert [pair.name for pair in clips_of(None, found[LOOPS], tmp_path, quiet)["rose"]] == ["rose_004", "rose_009"]

    def test_of_frames_in_a_row_only_every_tenth_is_compared(self, measured):
        of = [sequence_and_number(pair.name)[1] for pair in spread(measured[0]["ivy_wall"], 14)]
        assert of == [10, 20, 30]
        assert len(spread(measured[0]["ivy_wall"], 2)) == 2
        assert len(spread([sprite_pair(name=f"disc 0+{i}") for i in (3, 4)], 14)) == 2

    def test_clips_cannot_be_given_twice(self, tmp_path, clips):
        with pytest.raises(EvaluationError, match="given twice"):
            clips_of(clips, [sprite_pair()], tmp_path, quiet)

    def test_an_empty_folder_is_told(self, tmp_path):
        with pytest.raises(PairError, match="no pairs"):
            paired([tmp_path])
