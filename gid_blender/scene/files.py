# SPDX-License-Identifier: GPL-3.0-or-later
"""What the extension has put on the disk: how much, for which .blend, which scene needs it, and what may go."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import bpy

from .frames import is_stale
from .manifest import claim, read_manifest, release, remove_note
from .references import references, scenes_of
from .shape_keys import bands_of

__all__ = ["Cleaned", "Item", "claim_used", "clean", "look", "roots_of_file", "volumes_in_use"]

# A render that crashed leaves one; one that is under way is younger.
_UNFINISHED = re.compile(r"\..*\.[0-9a-f]{8,12}\.part(\.old)?")


@dataclass(frozen=True)
class Item:
    """A folder or a file.

    Attributes:
        kind: "FOLDER" of frames or copies, "VOLUME" kept for exact rendering, "UNFINISHED" of a crash.
        path: of it.
        bytes: that it takes; of a folder without a note, all in it.
        modified: when it was last written, seconds since 1970.
        scenes: of this .blend that use it; "–" stands for something in it that is in no scene.
        blend: names of the .blends that need it, as far as they are noted; "" when none is.
        ours: whether the extension made it, for this .blend alone.
        deletable: whether the extension made it at all: what has no note of it is never touched.
    """

    kind: Literal["FOLDER", "VOLUME", "UNFINISHED"]
    path: Path
    bytes: int
    modified: float
    scenes: tuple[str, ...] = ()
    blend: str = ""
    ours: bool = False
    deletable: bool = False

    def goes(self, *, others: bool) -> bool:
        """Whether a clean-up takes it: never what this .blend uses; what is another's only when that was chosen."""
        return self.deletable and not self.scenes and (self.ours or others)


@dataclass(frozen=True)
class Cleaned:
    """What a clean-up did: bytes freed, what went, and a sentence for each thing that could not go."""

    bytes: int
    removed: tuple[Path, ...]
    left: tuple[str, ...]


def roots_of_file() -> list[Path]:
    """Folders that hold folders of this .blend: `image_dynamics` beside it, and what its scenes have as Folder."""
    roots = [Path(bpy.path.abspath("//")) / "image_dynamics"] if bpy.data.filepath else []
    for scene in bpy.data.scenes:
        chosen = getattr(getattr(scene, "gid", None), "output", "")
        if chosen:
            roots.append(Path(bpy.path.abspath(chosen)))
    return list(dict.fromkeys(roots))


def volumes_in_use() -> dict[str, tuple[str, ...]]:
    """Hash of each volume that an object of this .blend was made from → its scenes."""
    holders = [obj for obj in bpy.data.objects if bands_of(obj) and "gid_volume" in obj]
    scenes = scenes_of(set(holders))
    found: dict[str, tuple[str, ...]] = {}
    for obj in holders:
        name = str(obj["gid_volume"])
        found[name] = tuple(sorted({*found.get(name, ()), *(scenes[obj] or ("–",))}))
    return found


def look(roots: Iterable[Path], cache: Path | None = None, volumes: Path | None = None) -> list[Item]:
    """Everything that there is, largest first.

    Args:
        roots: folders whose folders are looked at.
        cache: the same for .blends that were never saved.
        volumes: folder of kept volumes.
    """
    used = _used_folders()
    places = dict.fromkeys([*roots, *([cache] if cache is not None else [])])
    items = [item for root in places for item in _in_root(root, used)]
    needed = volumes_in_use()
    for path in sorted(volumes.glob("*.npz")) if volumes is not None else ():
        known = path.stat()
        scenes = needed.get(path.stem, ())
        # Which .blend wanted it nobody knows, only whether this one does.
        items.append(Item("VOLUME", path, known.st_size, known.st_mtime, scenes, deletable=True))
    return sorted(items, key=lambda item: -item.bytes)


def clean(items: Iterable[Item], *, others: bool = False) -> Cleaned:
    """Delete what may go, after looking once more whether it is used by now.

    What this .blend and another one were noted for stays, and is the other's alone from then on.

    Args:
        items: of `look`.
        others: also what was made for other .blends, or for none that is known.
    """
    used, needed = _used_folders(), volumes_in_use()
    freed, removed, left = 0, [], []
    for item in items:
        if item.path.resolve() in used or item.path.stem in needed:
            continue
        try:
            if not item.goes(others=others):
                if item.kind == "FOLDER" and not item.scenes:
                    release(item.path)
                continue
            freed += _remove(item, others=others)
        except OSError as error:
            left.append(f"“{item.path}” stays: {error.strerror or error}.")
            continue
        if item.path.exists() and read_manifest(item.path) is None:
            left.append(f"“{item.path}” stays, because there is something in it that the extension did not make.")
        elif not item.path.exists():
            removed.append(item.path)
    return Cleaned(freed, tuple(removed), tuple(left))


def claim_used(blend: Path) -> list[str]:
    """Note in each folder that this .blend uses that it is needed by it, so that a clean-up of another one leaves it.

    Args:
        blend: where this .blend was just saved.

    Returns:
        a sentence for each folder in which that cannot be noted.
    """
    left = []
    # All files of one thing lie in one folder.
    for folder in dict.fromkeys(reference.files[0].parent for reference in references()):
        try:
            claim(folder, blend)
        except OSError as error:
            left.append(f"It cannot be noted in “{folder}” that “{blend.name}” uses it: {error.strerror or error}.")
    return left


def _remove(item: Item, *, others: bool) -> int:
    if item.kind == "VOLUME":
        item.path.unlink()
        return item.bytes
    if item.kind == "UNFINISHED":
        size = _size(item.path)
        shutil.rmtree(item.path)
        return size
    manifest = read_manifest(item.path)
    # Another .blend may have been saved with it since it was looked at.
    if manifest is None or item.path.is_symlink() or not (manifest.is_this_files or others):
        return 0
    freed = 0
    for name in manifest.files:
        path = item.path / name
        if path.is_file() and not path.is_symlink():
            size = path.stat().st_size
            path.unlink()
            freed += size
    remove_note(item.path)
    if not any(item.path.iterdir()):
        item.path.rmdir()
    return freed


def _in_root(root: Path, used: dict[Path, set[str]]) -> list[Item]:
    found = []
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        if not path.is_dir() or path.is_symlink():
            continue
        modified = path.stat().st_mtime
        if _UNFINISHED.fullmatch(path.name):
            if is_stale(path):
                found.append(Item("UNFINISHED", path, _size(path), modified, ours=True, deletable=True))
            continue
        manifest = read_manifest(path)
        scenes = tuple(sorted(used.get(path.resolve(), ())))
        # Frames of a .blend without a place may belong to one that was saved since: they are nobody's for certain.
        ours = manifest is not None and manifest.is_this_files
        found.append(
            Item(
                "FOLDER",
                path,
                _size(path),
                modified,
                scenes,
                blend=manifest.label if manifest is not None else "",
                ours=ours,
                deletable=manifest is not None,
            )
        )
    return found


def _used_folders() -> dict[Path, set[str]]:
    """Folders out of which something in this .blend is shown → the scenes that do."""
    known = references()
    scenes = scenes_of({reference.block for reference in known})
    used: dict[Path, set[str]] = {}
    for reference in known:
        for path in reference.files:
            for parent in path.resolve().parents:
                used.setdefault(parent, set()).update(scenes[reference.block] or ("–",))
    return used


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
