# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch of picture files as image datablocks: stills, movies, and numbered files as one sequence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy

from .errors import SceneError
from .sources import image_from_file

__all__ = ["PictureFile", "Refusal", "all_refused", "counted", "load_pictures", "sequences_in"]

# Of files that were refused, as many as fit into one sentence.
_MOST_NAMES = 4


@dataclass(frozen=True)
class PictureFile:
    """An image datablock and how many frames of it there are.

    Attributes:
        image: the datablock.
        size: (width, height) in pixels; a sequence's datablock does not know its own.
        frames: 1 for a still.
        offset: number of the first file of a sequence, less one.
    """

    image: bpy.types.Image
    size: tuple[int, int]
    frames: int = 1
    offset: int = 0


@dataclass(frozen=True)
class Refusal:
    """A file that did not become what it was chosen for.

    Attributes:
        name: of the file.
        error: why.
    """

    name: str
    error: SceneError


def all_refused(refused: Sequence[Refusal]) -> SceneError:
    """Why files were left out, in one sentence that names them."""
    first = refused[0].error
    if len(refused) == 1:
        return first
    shown, others = refused[:_MOST_NAMES], len(refused) - _MOST_NAMES
    names = ", ".join(f"“{each.name}”" for each in shown)
    more = f" and {others} more" if others > 0 else ""
    return SceneError(f"{names}{more} were left out; the first because: {first.message}", first.hint)


def load_pictures(
    paths: Iterable[Path], *, find_sequences: bool = False, force_reload: bool = False, relative: bool = False
) -> tuple[list[PictureFile], list[Refusal]]:
    """Load files; those that cannot be used are told of and left out.

    Args:
        paths: the files, in any order.
        find_sequences: take files that differ in a number which counts up as one image sequence.
        force_reload: read files again that are loaded already.
        relative: keep paths relative to the .blend, where that is possible.

    Returns:
        the pictures in the order of their names, and the other files.
    """
    found: list[PictureFile] = []
    refused: list[Refusal] = []
    names = sorted(set(paths))
    groups = sequences_in(names) if find_sequences else [[path] for path in names]
    for group in groups:
        try:
            if len(group) > 1:
                # A datablock of its own: another may show this file as a still.
                picture = _sequence(group)
            else:
                image = image_from_file(str(group[0]))
                if force_reload:
                    image.reload()
                frames = image.frame_duration if image.source == "MOVIE" else 1
                picture = PictureFile(image, (image.size[0], image.size[1]), frames)
        except SceneError as error:
            refused.append(Refusal(group[0].name, error))
            continue
        if relative and bpy.data.filepath:
            _make_relative(picture.image)
        found.append(picture)
    return found, refused


def sequences_in(paths: Iterable[Path]) -> list[list[Path]]:
    """Files in groups, sorted: those of a group differ in their last number alone, which goes up by 1."""
    groups: list[list[Path]] = []
    for path in sorted(paths, key=lambda path: (path.parent, *counted(path))):
        before = groups[-1][-1] if groups else None
        if before is not None and before.parent == path.parent and _follows(counted(before), counted(path)):
            groups[-1].append(path)
        else:
            groups.append([path])
    return groups


def counted(path: Path) -> tuple[str, str, int, int]:
    """What stands before and behind the last number of a file's name, that number, and its digits."""
    found = re.fullmatch(r"(.*?)(\d+)(\D*)", path.stem)
    if found is None:
        return path.name, "", -1, 0
    return found[1], found[3] + path.suffix, int(found[2]), len(found[2])


def _follows(before: tuple[str, str, int, int], after: tuple[str, str, int, int]) -> bool:
    # Blender counts 9, 10 and 09, 10; after 09 it does not look for 010.
    digits = len(str(after[2])) if before[3] < len(str(after[2])) else before[3]
    return before[:2] == after[:2] and before[2] >= 0 and after[2] == before[2] + 1 and after[3] == digits


def _sequence(paths: list[Path]) -> PictureFile:
    first = image_from_file(str(paths[0]))
    size = (first.size[0], first.size[1])
    image = first if first.users == 0 else first.copy()
    image.source = "SEQUENCE"
    return PictureFile(image, size, len(paths), counted(paths[0])[2] - 1)


def _make_relative(image: bpy.types.Image) -> None:
    try:
        image.filepath = bpy.path.relpath(image.filepath)
    except ValueError:
        # On another drive there is no way from here to there.
        pass
