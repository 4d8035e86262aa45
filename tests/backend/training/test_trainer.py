# SPDX-License-Identifier: GPL-3.0-or-later
"""Training in sittings: a budget that is kept, records of it, and nothing lost to a bad step or a full disk."""

from __future__ import annotations

import errno
import itertools
import json
import math
import os
import resource
import signal
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from gid_backend.training.budget import Budget
from gid_backend.training.checkpoints import CheckpointError
from gid_backend.training.loop import NotFiniteError, Trainer, TrainerOptions
from gid_backend.training.stopping import Stopped
from tests.backend.training.runs import fit as fit_net

FOREVER = float("inf")


def batches() -> itertools.repeat:
    return itertools.repeat({"x": torch.ones(4, 3)})


def fit(module: nn.Linear, folder: Path, steps: int = 30, minutes: float = FOREVER, **options: object) -> Trainer:
    trainer = Trainer(
        module,
        folder,
        "line",
        minutes=minutes,
        learning_rate=0.05,
        options=TrainerOptions(steps=steps, **options),  # type: ignore[arg-type]
    )
    trainer.run(batches(), lambda batch: {"loss": (module(batch["x"]) - 2.0).square().mean()})
    return trainer


def lines(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "line.jsonl").read_text().splitlines()]


class TestBudget:
    def test_minutes_are_spent_and_the_loss_falls(self, tmp_path: Path) -> None:
        torch.manual_seed(0)
        module = nn.Linear(3, 1)
        before = (module(torch.ones(1, 3)) - 2.0).square().item()
        trainer = Trainer(module, tmp_path, "line", minutes=0.5 / 60, learning_rate=0.05)
        trainer.run(batches(), lambda batch: {"loss": (module(batch["x"]) - 2.0).square().mean()})
        assert trainer.spent >= trainer.budget.seconds
        assert (module(torch.ones(1, 3)) - 2.0).square().item() < before

    def test_a_second_sitting_goes_on_where_the_first_stopped(self, tmp_path: Path) -> None:
        first = fit(nn.Linear(3, 1), tmp_path)
        module = nn.Linear(3, 1)
        second = Trainer(module, tmp_path, "line", minutes=3 / 60, learning_rate=0.05)
        assert (second.step, second.spent) == (first.step, first.spent)
        for ours, theirs in zip(module.parameters(), first.module.parameters(), strict=True):
            assert torch.equal(ours, theirs)

    def test_a_spent_budget_trains_no_more(self, tmp_path: Path) -> None:
        first = fit(nn.Linear(3, 1), tmp_path)
        again = fit(nn.Linear(3, 1), tmp_path)
        assert (again.step, again.spent) == (first.step, first.spent)

    def test_waiting_costs_nothing_by_the_processors_clock(self, tmp_path: Path) -> None:
        def slow(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            time.sleep(1.0)
            return {"loss": module(batch["x"]).square().mean()}

        spent = {}
        for clock in ("wall", "processor"):
            module = nn.Linear(3, 1)
            options = TrainerOptions(steps=3, clock=clock)  # type: ignore[arg-type]
            trainer = Trainer(module, tmp_path / clock, "line", minutes=FOREVER, learning_rate=0.05, options=options)
            trainer.run(batches(), slow)
            spent[clock] = trainer.spent
        assert spent["wall"] >= 3.0
        assert spent["processor"] < 3.0

    def test_a_larger_budget_goes_on(self, tmp_path: Path) -> None:
        fit(nn.Linear(3, 1), tmp_path, steps=5)
        assert fit(nn.Linear(3, 1), tmp_path, steps=9).step == 9

    def test_the_rate_warms_up_stays_and_falls_to_nothing(self) -> None:
        rates = [Budget(100.0, spent=seconds, step=1000).rate for seconds in (0, 29, 65, 99.9, 100)]
        assert rates == pytest.approx([1.0, 1.0, 0.5, 0.0, 0.0], abs=1e-4)
        assert Budget(100.0, step=9).rate == pytest.approx(0.1)

    def test_the_rate_follows_whichever_budget_is_nearer_its_end(self) -> None:
        assert Budget(100.0, 1000, spent=10.0, step=650).share == 0.65
        assert Budget(math.inf, 1000, spent=10.0, step=1000).share == 1.0
        assert Budget(0.0).share == 1.0

    def test_what_remains_is_reckoned_from_the_steps_so_far(self) -> None:
        assert Budget(100.0, spent=40.0).remaining == 60.0
        assert Budget(math.inf, 100, spent=40.0, step=80).remaining == pytest.approx(10.0)


class TestRecords:
    def test_every_tenth_step_is_recorded_with_rate_gradient_and_speed(self, tmp_path: Path) -> None:
        fit(nn.Linear(3, 1), tmp_path)
        assert [line["step"] for line in lines(tmp_path)] == [10, 20, 30]
        assert {"minutes", "loss", "learning_rate", "gradient_norm", "samples_per_second"} < lines(tmp_path)[0].keys()

    def test_tensorboard_has_the_same_values(self, tmp_path: Path) -> None:
        accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
        fit(nn.Linear(3, 1), tmp_path)
        events = accumulator.EventAccumulator(str(tmp_path / "tensorboard" / "line"))
        events.Reload()
        shown = [(event.step, event.value) for event in events.Scalars("loss")]
        assert shown == [(line["step"], pytest.approx(line["loss"], rel=1e-3)) for line in lines(tmp_path)]

    def test_a_resumed_run_takes_back_what_was_recorded_after_its_checkpoint(self, tmp_path: Path) -> None:
        fit(nn.Linear(3, 1), tmp_path, steps=20)
        with (tmp_path / "line.jsonl").open("a") as file:
            # As a sitting leaves it that is killed, without a checkpoint, while it writes the next line.
            file.write('{"step": 30, "loss": 9.0}\n{"step": 40, "lo')
        fit(nn.Linear(3, 1), tmp_path, steps=30)
        assert [line["step"] for line in lines(tmp_path)] == [10, 20, 30]
        assert lines(tmp_path)[-1]["loss"] < 9.0

    def test_calls_come_when_their_time_has_passed_and_at_the_end(self, tmp_path: Path) -> None:
        called: list[int] = []
        fit(nn.Linear(3, 1), tmp_path, steps=4, every=[(1e-9, lambda t: called.append(t.step))])
        assert called == [1, 2, 3, 4, 4]
        called.clear()
        fit(nn.Linear(3, 1), tmp_path / "rare", steps=4, every=[(3600.0, lambda t: called.append(t.step))])
        assert called == [4]

    def test_a_call_that_fails_costs_no_training(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        def fail(trainer: Trainer) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        assert fit(nn.Linear(3, 1), tmp_path, steps=4, every=[(3600.0, fail)]).step == 4
        assert "left out at step 4: [Errno 28] No space left on device" in capsys.readouterr().err


class TestAverage:
    def test_it_is_a_state_dict_of_the_module(self, tmp_path: Path) -> None:
        trainer = fit(nn.Linear(3, 1), tmp_path)
        assert trainer.averaged().keys() == trainer.module.state_dict().keys()

    @staticmethod
    def behind(folder: Path, decay: float) -> float:
        """How far the average is behind the weights, in ways that they have gone."""
        torch.manual_seed(1)
        module = nn.Linear(3, 1)
        begin = module.weight.detach().clone()
        average = fit(module, folder, steps=30, ema_decay=decay).averaged()["weight"]
        return float((average - module.weight).abs().max() / (module.weight - begin).abs().max())

    def test_it_follows_the_weights_as_slowly_as_told(self, tmp_path: Path) -> None:
        assert self.behind(tmp_path / "not", 0.0) == 0.0
        assert 0.0 < self.behind(tmp_path / "quick", 0.3) < self.behind(tmp_path / "slow", 0.999)

    def test_a_short_run_is_not_held_back_by_where_it_began(self, tmp_path: Path) -> None:
        """With 0.999 at every step, 97 % of what thirty steps end with would be the first one's weights."""
        assert self.behind(tmp_path, 0.999) < 0.5


class TestAccumulation:
    def test_several_small_batches_are_one_large_one(self, tmp_path: Path) -> None:
        modules = [nn.Linear(3, 1) for _ in range(2)]
        modules[1].load_state_dict(modules[0].state_dict())
        data = torch.randn(8, 4, 3)
        for module, parts, place in ((modules[0], data, "small"), (modules[1], data.reshape(2, 16, 3), "large")):
            trainer = Trainer(
                module,
                tmp_path / place,
                "line",
                minutes=FOREVER,
                learning_rate=0.05,
                options=TrainerOptions(steps=2, accumulate=len(parts) // 2, mixed_precision="no"),
            )
            trainer.run(
                ({"x": x} for x in itertools.cycle(parts)),
                lambda batch, m=module: {"loss": (m(batch["x"]) - batch["x"].sum(1, keepdim=True)).square().mean()},
            )
        # Sums in another order: a few last places of a 32-bit float.
        torch.testing.assert_close(modules[0].weight, modules[1].weight, rtol=1e-5, atol=1e-6)


class TestStopping:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_after_the_step_with_a_checkpoint(self, tmp_path: Path, number: signal.Signals) -> None:
        with pytest.raises(Stopped) as stopped:
            fit(nn.Linear(3, 1), tmp_path, every=[(1e-9, lambda t: signal.raise_signal(number))])
        assert stopped.value.message == (
            f"Training was stopped after step 2; the checkpoint is in “{tmp_path / 'line'}”."
        )
        assert stopped.value.hint == "Run the same command again to go on."
        assert Trainer(nn.Linear(3, 1), tmp_path, "line", minutes=1, learning_rate=0.1).step == 2

    def test_afterwards_signals_are_as_they_were(self, tmp_path: Path) -> None:
        before = signal.getsignal(signal.SIGTERM)
        fit(nn.Linear(3, 1), tmp_path, steps=2)
        assert signal.getsignal(signal.SIGTERM) is before


class TestBadSteps:
    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(self, tmp_path: Path, bad: float) -> None:
        good = fit(nn.Linear(3, 1), tmp_path)
        module = nn.Linear(3, 1)
        trainer = Trainer(module, tmp_path, "line", minutes=5, learning_rate=0.05)
        with pytest.raises(NotFiniteError, match=r"The loss is not finite at step 30; the last checkpoint is kept in"):
            trainer.run(batches(), lambda batch: {"loss": module(batch["x"]).sum() * bad})
        again = Trainer(nn.Linear(3, 1), tmp_path, "line", minutes=5, learning_rate=0.05)
        assert again.step == good.step
        assert torch.equal(again.module.weight, good.module.weight)  # type: ignore[arg-type]

    def test_a_gradient_that_is_not_finite_reaches_no_weight(self, tmp_path: Path) -> None:
        module = nn.Linear(3, 1)
        before = module.weight.detach().clone()
        trainer = Trainer(module, tmp_path, "line", minutes=5, learning_rate=0.05)
        with pytest.raises(NotFiniteError):
            # √x has a value at 0, and no slope.
            trainer.run(batches(), lambda batch: {"loss": (module(batch["x"]) * 0.0).abs().sqrt().sum()})
        assert torch.equal(module.weight, before)


class TestFullDisk:
    def test_a_disk_that_fills_up_keeps_what_was_written(self, tmp_path: Path) -> None:
        """The largest size that this process may give a file stands in for the end of the disk."""
        fit_net(tmp_path, 6)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

        def fill(trainer: Trainer) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))

        try:
            with pytest.raises(CheckpointError) as full:
                fit_net(tmp_path, 9, every=[(1e-9, fill)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert full.value.message == (
            f"The checkpoint of step 9 cannot be written to “{tmp_path / 'net'}”: File too large; "
            "step-000000006 is still there."
        )
        assert "run the same command again" in full.value.hint
        assert [path.name for path in (tmp_path / "net").iterdir()] == ["step-000000006"]
        assert fit_net(tmp_path, 9).step == 9
