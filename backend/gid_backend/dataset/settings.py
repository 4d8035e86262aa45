# SPDX-License-Identifier: GPL-3.0-or-later
"""What a data set is made with. It lies beside the data, so that one set is never made in two ways."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..flow.methods import DEFAULT_METHOD

__all__ = ["FORMAT", "PIXELS", "Settings"]

FORMAT = "gid-motion-1"
# All thresholds are in pixels of a picture that is this wide (or high, if that is more), whatever size is worked at.
PIXELS = 512


@dataclass(frozen=True)
class Settings:
    """All that decides what is stored.

    Attributes:
        bands: K, the mean offset counted. A reader may take fewer.
        frames, fps: the period; 150 at 30 is the paper's.
        every: frames of the period from one start to the next.
        area: cells of the motion's grid, whose sides follow the picture's aspect.
        picture_area: pixels of the stored pictures. A view in training shows at least 0.6 of a side at `area`.
        side: longer side in pixels at which flow is measured.
        method: the search for flow.
        samples: frames of a period that are looked at; at least 2K-1, or the bands cannot be told apart.
        check_every: frames from one forward-backward check to the next.
        step: quantisation of stored motion, in pixels.
        camera_pixels, camera_share: dropped as camera motion when more than this share of the places that can be
            followed moves by more than that many pixels in the mean over time.
            The paper says 1 pixel and not of what; here it is one of its working size, 256 wide.
        least: dropped as still when less than 1 % of the places move by so many pixels in the mean over time. The
            paper's filter, a mean over the picture of 1 pixel, would drop most of the loops that it shows.
        most: dropped as too much when the mean over places and time is larger.
        followed: dropped as lost (a cut, say) when less than this share of what has texture can be followed.
    """

    bands: int = 24
    frames: int = 150
    fps: float = 30.0
    every: int = 10
    area: int = 256 * 160
    picture_area: int = 426 * 266
    side: int = 512
    method: str = DEFAULT_METHOD
    samples: int = 150
    check_every: int = 3
    step: float = 0.06
    camera_pixels: float = 2.0
    camera_share: float = 0.95
    least: float = 0.5
    most: float = 8.0
    followed: float = 0.5

    @property
    def seconds(self) -> float:
        """Length of the period."""
        return self.frames / self.fps

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """(rows, columns) of the motion's grid for a picture."""
        return _fitted(self.area, height, width)

    def picture(self, height: int, width: int) -> tuple[int, int]:
        """(rows, columns) of the stored picture, never larger than the original."""
        rows, columns = _fitted(self.picture_area, height, width)
        return (rows, columns) if rows < height else (height, width)

    def to_json(self) -> dict[str, Any]:
        return {"format": FORMAT, **asdict(self)}


def _fitted(area: int, height: int, width: int) -> tuple[int, int]:
    scale = (area / (height * width)) ** 0.5
    # Even, as `codec` needs it.
    return 2 * max(4, round(height * scale / 2)), 2 * max(4, round(width * scale / 2))
