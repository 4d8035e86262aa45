# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid train prior` from scenes to weights, stopped and taken up again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from gid_backend.models.config import PAPER, PriorConfig
from gid_backend.models.prior import MotionPrior
from gid_backend.synth.families import make_scene
from gid_backend.synth.scene import Scene, save_scenes
from gid_backend.training.checkpoints import CheckpointError
from gid_backend.training.settings import TrainingSettings
from gid_backend.training.stages import Data, TrainingDataError, read_data, snapshot, train_prior

GID = Path(sys.executable).parent / "gid"
STEPS = 8


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    """Real ones at a quarter of their size: what they cost is most of what these runs cost."""
    large = [make_scene(seed, family=name) for seed, name in enumerate(("broadleaf", "laundry", "still"))]
    return [replace(s, image=s.image[::4, ::4].copy(), part_index=s.part_index[::4, ::4].copy()) for s in large]


def few_steps(steps: int = STEPS, **changes: Any) -> TrainingSettings:
    """Every stage for so many steps, however long they take."""
    names = [field.name for field in fields(TrainingSettings)]
    settings: dict[str, Any] = {name: float("inf") for name in names if name.endswith("_minutes")}
    settings |= {name: steps for name in names if name.endswith("_steps")}
    settings |= {
        "batch": 2,
        "autoencoder_batch": 2,
        "pairs": 32,
        "loudness": 1,
        "mixed_precision": "no",
        "sheet_minutes": 0.0,
    }
    return replace(TrainingSettings(), **settings | changes)


def assert_same_weights(one: Path, other: Path, but: str = "") -> None:
    ours, theirs = load_file(one), load_file(other)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items() if name != but)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_stopped_from_the_shell_and_taken_up_again(tiny: PriorConfig, scenes: list[Scene], tmp_path: Path) -> None:
    """The command, ended by SIGTERM in its last stage, ends with the weights of a run that nothing happened to."""
    save_scenes(tmp_path / "scenes.npz", scenes)
    settings = few_steps(40)
    told = {"model": tiny.to_json(), "training": {f.name: getattr(settings, f.name) for f in fields(settings)}}
    (tmp_path / "tiny.toml").write_text(
        "".join(f"[{t}]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in values.items()) for t, values in told.items())
    )
    # A second process prepares the data; which batches come does not depend on it.
    command = [GID, "train", "prior", "--config", "tiny.toml", "--scenes", ".", "--work", "work", "-o", "w.safetensors"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GID_DEVICE": "cpu"}
    run = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    while not (tmp_path / "work" / "denoiser.jsonl").exists():
        assert run.poll() is None, "it ended before its last stage"
        time.sleep(0.02)
    run.send_signal(signal.SIGTERM)
    said = run.communicate(timeout=300)[0]
    assert run.returncode == 130
    assert "Training was stopped after step" in said
    assert "Run the same command again to go on." in said
    assert not (tmp_path / "w.safetensors").exists()
    assert snapshot(tmp_path / "work", tmp_path / "early.safetensors") >= 10
    again = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "wrote w.safetensors" in again.stdout
    steps = [json.loads(line)["step"] for line in (tmp_path / "work" / "denoiser.jsonl").open()]
    assert steps == [10, 20, 30, 40]

    # Scenes went through JPEG on their way to the command, so they are read back for the comparison, too.
    whole = Data([], read_data(None, tmp_path, tmp_path / "x", tiny.bands).scenes)
    torch.set_num_threads(1)
    train_prior(tiny, settings, whole, tmp_path / "whole", tmp_path / "whole.safetensors", seed=0, workers=0)
    assert_same_weights(tmp_path / "w.safetensors", tmp_path / "whole.safetensors")


def _toml(value: object) -> str:
    return "inf" if value == float("inf") else json.dumps(value)


@pytest.fixture(scope="module")
def work(tiny: PriorConfig, scenes: list[Scene], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run of two steps a stage has ended."""
    folder = tmp_path_factory.mktemp("work")
    output = folder / "out" / "tiny.safetensors"
    train_prior(tiny, few_steps(2, sheet_minutes=1.0), Data([], scenes), folder, output, seed=0, workers=0)
    return folder


class TestWork:
    """One folder of work belongs to one configuration."""

    def test_weights_sheets_and_records_are_there(self, work: Path) -> None:
        assert MotionPrior.load(work / "out" / "tiny.safetensors").config.name == "tiny"
        assert [path.name for path in (work / "sheets").iterdir()] == ["denoiser-0000002.jpg"]

    def test_a_snapshot_of_a_finished_run_has_its_weights(self, work: Path) -> None:
        assert snapshot(work, work / "snap.safetensors") == 2
        # Its loudness is measured on other pictures.
        assert_same_weights(work / "snap.safetensors", work / "out" / "tiny.safetensors", but="loudness")

    def test_another_configuration_is_refused(self, work: Path, tiny: PriorConfig, scenes: list[Scene]) -> None:
        other = replace(tiny, name="other", bands=3)
        with pytest.raises(CheckpointError, match=r"for configuration tiny \(bands 4\), this run is other \(bands 3\)"):
            train_prior(other, few_steps(), Data([], scenes), work, work / "o.safetensors", seed=0, workers=0)

    def test_a_snapshot_of_nothing_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CheckpointError, match="holds no checkpoint of a denoiser yet"):
            snapshot(tmp_path, tmp_path / "o.safetensors")


def test_nothing_to_train_on_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="nothing to train on"):
        read_data(None, None, tmp_path, 4)


def test_the_papers_configuration_trains_and_goes_on_from_its_own_checkpoint(
    scenes: list[Scene], tmp_path: Path
) -> None:
    """Its architecture at a sixteenth of its width, on a small picture; at its real sizes it was done by hand once."""
    config = replace(PAPER, area=32 * 32, vae_channels=(8, 16, 32), unet_channels=16, condition_channels=8)
    assert len(config.unet_multipliers) == len(PAPER.unet_multipliers)
    for steps in (1, 2):
        settings = few_steps(steps, accumulate=1)
        train_prior(config, settings, Data([], scenes), tmp_path, tmp_path / "o.safetensors", seed=0, workers=0)
        # The first stages are done, and kept: only the denoiser goes on.
        assert sorted(p.name for p in (tmp_path / "denoiser").iterdir())[-1] == f"step-00000000{steps}"
    assert MotionPrior.load(tmp_path / "o.safetensors").config == config
