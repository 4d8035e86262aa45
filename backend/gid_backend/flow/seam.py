# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a clip is a seamless loop, told from its pictures alone."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["is_seamless", "thumbnail"]

# From the last frame to the first a loop takes a step like any other; published ones up to 2.1 times the median. Where
# it is in the middle of a gust, the steps beside it are as large.
MEDIAN_STEPS, STEPS_BESIDE = 2.2, 1.5


def thumbnail(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(72, 128) of an (H, W, 3) frame: so small that grain, which changes whatever moves, averages out."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (128, 72), interpolation=cv2.INTER_AREA), np.float32)


def is_seamless(thumbnails: Sequence[npt.NDArray[np.float32]]) -> bool:
    """Whether the step from the last of at least three pictures to the first is one like those between."""
    frames = np.stack(thumbnails)
    steps = np.sqrt(((frames[1:] - frames[:-1]) ** 2).mean(axis=(1, 2)))
    seam = float(np.sqrt(((frames[-1] - frames[0]) ** 2).mean()))
    beside = float(np.concatenate([steps[:2], steps[-2:]]).max())
    return seam <= max(MEDIAN_STEPS * float(np.median(steps)), STEPS_BESIDE * beside) + 1e-3
