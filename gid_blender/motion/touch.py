# SPDX-License-Identifier: GPL-3.0-or-later
"""A hand on the picture, live: what it holds, and what rings when it lets go. Microseconds each, for a drawing loop.

touch = Touch(basis.spot(x, y))
q = ringing.advance(dt) + touch.hold(*resisted(dx, dy))     # each update while it is held
ringing.release(touch.hold(dx, dy), touch.hold(vx, vy))     # let go, with the hand's speed
q = ringing.advance(dt)                                     # until ringing.settled()
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .modal_basis import Spot
from .oscillators import Oscillators

__all__ = ["Ringing", "Touch", "resisted"]

Modal = npt.NDArray[np.complex128]


class Touch:
    """A place under the hand.

    Args:
        spot: from `ModalBasis.spot`. Of an equalised basis, what is held and what rings is for the equalised motion:
            the gains are still to be multiplied in.
        weights: (K,) target harmonics, see `Spot.grip`.
    """

    def __init__(self, spot: Spot, weights: npt.ArrayLike | None = None) -> None:
        self._spot = spot
        self._grip = spot.grip(weights)

    def hold(self, dx: float, dy: float) -> Modal:
        """(K,) coefficients that displace the place by (dx, dy), in picture widths, x right and y down.

        Linear: with a hand's velocity it gives the velocities for `Ringing.release`.
        """
        return self._grip[:, 0] * dx + self._grip[:, 1] * dy

    def displacement(self, q: npt.ArrayLike) -> tuple[float, float]:
        """Where coefficients (K,) put the place: shorter than the pull where the picture resists."""
        x, y = self._spot.displacement(q)
        return float(x), float(y)


class Ringing:
    """All that has been let go, advanced in real time; any number of releases add up.

    Attributes:
        q, v: (K,) complex state.
    """

    def __init__(self, oscillators: Oscillators) -> None:
        self.oscillators = oscillators
        self.stop()

    def stop(self) -> None:
        """Be still at once."""
        self.q: Modal = np.zeros(self.oscillators.harmonics, np.complex128)
        self.v: Modal = np.zeros(self.oscillators.harmonics, np.complex128)

    def release(self, q: npt.ArrayLike, v: npt.ArrayLike = 0.0) -> None:
        """Let go of what was held: it rings from there on."""
        self.q = self.q + np.asarray(q)
        self.v = self.v + np.asarray(v)

    def advance(self, dt: float) -> Modal:
        """(K,) coefficients `dt` seconds later, exactly, however long the last update took."""
        self.q, self.v = self.oscillators.free(self.q, self.v, dt)
        return self.q

    def settled(self, spectrum_peak: float, threshold: float = 1e-5) -> bool:
        """Whether nothing can be seen any more.

        Args:
            spectrum_peak: largest |S_k| anywhere, in picture widths.
            threshold: displacement in picture widths that nobody sees.
        """
        swing = np.hypot(np.abs(self.q), np.abs(self.v) / np.maximum(self.oscillators.omega, 1e-3))
        return bool(swing.sum() * spectrum_peak < threshold)


def resisted(dx: float, dy: float, reach: float = 0.05) -> tuple[float, float]:
    """The displacement that a drag of (dx, dy) picture widths leads to: the farther, the harder.

    As it is drawn for small drags; a long one moves things with its square root, as in the authors' demo, so that they
    seem to pull back.

    Args:
        dx, dy: of the mouse, in picture widths.
        reach: picture widths at which it begins to resist.
    """
    length = math.hypot(dx, dy) / reach
    if length == 0.0:
        return 0.0, 0.0
    share = 2 * (math.sqrt(1 + length) - 1) / length
    return dx * share, dy * share
