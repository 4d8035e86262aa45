# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion made larger than anything a renderer was trained on: there is no truth for it, only signs of decay."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch

from ...rendering.frame_pair import FramePair
from ...rendering.splatting import accumulate
from .metrics import FeatureDistance, Features, Field, Picture
from .places import MOVING, local_displacement

__all__ = ["FACTORS", "decay", "tearing"]

# Times the motion; 1 is what the others are compared with.
FACTORS = (1.0, 2.0, 4.0)
# Pixel's worth of the picture that arrives, below which a place is uncovered.
COVERED = 0.3


def tearing(flow: Field) -> dict[str, float]:
    """What a motion does to the picture, whoever renders it.

    Args:
        flow: (2, H, W) pixels.

    Returns:
        Shares of all pixels: "uncovered", those of the frame at which less than 0.3 pixels' worth of the picture
        arrives, and "folded", those of the picture at which its neighbourhood is turned over (det ∂(p + flow)/∂p ≤ 0).
    """
    moved = torch.from_numpy(flow)[None]
    covered = accumulate(torch.ones_like(moved[:, :1]), moved, (0, 0), (flow.shape[1], flow.shape[2]))
    (xy, xx), (yy, yx) = (np.gradient(axis) for axis in flow)
    determinant = (1 + xx) * (1 + yy) - xy * yx
    return {"uncovered": float((covered < COVERED).float().mean()), "folded": float((determinant <= 0).mean())}


def decay(frame: Picture, pair: FramePair, flow: Field, network: FeatureDistance, rest: Features) -> dict[str, Any]:
    """Signs of decay in a frame.

    Args:
        frame: (H, W, 3) uint8.
        pair: whose picture it shows.
        flow: (2, H, W) pixels, what it was moved by.
        network: computes features.
        rest: features of the picture.

    Returns:
        "detail": mean gradient of the frame where something moves, over that of the picture where something moves:
        below 1 it is blurred, above 1 torn. "drift": see `FeatureDistance.drift`, against the picture.
    """
    there = local_displacement(flow) >= MOVING
    here = np.hypot(pair.flow[0], pair.flow[1]) >= MOVING
    detail = float("nan")
    if here.any() and there.any():
        detail = float(_gradient(frame)[there].mean()) / max(float(_gradient(pair.source)[here].mean()), 1e-6)
    return {"detail": detail, "drift": network.drift(network.features(frame), rest)}


def _gradient(picture: Picture) -> Field:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(np.hypot(across, down), np.float32)
