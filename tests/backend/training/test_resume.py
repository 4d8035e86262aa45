# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed ends with the same bits as one that is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gid_backend.training.loop import Trainer
from tests.backend.training.runs import fit

ROOT = Path(__file__).resolve().parents[3]
STEPS = 12
# One checkpoint is synchronised in four calls: its file of tensors, its index, its folder, the folder of the run.
SYNCS = 4


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    """The run that nothing happened to."""
    return fit(tmp_path_factory.mktemp("whole"), STEPS)


def assert_same(one: Trainer, other: Trainer) -> None:
    for ours, theirs in ((one.module.state_dict(), other.module.state_dict()), (one.averaged(), other.averaged())):
        assert ours.keys() == theirs.keys()
        for name, value in ours.items():
            assert torch.equal(value, theirs[name]), name
    moments = [trainer.optimizer.state_dict()["state"] for trainer in (one, other)]
    for number, own in moments[0].items():
        assert all(torch.equal(value, moments[1][number][name]) for name, value in own.items())


def test_two_runs_are_the_same_at_all(whole: Trainer, tmp_path: Path) -> None:
    assert_same(fit(tmp_path, STEPS), whole)


@pytest.mark.parametrize("sync", [1, 2, 3, 4], ids=["in its file", "in its index", "before its name", "after its name"])
def test_killed_in_the_middle_of_a_checkpoint(whole: Trainer, tmp_path: Path, sync: int) -> None:
    """With a checkpoint at every step, the fifth is the one in which the process dies."""
    environment = {**os.environ, "DIE_AT_SYNC": str(4 * SYNCS + sync), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.backend.training.runs", str(tmp_path), str(STEPS)]
    died = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    resumed_at = []
    again = fit(tmp_path, STEPS, every=[(1e-9, lambda trainer: resumed_at.append(trainer.step))])
    assert resumed_at[0] == (6 if sync == 4 else 5), "the checkpoint counts from when it has its name"
    assert again.step == STEPS
    assert_same(again, whole)


def test_sittings_of_a_few_steps(whole: Trainer, tmp_path: Path) -> None:
    """The budget is the same all along; each sitting is ended by a signal."""

    def stop(trainer: Trainer) -> None:
        if trainer.step % 5 == 0:
            signal.raise_signal(signal.SIGTERM)

    from gid_backend.training.stopping import Stopped

    for sitting in (5, 10):
        with pytest.raises(Stopped, match=f"after step {sitting + 1}.*“.*net”"):
            fit(tmp_path, STEPS, every=[(1e-9, stop)])
    assert_same(fit(tmp_path, STEPS), whole)


def test_what_is_called_meanwhile_changes_nothing(whole: Trainer, tmp_path: Path) -> None:
    assert_same(fit(tmp_path, STEPS, every=[(1e-9, lambda trainer: torch.rand(3))]), whole)


def test_a_damaged_newest_checkpoint_is_passed_over(
    whole: Trainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(tmp_path, STEPS, checkpoint_every=0.0)
    newest, before = sorted((tmp_path / "net").glob("step-*"), reverse=True)
    assert (int(newest.name[5:]), int(before.name[5:])) == (STEPS, STEPS - 1), "two are kept"
    file = next(newest.glob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:-1])
    again = fit(tmp_path, STEPS)
    assert "is damaged (00001.safetensors is not as it was written)" in capsys.readouterr().out
    assert_same(again, whole)
