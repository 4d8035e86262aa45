# SPDX-License-Identifier: GPL-3.0-or-later
"""From frames to rows: what is measured, what is kept, what is summed up."""

import dataclasses

import numpy as np
import pytest

from gid_backend.evaluation.rendering.baselines import BASELINES
from gid_backend.evaluation.rendering.candidates import PLAIN, Candidate, candidates
from gid_backend.evaluation.rendering.flicker import second_difference
from gid_backend.evaluation.rendering.measure import Truth, measured
from gid_backend.evaluation.rendering.metrics import psnr
from gid_backend.evaluation.rendering.past_range import decay, tearing
from gid_backend.evaluation.rendering.plan import LOOPS, SYNTHETIC, Plan, clip_of, sequence_and_number
from gid_backend.evaluation.rendering.store import Store, key_of
from gid_backend.evaluation.rendering.summary import summarise
from gid_backend.evaluation.results import Results
from gid_backend.evaluation.splits import EvaluationError

from .scenes import sprite_pair


class Counting:
    """The identity, which counts how often it is asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self, source, flow, strength):
        self.asked += 1
        return source


class TestMeasured:
    def test_the_truth_is_perfect_everywhere(self, network):
        found = measured(sprite_pair().target, Truth(sprite_pair(), network))
        for region in ("frame", "moving", "followed", "uncovered", "5"):
            assert found[region]["error"] == 0
            assert found[region]["ssim"] == pytest.approx(1, abs=1e-6)
            assert found[region]["features"] == 0
        assert found["still"]["identical"] == 1
        # The disc has gone six pixels: there are no places that have gone twenty.
        assert "20" not in found

    def test_an_error_is_counted_where_it_is(self, network):
        pair = sprite_pair()
        truth = Truth(pair, network)
        still = np.argwhere(truth.still)
        frame = pair.target.copy()
        frame[tuple(still[0])] += 1
        found = measured(frame, truth)
        assert found["still"]["identical"] == pytest.approx(1 - 1 / len(still))
        assert found["frame"]["error"] == pytest.approx(1 / (96 * 128), rel=1e-5)
        assert found["moving"]["error"] == 0

    def test_without_motion_nothing_is_asked_of_moving_places(self, network):
        pair = sprite_pair(0)
        found = measured(pair.source, Truth(pair, network))
        assert set(found) == {"frame", "still"}
        assert found["still"]["places"] == 96 * 128

    def test_ours_is_nearer_than_a_remap_on_a_disc_before_a_wall(self, network):
        pair = sprite_pair(7)
        truth = Truth(pair, network)
        (ours,) = candidates([PLAIN], "cpu")
        near = measured(ours.way(pair.source, pair.flow, pair.strength), truth)
        far = measured(BASELINES["bicubic remap"](pair.source, pair.flow, pair.strength), truth)
        assert near["moving"]["error"] < far["moving"]["error"]
        assert near["moving"]["features"] < far["moving"]["features"]
        assert near["still"]["identical"] == 1


class TestSummary:
    def test_frames_are_pooled_by_places_and_cases_averaged(self):
        def frame(places, error):
            return {"moving": {"places": places, "error": error, "ssim": error / 100, "features": error / 10}}

        row = summarise(
            {"a": [frame(300, 10.0), frame(100, 50.0)], "b": [frame(100, 40.0)], "c": [frame(9, 1e4)], "d": [{}]}
        )
        assert row["psnr_moving"] == pytest.approx((psnr(20.0) + psnr(40.0)) / 2, abs=1e-3)
        assert row["ssim_moving"] == pytest.approx(0.3)
        assert row["features_moving"] == pytest.approx(3.0)
        # Nine places are too few to say anything.
        assert row["cases_moving"] == 2
        assert (row["cases"], row["frames"]) == (4, 5)
        assert "psnr_uncovered" not in row

    def test_still_places_of_all_frames_count_alike(self):
        row = summarise(
            {"a": [{"still": {"places": 30, "identical": 1.0}}, {"still": {"places": 10, "identical": 0.5}}]}
        )
        assert row["identical"] == 0.875


class TestPlan:
    def plan(self, folder, way, key="counting"):
        return Plan(Store(folder), Results(folder / "r.json"), [Candidate("identity", key, way)], lambda *said: None)

    def test_it_goes_on_where_it_was(self, tmp_path):
        way = Counting()
        pairs = [sprite_pair(3, name=f"disc_{i:03d}", seed=i) for i in range(3)]
        self.plan(tmp_path, way).quality(LOOPS, pairs[:2])
        assert way.asked == 2
        again = self.plan(tmp_path, way)
        again.quality(LOOPS, pairs)
        assert way.asked == 3
        (row,) = again.results.of("quality", "loops")
        # One clip of three frames.
        assert (row["figures"]["cases"], row["figures"]["frames"]) == (1, 3)
        # Another way, under another key, is measured anew.
        self.plan(tmp_path, way, "other").quality(LOOPS, pairs)
        assert way.asked == 6

    def test_each_scene_is_a_case(self, tmp_path):
        plan = self.plan(tmp_path, Counting())
        plan.quality(SYNTHETIC, [sprite_pair(3, name=f"disc_{i:03d}") for i in range(2)])
        assert plan.results.of("quality", "synthetic")[0]["figures"]["cases"] == 2

    def test_what_is_kept_of_a_pair_is_of_that_pair(self):
        pair = sprite_pair()
        others = [
            sprite_pair(7),
            dataclasses.replace(pair, uncovered=None),
            dataclasses.replace(pair, target=pair.source),
        ]
        assert len({key_of(p) for p in (pair, *others)}) == 4
        assert key_of(sprite_pair()) == key_of(pair)

    def test_half_a_file_is_measured_again(self, tmp_path):
        way = Counting()
        self.plan(tmp_path, way).quality(LOOPS, [sprite_pair()])
        (kept,) = tmp_path.rglob("disc_001-*.json")
        kept.write_text(kept.read_text()[:-20])
        self.plan(tmp_path, way).quality(LOOPS, [sprite_pair()])
        assert way.asked == 2

    def test_stillness_does_not_flicker_and_frames_of_a_clip_as_the_clip_does(self, tmp_path):
        pairs = [sprite_pair(dx, name=f"disc_{dx:03d}") for dx in (3, 4, 5, 6)]
        plan = self.plan(tmp_path, Counting())
        plan.flicker({"disc": pairs})
        assert plan.results.of("flicker", "loops")[0]["figures"]["ratio"] == 0
        targets = iter([pair.target for pair in pairs])
        truth = self.plan(tmp_path, lambda *given: next(targets), "truth")
        truth.flicker({"disc": pairs})
        assert truth.results.of("flicker", "loops")[0]["figures"]["ratio"] == 1
        assert second_difference([pair.target for pair in pairs], [np.ones((96, 128), bool)] * 4) > 0

    def test_past_the_range_has_figures_for_each_factor(self, tmp_path):
        plan = self.plan(tmp_path, Counting())
        plan.past_range({"disc": [sprite_pair(5, name=f"disc_{i:03d}") for i in range(5)]})
        figures = plan.results.of("past_range", "loops")[0]["figures"]
        # The rest picture has not changed, however far things were to move.
        assert [figures[f"drift_{factor}"] for factor in (1, 2, 4)] == [0, 0, 0]
        assert figures["uncovered_1"] < figures["uncovered_2"] < figures["uncovered_4"]

    @pytest.mark.parametrize(
        ("name", "parts", "clip"),
        [
            ("ivy_wall_070", ("ivy_wall", 70), "ivy_wall"),
            ("ivy_wall 38+6", ("ivy_wall 38+", 6), "ivy_wall"),
            ("a:3", ("a", 3), "a"),
            ("7", ("7", -1), "7"),
            ("rose", ("rose", -1), "rose"),
        ],
    )
    def test_names_of_pairs(self, name, parts, clip):
        assert sequence_and_number(name) == parts
        assert clip_of(name) == clip


class TestPastRange:
    def test_tearing_of_a_known_motion(self):
        flow = np.zeros((2, 40, 40), np.float32)
        assert tearing(flow) == {"uncovered": 0.0, "folded": 0.0}
        # The left half goes five pixels left: five columns open, and nothing is turned over.
        flow[0, :, :20] = -5
        assert tearing(flow) == {"uncovered": pytest.approx(5 / 40), "folded": 0.0}
        # To the right instead: it lands on what stands, and five columns open at the border.
        found = tearing(-flow)
        assert found["uncovered"] == pytest.approx(5 / 40)
        assert found["folded"] == pytest.approx(2 / 40)

    def test_blur_is_less_detail_and_drifts(self, network):
        pair = sprite_pair(6)
        rest = network.features(pair.source)
        sharp = decay(pair.target, pair, pair.flow, network, rest)
        blurred = pair.target.copy()
        blurred[::2] = blurred[1::2]
        blurred[:, ::2] = blurred[:, 1::2]
        soft = decay((blurred // 4 * 2 + 60).astype(np.uint8), pair, pair.flow, network, rest)
        assert sharp["detail"] == pytest.approx(1, abs=0.25)
        assert soft["detail"] < 0.7 * sharp["detail"]
        assert soft["drift"] > sharp["drift"]


def test_unknown_candidates_are_told():
    with pytest.raises(EvaluationError, match="no candidate “best”"):
        candidates(["best"])


def test_candidates_come_in_the_order_of_the_tables():
    names = [candidate.name for candidate in candidates(device="cpu")]
    assert names[: len(BASELINES) + 1] == [*BASELINES, PLAIN]
    assert len({candidate.key for candidate in candidates(device="cpu")}) == len(names)
