# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid evaluate renderer` from one end to the other, on tiny data."""

import pytest
import torch

from gid_backend.commands import run
from gid_backend.encode import write_image
from gid_backend.evaluation.rendering.baselines import BASELINES
from gid_backend.evaluation.rendering.candidates import NETWORK, PLAIN
from gid_backend.evaluation.results import Results
from gid_backend.rendering.network import RepairConfig, RepairNetwork
from gid_backend.rendering.pair_files import save_pairs

from ...clips import textured_picture
from .scenes import sprite_pair


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GID_DEVICE", "cpu")
    return tmp_path


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    save_pairs(folder / "a.npz", [sprite_pair(dx, name=f"disc_{dx}") for dx in (4, 12)])
    return folder


def evaluate(*words) -> int:
    return run(["evaluate", "renderer", *map(str, words), "--device", "cpu"])


def test_scenes_have_a_row_for_every_candidate(place, pairs):
    torch.manual_seed(0)
    RepairNetwork(RepairConfig(widths=(8, 8, 8, 8), traces=(4, 4, 4))).save(place / "network.safetensors", {})
    assert evaluate("--pairs", pairs, "--weights", place / "network.safetensors") == 0
    rows = Results(place / "docs/renderer-evaluation.json").of("quality", "synthetic")
    assert [row["name"] for row in rows] == [*BASELINES, PLAIN, NETWORK]
    figures = {row["name"]: row["figures"] for row in rows}
    assert figures[PLAIN]["psnr_moving"] > figures["bicubic remap"]["psnr_moving"]
    assert figures[PLAIN]["identical"] == figures["identity"]["identical"] == 1
    assert len(rows[-1]["settings"]["weights"]) == 64
    page = (place / "docs/renderer-evaluation.md").read_text()
    assert page.count(f"| {PLAIN} |") >= 3
    assert "PSNR uncovered" in page


def test_clips_and_photographs(place, clips, weights, monkeypatch):
    monkeypatch.setenv("GID_WEIGHTS", str(weights))
    (place / "stills").mkdir()
    write_image(place / "stills" / "rose.png", textured_picture(96, 128))
    few = ("--only", "bicubic remap", "--only", PLAIN)
    assert evaluate("--loops", clips, "--stills", place / "stills", *few) == 0
    results = Results(place / "docs/renderer-evaluation.json")
    assert [row["figures"]["cases"] for row in results.of("quality", "loops")] == [2, 2]
    assert {row["name"] for row in results.of("flicker", "loops")} == {"bicubic remap", PLAIN}
    assert len(results.of("past_range", "loops")) == 2
    page = (place / "docs/renderer-evaluation.md").read_text()
    for name in ("renderer-crops.jpg", "renderer-xt.jpg"):
        assert (place / "docs/images" / name).stat().st_size < 500_000
        assert f"images/{name}" in page
    # With nothing to measure, the page is written from what there is.
    (place / "docs/renderer-evaluation.md").unlink()
    assert evaluate() == 0
    assert (place / "docs/renderer-evaluation.md").read_text() == page


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "nothing to compare with"),
        (["--pairs", "empty"], "no pairs"),
        (["--pairs", "text.npz"], "text.npz"),
        (["--pairs", "missing"], "missing"),
        (["--loops", "."], "None of the development clips"),
        (["--pairs", "{pairs}", "--only", "best"], "no candidate “best”"),
        (["--pairs", "{pairs}", "--weights", "text.npz"], "text.npz"),
        (["--pairs", "{pairs}", "--results", "text.npz"], "no results of an evaluation"),
        (["--stills", "."], "no pictures"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_wrong_use_and_bad_input_give_one_line_and_status_2(place, pairs, words, told, capfd):
    (place / "text.npz").write_text("no shard")
    (place / "empty").mkdir()
    assert evaluate(*(word.format(pairs=pairs) for word in words)) == 2
    said = capfd.readouterr().err
    assert said.count("gid: ") == 1
    assert told in said
    assert "Traceback" not in said
    assert not (place / "docs").exists()
