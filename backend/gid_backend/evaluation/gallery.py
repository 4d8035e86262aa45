# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sheets there are: one of the development clips, and as many as it takes of still photographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ..images import prepare, read_image
from ..renderer import MotionRenderer
from .candidates import Prior
from .runner import PERIOD
from .sheets import FRAMES, Picture, columns_of, row_of_most_motion, write_sheet
from .splits import Case, EvaluationError, clip_frames

__all__ = ["sheet_of_clips", "sheets_of_stills"]

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}
STILLS_TO_A_SHEET = 8
Watcher = Callable[[str, int, int], None]


def sheet_of_clips(prior: Prior, cases: Sequence[Case], folder: Path, watch: Watcher) -> str:
    """Write `sheet_loops.jpg`, each prediction above its truth, and return its name."""
    renderer = MotionRenderer.load()
    lines = []
    for index, case in enumerate(cases):
        truth, volume = case.motion(), next(prior.motions(case.image, [0]))
        # The same row for both, so that they can be compared.
        row = row_of_most_motion(truth)
        times = list(np.arange(FRAMES) * (PERIOD / FRAMES))
        frames = None if case.clip is None else clip_frames(case.clip, times, PERIOD)
        lines.append((f"{case.name}, predicted", columns_of(case.image, volume, renderer, row=row)))
        lines.append((f"{case.name}, truth", columns_of(case.image, truth, renderer, row=row, frames=frames)))
        watch("sheet of clips", index + 1, len(cases))
    write_sheet(folder / "sheet_loops.jpg", lines)
    return "sheet_loops.jpg"


def sheets_of_stills(prior: Prior, stills: Path, folder: Path, watch: Watcher) -> Iterator[str]:
    """Write `sheet_stills_1.jpg`, … and yield their names.

    Raises:
        EvaluationError: when the folder holds no picture.
        ImageError: when one cannot be read.
    """
    found = sorted(path for path in stills.iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise EvaluationError(f"There are no pictures in “{stills}”.", "PNG, JPEG and WebP are looked for.")
    renderer = MotionRenderer.load()
    for number, first in enumerate(range(0, len(found), STILLS_TO_A_SHEET), 1):
        lines = []
        for index, path in enumerate(found[first : first + STILLS_TO_A_SHEET], first + 1):
            image: Picture = np.round(prepare(read_image(path)) * 255.0).astype(np.uint8)
            lines.append((path.stem, columns_of(image, next(prior.motions(image, [0])), renderer)))
            watch("sheets of stills", index, len(found))
        name = f"sheet_stills_{number}.jpg"
        write_sheet(folder / name, lines)
        yield name
