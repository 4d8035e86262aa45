# SPDX-License-Identifier: GPL-3.0-or-later
"""What the threads of a worker hand over to the thread of Blender."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

__all__ = ["Inbox"]

T = TypeVar("T")


class Inbox(Generic[T]):
    """A queue bounded in items and in bytes.

    `queue.Queue` bounds items alone: sixty-four frames of an 8K float picture would be eight
    gigabytes. A full inbox holds the reader back, the pipe fills, and the worker waits: a worker
    that floods costs its own time, not Blender's memory.
    """

    def __init__(self, max_items: int = 512, max_bytes: int = 256 << 20) -> None:
        self._items: deque[tuple[T, int]] = deque()
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: T, size: int = 0, *, urgent: bool = False) -> bool:
        """Append an item of `size` bytes, waiting for room unless `urgent`; False when the inbox was closed."""
        with self._changed:
            while self._is_full() and not (self._closed or urgent):
                self._changed.wait()
            if self._closed:
                return False
            self._items.append((item, size))
            self._bytes += size
            self._changed.notify_all()
            return True

    def get(self, timeout: float = 0.0) -> T | None:
        """The oldest item, or None when there is none within `timeout` seconds."""
        with self._changed:
            if not self._items and timeout > 0:
                self._changed.wait_for(lambda: self._items or self._closed, timeout)
            if not self._items:
                return None
            item, size = self._items.popleft()
            self._bytes -= size
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Drop everything, and refuse what comes later; a waiting `put` returns."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()

    def _is_full(self) -> bool:
        # An item larger than the whole bound still passes when it is alone.
        return len(self._items) >= self._max_items or (self._bytes >= self._max_bytes and bool(self._items))
