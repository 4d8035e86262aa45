# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact spectral volume of a scene in a wind: every part a damped oscillator on the part that carries it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .oscillators import angles, transfer
from .scene import Parts, Scene
from .wind import Wind

__all__ = ["angles", "spectral_volume", "transfer", "unscaled_volume"]

# Mean displacement over moving places in real clips is 0.2–1.0 % of the width.
USUAL_MEAN = 0.0052
LARGEST = 0.045
# How far the size of the motion is pulled towards the usual one: 1 would say the same of a flame and of a far wood.
PULL = 0.6
SMOOTHING = 0.012


def spectral_volume(
    scene: Scene | tuple[npt.NDArray[np.uint16], Parts],
    rng: np.random.Generator,
    *,
    height: int,
    width: int,
    bands: int = 16,
    frames: int = 150,
    fps: float = 30.0,
    strength: float | None = None,
    wind: Wind | None = None,
    tempo: float | None = None,
    windows: int = 1,
) -> npt.NDArray[np.complex64]:
    """One random wind's motion of a scene.

    Args:
        scene: a scene, or its part map (any size) and parts.
        rng: decides the wind and, where `strength` is None, how strong it is (log-normal, median 1).
        height: rows of the volume.
        width: columns of the volume. The grid should have the picture's aspect; it covers the whole picture.
        bands: K, the mean offset (band 0) counted.
        frames: the period.
        fps: frames per second of the period.
        strength: 1 is a usual breeze, 0 nothing.
        wind: the wind, instead of a random one.
        tempo: multiplies all natural frequencies; None is random, as no picture tells how stiff things are.
        windows: 1 for motion that repeats after `frames`; more for a window out of motion that repeats only after so
            many times as long: what a transform of filmed motion holds, its leakage and its jump at the wrap included.

    Returns:
        (K, 2, height, width) complex64, x right, y down, one-sided amplitudes in fractions of the picture's width;
        band 0 is such that the displacement at t = 0 is zero. Places of part 0 are exactly zero.
    """
    index, parts = (scene.part_index, scene.parts) if isinstance(scene, Scene) else scene
    if index.shape != (height, width):
        index = cv2.resize(index, (width, height), interpolation=cv2.INTER_NEAREST)
    if tempo is None:
        tempo = float(np.exp(rng.normal(0.12, 0.3)))
    sway, flutter = angles(parts, rng, bands=bands, frames=frames, fps=fps, wind=wind, tempo=tempo, windows=windows)
    if strength is None:
        strength = float(np.exp(rng.normal(0.0, 0.45)))
    volume = unscaled_volume(index, parts, sway, flutter)
    volume *= _gain(volume, index, strength)
    volume[0] = -volume[1:].real.sum(0)
    return volume


def unscaled_volume(
    index: npt.NDArray[np.uint16],
    parts: Parts,
    sway: npt.NDArray[np.complex64],
    flutter: npt.NDArray[np.complex64],
) -> npt.NDArray[np.complex64]:
    """The motion of the parts' coordinates as they are, (K, 2, H, W) on the grid of the part map; band 0 is zero.

    Args:
        index: (H, W) the part at each place.
        parts: the parts.
        sway: (P, K-1) of `angles`.
        flutter: likewise.
    """
    height, width = index.shape
    aspect, bands = height / width, sway.shape[1] + 1
    table = _accumulate(parts, sway, flutter)
    y, x = np.meshgrid((np.arange(height) + 0.5) * (aspect / height), (np.arange(width) + 0.5) / width, indexing="ij")
    flat = index.ravel()
    moving = np.flatnonzero(flat)
    columns = np.zeros((bands, 2, height * width), np.complex64)
    if moving.size:
        of = flat[moving].astype(np.intp)
        x, y = x.ravel()[moving].astype(np.float32), y.ravel()[moving].astype(np.float32)
        for k in range(bands - 1):
            # [xx, xy, yx, yy, x, y] of every pixel's part; band by band, so that the table stays in the cache.
            m = table[k].take(of, axis=1)
            columns[k + 1, 0, moving] = m[0] * x + m[1] * y + m[4]
            columns[k + 1, 1, moving] = m[2] * x + m[3] * y + m[5]
    volume = columns.reshape(bands, 2, height, width)
    _smooth(volume, index, parts)
    return volume


