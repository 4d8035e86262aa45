# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what should move smoothly trembles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from .metrics import Picture

__all__ = ["runs", "second_difference"]


def second_difference(frames: Sequence[Picture], moving: Sequence[npt.NDArray[np.bool_]]) -> float:
    """Mean |f(t-1) - 2 f(t) + f(t+1)| in 8-bit levels over the places that move in any of the three frames.

    Args:
        frames: at least three in a row, (H, W, C) uint8.
        moving: (H, W) of each frame.

    Returns:
        The mean over all such places, channels and triples; NaN when there are none.
    """
    total, count = 0.0, 0
    for t in range(1, len(frames) - 1):
        before, now, after = (frames[i].astype(np.int16) for i in (t - 1, t, t + 1))
        places = moving[t - 1] | moving[t] | moving[t + 1]
        tremble = np.abs(before - 2 * now + after)[places]
        total += float(tremble.sum())
        count += tremble.size
    return total / count if count else float("nan")


def runs(numbers: Sequence[int], least: int = 3) -> Iterator[list[int]]:
    """Places in a rising list of frame numbers where at least `least` follow each other without a gap.

    Example:
        >>> list(runs([0, 10, 20, 21, 22, 30]))
        [[2, 3, 4]]
    """
    start = 0
    for end in range(1, len(numbers) + 1):
        if end == len(numbers) or numbers[end] != numbers[end - 1] + 1:
            if end - start >= least:
                yield list(range(start, end))
            start = end
