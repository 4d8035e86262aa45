# SPDX-License-Identifier: GPL-3.0-or-later
"""The network that repairs a warped frame where the warp alone cannot be right.

A warp is right wherever neighbours move alike; there its colours pass through untouched. It is wrong beside the edges
of what moves: what comes out from behind has to be made up, edges have to be put together from what landed, and
half-covered pixels belong to both sides. Those places, and only those, are given to a small U-Net. It sees the warped
frame, the mean of all that landed, where it is sure, how the motion lies, and features of the picture at several scales
that were warped alike; it answers with how much of that mean to mix in, new colours, and how far to take them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..models.config import Configuration
from ..models.weights import read_network, write_network
from .landing import places
from .neighbours import greatest, least

__all__ = [
    "ALIGN",
    "MARGIN",
    "SEEN",
    "WEIGHTS",
    "RepairConfig",
    "RepairNetwork",
    "Traces",
    "between",
    "repair_zone",
]

FORMAT = "gid-renderer-2"
WEIGHTS = Path(__file__).parents[1] / "weights" / "renderer.safetensors"
# Pixels around an uncovered place or an edge of the motion that the network may change.
BESIDE = 6
# Steps of the displacement, pixels a pixel, from which on neighbours do not move alike.
UNLIKE = (0.3, 0.8)
# Pixels around whose colours a repaired one has to lie between: a flat ground stays flat, and nothing rings.
SEEN = 6
# Pictures' sides are brought to multiples of it, for three halvings.
ALIGN = 8
# Pixels around a place that can influence what the network says of it, rounded up to `ALIGN`.
MARGIN = 56
# Displacements enter the network in this many pixels.
USUAL_MOTION = 8.0

Traces = Sequence[Tensor]
"""Features of a picture at 1/2, 1/4 and 1/8 of its size."""


def between(colours: Tensor, frame: Tensor) -> Tensor:
    """`colours` within the least and the greatest value of `frame` (B, C, h, w) in `SEEN` pixels around each place."""
    return torch.minimum(torch.maximum(colours, least(frame, SEEN)), greatest(frame, SEEN))


def repair_zone(came: Tensor, sure: Tensor) -> Tensor:
    """Where a warped frame may need repair.

    Args:
        came: (B, 2, H, W) pixels, how far the content of each pixel came.
        sure: (B, 1, H, W) in 0..1.

    Returns:
        (B, 1, H, W) in 0..1: 1 within some pixels of what is uncovered and of edges of the motion, from there falling
        smoothly to an exact 0.
    """
    padded = F.pad(came, (1, 1, 1, 1), mode="replicate")
    steps = torch.maximum(
        (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]).abs().amax(1, keepdim=True),
        (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]).abs().amax(1, keepdim=True),
    )
    low, high = UNLIKE
    torn = torch.maximum(((steps - low) / (high - low)).clamp(0.0, 1.0), 1.0 - sure)
    near = greatest(torn, BESIDE)
    # A box blurred by less than it was widened leaves no step and stays zero farther away.
    return F.avg_pool2d(near, BESIDE + 1 | 1, 1, (BESIDE + 1 | 1) // 2, count_include_pad=False)


class _Pair(nn.Sequential):
    """Two convolutions. No normalisation: it would let far places change near ones, and tiles would show."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1),
            nn.SiLU(),
        )


@dataclass(frozen=True)
class RepairConfig(Configuration):
    """Sizes of the network.

    Attributes:
        widths: channels at full size and after each of three halvings.
        traces: channels of the picture's features after each halving.
    """

    name: str = "renderer"
    widths: tuple[int, ...] = (16, 32, 64, 96)
    traces: tuple[int, ...] = (16, 32, 48)


SIZES = RepairConfig()


