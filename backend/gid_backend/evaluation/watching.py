# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an evaluation has come, on stderr."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

__all__ = ["console", "watching"]

console = Console(stderr=True)


@contextlib.contextmanager
def watching() -> Iterator[Callable[[str, int, int], None]]:
    """One bar for each thing that is done, on stderr; one line each where that is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def watch(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)
            if not console.is_terminal and done == total:
                console.print(f"{what}: {done}", markup=False, highlight=False, soft_wrap=True)

        yield watch
