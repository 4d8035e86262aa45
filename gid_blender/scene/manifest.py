# SPDX-License-Identifier: GPL-3.0-or-later
"""A note in each folder that the extension makes: what is in it by the extension's hand, and for which .blend.

Only what a note names is ever deleted, so a folder without one, or a file that somebody put into it, is safe.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import bpy

__all__ = ["NAME", "Manifest", "read_manifest", "write_manifest"]

NAME = ".image_dynamics.json"
_MAKER = "Generative Image Dynamics"
_MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Manifest:
    """What a note says.

    Attributes:
        blend: name of the .blend that the folder was made for, without its folder; "" when it was not saved yet.
        files: names of the files that were made, all in the folder itself.
    """

    blend: str
    files: tuple[str, ...]

    @property
    def is_this_files(self) -> bool:
        """Whether the .blend that is open is the one."""
        return bool(bpy.data.filepath) and self.blend == Path(bpy.data.filepath).name


def write_manifest(folder: Path, files: Iterable[str]) -> None:
    """Note down what was made in a folder. Raises OSError when it cannot be written."""
    text = {
        "made_by": _MAKER,
        "blend": Path(bpy.data.filepath).name if bpy.data.filepath else "",
        "files": sorted(files),
    }
    (folder / NAME).write_text(json.dumps(text, ensure_ascii=False), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest | None:
    """The note in a folder; None when there is none or it is not ours."""
    path = folder / NAME
    try:
        if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
            return None
        said = json.loads(path.read_text(encoding="utf-8"))
        names, blend = said["files"], said["blend"]
        if said["made_by"] != _MAKER or not isinstance(blend, str):
            return None
        # A name with a folder in it would lead out of this one.
        plain = [name for name in names if isinstance(name, str) and name and Path(name).name == name]
        return Manifest(blend, tuple(plain))
    except (OSError, ValueError, KeyError, TypeError):
        return None
