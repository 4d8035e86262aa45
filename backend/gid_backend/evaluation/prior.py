# SPDX-License-Identifier: GPL-3.0-or-later
"""A prior against the motion of clips it never saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gid_blender.motion import SpectralVolume

from ..predictor import MotionPredictor
from ..training.data import Loop
from .motion_metrics import leakage, rank_correlation, seam_ratio, spectral_slope, strength_map

__all__ = ["ClipScore", "evaluate_prior"]


@dataclass(frozen=True)
class ClipScore:
    """Figures of one clip, means over seeds.

    Attributes:
        clip: its name.
        rank: Spearman's ρ between predicted and measured strength.
        leak: `leakage` of the prediction.
        amount: predicted over measured mean strength.
        slope: spectral slope of the prediction.
        slope_reference: of the measured motion.
        seam: `seam_ratio` of the prediction.
    """

    clip: str
    rank: float
    leak: float
    amount: float
    slope: float
    slope_reference: float
    seam: float


def evaluate_prior(
    predictor: MotionPredictor,
    loops: Sequence[Loop],
    *,
    seeds: int,
    steps: int,
    guidance: float,
    progress: Callable[[str], None] = lambda text: None,
) -> list[ClipScore]:
    """Predict from each clip's first frame and compare with its measured motion."""
    scores = []
    for loop in loops:
        reference = SpectralVolume(loop.spectrum)
        measured = strength_map(reference)
        rows = []
        for seed in range(seeds):
            progress(f"{loop.name}, seed {seed}")
            volume = predictor.predict(loop.image, seed=seed, steps=steps, guidance=guidance)
            predicted = strength_map(volume)
            rows.append(
                (
                    rank_correlation(predicted, measured),
                    leakage(predicted, measured),
                    float(predicted.mean() / measured.mean()),
                    spectral_slope(volume),
                    seam_ratio(volume),
                )
            )
        rank, leak, amount, slope, seam = (float(v) for v in np.mean(rows, axis=0))
        scores.append(ClipScore(loop.name, rank, leak, amount, slope, spectral_slope(reference), seam))
    return scores
