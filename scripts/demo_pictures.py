# SPDX-License-Identifier: GPL-3.0-or-later
"""A film and a contact sheet of a folder of frames. Runs in the worker's environment, which has the encoders.

python -m scripts.demo_pictures FRAMES OUT FPS
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from gid_backend.encode import to_8_bit, write_image
from gid_backend.images import read_image
from gid_backend.movies import writing

# Short loops are shown several times, so that one can see that there is no seam.
LEAST_SECONDS = 10.0
COLUMNS, ROWS, CELL = 4, 3, 320


def main(folder: Path, out: Path, fps: float) -> None:
    paths = sorted(folder.glob("*.png"))
    film(paths, out / "demo.mp4", fps)
    write_image(out / "contact_sheet.png", contact_sheet(paths, fps))


def film(paths: list[Path], path: Path, fps: float) -> None:
    repeated = paths * max(1, round(LEAST_SECONDS * fps / len(paths)))
    with writing(path) as take:
        take((read_image(frame) for frame in repeated), fps, len(repeated))


def contact_sheet(paths: list[Path], fps: float) -> npt.NDArray[np.uint8]:
    """Moments evenly spread over the loop, and last the whole loop in one: bright where the frames differ."""
    count = min(len(paths), COLUMNS * ROWS - 1)
    moments = [round(i * len(paths) / count) for i in range(count)]
    small = [shrunk(to_8_bit(read_image(path))) for path in paths[:: max(1, len(paths) // 48)]]
    cells = [labelled(shrunk(to_8_bit(read_image(paths[i]))), f"{i / fps:.2f} s") for i in moments]
    spread = np.std(np.stack(small).astype(np.float32), axis=0).max(axis=2)
    heat = cv2.applyColorMap(
        np.uint8(np.clip(spread * (255 / max(float(spread.max()), 1.0)), 0, 255)), cv2.COLORMAP_INFERNO
    )
    cells.append(labelled(np.ascontiguousarray(heat[..., ::-1]), "where it moves"))
    blank = np.zeros_like(cells[0])
    cells += [blank] * (-len(cells) % COLUMNS)
    rows = [np.concatenate(cells[i : i + COLUMNS], axis=1) for i in range(0, len(cells), COLUMNS)]
    return np.concatenate(rows)


def shrunk(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height = max(1, round(pixels.shape[0] * CELL / pixels.shape[1]))
    return np.asarray(cv2.resize(pixels, (CELL, height), interpolation=cv2.INTER_AREA), np.uint8)


def labelled(pixels: npt.NDArray[np.uint8], text: str) -> npt.NDArray[np.uint8]:
    cell = pixels.copy()
    for colour, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(cell, text, (8, cell.shape[0] - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, width, cv2.LINE_AA)
    return cell


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
