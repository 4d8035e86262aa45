# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from gid_backend.evaluation.markdown import BEGIN, END
from gid_backend.evaluation.rendering.baselines import BICUBIC, SOFTMAX
from gid_backend.evaluation.rendering.candidates import NETWORK, PLAIN
from gid_backend.evaluation.rendering.goals import goals
from gid_backend.evaluation.rendering.page import write_page
from gid_backend.evaluation.results import Results


def figures(psnr, features, **others):
    regions = ("frame", "moving", "uncovered")
    found = {f"psnr_{r}": psnr for r in regions} | {f"features_{r}": features for r in regions}
    return {"cases": 4, "frames": 60} | found | {f"ssim_{r}": 0.9 for r in regions} | others


@pytest.fixture
def results(tmp_path):
    found = Results(tmp_path / "renderer-evaluation.json")
    # In no order: rows are put in as they are measured.
    found.put("quality", "loops", NETWORK, {"weights": "ab" * 32}, figures(31.5, 0.012))
    found.put("quality", "loops", BICUBIC, {}, figures(29.0, 0.02))
    found.put("quality", "loops", PLAIN, {}, figures(30.0, 0.009))
    found.put("quality", "synthetic", BICUBIC, {}, figures(20.0, 0.2))
    found.put("quality", "synthetic", SOFTMAX, {}, figures(21.0, 0.3))
    found.put("quality", "synthetic", PLAIN, {}, figures(22.0, 0.25, identical=1.0))
    found.put("flicker", "loops", PLAIN, {}, {"ratio": 1.25, "worst": 1.5})
    return found


def test_goals_say_what_is_met_and_what_is_missed(results):
    reached = {goal.what: goal.reached for goal in goals(results)}
    over = reached["PSNR over bicubic remap, moving places of clips"]
    assert over == {PLAIN: "+1.00 dB, **missed**", NETWORK: "+2.50 dB, met"}
    assert reached["feature distance there, of bicubic remap's"] == {PLAIN: "45 %, met", NETWORK: "60 %, **missed**"}
    # The best of the baselines, which may be another one for another figure.
    assert reached["PSNR in uncovered places of scenes"] == {PLAIN: "22.00 dB, met"}
    assert reached["feature distance in uncovered places of scenes"] == {PLAIN: "250.0, **missed**"}
    assert reached["untouched pixels in still places of scenes"] == {PLAIN: "100.00 %, met"}
    assert reached["flicker over the clip's own"] == {PLAIN: "1.25, **missed**"}


def test_nothing_measured_has_no_goals(tmp_path):
    assert goals(Results(tmp_path / "none.json")) == []


def test_rows_stand_in_the_order_of_the_candidates(results, tmp_path):
    write_page(tmp_path / "page.md", results, "images")
    text = (tmp_path / "page.md").read_text()
    clips = text[text.index("## Development clips") : text.index("## Rendered scenes")]
    lines = [line for line in clips.splitlines() if line.startswith("| ") and line[2] in "bo"]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines] == [BICUBIC, PLAIN, NETWORK]
    assert "| +1.00 |" not in lines[0]
    assert "| 30.00 |" in lines[1]
    assert "4 clips, 60 frames." in clips


def test_columns_without_figures_are_left_out(results, tmp_path):
    write_page(tmp_path / "page.md", results, "images")
    (head,) = [line for line in (tmp_path / "page.md").read_text().splitlines() if line.endswith("| flicker |")]
    assert "followed" not in head
    assert "% of bicubic" in head


def test_past_the_range_and_sheets(results, tmp_path):
    row = {f"{what}_{f}": 0.01 * f for what in ("uncovered", "folded", "detail", "drift") for f in (1, 2, 4)}
    results.put("past_range", "loops", PLAIN, {}, row)
    results.sheets = ["renderer-crops.jpg"]
    write_page(tmp_path / "page.md", results, "images")
    text = (tmp_path / "page.md").read_text()
    assert "times 4: 4.0 % uncovered, 4.0 % folded." in text
    assert "| ours, no network | 0.01 | 0.02 | 0.04 | 10.00 | 20.00 | 40.00 |" in text
    assert "![renderer crops](images/renderer-crops.jpg)" in text


def test_what_people_wrote_is_kept(results, tmp_path):
    page = tmp_path / "page.md"
    write_page(page, results, "images")
    text = page.read_text()
    page.write_text(text[: text.index(BEGIN)] + f"{BEGIN}\n## What still fails\n\nThin stems.\n{END}\n")
    write_page(page, results, "images")
    assert page.read_text().count("Thin stems.") == 1
    assert "## Goals" in page.read_text()
