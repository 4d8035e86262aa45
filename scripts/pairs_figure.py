# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws docs/images/pairs.jpg: source, target, flow in colours and what came to light, of some pairs of a folder.

Usage: python scripts/pairs_figure.py FOLDER OUT.jpg [NUMBER_OF_PAIRS]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from gid_backend.rendering.frame_pair import FramePair
from gid_backend.rendering.pair_files import PairFolder

COLUMNS, WIDTH, HEIGHT, GAP = 2, 240, 150, 4
NEW = (255, 0, 200)


def coloured(flow: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: direction as hue, and the farther the brighter, up to the farthest percent."""
    size = np.hypot(*flow)
    farthest = np.percentile(size[size > 0.05], 99) if (size > 0.05).any() else 1.0
    hue = (np.arctan2(flow[1], flow[0]) / (2 * np.pi) % 1.0 * 180).astype(np.uint8)
    value = (255 * np.clip(size / farthest, 0, 1) ** 0.6).astype(np.uint8)
    return cv2.cvtColor(np.dstack([hue, np.full_like(hue, 210), value]), cv2.COLOR_HSV2RGB)


def fitted(picture: np.ndarray) -> np.ndarray:
    """Its middle, as much as the tile's shape holds, at the tile's size."""
    rows, columns = picture.shape[:2]
    height, width = min(rows, columns * HEIGHT // WIDTH), min(columns, rows * WIDTH // HEIGHT)
    top, left = (rows - height) // 2, (columns - width) // 2
    return cv2.resize(picture[top : top + height, left : left + width], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def row(pair: FramePair) -> np.ndarray:
    new = pair.target // 2
    if pair.uncovered is not None:
        new[pair.uncovered] = NEW
    tiles = [
        np.pad(fitted(p), ((0, GAP), (0, GAP), (0, 0))) for p in (pair.source, pair.target, coloured(pair.flow), new)
    ]
    return np.concatenate(tiles, 1)


def main() -> None:
    folder, out = PairFolder(Path(sys.argv[1])), Path(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    # One of each family first: what a set shows is not what it happens to begin with.
    order: dict[str, list[int]] = {}
    for i, name in enumerate(folder.names):
        order.setdefault(name.split()[0], []).append(i)
    chosen = [members[0] for members in order.values()][:count]
    rows = [row(folder[i]) for i in chosen]
    rows += [np.zeros_like(rows[0])] * (-len(rows) % COLUMNS)
    half = len(rows) // COLUMNS
    sheet = np.concatenate([np.concatenate(rows[i * half : (i + 1) * half], 0) for i in range(COLUMNS)], 1)
    Image.fromarray(sheet).save(out, quality=85, optimize=True)
    print(f"{out}: {len(chosen)} pairs, {out.stat().st_size // 1000} kB")
    for i in chosen:
        print(" ", folder.names[i])


if __name__ == "__main__":
    main()
