# SPDX-License-Identifier: GPL-3.0-or-later
"""Training the network that repairs warped frames, on pairs of frames whose motion is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..model_info import sha256_of
from ..rendering.network import RepairNetwork, repair_zone
from ..rendering.pair_files import PairFolder
from ..rendering.warp import warp
from .data import loader
from .encoder import frozen_encoder
from .frame_batches import FrameBatches
from .loop import Trainer, TrainerOptions
from .processes import process_state

__all__ = ["FeatureDistance", "RendererSettings", "train_network", "train_renderer"]

# What lies nearer to a crop's border may have come from outside it.
BORDER = 24
# Flow that failed its check says less about what should have been drawn.
UNSURE = 0.5


@dataclass(frozen=True)
class RendererSettings:
    """Budgets, batches and rates.

    Attributes:
        minutes, steps: budgets over all sittings, whichever is spent first; 0 steps: minutes alone count.
        batch: crops in a step.
        side: of a crop in pixels, a multiple of 8.
        learning_rate: the highest.
        feature_weight: of `FeatureDistance` beside the absolute difference.
        ema_decay: of the moving average of the weights that is kept in the end, per step.
    """

    minutes: float = 45.0
    steps: int = 0
    batch: int = 8
    side: int = 192
    learning_rate: float = 1e-3
    feature_weight: float = 0.2
    ema_decay: float = 0.998


class FeatureDistance(torch.nn.Module):
    """Mean absolute difference between features of two pictures, channel by channel in units of its spread.

    Features are the first three maps of EfficientNet-Lite0 (ImageNet), at strides 2, 4 and 8.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = frozen_encoder()

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """(B, 3, H, W) pictures in 0..1 → a scalar; differentiable in `a`."""
        with torch.no_grad():
            wanted = self.encoder(b)[:3]
        total = a.new_zeros(())
        for ours, theirs in zip(self.encoder(a)[:3], wanted, strict=True):
            spread = theirs.std(dim=(0, 2, 3), keepdim=True) + 0.05
            total = total + ((ours - theirs).abs() / spread).mean()
        return total


def train_renderer(
    pairs: Sequence[Path],
    work: Path,
    output: Path,
    settings: RendererSettings,
    *,
    start: Path | None = None,
    seed: int = 0,
    workers: int = 0,
) -> dict[str, Any]:
    """Train, or go on with, the network on folders of pairs, and write its weights.

    Args:
        pairs: folders of shards; each has the same share of the samples, however many pairs it holds.
        work: folder for checkpoints and records.
        output: file of weights to write.
        settings: see there.
        start: weights to begin with, of a `RepairNetwork`; None begins with random ones. A run found in `work` goes on
            from where it was, whatever this is.
        seed: of weights, places and order.
        workers: processes that prepare data.

    Returns:
        What is noted in the weights.

    Raises:
        PairError: when a folder holds no pairs, or a shard is damaged.
        CheckpointError: when `work` belongs to another configuration, or cannot be written.
        NotFiniteError, Stopped: see `Trainer.run`.
        WeightsError: when `start` cannot be used.
    """
    sets = [PairFolder(folder) for folder in pairs]
    batches = FrameBatches(sets, batch=settings.batch, side=settings.side, seed=seed)
    # What cannot be written is better known now than in some hours.
    output.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    network = RepairNetwork() if start is None else RepairNetwork.load(start).float().requires_grad_()
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    options = TrainerOptions(steps=settings.steps or None, ema_decay=settings.ema_decay, seed=seed)
    train_network(network, loader(batches, workers), work, settings=settings, options=options)
    notes = {
        "pairs": {str(folder.name): len(found) for folder, found in zip(pairs, sets, strict=True)},
        "seed": seed,
        "settings": asdict(settings),
        "started_from": None if start is None else sha256_of(start),
    }
    if process_state().is_main_process:
        network.save(output, notes)
    return notes


def train_network(
    network: RepairNetwork,
    batches: Iterable[dict[str, Tensor]],
    folder: Path,
    *,
    settings: RendererSettings,
    options: TrainerOptions | None = None,
) -> None:
    """Train `network` in place.

    Args:
        network: as it is made, or trained before.
        batches: of `FrameBatches`.
        folder: for checkpoints; a run found there is continued.
        settings: see there.
        options: of the run.
    """
    trainer = Trainer(
        network, folder, "renderer", minutes=settings.minutes, learning_rate=settings.learning_rate, options=options
    )
    distance = FeatureDistance().to(trainer.accelerator.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        source, target = batch["source"], batch["target"]
        with torch.no_grad(), torch.autocast(source.device.type, enabled=False):
            frame, landing = warp(source, batch["flow"], batch["strength"], carry=True)
            frame = frame.clamp(0.0, 1.0)
            zone = repair_zone(landing.came, landing.sure)
        out = network(frame, landing.mean, landing.sure, zone, landing.came, network.look(source))
        inner = (slice(None), slice(None), slice(BORDER, -BORDER), slice(BORDER, -BORDER))
        weight = (zone * (UNSURE + (1.0 - UNSURE) * batch["known"]))[inner]
        l1 = ((out - target)[inner].abs() * weight).sum() / (3.0 * weight.sum() + 1.0)
        # Where nothing was repaired, nothing can be told apart.
        seen = torch.where(zone > 0, target, frame)[inner].contiguous(memory_format=torch.channels_last)
        features = distance(out[inner].contiguous(memory_format=torch.channels_last), seen)
        return {"loss": l1 + settings.feature_weight * features, "l1": l1, "features": features}

    trainer.run(batches, loss)
    network.load_state_dict(trainer.averaged())
