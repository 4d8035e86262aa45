# SPDX-License-Identifier: GPL-3.0-or-later
"""Frequency-adaptive normalisation (paper §4.2, eq. 4): bands of very different strength in one range."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["BandNormalizer"]


class BandNormalizer(nn.Module):
    """S' = sign(S)·sqrt(|S| / s_k) for each real channel, and back.

    The square root spreads the many small amplitudes, which a linear scale would leave in the
    first per cent of the range. s_k is the 95th percentile of the complex modulus in band k, both
    axes pooled, over moving places of the training set (which of these the paper means, it does not say).
    """

    scale: Tensor

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.register_buffer("scale", torch.ones(bands))

    def normalize(self, spectrum: Tensor) -> Tensor:
        """(…, K, 4, H, W) real channels [Re x, Im x, Re y, Im y] in fractions of the width → about [-1, 1]."""
        scaled = spectrum / self.scale.view(-1, 1, 1, 1)
        return scaled.sign() * scaled.abs().sqrt()

    def denormalize(self, normalized: Tensor) -> Tensor:
        """The inverse of `normalize`."""
        return normalized * normalized.abs() * self.scale.view(-1, 1, 1, 1)


def to_channels(spectrum: Tensor) -> Tensor:
    """(…, K, 2, H, W) complex → (…, K, 4, H, W) real [Re x, Im x, Re y, Im y]."""
    return torch.view_as_real(spectrum).movedim(-1, -3).flatten(-4, -3)


def from_channels(channels: Tensor) -> Tensor:
    """(…, K, 4, H, W) real [Re x, Im x, Re y, Im y] → (…, K, 2, H, W) complex."""
    pairs = channels.unflatten(-3, (2, 2)).movedim(-3, -1).contiguous()
    return torch.view_as_complex(pairs.float())
