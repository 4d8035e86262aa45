# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's log: a file of bounded size, and its last lines at hand for an error message."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO, BinaryIO

__all__ = ["WorkerLog"]

TAIL_LINES = 25
MAX_BYTES = 1 << 20
_MAX_LINE_BYTES = 4096


class WorkerLog:
    """Takes what workers write to stderr; thread-safe. Trouble with the file never stops anything.

    The file is renamed to `….1` when it exceeds `max_bytes`, so two files of that size remain at
    most. It lives on over restarts of the worker, because the start that failed is what one looks for.
    """

    def __init__(self, path: str | os.PathLike[str] | None, *, max_bytes: int = MAX_BYTES) -> None:
        """Append to `path`; None keeps the last lines only."""
        self.path = Path(path) if path is not None else None
        self._max_bytes = max_bytes
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines since the last `begin`, oldest first."""
        with self._lock:
            return tuple(self._tail)

    def begin(self, title: str) -> None:
        """A new worker starts: its tail holds none of the lines of the one before."""
        with self._lock:
            self._tail.clear()
            self._write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {title}\n".encode("utf-8", "replace"))

    def line(self, text: str) -> None:
        """One line from the client itself."""
        with self._lock:
            self._tail.append(text)
            self._write(text.encode("utf-8", "replace") + b"\n")

    def drain(self, stream: BinaryIO) -> None:
        """Copy a stream line by line until it ends; meant for a thread of its own."""
        while data := stream.readline(_MAX_LINE_BYTES):
            # A progress bar rewrites its line; only its last state is worth a line here.
            text = data.decode("utf-8", "replace").rstrip().rpartition("\r")[2]
            with self._lock:
                if text:
                    self._tail.append("".join(c if c.isprintable() or c == "\t" else "·" for c in text))
                self._write(data)

    def close(self) -> None:
        """Close the file; it is opened again when something more is written."""
        with self._lock:
            self._close()

    def _write(self, data: bytes) -> None:
        if self.path is None:
            return
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("ab", buffering=0)
            if self._file.tell() > self._max_bytes:
                self._close()
                os.replace(self.path, self.path.with_name(self.path.name + ".1"))
                self._file = self.path.open("ab", buffering=0)
            self._file.write(data)
        # A full disk or a read-only folder costs the log, not the work.
        except OSError:
            self._close()

    def _close(self) -> None:
        if self._file is not None:
            try:
                self._file.close()
            except OSError:
                pass
            self._file = None
