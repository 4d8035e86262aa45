# SPDX-License-Identifier: GPL-3.0-or-later
import json

import pytest

from gid_backend.evaluation.page import BEGIN, END, write_page
from gid_backend.evaluation.results import Results
from gid_backend.evaluation.splits import EvaluationError

FIGURES = {
    "cases": 4, "draws": 8, "rank": 0.512, "amount": 1.25, "amount_within": 0.75, "leakage": 0.123, "slope": -1.1,
    "band_error": 2.34, "band_error_raw": 5.0, "best": 0.8, "spectral_error": 0.9, "coherence": None,
    "windows": [1.0, -2.0], "groups": {"ivy": {"rank": 0.4, "amount": 2.0, "leakage": 0.05, "idle": 1.0}},
}  # fmt: skip
WEIGHTS = {"weights": "ab" * 32, "steps": 20, "guidance": 0.75}


@pytest.fixture
def results(tmp_path):
    found = Results(tmp_path / "evaluation.json")
    found.put("prior", "loops", "static", {}, {"cases": 4, "draws": 1, "spectral_error": 1.0, "groups": {}})
    found.put("prior", "loops", "new", WEIGHTS, FIGURES)
    return found


def test_rows_accumulate_and_the_same_one_is_replaced(results):
    results.save()
    again = Results(results.path)
    again.put("prior", "loops", "new", WEIGHTS, FIGURES | {"rank": 0.9})
    again.put("ablations", "synthetic", "new", WEIGHTS, FIGURES)
    again.save()
    rows = Results(results.path).rows
    assert [(r["table"], r["name"]) for r in rows] == [("prior", "static"), ("prior", "new"), ("ablations", "new")]
    assert rows[1]["figures"]["rank"] == 0.9
    assert json.loads(results.path.read_text())["rows"] == rows


def test_a_file_of_something_else_is_refused(tmp_path):
    for text in ("[]", "{", '{"format": "other"}'):
        (tmp_path / "evaluation.json").write_text(text)
        with pytest.raises(EvaluationError, match="no results of an evaluation"):
            Results(tmp_path / "evaluation.json")


def test_every_row_has_its_line_and_empty_columns_are_left_out(results, tmp_path):
    write_page(tmp_path / "page.md", results, "images")
    text = (tmp_path / "page.md").read_text()
    assert "4 pictures; draws each 8; steps 20; guidance 0.75." in text
    assert "| static |" in text
    (line,) = [line for line in text.splitlines() if line.startswith("| new | 0.51")]
    assert "| 1.25 | 75 | 12 | −1.10 | 2.3 of 5.0 |" in line
    (head,) = [line for line in text.splitlines() if line.startswith("|  | where |")]
    assert "coherence" not in head
    assert head.count("|") == line.count("|")
    assert "| ivy | 0.40 / 2.00 / 5 |" in text
    assert "| new | 1 | −2 |" in text


def test_what_people_wrote_is_kept(results, tmp_path):
    page = tmp_path / "page.md"
    write_page(page, results, "images")
    mine = "## What still fails\n\nCandles.\n"
    text = page.read_text()
    page.write_text(text[: text.index(BEGIN)] + f"{BEGIN}\n{mine}{END}\n")
    write_page(page, results, "images")
    assert page.read_text().count("Candles.") == 1
    assert "| new | 0.51" in page.read_text()
    once = page.read_text()
    write_page(page, results, "images")
    assert page.read_text() == once


def test_cost_and_sheets(results, tmp_path):
    results.sheets = ["sheet_loops.jpg"]
    row = {"width": 256, "height": 160, "steps": 20, "seconds": 12.3, "fastest": 12.0, "slowest": 13.0, "peak_mb": 900}
    results.cost = {"device": "CPU", "threads": 2, "guidance": 0.75, "repeats": 3, "memory": "", "rows": [row]}
    results.save()
    write_page(tmp_path / "page.md", Results(results.path), "images")
    text = (tmp_path / "page.md").read_text()
    assert "| 256×160 | 20 | 12.3 | 12.0 … 13.0 | 900 |" in text
    assert "![sheet loops](images/sheet_loops.jpg)" in text
