# SPDX-License-Identifier: GPL-3.0-or-later
"""All figures of one frame against the real one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ...rendering.frame_pair import FramePair
from .metrics import FeatureDistance, Features, Picture, squared_error, ssim
from .places import regions_of, still_places

__all__ = ["VERSION", "Truth", "measured"]

# Raised whenever a figure changes its meaning: what was kept of before is then measured anew.
VERSION = 1


@dataclass(frozen=True, eq=False)
class Truth:
    """A pair with everything about it that does not depend on a candidate.

    Attributes:
        pair: the pair.
        network: computes features.
    """

    pair: FramePair
    network: FeatureDistance

    @cached_property
    def regions(self) -> dict[str, npt.NDArray[np.bool_]]:
        """(H, W) of each of `places.REGIONS`."""
        return regions_of(self.pair)

    @cached_property
    def still(self) -> npt.NDArray[np.bool_]:
        """(H, W), see `places.still_places`."""
        return still_places(self.pair.flow)

    @cached_property
    def features(self) -> Features:
        """Of the real frame."""
        return self.network.features(self.pair.target)


def measured(frame: Picture, truth: Truth) -> dict[str, Any]:
    """Figures of a frame (H, W, 3) uint8.

    Returns:
        For each region that has places: {"places": how many, "error": mean squared, "ssim", "features"}; and under
        "still" {"places", "identical": the share of them that has the very bits of the rest picture}.
    """
    error, likeness = squared_error(frame, truth.pair.target), ssim(frame, truth.pair.target)
    there = {name: region for name, region in truth.regions.items() if region.any()}
    distances = truth.network.between(truth.network.features(frame), truth.features, list(there.values()))
    figures: dict[str, Any] = {
        name: {
            "places": int(region.sum()),
            "error": float(error[region].mean()),
            "ssim": float(likeness[region].mean()),
            "features": distance,
        }
        for (name, region), distance in zip(there.items(), distances, strict=True)
        if not math.isnan(distance)
    }
    if truth.still.any():
        same = (frame == truth.pair.source).all(axis=2)[truth.still]
        figures["still"] = {"places": int(truth.still.sum()), "identical": float(same.mean())}
    return figures
