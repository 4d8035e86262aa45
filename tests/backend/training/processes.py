# SPDX-License-Identifier: GPL-3.0-or-later
"""What each process of a distributed run saw and has in the end: `accelerate launch … processes.py FOLDER STEPS`."""

from __future__ import annotations

import atexit
import json
import os
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

# The launcher runs this as a file, which is not within the package.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from gid_backend.training.loop import Trainer, TrainerOptions
from tests.backend.training.runs import Numbers

RATE, SEED = 0.01, 4


def network() -> nn.Module:
    torch.manual_seed(8)
    return nn.Sequential(nn.Linear(6, 16), nn.SiLU(), nn.Linear(16, 6))


def fit(folder: Path, steps: int, accumulate: int) -> tuple[Trainer, list[list[float]]]:
    """Train without noise, so that only the batches matter, and note the first number of each."""
    module, seen = network(), []
    options = TrainerOptions(steps=steps, accumulate=accumulate, mixed_precision="no", seed=SEED)
    trainer = Trainer(module, folder, "net", minutes=float("inf"), learning_rate=RATE, options=options)

    def loss(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        seen.append(batch["x"][0].tolist())
        # Through the parts of the module, as the losses of this project do.
        return {"loss": (module[2](module[1](module[0](batch["x"]))) - batch["x"].roll(1, 1)).square().mean()}

    trainer.run(Numbers(3), loss)
    return trainer, seen


def threads() -> list[str]:
    """The names of this process's threads, where the system tells them."""
    tasks = Path("/proc/self/task")
    return [(task / "comm").read_text().strip() for task in tasks.iterdir()] if tasks.exists() else []


if __name__ == "__main__":
    torch.set_num_threads(1)
    place, count = Path(sys.argv[1]), int(sys.argv[2])
    # The first that is asked for at exit is called last, after the processes have left each other.
    left = place / f"{os.environ['RANK']}.threads.json"
    atexit.register(lambda: left.write_text(json.dumps(threads())))
    trained, batches = fit(place / "work", count, accumulate=2)
    report = {
        "processes": trained.accelerator.num_processes,
        "seen": batches,
        "noise": torch.rand(1).item(),
        "weights": {name: value.tolist() for name, value in trained.module.state_dict().items()},
        "average": {name: value.tolist() for name, value in trained.averaged().items()},
    }
    (place / f"{trained.accelerator.process_index}.json").write_text(json.dumps(report))
