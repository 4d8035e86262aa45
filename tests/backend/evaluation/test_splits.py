# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from gid_backend.evaluation.held_out import FIRST_DRAWN, HELD_OUT_FAMILIES, RENDERED, write_scenes
from gid_backend.evaluation.splits import EvaluationError, clip_frames, loop_cases, scene_cases
from gid_backend.synth.families import FAMILIES, make_scene
from gid_backend.synth.scene import Scene, load_scenes, save_scenes
from gid_backend.training.data import DEVELOPMENT_LOOPS


class TestClips:
    def test_only_the_development_ones_are_there(self, loops):
        assert {case.name for case in loops} == {"pink_rose", "ivy_wall"} <= set(DEVELOPMENT_LOOPS)
        assert all(case.motion().amplitude().max() > 0.005 for case in loops)
        assert all(case.things is None and case.image.shape == (64, 96, 3) for case in loops)

    def test_frames_are_found_at_any_rate(self, loops):
        frames = clip_frames(loops[0].clip, [0.0, 75.0, 149.9], 150)
        assert np.array_equal(frames[0], loops[0].image)
        assert not np.array_equal(frames[1], frames[0])

    def test_a_folder_without_clips_and_one_of_training_clips_alone_are_told(self, tmp_path, clips):
        with pytest.raises(EvaluationError, match=r"no \.mp4 clips"):
            loop_cases(tmp_path, tmp_path / "kept")
        (tmp_path / "white_bush.mp4").write_bytes((clips / "white_bush.mp4").read_bytes())
        with pytest.raises(EvaluationError, match="None of the development clips"):
            loop_cases(tmp_path, tmp_path / "kept")

    def test_clips_that_cannot_be_read_are_left_out(self, tmp_path, clips):
        (tmp_path / "pink_rose.mp4").write_bytes((clips / "pink_rose.mp4").read_bytes())
        (tmp_path / "ivy_wall.mp4").write_bytes(b"no video")
        assert [case.name for case in loop_cases(tmp_path, tmp_path / "kept")] == ["pink_rose"]


class TestScenes:
    def test_a_case_repeats_its_wind_and_its_key(self, scenes, test_scenes):
        again = scene_cases(test_scenes / "synthetic")
        for case, other in zip(scenes, again, strict=True):
            assert np.array_equal(case.motion().spectrum, other.motion().spectrum)
            assert case.key == other.key
        assert len({case.key for case in scenes}) == len(scenes)

    def test_numbers_are_beyond_any_training(self, test_scenes):
        assert [s.seed for s in load_scenes(test_scenes / "synthetic")] == list(range(FIRST_DRAWN, FIRST_DRAWN + 4))

    def test_held_out_families_exist_and_are_what_the_second_split_holds(self, test_scenes):
        drawn = set(HELD_OUT_FAMILIES) & set(FAMILIES)
        assert len(drawn) == 2
        assert sorted(s.family for s in load_scenes(test_scenes / "unseen")) == sorted(drawn)

    def test_fewer_are_spread_over_all(self, test_scenes):
        names = [case.name for case in scene_cases(test_scenes / "synthetic")]
        assert [case.name for case in scene_cases(test_scenes / "synthetic", 2)] == [names[0], names[-1]]

    def test_no_scenes_and_damaged_ones_are_told(self, tmp_path):
        with pytest.raises(EvaluationError, match="no reference") as caught:
            scene_cases(tmp_path / "none")
        assert "gid evaluate scenes" in caught.value.hint
        (tmp_path / "scenes-1.npz").write_bytes(b"nothing")
        with pytest.raises(EvaluationError, match="cannot be read"):
            scene_cases(tmp_path)

    def test_what_exists_is_kept_and_another_split_is_refused(self, test_scenes):
        before = {path: path.stat().st_mtime_ns for path in test_scenes.rglob("*.npz")}
        assert sum(write_scenes(test_scenes, count=4, unseen=2)) == 6
        assert {path: path.stat().st_mtime_ns for path in test_scenes.rglob("*.npz")} == before
        with pytest.raises(EvaluationError, match="another split"):
            list(write_scenes(test_scenes, count=5, unseen=2))

    def test_rendered_scenes_that_are_set_aside_take_up_to_half(self, tmp_path):
        aside = [RENDERED[0][0], RENDERED[1][0], RENDERED[1][1]]
        drawn = make_scene(0, family="still")
        rendered = [
            Scene(drawn.image, drawn.part_index, drawn.parts, family, number)
            for family, number in zip(("flag", "still", "still", "willow"), (RENDERED[0][0] - 1, *aside), strict=True)
        ]
        (tmp_path / "rendered").mkdir()
        save_scenes(tmp_path / "rendered" / "scenes-1.npz", rendered)
        assert sum(write_scenes(tmp_path / "a", count=4, unseen=2, rendered=tmp_path / "rendered")) == 6
        seeds = [s.seed for s in load_scenes(tmp_path / "a" / "synthetic")]
        assert seeds == [*aside[:2], FIRST_DRAWN, FIRST_DRAWN + 1]
        assert [s.family for s in load_scenes(tmp_path / "a" / "unseen")] == ["vines", "willow"]
