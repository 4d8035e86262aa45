# SPDX-License-Identifier: GPL-3.0-or-later
"""A frame and what compositing wants to know about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..colour import Picture

__all__ = ["Passes"]


@dataclass(frozen=True)
class Passes:
    """One frame with its passes.

    Attributes:
        frame: (H, W, C), of the picture's shape and type.
        coverage: (H, W) float32 0..1, how much of a pixel the picture itself shows; 0 was uncovered and is filled in.
        before: (2, H, W) float32 pixels, x right and y down: from where a pixel's content is to where it was in the
            frame before. None when that frame was not told.
        after: (2, H, W), likewise to where it will be in the frame after.
    """

    frame: Picture
    coverage: npt.NDArray[np.float32]
    before: npt.NDArray[np.float32] | None = None
    after: npt.NDArray[np.float32] | None = None
