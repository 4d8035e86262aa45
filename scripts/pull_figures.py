# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws what a hand does, for the documents: docs/images/pull.jpg (excitations.md) and pulled.jpg (dynamics.md).

    .venv/worker/bin/python -m scripts.pull_figures --rose rose4.png

The bundled dahlia is pulled for the first; without --rose that is all. The rose's motion is predicted with seed 0.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from gid_backend.images import read_image
from gid_backend.predictor import MotionPredictor
from gid_backend.renderer import MotionRenderer
from gid_blender import motion
from gid_blender.motion import DAMPINGS, Curve, ModalBasis, Oscillators, Pull, simulate

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
EXAMPLE = ROOT / "gid_blender/assets/dahlia"
FPS = 30

Frame = npt.NDArray[np.uint8]


def pulled(
    picture: Frame,
    volume: motion.SpectralVolume,
    point: tuple[float, float],
    way: tuple[float, float],
    *,
    damping: str,
    held: tuple[int, int],
    shown: Sequence[int],
) -> list[Frame]:
    """Frames, 1 the first, of a picture that is drawn aside evenly and let go.

    Args:
        picture, volume: what is pulled.
        point: in picture widths from the top left corner.
        way: in picture widths, x right and y down.
        damping: the name of one, of what rings.
        held: frames in which it is drawn as far as it goes, and let go.
        shown: which frames.
    """
    there = Curve([(frame - 1) / FPS for frame in (1, *held)], np.outer([0, 1, 1], way))
    times = np.array([(frame - 1) / FPS for frame in shown])
    q = simulate(ModalBasis.of(volume), Oscillators.of(volume, DAMPINGS[damping]), [Pull(point, there)], times)
    renderer = MotionRenderer.load()
    renderer.set_image(picture)
    fields = np.einsum("tk,kchw->tchw", q, volume.spectrum).real.astype(np.float32)
    return [np.asarray(renderer.render(picture, field)) for field in fields]


def save(name: str, frames: Sequence[Frame], gap: int) -> None:
    """Side by side, with white between."""
    height, width = frames[0].shape[:2]
    sheet = np.full((height, len(frames) * (width + gap) - gap, 3), 255, np.uint8)
    for index, frame in enumerate(frames):
        sheet[:, index * (width + gap) : index * (width + gap) + width] = frame
    cv2.imwrite(str(IMAGES / name), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    print(IMAGES / name)


def dahlia() -> None:
    picture = read_image(EXAMPLE.with_suffix(".jpg"))
    volume = motion.load(EXAMPLE.with_suffix(".npz"))
    frames = pulled(picture, volume, (0.5, 0.33), (0.08, -0.03), damping="paper", held=(15, 24), shown=(1, 21, 26, 34))
    save("pull.jpg", [cv2.resize(frame, (480, 320), interpolation=cv2.INTER_AREA) for frame in frames], 0)


def rose(path: Path) -> None:
    """Cut to the flower, with marks above and below the point that is pulled."""
    picture = read_image(path)[..., :3]
    width = picture.shape[1]
    volume = MotionPredictor.load().predict(picture, seed=0)
    x, y = round(0.461 * width), round(0.344 * width)
    way = (22 / 720, -8 / 720)
    frames = pulled(
        picture, volume, (x / width, y / width), way, damping="lively", held=(9, 14), shown=(1, 9, 14, 18, 23, 46)
    )
    half, line = round(100 * width / 720), max(1, round(width / 720))
    cuts = []
    for frame in frames:
        cut = frame[y - half : y + half, x - half : x + half].copy()
        cut[: 8 * line, half - line : half + line] = cut[-8 * line :, half - line : half + line] = 255
        cuts.append(cv2.resize(cut, (200, 200), interpolation=cv2.INTER_AREA))
    save("pulled.jpg", cuts, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rose", type=Path)
    options = parser.parse_args()
    dahlia()
    if options.rose is not None:
        rose(options.rose)


if __name__ == "__main__":
    main()
