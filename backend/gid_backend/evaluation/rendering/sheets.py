# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheets to look at: crops at moving edges, and one row of them over time, of photographs with predicted motion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume, files

from ...atomic import replacing
from ...images import prepare, read_image
from ...predictor import MotionPredictor
from ..splits import EvaluationError
from .baselines import BICUBIC, SOFTMAX
from .candidates import NETWORK, PLAIN, Candidate
from .metrics import Field, Picture

__all__ = ["CROP", "Still", "most_telling_place", "stills_of", "write_sheets"]

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}
SHOWN = (BICUBIC, SOFTMAX, PLAIN, NETWORK)
STILLS = 6
# Longer sides are shrunk to it: a crop is then a fair part of the picture.
LONGEST_SIDE = 640
CROP, ENLARGED = 72, 3
# Pictures that are shown with more motion as well, and how much.
MAGNIFIED, FACTORS = 2, (2.0, 4.0)
# Frames of the slices through time, over one loop.
TIMES = 48
MARGIN, LABEL = 4, 18
MOST_BYTES = 480_000

Watcher = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Still:
    """A photograph and how it is predicted to move.

    Attributes:
        name: of the file.
        picture: (H, W, 3) uint8.
        volume: its motion.
    """

    name: str
    picture: Picture
    volume: SpectralVolume

    @cached_property
    def strength(self) -> Field:
        """(H, W) pixels, as in `FramePair`."""
        return self._at_full_size(self.volume.amplitude())

    @cached_property
    def coarse_strength(self) -> Field:
        """(h, w) of the volume's grid, in pixels of the picture."""
        return np.asarray(self.volume.amplitude() * np.float32(self.picture.shape[1]), np.float32)

    @cached_property
    def place(self) -> tuple[int, int]:
        """(top, left) of its crop."""
        return most_telling_place(self.strength)

    def coarse_flow(self, time: float) -> Field:
        """(2, h, w) of the volume's grid at a time in frames of its period, about the mean, in the picture's pixels."""
        moved = self.volume.displacement(time) - self.volume.spectrum[0].real
        return np.asarray(moved * np.float32(self.picture.shape[1]), np.float32)

    def flow(self, time: float) -> Field:
        """(2, H, W) pixels: the same, interpolated."""
        columns = np.float32(self.picture.shape[1])
        return np.stack([self._at_full_size(axis / columns) for axis in self.coarse_flow(time)])

    def frame(self, candidate: Candidate, time: float, factor: float = 1.0) -> Picture:
        """The frame that a candidate makes for a time, with so many times the motion.

        Ours brings motion to the picture's size itself, as in every render; the baselines get it interpolated.
        """
        if candidate.name in (PLAIN, NETWORK):
            flow, strength = self.coarse_flow(time), self.coarse_strength
        else:
            flow, strength = self.flow(time), self.strength
        return candidate.way(self.picture, flow * np.float32(factor), strength * np.float32(factor))

    @cached_property
    def peak(self) -> float:
        """The time at which the middle of the crop is farthest from rest."""
        row, column = (int((at + CROP / 2) / side * cells) for at, side, cells in self._middle)
        here = self.volume.spectrum[1:, :, row, column]
        times = np.arange(self.volume.frames)
        turns = np.exp(2j * np.pi * np.outer(times, np.arange(1, self.volume.bands)) / self.volume.frames)
        return float(np.argmax(np.square((turns @ here).real).sum(axis=1)))

    @property
    def _middle(self) -> list[tuple[int, int, int]]:
        rows, columns = self.picture.shape[:2]
        return [(self.place[0], rows, self.volume.height), (self.place[1], columns, self.volume.width)]

    def _at_full_size(self, axis: npt.NDArray[np.floating]) -> Field:
        rows, columns = self.picture.shape[:2]
        field = cv2.resize(np.asarray(axis, np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC)
        return np.asarray(field * np.float32(columns), np.float32)


def stills_of(folder: Path, cache: Path, watch: Watcher) -> list[Still]:
    """The photographs of a folder that move most at an edge, at most `STILLS`, in the order of their names.

    Args:
        folder: of pictures.
        cache: where predictions are kept.
        watch: told (what, done, total) after each.

    Raises:
        EvaluationError: when the folder holds no picture.
        ImageError: when one cannot be read.
        WeightsError: when there are no weights of a prior.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise EvaluationError(f"There are no pictures in “{folder}”.", "PNG, JPEG and WebP are looked for.")
    predictor = MotionPredictor.load()
    found = []
    for index, path in enumerate(paths):
        picture = _shrunk(np.round(prepare(read_image(path)) * 255.0).astype(np.uint8))
        kept = cache / f"{path.stem}-{picture.shape[1]}-{predictor.model_sha256[:12]}.npz"
        if not kept.exists():
            with replacing(kept) as temporary:
                files.save(predictor.predict(picture), temporary)
        found.append(Still(path.stem, picture, files.load(kept)))
        watch("motion of photographs", index + 1, len(paths))
    best = sorted(found, key=lambda still: -float(_telling(still.strength).max()))[:STILLS]
    return [still for still in found if still in best]


def write_sheets(folder: Path, images: Path, cache: Path, candidates: Sequence[Candidate], watch: Watcher) -> list[str]:
    """Write `renderer-crops.jpg` and `renderer-xt.jpg`, and return their names.

    Args:
        folder: of photographs.
        images: where the sheets go.
        cache: where predictions are kept.
        candidates: of which those are shown that are in `SHOWN`.
        watch: told (what, done, total).

    Raises:
        EvaluationError, ImageError, WeightsError: see `stills_of`.
        OutputError: when a sheet cannot be written.
    """
    shown = [candidate for candidate in candidates if candidate.name in SHOWN]
    stills = stills_of(folder, cache, watch)
    crops = []
    for index, still in enumerate(stills):
        crops.append((still.name, _crops(still, shown, 1.0)))
        watch("crops", index + 1, len(stills))
    for still in stills[:MAGNIFIED]:
        crops += [(f"{still.name}, motion x{factor:g}", _crops(still, shown, factor)) for factor in FACTORS]
    _write(images / "renderer-crops.jpg", crops)
    slices = []
    for index, still in enumerate(stills):
        slices.append((still.name, _slices(still, shown)))
        watch("slices", index + 1, len(stills))
    _write(images / "renderer-xt.jpg", slices)
    return ["renderer-crops.jpg", "renderer-xt.jpg"]


def most_telling_place(strength: Field, crop: int = CROP) -> tuple[int, int]:
    """(top, left) of the square of `crop` pixels in which things move most beside things that do not.

    Args:
        strength: (H, W) pixels.
        crop: its side; pictures are at least as large.
    """
    rows, columns = strength.shape
    sums = cv2.boxFilter(_telling(strength), -1, (crop, crop), borderType=cv2.BORDER_CONSTANT)
    top, left = crop // 2, crop // 2
    inner = sums[top : rows - crop + top + 1, left : columns - crop + left + 1]
    row, column = np.unravel_index(int(np.argmax(inner)), inner.shape)
    return int(row), int(column)


def _telling(strength: Field) -> Field:
    """(H, W): strength times its gradient, large at the edges of what moves."""
    across, down = cv2.Sobel(strength, cv2.CV_32F, 1, 0), cv2.Sobel(strength, cv2.CV_32F, 0, 1)
    return np.asarray(strength * np.hypot(across, down), np.float32)


def _crops(still: Still, candidates: Sequence[Candidate], factor: float) -> list[tuple[str, Picture]]:
    top, left = still.place
    frames = [("rest", still.picture)]
    frames += [(candidate.name, still.frame(candidate, still.peak, factor)) for candidate in candidates]
    cut = (slice(top, top + CROP), slice(left, left + CROP))
    return [(name, _enlarged(frame[cut], ENLARGED, ENLARGED)) for name, frame in frames]


def _slices(still: Still, candidates: Sequence[Candidate]) -> list[tuple[str, Picture]]:
    top, left = still.place
    row, cut = top + CROP // 2, slice(left, left + CROP)
    times = np.arange(TIMES) * (still.volume.frames / TIMES)
    found = [("rest", np.stack([still.picture[row, cut]] * TIMES))]
    for candidate in candidates:
        lines = [still.frame(candidate, time)[row, cut] for time in times]
        found.append((candidate.name, np.stack(lines)))
    return [(name, _enlarged(lines, ENLARGED, ENLARGED)) for name, lines in found]


def _enlarged(picture: Picture, down: int, across: int) -> Picture:
    return np.asarray(picture.repeat(down, axis=0).repeat(across, axis=1))


def _shrunk(picture: Picture) -> Picture:
    rows, columns = picture.shape[:2]
    scale = max(LONGEST_SIDE / max(rows, columns), CROP / min(rows, columns))
    if scale >= 1:
        return picture
    size = (round(columns * scale), round(rows * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _write(path: Path, lines: Sequence[tuple[str, Sequence[tuple[str, Picture]]]]) -> None:
    """A JPEG of at most `MOST_BYTES`: each line a label and named pictures, all of one size."""
    rows, columns = lines[0][1][0][1].shape[:2]
    height, width = rows + LABEL + MARGIN, columns + MARGIN
    sheet = np.full((len(lines) * height + MARGIN, len(lines[0][1]) * width + MARGIN, 3), 24, np.uint8)
    for i, (label, pictures) in enumerate(lines):
        for j, (name, picture) in enumerate(pictures):
            y, x = i * height + MARGIN, j * width + MARGIN
            said = f"{label}: {name}" if j == 0 else name
            at = (x, y + LABEL - 5)
            cv2.putText(sheet, said, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (230, 230, 230), 1, cv2.LINE_AA)
            sheet[y + LABEL : y + LABEL + rows, x : x + columns] = picture
    for quality in range(92, 30, -6):
        data = cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        if data.nbytes <= MOST_BYTES:
            break
    with replacing(path) as temporary:
        temporary.write_bytes(data.tobytes())
