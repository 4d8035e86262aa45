# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion on a mesh of which only a part was seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion.mesh_graph import HalfEdges, fill_along_edges, fill_from_nearest, islands, ramp


def grid(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """(V, 3) points of a flat grid with a spacing of 1, and its (E, 2) edges."""
    y, x = np.mgrid[0:rows, 0:columns]
    index = np.arange(rows * columns).reshape(rows, columns)
    across = np.stack([index[:, :-1], index[:, 1:]], axis=-1).reshape(-1, 2)
    down = np.stack([index[:-1], index[1:]], axis=-1).reshape(-1, 2)
    return np.stack([x, y, 0 * x], axis=-1).reshape(-1, 3).astype(float), np.concatenate([across, down])


@st.composite
def graphs(draw) -> tuple[int, np.ndarray]:
    count = draw(st.integers(1, 30))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    return count, np.array(draw(st.lists(pairs, max_size=40)), int).reshape(-1, 2)


class TestIslands:
    @given(graphs())
    def test_two_vertices_have_one_label_exactly_when_a_path_joins_them(self, graph):
        count, edges = graph
        joined = np.eye(count, dtype=bool)
        joined[edges[:, 0], edges[:, 1]] = joined[edges[:, 1], edges[:, 0]] = True
        for _ in range(count):
            joined = joined @ joined
        labels = islands(count, edges)
        assert ((labels[:, None] == labels[None, :]) == joined).all()
        assert set(labels) == set(range(labels.max() + 1))

    def test_a_long_chain_is_one_part(self):
        chain = np.stack([np.arange(99_999), np.arange(1, 100_000)], axis=1)
        assert islands(100_000, np.random.default_rng(0).permutation(chain)).max() == 0


class TestFilling:
    def test_what_is_known_stays_bit_for_bit(self):
        points, edges = grid(6, 7)
        rng = np.random.default_rng(1)
        values, known = rng.normal(size=(42, 5)).astype(np.float32), rng.random(42) < 0.4
        out, there = fill_along_edges(values, known, HalfEdges(edges, points))
        assert there.all()
        assert (out[known] == values[known]).all()

    def test_between_two_borders_it_is_a_straight_slope(self):
        points, edges = grid(5, 21)
        values = np.stack([points[:, 0], -2 * points[:, 0]], axis=1).astype(np.float32)
        known = (points[:, 0] == 0) | (points[:, 0] == 20)
        damaged = np.where(known[:, None], values, 99).astype(np.float32)
        out, _ = fill_along_edges(damaged, known, HalfEdges(edges, points), sweeps=2000)
        # Sweeps end when nothing changes by more than a ten-thousandth of the largest value any more.
        assert np.abs(out - values).max() < 0.02 * 40

    @given(st.integers(0, 2**31))
    def test_nothing_is_beyond_what_was_seen(self, seed):
        points, edges = grid(6, 6)
        rng = np.random.default_rng(seed)
        values, known = rng.normal(size=(36, 3)).astype(np.float32), rng.random(36) < 0.3
        known[0] = True
        out, _ = fill_along_edges(values, known, HalfEdges(edges, points))
        low, high = values[known].min(axis=0), values[known].max(axis=0)
        # Weak motion is left out of what is filled in: a thousandth of the strongest.
        slack = 3e-3 * np.abs(values[known]).max()
        assert (out >= low - slack).all()
        assert (out <= high + slack).all()

    def test_a_part_of_which_nothing_was_seen_is_told_of(self):
        points, edges = grid(2, 4)
        edges = edges[~((edges == [1, 2]).all(axis=1) | (edges == [5, 6]).all(axis=1))]
        known = np.zeros(8, bool)
        known[0] = True
        out, there = fill_along_edges(np.ones((8, 1), np.float32), known, HalfEdges(edges, points))
        assert there.tolist() == [True, True, False, False] * 2
        assert out[there] == pytest.approx(1)

    def test_vertices_at_one_place_are_no_trouble(self):
        points, edges = np.zeros((3, 3)), np.array([[0, 1], [1, 2]])
        out, _ = fill_along_edges(np.array([[2.0], [0], [0]], np.float32), np.array([True, False, False]),
                                  HalfEdges(edges, points))  # fmt: skip
        assert out[:, 0].tolist() == pytest.approx([2, 2, 2])


def test_the_nearest_count_most():
    values = np.array([[0.0], [10.0]], np.float32)
    out = fill_from_nearest(values, np.array([[0, 1], [0, 1], [0, 1]]), [[1, 1], [1, 3], [0, 5]])
    assert out[:, 0].tolist() == pytest.approx([5, 1, 0], abs=1e-3)


def test_a_ramp_is_one_where_a_part_is_held_and_nothing_at_its_far_end():
    points = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [5, 5, 5]])
    weight = ramp(points, np.array([0, 0, 0, 1]), np.array([[0.0, 0, 0], [5, 5, 5]]), 2)
    assert weight.tolist() == pytest.approx([1, 0.5, 0, 1])
