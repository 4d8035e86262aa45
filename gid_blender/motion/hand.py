# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hand does to a picture while somebody watches: it presses, drags, lets go, and the picture rings out.

Knows no window and no clock of its own: an operator tells it where the pointer is and what time it is.
"""

from __future__ import annotations

import enum
from collections import deque

import numpy as np
import numpy.typing as npt

from .modal_basis import Spot
from .oscillators import Oscillators
from .touch import Ringing, Touch, resisted

__all__ = ["HAND", "LONGEST_STEP", "Hand", "Phase"]

Modal = npt.NDArray[np.complex128]

# How wide a hand is, in picture widths: a point would take hold of the noise in a motion. See `ModalBasis.spot`.
HAND = 0.02
# A window that stood still for a while goes on where it was: what nobody saw did not happen.
LONGEST_STEP = 0.1
# Displacement in picture widths that nobody sees: a tenth of a pixel of a large window.
_UNSEEN = 1e-4
# Over how long the speed of the hand is measured: a mouse reports 60 to 1000 times a second, each time whole pixels.
_FLICK = 0.06


class Phase(enum.Enum):
    """Where a touch is."""

    IDLE = "idle"
    HELD = "held"
    RINGING = "ringing"


class Hand:
    """One hand on one picture.

    Args:
        oscillators: of the picture.
        peak: the largest |S_k| anywhere, in picture widths: how far the strongest place moves.
        reach: picture widths of a drag at which the picture begins to resist, see `touch.resisted`.

    Attributes:
        phase: what is going on.
        pointer: (x, y) of the pointer's way since the press, in picture widths, x right and y down.
        pulled: (x, y) that the touched place is drawn aside: less than the pointer's way, for it resists.
    """

    def __init__(self, oscillators: Oscillators, peak: float, reach: float = 0.05) -> None:
        self.phase = Phase.IDLE
        self.pointer = self.pulled = (0.0, 0.0)
        self._ringing = Ringing(oscillators)
        self._peak, self._reach = peak, reach
        self._touch: Touch | None = None
        self._from = (0.0, 0.0)
        self._now: float | None = None
        self._way: deque[tuple[float, float, float]] = deque()

    @property
    def oscillators(self) -> Oscillators:
        """Of the picture; new ones act from the next step on."""
        return self._ringing.oscillators

    @oscillators.setter
    def oscillators(self, oscillators: Oscillators) -> None:
        self._ringing.oscillators = oscillators

    def press(self, spot: Spot, x: float, y: float, time: float) -> None:
        """Take hold of a place. What still rings from before goes on ringing.

        Args:
            spot: the place that is taken.
            x, y: of the pointer, in picture widths; only the way from here on counts.
            time: in seconds, of whatever clock.
        """
        self.advance(time)
        self.phase, self._touch, self._from = Phase.HELD, Touch(spot), (x, y)
        self.pointer = self.pulled = (0.0, 0.0)
        self._way.clear()
        self._way.append((time, 0.0, 0.0))

    def drag(self, x: float, y: float, time: float) -> None:
        """The pointer is there now; without a press it is just a pointer."""
        if self.phase is Phase.HELD:
            self.pointer = (x - self._from[0], y - self._from[1])
            self.pulled = resisted(*self.pointer, self._reach)
            self._way.append((time, *self.pulled))
            self._forget(time)

    def release(self, time: float) -> None:
        """Let go: it rings from where it was held, with the speed of the hand as far as a hand can give it."""
        if self.phase is Phase.HELD and self._touch is not None:
            self.advance(time)
            q, v = self._touch.hold(*self.pulled), self._touch.hold(*self.speed(time))
            self._ringing.release(q, self.oscillators.thrown(q, v))
            self._touch, self.pulled, self.phase = None, (0.0, 0.0), Phase.RINGING

    def cancel(self) -> None:
        """As if nothing had been touched: still at once."""
        self._ringing.stop()
        self._touch, self.pulled, self.phase = None, (0.0, 0.0), Phase.IDLE

    def advance(self, time: float) -> Modal:
        """(K,) coefficients at that time, which are exactly 0 when all has died away."""
        step = 0.0 if self._now is None else min(max(time - self._now, 0.0), LONGEST_STEP)
        self._now = time
        q = self._ringing.advance(step)
        if self.phase is Phase.HELD and self._touch is not None:
            return q + self._touch.hold(*self.pulled)
        if self._ringing.settled(self._peak, _UNSEEN):
            self.cancel()
            return np.zeros_like(q)
        return q

    def speed(self, time: float) -> tuple[float, float]:
        """(x, y) picture widths a second that the held place moves with."""
        self._forget(time)
        (start, x0, y0), (_, x1, y1) = self._way[0], self._way[-1]
        lasted = max(time - start, _FLICK)
        return (x1 - x0) / lasted, (y1 - y0) / lasted

    def _forget(self, time: float) -> None:
        """Keep the last sample from before the flick, so that a hand that rests has no speed."""
        while len(self._way) > 1 and self._way[1][0] <= time - _FLICK:
            self._way.popleft()
