# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures behind `docs/evaluation.md`: one JSON file beside it, in which rows accumulate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..atomic import replacing
from .splits import EvaluationError

__all__ = ["Results"]

FORMAT = "gid-evaluation-1"


class Results:
    """Rows of all tables, the cost, and the names of the sheets.

    Attributes:
        rows: each {"table", "split", "name", "settings", "figures"}; one for each (table, split, name).
        cost: as `cost.measure_cost` gives it, or {}.
        sheets: file names in the folder of images.
    """

    def __init__(self, path: Path) -> None:
        """Read what there is.

        Raises:
            EvaluationError: when the file is there and holds something else.
        """
        self.path = path
        self.rows: list[dict[str, Any]] = []
        self.cost: dict[str, Any] = {}
        self.sheets: list[str] = []
        if not path.exists():
            return
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise ValueError(data["format"])
            self.rows, self.cost, self.sheets = data["rows"], data["cost"], data["sheets"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EvaluationError(
                f"“{path}” holds no results of an evaluation ({error}).", "Move it away, or name another file."
            ) from error

    def put(self, table: str, split: str, name: str, settings: Mapping[str, Any], figures: Mapping[str, Any]) -> None:
        """Add a row, in place of the one of the same name."""
        row = {"table": table, "split": split, "name": name, "settings": dict(settings), "figures": dict(figures)}
        same = [i for i, r in enumerate(self.rows) if (r["table"], r["split"], r["name"]) == (table, split, name)]
        if same:
            self.rows[same[0]] = row
        else:
            self.rows.append(row)

    def of(self, table: str, split: str) -> list[dict[str, Any]]:
        """The rows of one table, in the order in which they came."""
        return [row for row in self.rows if row["table"] == table and row["split"] == split]

    def save(self) -> None:
        """Write all back, a row to a line; raises OutputError when that cannot be done."""
        rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in self.rows)
        head = f'{{"format": {json.dumps(FORMAT)},\n"cost": {json.dumps(self.cost, ensure_ascii=False)},\n'
        text = f'{head}"sheets": {json.dumps(self.sheets)},\n"rows": [\n{rows}\n]}}\n'
        with replacing(self.path) as temporary:
            temporary.write_text(text, encoding="utf-8")
