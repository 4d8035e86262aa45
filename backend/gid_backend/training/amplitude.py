# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage that learns where and how strongly things move: a regression, within minutes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..models.amplitude import ZOOMS, fitted, zoomed
from ..models.picture_encoder import Features
from ..models.prior import MotionPrior
from .loop import Loss

__all__ = ["amplitude_loss", "amplitude_part", "expected_moduli", "measure_features"]


def expected_moduli(normalized: Tensor, stride: int) -> Tensor:
    """(B, K, 4, H, W) normalised slices → (B, 2K, h, w) moduli of each band in x and y, of the mean over a patch.

    The mean comes first: what cancels out within a patch is not motion of the patch.
    """
    patches = F.avg_pool2d(normalized.flatten(0, 1), stride).unflatten(0, normalized.shape[:2])
    moduli: Tensor = patches.unflatten(2, (2, 2)).square().sum(3).clamp_min(1e-12).sqrt().flatten(1, 2)
    return moduli


@torch.no_grad()
def measure_features(prior: MotionPrior, batches: Iterable[dict[str, Tensor]], count: int = 24) -> None:
    """Set mean and standard deviation of the encoder's channels from `count` batches of pictures."""
    sums: list[Tensor] = []
    squares: list[Tensor] = []
    for batch in islice(batches, count):
        features = prior.encoder(batch["image"].to(prior.latent_mean.device))
        sums.append(torch.cat([f.mean(dim=(0, 2, 3)) for f in features]))
        squares.append(torch.cat([f.square().mean(dim=(0, 2, 3)) for f in features]))
    mean, square = torch.stack(sums).mean(0), torch.stack(squares).mean(0)
    prior.amplitude.feature_mean.copy_(mean)
    prior.amplitude.feature_std.copy_((square - mean.square()).clamp_min(0.0).sqrt() + 0.05)


class _FromScratch(nn.Module):
    """Encoder and regressor as one module to train."""

    def __init__(self, prior: MotionPrior) -> None:
        super().__init__()
        self.config = prior.config
        self.encoder, self.amplitude = prior.encoder, prior.amplitude


def amplitude_part(prior: MotionPrior) -> nn.Module:
    """What this stage trains: the regressor, and the encoder with it where the configuration wants its own features."""
    return _FromScratch(prior) if prior.config.features == "scratch" else prior.amplitude


def amplitude_loss(prior: MotionPrior) -> Loss:
    """For `train_part`, on batches with all bands in order; the prior's bands have been measured.

    The absolute error finds the edges, and the squared one has its minimum at the mean. Each batch is seen at one of
    the sizes at which `MotionPrior.expected` will look.
    """
    learned = prior.config.features == "scratch"

    def loss(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        zoom = ZOOMS[int(torch.randint(len(ZOOMS), ()))]
        image = zoomed(batch["image"], zoom, prior.config.stride)
        with torch.set_grad_enabled(learned):
            features: Features = prior.encoder(image)
        with torch.no_grad():
            target = expected_moduli(prior.normalizer.normalize(batch["slices"]), prior.config.stride)
            target = fitted(target, (image.shape[2] // prior.config.stride, image.shape[3] // prior.config.stride))
        residual = prior.amplitude(image, features).float() - target
        return {"loss": 0.5 * residual.abs().mean() + 2.0 * residual.square().mean(), "l1": residual.abs().mean()}

    return loss
