# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run tells while it goes on: a line of JSON for programs, TensorBoard for people, a bar in the terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from ..atomic import replacing
from ..errors import GidError

__all__ = ["Journal", "JournalError"]


class JournalError(GidError):
    """The records of a run cannot be written."""

    code = "bad_journal"


class Journal:
    """The records of one run, in `<folder>/<name>.jsonl` and `<folder>/tensorboard/<name>`.

    Args:
        folder: of the work.
        name: of the run.
        step: at which this sitting begins; later records are of a sitting that was killed, and are taken back.
        is_main: whether this process writes; the others' journal is silent.
    """

    def __init__(self, folder: Path, name: str, *, step: int, is_main: bool) -> None:
        self.folder, self.name, self.is_main = folder, name, is_main
        self.console = Console(stderr=True, quiet=not is_main)
        self._lines = folder / f"{name}.jsonl"
        self._board: Any = None
        self._began = time.monotonic(), step
        if is_main:
            self._take_back(step)
            with self._writing():
                self._board = _board(folder / "tensorboard" / name, step)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
        self._bar = Progress(*columns, console=self.console, disable=not self.console.is_terminal)
        self._task = self._bar.add_task(name, total=1.0, note="")

    def __enter__(self) -> Journal:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if self._board is not None:
            try:
                self._board.close()
            except OSError:
                # A full disk has been met and told of already, or everything but the last curves is written.
                self.say(f"{self.name}: TensorBoard's last records could not be written.")

    def record(self, step: int, minutes: float, values: dict[str, float]) -> None:
        """Note named values of a step."""
        if not self.is_main:
            return
        line = {"step": step, "minutes": round(minutes, 2), **{k: float(f"{v:.5g}") for k, v in values.items()}}
        with self._writing():
            with self._lines.open("a") as file:
                file.write(json.dumps(line) + "\n")
            if self._board is not None:
                for name, value in values.items():
                    self._board.add_scalar(name, value, step)

    def picture(self, step: int, name: str, image: npt.NDArray[np.uint8]) -> None:
        """Note a picture, (H, W, 3)."""
        if self._board is not None:
            with self._writing():
                self._board.add_image(name, image, step, dataformats="HWC")

    def progress(self, step: int, share: float, remaining: float, loss: float) -> None:
        """Move the bar.

        Args:
            step: that is done.
            share: of the budget, 0 to 1.
            remaining: seconds.
            loss: of late.
        """
        began, first = self._began
        self._speed = (step - first) / max(time.monotonic() - began, 1e-9)
        self._note = f"step {step}  loss {loss:.4f}  {self._speed:.3g} steps/s  {_clock(remaining)} left"
        self._bar.update(self._task, completed=share, note=self._note)

    def milestone(self) -> None:
        """Where there is no terminal, say now and then what the bar would show."""
        if not self.console.is_terminal and hasattr(self, "_note"):
            self.say(f"{self.name}: {self._note}")

    def say(self, sentence: str) -> None:
        """A line for the person who watches."""
        self.console.print(sentence, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise JournalError(
                f"The records of the run cannot be written to “{self.folder}”: {error.strerror or error}; "
                "its checkpoints are still there.",
                "Make room there and run the same command again to go on.",
            ) from error

    def _take_back(self, step: int) -> None:
        if not self._lines.exists():
            return
        kept = []
        for line in self._lines.read_text().splitlines():
            try:
                if json.loads(line)["step"] <= step:
                    kept.append(line + "\n")
            except (ValueError, KeyError, TypeError):
                # The last line of a process that was killed may be half a line.
                continue
        with replacing(self._lines) as temporary:
            temporary.write_text("".join(kept))


def _board(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard.writer import SummaryWriter
    except ImportError:
        # Without the package there is still the .jsonl.
        return None
    return SummaryWriter(str(folder), purge_step=step + 1 if step else None)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(min(seconds, 1e7)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"
