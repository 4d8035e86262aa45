# SPDX-License-Identifier: GPL-3.0-or-later
"""Other ways to move a picture, each with the same picture, motion and strength as ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import torch

from ...renderer import RenderSettings
from ...rendering.splatting import Mode, splat
from .mesh import mesh_warp
from .metrics import Field, Picture

__all__ = ["BASELINES", "BICUBIC", "SOFTMAX", "Way", "colour_splat", "identity", "remap"]

# (source, flow in pixels, strength in pixels) → frame; shapes as in `FramePair`.
Way = Callable[[Picture, Field, Field], Picture]

# Pixel's worth of the source that must arrive, else there is a hole.
HOLE = 1e-3
# Of the largest weight: what does not move at all would weigh nothing in a linear splat, and leave black holes.
LEAST_WEIGHT = 1e-3


def identity(source: Picture, flow: Field, strength: Field) -> Picture:
    """The rest picture: no motion at all."""
    return source


def remap(source: Picture, flow: Field, strength: Field, *, filter: int = cv2.INTER_CUBIC) -> Picture:
    """The customary short cut: the motion that starts at a pixel is taken for the one that ends there.

    Beyond the border the picture is mirrored.
    """
    y, x = np.indices(strength.shape, np.float32)
    return np.asarray(cv2.remap(source, x - flow[0], y - flow[1], filter, borderMode=cv2.BORDER_REFLECT), np.uint8)


def colour_splat(source: Picture, flow: Field, strength: Field, *, mode: Mode) -> Picture:
    """Colours splatted at full size, in one scale; holes show the rest picture.

    The weight goes by strength: linear by its share of the largest, softmax by `RenderSettings.depth` times strength in
    units of its root mean square over the picture, as ours has it.
    """
    if mode == "softmax":
        scale = max(float(np.sqrt(np.mean(np.square(strength)))), 1e-12)
        weight = RenderSettings().depth * strength / scale
    else:
        weight = strength / max(float(strength.max()), 1e-12) + LEAST_WEIGHT
    still = torch.from_numpy(source).permute(2, 0, 1)[None].float()
    importance = torch.from_numpy(weight.astype(np.float32))[None, None]
    moved, coverage = splat(still, torch.from_numpy(flow)[None], importance, mode=mode, temperature=1.0)
    frame = torch.where(coverage > HOLE, moved, still)[0].permute(1, 2, 0)
    return np.asarray(frame.round().clamp(0, 255).numpy(), np.uint8)


BICUBIC, SOFTMAX = "bicubic remap", "softmax splat"
BASELINES: dict[str, Way] = {
    "identity": identity,
    "nearest remap": partial(remap, filter=cv2.INTER_NEAREST),
    BICUBIC: remap,
    "mesh warp": mesh_warp,
    "average splat": partial(colour_splat, mode="average"),
    "linear splat": partial(colour_splat, mode="linear"),
    SOFTMAX: partial(colour_splat, mode="softmax"),
}
