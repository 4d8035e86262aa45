# SPDX-License-Identifier: GPL-3.0-or-later
"""What the command line says: one sentence at the end, and a progress bar until then."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

__all__ = ["INTERRUPTED", "console", "fail", "progress_bar", "say"]

# The exit status after Ctrl-C.
INTERRUPTED = 130

console = Console(stderr=True)


def fail(sentence: str, status: int) -> int:
    """Say on one line of stderr why it ends; returns the exit status."""
    print("gid:", " ".join(sentence.split()), file=sys.stderr)
    return status


def say(sentence: str) -> None:
    """Say what was done."""
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on stderr as the library's callback; silent where stderr is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield report
