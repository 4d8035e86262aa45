# SPDX-License-Identifier: GPL-3.0-or-later
"""Training in short resumable pieces within a budget, on one processor or on many."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch
from accelerate import DistributedDataParallelKwargs
from accelerate.utils import gather_object, set_seed
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from ..errors import GidError
from .budget import CLOCKS, Budget, Clock
from .checkpoints import CheckpointError, read_checkpoint, write_checkpoint
from .journal import Journal
from .processes import accelerator
from .random_state import random_state, restore_random_state, undisturbed
from .stopping import Stopped, StopRequest
from .stream import Stream
from .training_state import load_training_state, refuse_other_configuration, training_state

if TYPE_CHECKING:
    from ..models.config import Configuration

__all__ = ["NotFiniteError", "Trainer", "TrainerOptions"]

LOG_EVERY = 10  # steps
LARGEST_GRADIENT = 1.0  # norm

Batch = dict[str, Tensor]
Loss = Callable[[Batch], dict[str, Tensor]]
Tensors = tuple[Tensor, ...] | list[Tensor]


class NotFiniteError(GidError, FloatingPointError):
    """The loss or its gradient has become infinite or not a number."""

    code = "not_finite"


@dataclass(frozen=True)
class TrainerOptions:
    """What a run may be told beside its budget and its learning rate.

    Attributes:
        steps: after which it ends, if its minutes are not spent before.
        accumulate: batches whose gradients make one step.
        ema_decay: of the moving average of the weights, per step; less in the beginning, see `_average`.
        mixed_precision: "auto" takes bfloat16 where the hardware computes in it.
        seed: of noise and dropout; each process has its own from it.
        configuration: whose checkpoints this run may go on from; the module's own `config` by default.
        checkpoint_every: seconds between checkpoints.
        clock: what a second of the budget is: "wall", or "processor" for one that this process has computed, so that
            runs on one CPU compare, whatever else it does meanwhile.
        every: (seconds, call) pairs; each is called about so often, and at the end, in the main process. What it
            draws and how long it takes does not change what is learned, but counts as time.
    """

    steps: int | None = None
    accumulate: int = 1
    ema_decay: float = 0.995
    mixed_precision: Literal["auto", "no", "bf16"] = "auto"
    seed: int = 0
    configuration: Configuration | None = None
    checkpoint_every: float = 120.0
    clock: Clock = "wall"
    every: Sequence[tuple[float, Callable[[Trainer], None]]] = ()


class Trainer:
    """Runs a loss over batches until a budget is spent, however many sittings that takes.

    Optimiser, learning rate, moving average, random numbers and the place in the data are taken up as they were, so on
    one processor a run that was killed ends with the same bits as one that was not.

    Args:
        module: what is trained; only parameters that require a gradient are. It is moved to `accelerator.device`.
        folder: for checkpoints and records; a run of this name found there is continued.
        name: of the run in `folder`.
        minutes: of the whole budget, earlier sittings counted in. See `Budget`.
        learning_rate: the highest.
        options: see there.

    Raises:
        CheckpointError: when the checkpoint is of another configuration or version, or all are damaged.
    """

    def __init__(
        self,
        module: nn.Module,
        folder: Path,
        name: str,
        *,
        minutes: float,
        learning_rate: float,
        options: TrainerOptions | None = None,
    ) -> None:
        self.options = options = options or TrainerOptions()
        self.accelerator = accelerator(
            # An input that is dropped for a whole batch leaves the weights behind it without a gradient.
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        )
        self.work, self.name, self.folder = folder, name, folder / name
        folder.mkdir(parents=True, exist_ok=True)
        self.budget = Budget(minutes * 60.0, options.steps)
        self.learning_rate = learning_rate
        self.module = module.to(self.accelerator.device)
        trainable = [p for p in module.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(trainable, lr=learning_rate, betas=(0.9, 0.99), weight_decay=0.01)
        self.average = AveragedModel(module, multi_avg_fn=_average(options.ema_decay))
        self.journal: Journal
        self._batches = 0
        self._saved: int | None = None
        self._random: list[dict[str, Any]] = []
        self._resume()

    @property
    def step(self) -> int:
        """Optimisation steps that are done, earlier sittings counted in."""
        return self.budget.step

    @property
    def spent(self) -> float:
        """Seconds of the budget that are spent, earlier sittings counted in."""
        return self.budget.spent

    def averaged(self) -> dict[str, Tensor]:
        """The exponential moving average of the weights, as a state dict of the module."""
        return dict(self.average.module.state_dict())

    def run(self, batches: Iterable[Batch], loss: Loss) -> None:
        """Train until the budget is spent.

        Args:
            batches: endless; a `Stream`, or a loader of one, is taken up at its place.
            loss: from a batch to named scalar terms; "loss" is what is minimised.

        Raises:
            NotFiniteError: when the loss is not finite; the last checkpoint is kept.
            Stopped: after SIGINT or SIGTERM, with a checkpoint of the step that was going on.
            CheckpointError: when the disk is full; what was written before is kept.
        """
        step, world = self.budget.step, self.accelerator.num_processes
        objective = self.accelerator.prepare_model(_Objective(self.module, loss, self._precision()))
        source = getattr(batches, "dataset", batches)
        if isinstance(source, Stream):
            source.seek(self._batches + self.accelerator.process_index, world)
        # Handlers come first: the loader's processes inherit them, and outlive a Ctrl-C in the terminal.
        with StopRequest() as stop:
            stream = iter(batches)
            # Then the random numbers, for making a loader draws some.
            self._restore_random()
            with Journal(self.work, self.name, step=step, is_main=self.accelerator.is_main_process) as self.journal:
                try:
                    self._run(objective, stream, stop)
                finally:
                    # It keeps what is wrapped, and that the process group: `processes` says why that must end.
                    self.accelerator.free_memory()

    def _run(self, objective: nn.Module, stream: Iterator[Batch], stop: StopRequest) -> None:
        clock = CLOCKS[self.options.clock]
        budget, before, saved_at = self.budget, clock(), self.budget.spent
        window = _Window()
        while budget.share < 1.0:
            for group in self.optimizer.param_groups:
                group["lr"] = self.learning_rate * budget.rate
            values, samples = self._gradients(objective, stream)
            now = clock()
            # Processes must agree about when to end and when to write, or one would wait for the others for ever.
            seconds, stopping, broken = self._agree(now - before, stop.asked, not math.isfinite(sum(values.values())))
            before = now
            if broken:
                raise NotFiniteError(
                    f"The loss is not finite at step {budget.step}; the last checkpoint is kept in “{self.folder}”.",
                    "Run again with a lower learning rate or another seed to go on from there.",
                )
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            self.average.update_parameters(self.module)
            budget.step += 1
            earlier, budget.spent = budget.spent, budget.spent + seconds
            self._batches += self.options.accumulate * self.accelerator.num_processes
            window.add(values, samples, seconds)
            if budget.step % LOG_EVERY == 0:
                self._record(window)
                window = _Window()
            self._call(earlier)
            if stopping:
                break
            if budget.spent - saved_at > self.options.checkpoint_every:
                self.save()
                saved_at = budget.spent
                self.journal.milestone()
        if budget.share >= 1.0 and self._saved != budget.step:
            self._call(None)
        self.save()
        if budget.share < 1.0:
            raise Stopped(
                f"Training was stopped after step {budget.step}; the checkpoint is in “{self.folder}”.",
                "Run the same command again to go on.",
            )

    def _gradients(self, objective: nn.Module, stream: Iterator[Batch]) -> tuple[dict[str, float], int]:
        """Leave the mean gradient of the next batches in the parameters; return the loss's terms and the samples."""
        terms: dict[str, Tensor] = {}
        samples, count = 0, self.options.accumulate
        for turn in range(count):
            batch = {key: value.to(self.accelerator.device) for key, value in next(stream).items()}
            samples += len(next(iter(batch.values())))
            # Gradients travel between processes once a step.
            with self.accelerator.no_sync(objective) if turn < count - 1 else nullcontext():
                found = objective(batch)
                self.accelerator.backward(found["loss"] / count)
            for name, value in found.items():
                terms[name] = terms.get(name, 0.0) + value.detach().float() / count
        terms["gradient_norm"] = self.accelerator.clip_grad_norm_(self.module.parameters(), LARGEST_GRADIENT)
        values = torch.stack([value.reshape(()).float() for value in terms.values()]).tolist()
        return dict(zip(terms, values, strict=True)), samples

    def _agree(self, seconds: float, *flags: bool) -> tuple[float, ...]:
        """The mean of the seconds over all processes, and for each flag whether any of them has raised it."""
        world = self.accelerator.num_processes
        if world == 1:
            return seconds, *map(float, flags)
        values = torch.tensor([seconds / world, *map(float, flags)], device=self.accelerator.device)
        return tuple(self.accelerator.reduce(values, "sum").tolist())

    def _record(self, window: _Window) -> None:
        values = window.means()
        names = list(values)
        mean = torch.tensor([values[name] for name in names], device=self.accelerator.device)
        if self.accelerator.num_processes > 1:
            mean = self.accelerator.reduce(mean, "mean")
        values = dict(zip(names, mean.tolist(), strict=True))
        values["samples_per_second"] *= self.accelerator.num_processes
        values["learning_rate"] = self.optimizer.param_groups[0]["lr"]
        self.journal.record(self.step, self.spent / 60.0, values)
        self.journal.progress(self.step, self.budget.share, self.budget.remaining, values["loss"])

    def _call(self, earlier: float | None) -> None:
        """Call what is due between `earlier` and now, or all of it."""
        if not self.accelerator.is_main_process:
            return
        for seconds, call in self.options.every:
            if earlier is None or earlier // seconds < self.spent // seconds:
                with undisturbed(self.accelerator.device):
                    try:
                        call(self)
                    except (OSError, GidError) as error:
                        # Hours of training are not to be lost for a picture of them.
                        self.journal.say(f"{self.name}: left out at step {self.step}: {error}")

    def save(self) -> None:
        """Write a checkpoint, unless that of this step is there."""
        if self._saved == self.step:
            return
        states = gather_object([random_state(self.accelerator.device)])
        failure: CheckpointError | None = None
        if self.accelerator.is_main_process:
            facts = {
                "run": self.name,
                "configuration": None if self._configuration is None else self._configuration.to_json(),
                "step": self.step,
                "spent": self.spent,
                "batches": self._batches,
                "random": states,
            }
            tensors = training_state(self.module, self.average, self.optimizer)
            try:
                write_checkpoint(self.folder, self.step, tensors, facts)
            except CheckpointError as error:
                failure = error
        if self._agree(0.0, failure is not None)[1]:
            raise failure or CheckpointError("The main process could not write the checkpoint; its message says why.")
        self._saved = self.step

    def _precision(self) -> torch.dtype:
        asked = self.options.mixed_precision
        return torch.bfloat16 if asked == "bf16" or (asked == "auto" and _has_bfloat16()) else torch.float32

    @property
    def _configuration(self) -> Configuration | None:
        return self.options.configuration or getattr(self.module, "config", None)

    def _resume(self) -> None:
        found = read_checkpoint(self.folder, warn=lambda sentence: self.accelerator.print(sentence))
        if found is None:
            return
        if self._configuration is not None:
            refuse_other_configuration(self.folder, found.facts["configuration"], self._configuration)
        load_training_state(found, self.module, self.average, self.optimizer)
        self.budget.step, self.budget.spent = found.facts["step"], found.facts["spent"]
        self._batches, self._random = found.facts["batches"], found.facts["random"]
        self._saved = self.step

    def _restore_random(self) -> None:
        rank = self.accelerator.process_index
        if rank < len(self._random):
            restore_random_state(self._random[rank], self.accelerator.device)
        else:
            # A new run, or one on more processes than before: the step makes it another sequence than theirs was.
            set_seed(self.options.seed + 1000 * self.step, device_specific=True)


