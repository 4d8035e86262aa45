# SPDX-License-Identifier: GPL-3.0-or-later
"""The network mends what the warp cannot get right, and nothing else, on pictures of any size and type of pixel."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors import safe_open

from gid_backend import renderer as renderer_module
from gid_backend.errors import WeightsError
from gid_backend.renderer import MotionRenderer, RenderSettings
from gid_backend.rendering import repair
from gid_backend.rendering.network import BESIDE, MARGIN, SEEN, WEIGHTS, RepairConfig, RepairNetwork, repair_zone

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network() -> RepairNetwork:
    """Untrained, but with something to say."""
    torch.manual_seed(0)
    network = RepairNetwork(RepairConfig(widths=(8, 8, 16, 16), traces=(8, 8, 8))).eval()
    torch.nn.init.normal_(network.leave.weight, std=0.3)
    return network.requires_grad_(False)


def picture(rows: int, columns: int, channels: int = 3) -> npt.NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (rows // 8 + 1, columns // 8 + 1, channels), np.uint8)
    return np.ascontiguousarray(coarse.repeat(8, 0).repeat(8, 1)[:rows, :columns])


def disc(rows: int, columns: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """A disc that goes 6 pixels to the right, and its strength."""
    y, x = np.mgrid[:rows, :columns]
    inside = ((x - columns * 0.45) ** 2 + (y - rows * 0.5) ** 2 < (rows * 0.2) ** 2).astype(np.float32)
    return np.stack([inside * np.float32(6.0 / columns), np.zeros_like(inside)]), inside


def wavy_disc(rows: int, columns: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The disc on a ground that lands between pixels, where the filter's weights do not quite sum up to 1."""
    y, x = np.mgrid[:rows, :columns]
    motion, strength = disc(rows, columns)
    waves = np.stack([np.sin(y / 9), np.cos(x / 7)]) * (0.7 / columns)
    return (motion + waves).astype(np.float32), strength


class TestZone:
    def test_motion_that_is_the_same_everywhere_needs_no_repair(self) -> None:
        came = torch.tensor([3.7, -1.2]).view(1, 2, 1, 1).expand(1, 2, 40, 50)
        assert not repair_zone(came, torch.ones(1, 1, 40, 50)).any()

    def test_it_lies_around_edges_of_the_motion_and_ends_at_an_exact_zero(self) -> None:
        came = torch.zeros(1, 2, 64, 80)
        came[:, 0, :, 40:] = 5.0
        zone = repair_zone(came, torch.ones(1, 1, 64, 80))[0, 0]
        assert (zone[:, 39:41] == 1.0).all()
        # Widened by BESIDE, then blurred by less than as much again.
        far = 2 * BESIDE + 2
        assert not zone[:, : 40 - far].any()
        assert not zone[:, 40 + far :].any()

    def test_what_is_uncovered_is_in_it(self) -> None:
        sure = torch.ones(1, 1, 40, 40)
        sure[:, :, 20, 20] = 0.0
        assert repair_zone(torch.zeros(1, 2, 40, 40), sure)[0, 0, 20, 20] == 1.0


