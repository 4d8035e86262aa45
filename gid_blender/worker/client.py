# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor of the worker: requests go out, their ends come back, whatever the worker does.

Everything happens on the thread that calls `pump` or `wait` (Blender's main thread): threads only
move bytes. `pump` never blocks; `wait` is for background mode and scripts. A worker is started by
the first request, and again after it has died, at most once in `Timing.restart` seconds.
"""

from __future__ import annotations

import atexit
import signal
import sys
import time
import traceback
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from .. import __version__
from .errors import WorkerError
from .exits import describe_exit
from .job import FrameCallback, Job, JobCallback, JobState
from .log import WorkerLog
from .process import Broken, Exited, WorkerProcess
from .protocol import (
    PROTOCOL_VERSION,
    TERMINAL_EVENTS,
    Event,
    Frame,
    Part,
    ProtocolError,
    VersionMismatch,
    check_hello,
    parse_event,
)
from .supervision import Supervision, Timing

__all__ = ["Command", "WorkerClient"]

Command: TypeAlias = Sequence[str] | Callable[[], Sequence[str]]

# A request in the background wakes up this often when nothing comes, to look at its deadlines.
_WAIT_STEP = 0.05
# Looked at before a request is sent; an idle worker says next to nothing.
_IDLE_EVENTS = 100
_GARBAGE_HINT = (
    "Only the worker may write to the standard output of the worker command; with ssh, silence what the login prints."
)


class WorkerClient:
    """One worker and the jobs it does. To be used from one thread.

    Attributes:
        hello: what the worker said about itself (version, python, model, pid); None while none runs.
        device: the fields of its `device` event (torch, device, name, memory); None until torch is loaded.
        log: its log file and last lines.
    """

    def __init__(
        self,
        command: Command,
        *,
        log_path: str | Path | None = None,
        timing: Timing | None = None,
        variables: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        """Prepare a client; nothing is started yet.

        Args:
            command: the arguments of the worker, or a function that is asked for them at each start
                and may raise `WorkerError`.
            log_path: where the worker's stderr goes; None keeps the last lines only.
            timing: how patient to be.
            variables: asked at each start for variables to add to the worker's environment.
        """
        self.hello: Mapping[str, Any] | None = None
        self.device: Mapping[str, Any] | None = None
        self.log = WorkerLog(log_path)
        self._command = command
        self._timing = timing or Timing()
        self._variables = variables or dict
        self._started_with: Mapping[str, str] = {}
        self._process: WorkerProcess | None = None
        self._supervision: Supervision | None = None
        self._waiting: list[Job] = []
        self._open: dict[int, Job] = {}
        self._internal: set[int] = set()
        self._next_id = 1
        self._may_start_at = 0.0
        self._start_error: WorkerError | None = None
        self._closed = False
        _clients.add(self)

    # ---- what callers use

    @property
    def jobs(self) -> list[Job]:
        """Jobs that have not ended, oldest first."""
        return [job for job in [*self._open.values(), *self._waiting] if not job.is_final]

    @property
    def pid(self) -> int | None:
        """Process id of the running command."""
        return self._process.pid if self._process is not None else None

    def submit(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        parts: Sequence[Part] = (),
        *,
        on_progress: JobCallback | None = None,
        on_frame: FrameCallback | None = None,
        on_done: JobCallback | None = None,
    ) -> Job:
        """Ask the worker for something; returns at once and never raises for the worker's sake.

        Args:
            method: see the table in docs/design.md.
            params: JSON-able.
            parts: bytes that go with it. They are not copied: leave them unchanged until the job ends.
            on_progress: called with the job when its stage or count changes.
            on_frame: called with (job, index, bytes) for each frame, and the bytes of each pass that was asked for;
                without it they gather in `job.frames`.
            on_done: called with the job exactly once, when it is final.
        """
        job = Job(method, params or {}, parts, on_progress=on_progress, on_frame=on_frame, on_done=on_done)
        self._notice_idle_death()
        self._waiting.append(job)
        self._start_when_due()
        self._send_waiting()
        return job

    def cancel(self, job: Job) -> None:
        """Ask for the end of a job. It ends as CANCELLED soon, by force if need be, or as DONE if that came first."""
        if job.state is JobState.WAITING:
            self._waiting.remove(job)
            self._apply(job, job.cancel)
        elif job.state is JobState.RUNNING and self._supervision is not None:
            job.state = JobState.CANCELLING
            self._supervision.cancel_sent()
            self._send("cancel", {"target": job.id})
            self._apply(job, partial(job.show, "Cancelling", job.done, job.total))

    def pump(self, budget: float = 0.01) -> bool:
        """Handle what has arrived, for about `budget` seconds; True when anything did. Never blocks."""
        deadline = time.monotonic() + budget
        self._start_when_due()
        changed = self._report_start_error()
        while self._process is not None:
            if not self._handle_next(0.0):
                # Only an empty inbox proves silence: what waits in it may be the answer.
                self._check_deadlines()
                break
            changed = True
            if time.monotonic() >= deadline:
                break
        return changed

    def wait(self, job: Job, timeout: float | None = None) -> bool:
        """Block until the job has ended; False when that took longer than `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not job.is_final and (deadline is None or time.monotonic() < deadline):
            self._start_when_due()
            if self._report_start_error():
                continue
            if self._process is None:
                time.sleep(_WAIT_STEP)
            elif not self._handle_next(_WAIT_STEP):
                self._check_deadlines()
        return job.is_final

    def stop_if_outdated(self) -> None:
        """End a worker that was started with other variables than it would be now, if it has nothing to do."""
        if self._process is not None and not self.jobs and dict(self._variables()) != self._started_with:
            self.stop()

    def release(self) -> Job:
        """Ask the worker to free the memory of its models; it stays, and loads them again when needed."""
        return self.submit("release")

    def stop(self, grace: float = 1.0) -> None:
        """End the worker; open jobs end as FAILED with code `stopped`. The next request starts another."""
        process = self._forget_process()
        if process is not None:
            process.stop(grace)
        self._may_start_at = 0.0
        self._end_all(
            WorkerError("stopped", "The worker was stopped.", "Start the request again if it is still wanted.")
        )

    def close(self) -> None:
        """`stop` for good: later requests end as FAILED with code `stopped`."""
        self._closed = True
        self.stop()
        self.log.close()
        _clients.discard(self)

    # ---- starting and sending

    def _start_when_due(self) -> None:
        if self._process is not None or not self._waiting or self._start_error is not None:
            return
        missing = self._may_start_at - time.monotonic()
        if missing > 0 and not self._closed:
            self._show_all(f"The worker ended by itself; starting it again in {missing:.0f} s")
            return
        try:
            if self._closed:
                raise WorkerError("stopped", "The worker's client is closed.")
            command = self._command() if callable(self._command) else self._command
            self._started_with = dict(self._variables())
            self._process = WorkerProcess(command, self.log, self._started_with)
        except WorkerError as error:
            # Told by the next pump: a callback that runs before `submit` has returned surprises its caller.
            self._start_error = error
            return
        self._supervision = Supervision(self._process, self._timing)
        self._may_start_at = self._process.started + self._timing.restart
        self._process.send({"hello": {"protocol": PROTOCOL_VERSION, "version": __version__}})
        self._show_all("Starting the worker")

    def _notice_idle_death(self) -> None:
        """A worker that died while nobody wanted anything must not take the next request with it."""
        for _ in range(_IDLE_EVENTS):
            if self._process is None or self.jobs:
                break
            if not self._handle_next(0.0):
                if not self._process.is_running():
                    self._bury(None)
                break

    def _report_start_error(self) -> bool:
        error, self._start_error = self._start_error, None
        if error is not None:
            self._end_all(error)
        return error is not None

    def _send_waiting(self) -> None:
        if self.hello is None or self._supervision is None or self._supervision.verdict is not None:
            return
        waiting, self._waiting = self._waiting, []
        for job in waiting:
            try:
                job.id = self._send(job.method, job.params, job.input, internal=False)
            except ProtocolError as error:
                self._apply(job, partial(job.fail, WorkerError("bad_request", str(error))))
            else:
                job.state = JobState.RUNNING
                self._open[job.id] = job

    def _send(
        self, method: str, params: Mapping[str, Any], parts: Sequence[Part] = (), *, internal: bool = True
    ) -> int:
        assert self._process is not None
        identity, self._next_id = self._next_id, self._next_id + 1
        self._process.send({"id": identity, "method": method, "params": dict(params)}, parts)
        if internal:
            self._internal.add(identity)
        return identity

    # ---- what arrives

    def _handle_next(self, timeout: float) -> bool:
        assert self._process is not None
        assert self._supervision is not None
        item = self._process.inbox.get(timeout)
        if isinstance(item, Exited):
            self._bury(item.status)
        elif isinstance(item, Broken):
            if item.reason:
                self._supervision.condemn("protocol_error", item.reason, _GARBAGE_HINT)
            else:
                self._supervision.output_ended()
        elif item is not None and self._supervision.verdict is None:
            try:
                self._take(item)
            except VersionMismatch as error:
                hint = "“Set up worker” in the preferences brings both to one version."
                self._supervision.condemn("version_mismatch", str(error), hint)
            except ProtocolError as error:
                self._supervision.condemn("protocol_error", str(error), _GARBAGE_HINT)
        return item is not None

    def _take(self, frame: Frame) -> None:
        if self.hello is None:
            self.hello = check_hello(frame.header, own="the extension", other="the worker")
            self._send_waiting()
            return
        event = parse_event(frame)
        if event.id is not None:
            self._take_event(event.id, event)
        elif event.name == "device":
            self.device = {name: value for name, value in event.fields.items() if name != "event"}

    def _take_event(self, identity: int, event: Event) -> None:
        job = self._open.get(identity)
        if job is None and identity not in self._internal:
            self.log.line(f"Ignored: “{event.name[:40]}” for request {identity}, which is not open.")
        if event.name in TERMINAL_EVENTS:
            self._open.pop(identity, None)
            self._internal.discard(identity)
        if job is not None:
            self._apply(job, partial(job.take, event))
            if event.name == "error" and job.error is not None:
                job.error.log = self.log.tail
        if self._supervision is not None and not any(j.state is JobState.CANCELLING for j in self._open.values()):
            self._supervision.cancel_done()

    def _bury(self, status: int | None) -> None:
        """The worker is gone: every job that it had gets its end."""
        verdict = self._supervision.verdict if self._supervision is not None else None
        if verdict is None:
            verdict = WorkerError("worker_died", *describe_exit(status, said_hello=self.hello is not None))
        elif status == -_SIGKILL:
            # Our own doing, which explains nothing.
            status = None
        untouched: list[Job] = []
        if verdict.code == "stopped":
            # It did not die by itself, so the next request need not wait. And what only stood in the queue behind
            # the request that was cancelled has no part in this: the next worker gets it.
            self._may_start_at = 0.0
            untouched = [job for job in self._open.values() if job.state is JobState.RUNNING and not job.has_begun]
            self._open = {number: job for number, job in self._open.items() if job not in untouched}
            for job in untouched:
                job.state, job.id = JobState.WAITING, None
            untouched += self._waiting
            self._waiting = []
        self._forget_process()
        self._end_all(verdict, status)
        self._waiting = untouched + self._waiting

    def _forget_process(self) -> WorkerProcess | None:
        process, self._process = self._process, None
        self._supervision = None
        self.hello = self.device = None
        self._internal.clear()
        return process

    def _check_deadlines(self) -> None:
        if self._supervision is None:
            return
        if self._supervision.is_hopeless():
            self._bury(None)
        elif self._supervision.check(said_hello=self.hello is not None, has_jobs=bool(self._open)):
            self._send("status", {})

    # ---- jobs

    def _show_all(self, text: str) -> None:
        for job in [job for job in self._waiting if job.stage != text]:
            self._apply(job, partial(job.show, text))

    def _end_all(self, error: WorkerError, status: int | None = None) -> None:
        jobs = [*self._open.values(), *self._waiting]
        self._open, self._waiting = {}, []
        for job in jobs:
            if job.state is JobState.CANCELLING:
                self._apply(job, job.cancel)
            else:
                # One for each: an exception that is raised twice drags the first traceback along.
                own = WorkerError(error.code, error.message, error.hint, self.log.tail, status)
                self._apply(job, partial(job.fail, own))

    def _apply(self, job: Job, change: Callable[[], None]) -> None:
        """Change a job. An error in its callback (a full disk, say) ends this job and touches no other."""
        try:
            change()
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            self.log.line("".join(traceback.format_exception(error)).rstrip())
            if job.id in self._open and self._process is not None:
                self._send("cancel", {"target": job.id})
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            if not job.is_final:
                self._apply(job, partial(job.fail, WorkerError("failed", f"The result could not be used: {reason}.")))


_SIGKILL = int(getattr(signal, "SIGKILL", 9))

# Left open when Blender quits in the middle of a job. The jobs are told nothing any more: what their callbacks would
# touch may be gone already.
_clients: weakref.WeakSet[WorkerClient] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    for client in list(_clients):
        process = client._forget_process()
        if process is not None:
            process.stop(1.0)
