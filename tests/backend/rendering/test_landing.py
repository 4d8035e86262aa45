# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pixels of a frame know of where their content came from."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.rendering.warp import warp

SIZE = (24, 32)


def noise(channels: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(1, channels, *SIZE, generator=torch.Generator().manual_seed(seed))


def moved(x: float, y: float) -> torch.Tensor:
    return torch.tensor([x, y]).view(1, 2, 1, 1).expand(1, 2, *SIZE)


class TestMean:
    def test_of_what_stands_still_it_is_the_picture(self) -> None:
        source = noise(3)
        _, landing = warp(source, moved(0.0, 0.0), torch.ones(1, 1, *SIZE), carry=True)
        assert landing.mean is not None
        torch.testing.assert_close(landing.mean, source, rtol=0, atol=1e-6)
        assert landing.still.all()

    def test_nothing_is_carried_unasked(self) -> None:
        assert warp(noise(3), moved(1.0, 0.0), torch.ones(1, 1, *SIZE))[1].mean is None

    @given(st.integers(-3, 3), st.integers(-3, 3))
    def test_whole_pixels_arrive_whole(self, x: int, y: int) -> None:
        source = noise(3)
        _, landing = warp(source, moved(float(x), float(y)), torch.ones(1, 1, *SIZE), carry=True)
        assert landing.mean is not None
        inner = (slice(None), slice(None), slice(4, -4), slice(4, -4))
        expected = source.roll((y, x), (2, 3))
        # Places are computed in single precision, at coordinates up to 32.
        torch.testing.assert_close(landing.mean[inner], expected[inner], rtol=0, atol=1e-5)

    def test_it_does_not_care_what_covers_what(self) -> None:
        flow = moved(0.0, 0.0).clone()
        flow[:, 0, :, :10] = 8.0
        means = []
        for strong in (0.0, 3.0):
            strength = torch.ones(1, 1, *SIZE)
            strength[..., :10] += strong
            means.append(warp(noise(3), flow, strength, carry=True)[1].mean)
        assert means[0] is not None
        assert torch.equal(means[0], means[1])

    def test_both_layers_of_a_collision_are_in_it_alike(self) -> None:
        source = torch.zeros(1, 1, *SIZE)
        source[..., :10] = 1.0
        flow = moved(0.0, 0.0).clone()
        flow[:, 0, :, :10] = 8.0
        strength = torch.ones(1, 1, *SIZE)
        strength[..., :10] = 3.0
        frame, landing = warp(source, flow, strength, carry=True)
        assert landing.mean is not None
        # Columns 10 to 17 hold what stands there and what has come over it, which the frame shows alone.
        torch.testing.assert_close(landing.mean[..., 11:17], torch.full((1, 1, SIZE[0], 6), 0.5))
        assert frame[..., 11:17].min() > 0.99

    @pytest.mark.parametrize("factor", [1.4, 1.9])
    def test_gaps_of_what_is_stretched_are_closed_from_beside_them(self, factor: float) -> None:
        x = torch.arange(SIZE[1], dtype=torch.float32)
        source = (x / SIZE[1]).expand(1, 1, *SIZE)
        flow = torch.stack([((factor - 1.0) * (x - 16.0)).expand(*SIZE), torch.zeros(SIZE)])[None]
        _, landing = warp(source, flow, torch.ones(1, 1, *SIZE), carry=True)
        assert landing.mean is not None
        expected = ((x - 16.0) / factor + 16.0) / SIZE[1]
        # A pixel of the source is 1/32 here, and in a gap the mean may be of its neighbour.
        assert (landing.mean[0, 0, 4:-4, 4:-4] - expected[4:-4]).abs().max() < 1.0 / SIZE[1]


class TestSure:
    @pytest.mark.parametrize("slope", [0.4, 1.0, 1.8])
    @pytest.mark.parametrize("axis", [0, 1])
    def test_what_is_pulled_apart_evenly_stays_whole(self, slope: float, axis: int) -> None:
        at = [torch.arange(SIZE[1]).expand(*SIZE), torch.arange(SIZE[0])[:, None].expand(*SIZE)][axis].float()
        flow = torch.zeros(1, 2, *SIZE)
        flow[0, axis] = slope * (at - at.mean())
        _, landing = warp(noise(3), flow, torch.ones(1, 1, *SIZE))
        inner = (slice(None), slice(None), slice(6, -6), slice(6, -6))
        assert (landing.sure[inner] == 1.0).all()
        # Each place of the frame finds the content that leads there: came = slope · (place - middle) / (1 + slope).
        expected = slope / (1.0 + slope) * (at - at.mean())
        torch.testing.assert_close(landing.came[0, axis][6:-6, 6:-6], expected[6:-6, 6:-6], rtol=0, atol=0.05)

    def test_what_lies_open_behind_an_edge_is_unsure(self) -> None:
        flow = torch.zeros(1, 2, *SIZE)
        flow[:, 0, :, 16:] = 7.0
        sure = warp(noise(3), flow, torch.ones(1, 1, *SIZE))[1].sure[0, 0]
        assert (sure[:, 17:22] == 0.0).all()
        assert (sure[:, :15] == 1.0).all()
        assert (sure[:, 24:] == 1.0).all()

    def test_a_pixel_that_flies_alone_into_the_open_does_not_count(self) -> None:
        flow = torch.zeros(1, 2, *SIZE)
        flow[:, 0, :, 16:] = 9.0
        flow[:, 0, 12, 16] = 4.0
        sure = warp(noise(3), flow, torch.ones(1, 1, *SIZE))[1].sure[0, 0]
        assert (sure[:, 18:23] == 0.0).all()
