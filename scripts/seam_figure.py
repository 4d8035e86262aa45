#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What self-guidance does to the seam of a prior that was trained on loops, and of one trained on windows.

    python scripts/seam_figure.py --picture rose.jpg --weights loops=small.safetensors windows=windows.safetensors

For each prior and each weight u of paper eq. 5: the greatest step between neighbouring frames over the mean one, over
some draws (a prior of windows has its jump at the wrap, so this is the seam wherever the loop is started), what is left
of the motion, and in the picture, for one draw, how a row of pixels moves through two periods.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from gid_backend.images import read_image
from gid_backend.predictor import MotionPredictor
from gid_blender.motion import SpectralVolume, loop_coefficients

SHOWN = 256  # pixels of a row
LABEL = 150


def steps_of(volume: SpectralVolume) -> npt.NDArray[np.float64]:
    """Root-mean-square step from each frame to the next, the last one to the first, (T,)."""
    q = loop_coefficients(np.arange(volume.frames), harmonics=volume.bands, period=volume.frames)
    fields = np.stack([volume.synthesize(row) for row in q])
    return np.asarray(np.sqrt(np.mean((np.roll(fields, -1, axis=0) - fields) ** 2, axis=(1, 2, 3))), np.float64)


def slice_of(picture: npt.NDArray[np.uint8], volume: SpectralVolume, row: int) -> npt.NDArray[np.uint8]:
    """(2T, SHOWN, 3): one row of pixels, fetched from where it came, through two periods."""
    small = cv2.resize(picture, (SHOWN, round(SHOWN * picture.shape[0] / picture.shape[1])))
    y, x = np.mgrid[: small.shape[0], :SHOWN].astype(np.float32)
    at = round(row / picture.shape[0] * small.shape[0])
    lines = []
    for phase in range(2 * volume.frames):
        q = loop_coefficients([phase], harmonics=volume.bands, period=volume.frames)[0]
        field = [cv2.resize(np.ascontiguousarray(c), small.shape[1::-1]) * SHOWN for c in volume.synthesize(q)]
        lines.append(cv2.remap(small, x - field[0], y - field[1], cv2.INTER_CUBIC)[at])
    return np.stack(lines)


def main() -> None:
    """Measure, print a table, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, required=True, nargs="+")
    parser.add_argument("--weights", nargs="+", required=True, metavar="NAME=FILE")
    parser.add_argument("--guidance", nargs="+", type=float, default=[0.0, 1.0, 4.0, 16.0], help="values of u")
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--output", type=Path, default=Path("docs/images/seam.jpg"))
    given = parser.parse_args()
    pictures = [np.ascontiguousarray(read_image(path)[..., :3]) for path in given.picture]
    strips = []
    print("| prior | u | greatest step over mean | mean step, % of the width |\n|---|---|---|---|")
    for entry in given.weights:
        name, _, file = entry.partition("=")
        predictor = MotionPredictor.load(Path(file))
        for u in given.guidance:
            volumes = [
                predictor.predict(picture, seed=seed, loop_guidance=u)
                for picture in pictures
                for seed in range(given.draws)
            ]
            steps = np.stack([steps_of(volume) for volume in volumes])
            seam, mean = np.median(steps.max(1) / steps.mean(1)), np.median(steps.mean(1))
            print(f"| {name} | {u:g} | {seam:.2f} | {100 * mean:.4f} |", flush=True)
            # Of the first picture: the row that moves most.
            row = int(np.argmax(volumes[0].amplitude().mean(axis=1)) / volumes[0].height * pictures[0].shape[0])
            strip = slice_of(pictures[0], volumes[0], row).transpose(1, 0, 2)
            margin = np.full((strip.shape[0], LABEL, 3), 255, np.uint8)
            for line, text in enumerate((name, f"u = {u:g}", f"seam {seam:.2f}")):
                cv2.putText(
                    margin, text, (6, 24 + 22 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (0, 0, 0), 1, cv2.LINE_AA
                )
            strips.append(np.hstack([margin, np.ascontiguousarray(strip)]))
    cv2.imwrite(str(given.output), np.vstack(strips)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
