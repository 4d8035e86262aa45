# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of frames that fill one frame at a time, go on after an interruption, and never hold two renders.

Beside its frames a folder holds `.gid-render.jsonl`: a first line that names the render, and a line for each
frame that is finished, with its size and checksum. A frame counts only with its line, so what is half-written,
damaged or from elsewhere is rendered again. The frames of another render stay untouched until those of this one
are complete: those gather in a hidden folder beside it, which then takes its place.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .atomic import OutputError

__all__ = ["MANIFEST", "FramesFolder", "check_place", "filling", "open_folder"]

MANIFEST = ".gid-render.jsonl"
_FRAME_NAME = re.compile(r"frame_\d+\.(png|jpg|webp|exr)")
# What a killed process was writing.
_TEMPORARY = ".gid-new-"
# What file managers leave wherever somebody looks.
_LITTER = {".ds_store", "desktop.ini", "thumbs.db"}


def check_place(folder: Path) -> None:
    """Find out, before any work, whether frames can be written to `folder`; missing parents are made.

    Raises:
        OutputError: when it is a file, holds other things than frames, or nothing can be written there.
    """
    try:
        if not folder.name and not folder.is_dir():
            raise OutputError(f"“{folder}” is no name for a result.")
        if os.path.lexists(folder) and not folder.is_dir():
            raise OutputError(f"“{folder}” is a file; name a folder.")
        names = os.listdir(folder) if folder.is_dir() else []
        strangers = [name for name in names if not _is_ours(name) and name.lower() not in _LITTER]
        if strangers:
            raise OutputError(
                f"The folder “{folder}” holds other things, such as “{strangers[0]}”.",
                "Choose an empty or a new folder.",
            )
        # Through the full path: in “.” there is no parent to see, and beside a link is not beside its folder.
        parent = Path(os.path.realpath(folder)).parent
        parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            os.lstat(folder)
        os.rmdir(tempfile.mkdtemp(dir=folder if folder.is_dir() else parent, prefix=_TEMPORARY))
    except (OSError, ValueError) as error:
        raise _cannot_write(folder, error) from error


def open_folder(
    folder: Path, render: str, count: int, suffix: str, about: Mapping[str, Any] | None = None
) -> FramesFolder:
    """As `filling`, for those who fill several at a time: to be ended by `finish`, if all is there, and by `close`."""
    check_place(folder)
    try:
        # Without links: one that is put aside for newer frames would leave its folder behind.
        return FramesFolder(Path(os.path.realpath(folder)), render, count, suffix, about or {})
    except OSError as error:
        raise _cannot_write(folder, error) from error


@contextmanager
def filling(
    folder: Path, render: str, count: int, suffix: str, about: Mapping[str, Any] | None = None
) -> Iterator[FramesFolder]:
    """Open a folder for the frames of a render, or go on with what a killed process left of the same one.

    When the block ends well, the folder is complete. When it does not, finished frames stay for the next time;
    a folder without any is removed again.

    Args:
        folder: place of the frames, frame_0001 and so on; checked as by `check_place`.
        render: fingerprint of everything that the frames depend on.
        count: number of frames.
        suffix: of each file.
        about: what a person may want to know about the render, in JSON.

    Raises:
        OutputError: when the place cannot be written.
    """
    opened = open_folder(folder, render, count, suffix, about)
    try:
        yield opened
        opened.finish()
    finally:
        opened.close()