def _accumulate(
    parts: Parts, sway: npt.NDArray[np.complex64], flutter: npt.NDArray[np.complex64]
) -> npt.NDArray[np.complex64]:
    """(K-1, 6, P), summed down the tree: the displacement of part p in band k is [[t0, t1], [t2, t3]]·x + [t4, t5]."""
    turn = sway * parts.drag[:, None]
    tilt = flutter * parts.flutter[:, None]
    c, s = np.cos(parts.axis)[:, None], np.sin(parts.axis)[:, None]
    m = np.stack([tilt * c * c, tilt * c * s - turn, tilt * c * s + turn, tilt * s * s])  # (4, P, K-1)
    px, py = parts.pivot[:, :1], parts.pivot[:, 1:]
    b = np.stack([sway * parts.sway[:, :1] - m[0] * px - m[1] * py, sway * parts.sway[:, 1:] - m[2] * px - m[3] * py])
    table = np.concatenate([m, b])  # (6, P, K-1)
    table[:, 0] = 0
    table = np.ascontiguousarray(table.transpose(1, 0, 2), np.complex64)
    for level in _levels(parts.parent):
        table[level] += table[parts.parent[level]]
    return np.ascontiguousarray(table.transpose(2, 1, 0))


def _levels(parent: npt.NDArray[np.int32]) -> list[npt.NDArray[np.intp]]:
    """The parts by depth in the tree, from the children of the world on."""
    depth = np.zeros(len(parent), np.int32)
    while True:
        deeper = np.where(np.arange(len(parent)) > 0, depth[parent] + 1, 0).astype(np.int32)
        if (deeper == depth).all():
            break
        depth = deeper
    return [np.flatnonzero(depth == d) for d in range(2, int(depth.max(initial=0)) + 1)]


def _smooth(volume: npt.NDArray[np.complex64], index: npt.NDArray[np.uint16], parts: Parts) -> None:
    """Blur within each soft thing, so that no step shows between its strips; never across its edge."""
    soft = parts.soft[index]
    size = max(3, round(SMOOTHING * index.shape[1]) * 2 + 1)
    for number in np.unique(soft[soft > 0]):
        mask = soft == number
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        inside = mask[box].astype(np.float32)
        part = volume[1:, :, box[0], box[1]]
        stack = np.ascontiguousarray(part.reshape(-1, *inside.shape).transpose(1, 2, 0)).view(np.float32)
        for _ in range(2):
            blurred = cv2.blur(stack * inside[..., None], (size, size), borderType=cv2.BORDER_CONSTANT)
            weight = cv2.blur(inside, (size, size), borderType=cv2.BORDER_CONSTANT)
            stack = blurred.reshape(stack.shape) / np.maximum(weight, 1e-6)[..., None]
        smooth = np.ascontiguousarray(stack).view(np.complex64).transpose(2, 0, 1).reshape(part.shape)
        np.copyto(part, smooth, where=mask[box])


def _gain(volume: npt.NDArray[np.complex64], index: npt.NDArray[np.uint16], strength: float) -> float:
    """Pulls the mean motion towards the usual and keeps the largest below what one sees in real clips."""
    moving = np.flatnonzero(index.ravel())
    parts = volume[1:].reshape(-1, index.size).view(np.float32).reshape(-1, index.size, 2)
    power = np.einsum("bpc,bpc->p", parts, parts)[moving]
    size = np.sqrt(power / 2.0)
    if size.size == 0 or not size.any():
        return strength
    gain = strength * (USUAL_MEAN / float(size.mean())) ** PULL
    # Measured from its place at t = 0, Gaussian motion goes about 4 times its root mean square far within a period.
    return float(gain / max(1.0, 4.0 * gain * float(np.percentile(size, 99.7)) / LARGEST))
