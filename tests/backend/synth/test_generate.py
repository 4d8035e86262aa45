# SPDX-License-Identifier: GPL-3.0-or-later
"""Generating shards: resumable, repeatable, from the command line."""

import numpy as np
from typer.testing import CliRunner

from gid_backend.synth import generate as module
from gid_backend.synth.commands import app
from gid_backend.synth.scene import load_scenes


def test_shards_that_exist_are_kept_and_missing_ones_come_out_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SHARD", 2)
    assert sum(module.generate(tmp_path, count=5, seed=7)) == 5
    shards = sorted(tmp_path.iterdir())
    assert len(shards) == 3
    before = [s.part_index for s in load_scenes(tmp_path)]
    kept, lost = shards[0].stat().st_mtime_ns, shards[1]
    lost.unlink()
    assert sum(module.generate(tmp_path, count=5, seed=7)) == 5
    assert shards[0].stat().st_mtime_ns == kept
    again = list(load_scenes(tmp_path))
    assert [s.seed for s in again] == [7_000_000 + i for i in range(5)]
    assert all(np.array_equal(a, s.part_index) for a, s in zip(before, again, strict=True))


def test_the_command_writes_scenes_with_several_processes(tmp_path):
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "new"), "--count", "3", "--jobs", "2"])
    assert result.exit_code == 0, result.output
    assert len(list(load_scenes(tmp_path / "new"))) == 3


def test_wrong_use_says_so_and_ends_with_status_2(tmp_path):
    result = CliRunner().invoke(app, ["--out", str(tmp_path), "--count", "0"])
    assert result.exit_code == 2
    result = CliRunner().invoke(app, ["--out", str(tmp_path), "--worlds", str(tmp_path / "none")])
    assert result.exit_code == 2
