# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.evaluation.rendering.flicker import runs, second_difference

EVERYWHERE = np.ones((8, 10), bool)


def steady(levels):
    return [np.full((8, 10, 3), level, np.uint8) for level in levels]


def test_what_changes_evenly_does_not_tremble():
    assert second_difference(steady([10, 20, 30, 40]), [EVERYWHERE] * 4) == 0


def test_what_jumps_to_and_fro_does():
    # |10 - 2·14 + 10| and |14 - 2·10 + 14|; no wrap-around of bytes.
    assert second_difference(steady([10, 14, 10, 14]), [EVERYWHERE] * 4) == 8
    assert second_difference(steady([0, 255, 0]), [EVERYWHERE] * 3) == 510


def test_only_places_that_move_in_one_of_the_three_frames_count():
    frames = steady([10, 10, 10])
    frames[1][:, :5] = 20
    left = np.zeros((8, 10), bool)
    left[:, :5] = True
    nowhere = np.zeros((8, 10), bool)
    assert second_difference(frames, [nowhere, left, nowhere]) == 20
    assert second_difference(frames, [EVERYWHERE] * 3) == 10
    assert np.isnan(second_difference(frames, [nowhere] * 3))


@given(st.lists(st.integers(0, 60), unique=True).map(sorted))
def test_runs_are_all_the_places_without_a_gap(numbers):
    found = list(runs(numbers, 2))
    for run in found:
        assert [numbers[i] - numbers[run[0]] for i in run] == list(range(len(run)))
    inside = {i for run in found for i in run}
    for i, number in enumerate(numbers):
        beside = number - 1 in numbers or number + 1 in numbers
        assert (i in inside) == beside


@pytest.mark.parametrize(("numbers", "found"), [([], []), ([4], []), ([1, 2], []), ([1, 2, 3, 9], [[0, 1, 2]])])
def test_short_runs_are_left_out(numbers, found):
    assert list(runs(numbers)) == found
