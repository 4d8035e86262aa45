# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of frames from what the renderer wrote."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...rendering.frame_pair import FramePair
from ..motion import unscaled_volume
from ..scene import Parts
from .finish import develop_alike

__all__ = ["finished_pair"]

Array = npt.NDArray[Any]


def finished_pair(raw: dict[str, Array]) -> FramePair:
    """A pair on one film: the same exposure, curve and sharpening, and no grain, which nobody could foretell."""
    seed = int(raw["seed"])
    parts = Parts(**{name.removeprefix("parts_"): raw[name] for name in raw if name.startswith("parts_")})
    source, target = develop_alike(
        np.stack([raw["source"], raw["target"]]), np.random.default_rng([30241, seed]), grain=0.0
    )
    volume = unscaled_volume(raw["part_index"], parts, raw["sway"], raw["flutter"])
    # Amplitudes a_k swing with the root mean square √(Σ|a_k|² / 2).
    strength = source.shape[1] * np.sqrt((np.abs(volume) ** 2).sum((0, 1)) / 2)
    return FramePair(
        f"{raw['family']} {seed}",
        source,
        target,
        np.asarray(raw["flow"], np.float32),
        np.asarray(strength, np.float32),
        np.asarray(raw["uncovered"], bool),
    )
