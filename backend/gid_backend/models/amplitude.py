# SPDX-License-Identifier: GPL-3.0-or-later
"""How strongly each place is expected to swing in each band, told from the picture alone.

Where things move is nearly a function of the picture; how they move is not. A regressor learns the first within
minutes, and a denoiser that is told it can spend its capacity on the second.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import group_norm, zeroed
from .config import PriorConfig
from .picture_encoder import FEATURE_CHANNELS, Features

__all__ = ["ZOOMS", "AmplitudeRegressor", "fitted", "zoomed"]

# Sizes at which the regressor looks at a picture, in sides of the working grid.
ZOOMS = (0.75, 1.0, 1.5)


class _Look(nn.Module):
    """A residual step that looks `reach` places around."""

    def __init__(self, width: int, reach: int) -> None:
        super().__init__()
        self.norm = group_norm(width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=reach, dilation=reach)
        self.conv2 = zeroed(nn.Conv2d(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.conv2(F.silu(self.conv1(F.silu(self.norm(x)))))
        return out


class AmplitudeRegressor(nn.Module):
    """Features of a picture → (B, 2K, h, w) expected moduli of the normalised bands, x and y."""

    feature_mean: Tensor
    feature_std: Tensor

    def __init__(self, config: PriorConfig, width: int = 128, dropout: float = 0.1) -> None:
        super().__init__()
        self.config = config
        channels = sum(FEATURE_CHANNELS)
        # Raw activations differ a hundredfold between channels; measured once, on training pictures.
        self.register_buffer("feature_mean", torch.zeros(channels))
        self.register_buffer("feature_std", torch.ones(channels))
        self.enter = nn.Conv2d(channels + 3, width, 1)
        self.drop = nn.Dropout2d(dropout)
        self.look = nn.Sequential(*(_Look(width, reach) for reach in (1, 2, 4, 8, 1)))
        self.leave = nn.Sequential(group_norm(width), nn.SiLU(), nn.Conv2d(width, 2 * config.bands, 1))

    def normed(self, features: Features) -> list[Tensor]:
        """Feature maps of zero mean and unit variance a channel, each (B, C, h, w) at its own stride."""
        means, stds = (v.split(FEATURE_CHANNELS) for v in (self.feature_mean, self.feature_std))
        return [
            ((f - m.view(-1, 1, 1)) / s.view(-1, 1, 1)).clamp(-6, 6)
            for f, m, s in zip(features, means, stds, strict=True)
        ]

    def forward(self, image: Tensor, features: Features) -> Tensor:
        """Args:
        image: (B, 3, H, W) in [0, 1].
        features: of the same picture.
        """
        size = (image.shape[2] // self.config.stride, image.shape[3] // self.config.stride)
        maps = [fitted(f, size) for f in self.normed(features)] + [fitted(image, size) * 2 - 1]
        out: Tensor = F.softplus(self.leave(self.look(self.drop(self.enter(torch.cat(maps, dim=1))))) - 2.0)
        return out


def fitted(x: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, C, h, w) at another size: means where it shrinks, bilinear where it grows."""
    if x.shape[2] > size[0] or x.shape[3] > size[1]:
        return F.adaptive_avg_pool2d(x, size)
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False) if x.shape[2:] != size else x


def zoomed(image: Tensor, zoom: float, stride: int) -> Tensor:
    """(B, 3, H, W) at `zoom` times its size, sides rounded to multiples of `stride`."""
    if zoom == 1.0:
        return image
    size = [max(stride, round(side * zoom / stride) * stride) for side in image.shape[2:]]
    return F.interpolate(image, size=size, mode="bilinear", antialias=True, align_corners=False)
