# SPDX-License-Identifier: GPL-3.0-or-later
"""Last stage: the denoiser on whitened latents of all bands at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..models.prior import MotionPrior, Sight
from .loop import Loss

__all__ = ["denoiser_loss"]

STRENGTH_DROPOUT = 0.5
# Logit-normal times (Esser et al. 2024), towards the noise: see SHIFT in the sampler.
TIME_MEAN, TIME_SPREAD = 0.3, 1.2


def denoiser_loss(prior: MotionPrior, *, condition_dropout: float) -> Loss:
    """For `train_part`, on `LatentBatches` of a prior whose other parts are trained: flow matching.

    The paper trains single slices first and the attention across bands afterwards, with the rest frozen;
    at this size both fit together, and training them together spends each minute on what is used in the end.

    Args:
        prior: whose denoiser is trained.
        condition_dropout: share of samples whose picture is withheld.
    """
    denoiser = prior.denoiser
    resting: dict[tuple[int, int], Tensor] = {}

    def loss(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        image, motion, mask = batch["image"], batch["latent"], batch["mask"]
        b, size = image.shape[0], (image.shape[2], image.shape[3])
        with torch.no_grad():
            if size not in resting:
                resting[size] = prior.resting(*size).float()
            sight = Sight(image, prior.encoder(image), batch["expected"], [])
            motion = torch.where((mask[:, None] < 0.5) & batch["pinned"].view(-1, 1, 1, 1, 1), resting[size], motion)
            known = torch.rand(b, device=image.device) >= STRENGTH_DROPOUT
            strength = torch.where(known, batch["strength"], torch.full_like(batch["strength"], math.nan))
        condition = prior.condition(sight, strength, mask)
        unseen = torch.rand(b, device=image.device) < condition_dropout
        condition = condition.replaced(denoiser.picture.unconditional(condition), unseen)
        time = torch.sigmoid(TIME_SPREAD * torch.randn(b, device=image.device) + TIME_MEAN)
        noise = torch.randn_like(motion)
        t = time.view(-1, 1, 1, 1, 1)
        velocity = denoiser((1 - t) * motion + t * noise, time, condition).float()
        # In the unit of what the network itself puts out, so that no time outweighs another.
        error = (velocity - (noise - motion)).square() * ((1 - t) ** 2 + t**2)
        return {"loss": error.mean()}

    return loss
