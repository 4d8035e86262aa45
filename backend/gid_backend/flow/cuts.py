# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a clip jumps from one picture to another: a cut, a fade through black, a flash."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["find_cut"]

# A step that changes the small picture by this many grey levels (of 255), and this many times as much as the steps
# around it do. In the 17 published loops no step is above 3.1 levels or 3 times those around; a cut from one of them to
# another is one of 27 levels at least.
LEVELS, TIMES = 8.0, 4.0
# Steps to either side that a step is compared with.
AROUND = 8
# Pixels of the small picture by which a camera may have moved between two frames.
REACH = 4.0


def find_cut(thumbnails: Sequence[npt.NDArray[np.float32]]) -> int | None:
    """The first picture that does not follow on the one before it, or None.

    Args:
        thumbnails: (h, w) grey levels, as `seam.thumbnail` makes them.
    """
    frames = [cv2.GaussianBlur(t, (0, 0), REACH / 2) for t in thumbnails]
    steps = np.array([float(np.sqrt(((b - a) ** 2).mean())) for a, b in itertools.pairwise(frames)])
    for index, step in enumerate(steps):
        near = np.concatenate([steps[max(0, index - AROUND) : index], steps[index + 1 : index + 1 + AROUND]])
        if near.size and step > LEVELS and step > TIMES * float(np.median(near)):
            return index + 1
    return None
