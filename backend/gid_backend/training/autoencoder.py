# SPDX-License-Identifier: GPL-3.0-or-later
"""First stage: the slice autoencoder, and the statistics that both stages rest on."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor

from ..diffusion.normalization import from_channels
from ..models.prior import MotionPrior
from .loop import Loss

__all__ = ["autoencoder_loss", "gradient_loss", "measure_bands", "measure_latents"]

GRADIENT_WEIGHT, KL_WEIGHT = 0.2, 1e-6  # paper §7
MOVING = 3e-4  # of the width: a tenth of a pixel at the working size


def gradient_loss(residual: Tensor, scales: int = 4) -> Tensor:
    """Mean |∂x r| + |∂y r| of the residual over several scales: edges of the motion must sit where they belong.

    Args:
        residual: (N, C, H, W).
        scales: each halves the sides of the one before.
    """
    total = residual.new_zeros(())
    for scale in range(scales):
        r = F.avg_pool2d(residual, 2**scale) if scale else residual
        total = total + r.diff(dim=2).abs().mean() + r.diff(dim=3).abs().mean()
    return total / scales


def measure_bands(prior: MotionPrior, batches: Iterable[dict[str, Tensor]], count: int = 24) -> None:
    """Set the band scales s_k: 95th percentile of |S_k| over moving places of `count` batches with all bands."""
    samples: list[list[Tensor]] = [[] for _ in range(prior.config.bands)]
    for batch in islice(batches, count):
        magnitude = from_channels(batch["slices"]).abs()  # (B, n, 2, H, W)
        moving = magnitude.square().sum(dim=(1, 2), keepdim=True).sqrt() > MOVING
        for slot in range(magnitude.shape[1]):
            band = int(batch["bands"][0, slot])
            values = magnitude[:, slot][moving[:, 0].expand_as(magnitude[:, slot])]
            samples[band].append(values[:: max(1, values.numel() // 20000)])
    scale = torch.stack([torch.quantile(torch.cat(values)[:500_000], 0.95) for values in samples])
    if prior.config.normalization == "linear":
        scale = scale.max().expand_as(scale)
    prior.normalizer.scale.copy_(scale)


def autoencoder_loss(prior: MotionPrior) -> Loss:
    """For `train_part`, on normalised slices of a few bands: L1 + 0.2·gradients + 1e-6·KL (paper §7)."""
    autoencoder = prior.autoencoder

    def loss(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        image, slices, bands = batch["image"], batch["slices"], batch["bands"]
        target = prior.normalizer.normalize(slices, bands).flatten(0, 1)
        with torch.no_grad():
            features = prior.encoder(image)
        mean, log_variance = autoencoder.encode(target)
        latent = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        residual = autoencoder.decode(latent, autoencoder.guide(image, features)).float() - target
        l1 = residual.abs().mean()
        gradient = gradient_loss(residual)
        kl = 0.5 * (mean.float() ** 2 + log_variance.float().exp() - 1.0 - log_variance.float()).mean()
        return {"loss": l1 + GRADIENT_WEIGHT * gradient + KL_WEIGHT * kl, "l1": l1, "gradient": gradient, "kl": kl}

    return loss


@torch.no_grad()
def measure_latents(prior: MotionPrior, batches: Iterable[dict[str, Tensor]], count: int = 24) -> dict[str, float]:
    """Set the latents' mean and standard deviation for whitening, and return the reconstruction error.

    Args:
        prior: with a trained autoencoder.
        batches: with all bands in order.
        count: of batches.

    Returns:
        {"l1": mean absolute error in normalised units}.
    """
    latents, errors = [], []
    for batch in islice(batches, count):
        image = batch["image"].to(prior.latent_mean.device)
        target = prior.normalizer.normalize(batch["slices"].to(image.device)).flatten(0, 1)
        mean, _ = prior.autoencoder.encode(target)
        guide = prior.autoencoder.guide(image, prior.encoder(image))
        errors.append((prior.autoencoder.decode(mean, guide) - target).abs().mean())
        latents.append(mean.movedim(1, 0).flatten(1)[:, ::7])
    stacked = torch.cat(latents, dim=1)
    prior.latent_mean.copy_(stacked.mean(dim=1))
    prior.latent_std.copy_(stacked.std(dim=1))
    return {"l1": float(torch.stack(errors).mean())}
