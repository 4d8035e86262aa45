# SPDX-License-Identifier: GPL-3.0-or-later
"""The network applied to frames of any size and type of pixel, only where they need it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional

from ..errors import check_cancelled
from .landing import Landing
from .neighbours import greatest, least
from .network import ALIGN, MARGIN, SEEN, RepairNetwork, between, repair_zone

__all__ = ["Repair"]

# Places with a zone in them are worked on in boxes of at most this side, which bounds the memory.
BOX = 512
# Over which surroundings the brightest value counts as white, where pixels have no limit.
GLARE = 65
# Pixels whose surroundings are averaged between two questions whether anybody still wants the frame.
STRIP_PIXELS = 1 << 18


class Repair:
    """Repairs frames of one picture.

    Args:
        network: trained.
        source: (1, C, H, W) with 1, 3 or 4 channels, colours associated with alpha, as the renderer holds it.
        peak: largest value of a pixel; 0 for float pixels, which have none.
        cancel: asked between parts of the picture, which may be large.

    Raises:
        Cancelled: when `cancel()` says so.
    """

    def __init__(
        self, network: RepairNetwork, source: Tensor, peak: float, cancel: Callable[[], bool] | None = None
    ) -> None:
        self.network = network
        self._peak = peak
        self._size = (source.shape[2], source.shape[3])
        self._traces = self._look(source, cancel)

    def __call__(self, frame: Tensor, landing: Landing, above: int, cancel: Callable[[], bool] | None = None) -> Tensor:
        """Repair rows of a frame.

        Args:
            frame: (B, C, h, W) as warped, holes filled; rows from `above` on.
            landing: of these rows, with the mean of the picture's channels.
            above: a multiple of `ALIGN`.
            cancel: asked before each box, for a frame full of them takes seconds.

        Returns:
            The same shape; untouched, to the bit, outside of the `repair_zone`.

        Raises:
            Cancelled: when `cancel()` says so.
        """
        zone = repair_zone(landing.came, landing.sure)
        if frame.shape[1] == 4:
            zone = zone * self._opaque(frame[:, 3:])
        out = frame.clone()
        # Before it is cut into boxes: how bright white is depends on the surroundings.
        shown, white = self._display(frame, cancel)
        assert landing.mean is not None
        mean = (landing.mean[:, :3].expand(-1, 3, -1, -1) / white).clamp(0.0, 1.0)
        for inner, outer in _boxes(zone):
            check_cancelled(cancel)
            part = tuple(slice(a, b) for a, b in outer)
            seen = frame[:, :, *part]
            maps = [m[:, :, *part] for m in (shown, mean, landing.sure, zone, landing.came)]
            # The last rows and columns of a picture need not be a whole number of steps.
            lack = [-(b - a) % ALIGN for a, b in outer]
            padded = [functional.pad(m, (0, lack[1], 0, lack[0]), mode="replicate") for m in maps]
            repaired = self.network(*padded, self._traces, above=above + outer[0][0], left=outer[1][0])
            repaired = repaired[:, :, : seen.shape[2], : seen.shape[3]]
            target = tuple(slice(a, b) for a, b in inner)
            within = tuple(slice(a - o, b - o) for (a, b), (o, _) in zip(inner, outer, strict=True))
            changed = self._own(seen, repaired * white[:, :, *part])
            # Going to the display's range and back rounds; what is not repaired must keep its bits.
            keep = zone[:, :, *part] == 0
            out[:, :, *target] = torch.where(keep, seen, changed)[:, :, *within]
        return out

    def _opaque(self, alpha: Tensor) -> Tensor:
        """1 where all around is opaque: beside an outline colours fade with their alpha, and are not to be mended."""
        # The warp's filter rounds: an alpha that is full everywhere comes out up to two millionths less. What lacks
        # more than that is an outline; 16 bits have steps of 15 millionths.
        whole = (alpha >= (self._peak or 1.0) * (1.0 - 1e-5)).to(alpha.dtype)
        return least(whole, SEEN)

    def _display(self, pixels: Tensor, cancel: Callable[[], bool] | None) -> tuple[Tensor, Tensor]:
        """(B, 3, h, w) in 0..1, and (B, 1, h, w) what to multiply it with to come back."""
        colours = pixels[:, :3].expand(-1, 3, -1, -1)
        if self._peak:
            return colours / self._peak, torch.full_like(colours[:, :1], self._peak)
        bright = colours.amax(dim=1, keepdim=True)
        white = greatest(bright, GLARE // 2).clamp_min(1.0)
        # Smooth, or the edges of a maximum's square would be drawn.
        white = torch.maximum(_averaged(white, cancel), bright)
        return (colours / white).clamp_min(0.0), white

    def _own(self, before: Tensor, colours: Tensor) -> Tensor:
        """Repaired colours with the picture's own channels."""
        channels = before.shape[1]
        if channels == 1:
            return colours.mean(dim=1, keepdim=True)
        if channels == 3:
            # Where white was another beside it, what was alike was no longer so when it was compared.
            return colours if self._peak else between(colours, before)
        alpha = before[:, 3:]
        # Associated colour is never more than its coverage, where pixels have a limit.
        return torch.cat([torch.minimum(colours, alpha) if self._peak else colours, alpha], dim=1)

    def _look(self, source: Tensor, cancel: Callable[[], bool] | None) -> list[Tensor]:
        """Features of the whole picture, in bands, so that a large one does not need memory for all layers at once."""
        height, width = self._size
        step = max(BOX * BOX // max(width, 1), 1) // ALIGN * ALIGN + BOX
        pieces: list[list[Tensor]] = []
        for top in range(0, height, step):
            check_cancelled(cancel)
            # Twice: the layers and the surroundings that decide what is white.
            low, high = max(0, top - 2 * MARGIN), min(height, top + step + 2 * MARGIN)
            colours, _ = self._display(source[:, :, low:high], cancel)
            lack = (-(high - low) % ALIGN, -width % ALIGN)
            colours = functional.pad(colours, (0, lack[1], 0, lack[0]), mode="replicate")
            maps = self.network.look(colours)
            bottom = min(top + step, height)
            pieces.append(
                [m[:, :, (top - low) // f : -(-(bottom - low) // f)] for m, f in zip(maps, (2, 4, 8), strict=True)]
            )
        return [torch.cat(level, dim=2) for level in zip(*pieces, strict=True)]


def _averaged(values: Tensor, cancel: Callable[[], bool] | None) -> Tensor:
    """The mean of (B, 1, h, w) over `GLARE` pixels around each place, in strips: 4225 additions a pixel take long."""
    height, width = values.shape[2:]
    step, around = max(STRIP_PIXELS // width, 1), GLARE // 2
    strips = []
    for top in range(0, height, step):
        check_cancelled(cancel)
        low, bottom = max(0, top - around), min(height, top + step)
        # Rows beside a strip only count; beside the picture there are none, and the mean is of fewer.
        held = 0 if top - around >= 0 and bottom + around <= height else around
        part = values[:, :, low : bottom + around]
        means = functional.avg_pool2d(part, GLARE, 1, (held, around), count_include_pad=False)
        first = top - low - around + held
        strips.append(means[:, :, first : first + bottom - top])
    return torch.cat(strips, dim=2)


Box = tuple[tuple[int, int], tuple[int, int]]


def _boxes(zone: Tensor) -> Iterator[tuple[Box, Box]]:
    """Boxes ((top, bottom), (left, right)) that hold all of (B, 1, h, w) zones, and each with its surroundings.

    Both start at multiples of `ALIGN`, so that a place is repaired alike whichever box it is in.
    """
    height, width = zone.shape[2:]
    anywhere = zone[:, 0].amax(dim=0) > 0
    for top in range(0, height, BOX):
        for left in range(0, width, BOX):
            part = anywhere[top : top + BOX, left : left + BOX]
            rows, columns = part.any(dim=1).nonzero(), part.any(dim=0).nonzero()
            if not len(rows):
                continue
            inner = (
                (top + int(rows[0]) // ALIGN * ALIGN, top + int(rows[-1]) + 1),
                (left + int(columns[0]) // ALIGN * ALIGN, left + int(columns[-1]) + 1),
            )
            outer = tuple(
                (max(0, a - MARGIN), min(side, -(-b // ALIGN) * ALIGN + MARGIN))
                for (a, b), side in zip(inner, (height, width), strict=True)
            )
            yield inner, (outer[0], outer[1])
