# SPDX-License-Identifier: GPL-3.0-or-later
"""Training in sittings: a budget that is kept, resumed, and never lost to a bad step."""

import itertools
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from gid_backend.training.loop import Trainer


def batches() -> itertools.repeat:
    return itertools.repeat({"x": torch.ones(4, 3)})


def fit(module: nn.Linear, folder: Path, minutes: float) -> Trainer:
    trainer = Trainer(module, folder, "line", minutes=minutes, learning_rate=0.05)
    trainer.run(batches(), lambda batch: {"loss": (module(batch["x"]) - 2.0).square().mean()})
    return trainer


def test_a_budget_is_spent_and_the_loss_falls(tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = nn.Linear(3, 1)
    before = (module(torch.ones(1, 3)) - 2.0).square().item()
    trainer = fit(module, tmp_path, 2 / 60)
    assert trainer.spent >= trainer.budget.seconds
    assert (module(torch.ones(1, 3)) - 2.0).square().item() < before
    assert json.loads((tmp_path / "line.jsonl").read_text().splitlines()[-1])["step"] <= trainer.step


def test_a_second_sitting_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    first = fit(nn.Linear(3, 1), tmp_path, 1 / 60)
    module = nn.Linear(3, 1)
    second = Trainer(module, tmp_path, "line", minutes=3 / 60, learning_rate=0.05)
    assert second.step == first.step
    assert second.spent == first.spent
    for ours, theirs in zip(module.parameters(), first.module.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_spent_budget_trains_no_more(tmp_path: Path) -> None:
    steps = fit(nn.Linear(3, 1), tmp_path, 1 / 60).step
    assert fit(nn.Linear(3, 1), tmp_path, 1 / 60).step == steps


def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(tmp_path: Path) -> None:
    good = fit(nn.Linear(3, 1), tmp_path, 1 / 60)
    module = nn.Linear(3, 1)
    trainer = Trainer(module, tmp_path, "line", minutes=5, learning_rate=0.05)
    with pytest.raises(FloatingPointError, match="not finite"):
        trainer.run(batches(), lambda batch: {"loss": module(batch["x"]).sum() * float("nan")})
    again = Trainer(nn.Linear(3, 1), tmp_path, "line", minutes=5, learning_rate=0.05)
    assert again.step == good.step


def test_the_average_follows_the_weights(tmp_path: Path) -> None:
    module = nn.Linear(3, 1)
    trainer = fit(module, tmp_path, 1 / 60)
    averaged = trainer.averaged()
    assert averaged.keys() == module.state_dict().keys()
    assert torch.isfinite(averaged["weight"]).all()
