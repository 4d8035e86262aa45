# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of one part of a prior after the other, each by a loss of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from torch import Tensor, nn

from ..models.prior import MotionPrior
from .loop import Loss, Trainer, TrainerOptions

__all__ = ["train_part"]


def train_part(
    prior: MotionPrior,
    part: nn.Module,
    loss: Loss,
    batches: Iterable[dict[str, Tensor]],
    folder: Path,
    name: str,
    *,
    minutes: float,
    learning_rate: float,
    options: TrainerOptions | None = None,
    begin: Callable[[], None] = lambda: None,
) -> None:
    """Train a part of a prior in place, or go on with it; it ends with the averaged weights, and fixed.

    Args:
        prior: moved to where the training runs; of what does not belong to the part nothing is learned.
        part: modules of the prior.
        loss: see `Trainer.run`.
        batches: what the loss asks for.
        folder, name: of the run, see `Trainer`.
        minutes: the whole budget.
        learning_rate: the highest.
        options: of the run.
        begin: called once before the first step, when all is where it is needed.

    Raises:
        CheckpointError, NotFiniteError, Stopped: see `Trainer`.
    """
    part.requires_grad_(True)
    trainer = Trainer(part, folder, name, minutes=minutes, learning_rate=learning_rate, options=options)
    prior.to(trainer.accelerator.device)
    if trainer.step == 0:
        begin()
    trainer.run(batches, loss)
    part.load_state_dict(trainer.averaged())
    part.requires_grad_(False)
