# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks: black holds still, white moves as ever, and the sheet between them neither folds nor leaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gid_blender.motion import masking
from gid_blender.motion.regularize import fold_count, spread_edges

# float32 holds sums of slopes and distances to this.
ROUNDING = 3e-6

grids = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=24),
    elements=st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1, width=32),
    fill=st.sampled_from([0.0, 1.0]),
)
radii = st.floats(0.01, 2.0)


def spacing_of(shape, aspect=0.625):
    return 1 / (shape[1] - 1), aspect / (shape[0] - 1)


def far_from_dark(mask, spacing, radius):
    """Vertices with nothing darker than white within the radius, looked at one by one."""
    y, x = np.nonzero(mask < 1)
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    if not len(y):
        return np.ones(mask.shape, bool)
    away = np.hypot((columns[..., None] - x) * spacing[0], (rows[..., None] - y) * spacing[1]).min(axis=-1)
    return away >= radius


class TestEnvelope:
    @given(mask=grids, radius=radii)
    @settings(max_examples=60, deadline=None)
    def test_it_is_nowhere_above_the_mask_and_0_where_the_mask_is(self, mask, radius):
        weights = masking.envelope(mask, spacing_of(mask.shape), radius)
        assert (weights <= mask).all()
        assert (weights >= 0).all()
        assert (weights[mask == 0] == 0).all()

    @given(mask=grids, radius=radii)
    @settings(max_examples=60, deadline=None)
    def test_it_is_nowhere_steeper_than_one_over_the_radius(self, mask, radius):
        dx, dy = spacing_of(mask.shape)
        weights = masking.envelope(mask, (dx, dy), radius)
        assert (np.abs(np.diff(weights, axis=1)) <= dx / radius + ROUNDING).all()
        assert (np.abs(np.diff(weights, axis=0)) <= dy / radius + ROUNDING).all()
        for slope in (weights[1:, 1:] - weights[:-1, :-1], weights[1:, :-1] - weights[:-1, 1:]):
            assert (np.abs(slope) <= np.hypot(dx, dy) / radius + ROUNDING).all()

    @given(mask=grids, radius=radii)
    @settings(max_examples=60, deadline=None)
    def test_white_stays_white_beyond_the_radius(self, mask, radius):
        spacing = spacing_of(mask.shape)
        weights = masking.envelope(mask, spacing, radius)
        assert (weights[far_from_dark(mask, spacing, radius)] == 1).all()

    @given(mask=grids, radius=radii)
    @settings(max_examples=30, deadline=None)
    def test_it_takes_no_more_than_it_must(self, mask, radius):
        """Against the definition, vertex by vertex."""
        dx, dy = spacing_of(mask.shape)
        y, x = np.mgrid[: mask.shape[0], : mask.shape[1]].reshape(2, -1)
        away = np.hypot((x[:, None] - x) * dx, (y[:, None] - y) * dy) / radius
        lowest = np.minimum((mask.ravel() + away).min(axis=1), 1).reshape(mask.shape)
        assert (masking.envelope(mask, (dx, dy), radius) >= lowest - ROUNDING).all()

    def test_around_one_black_vertex_it_is_a_cone(self):
        mask = np.ones((33, 49), np.float32)
        mask[12, 20] = 0
        rows, columns = np.mgrid[:33, :49]
        cone = np.minimum(np.hypot(rows - 12, columns - 20) * 0.02 / 0.3, 1)
        assert np.abs(masking.envelope(mask, (0.02, 0.02), 0.3) - cone).max() < ROUNDING

    def test_without_a_radius_it_is_the_mask(self):
        mask = np.eye(5, dtype=np.float32)
        assert np.array_equal(masking.envelope(mask, (0.25, 0.25), 0.0), mask)


