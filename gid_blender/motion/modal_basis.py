# SPDX-License-Identifier: GPL-3.0-or-later
"""A spectral volume as a basis of modes: how the picture answers where it is touched or blown on.

A still thing must not be torn along when it is pulled, and a stem does not get longer: how far a place gives way is
read off its own motion in the volume, and off how lively the picture is as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from .errors import ExcitationError
from .spectral_volume import SpectralVolume

__all__ = ["ModalBasis", "Spot"]

Samples = npt.NDArray[np.complex128]
# Share of a place's own liveliness below which a direction counts as stiff: along a stem, the hand slips.
SLIP = 0.01
# Share of the picture's liveliness below which a place counts as ground.
GROUND = 0.004
_LARGEST = 99.0
_NEGLIGIBLE = 1e-9
_CELLS = 4096


@dataclass(frozen=True, eq=False)
class Spot:
    """A place that can be pulled or poked.

    Attributes:
        samples: (K, 2) complex S_k there, x right and y down, fractions of the picture's width.
        liveliness: of the whole picture, `ModalBasis.liveliness`; what moves far less than that is ground.
    """

    samples: Samples
    liveliness: float = 0.0

    def grip(self, weights: npt.ArrayLike | None = None) -> Samples:
        """(K, 2) complex G: with q = G·h the place is displaced by h (x, y), at the least cost Σ|q_k|²/weight_k.

        This is what "the phase is chosen so that a pull moves the touched point along the pull" (Davis et al.) comes to
        when both directions and all harmonics share one complex coordinate each: q_k ∝ weight_k · conj(S_k) · λ, with
        the 2×2 system for λ regularised, so that directions in which the place hardly ever moves resist.

        Args:
            weights: (K,) how willingly each harmonic takes part, 0 or more; 1 by default. Harmonic 0, which does not
                swing, never does.
        """
        w = np.ones(len(self.samples)) if weights is None else np.array(weights, np.float64)
        w[0] = 0.0
        s = self.samples
        compliance = np.real(np.einsum("k,ki,kj->ij", w, s, s.conj()))
        mean = np.trace(compliance) / 2
        if not mean > 0:
            return np.zeros_like(s)
        lively = (np.abs(s[1:]) ** 2).sum() / 2
        yielding = lively / (lively + GROUND * self.liveliness)
        return np.asarray(w[:, None] * s.conj() @ np.linalg.inv(compliance + SLIP * mean * np.eye(2)) * yielding)

    def displacement(self, q: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """(..., 2) where coefficients (..., K) put the place, x right and y down, fractions of the width."""
        return np.asarray(np.real(np.asarray(q) @ self.samples), np.float64)


@dataclass(frozen=True, eq=False)
class ModalBasis:
    """The spectrum on a grid, with what excitations need to know of it. Make one with `of` or `at_vertices`.

    Attributes:
        spectrum: (K, 2, rows, columns) complex, fractions of the picture's width; x right, y down, row 0 at the top.
        aspect: height of the picture in picture widths.
        border: whether the outermost samples lie on the picture's border (vertices of a mesh) or half a cell inside
            it (cells of a volume).
        gains: (K,) of the equaliser. Places and pulls are those of the equalised motion; what comes out of a
            simulation are coefficients for the spectrum as it is.
    """

    spectrum: npt.NDArray[np.complex64]
    aspect: float
    border: bool = False
    gains: npt.NDArray[np.float64] = field(default_factory=lambda: np.ones(0))
    liveliness: float = field(default=-1.0, repr=False)

    def __post_init__(self) -> None:
        gains = np.array(self.gains, np.float64) if np.size(self.gains) else np.ones(len(self.spectrum))
        if gains.shape != (len(self.spectrum),) or not np.isfinite(gains).all():
            raise ExcitationError(f"An equaliser has a finite gain for each of the {len(self.spectrum)} bands.")
        object.__setattr__(self, "gains", gains)
        # As `spot` reads it, again and again: real and imaginary parts in turn.
        object.__setattr__(self, "spectrum", np.ascontiguousarray(self.spectrum, np.complex64))
        power = np.zeros(self.spectrum.shape[2:])
        for gain, band in zip(gains[1:], self.spectrum[1:], strict=True):
            power += gain**2 * (np.abs(band) ** 2).sum(axis=0) / 2
        # Not the maximum: one wild cell would turn everything else to stone.
        object.__setattr__(self, "liveliness", float(np.percentile(power, _LARGEST)))

    @classmethod
    def of(cls, volume: SpectralVolume) -> ModalBasis:
        """Of a volume, whose cells are square enough that its grid tells the picture's aspect."""
        return cls(volume.spectrum, volume.height / volume.width)

    @classmethod
    def at_vertices(cls, spectrum: npt.NDArray[np.complex64], aspect: float) -> ModalBasis:
        """Of a mesh: (K, 2, rows, columns) at vertices that span the picture from border to border."""
        return cls(spectrum, aspect, border=True)

    def equalised(self, gains: npt.ArrayLike) -> ModalBasis:
        """With the gains of an equaliser, (K,)."""
        return replace(self, gains=np.asarray(gains, np.float64))

    @property
    def harmonics(self) -> int:
        """K, band 0 counted."""
        return len(self.spectrum)

    def spot(self, x: float, y: float, reach: float = 0.0) -> Spot:
        """The place at (x, y) in picture widths from the top left corner; y goes down, to `aspect`.

        Args:
            x, y: where.
            reach: standard deviation, in picture widths, of the Gaussian that averages around it; 0 takes the motion
                exactly there.

        Raises:
            ExcitationError: when it is not on the picture, or the reach is negative.
        """
        if not (0 <= x <= 1 and 0 <= y <= self.aspect):
            raise ExcitationError(
                f"The point {x:.4g}, {y:.4g} is outside the picture, which is 1 wide and {self.aspect:.4g} high."
            )
        if not 0 <= reach < np.inf:
            raise ExcitationError(f"The reach of an excitation is 0 or more, not {reach}.")
        across, down = self._axis(3, x, reach), self._axis(2, y / self.aspect, reach / self.aspect)
        # Far from the point nearly all weights are nothing, and the spectrum is large.
        rows, columns = _extent(down, _NEGLIGIBLE), _extent(across, _NEGLIGIBLE)
        both = slice(2 * columns.start, 2 * columns.stop)
        # An average needs no more digits than the spectrum has: its copy in double precision costs more than the sum.
        share = down[rows].astype(np.float32 if reach else np.float64)
        near = np.stack([share @ band[:, rows, both] for band in self.spectrum.view(np.float32)]).astype(np.float64)
        return Spot((near.view(np.complex128) @ across[columns]) * self.gains[:, None], self.liveliness)

    def lean(self, weights: npt.ArrayLike | None = None) -> Samples:
        """(K, 2) complex G: with q = G·s a wind s (x, y) leans on the picture.

        Everything is pushed alike and gives way as far as it can. Scaled so that what moves there (the root mean square
        over the area, weighted by liveliness) is displaced by |s| when the wind blows the way things move most.

        Args:
            weights: (rows, columns) 0 or more, where the wind blows; everywhere by default. Its grid is stretched over
                the picture's, nearest cell.

        Raises:
            ExcitationError: when there is no wind anywhere, or a weight is negative or not finite.
        """
        area = np.ones(self.spectrum.shape[2:]) if weights is None else self._area(weights)
        rows, columns = _extent(area.max(axis=1)), _extent(area.max(axis=0))
        # The mean over what moves does not need every cell of a fine grid.
        skip = max(1, round(float(np.sqrt(area[rows, columns].size / _CELLS))))
        area = area[rows, columns][::skip, ::skip]
        s = self.spectrum[1:, :, rows, columns][:, :, ::skip, ::skip] * self.gains[1:, None, None, None]
        lively = area * np.sqrt((s.real**2 + s.imag**2).sum(axis=(0, 1)))
        pushed = np.zeros((self.harmonics, 2), np.complex128)
        if not lively.any():
            return pushed
        lively /= lively.sum()
        pushed[1:] = (s * lively).sum(axis=(2, 3)).conj()
        # What each of a wind along x and one along y does everywhere: Re Σ_k S_k · q_k.
        square = np.zeros(2)
        for axis in range(2):
            q = pushed[1:, axis, None, None, None]
            moved = (s.real * q.real - s.imag * q.imag).sum(axis=0)
            square[axis] = ((moved**2).sum(axis=0) * lively).sum()
        largest = float(np.sqrt(square.max()))
        return pushed / largest if largest > 0 else np.zeros_like(pushed)

    def _area(self, weights: npt.ArrayLike) -> npt.NDArray[np.float64]:
        given = np.asarray(weights, np.float64)
        if given.ndim != 2 or 0 in given.shape or not (np.isfinite(given) & (given >= 0)).all():
            raise ExcitationError("Where a wind blows is a grid of numbers that are finite and 0 or more.")
        if not given.any():
            raise ExcitationError("The wind blows nowhere: paint an area for it, or let it blow everywhere.")
        rows, columns = self.spectrum.shape[2:]
        down = (np.arange(rows) + 0.5) * given.shape[0] / rows
        across = (np.arange(columns) + 0.5) * given.shape[1] / columns
        return np.asarray(given[down.astype(np.intp)][:, across.astype(np.intp)], np.float64)

    def _axis(self, axis: int, at: float, reach: float) -> npt.NDArray[np.float64]:
        """Weights along an axis for a place between 0 and 1; they add up to 1."""
        count = self.spectrum.shape[axis]
        if count == 1:
            return np.ones(1)
        place = at * (count - 1) if self.border else np.clip(at * count - 0.5, 0.0, count - 1.0)
        distance = np.arange(count) - place
        wide = reach * (count - 1 if self.border else count)
        # Narrower than the grid, a Gaussian would miss the samples; what lies between two is linear anyhow.
        weights = np.maximum(0.0, 1 - np.abs(distance)) if wide < 0.5 else np.exp(-0.5 * (distance / wide) ** 2)
        return np.asarray(weights / weights.sum(), np.float64)


def _extent(values: npt.NDArray[np.float64], above: float = 0.0) -> slice:
    """Where along an axis there is anything."""
    there = np.flatnonzero(values > above)
    return slice(int(there[0]), int(there[-1]) + 1) if len(there) else slice(0, 0)
