# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid evaluate` from one end to the other, on tiny data."""

import pytest

from gid_backend.commands import run
from gid_backend.encode import write_image
from gid_backend.evaluation.results import Results

from ..clips import textured_picture

RULES = ["static", "uniform sway", "blurred gradient", "centre", "gradient × centre", "nearest training clip"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GID_DEVICE", "cpu")
    return tmp_path


def evaluate(*words) -> int:
    return run(["evaluate", *map(str, words)])


def test_tables_sheets_cost_and_page(place, clips, weights):
    (place / "stills").mkdir()
    write_image(place / "stills" / "rose.png", textured_picture(96, 64))
    few = ("--weights", f"tiny={weights}", "--weights", f"again={weights}", "--samples", 2, "--steps", 1)
    assert evaluate("prior", "--loops", clips, *few) == 0
    results = Results(place / "docs/evaluation.json")
    assert [r["name"] for r in results.of("prior", "loops")] == [
        "reference",
        *RULES,
        *(f"{name}: regressor alone" for name in ("tiny", "again")),
        "tiny",
        "again",
    ]
    assert results.of("prior", "loops")[-1]["settings"]["steps"] == 1
    page = (place / "docs/evaluation.md").read_text()
    assert page.count("| tiny |") == 3

    assert evaluate("sheets", "--loops", clips, "--stills", place / "stills", *few[:2], "--steps", 1) == 0
    for name in ("sheet_loops.jpg", "sheet_stills_1.jpg"):
        assert (place / "docs/images" / name).exists()
        assert f"images/{name}" in (place / "docs/evaluation.md").read_text()

    assert evaluate("cost", *few[:2], "--steps", 1, "--area", 1, "--repeats", 1, "--threads", 1) == 0
    assert Results(place / "docs/evaluation.json").cost["rows"][0]["peak_mb"] > 50
    # Rows of earlier runs are still there.
    assert len(Results(place / "docs/evaluation.json").rows) == len(results.rows)


def test_scenes_have_their_tables_with_all_baselines(place, weights):
    assert evaluate("scenes", "--count", 2, "--unseen", 2) == 0
    few = ("--weights", f"tiny={weights}", "--samples", 1, "--steps", 1, "--count", 1, "--no-frames")
    assert evaluate("prior", *few) == 0
    results = Results(place / "docs/evaluation.json")
    for split in ("synthetic", "unseen"):
        names = [row["name"] for row in results.of("prior", split)]
        # There are no clips here for the nearest one.
        assert names == ["reference", "the scene itself, another wind", *RULES[:-1], "tiny: regressor alone", "tiny"]


def test_ablations_go_to_their_own_table(place, weights):
    assert evaluate("scenes", "--count", 1, "--unseen", 0) == 0
    words = ("--split", "synthetic", "--no-baselines", "--no-frames", "--samples", 1, "--steps", 1)
    assert evaluate("prior", "--weights", f"base={weights}", "--table", "ablations", *words) == 0
    assert evaluate("prior", "--weights", f"k4={weights}", "--table", "ablations", *words) == 0
    rows = Results(place / "docs/evaluation.json").of("ablations", "synthetic")
    assert [row["name"] for row in rows] == ["base", "k4"]
    assert "## Ablations" in (place / "docs/evaluation.md").read_text()


@pytest.mark.slow
def test_one_command_does_everything(place, clips, weights):
    assert evaluate("scenes", "--count", 1, "--unseen", 1) == 0
    assert evaluate("--loops", clips, "--weights", f"tiny={weights}", "--count", 1, "--samples", 1, "--steps", 1) == 0
    results = Results(place / "docs/evaluation.json")
    assert {(row["table"], row["split"]) for row in results.rows} == {
        ("prior", "loops"),
        ("prior", "synthetic"),
        ("prior", "unseen"),
        ("steps", "loops"),
    }
    assert len(results.of("steps", "loops")) == 12
    assert len(results.cost["rows"]) == 9
    assert results.sheets == ["sheet_loops.jpg"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["prior"], "nothing to compare with"),
        (["prior", "--split", "loops"], "development clips are not given"),
        (["prior", "--split", "synthetic"], "no test scenes"),
        (["prior", "--split", "walking", "--weights", "w={weights}"], "no split “walking”"),
        (["prior", "--loops", "."], "no .mp4 clips"),
        (["prior", "--loops", "missing"], "missing"),
        (["prior", "--loops", "{clips}", "--weights", "missing.safetensors"], "missing.safetensors"),
        (["prior", "--loops", "{clips}", "--weights", "text.safetensors"], "text.safetensors"),
        (["prior", "--loops", "{clips}", "--weights", "a={weights}", "--weights", "a={weights}"], "called “a”"),
        (["prior", "--table", "best"], "no table “best”"),
        (["prior", "--results", "text.safetensors"], "no results of an evaluation"),
        (["sheets"], "nothing to show"),
        (["sheets", "--stills", ".", "--weights", "w={weights}"], "no pictures"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_wrong_use_and_bad_input_give_one_line_and_status_2(place, clips, weights, words, told, capfd):
    (place / "text.safetensors").write_text("no weights")
    assert evaluate(*(word.format(clips=clips, weights=weights) for word in words)) == 2
    said = capfd.readouterr().err
    assert said.count("gid: ") == 1
    assert told in said
    assert "Traceback" not in said
    assert not (place / "docs").exists()