class _Objective(nn.Module):
    """The loss as a module around what is trained: gradients are shared between processes only for what runs in the
    forward pass of the module that accelerate has wrapped, and losses call parts of theirs.
    """

    def __init__(self, module: nn.Module, loss: Loss, precision: torch.dtype) -> None:
        super().__init__()
        self.module, self.loss, self.precision = module, loss, precision

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        # Not accelerate's own: that is one for the whole process, and two runs may want different ones.
        device = next(self.module.parameters()).device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.precision == torch.bfloat16):
            return self.loss(batch)


class _Window:
    """Means over the steps between two records."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.steps, self.samples, self.seconds = 0, 0, 0.0

    def add(self, values: dict[str, float], samples: int, seconds: float) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.steps, self.samples, self.seconds = self.steps + 1, self.samples + samples, self.seconds + seconds

    def means(self) -> dict[str, float]:
        out = {name: total / self.steps for name, total in self.sums.items()}
        return {**out, "samples_per_second": self.samples / max(self.seconds, 1e-9)}


def _average(decay: float) -> Callable[[Tensors, Tensors, Tensor | int], None]:
    """A moving average that remembers a tenth of the run at most.

    With a fixed decay of 0.998 half of what a run of 350 steps ends with would be the weights that it began with.
    """

    @torch.no_grad()
    def average(averaged: Tensors, current: Tensors, count: Tensor | int) -> None:
        step = int(count)
        torch._foreach_lerp_(averaged, current, 1.0 - min(decay, (1 + step) / (10 + step)))

    return average


def _has_bfloat16() -> bool:
    """Whether bfloat16 products run in hardware; emulated, they are slower than float32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())
