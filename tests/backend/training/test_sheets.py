# SPDX-License-Identifier: GPL-3.0-or-later
"""Sample sheets: drawn with the averaged weights, and without a trace in the run."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from gid_backend.models.config import PriorConfig
from gid_backend.models.prior import MotionPrior
from gid_backend.synth.families import make_scene
from gid_backend.training.data import Loop
from gid_backend.training.loop import Trainer, TrainerOptions
from gid_backend.training.sheets import SampleSheet, examples_of


@pytest.fixture
def loop(tiny: PriorConfig) -> Loop:
    """One corner sways, the rest stands."""
    image = np.zeros((80, 128, 3), np.uint8)
    image[:, 64:], image[40:, :, 1] = (250, 40, 10), 200
    spectrum = np.zeros((tiny.bands, 2, 40, 64), np.complex64)
    spectrum[1:, :, :20, :20] = 0.01
    return Loop("corner", image, spectrum)


def train(tiny: PriorConfig, loop: Loop, work: Path, *, every: float | None) -> tuple[MotionPrior, list[Trainer]]:
    """Some steps towards nothing in particular, with a sheet after each."""
    torch.manual_seed(0)
    prior = MotionPrior(tiny).requires_grad_(False)
    prior.denoiser.requires_grad_(True)
    draw, seen = SampleSheet(prior, examples_of([loop], [], tiny), work / "sheets"), []

    def call(trainer: Trainer) -> None:
        seen.append(trainer)
        draw(trainer)

    options = TrainerOptions(steps=2, mixed_precision="no", every=[(every, call)] if every else ())
    trainer = Trainer(prior.denoiser, work, "denoiser", minutes=float("inf"), learning_rate=1e-2, options=options)
    trainer.run(
        itertools.repeat({"x": torch.zeros(1)}),
        lambda batch: {
            "loss": sum((p - torch.randn_like(p)).square().mean() for p in prior.denoiser.parameters())  # type: ignore[dict-item]
        },
    )
    return prior, seen


def test_a_sheet_is_drawn_and_leaves_no_trace(tiny: PriorConfig, loop: Loop, tmp_path: Path) -> None:
    drawn, trainers = train(tiny, loop, tmp_path / "drawn", every=1e-9)
    plain, _ = train(tiny, loop, tmp_path / "plain", every=None)
    for name, value in plain.state_dict().items():
        assert torch.equal(value, drawn.state_dict()[name]), name
    assert trainers[0].module.training
    assert [path.name for path in sorted((tmp_path / "drawn" / "sheets").iterdir())] == [
        f"denoiser-000000{step}.jpg" for step in (1, 2)
    ]


def test_it_shows_the_picture_and_where_it_moves(tiny: PriorConfig, loop: Loop, tmp_path: Path) -> None:
    train(tiny, loop, tmp_path, every=3600.0)
    sheet = cv2.imread(str(tmp_path / "sheets" / "denoiser-0000002.jpg"))
    assert sheet is not None
    # 128 × 80 becomes 230 × 144, below a line of text; the reference's map is the second of three columns.
    picture, reference = sheet[18:162, :230], sheet[18:162, 294:524]
    expected = cv2.resize(loop.image, (230, 144), interpolation=cv2.INTER_AREA)[..., ::-1]
    # A few grey levels at the edges are JPEG's.
    assert np.abs(picture.astype(int) - expected).mean() < 4
    assert reference[10:60, 10:60].mean() > 150
    assert reference[90:, 90:].mean() < 15


def test_examples_are_clips_and_scenes_from_all_over_the_set(tiny: PriorConfig, loop: Loop) -> None:
    scenes = [make_scene(seed, family=name) for seed, name in enumerate(("broadleaf", "laundry", "still"))]
    loops = [replace(loop, name=f"clip {i}") for i in range(6)]
    examples = examples_of(loops, scenes, tiny, count=2)
    assert [example.name for example in examples] == ["clip 0", "clip 1", "broadleaf 0", "still 2"]
    assert examples[2].strength.max() > 0
    again = examples_of([], scenes, tiny, count=2)
    assert np.array_equal(again[0].strength, examples[2].strength), "the same wind in every sitting"
