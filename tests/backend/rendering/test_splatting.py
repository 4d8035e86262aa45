# SPDX-License-Identifier: GPL-3.0-or-later
"""Splatting is checked against the sum that defines it, pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.rendering import splatting_torch
from gid_backend.rendering.splatting import accumulate, splat

MODES = ["average", "linear", "softmax"]


def brute_force(features, flow, importance, mode, temperature=1.0):
    """The double loop over source and target pixels; (C, H, W), (2, H, W), (1, H, W) arrays."""
    channels, height, width = features.shape
    top, bottom, coverage = np.zeros((channels, height, width)), np.zeros((height, width)), np.zeros((height, width))
    for py in range(height):
        for px in range(width):
            own = importance[0, py, px]
            weight = {"average": 1.0, "linear": own, "softmax": math.exp(temperature * own)}[mode]
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


def z_buffer(features, flow, importance):
    """(C, H, W): each place shows the most important of the pixels that have a share in it, and no other."""
    _, height, width = features.shape
    out, highest = np.zeros(features.shape), np.full((height, width), -np.inf)
    for py in range(height):
        for px in range(width):
            for y in range(height):
                for x in range(width):
                    near = max(abs(y - py - flow[1, py, px]), abs(x - px - flow[0, py, px])) < 1
                    if near and importance[0, py, px] > highest[y, x]:
                        highest[y, x], out[:, y, x] = importance[0, py, px], features[:, py, px]
    return out


@pytest.mark.parametrize("temperature", [0.0, 1.0, 6.0])
@pytest.mark.parametrize("mode", MODES)
def test_it_is_the_weighted_sum_that_defines_it(mode, temperature):
    features, flow, importance = random_scene(0)
    out, coverage = splat(features, flow, importance, mode=mode, temperature=temperature)
    for b in range(2):
        expected, covered = brute_force(
            features[b].numpy(), flow[b].numpy(), importance[b].numpy(), mode, temperature=temperature
        )
        # Double precision, a handful of terms each; divided by shares down to 1e-4.
        np.testing.assert_allclose(out[b], expected, atol=1e-10)
        np.testing.assert_allclose(coverage[b, 0], covered, atol=1e-12)


@given(seed=st.integers(0, 10_000), temperature=st.floats(200, 300))
@settings(max_examples=15, deadline=None)
def test_both_ways_to_weigh_agree_where_both_can(seed, temperature):
    """A span of up to 600 goes with one common factor, more with one for each target; 200–300 · 3 lies about there."""
    features, flow, importance = random_scene(seed)
    out, coverage = splat(features, flow, importance, temperature=temperature)
    level = importance * temperature
    weight = (level - level.amax(dim=(2, 3), keepdim=True)).exp()
    plain = accumulate(torch.cat([features * weight, weight], dim=1), flow, (0, 0), (6, 7))
    seen = plain[:, 3:] > 1e-290
    torch.testing.assert_close(
        torch.where(seen, out, 0), torch.where(seen, plain[:, :3] / plain[:, 3:], 0), atol=1e-9, rtol=0
    )
    torch.testing.assert_close(coverage, accumulate(torch.ones_like(weight), flow, (0, 0), (6, 7)))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_a_very_high_temperature_is_a_z_buffer(seed):
    features, flow, importance = random_scene(seed, batch=1)
    # Single precision too: nothing that is covered at all may vanish because something elsewhere is more important.
    for dtype in (torch.float32, torch.float64):
        out, _ = splat(features.to(dtype), flow.to(dtype), importance.to(dtype), temperature=1e9)
        expected = z_buffer(features[0].numpy(), flow[0].numpy(), importance[0].numpy())
        np.testing.assert_allclose(out[0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("mode", "temperature"), [("average", 1.0), ("linear", 1.0), ("softmax", 0.7), ("softmax", 5.0), ("softmax", 800.0)]
)
def test_its_derivatives_are_right(mode, temperature):
    """800 spans more than one common factor can hold; it goes corner by corner."""
    features, flow, importance = random_scene(1, batch=1, channels=2, height=4, width=4, reach=1.0)
    inputs = [t.requires_grad_() for t in (features, flow, importance + 0.5)]
    if temperature == 800.0:
        # Within reach of the differences that gradcheck takes.
        inputs[2] = (importance / 800.0).detach().requires_grad_()
        far = torch.zeros_like(importance)
        far[..., 0, 0] = -2.0
        assert torch.autograd.gradcheck(lambda f, g, i: splat(f, g, i + far, mode=mode, temperature=800.0), inputs)
        return
    assert torch.autograd.gradcheck(lambda *a: splat(*a, mode=mode, temperature=temperature), inputs)


def test_the_derivatives_of_a_cut_out_are_right():
    features, flow, _ = random_scene(7, batch=2, channels=2, height=4, width=5, reach=3.0)
    inputs = [t.requires_grad_() for t in (features, flow)]
    assert torch.autograd.gradcheck(lambda f, g: accumulate(f, g, (1, -2), (3, 6)), inputs)


@given(seed=st.integers(0, 1000), reach=st.floats(0, 9))
@settings(max_examples=15, deadline=None)
def test_levels_weigh_what_comes_to_a_place_and_only_there(seed, reach):
    """exp(level) as a factor is the same, but for a factor of each place's own; that cancels in a mean."""
    features, flow, importance = random_scene(seed, reach=reach)
    parts = torch.cat([features, torch.ones_like(importance)], dim=1)
    size = (features.shape[2], features.shape[3])
    levelled = accumulate(parts, flow, (0, 0), size, level=3.0 * importance)
    weighed = accumulate(parts * (3.0 * importance).exp(), flow, (0, 0), size)
    landed = weighed[:, -1:] > 1e-9
    for total in (levelled, weighed):
        total[:, :-1] /= torch.where(landed, total[:, -1:], torch.ones_like(landed, dtype=total.dtype))
    torch.testing.assert_close(*(torch.where(landed, t[:, :-1], 0.0) for t in (levelled, weighed)), atol=1e-9, rtol=0)


