# SPDX-License-Identifier: GPL-3.0-or-later
"""What the denoiser is told: the picture at every level and, where given, how strong motion is and where it may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .amplitude import fitted
from .config import PriorConfig
from .picture_encoder import FEATURE_CHANNELS

__all__ = ["Condition", "PictureConditioner", "mean_swing"]

# Log of a usual mean swing, in fractions of the picture's width: centres the strength input.
USUAL_SWING = math.log(0.0025)


@dataclass(frozen=True)
class Condition:
    """All that one forward pass of the denoiser needs besides the noisy latents, computed once for all steps.

    Attributes:
        maps: one (B, C, h, w) a level of the U-Net, finest first.
        strength: (B, E) embedding of the strength input.
    """

    maps: tuple[Tensor, ...]
    strength: Tensor

    def replaced(self, other: Condition, where: Tensor) -> Condition:
        """This one with the pictures of `other` where the (B,) mask is true; strength stays."""
        chosen = where.view(-1, 1, 1, 1)
        maps = tuple(torch.where(chosen, b, a) for a, b in zip(self.maps, other.maps, strict=True))
        return Condition(maps, self.strength)

    def joined(self, other: Condition) -> Condition:
        """Both, one after the other along the batch."""
        maps = tuple(torch.cat(pair) for pair in zip(self.maps, other.maps, strict=True))
        return Condition(maps, torch.cat([self.strength, other.strength]))

    def repeated(self, times: int) -> Condition:
        """Each picture `times` times in a row along the batch."""
        maps = tuple(m.repeat_interleave(times, 0) for m in self.maps)
        return Condition(maps, self.strength.repeat_interleave(times, 0))


def mean_swing(spectrum: Tensor) -> Tensor:
    """Mean root-mean-square displacement of what moves: Σ a² / Σ a over all places, so that no threshold decides.

    Args:
        spectrum: (B, K, 4, H, W) real channels; band 0 does not count.

    Returns:
        (B,), in the spectrum's unit; 0 where nothing moves.
    """
    swing = (spectrum[:, 1:].square().sum(dim=(1, 2)) / 2.0).sqrt().flatten(1)
    return swing.square().sum(1) / swing.sum(1).clamp_min(1e-9)


class PictureConditioner(nn.Module):
    """What is known of the picture, gathered for each level of the U-Net; and the strength's embedding."""

    def __init__(self, config: PriorConfig, widths: Sequence[int], embedding: int) -> None:
        super().__init__()
        self.config = config
        self.see = nn.ModuleList()
        for level, width in enumerate(widths):
            inputs = sum(FEATURE_CHANNELS[self._first(level) :]) + 2 * config.bands + (4 if level == 0 else 1)
            self.see.append(
                nn.Sequential(nn.Conv2d(inputs, width, 1), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1))
            )
        # What stands in for the picture when classifier-free guidance asks for motion of no picture in particular.
        self.nothing = nn.ParameterList(torch.zeros(width) for width in widths)
        self.strong = nn.Sequential(nn.Linear(2, embedding), nn.SiLU(), nn.Linear(embedding, embedding))

    def _first(self, level: int) -> int:
        """Index of the finest feature map that a level sees: at level 0 all, below those of its own stride on."""
        stride = self.config.stride * 2**level
        return 0 if level == 0 else min(stride.bit_length() - 2, len(FEATURE_CHANNELS) - 1)

    def forward(
        self,
        image: Tensor,
        features: Sequence[Tensor],
        expected: Tensor,
        strength: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Condition:
        """Args:
        image: (B, 3, H, W) in [0, 1].
        features: of the same picture, normalised (`AmplitudeRegressor.normed`).
        expected: (B, 2K, h, w) from the `AmplitudeRegressor`.
        strength: (B,) mean swing (`mean_swing`) in fractions of the width; NaN, and None, leave it open.
        mask: (B, 1, H, W) or smaller, 1 where things may move, 0 where they must not; None is all free.
        """
        b = image.shape[0]
        size = (image.shape[2] // self.config.stride, image.shape[3] // self.config.stride)
        if mask is None:
            mask = image.new_ones(b, 1, *size)
        maps = []
        for level, see in enumerate(self.see):
            inputs = [fitted(f, size) for f in features[self._first(level) :]]
            # In units of its usual size, as all other inputs are.
            inputs += [4.0 * fitted(expected, size), fitted(mask, size)]
            if level == 0:
                inputs.append(fitted(image, size) * 2.0 - 1.0)
            maps.append(see(torch.cat(inputs, dim=1)))
            size = ((size[0] + 1) // 2, (size[1] + 1) // 2)
        if strength is None:
            strength = image.new_full((b,), math.nan)
        known = strength.isfinite() & (strength > 0)
        value = torch.where(known, strength.clamp_min(1e-6).log() - USUAL_SWING, torch.zeros_like(strength))
        return Condition(tuple(maps), self.strong(torch.stack([value, known.to(value.dtype)], dim=1)))

    def unconditional(self, like: Condition) -> Condition:
        """The condition that means no picture, in the shape of `like`."""
        maps = tuple(n.view(1, -1, 1, 1).to(m.dtype).expand_as(m) for n, m in zip(self.nothing, like.maps, strict=True))
        return Condition(maps, like.strength)
