# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated pages: tables and their cells, and the two marks between which people write what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..atomic import replacing

__all__ = ["BEGIN", "END", "markdown", "number", "pair", "write_around"]

BEGIN, END = "<!-- written by hand: begin -->", "<!-- written by hand: end -->"
Row = dict[str, Any]


def number(key: str, digits: int = 2, factor: float = 1.0) -> Callable[[Row], str]:
    """Shows one figure of a row, nothing where there is none."""

    def shown(figures: Row) -> str:
        value = figures.get(key)
        # Adding zero takes the sign off what is rounded to it.
        return "" if value is None else f"{round(value * factor, digits) + 0.0:.{digits}f}".replace("-", "−")

    return shown


def pair(first: Callable[[Row], str], second: Callable[[Row], str], mark: str) -> Callable[[Row], str]:
    """Shows two figures with a mark between, or the one that there is."""

    def shown(figures: Row) -> str:
        a, b = first(figures), second(figures)
        return f"{a}{mark}{b}" if a and b else a or b

    return shown


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def write_around(path: Path, pieces: Sequence[str], first: str) -> None:
    """Write a page of `pieces`, empty ones left out, and what is written by hand at its end.

    Args:
        path: of the page; text between its two marks is kept.
        pieces: in order.
        first: stands between the marks of a new page.

    Raises:
        OutputError: when the page cannot be written.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(re.escape(BEGIN) + "\n(.*?)\n?" + re.escape(END), text, re.DOTALL)
    by_hand = f"{BEGIN}\n{found[1] if found else first}\n{END}"
    with replacing(path) as temporary:
        whole = "\n\n".join(piece.strip() for piece in (*pieces, by_hand) if piece) + "\n"
        temporary.write_text(whole, encoding="utf-8")
