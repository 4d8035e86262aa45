# SPDX-License-Identifier: GPL-3.0-or-later
"""Splatting is checked against the sum that defines it, pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.rendering.splatting import accumulate, splat

MODES = ["average", "linear", "softmax"]


def brute_force(features, flow, importance, mode):
    """The double loop over source and target pixels; (C, H, W), (2, H, W), (1, H, W) arrays."""
    channels, height, width = features.shape
    top, bottom, coverage = np.zeros((channels, height, width)), np.zeros((height, width)), np.zeros((height, width))
    for py in range(height):
        for px in range(width):
            weight = {"average": 1.0, "linear": importance[0, py, px], "softmax": math.exp(importance[0, py, px])}[mode]
            for y in range(height):
                for x in range(width):
                    share = max(0, 1 - abs(y - py - flow[1, py, px])) * max(0, 1 - abs(x - px - flow[0, py, px]))
                    top[:, y, x] += share * weight * features[:, py, px]
                    bottom[y, x] += share * weight
                    coverage[y, x] += share
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), 0), coverage


def random_scene(seed, batch=2, channels=3, height=6, width=7, reach=4.0):
    g = torch.Generator().manual_seed(seed)
    features = torch.rand(batch, channels, height, width, generator=g, dtype=torch.float64)
    flow = (torch.rand(batch, 2, height, width, generator=g, dtype=torch.float64) - 0.5) * 2 * reach
    importance = torch.rand(batch, 1, height, width, generator=g, dtype=torch.float64) * 3
    return features, flow, importance


@pytest.mark.parametrize("mode", MODES)
def test_it_is_the_weighted_sum_that_defines_it(mode):
    features, flow, importance = random_scene(0)
    out, coverage = splat(features, flow, importance, mode=mode)
    for b in range(2):
        expected, covered = brute_force(features[b].numpy(), flow[b].numpy(), importance[b].numpy(), mode)
        # Double precision, a handful of terms each.
        np.testing.assert_allclose(out[b], expected, atol=1e-12)
        np.testing.assert_allclose(coverage[b, 0], covered, atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_its_derivatives_are_right(mode):
    features, flow, importance = random_scene(1, batch=1, channels=2, height=4, width=4, reach=1.0)
    inputs = [t.requires_grad_() for t in (features, flow, importance + 0.5)]
    assert torch.autograd.gradcheck(lambda *a: splat(*a, mode=mode), inputs)


@given(seed=st.integers(0, 1000), reach=st.floats(0, 50))
@settings(max_examples=25, deadline=None)
def test_nothing_is_lost_but_over_the_border(seed, reach):
    features, flow, _ = random_scene(seed, reach=reach)
    margin = math.ceil(reach) + 2
    out = accumulate(features, flow, (-margin, -margin), (6 + 2 * margin, 7 + 2 * margin))
    # A sum of at most 42 numbers below 1 in double precision.
    torch.testing.assert_close(out.sum(dim=(2, 3)), features.sum(dim=(2, 3)), atol=1e-12, rtol=0)


@given(dx=st.integers(-8, 8), dy=st.integers(-8, 8), mode=st.sampled_from(MODES))
@settings(max_examples=40, deadline=None)
def test_a_whole_pixel_shift_is_exact(dx, dy, mode):
    features, _, importance = random_scene(3, batch=1)
    flow = torch.tensor([dx, dy], dtype=torch.float64).view(1, 2, 1, 1).expand(1, 2, 6, 7)
    out, coverage = splat(features, flow, importance + 0.1, mode=mode)
    expected = torch.zeros_like(features)
    for y in range(6):
        for x in range(7):
            if 0 <= y - dy < 6 and 0 <= x - dx < 7:
                expected[..., y, x] = features[..., y - dy, x - dx]
    # Multiplying by a weight and dividing by it again costs one rounding.
    torch.testing.assert_close(out, expected, atol=1e-15, rtol=0)
    assert set(coverage.unique().tolist()) <= {0.0, 1.0}


def test_the_important_pixel_covers_the_other_one():
    features = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    flow = torch.tensor([[[[1.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]]])
    front = torch.tensor([[[[20.0, 0.0, 0.0]]]])
    out, coverage = splat(features, flow, front)
    assert out[0, 0, 0, 1] == pytest.approx(1.0, abs=1e-6)
    assert coverage[0, 0, 0].tolist() == [0.0, 2.0, 1.0]
    behind, _ = splat(features, flow, -front)
    assert behind[0, 0, 0, 1] == pytest.approx(2.0, abs=1e-6)


def test_huge_importance_does_not_overflow():
    features, flow, importance = random_scene(4)
    out, _ = splat(features.float(), flow.float(), importance.float() * 1e6)
    assert out.isfinite().all()


def test_far_flights_leave_the_picture():
    features, flow, importance = random_scene(5)
    out, coverage = splat(features, flow + 1e30, importance)
    assert not out.any()
    assert not coverage.any()
