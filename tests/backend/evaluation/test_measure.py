# SPDX-License-Identifier: GPL-3.0-or-later
"""From draws to rows: what is kept, what is summed up, what is told."""

import math

import numpy as np
import pytest

from gid_backend.evaluation.baselines import AnotherWind, Rule, Static
from gid_backend.evaluation.candidates import Prior, Truth
from gid_backend.evaluation.measure import FIGURES, Reference, measure
from gid_backend.evaluation.runner import Runner
from gid_backend.evaluation.splits import Case
from gid_backend.evaluation.store import Store
from gid_backend.evaluation.summary import summarise
from gid_backend.prediction_settings import PredictionSettings


class Counting:
    """A candidate that counts how often it is asked."""

    single = False

    def __init__(self, inner):
        self.inner, self.key, self.name, self.asked = inner, inner.key, inner.name, []

    def draw(self, case, seeds):
        self.asked += [(case.name, seed) for seed in seeds]
        return self.inner.draw(case, seeds)


class TestMeasure:
    def test_the_truth_is_perfect(self, scenes):
        for case in scenes:
            reference = Reference(case)
            found = measure(reference.volume, reference).figures
            if math.isnan(found["amount"]):
                assert not reference.moving.any()
                continue
            assert found["amount"] == 1
            assert found["spectral_error"] == 0
            assert found["rank"] > 0.9

    def test_stillness_has_no_rank_and_no_spectrum(self, scenes):
        for case in scenes:
            found = measure(next(Static().draw(case, [0])), Reference(case)).figures
            assert found["strength"] == 0
            assert all(math.isnan(found[name]) for name in ("leakage", "slope", "crest", "coherence", "seam"))

    def test_a_picture_in_which_nothing_moves_asks_for_stillness_only(self, scenes):
        still = Case("wall", "still", scenes[0].image, lambda: next(Static().draw(scenes[0], [0])))
        (volume,) = Rule("centre").draw(still, [0])
        found = measure(volume, Reference(still)).figures
        assert found["strength"] > 0
        assert [name for name in FIGURES if not math.isnan(found[name])] == ["strength", "seam"]


class TestStore:
    def test_an_evaluation_goes_on_where_it_was(self, tmp_path, scenes):
        candidate = Counting(AnotherWind())
        runner, few = Runner(Store(tmp_path), with_frames=False), scenes[:2]
        first = runner.run(candidate, "synthetic", few, 1)
        assert len(candidate.asked) == 2
        more = runner.run(candidate, "synthetic", few, 2)
        assert len(candidate.asked) == 4
        for (_, before), (_, after) in zip(first, more, strict=True):
            assert after.seeds.tolist() == [0, 1]
            np.testing.assert_array_equal(before.figures, after.figures[:1])

    def test_what_is_read_back_is_what_was_kept(self, tmp_path, scenes):
        store = Store(tmp_path)
        ((case, draws),) = Runner(store).run(AnotherWind(), "synthetic", scenes[:1], 2)
        (path,) = tmp_path.rglob(f"{case.key}.npz")
        again = store.load("another-wind-1-synthetic-5", case.key)
        assert store.path("another-wind-1-synthetic-5", case.key) == path
        np.testing.assert_array_equal(again.figures, draws.figures)
        # Half precision: eleven bits.
        np.testing.assert_allclose(again.signatures, draws.signatures, rtol=2e-3, atol=1e-7)
        assert again.features.shape == (2, 5, 320)

    def test_a_damaged_file_is_measured_anew(self, tmp_path, scenes):
        candidate, runner = Counting(AnotherWind()), Runner(Store(tmp_path), with_frames=False)
        runner.run(candidate, "synthetic", scenes[:1], 1)
        next(tmp_path.rglob("*.npz")).write_bytes(b"half a fi")
        runner.run(candidate, "synthetic", scenes[:1], 1)
        assert len(candidate.asked) == 2

    def test_other_weights_settings_and_references_do_not_meet(self, weights, scenes):
        keys = {Prior("a", weights, PredictionSettings(steps=s, guidance=g)).key for s in (1, 2) for g in (0.0, 1.0)}
        assert len(keys) == 4
        other = Case(scenes[0].name, "x", scenes[0].image, scenes[1].motion)
        assert other.key != scenes[0].key


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    return Runner(Store(tmp_path_factory.mktemp("draws")))


@pytest.fixture(scope="module")
def truth(runner, scenes):
    return runner.run(Truth(), "synthetic", scenes, 1)


class TestSummary:
    def test_the_truth_against_itself(self, truth):
        row = summarise(truth, truth)
        assert row["cases"] == len(truth)
        assert (row["amount"], row["amount_within"], row["best"]) == (1, 1, 0)
        assert (row["band_error"], row["band_error_raw"], row["band_error_worst"]) == (0, 0, 0)
        assert (row["inside"], row["across"]) == (1, 1)
        # Features are kept in half precision, which both sides share.
        assert row["frechet"] == pytest.approx(0, abs=1e-3)
        assert row["kernel"] == pytest.approx(0, abs=1e-6)
        assert row["diversity"] is None

    def test_winds_of_the_same_scenes(self, runner, truth, scenes):
        found = runner.run(AnotherWind(), "synthetic", scenes, 4)
        row = summarise(found, truth)
        assert row["rank"] > 0.8
        assert row["best"] <= row["spectral_error"]
        assert row["diversity"] > 0.8
        assert 0.5 < row["inside"] < 2
        assert row["residual_coherence"] > 0.1
        assert sum(group["cases"] for group in row["groups"].values()) == len(scenes)

    def test_stillness_leaves_its_columns_empty(self, runner, truth, scenes):
        row = summarise(runner.run(Static(), "synthetic", scenes, 8), truth)
        assert row["draws"] == 1
        assert (row["spectral_error"], row["best"]) == (1, 1)
        assert all(row[name] is None for name in ("amount", "leakage", "slope", "coherence", "crest", "seam"))

    def test_a_prior_of_other_bands_is_measured_in_those_it_has(self, runner, truth, scenes, weights):
        prior = Prior("tiny", weights, PredictionSettings(steps=1, guidance=0.0), device="cpu")
        row = summarise(runner.run(prior, "synthetic", scenes, 2), truth)
        assert row["draws"] == 2
        assert len(row["bands"]) in (0, 3)
        assert row["spectral_error"] is not None