class TestNetwork:
    def test_as_it_is_made_it_changes_nothing(self) -> None:
        frame = torch.rand(1, 3, 32, 48)
        one = torch.ones(1, 1, 32, 48)
        fresh = RepairNetwork()
        out = fresh(frame, frame, one, one, torch.zeros(1, 2, 32, 48), fresh.look(torch.rand(1, 3, 32, 48)))
        torch.testing.assert_close(out, frame, rtol=0, atol=1e-6)

    def test_where_the_zone_is_zero_the_frame_keeps_its_bits(self, network: RepairNetwork) -> None:
        frame = torch.rand(1, 3, 64, 64)
        zone = torch.zeros(1, 1, 64, 64)
        zone[..., :20] = 1.0
        out = network(
            frame, 1.0 - frame, torch.ones(1, 1, 64, 64), zone, torch.zeros(1, 2, 64, 64), network.look(frame)
        )
        assert torch.equal(out[..., 20:], frame[..., 20:])
        assert not torch.equal(out[..., :20], frame[..., :20])

    def test_no_place_hears_of_what_is_farther_than_the_margin(self, network: RepairNetwork) -> None:
        side = 2 * MARGIN + 40
        size = (1, 3, side, side)
        frame = torch.rand(size, requires_grad=True)
        one = torch.ones(1, 1, side, side)
        out = network(frame, 1.0 - frame, one, one, torch.zeros(1, 2, side, side), network.look(torch.rand(size)))
        middle = side // 2
        out[..., middle, middle].sum().backward()
        assert frame.grad is not None
        heard = frame.grad[0].abs().sum(0).nonzero()
        assert (heard - middle).abs().max() <= MARGIN

    def test_weights_come_back(self, network: RepairNetwork, tmp_path: Path) -> None:
        network.save(tmp_path / "a.safetensors", {"pairs": {}})
        again = RepairNetwork.load(tmp_path / "a.safetensors")
        assert again.config == network.config
        for ours, theirs in zip(network.parameters(), again.parameters(), strict=True):
            torch.testing.assert_close(theirs, ours, rtol=1e-3, atol=1e-4)

    def test_weights_of_something_else_are_refused_by_name(self, tmp_path: Path) -> None:
        (tmp_path / "bad.safetensors").write_bytes(b"nothing")
        with pytest.raises(WeightsError, match=r"bad\.safetensors"):
            RepairNetwork.load(tmp_path / "bad.safetensors")


