# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid dataset …` as people type it."""

import shutil
from pathlib import Path

import pytest

from gid_backend.cli import main
from gid_backend.dataset.index import SHARDS, write_settings
from gid_backend.flow.methods import METHODS

from .videos import QUICK


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


def test_build_says_what_became_of_every_video(videos, built, tmp_path, capsys):
    folder = Path(shutil.copytree(built[0], tmp_path / "set"))
    assert main(["dataset", "build", str(videos), "-o", str(folder), "--jobs", "1"]) == 0
    text = said(capsys)
    assert "7 pairs of 4 clips (6 of loops)" in text
    assert "3 nothing moves" in text
    assert "left out: damaged.mov: " in text
    assert "left out: short.webm: " in text


def test_info_shows_the_same_and_can_read_everything(built, capsys):
    assert main(["dataset", "info", str(built[0]), "--check"]) == 0
    text = said(capsys)
    assert "7 pairs of 4 clips" in text
    assert "All 7 pairs can be read." in text


def test_info_names_a_damaged_shard(built, tmp_path, capsys):
    folder = Path(shutil.copytree(built[0], tmp_path / "set"))
    shard = folder / SHARDS / built[1].pairs[0]["shard"]
    data = bytearray(shard.read_bytes())
    data[-50:] = bytes(50)
    shard.write_bytes(data)
    assert main(["dataset", "info", str(folder), "--check"]) == 2
    text = said(capsys)
    assert shard.name in text
    assert "1 shards are damaged. Delete them" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["info", "nowhere"], "“nowhere” is no data set: it has no dataset.json."),
        (["build", ".", "-o", "set", "--loops", "perhaps"], "--loops is auto, yes or no"),
        (["build", ".", "-o", "set"], "No videos in"),
    ],
)
def test_wrong_use_is_one_sentence(arguments, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["dataset", *arguments]) == 2
    text = capsys.readouterr().err
    assert sentence in " ".join(text.split())
    assert "Traceback" not in text


def test_other_settings_than_a_set_was_made_with_are_refused(videos, tmp_path, capsys):
    write_settings(tmp_path / "set", QUICK)
    assert main(["dataset", "build", str(videos), "-o", str(tmp_path / "set"), "--bands", "9"]) == 2
    assert "was made with bands 8 instead of 9" in said(capsys)


def test_flow_compares_the_searches(capsys, monkeypatch):
    monkeypatch.setattr("gid_backend.flow.benchmark.METHODS", {"dis-fast": METHODS["dis-fast"]})
    assert main(["dataset", "flow", "--scenes", "1"]) == 0
    assert "dis-fast" in capsys.readouterr().out
