# SPDX-License-Identifier: GPL-3.0-or-later
"""Working through the queue: one entry after another, whatever becomes of each."""

from __future__ import annotations

from dataclasses import replace

import bpy
from bpy.app.handlers import persistent
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_n as n_

from .. import scene
from ..scene import queue
from ..translations.sentences import said
from .asking import is_free
from .generate import GenerateTask, Wanted
from .lookup import scene_again
from .report import EXPECTED, Problem
from .session import redraw, session

__all__ = ["GID_OT_queue_cancel", "GID_OT_queue_pause", "GID_OT_queue_run", "register", "runner", "unregister"]

# What would meet every entry alike: the queue stops, and nothing in it is lost.
_FATAL = {"worker_missing", "version_mismatch", "bad_weights", "stopped"}


class Runner:
    """What of the queue is in progress. Keys and numbers only: undo and loading move datablocks.

    Attributes:
        current: key of the entry in progress, or "".
        pausing: whether it stops after that.
    """

    def __init__(self) -> None:
        self.current = ""
        self.pausing = False
        self._scene_uid = 0
        self._going_on = False
        self._outcomes: dict[str, tuple[str, str]] = {}

    @property
    def running(self) -> bool:
        return bool(self.current)

    def begin(self, target: bpy.types.Scene, *, wait: bool) -> bool:
        """Start with the first entry that waits; False when none can be started. Blocks until the end if `wait`."""
        self._scene_uid = target.session_uid
        self.pausing = self._going_on = False
        task = self._next()
        if task is None:
            self._finish()
            return False
        session.after = self._ended
        try:
            if wait:
                session.run(task)
            else:
                session.start(task)
        except BaseException:
            self.current, session.after = "", None
            raise
        return True

    def skip(self) -> None:
        """Cancel the entry in progress and go on with the next."""
        self._going_on = True
        session.cancel()

    def restore(self) -> None:
        """After an undo the list says again what it said then; what has been done since is not waiting."""
        for target in bpy.data.scenes:
            for entry in target.gid_queue.entries:
                if entry.key in self._outcomes:
                    entry.state, entry.sentence = self._outcomes[entry.key]

    def again(self, key: str) -> None:
        """An entry is put back into the queue by hand."""
        self._outcomes.pop(key, None)

    def forget(self) -> None:
        """Another file was opened."""
        self.current = ""
        self._outcomes.clear()

    def _next(self) -> GenerateTask | None:
        while True:
            try:
                target = scene_again(self._scene_uid)
            except scene.SceneError as error:
                session.fail(error)
                return None
            entry = queue.next_waiting(target)
            if entry is None:
                return None
            key = entry.key
            try:
                wanted = Wanted.of(target.gid)
                task = GenerateTask(
                    target,
                    queue.source_of_entry(entry),
                    seed=entry.seed,
                    quality=entry.quality,
                    # Playback would run under every result that comes.
                    wanted=replace(wanted, replace=entry.replace, play=False),
                )
            except EXPECTED as error:
                self._settle(key, "FAILED", session.fail(error))
                continue
            self.current = key
            task.title = f"{entry.name[:24]}: {task.title}"
            return task

    def _ended(self, cancelled: bool) -> None:
        key, problem = self.current, session.problem
        going_on, self._going_on = self._going_on, False
        self.current = ""
        if problem is not None and problem.code in _FATAL:
            return
        if problem is not None:
            self._settle(key, "FAILED", problem)
        elif not cancelled:
            self._settle(key, "DONE")
        elif going_on:
            self._settle(key, "CANCELLED")
        if self.pausing or (cancelled and not going_on):
            self._finish()
            return
        task = self._next()
        if task is None:
            self._finish()
        else:
            session.after = self._ended
            session.start(task)

    def _settle(self, key: str, state: str, problem: Problem | None = None) -> None:
        sentence = "" if problem is None else problem.sentence
        self._outcomes[key] = (state, sentence)
        target = next((each for each in bpy.data.scenes if each.session_uid == self._scene_uid), None)
        # Its scene may have been deleted meanwhile.
        entry = queue.entry_of(target, key) if target is not None else None
        if entry is not None:
            entry.state, entry.sentence = state, sentence

    def _finish(self) -> None:
        self.pausing = False
        try:
            found = queue.counts(scene_again(self._scene_uid))
        except scene.SceneError:
            return
        parts = [f"{found[state]} {iface_(word)}" for state, word in _WORDS if found[state]]
        session.note = f"Queue: {', '.join(parts)}." if parts else ""
        if not bpy.app.background:
            redraw()


_WORDS = (("DONE", n_("done")), ("FAILED", n_("failed")), ("CANCELLED", n_("cancelled")), ("WAITING", n_("waiting")))

runner = Runner()


class GID_OT_queue_run(bpy.types.Operator):
    """Work through the queue, one picture after another; what fails does not stop the others"""

    bl_idname = "gid.queue_run"
    bl_label = "Run Queue"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not is_free(cls):
            return False
        if queue.next_waiting(context.scene) is None:
            cls.poll_message_set("Nothing in the queue waits; add pictures to it")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return self._begin(context, wait=bpy.app.background)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self._begin(context, wait=True)

    def _begin(self, context: bpy.types.Context, *, wait: bool) -> set[str]:
        session.problem = None
        started = runner.begin(context.scene, wait=wait)
        if session.problem is not None:
            self.report({"WARNING"}, said(f"{session.note} {session.problem.sentence}".strip()))
        elif wait:
            self.report({"INFO"}, said(session.note))
        return {"FINISHED"} if started else {"CANCELLED"}


class GID_OT_queue_pause(bpy.types.Operator):
    """Stop after the picture in progress; Run Queue goes on with the next, and once more takes it back"""

    bl_idname = "gid.queue_pause"
    bl_label = "Pause Queue"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not runner.running:
            cls.poll_message_set("The queue is not running")
        return runner.running

    def execute(self, context: bpy.types.Context) -> set[str]:
        runner.pausing = not runner.pausing
        return {"FINISHED"}


class GID_OT_queue_cancel(bpy.types.Operator):
    """Give up the chosen entry and go on with the next"""

    bl_idname = "gid.queue_cancel"
    bl_label = "Cancel Entry"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        entry = chosen(context)
        if entry is None or entry.state != "WAITING":
            cls.poll_message_set("Choose an entry that waits or is in progress")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        entry = chosen(context)
        if entry.key == runner.current:
            runner.skip()
        else:
            entry.state = "CANCELLED"
        return {"FINISHED"}


def chosen(context: bpy.types.Context) -> queue.GID_PG_queue_entry | None:
    """The entry that is highlighted in the list."""
    own = context.scene.gid_queue
    return own.entries[own.index] if 0 <= own.index < len(own.entries) else None


@persistent
def _undone(*_: object) -> None:
    runner.restore()


@persistent
def _loaded(*_: object) -> None:
    runner.forget()


def register() -> None:
    bpy.app.handlers.undo_post.append(_undone)
    bpy.app.handlers.redo_post.append(_undone)
    bpy.app.handlers.load_pre.append(_loaded)


def unregister() -> None:
    bpy.app.handlers.load_pre.remove(_loaded)
    bpy.app.handlers.redo_post.remove(_undone)
    bpy.app.handlers.undo_post.remove(_undone)
    runner.forget()
