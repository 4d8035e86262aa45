# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames on their way out: a thread writes them, so that whoever sends never waits for the pipe."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from .protocol import Part, encode_header

__all__ = ["Outbox"]

# Enough to keep a pipe busy; beyond it a producer of frames waits until some have left.
_BACKLOG_BYTES = 64 << 20
# Between two slices the thread notices that it shall stop, and shows that the other side still takes bytes.
_SLICE = 1 << 20


class RawWriter(Protocol):
    """An unbuffered binary stream; `write` may take less than it was given."""

    def write(self, data: memoryview, /) -> int | None: ...
    def close(self) -> None: ...


class Outbox:
    """Writes frames in the order in which they were sent, each whole.

    Attributes:
        last_written: `time.monotonic()` of the last bytes that the other side took.
    """

    def __init__(self, stream: RawWriter, *, on_error: Callable[[OSError], None]) -> None:
        """Start the thread that writes to `stream` and, in the end, closes it.

        Args:
            stream: unbuffered; nobody else may write to it.
            on_error: called once on the thread when the other side is gone.
        """
        self._stream = stream
        self._on_error = on_error
        self._frames: deque[tuple[Part, ...]] = deque()
        self._backlog = 0
        self._busy = False
        self._closing = False
        self._changed = threading.Condition()
        self.last_written = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="gid-outbox", daemon=True)
        self._thread.start()

    def send(self, header: Mapping[str, Any], parts: Sequence[Part] = (), *, wait: bool = False) -> None:
        """Put a frame into the queue; parts are not copied and must not be changed afterwards.

        Args:
            header: the JSON object.
            parts: the bytes that follow it.
            wait: hold the caller back while much is still unwritten. Only for threads that may wait.

        Raises:
            ProtocolError: when this is no valid frame; nothing of it is sent.
        """
        frame = (encode_header(header, parts), *parts)
        with self._changed:
            while wait and self._backlog > _BACKLOG_BYTES and not self._closing:
                self._changed.wait()
            if self._closing:
                return
            self._frames.append(frame)
            self._backlog += _size(frame)
            self._changed.notify_all()

    def is_busy(self) -> bool:
        """Whether something is still unwritten."""
        with self._changed:
            return self._busy or bool(self._frames)

    def flush(self, timeout: float) -> bool:
        """Wait until everything is written; False when it took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closing or not (self._busy or self._frames), timeout)

    def close(self) -> None:
        """Drop what is unwritten and close the stream as soon as the slice in hand has left; returns at once."""
        with self._changed:
            self._closing = True
            self._frames.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            while (frame := self._next()) is not None:
                for block in frame:
                    self._write(memoryview(block).cast("B"))
                with self._changed:
                    self._backlog -= _size(frame)
                    self._busy = False
                    self._changed.notify_all()
        # ValueError: the stream was closed under us.
        except (OSError, ValueError) as error:
            self.close()
            self._on_error(error if isinstance(error, OSError) else BrokenPipeError(str(error)))
        finally:
            # Only this thread closes the stream: closing a descriptor that another thread writes to hands its
            # number to the next file opened, and the bytes with it.
            try:
                self._stream.close()
            except OSError:
                pass

    def _next(self) -> tuple[Part, ...] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._frames)
            if self._closing:
                return None
            self._busy = True
            return self._frames.popleft()

    def _write(self, block: memoryview) -> None:
        while block and not self._closing:
            written = self._stream.write(block[:_SLICE])
            if written:
                block = block[written:]
                self.last_written = time.monotonic()


def _size(frame: tuple[Part, ...]) -> int:
    return sum(memoryview(block).nbytes for block in frame)
