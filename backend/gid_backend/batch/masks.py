# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mask belongs to which picture of a batch: lamp.mask.png beside lamp.jpg, or lamp.png in a folder of masks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from .errors import BatchError
from .pictures import MASK, SUFFIXES, PictureFile

__all__ = ["with_masks"]


def with_masks(pictures: Sequence[PictureFile], folder: Path | None = None) -> list[PictureFile]:
    """The pictures, each with the mask that belongs to it if there is one.

    Args:
        pictures: as `find_pictures` gives them.
        folder: of the masks, where lamp.png is that of lamp.jpg, and street/lamp.png that of street/lamp.jpg; without
            one, lamp.mask.png beside it is.

    Raises:
        BatchError: when there is no such folder, it holds the mask of none, or more than one for a picture.
    """
    if folder is not None and not os.path.isdir(folder):
        what = "is no folder" if os.path.exists(folder) else "does not exist"
        raise BatchError(f"“{folder}” {what}.", "Name the folder of the masks, called as their pictures are.")
    known: dict[Path, dict[str, list[Path]]] = {}
    found = []
    for picture in pictures:
        inside = PurePosixPath(picture.name)
        place = picture.path.parent if folder is None else folder / inside.parent
        if place not in known:
            known[place] = _files(place)
        stems = [inside.stem + MASK] if folder is None else [inside.stem, inside.stem + MASK]
        masks = [path for stem in stems for path in known[place].get(stem, [])]
        if len(masks) > 1:
            raise BatchError(
                f"“{picture.name}” has two masks, “{masks[0]}” and “{masks[1].name}”.", "Leave one of them there."
            )
        found.append(replace(picture, mask=masks[0]) if masks else picture)
    if folder is not None and not any(picture.mask for picture in found):
        raise BatchError(
            f"No picture in “{folder}” is called like one of those that are to move.",
            "The mask of street/lamp.jpg is street/lamp.png there.",
        )
    return found


def _files(place: Path) -> dict[str, list[Path]]:
    """Pictures of a folder by their stems; none where there is no such folder."""
    try:
        names = sorted(os.listdir(place))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BatchError(f"“{place}” cannot be searched ({error.strerror}).") from error
    stems: dict[str, list[Path]] = {}
    for name in names:
        if _is_picture(name) and not name.startswith("."):
            stems.setdefault(PurePosixPath(name).stem, []).append(place / name)
    return stems


def _is_picture(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)
