# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of rendered frames on disk. A folder holds one whole render or does not exist."""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from pathlib import Path
from types import TracebackType

import bpy

from .errors import SceneError
from .manifest import may_replace, write_manifest

__all__ = ["FrameFolder", "frame_folder", "output_root"]

# Characters that Windows or a shell may refuse in a name; letters of all alphabets stay.
_UNSAFE = re.compile(r"[^\w\-. ]+")
_LONGEST_NAME = 48
_STALE_SECONDS = 24 * 3600


def output_root(cache: Path) -> tuple[Path, bool]:
    """Where renders of this .blend go.

    Args:
        cache: the user's cache folder, taken when the .blend has not been saved yet.

    Returns:
        the folder `image_dynamics` beside the .blend and True, or `cache` and False (worth a note to the user).
    """
    if bpy.data.filepath:
        return Path(bpy.path.abspath("//")) / "image_dynamics", True
    return cache, False


def frame_folder(root: Path, name: str, *, replace: bool = False) -> FrameFolder:
    """Choose the folder for a render.

    Args:
        root: parent folder, made if it is missing.
        name: of the picture; characters that a file system may refuse are replaced, and it is shortened.
        replace: take the place of an earlier folder of that name, if it is this .blend's alone and nothing else is in
            it; else a number is appended until the name is free.

    Raises:
        SceneError: when nothing can be written there.
    """
    return FrameFolder(root, _safe(name), replace=replace)


class FrameFolder:
    """Frames on their way to disk: written to a hidden folder beside the target, put in place whole by `commit`.

    Use as a context manager: leaving it without `commit` throws the frames away and leaves an older folder as it was.

        with frame_folder(root, image.name) as folder:
            for index, data in enumerate(encoded):
                folder.write(index, data, ".png")
            paths = folder.commit()

    Attributes:
        target: the folder that `commit` will make; another one if somebody else takes its name meanwhile.
        hidden: where the frames gather, for who has to write a file before it can be read as bytes.
    """

    def __init__(self, root: Path, name: str, *, replace: bool) -> None:
        self._root, self._name, self._replace = root, name, replace
        self._files: dict[int, str] = {}
        self.hidden = root / f".{name}.{uuid.uuid4().hex[:8]}.part"
        try:
            root.mkdir(parents=True, exist_ok=True)
            _remove_stale(root)
            self.hidden.mkdir()
            self.target = self._free_target()
        except OSError as error:
            raise _cannot_write(root, error) from error

    def write(self, index: int, data: bytes, suffix: str) -> Path:
        """Write frame `index` (0 is the first; files count from 1). Raises SceneError when the disk is full or gone."""
        name = f"{self._name}_{index + 1:04d}{suffix}"
        path = self.hidden / name
        try:
            path.write_bytes(data)
        except OSError as error:
            raise _cannot_write(self._root, error) from error
        self._files[index] = name
        return path

    def commit(self) -> list[Path]:
        """Put the folder in place and return its files in order.

        Raises:
            SceneError: when frames are missing or the folder cannot be put in place; an older one is still there then.
        """
        if not self._files:
            raise SceneError("No frame was rendered.", "Try again.")
        missing = [i + 1 for i in range(max(self._files)) if i not in self._files]
        if missing:
            raise SceneError(f"Frame {missing[0]} of {max(self._files) + 1} is missing.", "Render again.")
        try:
            # So that a clean-up knows later that these may go.
            write_manifest(self.hidden, self._files.values())
            self._put_in_place()
        except OSError as error:
            raise _cannot_write(self._root, error) from error
        return [self.target / self._files[index] for index in sorted(self._files)]

    def discard(self) -> None:
        """Throw away what was written; an older folder stays as it was."""
        shutil.rmtree(self.hidden, ignore_errors=True)

    def __enter__(self) -> FrameFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    def _put_in_place(self) -> None:
        self.target = self._free_target()
        if not self.target.exists():
            self.hidden.rename(self.target)
            return
        old = self.hidden.with_name(self.hidden.name + ".old")
        # Two renames, not a copy: in between the folder is missing for a moment, but it is never a mix.
        self.target.rename(old)
        try:
            self.hidden.rename(self.target)
        except OSError:
            old.rename(self.target)
            raise
        shutil.rmtree(old, ignore_errors=True)

    def _free_target(self) -> Path:
        target = self._root / self._name
        number = 2
        while os.path.lexists(target) and not (self._replace and _is_free(target)):
            target = self._root / f"{self._name} {number}"
            number += 1
        return target


def _is_free(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and may_replace(folder)


def _safe(name: str) -> str:
    """A name for files and folders; a Windows device name or a leading dot would be refused or hidden."""
    safe = _UNSAFE.sub("_", Path(name).stem).strip(" .")[:_LONGEST_NAME].strip(" .")
    if not safe:
        return "picture"
    return f"{safe}_" if re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", safe) else safe


def _remove_stale(root: Path) -> None:
    """Hidden folders of renders that a crash ended a day ago or longer."""
    for path in root.glob(".*.part*"):
        if path.is_dir() and time.time() - path.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _cannot_write(root: Path, error: OSError) -> SceneError:
    return SceneError(
        f"Cannot write frames to “{root}”: {error.strerror or error}.",
        "Free some space there, or save the .blend in a folder where you may write.",
    )
