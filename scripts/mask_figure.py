#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mask does to a loop: the mask, its feather, and what changes in the frames without it and with it.

    python scripts/mask_figure.py --picture lanterns.png --volume lanterns.npz --free 409,335,112,118 96,145,78,84

The figure is made of four pictures: the picture with what is pinned in red, the weights, and the largest change of
each pixel over the loop, without the mask and with it. It says how many pixels under black have changed, and prints the
table of docs/masks.md: the least feather by the amplitude that has to be survived, and the cells that fold.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from gid_backend.colour import Picture
from gid_backend.images import read_image
from gid_backend.masks import vertex_weights
from gid_backend.renderer import MotionRenderer
from gid_backend.shot import Shot
from gid_blender.motion import SpectralVolume, files, masking
from gid_blender.motion.grid import at_vertices
from gid_blender.motion.masking import at_pixels
from gid_blender.motion.regularize import fold_count

GAP = 8
AMPLITUDES = (1.0, 1.25, 1.5, 2.0)
RED = (200, 20, 20)
GAIN = 1.5  # of the changes, that weak ones are seen


def ellipses(height: int, width: int, places: list[str]) -> npt.NDArray[np.float32]:
    """A mask that is white in ellipses of a centre and half axes, in pixels."""
    mask = np.zeros((height, width), np.uint8)
    for place in places:
        x, y, across, down = map(int, place.split(","))
        cv2.ellipse(mask, (x, y), (across, down), 0, 0, 360, 1, -1)
    return mask.astype(np.float32)


def changes(
    picture: Picture, volume: SpectralVolume, frames: int, mask: npt.NDArray[np.float32] | None
) -> npt.NDArray[np.int16]:
    """(H, W) largest difference from the picture over a loop."""
    renderer, largest = MotionRenderer.load(), np.zeros(picture.shape[:2], np.int16)
    for rendered in Shot.loop(picture, volume, frames, mask=mask).render(renderer):
        largest = np.maximum(largest, np.abs(rendered.frame.astype(np.int16) - picture).max(axis=2))
    return largest


def torn(
    mask: npt.NDArray[np.float32], volume: SpectralVolume, height: int, width: int, amplitude: float
) -> tuple[float, int, int]:
    """The least radius of a feather, and how many cells of a mesh fold with a hard edge and with the feather."""
    columns = 257
    rows = round((columns - 1) * height / width) + 1
    spacing = (1 / (columns - 1), height / width / (rows - 1))
    weights, spectrum = masking.lowest_at_vertices(mask, rows, columns), at_vertices(volume, rows, columns)
    radius = masking.least_radius(weights, spectrum, spacing, amplitude=amplitude)
    soft = masking.envelope(weights, spacing, radius)
    # A motion that folds by itself is not the mask's business.
    before = fold_count(spectrum, spacing, amplitude=amplitude)
    hard, feathered = (fold_count(spectrum * each, spacing, amplitude=amplitude) for each in (weights, soft))
    return radius, hard, max(feathered - before, 0)


def main() -> None:
    """Make the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, required=True)
    parser.add_argument("--volume", type=Path, required=True)
    parser.add_argument("--free", nargs="+", required=True, metavar="X,Y,ACROSS,DOWN", help="ellipses that may move")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--output", type=Path, default=Path("docs/images/mask.jpg"))
    chosen = parser.parse_args()
    picture, volume = read_image(chosen.picture)[..., :3], files.load(chosen.volume)
    height, width = picture.shape[:2]
    mask = ellipses(height, width, chosen.free)
    weights = at_pixels(vertex_weights(mask, volume, height, width), height, width)
    without, masked = (changes(picture, volume, chosen.frames, each) for each in (None, weights))
    print(f"changed without the mask: {(without > 0).mean():.1%}, with it: {(masked > 0).mean():.1%}")
    print(f"changed under black: {int((masked[mask == 0] > 0).sum())} of {int((mask == 0).sum())} pixels")

    for amplitude in AMPLITUDES:
        radius, hard, soft = torn(mask, volume, height, width, amplitude)
        print(f"| {amplitude:g} | {radius:.3f} | {hard} | {soft} |")

    over = np.where(mask[..., None] > 0, picture, 0.35 * picture + 0.65 * np.array(RED))
    grey = [255 * weights, GAIN * without, GAIN * masked]
    tiles = [over, *(np.repeat(each[..., None], 3, axis=2) for each in grey)]
    sheet = np.full((2 * height + GAP, 2 * width + GAP, 3), 255.0)
    for index, tile in enumerate(tiles):
        top, left = (index // 2) * (height + GAP), (index % 2) * (width + GAP)
        sheet[top : top + height, left : left + width] = tile
    cv2.imwrite(str(chosen.output), np.clip(sheet, 0, 255).astype(np.uint8)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
