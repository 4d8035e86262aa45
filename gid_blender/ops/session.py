# SPDX-License-Identifier: GPL-3.0-or-later
"""The one thing in progress: a worker, a task, and the timer that moves it on without ever waiting.

Threads of the client put messages into a queue; `_tick` takes them out on Blender's main thread, within a time budget.
Panels read plain attributes of `session` and compute nothing.
"""

from __future__ import annotations

import atexit
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.app.handlers import persistent
from bpy.app.translations import pgettext_iface as iface_

from .. import __version__
from ..setup import Installer, SetupError, SetupState
from ..translations.sentences import said
from ..worker.client import WorkerClient
from ..worker.errors import WorkerError
from ..worker.job import Job, JobState
from .paths import user_folder
from .report import EXPECTED, Problem, problem_of
from .stages import in_ones_language
from .worker_command import own_environment, worker_command, worker_variables

__all__ = ["Task", "begin", "log_file", "redraw", "register", "session", "unregister", "watch"]

TICK_SECONDS = 0.1
BUDGET_SECONDS = 0.03
# Regions with panels that show the progress; nothing else is redrawn.
_AREAS = {"VIEW_3D": "UI", "IMAGE_EDITOR": "UI", "PROPERTIES": "WINDOW", "PREFERENCES": "WINDOW"}
# Results are not put into a scene in the middle of a drag: that would break the drag's own undo step.
_DRAGS = ("TRANSFORM_OT_", "GID_OT_touch")


class Task:
    """A request to the worker and what is to become of its result.

    Attributes:
        title: what the panel calls it, such as "Predicting motion".
        method, params, parts: the request; see docs/design.md.
    """

    title = ""
    method = ""
    params: Mapping[str, Any] = {}
    parts: Sequence[Any] = ()

    def frame(self, index: int, data: bytes, *passes: bytes) -> None:
        """A frame has arrived, with its passes. May raise anything of `EXPECTED`, which ends the task."""

    def finish(self, result: Mapping[str, Any], parts: tuple[bytes, ...]) -> None:
        """The result has arrived; may start the next task. May raise anything of `EXPECTED`."""

    def close(self) -> None:
        """The task has ended, in whatever way: throw away what is unfinished."""