class TestLeastRadius:
    rows, columns = 40, 64
    spacing = (1 / 63, 0.625 / 39)

    def spectrum(self, strength, seed=0):
        """Smooth motion of many directions, as strong everywhere."""
        y, x = np.meshgrid(np.linspace(0, 1, self.rows), np.linspace(0, 1, self.columns), indexing="ij")
        turns = np.random.default_rng(seed).uniform(0, 1, (4, 2, 1, 1))
        field = np.exp(2j * np.pi * (turns + 0.3 * x + 0.2 * y)) * strength / 2
        field[0] = 0
        return spread_edges(field.astype(np.complex64), self.spacing)

    def mask(self):
        mask = np.zeros((self.rows, self.columns), np.float32)
        mask[:, 32:] = 1
        return mask

    @pytest.mark.parametrize("strength", [0.01, 0.04])
    def test_nothing_folds_with_it_and_something_does_with_much_less(self, strength):
        spectrum, mask = self.spectrum(strength), self.mask()
        assert fold_count(spectrum, self.spacing, amplitude=masking.AMPLITUDE) == 0
        radius = masking.least_radius(mask, spectrum, self.spacing)

        def folded(radius):
            weights = masking.envelope(mask, self.spacing, radius)
            return fold_count(spectrum * weights, self.spacing, amplitude=masking.AMPLITUDE)

        assert folded(radius) == 0
        assert folded(0.6 * radius) > 0

    @given(seed=st.integers(0, 99), strength=st.floats(0.0, 0.06))
    @settings(max_examples=10, deadline=None)
    def test_a_hard_mask_never_folds_the_sheet(self, seed, strength):
        rng = np.random.default_rng(seed)
        mask = (rng.random((self.rows // 4, self.columns // 4)) < 0.8).repeat(4, 0).repeat(4, 1)
        spectrum = self.spectrum(strength, seed)
        before = fold_count(spectrum, self.spacing, amplitude=masking.AMPLITUDE)
        weights = masking.feathered(mask, spectrum, self.spacing)
        assert fold_count(spectrum * weights, self.spacing, amplitude=masking.AMPLITUDE) <= before
        assert (weights[~mask] == 0).all()

    def test_a_mask_that_is_soft_enough_is_left_as_it_is(self):
        soft = np.broadcast_to(np.linspace(0, 1, self.columns, dtype=np.float32), (self.rows, self.columns))
        assert masking.least_radius(soft, self.spectrum(0.01), self.spacing) == 0
        assert np.array_equal(masking.feathered(soft, self.spectrum(0.01), self.spacing), soft)

    @pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
    def test_a_mask_without_an_edge_needs_none(self, grey):
        mask = np.full((self.rows, self.columns), grey)
        assert masking.least_radius(mask, self.spectrum(0.05), self.spacing) == 0
        assert (masking.feathered(mask, self.spectrum(0.05), self.spacing) == np.float32(grey)).all()

    def test_a_wider_feather_is_kept(self):
        weights = masking.feathered(self.mask(), self.spectrum(0.01), self.spacing, radius=0.3)
        assert np.abs(np.diff(weights, axis=1)).max() <= self.spacing[0] / 0.3 + ROUNDING


class TestFromPictureToGridAndBack:
    @given(
        mask=arrays.arrays(
            np.float32, st.tuples(st.integers(1, 60), st.integers(1, 60)), elements=st.floats(0, 1, width=32)
        ),
        rows=st.integers(2, 20),
        columns=st.integers(2, 20),
        scale=st.integers(1, 3),
    )
    @settings(max_examples=60, deadline=None)
    def test_pixels_are_nowhere_above_the_mask(self, mask, rows, columns, scale):
        """Whatever lies under a black pixel holds still exactly, however coarse the grid is."""
        weights = masking.lowest_at_vertices(mask, rows, columns)
        height, width = mask.shape[0] * scale, mask.shape[1] * scale
        pixels = masking.at_pixels(weights, height, width)
        own = mask.repeat(scale, 0).repeat(scale, 1)
        assert (pixels <= own + 1e-6).all()
        assert (pixels[own == 0] == 0).all()

    @given(rows=st.integers(2, 30), columns=st.integers(2, 30), height=st.integers(1, 90), width=st.integers(1, 90))
    @settings(max_examples=40, deadline=None)
    def test_what_is_the_same_everywhere_stays_so_to_the_bit(self, rows, columns, height, width):
        for value in np.float32([0.0, 0.3, 1.0]):
            weights = masking.lowest_at_vertices(np.full((height, width), value), rows, columns)
            assert weights.shape == (rows, columns)
            assert (weights == value).all()
            assert (masking.at_pixels(weights, height, width) == value).all()

    def test_a_black_pixel_pins_the_vertices_around_it_and_no_others(self):
        mask = np.ones((100, 100))
        mask[50, 30] = 0
        weights = masking.lowest_at_vertices(mask, 11, 11)
        assert np.argwhere(weights == 0).tolist() == [[5, 3], [5, 4], [6, 3], [6, 4]]

    def test_a_ramp_comes_out_at_pixel_centres(self):
        weights = np.broadcast_to(np.linspace(0, 1, 5), (3, 5))
        assert np.allclose(masking.at_pixels(weights, 2, 10), (np.arange(10) + 0.5) / 10, atol=1e-6)


class TestCombined:
    def test_what_one_of_them_pins_is_pinned(self):
        left, top = np.ones((4, 4)), np.ones((2, 2))
        left[:, :2] = 0
        top[1] = 0.5
        both = masking.combined(left, top)
        assert both.shape == (4, 4)
        assert np.array_equal(both[0], [0, 0, 1, 1])
        assert np.array_equal(both[3], [0, 0, 0.5, 0.5])
        assert np.array_equal(masking.combined(left, top, invert=True), 1 - both)

    def test_values_beyond_black_and_white_are_black_and_white(self):
        assert np.array_equal(masking.combined([[-1.0, 3.0]]), [[0, 1]])

    @pytest.mark.parametrize("wrong", [[], [np.zeros(3)], [np.full((2, 2), np.nan)], [np.zeros((0, 4))]])
    def test_what_is_no_mask_is_refused(self, wrong):
        with pytest.raises(ValueError, match="mask"):
            masking.combined(*wrong)