def test_what_is_not_asked_for_gets_no_derivative():
    features, flow, _ = random_scene(7)
    features.requires_grad_()
    accumulate(features, flow, (0, 0), (6, 7)).sum().backward()
    assert features.grad is not None
    assert flow.grad is None


@given(seed=st.integers(0, 1000), reach=st.floats(0, 9), top=st.integers(-3, 3), left=st.integers(-3, 3))
@settings(max_examples=20, deadline=None)
def test_summing_in_order_gives_the_same_sums(seed, reach, top, left):
    """The way that is taken on GPUs where every run must give the same bits."""
    features, flow, importance = random_scene(seed, reach=reach)
    for level in (None, importance):
        ordered, plain = (
            splatting_torch._by_corners(features, flow, level, (top, left), (5, 9), ordered=ordered)
            for ordered in (True, False)
        )
        # Double precision, a handful of terms each.
        torch.testing.assert_close(ordered, plain, atol=1e-12, rtol=0)
    torch.testing.assert_close(
        accumulate(features, flow, (top, left), (5, 9)),
        splatting_torch._by_corners(features, flow, None, (top, left), (5, 9), ordered=True),
        atol=1e-12,
        rtol=0,
    )


def test_the_derivatives_of_summing_in_order_are_right():
    features, flow, importance = random_scene(2, batch=1, channels=2, height=4, width=4, reach=1.0)
    inputs = [t.requires_grad_() for t in (features, flow, importance)]

    def weighted(features, flow, level):
        parts = torch.cat([features, torch.ones_like(level)], dim=1)
        total = splatting_torch._by_corners(parts, flow, level, (0, 0), (4, 4), ordered=True)
        # The highest level is the same above and below, and no longer there after the division.
        return total[:, :-1] / total[:, -1:].clamp(min=1e-9)

    assert torch.autograd.gradcheck(weighted, inputs)


def test_the_same_bits_come_in_every_run():
    features, flow, importance = (t.float() for t in random_scene(8, batch=1, height=64, width=64, reach=30.0))
    first = splat(features, flow, importance, deterministic=True)
    for _ in range(3):
        again = splat(features, flow, importance, deterministic=True)
        assert torch.equal(first[0], again[0])
        assert torch.equal(first[1], again[1])


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("size", [(6, 7), (33, 100), (288, 512)])
def test_no_motion_gives_every_bit_back(dtype, size):
    """Of any size: places must not be rounded on their way through a grid of -1..1."""
    g = torch.Generator().manual_seed(9)
    features = torch.randn(2, 3, *size, generator=g).to(dtype)
    out, coverage = splat(features, torch.zeros(2, 2, *size, dtype=dtype))
    assert out.dtype == dtype
    assert torch.equal(out, features)
    assert torch.equal(coverage, torch.ones_like(coverage))
    assert torch.equal(accumulate(features, torch.zeros(2, 2, *size), (0, 0), size), features)


