# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures in a row that are taken for a movie: which files they are, and their bytes for the worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import SceneError
from .picture_files import counted

__all__ = ["Row", "is_picture", "numbered_row", "only_row", "read_row"]

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".exr", ".hdr", ".bmp", ".tga", ".jp2"}
_LINEAR = {".exr", ".hdr"}


@dataclass(frozen=True)
class Row:
    """Pictures that are shown one after another.

    Attributes:
        files: of each.
        numbers: the frame at which each is shown, rising; one that is missing leaves a gap.
    """

    files: Sequence[Path]
    numbers: Sequence[int]


def is_picture(path: Path) -> bool:
    """Whether a file is called like a picture, and not like a movie."""
    return path.suffix.lower() in _SUFFIXES


def numbered_row(first: Path) -> Row:
    """The files that differ from this one in their last number alone, which is the same or higher.

    Raises:
        SceneError: when the folder cannot be searched.
    """
    before, behind, begin, digits = counted(first)
    found = {}
    for path in _files(first.parent):
        head, tail, number, length = counted(path)
        # Blender counts 9, 10 and 09, 10; what has more digits begins with none that is 0.
        fits = length == digits or (length > digits and len(str(number)) == length)
        if (head, tail) == (before, behind) and begin >= 0 and number >= begin and fits:
            found[number] = path
    numbers = sorted(found)
    return Row([found[number] for number in numbers], numbers)


def only_row(folder: Path) -> Row:
    """The numbered pictures of a folder that holds one sequence of them.

    Raises:
        SceneError: when there are none or several, or the folder cannot be searched.
    """
    firsts: dict[tuple[str, str], Path] = {}
    for path in sorted(filter(is_picture, _files(folder)), key=lambda path: counted(path)[2]):
        firsts.setdefault(counted(path)[:2], path)
    if not firsts:
        raise SceneError(f"“{folder}” holds no pictures.", "Choose a movie file, or a folder of numbered pictures.")
    if len(firsts) > 1:
        first, second = list(firsts.values())[:2]
        raise SceneError(
            f"“{folder}” holds several sequences, such as those of “{first.name}” and “{second.name}”.",
            "Choose the first picture of the one that you mean.",
        )
    return numbered_row(*firsts.values())


def read_row(
    row: Row, name: str, fps: float, *, start: int, seconds: float, limit: int
) -> tuple[dict[str, Any], bytes]:
    """What the worker's `extract` wants to know of the pictures, and their bytes.

    Args:
        row: the pictures.
        name: of them, for sentences.
        fps: frames a second.
        start: number of the picture at which the measurement begins, 1 the first.
        seconds: that are measured; those outside are not read then. 0 reads all.
        limit: bytes that may be sent.

    Raises:
        SceneError: for a single picture, one that is missing or unreadable, or more than `limit` bytes.
    """
    if len(row.files) < 2:
        raise SceneError(f"“{name}” is a single picture, in which nothing moves.", "Choose a sequence or a movie.")
    if start > len(row.files):
        raise SceneError(f"“{name}” begins a row of {len(row.files)} pictures; there is no frame {start}.",
                         "Choose an earlier one.")  # fmt: skip
    begin = row.numbers[start - 1 if seconds else 0]
    end = begin + seconds * fps + 1 if seconds else row.numbers[-1] + 1
    wanted = [begin <= number < end for number in row.numbers]
    try:
        sizes = [path.stat().st_size if use else 0 for path, use in zip(row.files, wanted, strict=True)]
        if sum(sizes) > limit:
            raise SceneError(
                f"“{name}” and the others have {sum(sizes) / (1 << 30):.1f} GB; "
                f"up to {limit / (1 << 30):.0f} GB can be measured.",
                "Enter fewer Seconds, for only that part is read, or save them smaller.",
            )
        parts = [path.read_bytes() if use else b"" for path, use in zip(row.files, wanted, strict=True)]
    except OSError as error:
        raise SceneError(
            f"Cannot open “{error.filename}”: {error.strerror or error}.", "Restore it, or choose another sequence."
        ) from error
    if any(use and not part for use, part in zip(wanted, parts, strict=True)):
        empty = next(path for path, use, part in zip(row.files, wanted, parts, strict=True) if use and not part)
        raise SceneError(f"“{empty}” is empty.", "Render it again, or delete it.")
    told = {
        "sizes": [len(part) for part in parts],
        "numbers": list(row.numbers),
        "fps": fps,
        "linear": row.files[0].suffix.lower() in _LINEAR,
    }
    return told, b"".join(parts)


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise SceneError(
            f"Cannot open “{folder}”: {error.strerror or error}.", "Restore it, or choose another movie."
        ) from error
