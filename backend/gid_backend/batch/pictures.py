# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pictures of a folder a batch takes, and in which order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from .errors import BatchError

__all__ = ["SUFFIXES", "PictureFile", "find_pictures"]

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".exr", ".hdr", ".pic"),
    *(".avif", ".jp2", ".tga", ".ppm", ".pgm", ".pnm"),
)


@dataclass(frozen=True)
class PictureFile:
    """A picture that is to be animated.

    Attributes:
        name: its path below the folder, with forward slashes: what reports call it.
        path: where it lies.
    """

    name: str
    path: Path


def find_pictures(
    folder: Path, *, recursive: bool = False, patterns: Sequence[str] = (), leave_out: Path | None = None
) -> list[PictureFile]:
    """The pictures of a folder, by name.

    Args:
        folder: that is searched; hidden files and folders in it are not.
        recursive: search the folders in it too; links to folders are not followed, they could lead round in circles.
        patterns: such as “*.jpg” or “street/*.png”, upper and lower case alike; without any, all that is called like
            a picture.
        leave_out: a folder in which nothing is taken: where results go.

    Raises:
        BatchError: when there is no such folder, it cannot be read, no picture is in it, or it is to be left out.
    """
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise BatchError(f"“{folder}” {what}.", "Name a folder that holds pictures.")
    closed = None if leave_out is None else os.path.realpath(leave_out)
    if closed == os.path.realpath(folder):
        raise BatchError(
            f"Pictures and results cannot share the folder “{folder}”.", "Name another folder for the results."
        )
    found = [
        PictureFile(name, folder / name) for name in _names(folder, recursive, closed) if _is_wanted(name, patterns)
    ]
    if not found:
        sought = f"Nothing in “{folder}” is called {' or '.join(patterns)}." if patterns else ""
        deeper = "" if recursive else " With --recursive the folders in it are searched too."
        raise BatchError(
            sought or f"No pictures in “{folder}”.", f"Pictures end in {', '.join(SUFFIXES[:6])} and so on.{deeper}"
        )
    return sorted(found, key=lambda picture: picture.name)


def _names(folder: Path, recursive: bool, closed: str | None) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise BatchError(f"“{error.filename}” cannot be searched ({error.strerror}).") from error

    for place, folders, files in os.walk(folder, onerror=refuse):
        inside = Path(place).relative_to(folder)
        if closed != os.path.realpath(place):
            yield from ((inside / name).as_posix() for name in files if not name.startswith("."))
        folders[:] = [
            name
            for name in folders
            if recursive and not name.startswith(".") and os.path.realpath(os.path.join(place, name)) != closed
        ]


def _is_wanted(name: str, patterns: Sequence[str]) -> bool:
    if not patterns:
        return name.lower().endswith(SUFFIXES)
    own = name.rpartition("/")[2]
    return any(fnmatch((name if "/" in p else own).lower(), p.lower()) for p in patterns)
