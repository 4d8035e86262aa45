# SPDX-License-Identifier: GPL-3.0-or-later
"""The denoiser: a U-Net over every frequency slice, coordinated by attention across the bands (paper §4.2)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import FrequencyAttention, ResidualBlock, SpatialAttention, group_norm, sinusoid, zeroed
from .config import PriorConfig
from .picture_encoder import FEATURE_CHANNELS, Features

__all__ = ["Denoiser"]


class _Stage(nn.Module):
    """Residual block, then places look at each other, then bands do (either may be left out)."""

    def __init__(self, inputs: int, outputs: int, embedding: int, bands: int, spatial: bool) -> None:
        super().__init__()
        self.block = ResidualBlock(inputs, outputs, embedding)
        self.places = SpatialAttention(outputs) if spatial else nn.Identity()
        self.bands = FrequencyAttention(outputs, bands) if bands else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        out: Tensor = self.bands(self.places(self.block(x, embedding)))
        return out


class Denoiser(nn.Module):
    """Velocity of the flow from motion to noise for all K slices of a picture at once.

    The prediction is v = noise - motion at z = (1 - t)·motion + t·noise (rectified flow, Liu et al.
    2022): the same network and data as the paper's ε-prediction, with straighter paths, so that tens of
    steps do where the paper takes 250.
    """

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.config = config
        width, latent, bands = config.unet_channels, config.latent_channels, config.bands
        embedding = 4 * width
        widths = [width * m for m in config.unet_multipliers]

        self.time = nn.Sequential(nn.Linear(width, embedding), nn.SiLU(), nn.Linear(embedding, embedding))
        self.band = nn.Embedding(bands, embedding)
        self.see = nn.Sequential(
            nn.Conv2d(3 + sum(FEATURE_CHANNELS), 2 * config.condition_channels, 1),
            nn.SiLU(),
            nn.Conv2d(2 * config.condition_channels, config.condition_channels, 3, padding=1),
        )
        # What stands in for the picture when classifier-free guidance asks for motion of no picture in particular.
        self.nothing = nn.Parameter(torch.zeros(config.condition_channels))

        self.enter = nn.Conv2d(latent + config.condition_channels, width, 3, padding=1)
        self.down, self.shrink = nn.ModuleList(), nn.ModuleList()
        skips, channels = [width], width
        for level, w in enumerate(widths):
            if level:
                self.shrink.append(nn.Conv2d(channels, channels, 3, stride=2, padding=1))
                skips.append(channels)
            stages = nn.ModuleList()
            for block in range(config.unet_blocks):
                # Once a level is enough for bands to agree, and this attention is the dearest layer on a CPU.
                last = block == config.unet_blocks - 1
                stages.append(_Stage(channels, w, embedding, bands * last, last and level in config.attention_levels))
                channels = w
                skips.append(channels)
            self.down.append(stages)
        self.middle = _Stage(channels, channels, embedding, bands, True)
        self.up, self.grow = nn.ModuleList(), nn.ModuleList()
        for level, w in reversed(list(enumerate(widths))):
            stages = nn.ModuleList()
            for block in range(config.unet_blocks + 1):
                last = block == config.unet_blocks
                spatial = last and level in config.attention_levels
                stages.append(_Stage(channels + skips.pop(), w, embedding, bands * last, spatial))
                channels = w
            self.up.append(stages)
            if level:
                self.grow.append(nn.Conv2d(channels, channels, 3, padding=1))
        self.leave = nn.Sequential(group_norm(channels), nn.SiLU(), zeroed(nn.Conv2d(channels, latent, 3, padding=1)))

    def condition(self, image: Tensor, features: Features) -> Tensor:
        """What the denoiser needs of the picture, computed once for all steps.

        Args:
            image: (B, 3, H, W) in [0, 1].
            features: of the same picture.

        Returns:
            (B, condition_channels, H/stride, W/stride).
        """
        size = (image.shape[2] // self.config.stride, image.shape[3] // self.config.stride)
        maps = [F.adaptive_avg_pool2d(image, size)]
        for feature in features:
            larger = feature.shape[2] > size[0] or feature.shape[3] > size[1]
            maps.append(
                F.adaptive_avg_pool2d(feature, size)
                if larger
                else F.interpolate(feature, size=size, mode="bilinear", align_corners=False)
            )
        out: Tensor = self.see(torch.cat(maps, dim=1))
        return out

    def unconditional(self, like: Tensor) -> Tensor:
        """The condition that means no picture, in the shape of `like` (B, C, h, w)."""
        return self.nothing[None, :, None, None].expand_as(like)

    def forward(self, noisy: Tensor, time: Tensor, condition: Tensor) -> Tensor:
        """v of every slice.

        Args:
            noisy: (B, K, L, h, w) latents z.
            time: (B,) in [0, 1]; 0 is motion, 1 is noise.
            condition: (B, condition_channels, h, w).

        Returns:
            (B, K, L, h, w).
        """
        b, k, latent, h, w = noisy.shape
        embedding = self.time(sinusoid(1000.0 * time, self.config.unet_channels))[:, None] + self.band.weight
        embedding = F.silu(embedding.reshape(b * k, -1))
        seen = condition[:, None].expand(b, k, -1, h, w).reshape(b * k, -1, h, w)
        x = self.enter(torch.cat([noisy.reshape(b * k, latent, h, w), seen], dim=1))
        if x.device.type == "cpu":
            x = x.contiguous(memory_format=torch.channels_last)
        kept = [x]
        for level, stages in enumerate(self.down):
            if level:
                x = self.shrink[level - 1](x)
                kept.append(x)
            for stage in stages:  # type: ignore[attr-defined]
                x = stage(x, embedding)
                kept.append(x)
        x = self.middle(x, embedding)
        for step, stages in enumerate(self.up):
            for stage in stages:  # type: ignore[attr-defined]
                x = stage(torch.cat([x, kept.pop()], dim=1), embedding)
            if step < len(self.grow):
                # Odd sides halve upwards, so the size to return to is the skip's, not twice ours.
                x = self.grow[step](F.interpolate(x, size=kept[-1].shape[2:], mode="nearest"))
        velocity: Tensor = self.leave(x).view(b, k, latent, h, w)
        return velocity
