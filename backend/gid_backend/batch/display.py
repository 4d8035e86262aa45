# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of a batch on a terminal: one bar for all pictures, one for each that is under way."""

from __future__ import annotations

from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ..terminal import console, say
from .report import Line
from .run import Watch
from .work import Work

__all__ = ["Display"]


class Display(Watch):
    """Bars where stderr is a terminal; elsewhere a line for each result, since a log is read later."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._all = self._bars.add_task("All", total=None)
        self._works: dict[int, TaskID] = {}

    def __enter__(self) -> Display:
        self._bars.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.__exit__(kind, error, trace)

    def total(self, count: int) -> None:
        self._bars.update(self._all, total=count)

    def told(self, work: Work, stage: str, done: int, total: int) -> None:
        what = f"{work.name[-40:]}, seed {work.seeds[0]}: {stage}".replace("[", "\\[")
        if id(work) not in self._works:
            self._works[id(work)] = self._bars.add_task(what, total=None)
        self._bars.update(self._works[id(work)], description=what, completed=done, total=total or None)

    def ended(self, work: Work) -> None:
        if (task := self._works.pop(id(work), None)) is not None:
            self._bars.remove_task(task)

    def line(self, line: Line) -> None:
        self._bars.advance(self._all)
        which = "sheet" if line.seed is None else f"seed {line.seed}"
        if line.state == "failed":
            say(f"failed: {line.picture}, {which}: {line.sentence}")
        elif not console.is_terminal:
            say(f"{line.state}: {line.picture}, {which}")
