# SPDX-License-Identifier: GPL-3.0-or-later
"""Passes for compositing as OpenEXR files: motion vectors as Blender's Vector pass has them, and the coverage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .exr import encode_channels

__all__ = ["encode_coverage", "encode_motion_vectors"]

# Blender calls channels LAYER.PASS.CHANNEL and shows a file of such names as a multilayer picture with these sockets.
_VECTOR = "Layer.Vector."


def encode_motion_vectors(before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> bytes:
    """The .exr file (float) of a frame's motion vectors, in the convention of Cycles' Vector pass.

    In pixels, y up: X, Y lead from where a pixel's content is to where it was in the frame before; Z, W lead to
    where it is from where it will be in the frame after. Content that moves evenly by v has (-v, -v).

    Args:
        before: (2, H, W) pixels, x right and y down, from the place now to the one in the frame before.
        after: (2, H, W), likewise to the one in the frame after.
    """
    channels = {"X": before[0], "Y": -before[1], "Z": -after[0], "W": after[1]}
    # Adding zero makes negative zeros plain ones.
    return encode_channels({_VECTOR + name: plane + 0.0 for name, plane in channels.items()}, half=False)


def encode_coverage(coverage: npt.NDArray[np.float32]) -> bytes:
    """The .exr file (half, one channel Y) of how much of each pixel the picture shows: 0 where it was uncovered."""
    return encode_channels({"Y": coverage}, half=True)
