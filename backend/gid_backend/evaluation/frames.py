# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of a motion, and what a network that was trained on photographs sees in them.

The network is EfficientNet-Lite0 (ImageNet), as a package carries it. It is not Inception or I3D: the figures compare
with each other, not with published ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt
import torch

from gid_blender.motion import SpectralVolume, loop_coefficients

from ..renderer import MotionRenderer
from ..training.encoder import frozen_encoder

__all__ = ["WINDOW", "FrameFeatures", "rendered", "small", "window_features"]

AREA = 256 * 144
# Frames of a window along time, of 150.
WINDOW = 30

Frame = npt.NDArray[np.uint8]


def small(frame: Frame) -> Frame:
    """(h, w, 3) uint8: a frame (H, W, 3) at about `AREA` pixels, never enlarged."""
    rows, columns = frame.shape[:2]
    scale = (AREA / (rows * columns)) ** 0.5
    if scale >= 1.0:
        return frame
    size = (round(columns * scale), round(rows * scale))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def rendered(image: Frame, volume: SpectralVolume, times: Sequence[float], renderer: MotionRenderer) -> Iterator[Frame]:
    """Frames of a picture (H, W, 3) uint8 in a motion, at `small` size; times in frames of the volume's period."""
    q = loop_coefficients(np.asarray(times), harmonics=volume.bands, period=volume.frames)
    for frame in renderer.render_frames(small(image), volume, q):
        yield np.asarray(frame, np.uint8)


class FrameFeatures:
    """Mean over places of the deepest feature map of EfficientNet-Lite0.

    Raises:
        WeightsError: when the package with its weights is not installed.
    """

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.encoder = frozen_encoder().to(self.device)

    @torch.no_grad()
    def of(self, frames: Sequence[Frame]) -> npt.NDArray[np.float32]:
        """(n, 320) features of n frames of one size, (h, w, 3) uint8 each."""
        out = []
        for first in range(0, len(frames), 16):
            pixels = torch.from_numpy(np.stack(frames[first : first + 16])).to(self.device)
            pooled = self.encoder(pixels.permute(0, 3, 1, 2).float() / 255.0).s32.mean(dim=(2, 3))
            out.append(pooled.cpu().numpy())
        return np.concatenate(out).astype(np.float32)


def window_features(features: npt.NDArray[np.floating], windows: int) -> npt.NDArray[np.float32]:
    """What changes within windows along time: (n, F, D) features of F frames → (n·windows, D) standard deviations.

    Still frames have zeros: this is the distance that a still picture cannot win.

    Args:
        features: F frames spread evenly over the clip.
        windows: into how many equal pieces F is cut; what is left over at the end is dropped.
    """
    n, frames, d = features.shape
    each = frames // windows
    pieces = features[:, : each * windows].reshape(n * windows, each, d)
    return np.asarray(pieces.std(axis=1), np.float32)
