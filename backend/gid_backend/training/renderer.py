# SPDX-License-Identifier: GPL-3.0-or-later
"""Training the network that repairs warped frames, on pairs of frames whose motion is known."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from ..models.picture_encoder import PictureEncoder
from ..rendering.network import RepairNetwork, repair_zone
from ..rendering.warp import warp
from .encoder import pretrained_encoder
from .loop import Trainer, TrainerOptions

__all__ = ["FeatureDistance", "train_renderer"]

# What lies nearer to a crop's border may have come from outside it.
BORDER = 24
FEATURE_WEIGHT = 0.05
# Flow that failed its check says less about what should have been drawn.
UNSURE = 0.5


class FeatureDistance(torch.nn.Module):
    """Mean absolute difference between features of two pictures, channel by channel in units of its spread.

    Features are the first three maps of EfficientNet-Lite0 (ImageNet), at strides 2, 4 and 8.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = PictureEncoder()
        self.encoder.load_state_dict(pretrained_encoder())
        self.encoder.eval().requires_grad_(False)

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
    network: RepairNetwork,
    batches: Iterable[dict[str, Tensor]],
    folder: Path,
    *,
    minutes: float,
    learning_rate: float = 1e-3,
    feature_weight: float = FEATURE_WEIGHT,
    options: TrainerOptions | None = None,
) -> None:
    """Train `network` in place.

    Args:
        network: as it is made, or trained before.
        batches: of `FrameBatches`.
        folder: for checkpoints; a run found there is continued.
        minutes: the whole budget.
        learning_rate: the highest.
        feature_weight: of `FeatureDistance` beside the absolute difference.
        options: of the run.
    """
    trainer = Trainer(network, folder, "renderer", minutes=minutes, learning_rate=learning_rate, options=options)
    distance = FeatureDistance().to(trainer.accelerator.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        source, target = batch["source"], batch["target"]
        with torch.no_grad(), torch.autocast(source.device.type, enabled=False):
            frame, landing = warp(source, batch["flow"], batch["strength"])
            frame = frame.clamp(0.0, 1.0)
            zone = repair_zone(landing.came, landing.sure)
        out = network(frame, landing.sure, zone, landing.came, network.look(source))
        inner = (slice(None), slice(None), slice(BORDER, -BORDER), slice(BORDER, -BORDER))
        weight = (zone * (UNSURE + (1.0 - UNSURE) * batch["known"]))[inner]
        l1 = ((out - target)[inner].abs() * weight).sum() / (3.0 * weight.sum() + 1.0)
        # Where nothing was repaired, nothing can be told apart.
        seen = torch.where(zone > 0, target, frame)[inner].contiguous(memory_format=torch.channels_last)
        features = distance(out[inner].contiguous(memory_format=torch.channels_last), seen)
        return {"loss": l1 + feature_weight * features, "l1": l1, "features": features}

    trainer.run(batches, loss)
    network.load_state_dict(trainer.averaged())
