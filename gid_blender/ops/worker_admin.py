# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking after the worker: is it there, what does it occupy, what does it say."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import bpy
from bpy.app.translations import pgettext_n as n_

from . import volume_store
from .asking import AsksWorker
from .session import Task, log_file, session
from .worker_command import own_environment

__all__ = [
    "GID_OT_cache_clear",
    "GID_OT_copy_report",
    "GID_OT_dismiss_error",
    "GID_OT_open_log",
    "GID_OT_worker_check",
    "GID_OT_worker_release",
    "facts",
]


# Loading PyTorch takes seconds, from a slow disk tens of them.
PATIENCE_SECONDS = 60.0


def facts(status: Mapping[str, Any]) -> tuple[str, ...]:
    """What a worker's `status` says, as lines for the preferences."""
    model = status.get("model") or {}
    device = status.get("name") or status.get("device") or "unknown"
    lines = [
        n_(f"Python {status.get('python', '?')}, PyTorch {status.get('torch') or 'not installed'}"),
        n_(f"Device: {device} ({status.get('device', '?')})"),
    ]
    if status.get("memory_total"):
        free, total = (status.get(name) or 0 for name in ("memory_free", "memory_total"))
        lines.append(n_(f"Memory: {_gigabytes(free)} free of {_gigabytes(total)}"))
    lines.append(n_(f"Model: {model['id']} ({model['sha256'][:12]})" if model else "Model: no weights installed"))
    lines.append(n_("Model in memory" if status.get("loaded") else "Model not in memory"))
    if "cache_bytes" in status:
        limit = f" of {_gigabytes(status['cache_limit'])}" if status.get("cache_limit") else ""
        lines.append(n_(f"Cache of the worker: {_gigabytes(status['cache_bytes'])}{limit}"))
    lines.append(n_(f"Motions kept for rendering: {_gigabytes(volume_store.size())}"))
    return tuple(lines)


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


class StatusTask(Task):
    title = "Asking the worker"
    method = "status"

    def __init__(self, deadline: float = 0.0, note: str = "") -> None:
        self._deadline = deadline or time.monotonic() + PATIENCE_SECONDS
        self._note = note

    def finish(self, result: Mapping[str, Any], parts: tuple[bytes, ...]) -> None:
        # A worker answers before it has loaded PyTorch, and without that knows little of its device.
        if not session.device and time.monotonic() < self._deadline:
            if bpy.app.background:
                time.sleep(0.1)
            session.start(StatusTask(self._deadline, self._note))
            return
        session.note = self._note
        # The status may be older than the device event, and then lacks what that tells.
        known = {name: value for name, value in result.items() if value is not None}
        session.worker_facts = facts({**session.hello, **session.device, **known})
        for line in session.worker_facts:
            print(f"Image Dynamics: {line}")


class ReleaseTask(Task):
    title = "Releasing memory"
    method = "release"

    def finish(self, result: Mapping[str, Any], parts: tuple[bytes, ...]) -> None:
        session.start(StatusTask())


class ClearTask(Task):
    title = "Clearing the cache"
    method = "clear_cache"

    def finish(self, result: Mapping[str, Any], parts: tuple[bytes, ...]) -> None:
        freed = result.get("freed", 0) + volume_store.clear()
        session.start(StatusTask(note=f"{_gigabytes(freed)} freed."))


class _WorkerOperator(AsksWorker):
    """Ask the worker something that has no pictures in it."""

    bl_options = {"REGISTER"}
    task: type[Task]

    @classmethod
    def ready(cls, context: bpy.types.Context) -> bool:
        if session.installing:
            cls.poll_message_set("The worker is being set up")
            return False
        return True

    def request(self, context: bpy.types.Context) -> Task:
        return self.task()


class GID_OT_worker_check(_WorkerOperator, bpy.types.Operator):
    """Start the worker and show its Python, PyTorch, device, memory and model"""

    bl_idname = "gid.worker_check"
    bl_label = "Check Worker"
    task = StatusTask

    def request(self, context: bpy.types.Context) -> Task:
        # The command may have been edited since the worker was started.
        session.restart_worker()
        return super().request(context)


class GID_OT_worker_release(_WorkerOperator, bpy.types.Operator):
    """Free the GPU memory that the model occupies; it is loaded again when needed"""

    bl_idname = "gid.worker_release"
    bl_label = "Release GPU Memory"
    task = ReleaseTask


class GID_OT_cache_clear(_WorkerOperator, bpy.types.Operator):
    """Delete the predicted motions that are kept for pictures that come again"""

    bl_idname = "gid.cache_clear"
    bl_label = "Clear Worker Cache"
    task = ClearTask


class GID_OT_open_log(bpy.types.Operator):
    """Open the log of the worker, or of its installation if that failed last"""

    bl_idname = "gid.open_log"
    bl_label = "Open Log"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not _log().is_file():
            cls.poll_message_set("There is no log yet; it begins when the worker is first started")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        bpy.ops.wm.path_open(filepath=str(_log()))
        return {"FINISHED"}


def _log() -> Any:
    failed_setup = session.problem is not None and session.problem.code == "setup"
    return own_environment().log if failed_setup or not log_file().is_file() else log_file()


class GID_OT_copy_report(bpy.types.Operator):
    """Copy the error with versions and the last lines of the log, to paste it into a bug report"""

    bl_idname = "gid.copy_report"
    bl_label = "Copy Report"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if session.problem is None:
            cls.poll_message_set("There is no error to report")
        return session.problem is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.clipboard = session.problem.text()
        self.report({"INFO"}, "The report is in the clipboard.")
        return {"FINISHED"}


class GID_OT_dismiss_error(bpy.types.Operator):
    """Hide this error"""

    bl_idname = "gid.dismiss_error"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if session.problem is None:
            cls.poll_message_set("There is no error")
        return session.problem is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        session.problem = None
        return {"FINISHED"}
