# SPDX-License-Identifier: GPL-3.0-or-later
"""A modal basis of which only points are known: the vertices of a mesh that was moved through a camera."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .errors import ExcitationError
from .modal_basis import ModalBasis, Spot

__all__ = ["PointBasis"]

# Picture widths from the nearest point beyond which a place is beside the thing.
BESIDE = 0.05


@dataclass(frozen=True, eq=False)
class PointBasis(ModalBasis):
    """S_k at points, for the same pulls, pokes and winds as on a grid.

    Attributes:
        spectrum: (K, 2, 1, N) complex, fractions of the picture's width; x right, y down.
        places: (N, 2) x and y of the points in picture widths from the top left corner; they may lie outside.
        seen: (N,) which of them can be taken hold of; the others lie behind something. Empty means all.
    """

    places: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))
    seen: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    def spot(self, x: float, y: float, reach: float = 0.0) -> Spot:
        """The place at (x, y): the mean over the points there, at least over the nearest.

        Raises:
            ExcitationError: when no point is near it, or the reach is negative.
        """
        if not 0 <= reach < np.inf:
            raise ExcitationError(f"The reach of an excitation is 0 or more, not {reach}.")
        distance = np.hypot(self.places[:, 0] - x, self.places[:, 1] - y)
        if len(self.seen) and self.seen.any():
            distance = np.where(self.seen, distance, np.inf)
        nearest = float(distance.min(initial=np.inf))
        if nearest > max(BESIDE, 2 * reach):
            raise ExcitationError(f"The point {x:.4g}, {y:.4g} is beside the mesh: nothing of it is seen there.")
        # From the nearest on: a reach below the distance of the points takes that one alone.
        beyond = (distance - nearest) / max(reach, 1e-6)
        weights = np.where(beyond <= 4, np.exp(-0.5 * np.minimum(beyond, 4) ** 2), 0.0)
        near = np.flatnonzero(weights)
        samples = self.spectrum[:, :, 0, near] @ (weights[near] / weights[near].sum())
        return Spot(samples * self.gains[:, None], self.liveliness)