class TestFrames:
    @pytest.mark.parametrize("size", [(120, 160), (97, 131), (90, 300)])
    @pytest.mark.parametrize("channels", [1, 3, 4])
    def test_only_the_surroundings_of_moving_edges_differ(
        self, network: RepairNetwork, size: tuple[int, int], channels: int
    ) -> None:
        image = picture(*size, channels)
        # Beside what is transparent there is nothing to mend.
        image[..., 3:] = 255
        motion, strength = disc(*size)
        plain = MotionRenderer(CPU).render(image, motion, strength)
        mended = MotionRenderer(CPU, None, network).render(image, motion, strength)
        assert mended.shape == image.shape
        assert (mended != plain).any()
        outside = np.ones(size, bool)
        inside = np.abs(strength) > 0
        rows, columns = np.nonzero(inside)
        reach = 6 + 3 * BESIDE
        outside[
            max(rows.min() - reach, 0) : rows.max() + reach, max(columns.min() - reach, 0) : columns.max() + reach
        ] = False
        assert np.array_equal(mended[outside], image[outside])

    def test_boxes_leave_no_seams(self, network: RepairNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
        image = picture(200, 264)
        motion, strength = disc(200, 264)
        whole = MotionRenderer(CPU, None, network).render(image, motion, strength)
        monkeypatch.setattr(repair, "BOX", 40)
        parts = MotionRenderer(CPU, None, network).render(image, motion, strength)
        # Products of other sizes are summed in another order, which may tip a rounding.
        assert np.abs(whole.astype(int) - parts).max() <= 1
        assert (whole != parts).mean() < 1e-3

    def test_boxes_leave_no_seams_beside_highlights(
        self, network: RepairNetwork, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        image = picture(200, 264).astype(np.float32) / 255.0
        image[60:64, 100:104] = 50.0
        motion, strength = disc(200, 264)
        whole = MotionRenderer(CPU, None, network).render(image, motion, strength)
        monkeypatch.setattr(repair, "BOX", 40)
        parts = MotionRenderer(CPU, None, network).render(image, motion, strength)
        # Single precision of values up to 50, summed in another order.
        np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-3)

    def test_highlights_survive(self, network: RepairNetwork) -> None:
        image = picture(120, 160).astype(np.float32) / 255.0 * 40.0
        motion, strength = disc(120, 160)
        frame = MotionRenderer(CPU, None, network).render(image, motion, strength)
        assert np.isfinite(frame).all()
        assert frame.max() > 30.0
        assert frame.min() >= 0.0

    def test_the_outline_of_a_cut_out_is_the_warps(self, network: RepairNetwork) -> None:
        image = picture(120, 160, 4)
        y, x = np.mgrid[:120, :160]
        # The outline goes through the thing that moves.
        image[..., 3] = np.where(y + x > 120, 255, 0)
        plain = MotionRenderer(CPU).render(image, *disc(120, 160))
        mended = MotionRenderer(CPU, None, network).render(image, *disc(120, 160))
        assert np.array_equal(mended[..., 3], plain[..., 3])
        near = (
            -torch.nn.functional.max_pool2d(-torch.from_numpy(plain[None, ..., 3]).float(), 2 * SEEN + 1, 1, SEEN) < 255
        )
        assert np.array_equal(mended[near[0].numpy()], plain[near[0].numpy()])
        assert (mended[..., :3] != plain[..., :3]).any()

    @pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
    def test_what_is_opaque_everywhere_is_mended_as_without_alpha(self, network: RepairNetwork, kind: str) -> None:
        peak = 1 if kind == "float32" else np.iinfo(kind).max
        image = (picture(120, 160) / np.float32(255) * np.float32(peak)).astype(kind)
        rgba = np.dstack([image, np.full((120, 160), peak, kind)])
        motion, strength = wavy_disc(120, 160)
        frame = MotionRenderer(CPU, None, network).render(image, motion, strength)
        assert np.abs(frame.astype(float) - MotionRenderer(CPU).render(image, motion, strength)).max() > peak / 20
        twin = MotionRenderer(CPU, None, network).render(rgba, motion, strength)
        assert np.abs(frame.astype(float) - twin[..., :3]).max() <= (2e-3 * peak if kind != "uint8" else 1)

    def test_bands_leave_no_seams_where_there_is_alpha(
        self, network: RepairNetwork, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        image = np.dstack([picture(400, 96), np.full((400, 96), 255, np.uint8)])
        motion, strength = wavy_disc(400, 96)
        whole = MotionRenderer(CPU, None, network).render(image, motion, strength)
        monkeypatch.setattr(renderer_module, "BAND_PIXELS", 96 * 64)
        parts = MotionRenderer(CPU, None, network).render(image, motion, strength)
        # The motion is rounded otherwise in other bands.
        assert np.abs(whole.astype(int) - parts).max() <= 2

    def test_it_can_be_left_out(self) -> None:
        renderer = MotionRenderer.load("cpu", RenderSettings(repair=False))
        image = picture(120, 160)
        assert np.array_equal(
            renderer.render(image, *disc(120, 160)), MotionRenderer(CPU).render(image, *disc(120, 160))
        )


@pytest.fixture(scope="module")
def renderer() -> MotionRenderer:
    return MotionRenderer.load("cpu")


class TestShipped:
    """What people see: the weights that are shipped, on pictures that they were not trained for."""

    @pytest.mark.parametrize("kind", ["uint8", "float32"])
    def test_a_flat_ground_stays_flat(self, renderer: MotionRenderer, kind: str) -> None:
        image = np.full((96, 128, 3), 180, kind) if kind == "uint8" else np.full((96, 128, 3), 3.5, kind)
        motion = np.full((2, 96, 128), 9 / 128, np.float32)
        # To and from the display's range, single precision rounds.
        np.testing.assert_allclose(renderer.render(image, motion), image, rtol=1e-6)

    def test_behind_a_thing_is_its_ground_and_the_thing_keeps_its_colour(self, renderer: MotionRenderer) -> None:
        image = np.full((96, 128, 3), (40, 160, 60), np.uint8)
        image[30:60, 40:80] = 250, 30, 30
        motion = np.zeros((2, 96, 128), np.float32)
        motion[0, 29:61, 39:81] = 12 / 128
        frame = renderer.render(image, motion).astype(int)
        # A tenth of the 210 levels between both; away from the edges there is nothing to mend.
        assert np.abs(frame[32:58, 41:48] - (40, 160, 60)).max() <= 21
        assert np.abs(frame[32:58, 56:88] - (250, 30, 30)).max() <= 21
        assert np.abs(frame[42:48, 64:80] - (250, 30, 30)).max() == 0

    def test_highlights_neither_fade_nor_ring(self, renderer: MotionRenderer) -> None:
        image = np.full((96, 128, 3), 0.1, np.float32)
        image[40:56, 56:72] = 500.0
        motion, strength = disc(96, 128)
        frame = renderer.render(image, motion, strength)
        assert frame.min() >= 0.1 - 1e-4
        assert 499.0 < frame.max() <= 500.5

    def test_weights_are_small_and_say_what_they_were_trained_on(self) -> None:
        assert WEIGHTS.stat().st_size < 9e6
        with safe_open(WEIGHTS, "pt") as file:
            notes = json.loads(file.metadata()["notes"])
        assert notes["pairs"]
