# SPDX-License-Identifier: GPL-3.0-or-later
"""A note in each folder that the extension makes: what is in it by the extension's hand, and which .blends need it.

Only what a note names is ever deleted, so a folder without one, or a file that somebody put into it, is safe. A .blend
is noted by its way from the folder: two of one name in different folders are two, and a project that moves as a whole
keeps its notes true.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import bpy

__all__ = ["NAME", "Manifest", "claim", "may_replace", "read_manifest", "release", "remove_note", "write_manifest"]

NAME = ".image_dynamics.json"
_MAKER = "Generative Image Dynamics"
_MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Manifest:
    """What a note says.

    Attributes:
        files: names of the files that were made, all in the folder itself.
        blends: absolute paths of the .blends that made the folder or were saved while they used it.
        named: name of a .blend in a note of an earlier version, which does not say where that lies; else "".
    """

    files: tuple[str, ...]
    blends: tuple[Path, ...] = ()
    named: str = ""

    @property
    def claims_this_file(self) -> bool:
        """Whether the .blend that is open is among them."""
        return bool(bpy.data.filepath) and _same(Path(bpy.data.filepath)) in map(_same, self.blends)

    @property
    def is_this_files(self) -> bool:
        """Whether it belongs to the .blend that is open and to no other one."""
        return self.claims_this_file and len(self.blends) == 1 and not self.named

    @property
    def label(self) -> str:
        """The .blends, the others before the one that is open; with their folders where they have its name."""
        own = Path(bpy.data.filepath) if bpy.data.filepath else None
        others = [path for path in self.blends if own is None or _same(path) != _same(own)]
        names = [f"{p.parent.name}/{p.name}" if own is not None and p.name == own.name else p.name for p in others]
        return ", ".join([*names, self.named] if self.named else names) or (own.name if self.claims_this_file else "")


def write_manifest(folder: Path, files: Iterable[str]) -> None:
    """Note down what was made in a folder, for the .blend that is open. Raises OSError when it cannot be written."""
    blends = (Path(bpy.data.filepath),) if bpy.data.filepath else ()
    _write(folder, Manifest(tuple(files), blends))


def read_manifest(folder: Path) -> Manifest | None:
    """The note in a folder; None when there is none or it is not ours."""
    path = folder / NAME
    try:
        if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
            return None
        said = json.loads(path.read_text(encoding="utf-8"))
        names, ways, named = said["files"], said.get("blends", []), said.get("blend", "")
        if said["made_by"] != _MAKER or not isinstance(named, str):
            return None
        # A name with a folder in it would lead out of this one.
        plain = [name for name in names if isinstance(name, str) and name and Path(name).name == name]
        home = folder.resolve()
        # A way that leads nowhere is somebody's all the same, and makes the whole note one to keep away from.
        return Manifest(tuple(plain), tuple(Path(os.path.normpath(home / way)) for way in ways), named)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def claim(folder: Path, blend: Path) -> bool:
    """Note that a .blend uses a folder; whether there is a note. Raises OSError when it cannot be written."""
    manifest = read_manifest(folder)
    if manifest is None:
        return False
    if _same(blend) not in map(_same, manifest.blends):
        _write(folder, Manifest(manifest.files, (*manifest.blends, blend), manifest.named))
    return True


def release(folder: Path) -> None:
    """The .blend that is open does without a folder, which stays another's. Raises OSError."""
    manifest = read_manifest(folder)
    if manifest is not None and manifest.claims_this_file:
        others = tuple(path for path in manifest.blends if _same(path) != _same(Path(bpy.data.filepath)))
        _write(folder, Manifest(manifest.files, others, manifest.named))


def may_replace(folder: Path) -> bool:
    """Whether all that is in a folder was made by the extension, and no other .blend needs it."""
    manifest = read_manifest(folder)
    if manifest is None or not {path.name for path in folder.iterdir()} <= {*manifest.files, NAME}:
        return False
    unsaved = not bpy.data.filepath and not manifest.blends and not manifest.named
    return manifest.is_this_files or unsaved


def remove_note(folder: Path) -> None:
    """Remove a note, and what a crash left of one. Raises OSError."""
    for path in (*folder.glob(f"{NAME}.*.part"), folder / NAME):
        path.unlink()


def _write(folder: Path, manifest: Manifest) -> None:
    text: dict[str, object] = {
        "made_by": _MAKER,
        "blends": [_way(path, folder) for path in manifest.blends],
        "files": sorted(manifest.files),
    }
    if manifest.named:
        text["blend"] = manifest.named
    # A note cut short would be none, and its folder nobody's.
    part = folder / f"{NAME}.{secrets.token_hex(4)}.part"
    try:
        part.write_text(json.dumps(text, ensure_ascii=False), encoding="utf-8")
        part.replace(folder / NAME)
    finally:
        part.unlink(missing_ok=True)


def _way(blend: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(blend.resolve(), folder.resolve())).as_posix()
    except ValueError:
        # On another drive of Windows.
        return blend.resolve().as_posix()


def _same(path: Path) -> str:
    """What is alike for two names of one file, links and Windows' letters considered."""
    return os.path.normcase(path.resolve())
