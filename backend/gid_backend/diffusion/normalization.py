# SPDX-License-Identifier: GPL-3.0-or-later
"""Frequency-adaptive normalisation (paper §4.2, eq. 4): bands of very different strength in one range."""

from __future__ import annotations

import torch
from torch import Tensor, nn

KINDS = ("modulus", "channel", "linear")
TINY = 1e-12

__all__ = ["BandNormalizer"]


class BandNormalizer(nn.Module):
    """Brings every band of a spectral volume to about the same range, and back.

    The square root spreads the many small amplitudes, which a linear scale would leave in the first per cent of the
    range. s_k is the 95th percentile of the complex modulus in band k, both axes pooled, over moving places of the
    training set (which of these the paper means, it does not say).

    kind "modulus": S' = S / sqrt(|S|·s_k), each complex number as a whole. The square root then has its kink only where
        nothing moves; taken of real and imaginary part apart, as "channel" does, it has one wherever either passes
        through zero, which a travelling wave does everywhere.
    kind "channel": S' = sign(S)·sqrt(|S| / s_k) for each real channel: the paper's (eq. 4).
    kind "linear": S' = S / s with one s for all bands: what the paper compares with.
    """

    scale: Tensor

    def __init__(self, bands: int, kind: str = "modulus") -> None:
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"Bands are normalised by {', '.join(KINDS)}, not “{kind}”.")
        self.kind = kind
        self.register_buffer("scale", torch.ones(bands))

    def normalize(self, spectrum: Tensor, bands: Tensor | None = None) -> Tensor:
        """(…, K, 4, H, W) real channels [Re x, Im x, Re y, Im y] in fractions of the width → about [-1, 1].

        Args:
            spectrum: of all bands, or of those that `bands` (…, n) names.
            bands: (…, n) int64, or None.
        """
        scale = self.scale if bands is None else self.scale[bands]
        scaled = spectrum / scale[..., None, None, None]
        if self.kind == "channel":
            return scaled.sign() * scaled.abs().sqrt()
        if self.kind == "linear":
            return scaled
        pairs = scaled.unflatten(-3, (2, 2))
        compressed: Tensor = (pairs * (pairs.square().sum(-3, keepdim=True) + TINY).pow(-0.25)).flatten(-4, -3)
        return compressed

    def denormalize(self, normalized: Tensor) -> Tensor:
        """The inverse of `normalize`."""
        scale = self.scale.view(-1, 1, 1, 1)
        if self.kind == "channel":
            return normalized * normalized.abs() * scale
        if self.kind == "linear":
            return normalized * scale
        pairs = normalized.unflatten(-3, (2, 2))
        # The root's gradient is infinite at rest, where motion guidance must not fail.
        expanded: Tensor = (pairs * (pairs.square().sum(-3, keepdim=True) + TINY).sqrt()).flatten(-4, -3) * scale
        return expanded


def to_channels(spectrum: Tensor) -> Tensor:
    """(…, K, 2, H, W) complex → (…, K, 4, H, W) real [Re x, Im x, Re y, Im y]."""
    return torch.view_as_real(spectrum).movedim(-1, -3).flatten(-4, -3)


def from_channels(channels: Tensor) -> Tensor:
    """(…, K, 4, H, W) real [Re x, Im x, Re y, Im y] → (…, K, 2, H, W) complex."""
    pairs = channels.unflatten(-3, (2, 2)).movedim(-3, -1).contiguous()
    return torch.view_as_complex(pairs.float())
