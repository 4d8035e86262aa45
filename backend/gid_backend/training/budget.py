# SPDX-License-Identifier: GPL-3.0-or-later
"""How much training there is to be, how much has been, and the learning rate that follows from it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["CLOCKS", "Budget", "Clock"]

Clock = Literal["wall", "processor"]
CLOCKS: dict[Clock, Callable[[], float]] = {"wall": time.monotonic, "processor": time.process_time}

WARM_UP = 100  # steps
STEADY = 0.3  # of the budget, before the rate begins to fall


@dataclass
class Budget:
    """Minutes or steps, whichever are spent first, over however many sittings.

    The learning rate follows the share of the *budget* that is spent, not a count of steps: nobody knows beforehand how
    many steps a borrowed machine will manage. It warms up, stays, and falls to zero along a cosine, so whatever budget
    was given is used to its end.

    Attributes:
        seconds: that the run may take in all; infinite where only steps count.
        steps: that it may take in all, or None.
        spent: seconds so far, earlier sittings counted in.
        step: optimisation steps so far.
    """

    seconds: float
    steps: int | None = None
    spent: float = 0.0
    step: int = 0

    @property
    def share(self) -> float:
        """0 at the beginning, 1 when it is spent."""
        time = self.spent / self.seconds if self.seconds > 0 else 1.0
        return min(max(time, self.step / self.steps if self.steps else 0.0), 1.0)

    @property
    def rate(self) -> float:
        """Of the highest learning rate, for the next step."""
        warm = min(1.0, (self.step + 1) / WARM_UP)
        return warm * (
            1.0 if self.share < STEADY else 0.5 * (1.0 + math.cos(math.pi * (self.share - STEADY) / (1.0 - STEADY)))
        )

    @property
    def remaining(self) -> float:
        """Seconds, as far as can be told; steps are taken to last as long as those so far."""
        left = self.seconds - self.spent
        if self.steps:
            left = min(left, (self.steps - self.step) * self.spent / max(self.step, 1))
        return max(left, 0.0)
