# SPDX-License-Identifier: GPL-3.0-or-later
"""Which measured motion is worth learning from: the paper's filters (supplement 4.2), and one for what was lost."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from .settings import Settings

__all__ = ["VERDICTS", "Verdict", "judge"]

# Below this share of the picture there is nothing to tell its motion from.
LEAST_FOLLOWED = 0.02

Verdict = Literal["kept", "camera", "still", "much", "lost"]
VERDICTS: dict[Verdict, str] = {
    "kept": "kept",
    "camera": "the camera moves",
    "still": "nothing moves",
    "much": "too much motion",
    "lost": "cannot be followed (a cut?)",
}


def judge(
    magnitude: npt.NDArray[np.float32],
    confidence: npt.NDArray[np.float32],
    texture: npt.NDArray[np.float32],
    settings: Settings,
) -> Verdict:
    """The verdict on one window.

    Args:
        magnitude: (h, w) in the data set's pixels, each place's mean distance from where it started.
        confidence: (h, w) in 0..1, the mean over time of how far flow was measured and not filled in.
        texture: (h, w) in 0..1, where there is anything to follow.
        settings: with the thresholds.
    """
    # Measured and not filled in, for half of the time at least.
    followed = confidence > 0.5
    if float(followed.mean()) < LEAST_FOLLOWED:
        return "lost"
    textured = texture > 0.5
    if textured.any() and float(np.median(confidence[textured])) < settings.followed:
        return "lost"
    if float(magnitude.mean()) > settings.most:
        return "much"
    if float(np.percentile(magnitude, 99)) < settings.least:
        return "still"
    # Where flow had to be filled in from afar, a moving camera shows as little as a moving leaf.
    if float((magnitude[followed] > settings.camera_pixels).mean()) > settings.camera_share:
        return "camera"
    return "kept"
