# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact sheets: a prediction to look at, beside the truth where it is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume

from ..atomic import replacing
from ..renderer import MotionRenderer
from .frames import rendered, small
from .reading import Field

__all__ = [
    "BANDS",
    "FRAMES",
    "columns_of",
    "phase_picture",
    "row_of_most_motion",
    "slice_of",
    "strength_picture",
    "write_sheet",
]

Picture = npt.NDArray[np.uint8]

# Bands whose phase is shown.
BANDS = (1, 3)
CELL_WIDTH, CELL_HEIGHT, MARGIN, LABEL = 224, 140, 4, 18
# Strength that is shown white, in fractions of the width.
WHITE = 0.01
FRAMES = 150
MOST_BYTES = 400_000


def strength_picture(strength: Field) -> Picture:
    """(h, w, 3): black is still, white moves 1 % of the width and more."""
    level = np.sqrt(np.clip(strength / WHITE, 0.0, 1.0))
    coloured = cv2.applyColorMap(np.asarray(np.round(255 * level), np.uint8), cv2.COLORMAP_INFERNO)
    return np.ascontiguousarray(coloured[..., ::-1])


def phase_picture(volume: SpectralVolume, band: int) -> Picture:
    """(h, w, 3): hue is a band's phase along its main direction, brightness its amplitude up to the 99th percentile."""
    if band >= volume.bands:
        return np.zeros((volume.height, volume.width, 3), np.uint8)
    s = volume.spectrum[band].astype(np.complex128)
    # The axis along which the band moves most, over the whole picture.
    covariance = np.einsum("ahw,bhw->ab", s, s.conj()).real
    axis = np.linalg.eigh(covariance)[1][:, -1]
    along = np.einsum("a,ahw->hw", axis, s)
    size = np.abs(along)
    level = np.clip(size / max(float(np.percentile(size, 99)), 1e-12), 0.0, 1.0)
    hue = np.angle(along) % (2 * np.pi) / (2 * np.pi)
    hsv = np.stack([hue * 179, np.full_like(hue, 255), 255 * level], axis=-1).round().astype(np.uint8)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)


def slice_of(frames: Sequence[Picture], row: float) -> Picture:
    """(F, w, 3): one row of pixels over time, top to bottom; `row` in 0..1 of the height."""
    return np.stack([frame[min(int(row * len(frame)), len(frame) - 1)] for frame in frames])


def row_of_most_motion(volume: SpectralVolume) -> float:
    """Where the motion, summed along a row, is largest, in 0..1 of the height."""
    return (float(np.argmax(volume.amplitude().sum(axis=1))) + 0.5) / volume.height


def columns_of(
    image: Picture,
    volume: SpectralVolume,
    renderer: MotionRenderer,
    *,
    row: float | None = None,
    frames: Sequence[Picture] | None = None,
) -> list[Picture]:
    """The five pictures of one line of a sheet.

    Args:
        image: (H, W, 3) uint8.
        volume: its motion.
        renderer: makes the frames of the slice.
        row: of the slice, in 0..1; None takes that of most motion.
        frames: real ones for the slice, instead of rendered ones.
    """
    times = list(np.arange(FRAMES) * (volume.frames / FRAMES))
    shown = list(rendered(image, volume, times, renderer)) if frames is None else [small(frame) for frame in frames]
    row = row_of_most_motion(volume) if row is None else row
    phases = [phase_picture(volume, band) for band in BANDS]
    return [image, strength_picture(volume.amplitude()), *phases, slice_of(shown, row)]


def write_sheet(path: Path, lines: Sequence[tuple[str, Sequence[Picture]]]) -> None:
    """Write a JPEG of at most 400 kB.

    Args:
        path: of the sheet.
        lines: each a label and its pictures, of any size.

    Raises:
        OutputError: when it cannot be written.
    """
    width = max(len(pictures) for _, pictures in lines) * (CELL_WIDTH + MARGIN) + MARGIN
    height = CELL_HEIGHT + LABEL + MARGIN
    sheet = np.full((len(lines) * height + MARGIN, width, 3), 24, np.uint8)
    for index, (label, pictures) in enumerate(lines):
        top = index * height + MARGIN
        at = (MARGIN, top + LABEL - 5)
        cv2.putText(sheet, label, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (230, 230, 230), 1, cv2.LINE_AA)
        for column, picture in enumerate(pictures):
            # A slice has no aspect: its height is time.
            cell = _fitted(picture, whole=column == len(pictures) - 1)
            y = top + LABEL + (CELL_HEIGHT - cell.shape[0]) // 2
            x = MARGIN + column * (CELL_WIDTH + MARGIN) + (CELL_WIDTH - cell.shape[1]) // 2
            sheet[y : y + cell.shape[0], x : x + cell.shape[1]] = cell
    for quality in range(92, 30, -6):
        data = cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        if data.nbytes <= MOST_BYTES:
            break
    with replacing(path) as temporary:
        temporary.write_bytes(data.tobytes())


def _fitted(picture: Picture, *, whole: bool) -> Picture:
    rows, columns = picture.shape[:2]
    scale = min(CELL_WIDTH / columns, CELL_HEIGHT / rows)
    size = (max(round(columns * scale), 1), max(round(rows * scale), 1))
    return np.asarray(
        cv2.resize(picture, (CELL_WIDTH, CELL_HEIGHT) if whole else size, interpolation=cv2.INTER_AREA), np.uint8
    )