class Session:
    """What is going on, for operators to change and for panels to show.

    Attributes:
        task: what is in progress, or None.
        stage, factor, elapsed: of the task in progress, ready to be drawn.
        problem: the last failure, until it is dismissed or something new is started.
        note: one sentence about the last success, or "".
        after: called once with whether it was cancelled, when a task and all that it started in turn has ended by
            itself or was cancelled; may start the next one. What is abandoned calls nobody.
        worker_facts: lines about the worker from the last Check, for the preferences.
        installer: the attempt to set up the worker that is running or was the last.
    """

    def __init__(self) -> None:
        self.task: Task | None = None
        self.stage = ""
        self.factor = 0.0
        self.elapsed = ""
        self.problem: Problem | None = None
        self.note = ""
        self.after: Callable[[bool], None] | None = None
        self.worker_facts: tuple[str, ...] = ()
        self.installer: Installer | None = None
        self.setup_lines: tuple[str, ...] = ()
        self._client: WorkerClient | None = None
        self._job: Job | None = None
        self._leaving: list[Job] = []
        self._failure: Exception | None = None
        self._started = 0.0
        self._waiting = False
        self._installing = False
        self._setup_state: SetupState | None = None

    @property
    def busy(self) -> bool:
        return self.task is not None

    @property
    def installing(self) -> bool:
        """Whether the worker is being set up."""
        return self._installing

    @property
    def setup_state(self) -> SetupState:
        """Whether the worker is set up, as it was when that last changed: looking at the disk is not for `draw`."""
        if self._setup_state is None:
            self._setup_state = own_environment().state(__version__)
        return self._setup_state

    @property
    def hello(self) -> Mapping[str, Any]:
        """What the running worker said about itself; empty when none runs."""
        return (self._client.hello if self._client is not None else None) or {}

    @property
    def device(self) -> Mapping[str, Any]:
        """What the running worker said about its device; empty before it has loaded PyTorch."""
        return (self._client.device if self._client is not None else None) or {}

    def install(self, installer: Installer) -> None:
        """Start setting up the worker."""
        # A worker that runs holds files which an update has to replace.
        self.restart_worker()
        self.problem = None
        self.installer = installer
        self._installing = True
        installer.start()
        if not bpy.app.background:
            watch()

    def finish_installing(self) -> bool:
        """Wait until the worker is set up; whether it is. For scripts and background mode."""
        assert self.installer is not None
        try:
            self.installer.wait()
        except KeyboardInterrupt:
            self.installer.cancel()
            raise
        self._watch_installer()
        return self.installer.error is None and not self.installer.cancelled

    def start(self, task: Task) -> None:
        """Send the task's request; a worker is started if none runs. Whatever ran before has to have ended."""
        self.problem = None
        self.note = ""
        self._failure = None
        self.task = task
        self.stage, self.factor = task.title, 0.0
        # A task that another one starts goes on with its clock.
        self._started = self._started or time.monotonic()
        self._job = self._connect().submit(task.method, task.params, task.parts, on_frame=self._frame)
        if not self._waiting and not bpy.app.background:
            watch()

    def run(self, task: Task) -> None:
        """Start a task and wait until it, and whatever it starts in turn, has ended. For scripts."""
        self._waiting = True
        try:
            self.start(task)
            while self._job is not None and self._client is not None:
                self._client.wait(self._job)
                self._end()
        except BaseException:
            # Ctrl+C in a script: the worker must not go on computing for nobody.
            self.abandon()
            raise
        finally:
            self._waiting = False

    def cancel(self) -> None:
        """Ask the worker to stop; the task ends when it says so."""
        if self._job is not None and self._client is not None:
            self._client.cancel(self._job)
            self.stage = "Cancelling"

    def abandon(self, note: str = "") -> None:
        """Forget the task at once: what it was for is gone. The worker stops in the background."""
        task, job = self.task, self._job
        if task is None:
            return
        self.task = self._job = self.after = None
        self._started = 0.0
        self.note = note
        task.close()
        if job is not None and self._client is not None and not job.is_final:
            self._client.cancel(job)
            self._leaving.append(job)
            if not bpy.app.background:
                watch()

    def fail(self, error: Exception) -> Problem:
        """Keep an error on display; returns the problem."""
        self.problem = _problem(error)
        self.note = ""
        return self.problem

    def restart_worker(self) -> None:
        """End the worker; the next request starts another, with the command as it is then."""
        if self._client is not None:
            self._client.stop()

    def close(self) -> None:
        """End everything: tasks, the worker, an installation."""
        self.abandon()
        if self.installer is not None:
            self.installer.cancel()
        self._installing = False
        if self._client is not None:
            self._client.close()
            self._client = None
        self._leaving.clear()

    def pump(self) -> bool:
        """Take in what has arrived; True while something is in progress."""
        if self._client is not None:
            self._client.pump(BUDGET_SECONDS)
        self._leaving = [job for job in self._leaving if not job.is_final]
        job = self._job
        if job is not None:
            if job.is_final and not _dragging():
                self._end()
            elif not job.is_final and self.stage != "Cancelling":
                self._show(job)
        if self.task is not None:
            self.elapsed = _clock(time.monotonic() - self._started)
        self._watch_installer()
        return self.busy or bool(self._leaving) or self.installing

    def _watch_installer(self) -> None:
        if self.installer is None or not self._installing:
            return
        self.setup_lines = tuple(self.installer.lines(8))
        if self.installer.finished:
            self._installing = False
            self._setup_state = None
            if self.installer.error is not None:
                self.fail(SetupError(self.installer.error))

    def _show(self, job: Job) -> None:
        assert self.task is not None
        self.stage = job.stage or self.task.title
        if job.total > 0:
            self.stage = f"{self.stage} {job.done}/{job.total}"
        self.factor = job.fraction

    def _frame(self, job: Job, index: int, *data: bytes) -> None:
        if job is not self._job or self.task is None or self._failure is not None:
            return
        try:
            self.task.frame(index, *data)
        except EXPECTED as error:
            self._failure = error
            self.cancel()

    def _end(self) -> None:
        task, job, failure = self.task, self._job, self._failure
        assert task is not None
        assert job is not None
        self.task = self._job = self._failure = None
        try:
            if failure is not None:
                raise failure
            if job.state is JobState.CANCELLED:
                self.note = "Cancelled."
            else:
                task.finish(*job.value())
        except (WorkerError, *EXPECTED) as error:
            self.fail(error)
        # A defect. Escaping from here it would end the timer and leave the panel as it was.
        except Exception as error:
            traceback.print_exc()
            self.problem = Problem(
                "failed",
                f"The result could not be used ({type(error).__name__}).",
                "This is a defect of the extension; Copy Report has what its authors need.",
                traceback.format_exc(),
            )
        finally:
            task.close()
            if self.task is None:
                self._started = 0.0
        if self.task is None and self.after is not None:
            after, self.after = self.after, None
            after(self.problem is None and job.state is JobState.CANCELLED)

    def _connect(self) -> WorkerClient:
        if self._client is None:
            self._client = WorkerClient(worker_command, log_path=log_file(), variables=worker_variables)
        # Other weights may have been chosen since it was started.
        self._client.stop_if_outdated()
        return self._client


