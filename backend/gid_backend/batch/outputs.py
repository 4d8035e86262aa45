# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a picture's results: whole files only, and a journal that says which of them are finished.

A file counts only with its line in `.gid-batch.jsonl`, which holds its size and checksum; so what a killed process or a
full disk left, or somebody changed, is made again. Only the process that was started by a person writes here.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..atomic import OutputError, replacing

__all__ = ["JOURNAL", "Results", "check_writable"]

JOURNAL = ".gid-batch.jsonl"


def check_writable(folder: Path) -> None:
    """Find out, before any work, whether results can be written to a folder; it is made when it is missing.

    Raises:
        OutputError: when they cannot.
    """
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise OutputError(f"“{folder}” is a file, where results of a batch go into a folder.", "Choose another name.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".gid-probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"Cannot write to “{folder}”: {reason}.", "Choose another place or make room there."
        ) from error


class Results:
    """The results of one picture."""

    def __init__(self, folder: Path, title: dict[str, Any]) -> None:
        """Open the folder, which need not be there.

        Args:
            folder: of nothing else.
            title: what a person may want to know about the results, in JSON.
        """
        self.folder = folder
        self._title = title
        self._entries = _entries(folder / JOURNAL)

    def has(self, name: str) -> bool:
        """Whether a file is there, finished and as it was written."""
        entry = self._entries.get(name)
        if entry is None:
            return False
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            return False
        return len(data) == entry.get("bytes") and zlib.crc32(data) == entry.get("crc32")

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises OutputError when it has gone."""
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise OutputError(
                f"“{self.folder / name}” has gone meanwhile ({error.strerror}).", "Start again."
            ) from error

    def write(self, name: str, data: bytes) -> None:
        """Put a file into its place, whole or not at all.

        Raises:
            OutputError: when it cannot be written.
        """
        path = self.folder / name
        with replacing(path) as temporary:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        self._entries[name] = {"file": name, "bytes": len(data), "crc32": zlib.crc32(data)}
        journal = self.folder / JOURNAL
        try:
            is_new = not journal.exists()
            with journal.open("a", encoding="utf-8") as file:
                if is_new:
                    file.write(json.dumps(self._title, ensure_ascii=False) + "\n")
                file.write(json.dumps(self._entries[name], ensure_ascii=False) + "\n")
        except OSError as error:
            raise OutputError(f"Cannot write “{journal}”: {error.strerror}.", "Make room there.") from error

    def paths(self, names: Sequence[str]) -> list[str]:
        """Where files or folders lie."""
        return [str(self.folder / name) for name in names]


def _entries(journal: Path) -> dict[str, dict[str, Any]]:
    """What the journal says of each file; a line that a crash cut short says nothing."""
    try:
        lines = journal.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    found = {}
    for line in lines:
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict) and isinstance(entry.get("file"), str):
                found[entry["file"]] = entry
    return found
