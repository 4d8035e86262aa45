# SPDX-License-Identifier: GPL-3.0-or-later
"""One request, as the caller sees it."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from .errors import WorkerError
from .protocol import Event, Part

__all__ = ["FrameCallback", "Job", "JobCallback", "JobState"]

# Texts of the worker are shown in a panel one line high; more than this is not meant to be read there.
_MAX_TEXT = 2000


class JobState(enum.Enum):
    """Where a job stands. The last three are final."""

    WAITING = "waiting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes any more."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class Job:
    """A request and what has become of it. It changes only inside `WorkerClient.pump` and `wait`.

    Attributes:
        method: what was asked.
        state: see `JobState`.
        stage: what the worker is doing, for the user.
        done: steps of the stage that are done.
        total: steps of the stage; 0 while unknown.
        frames: (index, bytes) of each frame event, and the bytes of each pass that was asked for, when no `on_frame`
            was given.
        result: the result's fields, once DONE.
        parts: the result's binary parts, once DONE.
        error: why, once FAILED.
        has_begun: whether the worker has said anything about it.
        id, params, input: the request as it is sent.
    """

    def __init__(
        self,
        method: str,
        params: Mapping[str, Any],
        parts: Sequence[Part],
        *,
        on_progress: JobCallback | None = None,
        on_frame: FrameCallback | None = None,
        on_done: JobCallback | None = None,
    ) -> None:
        self.method = method
        self.state = JobState.WAITING
        self.stage = ""
        self.done = 0
        self.total = 0
        self.frames: list[tuple[Any, ...]] = []
        self.result: Mapping[str, Any] = {}
        self.parts: tuple[bytes, ...] = ()
        self.error: WorkerError | None = None
        self.id: int | None = None
        self.has_begun = False
        self.params = params
        self.input: Sequence[Part] = parts
        self._on_progress = on_progress
        self._on_frame = on_frame
        self._on_done = on_done
        self._started = time.monotonic()
        self._ended: float | None = None

    @property
    def is_final(self) -> bool:
        """Whether the job has ended, one way or another."""
        return self.state.is_final

    @property
    def fraction(self) -> float:
        """How much of the stage is done, 0..1; 0 while unknown."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total > 0 else 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the job was submitted, until it ended."""
        return (self._ended if self._ended is not None else time.monotonic()) - self._started

    def value(self) -> tuple[Mapping[str, Any], tuple[bytes, ...]]:
        """(result, parts) of a job that is DONE.

        Raises:
            WorkerError: the error of a job that FAILED; code `cancelled` for one that was cancelled.
        """
        if self.error is not None:
            raise self.error
        if self.state is not JobState.DONE:
            raise WorkerError("cancelled", "Cancelled." if self.is_final else "The request has not ended yet.")
        return self.result, self.parts

    def show(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Say what is going on, and tell the listener."""
        self.stage, self.done, self.total = stage[:_MAX_TEXT], done, total
        if self._on_progress is not None:
            self._on_progress(self)

    def take(self, event: Event) -> None:
        """Apply an event of the worker that is about this job; events after the final one are dropped."""
        if self.is_final:
            return
        self.has_begun = True
        fields = event.fields
        if event.name == "progress":
            self.show(fields["stage"], fields["done"], fields["total"])
        elif event.name == "frame":
            if self._on_frame is not None:
                self._on_frame(self, fields["index"], *event.parts)
            else:
                self.frames.append((fields["index"], *event.parts))
        elif event.name == "result":
            self.result, self.parts = fields["result"], event.parts
            self._end(JobState.DONE)
        elif event.name == "error":
            code, message, hint = (fields[name][:_MAX_TEXT] for name in ("code", "message", "hint"))
            self.fail(WorkerError(code, message, hint))
        elif event.name == "cancelled":
            self.cancel()

    def fail(self, error: WorkerError) -> None:
        """End with an error, unless the job has ended already."""
        if not self.is_final:
            self.error = error
            self._end(JobState.FAILED)

    def cancel(self) -> None:
        """End as cancelled, unless the job has ended already."""
        if not self.is_final:
            self._end(JobState.CANCELLED)

    def _end(self, state: JobState) -> None:
        self.state = state
        self._ended = time.monotonic()
        # The picture may be half a gigabyte; nobody needs it any more.
        self.input = ()
        if self._on_done is not None:
            self._on_done(self)


JobCallback: TypeAlias = Callable[[Job], None]
FrameCallback: TypeAlias = Callable[..., None]
