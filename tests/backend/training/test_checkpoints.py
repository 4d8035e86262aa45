# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints: what goes in comes out, in small files, or one sentence says why not."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.models.config import PriorConfig
from gid_backend.models.prior import MotionPrior
from gid_backend.training import checkpoints
from gid_backend.training.checkpoints import CheckpointError, read_checkpoint, write_checkpoint
from gid_backend.training.loop import Trainer
from gid_backend.training.random_state import random_state, restore_random_state

SHAPES = st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=1, max_size=6)
TYPES = st.sampled_from([torch.float32, torch.bfloat16, torch.int64, torch.uint8, torch.bool])


def newest(folder: Path) -> Path:
    return max(folder.glob("step-*"))


class TestTensors:
    @settings(max_examples=40, deadline=None)
    @given(SHAPES, TYPES, st.integers(8, 400))
    def test_all_shapes_and_types_come_back_whatever_the_size_of_a_file(
        self, shapes: list[list[int]], dtype: torch.dtype, size: int
    ) -> None:
        tensors = {f"{i}.weight": (torch.rand(shape) * 3).to(dtype) for i, shape in enumerate(shapes)}
        with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
            patch.setattr(checkpoints, "FILE_BYTES", size)
            write_checkpoint(Path(name), 1, tensors, {})
            found = read_checkpoint(Path(name))
        assert found is not None
        assert list(found.tensors) == list(tensors)
        for key, value in tensors.items():
            assert found.tensors[key].dtype == value.dtype
            assert torch.equal(found.tensors[key], value)

    def test_no_file_is_larger_than_may_travel(self, tmp_path: Path) -> None:
        """One tensor larger than a file, many small ones, and one that is no straight piece of memory."""
        tensors = {"large": torch.rand(5_000_000), **{f"small{i}": torch.rand(999) for i in range(2000)}}
        tensors["turned"] = torch.rand(300, 400).T
        write_checkpoint(tmp_path, 1, tensors, {})
        files = list(newest(tmp_path).iterdir())
        assert len(files) == 3
        assert max(file.stat().st_size for file in files) <= 16_000_000
        found = read_checkpoint(tmp_path)
        assert found is not None
        assert all(torch.equal(found.tensors[name], value) for name, value in tensors.items())

    def test_a_part_is_read_without_the_rest(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checkpoints, "FILE_BYTES", 400)
        write_checkpoint(tmp_path, 1, {"average.a": torch.rand(100), "optimizer.a": torch.rand(100)}, {})
        (newest(tmp_path) / "00002.safetensors").unlink()
        found = read_checkpoint(tmp_path, prefix="average.")
        assert found is not None
        assert list(found.tensors) == ["average.a"]


class TestFolder:
    def test_the_last_two_are_kept(self, tmp_path: Path) -> None:
        for step in (5, 10, 15):
            write_checkpoint(tmp_path, step, {"a": torch.zeros(1)}, {"step": step})
        assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000000010", "step-000000015"]
        found = read_checkpoint(tmp_path)
        assert found is not None
        assert found.facts == {"step": 15}

    def test_none_is_none(self, tmp_path: Path) -> None:
        assert read_checkpoint(tmp_path) is None
        assert read_checkpoint(tmp_path / "missing") is None

    @pytest.mark.parametrize("name", ["checkpoint.json", "00001.safetensors"])
    @pytest.mark.parametrize("harm", ["gone", "cut", "changed"])
    def test_a_damaged_one_is_passed_over_and_said(self, tmp_path: Path, name: str, harm: str) -> None:
        for step in (1, 2):
            write_checkpoint(tmp_path, step, {"a": torch.rand(100)}, {"step": step})
        file = newest(tmp_path) / name
        content = file.read_bytes()
        file.unlink()
        if harm != "gone":
            half = len(content) // 2
            file.write_bytes(content[:half] if harm == "cut" else content[:half] + b"\0\0\0\0" + content[half + 4 :])
        said: list[str] = []
        found = read_checkpoint(tmp_path, warn=said.append)
        assert found is not None
        assert found.facts == {"step": 1}
        assert len(said) == 1
        assert "step-000000002” is damaged" in said[0]
        # The next one takes the place of the damaged one, and what was gone on from stays until then.
        write_checkpoint(tmp_path, 2, {"a": torch.rand(100)}, {"step": 2})
        assert len(list(tmp_path.iterdir())) == 2

    def test_all_damaged_is_said_and_not_taken_for_a_new_run(self, tmp_path: Path) -> None:
        write_checkpoint(tmp_path, 1, {"a": torch.rand(100)}, {})
        (newest(tmp_path) / "checkpoint.json").unlink()
        with pytest.raises(CheckpointError, match=r"No checkpoint in “.*” is whole"):
            read_checkpoint(tmp_path)

    def test_what_a_killed_process_left_is_cleared_away(self, tmp_path: Path) -> None:
        for step in (1, 7):
            (tmp_path / f".step-00000000{step}.part").mkdir()
            (tmp_path / f".step-00000000{step}.part" / "00001.safetensors").write_bytes(b"half")
        write_checkpoint(tmp_path, 1, {"a": torch.rand(3)}, {})
        assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]


