# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks as an animator might paint them, for training: what may move, and what must not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["random_masks"]

FREE, AROUND = 0.5, 0.25  # shares of pictures without a mask, and with one around what moves; the rest are shapes
MOVING = 3e-4  # of the width


def random_masks(
    swing: npt.NDArray[np.floating], rng: np.random.Generator
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """A mask for each picture of a batch.

    Half of them are all white, so that a mask stays optional. Some are drawn around what moves, at some distance: they
    say where to look. The others are ellipses and half planes that know nothing of the picture: what they leave
    out must be trained as still, whatever it shows.

    Args:
        swing: (B, h, w) root-mean-square displacement at the latents' places, fractions of the width.
        rng: decides.

    Returns:
        (B, 1, h, w) masks of 0 and 1, and (B,) whether motion outside the mask is to be taken away.
    """
    count, height, width = swing.shape
    masks = np.ones((count, 1, height, width), np.float32)
    pins = np.zeros(count, bool)
    for i in range(count):
        chance = rng.random()
        if chance < FREE:
            continue
        if chance < FREE + AROUND:
            masks[i, 0] = _grown(swing[i] > MOVING, int(rng.integers(0, 4)))
        else:
            masks[i, 0], pins[i] = _shapes(height, width, rng), True
    return masks, pins


def _grown(region: npt.NDArray[np.bool_], steps: int) -> npt.NDArray[np.bool_]:
    for _ in range(steps):
        padded = np.pad(region, 1)
        rows = padded[:-2] | padded[1:-1] | padded[2:]
        region = rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]
    return region


def _shapes(height: int, width: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    y, x = np.meshgrid((np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij")
    region = np.zeros((height, width), bool)
    for _ in range(int(rng.integers(1, 4))):
        if rng.random() < 0.5:
            (cy, cx), (ry, rx) = rng.random(2), rng.uniform(0.1, 0.5, 2)
            region |= ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1.0
        else:
            angle = rng.uniform(0, 2 * np.pi)
            region |= (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle) > rng.uniform(0.0, 0.4)
    return ~region if rng.random() < 0.5 else region
