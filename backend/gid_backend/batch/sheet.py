# SPDX-License-Identifier: GPL-3.0-or-later
"""A contact sheet: the motions that different seeds give one picture, to choose from."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume, loop_coefficients
from gid_blender.motion.masking import at_pixels

from ..evaluation.sheets import strength_picture
from ..images import prepare

if TYPE_CHECKING:
    from ..colour import Picture
    from ..masks import Weights
    from ..renderer import MotionRenderer
    from .recipe import Recipe

__all__ = ["contact_sheet"]

Pixels = npt.NDArray[np.uint8]

# Pixels of the longer side of a cell; a motion is judged at the size of a thumbnail, and a renderer is quick there.
CELL = 256
MARGIN, LABEL = 4, 20
# Moments of the loop in a still sheet, beside the picture of where it moves.
MOMENTS = 4
# A looping sheet: frames a second.
RATE = 15.0
GREY = 24


def contact_sheet(
    picture: Picture,
    linear: bool,
    seeds: Sequence[int],
    volumes: Sequence[SpectralVolume],
    renderer: MotionRenderer,
    recipe: Recipe,
    progress: Callable[[str, int, int], None],
    weights: Sequence[Weights] | None = None,
) -> bytes:
    """A sheet of one picture.

    Args:
        picture, linear: see `gid_backend.colour`.
        seeds: that are named on it.
        volumes: of each seed.
        renderer: makes the frames.
        recipe: `sheet` “png”: a row for each seed, where it moves (black is still, white 1 % of the width) and some
            moments of its loop; “webp”: all of them looping side by side. Also amplitude and offset.
        progress: called after each seed.
        weights: of a mask, for each seed, as `masks.vertex_weights` gives them; None lets everything move.

    Returns:
        The bytes of the file.
    """
    small = _small(picture, linear)
    duration = volumes[0].duration
    count = MOMENTS if recipe.sheet == "png" else max(2, round(duration * RATE))
    rows = []
    for done, volume in enumerate(volumes, 1):
        times = np.arange(count) * (volume.frames / count)
        q = loop_coefficients(times, harmonics=volume.bands, period=volume.frames, offset=recipe.offset)
        mask = None if weights is None else at_pixels(weights[done - 1], *small.shape[:2])
        rows.append(list(renderer.render_frames(small, volume, recipe.amplitude * q, mask=mask)))
        progress("Contact sheet", done, len(volumes))
    if recipe.sheet == "png":
        strengths = [volume.amplitude() for volume in volumes]
        if weights is not None:
            strengths = [s * at_pixels(w, *s.shape) for s, w in zip(strengths, weights, strict=True)]
        lines = [
            _row([_fitted(strength_picture(strength), small), *frames], f"seed {seed}")
            for seed, strength, frames in zip(seeds, strengths, rows, strict=True)
        ]
        return bytes(cv2.imencode(".png", np.vstack(lines)[..., ::-1])[1].tobytes())
    return _looping(seeds, rows, count / duration)


def _looping(seeds: Sequence[int], rows: Sequence[Sequence[Pixels]], fps: float) -> bytes:
    from ..animations import write_webp

    columns = math.ceil(math.sqrt(len(seeds)))
    count = len(rows[0])

    def frames() -> Iterator[Pixels]:
        for index in range(count):
            cells = [_row([frames[index]], f"seed {seed}") for seed, frames in zip(seeds, rows, strict=True)]
            cells += [np.full_like(cells[0], GREY)] * (-len(cells) % columns)
            yield np.vstack([np.hstack(cells[first : first + columns]) for first in range(0, len(cells), columns)])

    with tempfile.TemporaryDirectory(prefix="gid-batch-") as folder:
        path = Path(folder) / "sheet.webp"
        write_webp(path, frames(), fps, count)
        return path.read_bytes()


def _small(picture: Picture, linear: bool) -> Pixels:
    values = prepare(picture, linear)
    scale = min(1.0, CELL / max(values.shape[:2]))
    size = (max(16, round(values.shape[1] * scale)), max(16, round(values.shape[0] * scale)))
    return np.asarray(np.round(255 * np.clip(cv2.resize(values, size, interpolation=cv2.INTER_AREA), 0, 1)), np.uint8)


def _fitted(cell: Pixels, like: Pixels) -> Pixels:
    return np.asarray(cv2.resize(cell, like.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _row(cells: Sequence[Pixels], label: str) -> Pixels:
    height, width = cells[0].shape[:2]
    row = np.full((LABEL + height + MARGIN, len(cells) * (width + MARGIN) + MARGIN, 3), GREY, np.uint8)
    cv2.putText(row, label, (MARGIN, LABEL - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (230, 230, 230), 1, cv2.LINE_AA)
    for column, cell in enumerate(cells):
        left = MARGIN + column * (width + MARGIN)
        row[LABEL : LABEL + height, left : left + width] = cell
    return row
