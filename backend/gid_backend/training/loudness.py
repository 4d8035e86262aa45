# SPDX-License-Identifier: GPL-3.0-or-later
"""By how much a trained prior draws motion too weakly."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from ..diffusion.normalization import to_channels
from ..models.conditioning import mean_swing
from ..models.prior import MotionPrior
from ..predictor import MotionPredictor

__all__ = ["measure_loudness"]

LEAST_SWING = 1e-5  # of the width


def measure_loudness(prior: MotionPrior, batches: Iterable[dict[str, Tensor]], count: int = 48) -> float:
    """Set the factor that brings the swing of what is drawn to that of the training's motion.

    Both a regressor and a denoiser that are not sure whether a place moves answer with less than it would move, and the
    square that undoes the bands' normalisation makes that much less. Where and how are not touched by it.

    Args:
        prior: trained.
        batches: of `LatentBatches`.
        count: of pictures in which something moves.

    Returns:
        The factor: the median over pictures of true over drawn `mean_swing`; 1 where nothing moves, or is drawn.
    """
    prior.loudness.fill_(1.0)
    predictor = MotionPredictor(prior, "training", "", prior.loudness.device)
    ratios: list[float] = []
    drawn_so_far = 0
    # A set in which nothing moves must not be searched for ever.
    for batch in islice(batches, 4 * count):
        moving = (batch["strength"] > 5e-4).nonzero().flatten().tolist()
        for i in islice(moving, count - drawn_so_far):
            image = (batch["image"][i].permute(1, 2, 0) * 255.0).round().to(torch.uint8).numpy()
            drawn = predictor.predict(image, seed=drawn_so_far)
            swing = mean_swing(to_channels(torch.from_numpy(drawn.spectrum))[None]).item()
            drawn_so_far += 1
            # A motion that was drawn too weak to be kept at all does not tell by how much.
            if swing > LEAST_SWING:
                ratios.append(batch["strength"][i].item() / swing)
        if drawn_so_far >= count:
            break
    if ratios:
        # Not the mean: where something that moves was missed altogether, being louder does not help.
        prior.loudness.fill_(float(np.median(ratios)))
    return float(prior.loudness)
