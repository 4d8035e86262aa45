# SPDX-License-Identifier: GPL-3.0-or-later
"""A run small enough to be done many times, with everything that a resumed one has to take up again.

As a program, `python -m tests.backend.training.runs FOLDER STEPS`, for tests that kill it or launch several of it.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gid_backend.training.loop import Trainer, TrainerOptions
from gid_backend.training.stream import Stream


class Numbers(Stream):
    """Vectors with their batch's first number, to see who got which."""

    def draw(self, rng: np.random.Generator) -> dict[str, Tensor]:
        return {"x": torch.from_numpy(rng.normal(size=(4, 6)).astype(np.float32))}


def network() -> nn.Module:
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(6, 16), nn.SiLU(), nn.Dropout(0.3), nn.Linear(16, 6))


def fit(folder: Path, steps: int, module: nn.Module | None = None, **options: Any) -> Trainer:
    """Train with noise from all three generators."""
    module = module or network()
    trainer = Trainer(
        module,
        folder,
        "net",
        minutes=float("inf"),
        learning_rate=0.02,
        options=TrainerOptions(steps=steps, mixed_precision="no", **options),
    )

    def loss(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        noise = torch.randn_like(batch["x"]) + float(np.random.standard_normal()) * random.random()
        return {"loss": (module(batch["x"] + 0.1 * noise) - batch["x"].roll(1, 1)).square().mean()}

    trainer.run(Numbers(3), loss)
    return trainer


def die_at_sync(number: int) -> None:
    """Kill this process, as a power cut would, just before it hands something to the disk for that time."""
    done, sync = 0, os.fsync

    def counting(handle: int) -> None:
        nonlocal done
        done += 1
        if done == number:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(handle)

    os.fsync = counting


if __name__ == "__main__":
    if "DIE_AT_SYNC" in os.environ:
        die_at_sync(int(os.environ["DIE_AT_SYNC"]))
    torch.set_num_threads(1)
    fit(Path(sys.argv[1]), int(sys.argv[2]), checkpoint_every=0.0)
