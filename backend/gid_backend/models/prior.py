# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion prior as one module and one file of weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..diffusion.normalization import BandNormalizer
from ..model_info import WEIGHTS
from .amplitude import ZOOMS, AmplitudeRegressor, fitted, zoomed
from .conditioning import Condition
from .config import SMALL, PriorConfig
from .denoiser import Denoiser
from .picture_encoder import Features, PictureEncoder
from .slice_autoencoder import SLICE_CHANNELS, SliceAutoencoder
from .weights import read_network, write_network

__all__ = ["MotionPrior", "Sight"]

FORMAT = "gid-motion-prior-2"


@dataclass(frozen=True)
class Sight:
    """What the prior makes of a picture, once for all motions that are drawn of it.

    Attributes:
        image: (B, 3, H, W) in [0, 1].
        features: raw maps of the encoder.
        expected: (B, 2K, h, w) expected moduli of the normalised bands.
        guide: what the autoencoder's decoder needs.
    """

    image: Tensor
    features: Features
    expected: Tensor
    guide: list[Tensor]


class MotionPrior(nn.Module):
    """Picture encoder, amplitude regressor, band normaliser, slice autoencoder, denoiser; the latents' statistics."""

    latent_mean: Tensor
    latent_std: Tensor
    loudness: Tensor

    def __init__(self, config: PriorConfig = SMALL) -> None:
        super().__init__()
        self.config = config
        self.encoder = PictureEncoder()
        self.normalizer = BandNormalizer(config.bands, config.normalization)
        self.amplitude = AmplitudeRegressor(config)
        self.autoencoder = SliceAutoencoder(config)
        self.denoiser = Denoiser(config)
        self.register_buffer("latent_mean", torch.zeros(config.latent_channels))
        self.register_buffer("latent_std", torch.ones(config.latent_channels))
        # A prior that is unsure where things move draws them too weakly; by how much is measured after training.
        self.register_buffer("loudness", torch.ones(()))

    def look(self, image: Tensor) -> Sight:
        """Everything that depends on the picture alone.

        Args:
            image: (B, 3, H, W) in [0, 1]; H and W multiples of the configuration's stride.
        """
        features = self.encoder(image)
        return Sight(image, features, self.expected(image, features), self.autoencoder.guide(image, features))

    def expected(self, image: Tensor, features: Features | None = None) -> Tensor:
        """What the regressor says of a picture, of its mirror image, and of both at other sizes, in the mean.

        What a picture shows depends neither on its side nor on its size; what a small network says of it does. On the
        four clips that no training sees, the mean ranks places better (docs/training.md) than any of its terms.

        Args:
            image: (B, 3, H, W) in [0, 1].
            features: of the picture as it is, where they are known already.

        Returns:
            (B, 2K, h, w) expected moduli of the normalised bands.
        """
        size = (image.shape[2] // self.config.stride, image.shape[3] // self.config.stride)
        total = image.new_zeros(image.shape[0], 2 * self.config.bands, *size)
        for zoom in ZOOMS:
            seen = zoomed(image, zoom, self.config.stride)
            for view, back in ((seen, False), (seen.flip(3), True)):
                known = features if view is image else None
                said = self.amplitude(view, self.encoder(view) if known is None else known)
                total = total + fitted(said.flip(3) if back else said, size)
        return total / (2.0 * len(ZOOMS))

    def condition(self, sight: Sight, strength: Tensor | None = None, mask: Tensor | None = None) -> Condition:
        """What the denoiser is told; see `PictureConditioner.forward`."""
        seen: Condition = self.denoiser.picture(
            sight.image, self.amplitude.normed(sight.features), sight.expected, strength, mask
        )
        return seen

    def resting(self, height: int, width: int) -> Tensor:
        """(L, h, w) whitened latent of a slice in which nothing moves, for a working grid of that size."""
        still = self.latent_mean.new_zeros(1, SLICE_CHANNELS, height, width)
        return self.whiten(self.autoencoder.encode(still)[0])[0]

    def whiten(self, latent: Tensor) -> Tensor:
        """(…, L, h, w) latents of the autoencoder → zero mean and unit variance a channel."""
        return (latent - self.latent_mean.view(-1, 1, 1)) / self.latent_std.view(-1, 1, 1)

    def unwhiten(self, latent: Tensor) -> Tensor:
        """The inverse of `whiten`."""
        return latent * self.latent_std.view(-1, 1, 1) + self.latent_mean.view(-1, 1, 1)

    def save(self, path: Path, notes: dict[str, Any]) -> None:
        """Write the weights as half-precision safetensors, with the configuration and `notes` in the header."""
        write_network(path, self, self.config, notes, FORMAT)

    def channels_last(self) -> MotionPrior:
        """The same module with channels last in memory: convolutions on the CPU ran up to eight times faster so."""
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self

    @classmethod
    def load(cls, path: Path = WEIGHTS, device: torch.device | str = "cpu") -> MotionPrior:
        """Read weights and build the network that they fit.

        Raises:
            WeightsError: when the file is missing, damaged, or of another format.
        """
        prior = read_network(path, cls, PriorConfig, FORMAT, "a motion prior")
        return prior.to(device).channels_last()
