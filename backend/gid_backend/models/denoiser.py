# SPDX-License-Identifier: GPL-3.0-or-later
"""The denoiser: a U-Net that sees all bands of a spectral volume (paper §4.2)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import FrequencyAttention, ResidualBlock, SpatialAttention, group_norm, sinusoid, zeroed
from .conditioning import Condition, PictureConditioner
from .config import PriorConfig

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
    2022). `config.coordination` says how bands meet: "channels" (all slices side by side as channels of one U-Net),
    "attention" (every slice through the U-Net on its own, attention across bands after each level: the
    paper's), or "none" (slices know nothing of each other).
    """

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.config = config
        width, latent = config.unet_channels, config.latent_channels
        self.together = config.coordination == "channels"
        bands = config.bands if config.coordination == "attention" else 0
        slices = config.bands if self.together else 1
        embedding = 4 * min(width, 96)
        self.frequencies = min(width, 96)
        widths = [round(width * m / 16) * 16 for m in config.unet_multipliers]

        self.time = nn.Sequential(nn.Linear(self.frequencies, embedding), nn.SiLU(), nn.Linear(embedding, embedding))
        self.band = None if self.together else nn.Embedding(config.bands, embedding)
        seen = [config.condition_channels * 2**level for level in range(len(widths))]
        self.picture = PictureConditioner(config, seen, embedding)

        self.enter = nn.Conv2d(slices * latent + seen[0], widths[0], 3, padding=1)
        self.down, self.shrink, self.inject = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        skips, channels = [widths[0]], widths[0]
        for level, w in enumerate(widths):
            if level:
                self.shrink.append(nn.Conv2d(channels, channels, 3, stride=2, padding=1))
                self.inject.append(nn.Conv2d(seen[level], channels, 1))
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
        self.leave_norm = group_norm(channels)
        # With little noise the answer is the input less what its surroundings say, for every channel: that must not
        # have to squeeze through the width of the network.
        self.leave = zeroed(nn.Conv2d(channels + slices * latent, slices * latent, 3, padding=1))

    def forward(self, noisy: Tensor, time: Tensor, condition: Condition) -> Tensor:
        """v of every slice.

        Args:
            noisy: (B, K, L, h, w) latents z.
            time: (B,) in [0, 1]; 0 is motion, 1 is noise.
            condition: of the B pictures.

        Returns:
            (B, K, L, h, w).
        """
        b, k, latent, h, w = noisy.shape
        slices = 1 if self.together else k
        t = time.view(-1, 1, 1, 1, 1).to(noisy.dtype)
        power = (1 - t) ** 2 + t**2
        embedding = self.time(sinusoid(1000.0 * time, self.frequencies)) + condition.strength
        if self.band is not None:
            embedding = (embedding[:, None] + self.band.weight).reshape(b * k, -1)
        embedding = F.silu(embedding)

        def spread(x: Tensor) -> Tensor:
            return x if slices == 1 else x[:, None].expand(b, k, *x.shape[1:]).reshape(b * k, *x.shape[1:])

        # Input and target of unit variance at every t, and at t = 1 none of the noise has to pass through the network
        # (the preconditioning of Karras et al. 2022, for z = (1 - t)·motion + t·noise).
        entering = (noisy / power.sqrt()).reshape(b * slices, -1, h, w)
        x = self.enter(torch.cat([entering, spread(condition.maps[0])], dim=1))
        if x.device.type == "cpu":
            x = x.contiguous(memory_format=torch.channels_last)
        kept = [x]
        for level, stages in enumerate(self.down):
            if level:
                x = self.shrink[level - 1](x) + spread(self.inject[level - 1](condition.maps[level]))
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
        x = torch.cat([F.silu(self.leave_norm(x)), entering.to(x.dtype)], dim=1)
        out = self.leave(x).view(b, k, latent, h, w)
        velocity: Tensor = ((2 * t - 1) / power) * noisy - out / power.sqrt()
        return velocity
