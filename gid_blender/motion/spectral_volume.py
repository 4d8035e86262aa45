# SPDX-License-Identifier: GPL-3.0-or-later
"""The spectral volume: everything that is known about how a picture moves.

displacement(p, t) = Re Σ_k S_k(p) · q_k(t)        (Li et al. 2024, eq. 6; Davis et al. 2015)

The volume S is predicted once. Loops, slow motion, stronger wind and pushes differ in q alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import SpectralVolumeError
from .loop import loop_coefficients

__all__ = ["SpectralVolume"]

# Far above anything a camera sees sway; a file beyond it holds pixels or garbage, not fractions of the width.
MAX_AMPLITUDE = 16.0
MAX_BANDS = 256
MAX_SIDE = 16384


@dataclass(frozen=True, eq=False)
class SpectralVolume:
    """One complex 2-D motion field for each harmonic of a period of `frames` frames.

    Attributes:
        spectrum: (K, 2, H, W) complex64, read-only. Axis 1 is (x right, y down); row 0 is the top
            of the picture. One-sided amplitudes in fractions of the picture's *width*, for both
            axes, so the volume fits any resolution: a band that swings ±3 pixels on a picture
            1000 pixels wide has |S| = 0.003. Band 0 is the mean offset.
        fps: frames per second at which the period was defined; positive.
        frames: T, the length of the period in frames; at least 2K-1 so that no band aliases.
        meta: JSON-able description (model id, seed, source image hash, settings); read-only.

    Raises:
        SpectralVolumeError: when any of the above does not hold.
    """

    spectrum: npt.NDArray[np.complex64]
    fps: float = 30.0
    frames: int = 150
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        s = np.asarray(self.spectrum)
        if s.ndim != 4 or s.shape[1] != 2 or 0 in s.shape:
            raise SpectralVolumeError(f"A spectrum has the shape (bands, 2, height, width), not {s.shape}.")
        if s.shape[0] > MAX_BANDS or max(s.shape[2:]) > MAX_SIDE:
            raise SpectralVolumeError(
                f"The spectrum is oversized: {s.shape[0]} bands of {s.shape[3]}×{s.shape[2]},"
                f" where at most {MAX_BANDS} of {MAX_SIDE}×{MAX_SIDE} are allowed."
            )
        if s.dtype.kind not in "cfiu":
            raise SpectralVolumeError(f"A spectrum holds complex numbers, not {s.dtype}.")
        # A copy, so that nobody who holds the original array can change this volume afterwards.
        s = np.array(s, np.complex64, order="C")
        if not np.isfinite(s.view(np.float32)).all():
            raise SpectralVolumeError("The spectrum holds values that are not finite (NaN or infinity).")
        peak = float(np.abs(s.view(np.float32)).max())
        if peak > MAX_AMPLITUDE:
            raise SpectralVolumeError(
                f"The spectrum reaches {peak:.4g} picture widths; amplitudes are fractions of the width, not pixels."
            )
        if not (np.isscalar(self.fps) and np.isfinite(self.fps) and self.fps > 0):
            raise SpectralVolumeError(f"The frame rate must be a positive number, not {self.fps!r}.")
        if int(self.frames) != self.frames or self.frames < 2 * s.shape[0] - 1:
            raise SpectralVolumeError(
                f"A period with {s.shape[0]} bands needs at least {2 * s.shape[0] - 1} whole frames, not {self.frames!r}."
            )
        s.setflags(write=False)
        object.__setattr__(self, "spectrum", s)
        object.__setattr__(self, "fps", float(self.fps))
        object.__setattr__(self, "frames", int(self.frames))
        object.__setattr__(self, "meta", MappingProxyType(dict(self.meta)))

    @property
    def bands(self) -> int:
        """K, the number of bands, the mean offset (k = 0) counted."""
        return int(self.spectrum.shape[0])

    @property
    def height(self) -> int:
        """Rows of the grid."""
        return int(self.spectrum.shape[2])

    @property
    def width(self) -> int:
        """Columns of the grid."""
        return int(self.spectrum.shape[3])

    @property
    def duration(self) -> float:
        """Length of the period in seconds."""
        return self.frames / self.fps

    def displacement(self, time: float) -> npt.NDArray[np.float32]:
        """(2, H, W) float32 displacement at `time` frames (any fraction) in fractions of the width; x right, y down."""
        return self.synthesize(loop_coefficients(time, harmonics=self.bands, period=self.frames))

    def synthesize(self, coefficients: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Re Σ_k S_k·q_k for any coefficients: loops, pushes, gusts.

        Args:
            coefficients: (K,) or (F, K) complex q.

        Returns:
            (2, H, W) or (F, 2, H, W) float32, in fractions of the width.

        Raises:
            SpectralVolumeError: when the last axis of `coefficients` is not K long.
        """
        q = np.asarray(coefficients, np.complex64)
        if q.ndim not in (1, 2) or q.shape[-1] != self.bands:
            raise SpectralVolumeError(f"Expected {self.bands} coefficients for each time, got the shape {q.shape}.")
        # Re(S·q) = Re S·Re q - Im S·Im q: half the work of the complex product, and one matrix multiplication.
        basis = self.spectrum.reshape(self.bands, -1)
        out = q.real @ np.ascontiguousarray(basis.real) - q.imag @ np.ascontiguousarray(basis.imag)
        return np.asarray(out, np.float32).reshape(*q.shape[:-1], 2, self.height, self.width)

    def amplitude(self) -> npt.NDArray[np.float32]:
        """(H, W) root-mean-square displacement over one period without the mean offset, in fractions of the width."""
        power = (np.abs(self.spectrum[1:]) ** 2).sum(axis=(0, 1)) / 2.0
        return np.sqrt(power, dtype=np.float32)

    def scaled(self, gain: float) -> SpectralVolume:
        """All bands times `gain`: 0 is still, 1 as predicted, above 1 magnified."""
        return self.with_band_gain([gain] * self.bands)

    def with_band_gain(self, gain: Sequence[float] | npt.NDArray[np.floating[Any]]) -> SpectralVolume:
        """Each band times its own gain (K values): the equaliser.

        Raises:
            SpectralVolumeError: when there are not K gains.
        """
        g = np.asarray(gain, np.float32)
        if g.shape != (self.bands,):
            raise SpectralVolumeError(f"Expected {self.bands} band gains, got the shape {g.shape}.")
        return replace(self, spectrum=self.spectrum * g[:, None, None, None])

    def without_mean(self) -> SpectralVolume:
        """The same motion about the rest pose of the picture: band 0, the mean offset, set to zero."""
        s = self.spectrum.copy()
        s[0] = 0
        return replace(self, spectrum=s)

    def resampled(self, height: int, width: int) -> SpectralVolume:
        """The same motion on another grid (bilinear; averaging when it shrinks, pixel centres kept).

        Amplitudes stay as they are: they are fractions of the picture's width, not of the grid's.

        Raises:
            SpectralVolumeError: when a side is below 1 or above the size limit.
        """
        if min(height, width) < 1 or max(height, width) > MAX_SIDE:
            raise SpectralVolumeError(f"A grid of {width}×{height} is not possible; each side is 1 to {MAX_SIDE}.")
        rows = _resampling_matrix(self.height, height)
        columns = _resampling_matrix(self.width, width)
        s = np.einsum("ih,kchw->kciw", rows, self.spectrum, optimize=True)
        s = np.einsum("jw,kciw->kcij", columns, s, optimize=True)
        return replace(self, spectrum=s)


def _resampling_matrix(source: int, target: int) -> npt.NDArray[np.float32]:
    """(target, source) weights of a triangle filter as wide as the coarser of the two grids; rows sum to 1."""
    scale = source / target
    support = max(scale, 1.0)
    centres = (np.arange(target) + 0.5) * scale - 0.5
    weights = np.maximum(0.0, 1.0 - np.abs(np.arange(source)[None, :] - centres[:, None]) / support)
    # Past the outermost pixel centres the edge is held: without this the first and last rows would fade out.
    weights[centres <= 0, 0] += 1e-12
    weights[centres >= source - 1, -1] += 1e-12
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
