# SPDX-License-Identifier: GPL-3.0-or-later
"""Training in short resumable pieces within a budget of time."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

__all__ = ["Trainer"]

EMA_DECAY = 0.995


class Trainer:
    """Runs a loss over batches until a budget of minutes is spent, however many sittings that takes.

    The learning rate follows the share of the *budget* that is spent, not a count of steps: nobody
    knows beforehand how many steps a borrowed machine will manage. It warms up, stays, and falls to
    zero along a cosine, so whatever budget was given is used to its end.

    Args:
        module: what is trained; only parameters that require a gradient are.
        folder: for checkpoints and the log of losses; a run found there is continued.
        name: of the run in `folder`.
        minutes: of the whole budget, earlier sittings counted in.
        learning_rate: the highest.

    Raises:
        FloatingPointError: from `run`, when the loss is not finite; the last checkpoint is kept.
    """

    def __init__(self, module: nn.Module, folder: Path, name: str, *, minutes: float, learning_rate: float) -> None:
        self.accelerator = Accelerator(mixed_precision="bf16" if _has_bfloat16() else "no")
        self.folder = folder / name
        self.log = folder / f"{name}.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        self.budget, self.spent, self.step = minutes * 60.0, 0.0, 0
        trainable = [p for p in module.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(trainable, lr=learning_rate, betas=(0.9, 0.99), weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: self._rate())
        self.module, self.optimizer = self.accelerator.prepare(module, optimizer)
        self.schedule = schedule
        self.average = AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(EMA_DECAY))
        self.accelerator.register_for_checkpointing(self.average, self)
        if self.folder.exists():
            self.accelerator.load_state(str(self.folder))

    def _rate(self) -> float:
        warm = min(1.0, (self.step + 1) / 100)
        share = min(self.spent / self.budget, 1.0)
        return warm * (1.0 if share < 0.3 else 0.5 * (1.0 + math.cos(math.pi * (share - 0.3) / 0.7)))

    def state_dict(self) -> dict[str, Any]:
        return {"spent": self.spent, "step": self.step}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.spent, self.step = state["spent"], state["step"]

    def run(
        self,
        batches: Iterable[dict[str, Tensor]],
        loss: Callable[[dict[str, Tensor]], dict[str, Tensor]],
        *,
        checkpoint_every: float = 120.0,
    ) -> None:
        """Train until the budget is spent.

        Args:
            batches: endless.
            loss: from a batch to named scalar terms; "loss" is what is minimised.
            checkpoint_every: seconds between checkpoints.
        """
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[loss]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, disable=not self.accelerator.is_main_process) as bar:
            task = bar.add_task(self.folder.name, total=self.budget, completed=round(self.spent), loss="")
            saved = time.monotonic()
            for batch, seconds in _timed(batches, lambda: self.spent >= self.budget):
                terms = self._update(batch, loss)
                self.step += 1
                self.spent += seconds()
                if self.step % 10 == 0:
                    values = {name: round(float(value.detach()), 5) for name, value in terms.items()}
                    with self.log.open("a") as file:
                        file.write(
                            json.dumps({"step": self.step, "minutes": round(self.spent / 60, 2), **values}) + "\n"
                        )
                    bar.update(task, completed=self.spent, loss=f"step {self.step} loss {values['loss']:.4f}")
                if time.monotonic() - saved > checkpoint_every:
                    self.accelerator.save_state(str(self.folder))
                    saved = time.monotonic()
        self.accelerator.save_state(str(self.folder))

    def _update(
        self, batch: dict[str, Tensor], loss: Callable[[dict[str, Tensor]], dict[str, Tensor]]
    ) -> dict[str, Tensor]:
        batch = {key: value.to(self.accelerator.device) for key, value in batch.items()}
        with self.accelerator.autocast():
            terms = loss(batch)
        if not torch.isfinite(terms["loss"]):
            raise FloatingPointError(
                f"The loss is not finite at step {self.step}; the last checkpoint is kept in {self.folder}."
            )
        self.accelerator.backward(terms["loss"])
        self.accelerator.clip_grad_norm_(self.module.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update_parameters(self.accelerator.unwrap_model(self.module))
        return terms

    def averaged(self) -> dict[str, Tensor]:
        """The exponential moving average of the weights, as a state dict of the module."""
        return dict(self.average.module.state_dict())


def _has_bfloat16() -> bool:
    """Whether bfloat16 products run in hardware; emulated, they are slower than float32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _timed(
    batches: Iterable[dict[str, Tensor]], finished: Callable[[], bool]
) -> Iterator[tuple[dict[str, Tensor], Callable[[], float]]]:
    before = time.monotonic()

    def seconds() -> float:
        nonlocal before
        now = time.monotonic()
        passed, before = now - before, now
        return passed

    for batch in batches:
        if finished():
            return
        yield batch, seconds
