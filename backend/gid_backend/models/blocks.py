# SPDX-License-Identifier: GPL-3.0-or-later
"""Building blocks shared by the slice autoencoder and the denoiser."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["FrequencyAttention", "ResidualBlock", "SpatialAttention", "group_norm", "sinusoid", "zeroed"]


def group_norm(channels: int) -> nn.GroupNorm:
    """Group normalisation with at most 8 channels to a group, which divides all the widths in use."""
    return nn.GroupNorm(channels // math.gcd(channels, 8), channels)


def zeroed(module: nn.Conv2d | nn.Linear) -> nn.Conv2d | nn.Linear:
    """The same layer started at zero, so that the branch it ends begins as the identity."""
    nn.init.zeros_(module.weight)
    if module.bias is not None:
        nn.init.zeros_(module.bias)
    return module


def sinusoid(position: Tensor, channels: int) -> Tensor:
    """(B,) positions of any scale around 0..1000 → (B, channels) sines and cosines (Vaswani et al. 2017, §3.5)."""
    half = channels // 2
    rates = torch.exp(-math.log(10000.0) * torch.arange(half, device=position.device) / half)
    angle = position.float()[:, None] * rates
    return torch.cat([angle.sin(), angle.cos()], dim=1)


class ResidualBlock(nn.Module):
    """norm → SiLU → conv, twice, with an optional embedding as scale and shift of the second norm."""

    def __init__(self, inputs: int, outputs: int, embedding: int = 0) -> None:
        super().__init__()
        self.norm1 = group_norm(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.modulate = nn.Linear(embedding, 2 * outputs) if embedding else None
        self.norm2 = group_norm(outputs)
        self.conv2 = zeroed(nn.Conv2d(outputs, outputs, 3, padding=1))
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor | None = None) -> Tensor:
        """x: (N, C_in, H, W), embedding: (N, E) → (N, C_out, H, W)."""
        y = self.norm2(self.conv1(F.silu(self.norm1(x))))
        if self.modulate is not None and embedding is not None:
            scale, shift = self.modulate(embedding)[:, :, None, None].chunk(2, dim=1)
            y = y * (1 + scale) + shift
        out: Tensor = self.skip(x) + self.conv2(F.silu(y))
        return out


class _Attention(nn.Module):
    """Multi-head self-attention over the middle axis of (N, tokens, C), as a residual branch that starts at zero."""

    def __init__(self, channels: int, head_channels: int = 32) -> None:
        super().__init__()
        self.heads = max(channels // head_channels, 1)
        self.norm = nn.LayerNorm(channels)
        self.to_qkv = nn.Linear(channels, 3 * channels, bias=False)
        # Only the output starts at zero: with q, k and v at zero too, no gradient would reach any of them.
        self.to_out = zeroed(nn.Linear(channels, channels))

    def attend(self, tokens: Tensor, position: Tensor | None = None) -> Tensor:
        normed = self.norm(tokens)
        if position is not None:
            normed = normed + position
        n, length, channels = tokens.shape
        q, k, v = self.to_qkv(normed).view(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        if q.device.type == "cpu":
            # Thousands of sequences of 16 tokens: plain products ran ten times faster here than the fused kernel.
            mixed = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(dim=-1) @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v)
        out: Tensor = self.to_out(mixed.transpose(1, 2).reshape(n, length, channels))
        return out


class SpatialAttention(_Attention):
    """Every place of one slice sees every other place of it."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same."""
        n, c, h, w = x.shape
        out = self.attend(x.flatten(2).transpose(1, 2))
        return x + out.transpose(1, 2).reshape(n, c, h, w)


class FrequencyAttention(_Attention):
    """Every band sees the other bands at the same place: the paper's frequency coordination (§4.2, fig. 3)."""

    def __init__(self, channels: int, bands: int) -> None:
        super().__init__(channels)
        self.bands = bands
        # Which band a token is must reach q, k and v, or attention could not tell its neighbours from the rest.
        self.position = nn.Parameter(0.02 * torch.randn(bands, channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B·K, C, H, W), bands fastest → the same."""
        n, c, h, w = x.shape
        b = n // self.bands
        tokens = x.view(b, self.bands, c, h * w).permute(0, 3, 1, 2).reshape(b * h * w, self.bands, c)
        out = self.attend(tokens, self.position).view(b, h * w, self.bands, c).permute(0, 2, 3, 1)
        return x + out.reshape(n, c, h, w)
