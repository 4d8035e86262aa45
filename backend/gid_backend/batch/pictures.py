# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pictures of a folder a batch takes, and in which order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from .errors import BatchError

__all__ = ["MASK", "SUFFIXES", "PictureFile", "find_pictures"]

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".exr", ".hdr", ".pic"),
    *(".avif", ".jp2", ".tga", ".ppm", ".pgm", ".pnm"),
)

# What a mask's name has before its suffix, where it lies beside its picture.
MASK = ".mask"


@dataclass(frozen=True)
class PictureFile:
    """A picture that is to be animated.

    Attributes:
        name: its path below the folder, with forward slashes: what reports call it.
        path: where it lies.
        mask: where a picture lies of what of it may move, see `masks`; None lets all of it.
    """

    name: str
    path: Path
    mask: Path | None = None


def find_pictures(
    folder: Path,
    *,
    recursive: bool = False,
    patterns: Sequence[str] = (),
    leave_out: Path | None = None,
    masks: Path | None = None,
) -> list[PictureFile]:
    """The pictures of a folder, by name.

    Args:
        folder: that is searched; hidden files and folders in it are not.
        recursive: search the folders in it too; links to folders are not followed, they could lead round in circles.
        patterns: such as “*.jpg” or “street/*.png”, upper and lower case alike; without any, all that is called like
            a picture.
        leave_out: a folder in which nothing is taken: where results go.
        masks: another one, which holds the masks of the pictures.

    Raises:
        BatchError: when there is no such folder, it cannot be read, no picture is in it, or it is to be left out.
    """
    if not os.path.isdir(folder):
        what = "is no folder" if os.path.exists(folder) else "does not exist"
        raise BatchError(f"“{folder}” {what}.", "Name a folder that holds pictures.")
    closed = {os.path.realpath(each) for each in (leave_out, masks) if each is not None}
    if leave_out is not None and os.path.realpath(leave_out) == os.path.realpath(folder):
        raise BatchError(
            f"Pictures and results cannot share the folder “{folder}”.", "Name another folder for the results."
        )
    if os.path.realpath(folder) in closed:
        raise BatchError(
            f"Pictures and their masks cannot have the same names in the folder “{folder}”.",
            "Leave --masks out and call the mask of lamp.jpg lamp.mask.png, or name another folder.",
        )
    names = _without_masks(list(_names(folder, recursive, closed)))
    found = [PictureFile(name, folder / name) for name in names if _is_wanted(name, patterns)]
    if not found:
        sought = f"Nothing in “{folder}” is called {' or '.join(patterns)}." if patterns else ""
        deeper = "" if recursive else " With --recursive the folders in it are searched too."
        raise BatchError(
            sought or f"No pictures in “{folder}”.", f"Pictures end in {', '.join(SUFFIXES[:6])} and so on.{deeper}"
        )
    return sorted(found, key=lambda picture: picture.name)


def _names(folder: Path, recursive: bool, closed: Set[str]) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise BatchError(f"“{error.filename}” cannot be searched ({error.strerror}).") from error

    for place, folders, files in os.walk(folder, onerror=refuse):
        inside = Path(place).relative_to(folder)
        if os.path.realpath(place) not in closed:
            yield from ((inside / name).as_posix() for name in files if not name.startswith("."))
        folders[:] = [
            name
            for name in folders
            if recursive and not name.startswith(".") and os.path.realpath(os.path.join(place, name)) not in closed
        ]


def _without_masks(names: Sequence[str]) -> list[str]:
    """Names without those of masks that lie beside their picture."""
    stems = {_stem(name) for name in names if name.lower().endswith(SUFFIXES)}
    return [n for n in names if not (_stem(n).endswith(MASK) and _stem(n).removesuffix(MASK) in stems)]


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def _is_wanted(name: str, patterns: Sequence[str]) -> bool:
    if not patterns:
        return name.lower().endswith(SUFFIXES)
    own = name.rpartition("/")[2]
    return any(fnmatch((name if "/" in p else own).lower(), p.lower()) for p in patterns)
