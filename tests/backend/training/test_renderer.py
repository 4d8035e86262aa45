# SPDX-License-Identifier: GPL-3.0-or-later
"""The renderer's network learns from pairs of frames, in sittings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from typer.testing import CliRunner

from gid_backend.errors import GidError
from gid_backend.model_info import sha256_of
from gid_backend.rendering.frame_pair import FramePair
from gid_backend.rendering.network import WEIGHTS, RepairConfig, RepairNetwork, repair_zone
from gid_backend.rendering.pair_files import save_pairs
from gid_backend.rendering.warp import warp
from gid_backend.training.commands import app
from gid_backend.training.frame_batches import FrameBatches
from gid_backend.training.loop import TrainerOptions
from gid_backend.training.renderer import RendererSettings, train_network

SIDE = 96


def pair(seed: int, rows: int = 112, columns: int = 136) -> FramePair:
    """A square that goes 8 pixels to the right over a ground of one colour, which is known behind it."""
    rng = np.random.default_rng(seed)
    ground = np.full((rows, columns, 3), rng.integers(40, 200, 3), np.uint8)
    source, target = ground.copy(), ground.copy()
    top, left = rng.integers(20, 40), rng.integers(30, 50)
    thing = rng.integers(0, 256, (40, 40, 3), np.uint8)
    source[top : top + 40, left : left + 40] = thing
    target[top : top + 40, left + 8 : left + 48] = thing
    flow = np.zeros((2, rows, columns), np.float32)
    flow[0, top : top + 40, left : left + 40] = 8.0
    strength = np.abs(flow[0])
    uncovered = np.zeros((rows, columns), bool)
    uncovered[top : top + 40, left : left + 8] = True
    return FramePair(f"square {seed}", source, target, flow, strength, uncovered)


class TestBatches:
    def test_the_source_goes_where_the_flow_leads(self) -> None:
        batch = FrameBatches([[pair(s) for s in range(3)]], batch=6, side=SIDE, seed=1).draw(np.random.default_rng(0))
        assert {name: tuple(value.shape) for name, value in batch.items()} == {
            "source": (6, 3, SIDE, SIDE),
            "target": (6, 3, SIDE, SIDE),
            "flow": (6, 2, SIDE, SIDE),
            "strength": (6, 1, SIDE, SIDE),
            "known": (6, 1, SIDE, SIDE),
        }
        frame, landing = warp(batch["source"], batch["flow"], batch["strength"])
        inner = (slice(None), slice(None), slice(16, -16), slice(16, -16))
        right = (repair_zone(landing.came, landing.sure) == 0)[inner].expand(-1, 3, -1, -1)
        # Flips of picture and flow agree, and colours change alike in both pictures: else this would not fit.
        torch.testing.assert_close(frame[inner][right], batch["target"][inner][right], rtol=0, atol=1e-3)

    def test_pairs_smaller_than_a_crop_are_continued(self) -> None:
        batch = FrameBatches([[pair(0, 80, 90)]], batch=2, side=SIDE, seed=1).draw(np.random.default_rng(0))
        assert batch["source"].shape == (2, 3, SIDE, SIDE)

    def test_sets_have_the_same_share_however_large(self) -> None:
        many, few = [pair(0)] * 50, [replace(pair(1), known=np.zeros((112, 136), bool))]
        batches = FrameBatches([many, few], batch=64, side=SIDE, seed=0)
        share = (batches.draw(np.random.default_rng(3))["known"].amax(dim=(1, 2, 3)) == 0).float().mean()
        assert 0.3 < share < 0.7

    def test_nothing_to_train_on_is_said(self) -> None:
        with pytest.raises(GidError, match="no pairs of frames"):
            FrameBatches([[]], batch=1, side=SIDE, seed=0)


def test_it_learns_what_the_warp_cannot_know(tmp_path: Path) -> None:
    """Behind these squares it is always black, which no surroundings tell and some steps of training do."""
    torch.manual_seed(0)
    network = RepairNetwork(RepairConfig(widths=(8, 12, 16, 16), traces=(8, 8, 8)))
    pairs = [pair(s) for s in range(8)]
    pairs = [replace(p, target=np.where(p.uncovered[..., None], np.uint8(0), p.target)) for p in pairs]
    batches = FrameBatches([pairs], batch=4, side=SIDE, seed=1)
    held = batches.draw(np.random.default_rng(99))
    frame, landing = warp(held["source"], held["flow"], held["strength"], carry=True)
    zone = repair_zone(landing.came, landing.sure)

    def error() -> float:
        with torch.no_grad():
            out = network(
                frame.clamp(0, 1), landing.mean, landing.sure, zone, landing.came, network.look(held["source"])
            )
        return float(((out - held["target"]).abs() * zone).sum() / zone.sum())

    before = error()
    settings = RendererSettings(minutes=float("inf"), steps=200, learning_rate=3e-3, feature_weight=0.05)
    options = TrainerOptions(steps=200, ema_decay=0.9, mixed_precision="no")
    train_network(network, batches, tmp_path, settings=settings, options=options)
    assert error() < 0.8 * before


def test_the_command_trains_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "pairs"
    folder.mkdir()
    save_pairs(folder / "pairs-0.npz", [pair(s, 200, 208) for s in range(2)])
    out = tmp_path / "renderer.safetensors"
    arguments = ["renderer", "--pairs", str(folder), "--work", str(tmp_path / "work"), "-o", str(out)]
    for minutes in ("0.01", "0.02"):
        result = CliRunner().invoke(app, [*arguments, "--minutes", minutes, "--batch", "1", "--workers", "0"])
        assert result.exit_code == 0, result.output
    assert "trained on 2 pairs" in result.output
    assert RepairNetwork.load(out).config == RepairConfig()
    assert out.stat().st_size < 15e6


@pytest.mark.parametrize("begun", [False, True])
def test_training_can_begin_with_weights_and_notes_what_it_did(tmp_path: Path, begun: bool) -> None:
    folder = tmp_path / "pairs"
    folder.mkdir()
    save_pairs(folder / "pairs-0.npz", [pair(s, 200, 208) for s in range(2)])
    out = tmp_path / "renderer.safetensors"
    arguments = ["renderer", "--pairs", str(folder), "--work", str(tmp_path / "work"), "-o", str(out)]
    # A step so small that nothing is learned.
    arguments += ["--minutes", "5", "--steps", "1", "--learning-rate", "1e-9", "--batch", "1", "--workers", "0"]
    result = CliRunner().invoke(app, [*arguments, *(["--start", str(WEIGHTS)] if begun else [])])
    assert result.exit_code == 0, result.output
    shipped, trained = RepairNetwork.load(WEIGHTS).state_dict(), RepairNetwork.load(out).state_dict()
    # Weights are kept in half precision: the way there and back is exact.
    assert all(torch.equal(trained[name], value) for name, value in shipped.items()) == begun
    with safe_open(out, "pt") as file:
        notes = json.loads(file.metadata()["notes"])
    assert notes["settings"]["feature_weight"] == RendererSettings().feature_weight
    assert notes["started_from"] == (sha256_of(WEIGHTS) if begun else None)
