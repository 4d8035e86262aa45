# SPDX-License-Identifier: GPL-3.0-or-later
"""Second stage: the denoiser on whitened latents of all bands at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from ..models.prior import MotionPrior
from .loop import Trainer, TrainerOptions

__all__ = ["train_denoiser"]

CONDITION_DROPOUT = 0.15


def train_denoiser(
    prior: MotionPrior,
    batches: Iterable[dict[str, Tensor]],
    folder: Path,
    *,
    minutes: float,
    learning_rate: float = 5e-4,
    condition_dropout: float = CONDITION_DROPOUT,
    options: TrainerOptions | None = None,
) -> None:
    """Train `prior.denoiser` in place by flow matching.

    The paper trains single slices first and the attention across bands afterwards, with the rest frozen;
    at this size both fit together, and training them together spends each minute on what is used in the end.

    Args:
        prior: with a trained autoencoder and measured latents.
        batches: with all bands in order.
        folder: for checkpoints.
        minutes: the whole budget.
        learning_rate: the highest.
        condition_dropout: share of samples whose picture is withheld.
        options: of the run.
    """
    trainer = Trainer(prior.denoiser, folder, "denoiser", minutes=minutes, learning_rate=learning_rate, options=options)
    prior.to(trainer.accelerator.device)
    denoiser = prior.denoiser

    def loss(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        image, slices = batch["image"], batch["slices"]
        b, k = slices.shape[:2]
        with torch.no_grad():
            features = prior.encoder(image)
            mean, _ = prior.autoencoder.encode(prior.normalizer.normalize(slices).flatten(0, 1))
            motion = prior.whiten(mean.float()).unflatten(0, (b, k))
        condition = denoiser.condition(image, features)
        dropped = torch.rand(b, 1, 1, 1, device=image.device) < condition_dropout
        condition = torch.where(dropped, denoiser.unconditional(condition), condition)
        # Logit-normal times (Esser et al. 2024): the middle of the path is where there is most to learn.
        time = torch.sigmoid(torch.randn(b, device=image.device) + 0.2)
        noise = torch.randn_like(motion)
        t = time.view(-1, 1, 1, 1, 1)
        velocity = denoiser((1 - t) * motion + t * noise, time, condition).float()
        error = (velocity - (noise - motion)).square().mean()
        return {"loss": error}

    trainer.run(batches, loss)
    denoiser.load_state_dict(trainer.averaged())
