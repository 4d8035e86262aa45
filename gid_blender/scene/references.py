# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file outside the .blend that something in it needs, and how to make it look elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import bpy

from .relative import relative_path

__all__ = ["Reference", "references", "scenes_of"]

_NUMBERED = re.compile(r"(.*?)(\d+)(\.[^.]*)?$", re.DOTALL)


@dataclass(frozen=True)
class Reference:
    """Files that one thing needs; all of them lie in one folder.

    Attributes:
        block: the datablock that needs them.
        label: what a person calls it.
        files: absolute paths, the one that is named first; of a sequence all its frames that are there.
        packable: whether the .blend itself can hold it.
        point_to: let it look for the same names in another folder; None where that is not ours to change.
    """

    block: bpy.types.ID
    label: str
    files: tuple[Path, ...]
    packable: bool = False
    point_to: Callable[[Path], None] | None = None


def references() -> list[Reference]:
    """What this .blend needs beside itself: pictures, sequences, movies, strips, point caches, sounds, libraries."""
    found = [reference for reference in _known() if reference.files]
    covered = {(r.block, path) for r in found for path in r.files}
    for block, paths in bpy.data.file_path_map().items():
        for path in paths:
            absolute = _absolute(path, block)
            # A folder stands for what it holds, and packed things for nothing outside.
            if (block, absolute) not in covered and not isinstance(block, bpy.types.Library) and not _packed(block):
                found.append(Reference(block, block.name, (absolute,)))
    used = {block.library for block in _all_blocks() if block.library is not None}
    found += [Reference(lib, lib.name, (_absolute(lib.filepath, lib),)) for lib in used if not lib.packed_file]
    return found


def scenes_of(blocks: set[bpy.types.ID]) -> dict[bpy.types.ID, tuple[str, ...]]:
    """Names of the scenes that each of the datablocks has a part in, in order."""
    users = bpy.data.user_map()
    return {block: tuple(sorted(_scenes(block, users))) for block in blocks}


def _scenes(block: bpy.types.ID, users: dict[bpy.types.ID, set[bpy.types.ID]]) -> set[str]:
    seen, open_, names = {block}, [block], set()
    while open_:
        current = open_.pop()
        if isinstance(current, bpy.types.Scene):
            names.add(current.name)
            continue
        for user in users.get(current, ()):
            if user not in seen:
                seen.add(user)
                open_.append(user)
    return names


def _known() -> Iterator[Reference]:
    data = bpy.data
    for image in data.images:
        if image.filepath and image.source in {"FILE", "SEQUENCE", "MOVIE", "TILED"} and not _packed(image):
            files = _frames(image) if image.source == "SEQUENCE" else _named(image)
            yield _of(image, image.name, files, packable=image.source in {"FILE", "TILED"})
    for collection, packable in ((data.movieclips, False), (data.cache_files, False), (data.volumes, False)):
        for block in collection:
            if block.filepath:
                clip_frames = getattr(block, "source", "") == "SEQUENCE" or getattr(block, "is_sequence", False)
                yield _of(block, block.name, _frames(block) if clip_frames else _named(block), packable=packable)
    for block in (*data.sounds, *data.fonts):
        if block.filepath and block.filepath != "<builtin>" and not _packed(block):
            yield _of(block, block.name, _named(block), packable=True)
    for obj in data.objects:
        for modifier in obj.modifiers:
            if modifier.type == "MESH_CACHE" and modifier.filepath:
                yield _of(obj, f"{modifier.name} of {obj.name}", (_absolute(modifier.filepath, obj),), owner=modifier)
    for scene in data.scenes:
        for strip in scene.sequence_editor.strips_all if scene.sequence_editor is not None else ():
            yield from _strip(scene, strip)


def _strip(scene: bpy.types.Scene, strip: bpy.types.Strip) -> Iterator[Reference]:
    if strip.type == "IMAGE":
        folder = _absolute(strip.directory, scene)
        files = tuple(folder / element.filename for element in strip.elements)
        yield Reference(
            scene, f"strip {strip.name}", files, point_to=None if scene.library else partial(_point_strip, strip)
        )
    elif strip.type == "MOVIE" and strip.filepath:
        yield _of(scene, f"strip {strip.name}", (_absolute(strip.filepath, scene),), owner=strip)


def _of(
    block: bpy.types.ID,
    label: str,
    files: tuple[Path, ...],
    *,
    packable: bool = False,
    owner: bpy.types.bpy_struct | None = None,
) -> Reference:
    change = None if block.library is not None else partial(_point, owner or block, files[0].name)
    return Reference(block, label, files, packable, change)


def _point(owner: bpy.types.bpy_struct, name: str, folder: Path) -> None:
    owner.filepath = relative_path(folder / name)


def _point_strip(strip: bpy.types.Strip, folder: Path) -> None:
    strip.directory = relative_path(folder) + "/"


def _named(block: bpy.types.ID) -> tuple[Path, ...]:
    path = _absolute(block.filepath, block)
    if "<UDIM>" in path.name:
        return tuple(sorted(path.parent.glob(path.name.replace("<UDIM>", "[0-9][0-9][0-9][0-9]")))) or (path,)
    return (path,)


def _frames(block: bpy.types.ID) -> tuple[Path, ...]:
    """All files of a numbered sequence, the one that is named first."""
    first = _absolute(block.filepath, block)
    match = _NUMBERED.match(first.name)
    if match is None or not first.parent.is_dir():
        return (first,)
    pattern = re.compile(re.escape(match[1]) + r"\d+" + re.escape(match[3] or ""))
    others = sorted(p for p in first.parent.iterdir() if pattern.fullmatch(p.name) and p != first)
    return (first, *others)


def _absolute(path: str, block: bpy.types.ID) -> Path:
    return Path(bpy.path.abspath(path, library=block.library))


def _packed(block: bpy.types.ID) -> bool:
    return getattr(block, "packed_file", None) is not None or bool(getattr(block, "packed_files", ()))


def _all_blocks() -> Iterator[bpy.types.ID]:
    # What the brushes of Blender itself are is no matter of this file.
    for collection in (bpy.data.objects, bpy.data.meshes, bpy.data.collections, bpy.data.scenes, bpy.data.images):
        yield from collection
    for collection in (bpy.data.materials, bpy.data.node_groups, bpy.data.actions, bpy.data.worlds):
        yield from (block for block in collection if block.library is not None and not _is_blenders(block.library))


def _is_blenders(library: bpy.types.Library) -> bool:
    return Path(bpy.path.abspath(library.filepath)).is_relative_to(Path(bpy.utils.system_resource("DATAFILES")))
