# SPDX-License-Identifier: GPL-3.0-or-later
"""From data to one file of weights: regressor, autoencoder, encoded pairs, denoiser, each from where it was left."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.progress import track
from safetensors import safe_open

from ..errors import GidError
from ..models.config import PriorConfig
from ..models.prior import MotionPrior
from ..synth.scene import Scene
from .amplitude import amplitude_loss, amplitude_part, measure_features
from .autoencoder import autoencoder_loss, measure_bands, measure_latents
from .checkpoints import CheckpointError, read_checkpoint
from .data import DEVELOPMENT_LOOPS, Loop, MotionBatches, load_loops, loader, read_scenes
from .dataset import Chained, MotionPairs
from .denoiser import denoiser_loss
from .encoder import pretrained_encoder
from .latents import SHARD, LatentBatches, encode_pairs
from .loop import TrainerOptions
from .loudness import measure_loudness
from .parts import train_part
from .processes import process_state
from .settings import TrainingSettings
from .sheets import SampleSheet, examples_of
from .training_state import AVERAGE, refuse_other_configuration

__all__ = ["Data", "TrainingDataError", "read_data", "snapshot", "train_prior"]

# All but the denoiser, as it is handed on; the denoiser may be trained again upon it.
FIRST = "autoencoder.safetensors"
# Pictures that a snapshot draws to measure its loudness: fewer than in the end, for somebody waits.
SNAPSHOT_LOUDNESS = 8


class TrainingDataError(GidError):
    """There is nothing to train on."""

    code = "no_data"


@dataclass(frozen=True)
class Data:
    """What is trained on, and the clips that are not.

    Attributes:
        loops: measured clips.
        scenes: synthetic ones.
        development: measured clips for sample sheets alone.
        names: of the clips, for the notes in the weights.
    """

    loops: Sequence[Loop]
    scenes: Sequence[Scene]
    development: Sequence[Loop] = ()
    names: Sequence[str] = ()


def read_data(
    loops: Path | None,
    scenes: Path | None,
    work: Path,
    bands: int,
    datasets: Sequence[Path] = (),
    *,
    without: Sequence[str] = (),
) -> Data:
    """Measure the clips of a folder (once; results are kept in `work`), read scenes, and open data sets.

    Scenes of the families `without` are left out, so that they can be measured on.

    Raises:
        DatasetError: when a data set is none, is damaged, or does not fit.
        TrainingDataError: when there is nothing to train on.
    """
    # Of several processes on a machine one measures, the others find what it has measured.
    with process_state().local_main_process_first():
        clips = [] if loops is None else load_loops(loops, work / "loops", bands)
    ours = [clip for clip in clips if clip.name not in DEVELOPMENT_LOOPS]
    opened = [MotionPairs(folder, bands) for folder in datasets]
    data = Data(
        Chained(ours, *opened) if opened else ours,
        [scene for scene in read_scenes(scenes) if scene.family not in without],
        [clip for clip in clips if clip.name in DEVELOPMENT_LOOPS],
        [clip.name for clip in ours] + [name for pairs in opened for name in pairs.clips],
    )
    if not data.loops and not data.scenes:
        raise TrainingDataError(
            "There is nothing to train on: neither scenes nor clips were found.",
            "Give --loops, --scenes, --dataset, or several of them.",
        )
    return data


def train_prior(
    config: PriorConfig, settings: TrainingSettings, data: Data, work: Path, output: Path, *, seed: int, workers: int
) -> dict[str, Any]:
    """Train, or go on with, all stages and write the weights.

    The same on one processor and in each of the processes that `accelerate launch` starts; `work` must then be
    a folder that all of them see.

    Args:
        config: of the network.
        settings: of the training.
        data: to train on.
        work: folder for checkpoints and records.
        output: file of weights to write.
        seed: of weights, data and noise.
        workers: processes that prepare data, for each one that trains.

    Returns:
        What is noted in the weights.

    Raises:
        CheckpointError: when `work` belongs to another configuration, or cannot be written.
        NotFiniteError, Stopped: see `Trainer.run`.
    """
    state = process_state()
    # What cannot be written is better known now than in some hours.
    output.parent.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)

    def batches(size: int, slices: int | None, offset: int) -> MotionBatches:
        return MotionBatches(
            config,
            data.scenes,
            data.loops,
            batch=size,
            loop_share=settings.loop_share,
            slices_per_picture=slices,
            seed=seed + offset,
            windows=settings.windows,
        )

    def options(steps: int, **more: Any) -> TrainerOptions:
        return TrainerOptions(
            steps=steps or None,
            accumulate=settings.accumulate,
            ema_decay=settings.ema_decay,
            mixed_precision=settings.mixed_precision,
            seed=seed,
            configuration=config,
            clock=settings.clock,
            **more,
        )

    first = work / FIRST
    if not first.exists():
        torch.manual_seed(seed)
        model = MotionPrior(config)
        if config.features == "pretrained":
            model.encoder.load_state_dict(pretrained_encoder())
        model.channels_last()
        measure_bands(model, batches(8, None, 100))
        whole = loader(batches(settings.batch, None, 500), workers)
        train_part(
            model,
            amplitude_part(model),
            amplitude_loss(model),
            whole,
            work,
            "amplitude",
            minutes=settings.amplitude_minutes,
            learning_rate=settings.amplitude_learning_rate,
            options=options(settings.amplitude_steps),
            begin=lambda: measure_features(model, whole),
        )
        train_part(
            model,
            model.autoencoder,
            autoencoder_loss(model),
            loader(batches(settings.autoencoder_batch, 4, 200), workers),
            work,
            "autoencoder",
            minutes=settings.autoencoder_minutes,
            learning_rate=settings.autoencoder_learning_rate,
            options=options(settings.autoencoder_steps),
        )
        if state.is_main_process:
            notes = {"clips": list(data.names), "scenes": len(data.scenes), "seed": seed}
            model.save(first, notes | measure_latents(model, batches(4, None, 300)))
        state.wait_for_everyone()
    # Read back even when it has just been written: its numbers are rounded there, and a run that was killed here
    # would go on from those.
    model = _first_stage(first, config)
    pairs = work / "pairs"
    encoding = encode_pairs(
        model,
        batches(SHARD, None, 400),
        pairs,
        settings.pairs,
        rank=state.process_index,
        processes=state.num_processes,
    )
    for _ in track(encoding, "pairs", total=-(-settings.pairs // SHARD // state.num_processes)):
        pass
    state.wait_for_everyone()
    shown = examples_of(data.development, data.scenes, config)
    sheet = SampleSheet(model, shown, work / "sheets")
    train_part(
        model,
        model.denoiser,
        denoiser_loss(model, condition_dropout=settings.condition_dropout),
        loader(LatentBatches(pairs, batch=settings.batch, seed=seed + 600), workers),
        work,
        "denoiser",
        minutes=settings.denoiser_minutes,
        learning_rate=settings.learning_rate,
        options=options(
            settings.denoiser_steps, every=[(settings.sheet_minutes * 60.0, sheet)] if settings.sheet_minutes else ()
        ),
    )
    notes = _notes(first)
    if state.is_main_process:
        model.eval().requires_grad_(False)
        notes |= {
            "loudness": measure_loudness(model, LatentBatches(pairs, batch=4, seed=seed + 700), settings.loudness)
        }
        model.save(output, notes)
    state.wait_for_everyone()
    return notes


def snapshot(work: Path, output: Path) -> int:
    """Write weights from the newest checkpoint of a denoiser that is still training, and return its step."""
    found = read_checkpoint(work / "denoiser", prefix=AVERAGE)
    if found is None:
        raise CheckpointError(
            f"“{work}” holds no checkpoint of a denoiser yet.", "Choose the folder of a training run."
        )
    model = MotionPrior.load(work / FIRST)
    if found.facts["configuration"] is not None:
        refuse_other_configuration(found.folder, found.facts["configuration"], model.config)
    weights = {name.removeprefix(AVERAGE): value for name, value in found.tensors.items()}
    weights.pop("count")
    model.denoiser.load_state_dict(weights)
    if (work / "pairs").is_dir():
        measure_loudness(model, LatentBatches(work / "pairs", batch=4, seed=700), SNAPSHOT_LOUDNESS)
    output.parent.mkdir(parents=True, exist_ok=True)
    model.save(output, _notes(work / FIRST) | {"step": found.facts["step"]})
    return int(found.facts["step"])


def _first_stage(path: Path, config: PriorConfig) -> MotionPrior:
    model = MotionPrior.load(path)
    refuse_other_configuration(path, model.config.to_json(), config)
    return model


def _notes(path: Path) -> dict[str, Any]:
    with safe_open(path, framework="pt") as file:
        return dict(json.loads((file.metadata() or {}).get("notes", "{}")))
