# SPDX-License-Identifier: GPL-3.0-or-later
"""What sets a picture in motion: a hand that pulls, a tap, a load, a wind.

All are plain numbers: points in picture widths from the top left corner (x right, y down), displacements in picture
widths, times in seconds. Harmonic k is drawn to a target c_k(t), as by a spring's other end:

    q̈_k + γ_k·q̇_k + ω_k²·(q_k - c_k(t)) = 0

so that every strength is a distance: what the thing would be displaced by if the excitation went on for ever.
`simulation.simulate` superposes any number of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .curves import Curve
from .errors import ExcitationError
from .modal_basis import ModalBasis
from .wind import Turbulence

__all__ = ["Excitation", "Force", "Poke", "Pull", "Wind", "pattern"]

Point = tuple[float, float]
# How willingly each harmonic takes part, (K,) 0 or more, harmonic 0 counted and ignored; None is all alike.
Weights = npt.ArrayLike | None


@dataclass(frozen=True, eq=False)
class Pull:
    """A hand takes the picture at a point, draws it along a path and lets go at the path's end.

    While it is held, everything follows the hand at once, at the least cost (`Spot.grip`), as if it had no mass; what
    else moves goes on and adds up. Let go, it rings from where it was, with the speed it had: a hand that was still
    lets it snap back, one that was moving throws it, with at most the energy that the pull has stored.

    Attributes:
        point: that is taken.
        path: (N, 2) displacement of the hand from the point, in picture widths, over the time that it holds on;
            `Curve.drawn` makes one. It is not held before the first sample nor after the last.
        reach: how wide the hand is, see `ModalBasis.spot`.
        weights: of the harmonics.
    """

    point: Point
    path: Curve
    reach: float = 0.0
    weights: Weights = None

    def __post_init__(self) -> None:
        _check_vectors(self.path, "A hand's path")


@dataclass(frozen=True, eq=False)
class Poke:
    """A tap: the point has at once so much more speed, and rings.

    Attributes:
        point: that is struck.
        velocity: that it gets, picture widths per second.
        time: when, in seconds.
        reach, weights: as of a pull.
    """

    point: Point
    velocity: tuple[float, float]
    time: float
    reach: float = 0.0
    weights: Weights = None

    def __post_init__(self) -> None:
        if not np.isfinite([*self.velocity, self.time]).all() or len(self.velocity) != 2:
            raise ExcitationError("A poke has a velocity along x and y and a time, all finite numbers.")


@dataclass(frozen=True, eq=False)
class Force:
    """A load at a point that comes, stays and goes: a bird that lands.

    Unlike a pull it does not hold the point: the thing sinks towards where the load would have it, swings, and settles.

    Attributes:
        point: where it acts.
        load: (N, 2) displacement that the point would settle at; held before the first and after the last sample.
        reach, weights: as of a pull.
    """

    point: Point
    load: Curve
    reach: float = 0.0
    weights: Weights = None

    def __post_init__(self) -> None:
        _check_vectors(self.load, "A load")


@dataclass(frozen=True, eq=False)
class Wind:
    """Wind over the picture or over a part of it.

    Attributes:
        strength: (N, 2) how far, and which way, it makes things lean at its mean speed, see `ModalBasis.lean`; held
            before the first and after the last sample.
        turbulence: the gusts.
        area: (rows, columns) 0 or more, where it blows; everywhere by default.
        weights: of the harmonics.
    """

    strength: Curve
    turbulence: Turbulence = field(default_factory=Turbulence)
    area: npt.ArrayLike | None = None
    weights: Weights = None

    def __post_init__(self) -> None:
        _check_vectors(self.strength, "The strength of a wind")


Excitation = Pull | Poke | Force | Wind


def pattern(excitation: Excitation, basis: ModalBasis, omega: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    """(K, 2) complex: what each unit of it along x and y does to the harmonics (of a poke: to their velocities).

    Raises:
        ExcitationError: when it lies outside the picture, or its weights do not fit the basis.
    """
    weights = _weights(excitation.weights, basis.harmonics)
    match excitation:
        case Wind():
            return basis.lean(excitation.area) * (1.0 if weights is None else weights[:, None])
        case Poke():
            # A blow without duration would share the speed out with ω², and what it does would be over in a twitch; a
            # tap lasts a tenth of a second or two, too long for the fastest.
            w = omega if weights is None else omega * weights
            return basis.spot(*excitation.point, excitation.reach).grip(w)
        case _:
            return basis.spot(*excitation.point, excitation.reach).grip(weights)


def _weights(given: Weights, harmonics: int) -> npt.NDArray[np.float64] | None:
    if given is None:
        return None
    weights = np.asarray(given, np.float64)
    if weights.shape != (harmonics,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ExcitationError(f"Target harmonics are {harmonics} weights, finite and 0 or more, one for each band.")
    return weights


def _check_vectors(curve: Curve, what: str) -> None:
    if curve.values.ndim != 2:
        raise ExcitationError(f"{what} has an x and a y at each time.")
