# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion that a mesh can follow: spread hard motion edges so that no cell folds, and pin the border.

A mesh is one sheet. Where a leaf moves before a still wall, the cells between them stretch on one side of the leaf and
turn inside out on the other, and the picture smears there. `docs/mesh.md` shows what is done about it:

1. *Spread*: the stronger motion reaches out over the weaker until the step between them has become a slope that the
   sheet survives. What moves keeps its motion up to its silhouette and beyond, so it moves rigidly; the still
   background next to it takes the stretch.
2. *Relax*: what is still too steep after that (two strong motions against each other, where neither is background) is
   smoothed right there, wider and wider, until no cell folds.

Both act on all bands alike, with real weights, so each band keeps its frequency and neighbours keep their rhythm.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["cone", "fold_count", "moments", "peak_motion", "pin_border", "spread_edges"]

Spectrum = npt.NDArray[np.complex64]
Field = npt.NDArray[np.float32]

# Change of displacement per distance. Below 1 the sheet cannot fold whatever the direction; 0.5 leaves room for an
# amplitude of 2.
STRETCH = 0.5
# Relaxing stops here: certainly unfolded at amplitude 1, without blurring what is merely lively.
LIMIT = 0.9
# The fastest of 16 bands is sampled twice a swing, and all of them at moments that do not line up.
TIMES = 32


def spread_edges(spectrum: Spectrum, spacing: tuple[float, float], *, stretch: float = STRETCH) -> Spectrum:
    """The same motion with its hard edges spread over the weaker side, so that the grid does not fold at amplitude 1.

    Motion that is smooth already comes back unchanged, bit for bit.

    Args:
        spectrum: (K, 2, rows, columns) complex at the vertices of a grid; fractions of the picture's width.
        spacing: (dx, dy) between vertices, in fractions of the picture's width.
        stretch: slope to which an edge is spread, in displacement per distance, 0 to 1 (excluded).

    Returns:
        (K, 2, rows, columns) complex64.

    Raises:
        ValueError: when `stretch` is not between 0 and 1.
    """
    if not 0 < stretch < 1:
        raise ValueError(f"A sheet unfolds at slopes between 0 and 1, not {stretch}.")
    modes = _modes(spectrum)
    peak = _peak(modes, spectrum.shape[0])
    reach, source = cone(peak, spacing, stretch)
    # Relative to float32's resolution of the peak: equality of sums of distances is not to be expected.
    grown = (reach - peak) > 1e-4 * peak.max(initial=1e-12)
    if grown.any():
        weight = np.zeros_like(peak)
        weight[grown] = (reach - peak)[grown] / (peak.ravel()[source] - peak)[grown]
        flat = modes.reshape(len(modes), -1)
        rows = np.flatnonzero(grown)
        near = flat[:, source.ravel()[rows]]
        flat[:, rows] += weight.ravel()[rows] * (near - flat[:, rows])
    return _spectrum(_relax(modes, spectrum.shape[0], spacing), spectrum.shape)


def pin_border(spectrum: Spectrum, spacing: tuple[float, float], width: float) -> Spectrum:
    """Let the motion fall off smoothly to none at the picture's border.

    Args:
        spectrum: (K, 2, rows, columns) complex, as for `spread_edges`.
        spacing: (dx, dy) between vertices, in fractions of the picture's width.
        width: of the band along the border, in fractions of the picture's width; made wider where the motion near
            the border is so strong that it would fold the band. 0 changes nothing.

    Returns:
        (K, 2, rows, columns) complex64, exactly 0 on the outermost vertices.
    """
    if width <= 0:
        return spectrum
    rows, columns = spectrum.shape[2:]
    y, x = np.arange(rows) * spacing[1], np.arange(columns) * spacing[0]
    distance = np.minimum(np.minimum(y, y[::-1])[:, None], np.minimum(x, x[::-1])[None, :])
    strongest = float(peak_motion(spectrum).max())
    # The steepest part of a smoothstep is 1.5 / width.
    width = max(width, 1.5 * strongest / STRETCH)
    s = np.clip(distance / width, 0, 1)
    return np.asarray(spectrum * (s * s * (3 - 2 * s)).astype(np.float32), np.complex64)


def peak_motion(spectrum: Spectrum) -> Field:
    """(rows, columns) largest displacement over one period without the mean offset, in fractions of the width."""
    return _peak(_modes(spectrum), spectrum.shape[0])


def moments(spectrum: Spectrum) -> Field:
    """(TIMES, 2, rows, columns) displacement at evenly spread moments of the period, without the mean offset."""
    return _moments(_modes(spectrum), spectrum.shape[0])


def fold_count(spectrum: Spectrum, spacing: tuple[float, float], *, amplitude: float = 1.0) -> int:
    """How many cells of the grid turn inside out at some time of the period (the mean offset left out).

    A cell counts as soon as one of its four corners has no positive area any more.
    """
    folded = np.zeros((spectrum.shape[2] - 1, spectrum.shape[3] - 1), bool)
    dx, dy = spacing
    for u, v in _moments(_modes(spectrum), spectrum.shape[0]) * np.float32(amplitude):
        across_x, across_y = dx + np.diff(u, axis=1), np.diff(v, axis=1)
        down_x, down_y = np.diff(u, axis=0), dy + np.diff(v, axis=0)
        for top in (slice(None, -1), slice(1, None)):
            for left in (slice(None, -1), slice(1, None)):
                area = across_x[top] * down_y[:, left] - across_y[top] * down_x[:, left]
                folded |= area <= 0
    return int(folded.sum())


