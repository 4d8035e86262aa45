# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of rendered frames on disk. A folder holds one whole render or does not exist.

What has a name, and was interrupted, waits in its hidden folder for the next try. There a journal says which frames are
finished; what has no line in it, or is not as its line says, counts as missing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import uuid
import zlib
from pathlib import Path
from types import TracebackType

import bpy

from .errors import SceneError
from .manifest import may_replace, write_manifest

__all__ = ["FrameFolder", "frame_folder", "is_stale", "output_root"]

# Characters that Windows or a shell may refuse in a name; letters of all alphabets stay.
_UNSAFE = re.compile(r"[^\w\-. ]+")
_LONGEST_NAME = 48
_STALE_SECONDS = 24 * 3600
# What can be gone on with is worth more than what a crash left: somebody may be on holiday.
_KEPT_SECONDS = 14 * _STALE_SECONDS
_JOURNAL = ".finished.jsonl"
# What a file is known by again is at its ends: a crash cuts it off there or leaves zeros, and reading all of gigabytes
# would make Blender wait.
_ENDS = 4096


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


def frame_folder(root: Path, name: str, *, replace: bool = False, render: str = "") -> FrameFolder:
    """Choose the folder for a render.

    Args:
        root: parent folder, made if it is missing.
        name: of the picture; characters that a file system may refuse are replaced, and it is shortened.
        replace: take the place of an earlier folder of that name, if it is this .blend's alone and nothing else is in
            it; else a number is appended until the name is free.
        render: hexadecimal name of what is rendered, if it is to go on with what is left of the same; see
            `FrameFolder.set_aside`.

    Raises:
        SceneError: when nothing can be written there.
    """
    return FrameFolder(root, _safe(name), replace=replace, render=render)


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
        name: of its files, before their number.
        committed: whether it is in place.
    """

    def __init__(self, root: Path, name: str, *, replace: bool, render: str = "") -> None:
        self._root, self.name, self._replace, self._render = root, name, replace, render
        self._files: dict[int, str] = {}
        self.committed = False
        self.hidden = root / f".{name}.{render[:12] or uuid.uuid4().hex[:8]}.part"
        try:
            root.mkdir(parents=True, exist_ok=True)
            _remove_stale(root)
            self.hidden.mkdir(exist_ok=bool(render))
            # What is gone on with is no longer old, before its first new frame is there.
            os.utime(self.hidden)
            self._files = self._finished() if render else {}
            self.target = self._free_target()
        except OSError as error:
            raise _cannot_write(root, error) from error

    def write(self, index: int, data: bytes, suffix: str) -> Path:
        """Write frame `index` (0 is the first; files count from 1). Raises SceneError when the disk is full or gone."""
        name = f"{self.name}_{index + 1:04d}{suffix}"
        path = self.hidden / name
        try:
            path.write_bytes(data)
            if self._render:
                self._note(index, name, data)
        except OSError as error:
            raise _cannot_write(self._root, error) from error
        self._files[index] = name
        return path

    def __contains__(self, index: int) -> bool:
        """Whether that frame is finished."""
        return index in self._files

    def read(self, index: int) -> bytes:
        """A finished frame; nothing when it is gone."""
        try:
            return (self.hidden / self._files[index]).read_bytes()
        except OSError:
            return b""

    def drop(self) -> None:
        """Throw away all frames, and begin anew. Raises SceneError when they cannot be deleted."""
        try:
            (self.hidden / _JOURNAL).unlink(missing_ok=True)
            for name in self._files.values():
                (self.hidden / name).unlink(missing_ok=True)
        except OSError as error:
            raise _cannot_write(self._root, error) from error
        self._files.clear()

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
            (self.target / _JOURNAL).unlink(missing_ok=True)
        except OSError as error:
            raise _cannot_write(self._root, error) from error
        self.committed = True
        return [self.target / self._files[index] for index in sorted(self._files)]

    def set_aside(self) -> None:
        """Leave the finished frames of a `render` for the next try of the same; without any, `discard`."""
        if not (self._render and self._files):
            self.discard()

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

    def _note(self, index: int, name: str, data: bytes) -> None:
        line = json.dumps(
            {"index": index, "file": name, "bytes": len(data), "ends": _ends(data[:_ENDS], data[-_ENDS:])}
        )
        with (self.hidden / _JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write(line + "\n")

    def _finished(self) -> dict[int, str]:
        """Index → name of each frame that is all there."""
        try:
            lines = (self.hidden / _JOURNAL).read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return {}
        found = {}
        for line in lines:
            try:
                said = json.loads(line)
                index, name = said["index"], said["file"]
                # A name with a folder in it would lead out of this one.
                if isinstance(index, int) and Path(name).name == name and _is_as_noted(self.hidden / name, said):
                    found[index] = name
            except (ValueError, KeyError, TypeError):
                # Cut off by a crash.
                continue
        # So that a line which was cut off does not spoil the next one.
        with (self.hidden / _JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write("\n")
        return found

    def _free_target(self) -> Path:
        target = self._root / self.name
        number = 2
        while os.path.lexists(target) and not (self._replace and _is_free(target)):
            target = self._root / f"{self.name} {number}"
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


def is_stale(hidden: Path) -> bool:
    """Whether a hidden folder is left of a crash, and nobody will go on with what is in it."""
    patience = _KEPT_SECONDS if (hidden / _JOURNAL).exists() else _STALE_SECONDS
    return time.time() - hidden.stat().st_mtime > patience


def _remove_stale(root: Path) -> None:
    """Hidden folders of renders that a crash ended a day ago or longer, or that nobody went on with in two weeks."""
    for path in root.glob(".*.part*"):
        if path.is_dir():
            if is_stale(path):
                shutil.rmtree(path, ignore_errors=True)


def _ends(head: bytes, tail: bytes) -> int:
    return zlib.crc32(tail, zlib.crc32(head))


def _is_as_noted(path: Path, said: dict[str, object]) -> bool:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_ENDS)
            file.seek(max(0, size - _ENDS))
            tail = file.read()
    except OSError:
        return False
    return said.get("bytes") == size and said.get("ends") == _ends(head, tail)


def _cannot_write(root: Path, error: OSError) -> SceneError:
    return SceneError(
        f"Cannot write frames to “{root}”: {error.strerror or error}.",
        "Free some space there, or save the .blend in a folder where you may write.",
    )