class FramesFolder:
    """A folder of frames, some of which may be there already; use `filling`.

    Attributes:
        target: the folder itself, wherever links that were named lead.
        count: number of frames of the whole render.
    """

    def __init__(self, target: Path, render: str, count: int, suffix: str, about: Mapping[str, Any]) -> None:
        self.target, self.count = target, count
        self._suffix = suffix
        # Key by key as JSON sorts them: the line is compared to find out whose a folder is.
        self._title = json.dumps({"render": render, "frames": count, **about}, sort_keys=True)
        self._render = render
        beside = target.with_name(f".{target.name}.gid-part")
        if not target.exists() and _render_of(beside) == render:
            # Killed between the two last steps, in `finish`.
            beside.rename(target)
        is_free = not target.exists() or not os.listdir(target)
        self._work = target if is_free or _render_of(target) == render else beside
        if self._work == beside and os.path.ismount(target):
            raise OutputError(
                f"“{target}” is the top of a disk or of a mounted folder and holds another render, which cannot be "
                "replaced as a whole there.",
                "Choose a folder in it, or empty it.",
            )
        if self._work == beside and beside.exists() and _render_of(beside) != render:
            shutil.rmtree(beside)
        self._done = self._found()

    @property
    def missing(self) -> list[int]:
        """Indices of the frames that are not there yet, ascending."""
        return [index for index in range(self.count) if index not in self._done]

    def write(self, index: int, data: bytes) -> None:
        """Put a frame in its place, whole or not at all.

        Raises:
            OutputError: when it cannot be written; all that was finished stays.
        """
        name = self._name(index)
        temporary = self._work / f"{_TEMPORARY}{os.getpid()}-{name}"
        try:
            if _render_of(self._work) != self._render:
                raise OutputError(f"Another render has taken the folder “{self.target}” meanwhile.", "Start again.")
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._work / name)
            entry = {"frame": name, "bytes": len(data), "crc32": zlib.crc32(data)}
            with (self._work / MANIFEST).open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise _cannot_write(self.target, error, self.state()) from error
        self._done.add(index)

    def state(self) -> str:
        """How much of it is there, in a sentence for somebody whose render was interrupted; empty when nothing is."""
        if not self._done:
            return ""
        place = "there" if self._work == self.target else f"in “{self._work.name}”"
        return f"{len(self._done)} of {self.count} frames are finished and stay {place}."

    def finish(self) -> None:
        """Check that all is there, and put it in the place of an older render.

        Raises:
            OutputError: when frames are missing or it cannot be put in place.
        """
        if self.missing:
            raise OutputError(f"Frame {self.missing[0] + 1} of {self.count} was not rendered.", "Render again.")
        if self._work == self.target:
            return
        old = self._work.with_name(f".{self.target.name}.gid-old")
        try:
            shutil.rmtree(old, ignore_errors=True)
            # Two renames, not a copy: for a moment the folder is missing, but it is never a mix.
            self.target.rename(old)
            self._work.rename(self.target)
        except OSError as error:
            raise _cannot_write(self.target, error, self.state()) from error
        shutil.rmtree(old, ignore_errors=True)
        self._work = self.target

    def close(self) -> None:
        """Remove the folder again if nothing was written to it."""
        if not self._done and _render_of(self._work) == self._render:
            with suppress(OSError):
                (self._work / MANIFEST).unlink()
                self._work.rmdir()

    def _name(self, index: int) -> str:
        return f"frame_{index + 1:04d}{self._suffix}"

    def _found(self) -> set[int]:
        """Make the folder, or clear away all in it that is no finished frame of this render."""
        self._work.mkdir(exist_ok=True)
        entries = _entries(self._work)
        names = {self._name(index): index for index in range(self.count)}
        kept = {}
        for entry in entries:
            name = entry.get("frame")
            if name in names and _is_intact(self._work / name, entry):
                kept[name] = entry
        for name in os.listdir(self._work):
            if name not in kept and name != MANIFEST and _is_ours(name):
                (self._work / name).unlink()
        # Written anew, so that no line stays that a crash cut short.
        lines = [self._title, *(json.dumps(kept[name]) for name in sorted(kept))]
        temporary = self._work / f"{_TEMPORARY}{os.getpid()}-manifest"
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
        os.replace(temporary, self._work / MANIFEST)
        return {names[name] for name in kept}


def _is_ours(name: str) -> bool:
    return name == MANIFEST or name.startswith(_TEMPORARY) or _FRAME_NAME.fullmatch(name) is not None


def _render_of(folder: Path) -> str | None:
    """The fingerprint of the render that a folder belongs to, or None."""
    try:
        with (folder / MANIFEST).open(encoding="utf-8") as file:
            title = json.loads(file.readline())
    except (OSError, ValueError):
        return None
    render = title.get("render") if isinstance(title, dict) else None
    return render if isinstance(render, str) else None


def _entries(folder: Path) -> list[dict[str, Any]]:
    """The lines about frames; one that a crash cut short is left out."""
    try:
        lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()[1:]
    except (OSError, ValueError):
        return []
    entries = []
    for line in lines:
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                entries.append(entry)
    return entries


def _is_intact(path: Path, entry: Mapping[str, Any]) -> bool:
    try:
        data = path.read_bytes()
    except OSError:
        return False
    return len(data) == entry.get("bytes") and zlib.crc32(data) == entry.get("crc32")


def _cannot_write(folder: Path, error: OSError | ValueError, state: str = "") -> OutputError:
    reason = getattr(error, "strerror", None) or str(error)
    sentence = f"Cannot write frames to “{folder}”: {reason}." + (f" {state}" if state else "")
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    again = "Make room there and run the same again; it goes on where it stopped."
    return OutputError(sentence, again if state or full else "Choose another place or make room there.")
