# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C and SIGTERM as a request: the step that is running is finished first."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any

from ..errors import GidError

__all__ = ["StopRequest", "Stopped"]

# A launcher passes on the Ctrl-C that the terminal has sent to its processes already.
SAME_SECONDS = 2.0


class Stopped(GidError):
    """A run was asked to end before its budget was spent; its checkpoint is written."""

    code = "stopped"


class StopRequest:
    """Inside the block SIGINT and SIGTERM set `asked`. A second Ctrl-C, some seconds later, interrupts at once.

    Attributes:
        asked: whether a signal has come.
    """

    def __init__(self) -> None:
        self.asked = False
        self._first = 0.0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        # Python allows handlers in the main thread only; elsewhere somebody else decides about signals.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.asked and number == signal.SIGINT and now - self._first > SAME_SECONDS:
            raise KeyboardInterrupt
        if not self.asked:
            self.asked, self._first = True, now