class TestOtherVersions:
    def test_another_format_is_refused_by_name(self, tmp_path: Path) -> None:
        write_checkpoint(tmp_path, 1, {"a": torch.rand(3)}, {})
        index = newest(tmp_path) / "checkpoint.json"
        index.write_text(json.dumps(json.loads(index.read_text()) | {"format": "gid-training-9"}))
        with pytest.raises(CheckpointError, match=r"was written by another version \(format gid-training-9;"):
            read_checkpoint(tmp_path)

    def test_the_first_versions_checkpoints_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "custom_checkpoint_0.pkl").write_bytes(b"\x80")
        with pytest.raises(CheckpointError, match="holds a checkpoint that another version wrote"):
            read_checkpoint(tmp_path)

    def test_another_configuration_is_refused_by_name(self, tmp_path: Path, tiny: PriorConfig) -> None:
        trainer = Trainer(MotionPrior(tiny).denoiser, tmp_path, "denoiser", minutes=1, learning_rate=1e-3)
        trainer.save()
        other = replace(tiny, name="mine", bands=6)
        with pytest.raises(CheckpointError) as refused:
            Trainer(MotionPrior(other).denoiser, tmp_path, "denoiser", minutes=1, learning_rate=1e-3)
        assert refused.value.message == (
            f"“{tmp_path / 'denoiser'}” was written for configuration tiny (bands 4), this run is mine (bands 6)."
        )
        assert refused.value.hint == "Choose another --work folder."

    def test_a_mere_name_may_differ(self, tmp_path: Path, tiny: PriorConfig) -> None:
        Trainer(MotionPrior(tiny).denoiser, tmp_path, "denoiser", minutes=1, learning_rate=1e-3).save()
        renamed = MotionPrior(replace(tiny, name="mine")).denoiser
        Trainer(renamed, tmp_path, "denoiser", minutes=1, learning_rate=1e-3)

    def test_a_network_that_fits_not_is_refused(self, tmp_path: Path) -> None:
        Trainer(torch.nn.Linear(3, 1), tmp_path, "line", minutes=1, learning_rate=1e-3).save()
        with pytest.raises(CheckpointError, match=r"does not fit the network of this run \(.*size mismatch for weight"):
            Trainer(torch.nn.Linear(4, 1), tmp_path, "line", minutes=1, learning_rate=1e-3)


def test_random_numbers_go_on_where_they_were() -> None:
    import random

    import numpy as np

    def draw() -> list[float]:
        # An odd number of normals leaves half a pair behind in all three.
        return [random.gauss(0, 1), float(np.random.normal()), float(torch.randn(())), random.random()]

    draw()
    state = json.loads(json.dumps(random_state(torch.device("cpu"))))
    first = draw()
    assert draw() != first
    restore_random_state(state, torch.device("cpu"))
    assert draw() == first
