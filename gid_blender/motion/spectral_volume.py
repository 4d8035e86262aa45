# SPDX-License-Identifier: GPL-3.0-or-later
"""The spectral volume: everything that is known about how a picture moves.

displacement(p, t) = Re Σ_k S_k(p) · q_k(t)        (Li et al. 2024, eq. 6; Davis et al. 2015)

The volume S is predicted once. Loops, slow motion, stronger wind and pushes differ in q alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import SpectralVolumeError
from .loop import loop_coefficients

__all__ = ["MAX_AMPLITUDE", "MAX_BANDS", "MAX_SIDE", "SpectralVolume"]

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
        meta: JSON-able description (model id, seed, source image hash, settings); a read-only copy.

    Raises:
        SpectralVolumeError: when any of the above does not hold.

    Example:
        A field that swings a quarter of the picture's width to the right and back, once a period:

        >>> volume = SpectralVolume([[[[0.0]], [[0.0]]], [[[0.25]], [[0.0]]]], frames=100)
        >>> volume.displacement(0).ravel().tolist()
        [0.25, 0.0]
        >>> volume.scaled(2.0).displacement(50).ravel().tolist()
        [-0.5, 0.0]
    """

    spectrum: npt.NDArray[np.complex64]
    fps: float = 30.0
    frames: int = 150
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spectrum = _checked_spectrum(self.spectrum)
        bands = spectrum.shape[0]
        if not (_is_finite(self.fps) and self.fps > 0):
            raise SpectralVolumeError(f"The frame rate must be a positive number, not {self.fps!r}.")
        # A band above the Nyquist frequency would play as another, slower one.
        if not (_is_finite(self.frames) and self.frames >= 2 * bands - 1 and float(self.frames).is_integer()):
            raise SpectralVolumeError(
                f"A period with {bands} bands needs at least {2 * bands - 1} whole frames, not {self.frames!r}."
            )
        object.__setattr__(self, "spectrum", spectrum)
        object.__setattr__(self, "fps", float(self.fps))
        object.__setattr__(self, "frames", int(self.frames))
        object.__setattr__(self, "meta", _checked_meta(self.meta))

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
            SpectralVolumeError: when the last axis of `coefficients` is not K long, or one is not finite.
        """
        q = np.asarray(coefficients, np.complex64)
        if q.ndim not in (1, 2) or q.shape[-1] != self.bands:
            raise SpectralVolumeError(f"Expected {self.bands} coefficients for each time, got the shape {q.shape}.")
        if not np.isfinite(q).all():
            raise SpectralVolumeError("The coefficients hold values that are not finite (NaN or infinity).")
        # Re(S·q) = Re S·Re q - Im S·Im q: half the work of the complex product, and one matrix multiplication.
        basis = self.spectrum.reshape(self.bands, -1)
        out = q.real @ np.ascontiguousarray(basis.real) - q.imag @ np.ascontiguousarray(basis.imag)
        return np.asarray(out, np.float32).reshape(*q.shape[:-1], 2, self.height, self.width)

    def amplitude(self) -> npt.NDArray[np.float32]:
        """(H, W) root-mean-square displacement over one period without the mean offset, in fractions of the width."""
        power = (np.abs(self.spectrum[1:]) ** 2).sum(axis=(0, 1)) / 2.0
        return np.asarray(np.sqrt(power), np.float32)

    def scaled(self, gain: float) -> SpectralVolume:
        """All bands times `gain`: 0 is still, 1 as predicted, above 1 magnified."""
        return self.with_band_gain([gain] * self.bands)

    def with_band_gain(self, gain: Sequence[float] | npt.NDArray[np.floating[Any]]) -> SpectralVolume:
        """Each band times its own gain (K values): the equaliser.

        Raises:
            SpectralVolumeError: when there are not K gains, or one is not finite, or they lead beyond the valid range.
        """
        g = np.asarray(gain, np.float32)
        if g.shape != (self.bands,):
            raise SpectralVolumeError(f"Expected {self.bands} band gains, got the shape {g.shape}.")
        if not np.isfinite(g).all():
            raise SpectralVolumeError("The band gains hold values that are not finite (NaN or infinity).")
        return replace(self, spectrum=self.spectrum * g[:, None, None, None])

    def without_mean(self) -> SpectralVolume:
        """The same motion about the rest pose of the picture: band 0, the mean offset, set to zero."""
        s = self.spectrum.copy()
        s[0] = 0
        return replace(self, spectrum=s)

    def resampled(self, height: int, width: int) -> SpectralVolume:
        """The same motion on another grid: bilinear, averaged over each new cell; pixel centres and the mean are kept.

        Amplitudes stay as they are: they are fractions of the picture's width, not of the grid's.

        Raises:
            SpectralVolumeError: when a side is below 1 or above the size limit.
        """
        if min(height, width) < 1 or max(height, width) > MAX_SIDE:
            raise SpectralVolumeError(f"A grid of {width}×{height} is not possible; each side is 1 to {MAX_SIDE}.")
        if (height, width) == (self.height, self.width):
            return self
        rows = _resampling_matrix(self.height, height)
        columns = _resampling_matrix(self.width, width)
        s = np.einsum("ih,kchw->kciw", rows, self.spectrum, optimize=True)
        s = np.einsum("jw,kciw->kcij", columns, s, optimize=True)
        return replace(self, spectrum=s)


def _is_finite(value: object) -> bool:
    """Whether it is a number at all (numpy's scalars count, text and None do not), and no NaN or infinity."""
    try:
        return isinstance(value, Real) and math.isfinite(value)
    except OverflowError:
        return False


def _checked_spectrum(spectrum: npt.ArrayLike) -> npt.NDArray[np.complex64]:
    """A read-only complex64 copy, so that nobody who holds the original array can change the volume afterwards."""
    given = np.asarray(spectrum)
    if given.ndim != 4 or given.shape[1] != 2 or 0 in given.shape:
        raise SpectralVolumeError(f"A spectrum has the shape (bands, 2, height, width), not {given.shape}.")
    bands, _, height, width = given.shape
    if bands > MAX_BANDS or max(height, width) > MAX_SIDE:
        raise SpectralVolumeError(
            f"The spectrum is oversized: {bands} bands of {width}×{height},"
            f" where at most {MAX_BANDS} of {MAX_SIDE}×{MAX_SIDE} are allowed."
        )
    if given.dtype.kind not in "cfiu":
        raise SpectralVolumeError(f"A spectrum holds complex numbers, not {given.dtype}.")
    # Doubles beyond float32's range become infinite, which the next check reports.
    with np.errstate(over="ignore"):
        s = np.array(given, np.complex64, order="C")
    low, high = float(s.view(np.float32).min()), float(s.view(np.float32).max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise SpectralVolumeError("The spectrum holds values that are not finite (NaN or infinity).")
    peak = max(high, -low)
    if peak > MAX_AMPLITUDE:
        raise SpectralVolumeError(
            f"The spectrum reaches {peak:.4g} picture widths; amplitudes are fractions of the width, not pixels."
        )
    s.setflags(write=False)
    return s


def _checked_meta(meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only copy of a description that JSON can hold."""
    try:
        copy = json.loads(json.dumps(meta, default=_thawed, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise SpectralVolumeError(f"The description of a spectral volume must be JSON ({error}).") from error
    if not isinstance(copy, dict):
        raise SpectralVolumeError(f"The description of a spectral volume is a JSON object, not {copy!r}.")
    frozen: Mapping[str, Any] = _frozen(copy)
    return frozen


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(item) for key, item in value.items()})
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _thawed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _resampling_matrix(source: int, target: int) -> npt.NDArray[np.float32]:
    """(target, source) weights: the mean over each target cell of what linear interpolation puts between source pixels.

    Beyond the outermost pixel centres the edge is held. The target's cells tile the picture, so constants, the mean and
    (away from the border) linear ramps survive whatever the two sizes are; sampling the interpolation, or a filter
    kernel, keeps them for some ratios only.
    """
    borders = np.linspace(-0.5, source - 0.5, target + 1)[:, None]
    pixels = np.arange(source)[None, :]
    # The integral from the left of each pixel's hat function up to each border.
    u = np.clip(borders - pixels, -1.0, 1.0)
    reached = np.where(u < 0, (1 + u) ** 2, 2 - (1 - u) ** 2) / 2
    reached[:, 0] = np.where(borders[:, 0] < 0, 0.5 + borders[:, 0], reached[:, 0])
    beyond = borders[:, 0] - (source - 1)
    reached[:, -1] = np.where(beyond > 0, 0.5 + beyond, reached[:, -1])
    return np.asarray(np.diff(reached, axis=0) * (target / source), np.float32)
