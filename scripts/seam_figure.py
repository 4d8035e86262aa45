#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What self-guidance does to the seam of a prior that was trained on loops, and of one trained on windows.

    python scripts/seam_figure.py --picture rose.jpg --weights loops=small.safetensors windows=windows.safetensors

For each prior and each weight u of paper eq. 5, over some draws: the step from the last frame to the first over the
mean step between neighbouring frames, and what is left of the motion. The picture shows the mean step from each frame
to the next, the wrap in the middle.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

import gid_backend.predictor
from gid_backend.images import read_image
from gid_backend.predictor import MotionPredictor
from gid_blender.motion import SpectralVolume, loop_coefficients

WIDTH, HEIGHT, MARGIN = 450, 260, 40
HIGHEST = 2.5  # of a panel, in mean steps
COLOURS = ((0, 0, 0), (200, 80, 0), (0, 120, 230), (60, 160, 60))  # BGR


def steps_of(volume: SpectralVolume) -> npt.NDArray[np.float64]:
    """Root-mean-square step from each frame to the next, the last one to the first, (T,)."""
    q = loop_coefficients(np.arange(volume.frames), harmonics=volume.bands, period=volume.frames)
    fields = np.stack([volume.synthesize(row) for row in q])
    return np.asarray(np.sqrt(np.mean((np.roll(fields, -1, axis=0) - fields) ** 2, axis=(1, 2, 3))), np.float64)


def panel(name: str, curves: dict[float, npt.NDArray[np.float64]]) -> npt.NDArray[np.uint8]:
    """(HEIGHT, WIDTH, 3): a curve for each u, in mean steps."""
    image = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    bottom, right = HEIGHT - MARGIN, WIDTH - 10

    def write(text: str, at: tuple[int, int], colour: tuple[int, int, int] = (0, 0, 0)) -> None:
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)

    for value in (0.0, 1.0, 2.0):
        y = round(bottom - value / HIGHEST * (bottom - 20))
        cv2.line(image, (MARGIN, y), (right, y), (215, 215, 215), 1)
        write(f"{value:g}", (14, y + 4))
    for (u, curve), colour, line in zip(curves.items(), COLOURS, range(len(curves)), strict=False):
        centred = np.roll(curve, len(curve) // 2)
        x = np.linspace(MARGIN, right, len(curve))
        y = bottom - np.minimum(centred, HIGHEST) / HIGHEST * (bottom - 20)
        cv2.polylines(image, [np.stack([x, y], 1).round().astype(np.int32)], False, colour, 1, cv2.LINE_AA)
        write(f"u = {u:g}", (MARGIN + 8, 46 + 16 * line), colour)
    write(f"trained on {name}: step to the next frame over the mean step", (MARGIN, 16))
    write("wrap", ((MARGIN + right) // 2 - 14, HEIGHT - 14))
    return image


def main() -> None:
    """Measure, print a table, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, required=True, nargs="+")
    parser.add_argument("--weights", nargs="+", required=True, metavar="NAME=FILE")
    parser.add_argument("--guidance", nargs="+", type=float, default=[0.0, 16.0, 64.0, 200.0], help="values of u")
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--output", type=Path, default=Path("docs/images/seam.png"))
    given = parser.parse_args()
    # A prediction starts its loop at the calmest moment; here the wrap has to stay where it was drawn.
    gid_backend.predictor.start_calm = lambda spectrum, frames: spectrum  # type: ignore[attr-defined]
    pictures = [np.ascontiguousarray(read_image(path)[..., :3]) for path in given.picture]
    panels = []
    print("| prior | u | step at the wrap over mean | mean step, % of the width |\n|---|---|---|---|")
    for entry in given.weights:
        name, _, file = entry.partition("=")
        predictor = MotionPredictor.load(Path(file))
        curves = {}
        for u in given.guidance:
            draws = [(picture, seed) for picture in pictures for seed in range(given.draws)]
            volumes = [predictor.predict(picture, seed=seed, loop_guidance=u) for picture, seed in draws]
            steps = np.stack([steps_of(volume) for volume in volumes])
            relative = steps / steps.mean(axis=1, keepdims=True)
            curves[u] = relative.mean(axis=0)
            seam, mean = np.median(relative[:, -1]), np.median(steps.mean(axis=1))
            print(f"| {name} | {u:g} | {seam:.2f} | {100 * mean:.4f} |", flush=True)
        panels.append(panel(name, curves))
    cv2.imwrite(str(given.output), np.hstack(panels))


if __name__ == "__main__":
    main()
