# SPDX-License-Identifier: GPL-3.0-or-later
"""A variational autoencoder for one frequency slice of a normalised spectral volume (paper §4.2, supplement §4.1).

Two things differ from the paper. The decoder sees the picture: where motion jumps there is nearly always an
edge in the picture too, so the latent need not spell that edge out pixel by pixel. And the first four
latent channels start as the mean of their patch, which the decoder starts by spreading out again: a
network on top of a working blur learns in minutes what it would otherwise take hours to find, since most places
of most slices are still and "nothing moves" is a comfortable answer under an L1 loss.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import ResidualBlock, group_norm, zeroed
from .config import PriorConfig
from .picture_encoder import FEATURE_CHANNELS, Features

__all__ = ["SLICE_CHANNELS", "SliceAutoencoder"]

SLICE_CHANNELS = 4  # Re x, Im x, Re y, Im y


class SliceAutoencoder(nn.Module):
    """(N, 4, H, W) slice ↔ (N, L, H/stride, W/stride) latent."""

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.config = config
        widths, patch, latent = config.vae_channels, config.patch, config.latent_channels

        self.encode_in = nn.Conv2d(SLICE_CHANNELS * patch**2, widths[0], 3, padding=1)
        encoder: list[nn.Module] = []
        for level, width in enumerate(widths):
            if level:
                encoder.append(nn.Conv2d(widths[level - 1], width, 3, stride=2, padding=1))
            encoder.append(ResidualBlock(width, width))
        self.encoder = nn.Sequential(*encoder, group_norm(widths[-1]), nn.SiLU())
        self.encode_out = nn.Conv2d(widths[-1], 2 * latent, 3, padding=1)
        with torch.no_grad():
            self.encode_out.weight[:SLICE_CHANNELS].zero_()
            # A small variance from the start, or the noise of the posterior would drown the patch means.
            assert self.encode_out.bias is not None
            self.encode_out.bias[latent:] = -6.0

        # Strides of the levels, finest first: what the picture has to offer at each.
        strides = [patch * 2**level for level in range(len(widths))]
        self.guides = nn.ModuleList(
            nn.Conv2d(3 + (FEATURE_CHANNELS[stride.bit_length() - 2] if stride > 1 else 0), width // 2, 1)
            for stride, width in zip(strides, widths, strict=True)
        )
        self.decode_in = nn.Conv2d(latent, widths[-1], 3, padding=1)
        self.decoder = nn.ModuleList()
        self.rise = nn.ModuleList()
        for level in reversed(range(len(widths))):
            width = widths[level]
            self.decoder.append(
                nn.ModuleList([ResidualBlock(width + width // 2, width)])
                if level == 0
                else nn.ModuleList([ResidualBlock(width + width // 2, width), ResidualBlock(width, width)])
            )
            if level:
                self.rise.append(nn.Conv2d(width, widths[level - 1], 3, padding=1))
        self.decode_norm = group_norm(widths[0])
        self.decode_out = zeroed(nn.Conv2d(widths[0], SLICE_CHANNELS * patch**2, 3, padding=1))

    def encode(self, slices: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the posterior.

        Args:
            slices: (N, 4, H, W) normalised slices, about [-1, 1]; H and W multiples of `config.stride`.

        Returns:
            Two (N, L, H/stride, W/stride).
        """
        x = self.encode_in(F.pixel_unshuffle(slices, self.config.patch))
        mean, log_variance = self.encode_out(self.encoder(x)).chunk(2, dim=1)
        patches = F.avg_pool2d(slices, self.config.stride)
        mean = torch.cat([mean[:, :SLICE_CHANNELS] + patches, mean[:, SLICE_CHANNELS:]], dim=1)
        return mean, log_variance.clamp(-20.0, 10.0)

    def guide(self, image: Tensor, features: Features) -> list[Tensor]:
        """What the decoder needs of the picture, computed once for all its slices.

        Args:
            image: (B, 3, H, W) in [0, 1].
            features: of the same picture.

        Returns:
            One (B, width/2, H/stride, W/stride) a level, finest first.
        """
        maps = []
        for level, conv in enumerate(self.guides):
            stride = self.config.patch * 2**level
            source = F.avg_pool2d(image, stride) if stride > 1 else image
            if stride > 1:
                source = torch.cat([source, features[stride.bit_length() - 2]], dim=1)
            maps.append(conv(source))
        return maps

    def decode(self, latent: Tensor, guide: Sequence[Tensor]) -> Tensor:
        """Slices from latents.

        Args:
            latent: (N, L, h, w).
            guide: from `guide`, with N = B·n: each picture's maps serve n consecutive latents.

        Returns:
            (N, 4, H, W) normalised slices.
        """
        repeats = latent.shape[0] // guide[0].shape[0]
        x = self.decode_in(latent)
        levels = len(guide)
        for step, blocks in enumerate(self.decoder):
            level = levels - 1 - step
            x = torch.cat([x, guide[level].repeat_interleave(repeats, dim=0)], dim=1)
            for block in blocks:  # type: ignore[attr-defined]
                x = block(x)
            if level:
                x = self.rise[step](F.interpolate(x, scale_factor=2.0, mode="nearest"))
        x = F.pixel_shuffle(self.decode_out(F.silu(self.decode_norm(x))), self.config.patch)
        return x + F.interpolate(latent[:, :SLICE_CHANNELS], size=x.shape[2:], mode="bilinear", align_corners=False)