session = Session()


def begin(operator: bpy.types.Operator, task: Task, *, wait: bool) -> set[str]:
    """Run a task to its end, or let the timer do so; the operator's return value."""
    if not wait:
        session.start(task)
        return {"FINISHED"}
    session.run(task)
    if session.problem is not None:
        operator.report({"ERROR"}, said(session.problem.sentence))
        return {"CANCELLED"}
    return {"FINISHED"}


def log_file() -> Path:
    """Where the worker's log lies."""
    return user_folder("log") / "worker.log"


def _problem(error: Exception) -> Problem:
    if isinstance(error, WorkerError):
        return Problem(error.code, error.message, error.hint, "\n".join(error.log))
    return problem_of(error)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _dragging() -> bool:
    windows = bpy.context.window_manager.windows
    return any(op.bl_idname.startswith(_DRAGS) for window in windows for op in window.modal_operators)


def _tick() -> float | None:
    before = _visible()
    active = session.pump()
    if _visible() != before or not active:
        redraw()
    return TICK_SECONDS if active else None


def _visible() -> tuple[Any, ...]:
    return (session.task, session.stage, session.factor, session.elapsed, session.problem, session.setup_lines)


def redraw() -> None:
    """Show the state in every panel that has it, and in the status bar."""
    text = None
    if session.busy:
        what, how = in_ones_language(session.stage), iface_("ESC cancels")
        text = f"Image Dynamics: {what}  {session.elapsed}  ({how})"
    for window in bpy.context.window_manager.windows:
        window.workspace.status_text_set(text)
        for area in window.screen.areas:
            for region in area.regions:
                if region.type == _AREAS.get(area.type):
                    region.tag_redraw()


def watch() -> None:
    """Have the timer run until nothing is in progress any more."""
    # Persistent: loading a file must not stop the timer that clears up after the task which that ended.
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=TICK_SECONDS, persistent=True)


@persistent
def _before_load(*_: object) -> None:
    session.abandon("Stopped, because another file was opened.")


def register() -> None:
    bpy.app.handlers.load_pre.append(_before_load)
    atexit.register(session.close)


def unregister() -> None:
    atexit.unregister(session.close)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    was_busy = session.busy
    session.close()
    if was_busy:
        redraw()
    bpy.app.handlers.load_pre.remove(_before_load)
