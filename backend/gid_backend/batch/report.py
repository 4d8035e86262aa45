# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of everything: a line of JSON as soon as it is known, and a table at the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Literal

from rich.table import Table

from ..atomic import OutputError

__all__ = ["REPORT", "Line", "Report", "State"]

REPORT = "report.jsonl"

State = Literal["done", "skipped", "failed"]


@dataclass(frozen=True)
class Line:
    """What became of one motion of one picture, or of its contact sheet.

    Attributes:
        picture: name of the picture.
        seed: of the motion; None for the sheet.
        state: done now; skipped, as it was there or is another's; or failed.
        files: what there is of it, finished.
        sentence: why it failed or was skipped, in one sentence, or "".
        hint: what to do, or "".
        seconds: from the first work for it to the last.
    """

    picture: str
    seed: int | None
    state: State
    files: Sequence[str] = ()
    sentence: str = ""
    hint: str = ""
    seconds: float = 0.0


@dataclass
class Report:
    """The report of a run, in a file from the first line on.

    Attributes:
        path: of the file.
        lines: so far.
    """

    path: Path
    lines: list[Line] = field(default_factory=list)
    _file: IO[str] | None = None

    def __enter__(self) -> Report:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"Cannot write the report “{self.path}”: {error.strerror}.", "Choose another --report."
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, line: Line) -> None:
        """Enter what became of something.

        Raises:
            OutputError: when the file takes no more.
        """
        self.lines.append(line)
        assert self._file is not None
        try:
            self._file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
            # A run that is killed tells how far it came.
            self._file.flush()
        except OSError as error:
            raise OutputError(
                f"Cannot write the report “{self.path}”: {error.strerror}.", "Make room there."
            ) from error

    def count(self, state: State) -> int:
        """How many lines are in that state."""
        return sum(line.state == state for line in self.lines)

    def summary(self) -> str:
        """One sentence."""
        return f"{self.count('done')} done, {self.count('skipped')} skipped, {self.count('failed')} failed"

    def table(self) -> Table:
        """A row for each picture."""
        table = Table("picture", "done", "skipped", "failed", "why")
        for column in table.columns[1:4]:
            column.justify = "right"
        table.columns[0].overflow = table.columns[4].overflow = "fold"
        grouped: dict[str, list[Line]] = {}
        for line in self.lines:
            grouped.setdefault(line.picture, []).append(line)
        for name, lines in sorted(grouped.items()):
            counts = Counter(line.state for line in lines)
            why = dict.fromkeys(line.sentence for line in lines if line.sentence)
            numbers = (str(counts[state] or "") for state in ("done", "skipped", "failed"))
            # Names of files are no markup.
            table.add_row(name.replace("[", "\\["), *numbers, " ".join(why).replace("[", "\\["))
        return table