@given(dx=st.integers(-4, 4), dy=st.integers(-4, 4), seed=st.integers(0, 100))
@settings(max_examples=25, deadline=None)
def test_shifting_the_flow_shifts_the_result(dx, dy, seed):
    features, flow, importance = random_scene(seed, batch=1)
    shift = torch.tensor([dx, dy], dtype=torch.float64).view(1, 2, 1, 1)
    wide = torch.nn.functional.pad
    args = [wide(t, (8, 8, 8, 8)) for t in (features, importance)]
    still, _ = splat(args[0], wide(flow, (8, 8, 8, 8)), args[1])
    moved, _ = splat(args[0], wide(flow, (8, 8, 8, 8)) + shift, args[1])
    # Two roundings of a place near 20 in double precision, divided by shares down to 1e-4.
    inner = (..., slice(4, -4), slice(4, -4))
    torch.testing.assert_close(moved[inner], torch.roll(still, (dy, dx), (2, 3))[inner], atol=1e-9, rtol=0)


@pytest.mark.parametrize("mode", MODES)
def test_the_pictures_of_a_batch_know_nothing_of_each_other(mode):
    scenes = [random_scene(seed, batch=1) for seed in range(3)]
    # Of very different importance: a maximum over the whole batch would show.
    scenes = [(f, g, i + 300 * n) for n, (f, g, i) in enumerate(scenes)]
    together = splat(*(torch.cat(parts) for parts in zip(*scenes, strict=True)), mode=mode)
    for n, scene in enumerate(scenes):
        alone = splat(*scene, mode=mode)
        for whole, one in zip(together, alone, strict=True):
            torch.testing.assert_close(whole[n : n + 1], one, atol=1e-12, rtol=0)


def test_several_maps_go_in_one_call():
    features, flow, importance = random_scene(6, channels=5)
    whole, covered = splat(features, flow, importance)
    parts, coverage = splat(features.split([1, 4], dim=1), flow, importance)
    assert [p.shape[1] for p in parts] == [1, 4]
    assert torch.equal(torch.cat(parts, dim=1), whole)
    assert torch.equal(coverage, covered)


def test_half_precision_does_not_lose_places():
    """2000 columns have no halves in float16; they are counted in single precision."""
    g = torch.Generator().manual_seed(0)
    features = torch.rand(1, 1, 2, 2000, generator=g).half()
    flow = torch.full((1, 2, 2, 2000), 0.5).half()
    flow[:, 1] = 0
    out = accumulate(features, flow, (0, 0), (2, 2000))
    expected = (features[..., :-1].float() + features[..., 1:].float()) / 2
    torch.testing.assert_close(out[..., 1:].float(), expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize("temperature", [-1.0, math.inf, math.nan])
def test_an_impossible_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature"):
        splat(*random_scene(0), temperature=temperature)


def test_shapes_that_do_not_fit_are_refused():
    features, flow, importance = random_scene(0)
    with pytest.raises(ValueError, match="flow"):
        accumulate(features, flow[:1], (0, 0), (6, 7))
    with pytest.raises(ValueError, match="flow"):
        splat(features, flow[..., :-1], importance)


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
    out, coverage = splat(features, flow, front, temperature=1)
    assert out[0, 0, 0, 1] == pytest.approx(1.0, abs=1e-6)
    assert coverage[0, 0, 0].tolist() == [0.0, 2.0, 1.0]
    behind, _ = splat(features, flow, -front, temperature=1)
    assert behind[0, 0, 0, 1] == pytest.approx(2.0, abs=1e-6)


def test_huge_importance_does_not_overflow():
    features, flow, importance = random_scene(4)
    out, coverage = splat(features.float(), flow.float(), importance.float() * 1e6)
    assert out.isfinite().all()
    # And nothing vanishes because something else, somewhere else, is more important.
    assert torch.equal((out > 0).any(dim=1, keepdim=True), coverage > 0)


def test_far_flights_leave_the_picture():
    features, flow, importance = random_scene(5)
    out, coverage = splat(features, flow + 1e30, importance)
    assert not out.any()
    assert not coverage.any()
