# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes of the motion prior; the configurations that come with it are the files in `configurations`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from ..tables import as_dataclass, read_tables

__all__ = ["CONFIGURATIONS", "PAPER", "SMALL", "Configuration", "PriorConfig", "configuration_file"]

FOLDER = Path(__file__).parent / "configurations"
TABLES = ("model", "training")


@dataclass(frozen=True)
class Configuration:
    """Everything that fixes the shape of a network's weights.

    Attributes:
        name: of the configuration.
    """

    name: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, for the weights' metadata."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Back from `to_json`; raises TypeError when a field is unknown."""
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**fields)


@dataclass(frozen=True)
class PriorConfig(Configuration):
    """Everything that fixes the shape of the weights.

    Attributes:
        name: of the configuration.
        bands: K, harmonics of the spectral volume, the mean offset counted.
        frames, fps: the period that the bands divide.
        area: pixels of the grid on which the prior works; sides follow the picture's aspect.
        patch: side of the pixel block that the slice autoencoder folds into channels before its first
            convolution. 1 is the paper's; 2 halves every side where convolutions are dearest.
        vae_channels: of each level; every level after the first halves the sides.
        latent_channels: of one slice's latent, at least 4.
        unet_channels, unet_multipliers, unet_blocks: width of the first level, factors of each level,
            residual blocks a level.
        attention_levels: levels with spatial attention.
        condition_channels: of the picture's features beside the noisy latent, twice as many at each coarser level.
        coordination: how bands meet in the denoiser: "channels", "attention" (the paper's) or "none"; see `Denoiser`.
        normalization: of the bands: "modulus", "channel" (the paper's) or "linear"; see `BandNormalizer`.
        features: "pretrained", or "scratch" for a picture encoder that is trained with the denoiser.
    """

    name: str = "small"
    bands: int = 16
    frames: int = 150
    fps: float = 30.0
    area: int = 256 * 160
    patch: int = 2
    vae_channels: tuple[int, ...] = (24, 64, 128)
    latent_channels: int = 4
    unet_channels: int = 64
    unet_multipliers: tuple[float, ...] = (1, 2, 3)
    unet_blocks: int = 2
    attention_levels: tuple[int, ...] = (1, 2)
    condition_channels: int = 48
    coordination: str = "channels"
    normalization: str = "modulus"
    features: str = "pretrained"

    @property
    def stride(self) -> int:
        """Pixels of the grid per latent pixel, on a side."""
        return self.patch << (len(self.vae_channels) - 1)

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """(rows, columns) of the working grid for a picture: its aspect, about `area`, multiples of `stride`."""
        aspect = width / height
        columns = max(round((self.area * aspect) ** 0.5 / self.stride), 4) * self.stride
        rows = max(round(columns / aspect / self.stride), 4) * self.stride
        # A ribbon would otherwise grow without bound in area: the short side is held at 4 latents.
        longest = self.area // (4 * self.stride) // self.stride * self.stride
        return min(rows, longest), min(columns, longest)

    @classmethod
    def read(cls, path: Path) -> PriorConfig:
        """From the table [model] of a TOML file.

        Raises:
            ConfigurationError: when it cannot be read, or a setting does not exist or does not fit.
        """
        return as_dataclass(cls, read_tables(path, TABLES)["model"], f"[model] in “{path}”")


def configuration_file(name: str) -> Path:
    """The file of a configuration that comes with the package, or the path that `name` is."""
    path = FOLDER / f"{name}.toml"
    return path if path.is_file() else Path(name)


SMALL = PriorConfig.read(configuration_file("small"))
PAPER = PriorConfig.read(configuration_file("paper"))
CONFIGURATIONS = {config.name: config for config in (SMALL, PAPER)}
