# SPDX-License-Identifier: GPL-3.0-or-later
"""How patient the supervisor is with one worker process, and what it does when patience ends."""

from __future__ import annotations

import time
from dataclasses import dataclass

from .errors import WorkerError
from .process import WorkerProcess

__all__ = ["Supervision", "Timing"]


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient the supervisor is, in seconds."""

    hello: float = 30.0
    """From the start of the command to the hello: ssh to a sleeping machine may take its time."""
    silence: float = 60.0
    """Without a byte in either direction while a job runs; half-way through the worker is asked whether it lives."""
    grace: float = 3.0
    """From a cancel to the first signal."""
    ladder: float = 1.0
    """From one signal to the next harder one, and from the end of the worker's output to its end."""
    restart: float = 5.0
    """Between two starts of a worker that dies by itself."""


class Supervision:
    """The deadlines of one worker process. Whoever owns it calls `check` when nothing arrives.

    Attributes:
        verdict: why the worker is being ended, once that is decided. Its jobs get this error when the
            process is gone, because only then its log is complete.
    """

    def __init__(self, process: WorkerProcess, timing: Timing) -> None:
        self.verdict: WorkerError | None = None
        self._process = process
        self._timing = timing
        self._condemned_at: float | None = None
        self._output_ended_at: float | None = None
        self._cancel_at: float | None = None
        self._signals = 0
        self._idle_until = process.started
        self._pinged_at: float | None = None

    def condemn(self, code: str, message: str, hint: str = "") -> None:
        """End the worker by force, for a reason; the first reason counts."""
        if self.verdict is None:
            self.verdict = WorkerError(code, message, hint)
            self._condemned_at = time.monotonic()
            self._process.kill()

    def output_ended(self) -> None:
        """The worker said its last word; its end should follow."""
        self._output_ended_at = time.monotonic()

    def cancel_sent(self) -> None:
        """A job shall end soon."""
        self._cancel_at = self._cancel_at or time.monotonic()

    def cancel_done(self) -> None:
        """No cancelled job is left that has not ended."""
        self._cancel_at = None

    def is_hopeless(self) -> bool:
        """Whether not even killing helped."""
        return self._condemned_at is not None and time.monotonic() - self._condemned_at > 5 * self._timing.ladder

    def check(self, *, said_hello: bool, has_jobs: bool) -> bool:
        """Look at every deadline; True when the worker should be asked whether it lives."""
        now = time.monotonic()
        if self._condemned_at is not None:
            return False
        if self._output_ended_at is not None:
            if now - self._output_ended_at > self._timing.ladder:
                self.condemn("worker_died", "The worker closed its output and went on running.")
            return False
        if not said_hello:
            if now - self._process.started > self._timing.hello:
                self.condemn(
                    "worker_silent",
                    f"The worker did not say hello within {self._timing.hello:g} s.",
                    "Run the worker command in a terminal: it should wait for input and ask nothing.",
                )
            return False
        self._escalate_cancel(now)
        return self._check_silence(now, has_jobs)

    def _escalate_cancel(self, now: float) -> None:
        """Cancel message → SIGINT → SIGTERM → SIGKILL."""
        if self._cancel_at is None or self._signals == 3:
            return
        if now > self._cancel_at + self._timing.grace + self._signals * self._timing.ladder:
            self.verdict = WorkerError(
                "stopped",
                "The worker had to be ended because it did not react to a cancel.",
                "Start the request again if it is still wanted.",
            )
            (self._process.interrupt, self._process.terminate, self._process.kill)[self._signals]()
            self._signals += 1
            if self._signals == 3:
                self._condemned_at = now

    def _check_silence(self, now: float, has_jobs: bool) -> bool:
        """A step may take minutes, so silence alone proves nothing; a worker that does not answer `status` hangs."""
        silence = self._timing.silence
        heard = self._process.last_activity
        if not has_jobs:
            self._idle_until = now
        if self._pinged_at is not None and heard > self._pinged_at:
            self._pinged_at = None
        if not has_jobs or now - max(heard, self._idle_until, self._pinged_at or 0.0) < silence / 2:
            return False
        if self._pinged_at is None:
            self._pinged_at = now
            return True
        self.condemn(
            "worker_silent",
            f"The worker has not answered for {silence:g} s and was ended.",
            "Try again; if it happens again, look at the log.",
        )
        return False
