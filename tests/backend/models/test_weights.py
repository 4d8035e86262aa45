# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of weights: whole and of our format, or refused with one sentence."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from gid_backend.errors import WeightsError
from gid_backend.models.prior import WEIGHTS, MotionPrior


def test_weights_survive_a_file_up_to_half_precision(prior: MotionPrior, tmp_path: Path) -> None:
    prior.normalizer.scale.copy_(torch.tensor([1e-2, 3e-5, 2e-6, 4e-8]))
    prior.save(tmp_path / "w.safetensors", {"minutes": 1})
    again = MotionPrior.load(tmp_path / "w.safetensors")
    assert again.config == prior.config
    # Band scales are below half precision's smallest numbers, and are kept in full.
    assert torch.equal(again.normalizer.scale, prior.normalizer.scale)
    for name, value in prior.state_dict().items():
        # 11 bits of mantissa.
        torch.testing.assert_close(again.state_dict()[name], value, rtol=1e-3, atol=1e-6)


def test_missing_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="missing"):
        MotionPrior.load(tmp_path / "nothing.safetensors")


@pytest.mark.parametrize("damage", ["cut", "flipped header", "empty", "text"])
def test_damaged_weights(prior: MotionPrior, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "w.safetensors"
    prior.save(path, {})
    data = path.read_bytes()
    path.write_bytes(
        {"cut": data[: len(data) // 2], "flipped header": b"\xff" * 8 + data[8:], "empty": b"", "text": b"hello"}[
            damage
        ]
    )
    with pytest.raises(WeightsError, match="damaged"):
        MotionPrior.load(path)


def test_weights_of_another_network(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(3)}, tmp_path / "w.safetensors", {"format": "something-else"})
    with pytest.raises(WeightsError, match="no weights of a motion prior"):
        MotionPrior.load(tmp_path / "w.safetensors")


def test_weights_that_are_not_finite(prior: MotionPrior, tmp_path: Path) -> None:
    prior.latent_mean[0] = float("nan")
    prior.save(tmp_path / "w.safetensors", {})
    with pytest.raises(WeightsError, match="not finite"):
        MotionPrior.load(tmp_path / "w.safetensors")


def test_the_shipped_weights_load_and_are_small_enough() -> None:
    MotionPrior.load()
    assert sum(f.stat().st_size for f in WEIGHTS.parent.glob("*.safetensors")) <= 40e6
