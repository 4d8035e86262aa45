# SPDX-License-Identifier: GPL-3.0-or-later
"""Several processes train one network: on this machine two, on the CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.backend.training import processes

ROOT = Path(__file__).resolve().parents[3]
STEPS = 10


def launched(folder: Path, steps: int) -> list[dict[str, Any]]:
    """What both processes report. torchrun is what `accelerate launch` runs for several GPUs."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    run = subprocess.run(
        [*command, processes.__file__, str(folder), str(steps)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "GID_DEVICE": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    for rank in range(2):
        # One that still ran would abort the process, now and then, on a busy machine.
        assert "gloo" not in (folder / f"{rank}.threads.json").read_text(), "the group's threads have ended"
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_are_one_with_twice_the_batches(tmp_path: Path) -> None:
    first, second = launched(tmp_path, STEPS)
    assert (first["processes"], second["processes"]) == (2, 2)
    # Both have the same weights and the same average, to the bit.
    assert first["weights"] == second["weights"]
    assert first["average"] == second["average"]
    assert first["noise"] != second["noise"], "each draws its own noise"

    # One process that takes four batches a step sees what the two saw with two each.
    alone, seen = processes.fit(tmp_path / "alone", STEPS, accumulate=4)
    assert first["seen"] == seen[0::2]
    assert second["seen"] == seen[1::2]
    for name, value in alone.module.state_dict().items():
        # Sums in another order, through ten steps of an optimiser that divides by small numbers.
        torch.testing.assert_close(torch.tensor(first["weights"][name]), value, rtol=1e-4, atol=1e-5)

    # And only one of them has written.
    assert len(list((tmp_path / "work" / "tensorboard" / "net").iterdir())) == 1
    assert [json.loads(line)["step"] for line in (tmp_path / "work" / "net.jsonl").open()] == [10]

    # A second sitting of the two goes on with the random numbers of each.
    later = launched(tmp_path, STEPS + 2)
    assert [len(report["seen"]) for report in later] == [4, 4], "two steps of two batches"
    assert later[0]["seen"][0] != first["seen"][0]
    assert later[0]["weights"] == later[1]["weights"]