class RepairNetwork(nn.Module):
    """Warped frame, certainty, motion and warped features → repaired frame."""

    def __init__(self, config: RepairConfig = SIZES) -> None:
        super().__init__()
        self.config = config
        widths, traces = config.widths, config.traces
        self.see = nn.ModuleList()
        inputs = 3
        for channels in traces:
            self.see.append(
                nn.Sequential(
                    nn.Conv2d(inputs, channels, 4, stride=2, padding=1),
                    nn.SiLU(),
                    nn.Conv2d(channels, channels, 3, padding=1),
                    nn.SiLU(),
                )
            )
            inputs = channels
        # Frame, what the mean differs by, certainty, zone, displacement.
        self.enter = _Pair(3 + 3 + 1 + 1 + 2, widths[0])
        self.down = nn.ModuleList(_Pair(a + c, b) for a, b, c in zip(widths[:-1], widths[1:], traces, strict=True))
        self.up = nn.ModuleList(_Pair(b + a, a) for a, b in pairwise(widths))
        self.leave = nn.Conv2d(widths[0], 5, 3, padding=1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                # With torch's own start the signal would fade within so many layers without a normalisation.
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)
        # It starts as a renderer without it, nearly.
        nn.init.zeros_(self.leave.weight)
        assert self.leave.bias is not None
        nn.init.constant_(self.leave.bias[4:], -3.0)

    def look(self, picture: Tensor) -> list[Tensor]:
        """Features of a picture, once for all its frames.

        Args:
            picture: (B, 3, H, W) display-referred, in 0..1.

        Returns:
            Maps at 1/2, 1/4 and 1/8 of the size, rounded down.
        """
        x = picture * 2.0 - 1.0
        maps = []
        for see in self.see:
            x = see(x)
            maps.append(x)
        return maps

    def forward(
        self,
        frame: Tensor,
        mean: Tensor,
        sure: Tensor,
        zone: Tensor,
        came: Tensor,
        traces: Traces,
        *,
        above: int = 0,
        left: int = 0,
    ) -> Tensor:
        """Repair a frame, or a box out of one.

        Args:
            frame: (B, 3, h, w) in 0..1, warped, with its holes filled; h and w multiples of `ALIGN`.
            mean: (B, 3, h, w) in 0..1, of the colours that landed, as `Landing` has it.
            sure: (B, 1, h, w) in 0..1, 0 where it is a filling.
            zone: (B, 1, h, w) from `repair_zone`.
            came: (B, 2, h, w) pixels.
            traces: of the whole picture, from `look`; of one for all, or of each.
            above, left: of the box, multiples of `ALIGN`.

        Returns:
            (B, 3, h, w) in 0..1; `frame` itself where the zone is 0.
        """
        other = sure * (mean - frame)
        x = self.enter(torch.cat([frame * 2.0 - 1.0, other * 4.0, sure, zone, came / USUAL_MOTION], dim=1))
        kept = []
        for level, (down, trace) in enumerate(zip(self.down, traces, strict=True)):
            kept.append(x)
            factor = 2 << level
            moved = F.avg_pool2d(came, factor) / factor
            # A box' columns start at `left`: what is there came from so much farther left.
            moved = moved - moved.new_tensor([left // factor, 0]).view(1, 2, 1, 1)
            at = places(moved, above // factor, (trace.shape[2], trace.shape[3])).to(trace.dtype)
            trace = trace.expand(len(at), -1, -1, -1)
            seen = F.grid_sample(trace, at, mode="bilinear", padding_mode="border", align_corners=False)
            x = down(torch.cat([F.avg_pool2d(x, 2), seen], dim=1))
        for up, finer in zip(reversed(self.up), reversed(kept), strict=True):
            x = up(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), finer], dim=1))
        change, trust, mix = self.leave(x).float().split((3, 1, 1), dim=1)
        # The gates let it keep colours that are right.
        repaired = frame + zone * (torch.sigmoid(mix) * other + torch.sigmoid(trust) * torch.tanh(change))
        return torch.where(zone > 0, between(repaired, frame), frame)

    def save(self, path: Path, notes: Mapping[str, Any]) -> None:
        """Write the weights with the configuration and `notes` in the header; raises OutputError."""
        write_network(path, self, self.config, notes, FORMAT)

    @classmethod
    def load(cls, path: Path = WEIGHTS, device: torch.device | str = "cpu") -> RepairNetwork:
        """Read weights and build the network that they fit.

        Raises:
            WeightsError: when the file is missing, damaged, or of another format.
        """
        network = read_network(path, cls, RepairConfig, FORMAT, "a renderer")
        network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network
