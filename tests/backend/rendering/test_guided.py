# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion follows the picture's edges where colour tells what moves, and is left alone where it does not."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from gid_backend.rendering.guided import Guide
from gid_backend.rendering.upsample import rows_at_full_size

SIZE, GRID = (96, 128), (24, 32)


def disc() -> torch.Tensor:
    """(1, 1, H, W): 1 inside, 0 outside."""
    y, x = torch.meshgrid(torch.arange(SIZE[0]) - 47.0, torch.arange(SIZE[1]) - 61.0, indexing="ij")
    return (x * x + y * y < 28.0**2).float()[None, None]


def coarse(field: torch.Tensor) -> torch.Tensor:
    return functional.adaptive_avg_pool2d(field, GRID)


def guided(picture: torch.Tensor, field: torch.Tensor) -> torch.Tensor:
    guide = Guide(picture, GRID)
    return guide.rows(field, guide.prepared(field), 0, SIZE[0])


def test_a_thing_of_its_own_colour_moves_to_its_edge_and_no_further():
    inside = disc()
    picture = torch.cat([0.2 + 0.6 * inside, 0.5 - 0.3 * inside, 0.3 + 0 * inside], dim=1)
    motion = torch.cat([6.0 * inside, -3.0 * inside, inside], dim=1)
    fine = guided(picture, coarse(motion))
    plain = rows_at_full_size(coarse(motion), SIZE, 0, SIZE[0])
    still = (inside == 0).expand_as(motion)
    # Where the edge cuts through a cell, its colour and its motion are mixed alike; and the guide is soft by a pixel.
    assert (fine - motion).abs()[still].mean() < 0.5 * (plain - motion).abs()[still].mean()
    assert (fine - motion).abs().mean() < 0.5 * (plain - motion).abs().mean()


@pytest.mark.parametrize("colours", [1, 3])
def test_where_colour_explains_nothing_little_is_changed(colours):
    """As in foliage: texture everywhere, and motion that has nothing to do with it."""
    g = torch.Generator().manual_seed(0)
    picture = torch.rand(1, colours, *SIZE, generator=g)
    truth = functional.interpolate(torch.randn(1, 3, 6, 8, generator=g), SIZE, mode="bicubic", align_corners=False)
    fine = guided(picture, coarse(truth))
    plain = rows_at_full_size(coarse(truth), SIZE, 0, SIZE[0])
    # A tenth of the motion's own size, which is about 0.6.
    assert (fine - plain).abs().mean() < 0.06


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_what_is_still_all_around_stays_exactly_still(seed):
    g = torch.Generator().manual_seed(seed)
    field = torch.randn(1, 3, *GRID, generator=g)
    field[..., :16] = 0
    fine = guided(torch.rand(1, 3, *SIZE, generator=g), field)
    # Four pixels a cell; the cells beside the moving ones see them, and so do pixels half-way to those.
    assert torch.equal(fine[..., : 14 * 4], torch.zeros_like(fine[..., : 14 * 4]))


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_it_never_goes_beyond_the_motion_around(seed):
    g = torch.Generator().manual_seed(seed)
    field = torch.randn(1, 3, *GRID, generator=g)
    fine = guided(torch.rand(1, 3, *SIZE, generator=g), field)
    held = functional.pad(field, (2, 2, 2, 2), mode="replicate")
    # The limits of the 3 × 3 cells around, interpolated between cells: those of 5 × 5 hold anywhere.
    high, low = functional.max_pool2d(held, 5, 1), -functional.max_pool2d(-held, 5, 1)
    repeat = [functional.interpolate(f, SIZE, mode="nearest") for f in (low, high)]
    assert (fine >= repeat[0] - 1e-6).all()
    assert (fine <= repeat[1] + 1e-6).all()


def test_bands_are_cut_from_the_whole():
    g = torch.Generator().manual_seed(3)
    picture, field = torch.rand(1, 3, *SIZE, generator=g), torch.randn(1, 3, *GRID, generator=g)
    guide = Guide(picture, GRID)
    prepared = guide.prepared(field)
    whole = guide.rows(field, prepared, -5, SIZE[0] + 5)
    parts = [guide.rows(field, prepared, top, bottom) for top, bottom in ((-5, 17), (17, 60), (60, SIZE[0] + 5))]
    torch.testing.assert_close(torch.cat(parts, dim=2), whole, atol=1e-6, rtol=0)
    assert torch.equal(whole[:, :, :5], whole[:, :, 5:6].expand(-1, -1, 5, -1))


def test_a_motion_as_fine_as_the_picture_needs_no_guide():
    assert not Guide(torch.rand(1, 3, *SIZE), SIZE).useful
    assert Guide(torch.rand(1, 3, *SIZE), GRID).useful


def test_a_fringe_does_not_fly_ahead_of_the_thing_that_it_belongs_to():
    """Sharpened pictures have edges one pixel wide that are lighter than both sides."""
    inside = disc()
    rim = torch.nn.functional.max_pool2d(inside, 3, 1, 1) - inside
    picture = (0.2 + 0.5 * inside + 0.8 * rim).expand(-1, 3, -1, -1).clone()
    field = coarse(8.0 * inside)
    fine = guided(picture, field)
    plain = rows_at_full_size(field, SIZE, 0, SIZE[0])
    # The rim is two and a half times as far from the ground as the thing; its motion must not be.
    assert float(fine[rim > 0].mean()) < 5.5
    assert float((fine - plain)[rim > 0].mean()) < 2.2
