# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbered pictures as a video: files of a folder or of a pattern, or their bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .errors import ImageError
from .images import decode_image, is_linear, prepare, read_file

__all__ = ["DEFAULT_FPS", "PictureSequence", "find_sequence"]

DEFAULT_FPS = 24.0
# What pictures are called here; a video may be called otherwise.
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".exr", ".hdr", ".bmp", ".tga", ".jp2")
_PATTERN = re.compile(r"%0?(\d*)d|#+")


@dataclass(frozen=True, eq=False)
class PictureSequence:
    """Pictures that are shown one after another.

    Attributes:
        name: what sentences call it.
        pictures: the file of each, or its bytes; None for one behind the part that is meant, which nobody reads.
        numbers: of each, rising; where one is missing its time is passed over.
        fps: numbers a second.
        linear: whether the pictures hold scene-linear values; None takes what the names of their files say.
    """

    name: str
    pictures: Sequence[Path | memoryview | None]
    numbers: Sequence[int]
    fps: float
    linear: bool | None = None

    def times(self) -> list[float]:
        """Seconds at which each is shown, rising from 0."""
        return [(number - self.numbers[0]) / self.fps for number in self.numbers]

    def read(self, start: float = 0.0) -> Iterator[tuple[float, npt.NDArray[np.uint8]]]:
        """The pictures from `start` seconds on, with their times: (H, W, 3) uint8 sRGB, mid-grey where transparent.

        Raises:
            ImageError: when one of them cannot be read.
        """
        for time, number, picture in zip(self.times(), self.numbers, self.pictures, strict=True):
            if time < start - 1e-6:
                continue
            if picture is None:
                return
            if isinstance(picture, Path):
                name, data = f"“{picture.name}”", read_file(picture)
                linear = is_linear(picture) if self.linear is None else self.linear
            else:
                name, data, linear = f"{self.name}, picture {number}", bytes(picture), bool(self.linear)
            image = decode_image(data, name)
            if image.dtype != np.uint8 or image.shape[2] != 3:
                image = np.rint(255 * prepare(image, linear)).astype(np.uint8)
            yield time, image


def find_sequence(path: Path, fps: float | None = None) -> PictureSequence | None:
    """The pictures that a folder, or a pattern such as tree_####.png, tree_%04d.png or tree_*.png, stands for.

    Args:
        path: of either.
        fps: pictures a second.

    Returns:
        None for anything else, such as a video file.

    Raises:
        ImageError: when there are none, or those of several sequences.
    """
    name = f"“{path}”"
    rate = fps or DEFAULT_FPS
    if os.path.isdir(path):
        found = _only_one(_names(path), path)
        place = path
    elif os.path.exists(path) or not (_PATTERN.search(path.name) or re.search(r"[*?\[]", path.name)):
        return None
    else:
        found, place = _matching(_names(path.parent), path.name), path.parent
    if not found:
        what = "There are no pictures in" if place == path else "No file is called like"
        raise ImageError(f"{what} {name}.", "Name a folder of numbered pictures, or a pattern such as tree_####.png.")
    numbers = [number for number, _ in found]
    return PictureSequence(name, [place / file for _, file in found], numbers, rate)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry for entry in os.listdir(folder) if not entry.startswith("."))
    except OSError as error:
        raise ImageError(f"“{folder}” cannot be searched ({error.strerror}).") from error


def _matching(names: Sequence[str], pattern: str) -> list[tuple[int, str]]:
    """(number, name) of those that a pattern means, in their order."""
    if _PATTERN.search(pattern):
        # The last one counts, as everywhere.
        *_, hole = _PATTERN.finditer(pattern)
        digits = int(hole[1] or 1) if hole[0].startswith("%") else len(hole[0])
        number = rf"(\d{{{digits}}}|[1-9]\d{{{digits},}})"
        shape = re.compile(re.escape(pattern[: hole.start()]) + number + re.escape(pattern[hole.end() :]))
        return sorted((int(found[1]), name) for name in names if (found := shape.fullmatch(name)))
    found_names = [name for name in names if fnmatchcase(name, pattern)]
    numbers = [_numbered(name)[1] for name in found_names]
    if len(set(numbers)) < len(numbers):
        return list(enumerate(found_names))
    return sorted(zip(numbers, found_names, strict=True))


def _only_one(names: Sequence[str], folder: Path) -> list[tuple[int, str]]:
    """The pictures of a folder that holds one sequence."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        if name.lower().endswith(_SUFFIXES):
            pattern, number = _numbered(name)
            groups.setdefault(pattern, []).append((number, name))
    if len(groups) > 1:
        first, second = list(groups)[:2]
        raise ImageError(
            f"“{folder}” holds pictures of several sequences, such as “{first}” and “{second}”.",
            f"Name the one that you mean: {folder / first}",
        )
    return sorted(next(iter(groups.values()), []))


def _numbered(name: str) -> tuple[str, int]:
    """A name with # for the digits of its last number, and that number; -1 for a name without."""
    stem, suffix = os.path.splitext(name)
    found = re.fullmatch(r"(.*?)(\d+)(\D*)", stem)
    if found is None:
        return name, -1
    return f"{found[1]}{'#' * len(found[2])}{found[3]}{suffix}", int(found[2])
