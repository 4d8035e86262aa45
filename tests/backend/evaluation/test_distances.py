# SPDX-License-Identifier: GPL-3.0-or-later
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.evaluation.distances import frechet_distance, kernel_distance


def cloud(n: int, seed: int, d: int = 6, mean: float = 0.0, size: float = 1.0) -> np.ndarray:
    return mean + size * np.random.default_rng(seed).standard_normal((n, d))


class TestFrechet:
    @given(st.integers(2, 30), st.integers(0, 99))
    def test_equal_sets_are_0_apart_and_it_is_symmetric(self, n, seed):
        a, b = cloud(n, seed), cloud(n + 3, seed + 1)
        assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-9)
        assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-6)

    def test_a_shift_is_its_square(self):
        a = cloud(50, 0)
        assert frechet_distance(a, a + 2.0) == pytest.approx(6 * 4.0)

    def test_of_gaussians_along_one_line(self):
        a = np.array([[-1.0], [0.0], [1.0]])
        # Standard deviations 1 and 3, means 0 and 5: 25 + (3 - 1)².
        assert frechet_distance(a, 5 + 3 * a) == pytest.approx(29.0)

    def test_it_is_the_formula_with_the_matrix_root(self):
        a, b = cloud(40, 1, d=4), cloud(60, 2, d=4) @ np.diag([1, 2, 3, 0.5])
        ca, cb = np.cov(a.T), np.cov(b.T)
        values = np.linalg.eigvals(ca @ cb)
        expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(ca + cb) - 2 * np.sqrt(values.real).sum()
        assert frechet_distance(a, b) == pytest.approx(expected)
        assert frechet_distance(a[:3], b) >= 0


class TestKernel:
    def test_it_is_unbiased_for_two_sets_of_one_distribution(self):
        found = [kernel_distance(cloud(12, 2 * i), cloud(20, 2 * i + 1)) for i in range(400)]
        # The mean of 400 estimates is known to a twentieth of one estimate's spread.
        assert abs(np.mean(found)) < 3 * np.std(found) / math.sqrt(len(found))
        assert min(found) < 0 < max(found)

    def test_it_sees_another_mean_and_another_spread(self):
        a = cloud(200, 0)
        chance = np.std([kernel_distance(cloud(200, i), cloud(200, i + 100)) for i in range(20)])
        assert kernel_distance(a, cloud(200, 1, mean=0.5)) > 10 * chance
        assert kernel_distance(a, cloud(200, 1, size=1.5)) > 10 * chance

    def test_it_is_the_double_sum(self):
        a, b = cloud(5, 0), cloud(7, 1)

        def k(x, y):
            return (x @ y / 6 + 1) ** 3

        within = np.mean([k(a[i], a[j]) for i in range(5) for j in range(5) if i != j])
        within += np.mean([k(b[i], b[j]) for i in range(7) for j in range(7) if i != j])
        between = np.mean([k(x, y) for x in a for y in b])
        assert kernel_distance(a, b) == pytest.approx(within - 2 * between)

    def test_a_set_is_0_from_itself_when_pairs_of_one_clip_do_not_count(self):
        clips = np.repeat(np.arange(4), 5)
        frames = np.repeat(cloud(4, 0), 5, axis=0) + cloud(20, 1, size=0.1)
        assert kernel_distance(frames, frames, clips, clips) == pytest.approx(0.0, abs=1e-9)
        # Frames of one clip are no independent draws, and without the groups the estimate is far below zero.
        assert kernel_distance(frames, frames) < -0.1

    def test_frames_of_the_same_clips_are_unbiased_too(self):
        clips = np.repeat(np.arange(6), 3)
        found = []
        for i in range(300):
            centres = np.repeat(cloud(6, 3 * i), 3, axis=0)
            a, b = (centres + cloud(18, 3 * i + j, size=0.5) for j in (1, 2))
            found.append(kernel_distance(a, b, clips, clips))
        assert abs(np.mean(found)) < 3 * np.std(found) / math.sqrt(len(found))
