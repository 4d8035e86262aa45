# SPDX-License-Identifier: GPL-3.0-or-later
"""A spectral volume in the few bytes that a web page can carry.

One step for all bands and places: what counts is how far off a displacement is in pixels, and no pixel is finer in a
quiet band than in a lively one. What that leaves is smooth, so each value is stored as its difference from the plane
through three neighbours, and deflated. docs/web-page.md compares it with 8 bits a band, as in the authors' demo.

    step·code = Re or Im of S_k along x or y        planes: band 0 Re x, Im x, Re y, Im y, band 1 …
    residual = code - (left + above - left above)   0 beyond the border, modulo 2¹⁶
    zigzag = 2·residual, or -2·residual - 1         all low bytes, then all high bytes, zlib
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PackedVolume", "pack", "unpack"]

Spectrum = npt.NDArray[np.complex64]
# 1/128 of a pixel of a picture 512 wide: all bands together stay below a tenth of a pixel.
FINEST = 2.0**-16
# Steps to the largest value, for motion so weak that a page shows it magnified; and what 16 bits hold.
LEAST, MOST = 1024, 32767
# Far above float32's smallest numbers; nobody sees less.
SMALLEST = 2.0**-112


@dataclass(frozen=True)
class PackedVolume:
    """A spectrum on a grid.

    Attributes:
        data: the deflated planes.
        step: what a code of 1 stands for, in picture widths.
        shape: (K, rows, columns).
    """

    data: bytes
    step: float
    shape: tuple[int, int, int]


def pack(spectrum: Spectrum) -> PackedVolume:
    """Round (K, 2, rows, columns) to the page's steps and deflate it. The same volume gives the same bytes."""
    bands, _, rows, columns = spectrum.shape
    planes = _planes(spectrum)
    step = _step(float(np.abs(planes).max(initial=0.0)))
    codes = np.rint(planes / step).astype(np.int32)
    guess = np.zeros_like(codes)
    guess[:, :, 1:] += codes[:, :, :-1]
    guess[:, 1:] += codes[:, :-1]
    guess[:, 1:, 1:] -= codes[:, :-1, :-1]
    residual = (codes - guess).astype(np.int16).astype(np.int32)
    zigzag = np.where(residual < 0, -2 * residual - 1, 2 * residual).astype(np.uint16)
    # Level 9 would take ten times as long for five hundredths less.
    raw = (zigzag & 255).astype(np.uint8).tobytes() + (zigzag >> 8).astype(np.uint8).tobytes()
    return PackedVolume(zlib.compress(raw), step, (bands, rows, columns))


def unpack(packed: PackedVolume) -> Spectrum:
    """(K, 2, rows, columns) complex64 as the page reads it, to the bit."""
    bands, rows, columns = packed.shape
    low, high = np.frombuffer(zlib.decompress(packed.data), np.uint8).astype(np.int32).reshape(2, -1)
    zigzag = low | high << 8
    residual = np.where(zigzag & 1, -(zigzag + 1) // 2, zigzag // 2).reshape(-1, rows, columns)
    codes = residual.cumsum(axis=1).cumsum(axis=2).astype(np.int16)
    parts = (codes * packed.step).astype(np.float32).reshape(bands, 2, 2, rows, columns)
    spectrum = np.empty((bands, 2, rows, columns), np.complex64)
    spectrum.real, spectrum.imag = parts[:, :, 0], parts[:, :, 1]
    return spectrum


def _planes(spectrum: Spectrum) -> npt.NDArray[np.float32]:
    return np.stack([spectrum.real, spectrum.imag], axis=2).reshape(-1, *spectrum.shape[2:])


def _step(peak: float) -> float:
    """A power of two, so that a code times the step is exact in float32 wherever it is computed."""
    if peak > FINEST * MOST:
        return float(2.0 ** np.ceil(np.log2(peak / MOST)))
    return float(2.0 ** np.floor(np.log2(np.clip(peak / LEAST, SMALLEST, FINEST))))
