# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture as a rubber sheet to be drawn flat: vertices that move, and triangles in the order of painting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .regularize import pin_border

__all__ = ["Warp"]

Single = npt.NDArray[np.float32]

# Border of the sheet over which the motion fades, in picture widths: what is drawn in a picture's place must fill it.
PINNED = 0.02
# A finer sheet takes longer to move than it looks better: a cell is some five pixels of a large window.
_MOST_VERTICES = 24_000


@dataclass(frozen=True, eq=False)
class Warp:
    """Where the vertices are, in a picture's own coordinates: (0, 0) lower left, (1, 1) upper right.

    Attributes:
        rest: (V, 2) float32, also where in the picture each vertex takes its colour.
        triangles: (T, 3) uint32, those that move most last: painted in this order, they cover the others.
        modes: (V·2, 2·(K-1)) float32, displacement by real and imaginary part of each band from 1 on.
    """

    rest: Single
    triangles: npt.NDArray[np.uint32]
    modes: Single

    @classmethod
    def of(cls, spectrum: npt.NDArray[np.complex64], aspect: float, pinned: float = PINNED) -> Warp:
        """From a spectrum at the vertices of a grid.

        Args:
            spectrum: (K, 2, rows, columns) complex, fractions of the picture's width; x right, y down, row 0 at the
                top; vertices span the picture from border to border.
            aspect: height of the picture in picture widths.
            pinned: picture widths of the border in which the motion fades to none.
        """
        rows, columns = spectrum.shape[2:]
        coarser = max(1.0, (rows * columns / _MOST_VERTICES) ** 0.5)
        down = _spread(rows, coarser)
        across = _spread(columns, coarser)
        spacing = (1 / (columns - 1), aspect / (rows - 1))
        s = pin_border(spectrum, spacing, pinned)[1:, :, down][..., across]
        rest = np.stack(np.broadcast_arrays(across[None] / (columns - 1), 1 - down[:, None] / (rows - 1)), axis=-1)
        # Upwards in heights, where a spectrum has it downwards in widths.
        s = s * np.array([1.0, -1.0 / aspect], np.complex64)[:, None, None]
        modes = np.stack([s.real, -s.imag], axis=1).transpose(3, 4, 2, 0, 1)
        power = (np.abs(s) ** 2).sum(axis=(0, 1))
        return cls(
            np.ascontiguousarray(rest.reshape(-1, 2), np.float32),
            _painted(power),
            np.ascontiguousarray(modes.reshape(2 * rest.shape[0] * rest.shape[1], -1), np.float32),
        )

    def positions(self, q: npt.ArrayLike) -> Single:
        """(V, 2) float32 with coefficients (K,); the mean offset, band 0, is left aside."""
        values = np.asarray(q, np.complex128)[1:].view(np.float64).astype(np.float32)
        return self.rest + (self.modes @ values).reshape(-1, 2)


def _spread(count: int, coarser: float) -> npt.NDArray[np.intp]:
    """Indices from the first to the last, `coarser` apart or nearly so."""
    return np.round(np.linspace(0, count - 1, max(2, round((count - 1) / coarser) + 1))).astype(np.intp)


def _painted(power: npt.NDArray[np.float32]) -> npt.NDArray[np.uint32]:
    index = np.arange(power.size, dtype=np.uint32).reshape(power.shape)
    cells = np.stack([index[1:, :-1], index[1:, 1:], index[:-1, 1:], index[:-1, :-1]], axis=-1).reshape(-1, 4)
    order = np.argsort(power.ravel()[cells].mean(axis=1), kind="stable")
    return np.ascontiguousarray(cells[order][:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3))