def _modes(spectrum: Spectrum) -> Field:
    """(4K, rows, columns) copy: Re of all bands (x, y of each), then −Im of all: u = Σ cos·Re − sin·Im."""
    s = np.asarray(spectrum, np.complex64)
    shape = (-1, *s.shape[2:])
    return np.concatenate([s.real.reshape(shape), -s.imag.reshape(shape)])


def _spectrum(modes: Field, shape: tuple[int, ...]) -> Spectrum:
    half = len(modes) // 2
    out = np.empty(shape, np.complex64)
    out.real = modes[:half].reshape(shape)
    out.imag = -modes[half:].reshape(shape)
    return out


def _moments(modes: Field, bands: int) -> Field:
    """(TIMES, 2, rows, columns) displacement at evenly spread moments of the period, without the mean offset."""
    angle = 2 * np.pi * np.arange(TIMES)[:, None] / TIMES * np.arange(bands)
    q = np.concatenate([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    q[:, [0, bands]] = 0
    rows, columns = modes.shape[1:]
    return (q @ modes.reshape(2 * bands, -1)).reshape(TIMES, 2, rows, columns)


def _peak(modes: Field, bands: int) -> Field:
    u = _moments(modes, bands)
    return np.asarray(np.sqrt((u * u).sum(axis=1).max(axis=0)), np.float32)


def cone(peak: Field, spacing: tuple[float, float], slope: float) -> tuple[Field, npt.NDArray[np.intp]]:
    """The smallest field above `peak` that is nowhere steeper than `slope`, and which vertex each value comes from.

    max over q of peak(q) − slope·|p − q|: a dilation with a cone, by jump flooding (Rong & Tan 2006): a winner is
    handed on in leaps of halving length, so reach costs a logarithm.
    """
    rows, columns = peak.shape
    y, x = np.mgrid[0:rows, 0:columns]
    source = np.arange(rows * columns).reshape(rows, columns)
    best = peak.copy()
    flat = peak.ravel()
    reach = float(peak.max()) / slope / min(spacing)
    leap = 1 << int(np.ceil(np.log2(max(reach, 1.0))))
    leaps = [leap >> n for n in range(leap.bit_length())]
    for leap in [*leaps, 1]:
        for dy, dx in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
            here, there = _shift(rows, dy * leap), _shift(columns, dx * leap)
            if here is None or there is None:
                continue
            to, of = (here[0], there[0]), (here[1], there[1])
            offered = source[of]
            away = np.hypot((offered % columns - x[to]) * spacing[0], (offered // columns - y[to]) * spacing[1])
            height = (flat[offered] - slope * away).astype(np.float32)
            better = height > best[to]
            best[to][better] = height[better]
            source[to][better] = offered[better]
    return best, source


def _shift(size: int, by: int) -> tuple[slice, slice] | None:
    """Slices (to, from) of an axis shifted by so many places."""
    if abs(by) >= size:
        return None
    return (slice(by, None), slice(None, size - by)) if by >= 0 else (slice(None, by), slice(-by, None))


def _relax(modes: Field, bands: int, spacing: tuple[float, float]) -> Field:
    """Smooth where the motion is steeper than LIMIT at any moment, wider and wider."""
    radius = 1
    while radius < max(modes.shape[1:]):
        steep = _steep(_moments(modes, bands), spacing)
        if not steep.any():
            break
        # The full effect well past the steep place, then a soft transition back to what was there.
        mask = _blur(np.minimum(1.0, 8.0 * _blur(steep[None].astype(np.float32), radius)), radius)
        box = _around(mask[0] > 0, 2 * radius)
        part = modes[:, *box]
        modes[:, *box] += mask[:, *box] * (_blur(part, radius) - part)
        radius *= 2
    return modes


def _around(mask: npt.NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    """The rows and columns that hold all of the mask, with the margin that a blur needs to be right inside it."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(rows[0] - margin, 0), rows[-1] + margin + 1),
        slice(max(columns[0] - margin, 0), columns[-1] + margin + 1),
    )


def _steep(moments: Field, spacing: tuple[float, float]) -> npt.NDArray[np.bool_]:
    """(rows, columns) vertices of cells where the displacement changes by more than LIMIT per distance."""
    square = LIMIT * LIMIT
    steep = np.zeros(moments.shape[2:], bool)
    across = ((np.diff(moments, axis=3) / np.float32(spacing[0])) ** 2).sum(axis=1).max(axis=0)
    down = ((np.diff(moments, axis=2) / np.float32(spacing[1])) ** 2).sum(axis=1).max(axis=0)
    # Each cell has two edges across and two down; the largest of each bounds its Jacobian (Frobenius norm).
    cell = np.maximum(across[:-1], across[1:]) + np.maximum(down[:, :-1], down[:, 1:]) > square
    for top in (slice(None, -1), slice(1, None)):
        for left in (slice(None, -1), slice(1, None)):
            steep[top, left] |= cell
    return steep


def _blur(values: Field, radius: int) -> Field:
    """Box twice along both axes (a tent), edges held."""
    for axis in (-1, -2):
        for _ in range(2):
            r = min(radius, values.shape[axis] - 1)
            pad = [(0, 0)] * values.ndim
            pad[axis] = (r + 1, r)
            total = np.cumsum(np.pad(values, pad, mode="edge"), axis=axis, dtype=np.float32)
            size = values.shape[axis]
            width = 2 * r + 1
            high = np.take(total, np.arange(width, width + size), axis)
            values = (high - np.take(total, np.arange(size), axis)) * np.float32(1 / width)
    return values
