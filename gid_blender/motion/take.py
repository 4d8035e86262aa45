# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hand did during the playback, as keys on whole frames.

The playback drops frames where a computer is slow and starts anew at the end of the range; the hand knows nothing of
either. A take is what happened between.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["Take", "Takes"]


@dataclass
class Take:
    """One hold on one place, without a break.

    Attributes:
        point: (x, y) of the place, picture widths from the top left corner.
        frames: at which the hand was looked at, rising.
        pulled: (x, y) displacements of the place then, in picture widths.
    """

    point: tuple[float, float]
    frames: list[float] = field(default_factory=list)
    pulled: list[tuple[float, float]] = field(default_factory=list)

    def keys(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """(N,) whole frames and (N, 2) displacements at them: the hand holds from the first to the last.

        There are always two or more: what was held for less than a frame is held for one.
        """
        first = int(np.floor(self.frames[0]))
        last = max(int(np.ceil(self.frames[-1])), first + 1)
        frames = np.arange(first, last + 1)
        way = np.asarray(self.pulled, np.float64)
        return frames, np.stack([np.interp(frames, self.frames, way[:, axis]) for axis in range(2)], axis=1)


class Takes:
    """All takes of one touch: a new one begins where the playback jumps back.

    Args:
        point: (x, y) of the place, picture widths from the top left corner.
    """

    def __init__(self, point: tuple[float, float]) -> None:
        self._point = point
        self._takes: list[Take] = []

    def note(self, frame: float, pulled: tuple[float, float]) -> None:
        """The scene shows that frame and the place is drawn aside so far. The last word on a frame counts."""
        if not self._takes or frame < self._takes[-1].frames[-1]:
            self._takes.append(Take(self._point))
        take = self._takes[-1]
        if take.frames and take.frames[-1] == frame:
            take.pulled[-1] = pulled
        else:
            take.frames.append(frame)
            take.pulled.append(pulled)

    def finished(self) -> list[Take]:
        """Those in which the hand moved at all."""
        return [take for take in self._takes if np.any(take.pulled)]
