# SPDX-License-Identifier: GPL-3.0-or-later
"""A small picture that sways: enough to choose a motion by, and quick to make without a renderer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .loop import loop_coefficients
from .spectral_volume import SpectralVolume

__all__ = ["shrunk", "swaying"]

Single = npt.NDArray[np.float32]


def shrunk(picture: npt.ArrayLike, side: int) -> Single:
    """A picture with at most `side` pixels along its longer side, each the mean of what it stands for.

    Args:
        picture: (H, W, C) integers or floats; a smaller one keeps its size.
        side: in pixels.

    Returns:
        (h, w, C) float32; integers become 0..1.
    """
    given = np.asarray(picture)
    top = np.float32(np.iinfo(given.dtype).max) if given.dtype.kind in "ui" else np.float32(1.0)
    step = max(1, -(-max(given.shape[:2]) // side))
    rows, columns = max(1, given.shape[0] // step), max(1, given.shape[1] // step)
    step_y, step_x = min(step, given.shape[0]), min(step, given.shape[1])
    blocks = given[: rows * step_y, : columns * step_x].reshape(rows, step_y, columns, step_x, -1)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32) / top, np.float32)


def swaying(picture: Single, volume: SpectralVolume, count: int) -> Single:
    """One loop of a small picture.

    Each pixel shows what comes from where it would have been moved to: right for smooth motion, and near enough at
    edges in a thumbnail.

    Args:
        picture: (h, w, C) float32.
        volume: its motion, on any grid.
        count: frames of the loop; the first one shows the picture at time 0.

    Returns:
        (count, h, w, C) float32.
    """
    rows, columns = picture.shape[:2]
    small = volume.resampled(rows, columns)
    times = np.arange(count) * (volume.frames / count)
    q = loop_coefficients(times, harmonics=volume.bands, period=volume.frames, offset=False)
    y, x = np.indices((rows, columns), np.float32)
    frames = np.empty((count, *picture.shape), np.float32)
    for index in range(count):
        # Both in widths, so that pixels of either axis are as many as the width has.
        ux, uy = small.synthesize(q[index]) * np.float32(columns)
        frames[index] = _sampled(picture, x - ux, y - uy)
    return frames


def _sampled(picture: Single, x: Single, y: Single) -> Single:
    """The picture at fractional places, its border held."""
    rows, columns = picture.shape[:2]
    x, y = np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1)
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    across, down = (x - left)[..., None], (y - top)[..., None]
    upper = picture[top, left] * (1 - across) + picture[top, right] * across
    lower = picture[bottom, left] * (1 - across) + picture[bottom, right] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
