# SPDX-License-Identifier: GPL-3.0-or-later
"""Two pictures of the same things and the motion between them: what a renderer learns from and is measured on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["FramePair"]


@dataclass(frozen=True)
class FramePair:
    """A rest picture, what it becomes, and how each of its pixels gets there.

    Attributes:
        name: of the clip or scene, and of the frame.
        source: (H, W, 3) uint8 sRGB, the rest picture.
        target: (H, W, 3) uint8 sRGB, the picture after the motion.
        flow: (2, H, W) float32 pixels, x right and y down: where each pixel of `source` goes.
        strength: (H, W) float32 pixels, how much each place moves over the whole clip (root mean square without the
            mean offset); what the order of splatting goes by.
        uncovered: (H, W) bool, the pixels of `target` that show what `source` did not; None where nobody knows.
        known: (H, W) bool, the pixels of `target` whose origin in `source` the flow tells; None: all that are not
            uncovered. Where it is False, the flow was estimated and failed its check: what a renderer should have
            drawn there is still `target`, but that it did not may be the flow's fault.
    """

    name: str
    source: npt.NDArray[np.uint8]
    target: npt.NDArray[np.uint8]
    flow: npt.NDArray[np.float32]
    strength: npt.NDArray[np.float32]
    uncovered: npt.NDArray[np.bool_] | None = None
    known: npt.NDArray[np.bool_] | None = None
