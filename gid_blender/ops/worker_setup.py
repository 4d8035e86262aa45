# SPDX-License-Identifier: GPL-3.0-or-later
"""Set Up Worker: install it after a click, and only if Blender may go online."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

from .. import __version__
from ..preferences import preferences
from ..setup import Installer
from ..translations.sentences import said
from .asking import is_free
from .paths import extension_folder
from .session import session
from .worker_command import own_environment

__all__ = ["GID_OT_worker_setup", "GID_OT_worker_setup_cancel"]


class GID_OT_worker_setup(bpy.types.Operator):
    """Download PyTorch (up to 3 GB) and install the worker into an environment of its own, outside of Blender"""

    bl_idname = "gid.worker_setup"
    bl_label = "Set Up Worker"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not bpy.app.online_access:
            cls.poll_message_set("Online access is off; allow it in Preferences > System > Network")
            return False
        if session.installing:
            cls.poll_message_set("The worker is being set up")
            return False
        return is_free(cls)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self._start()
        return self._wait() if bpy.app.background else {"FINISHED"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        self._start()
        return self._wait()

    def _start(self) -> None:
        settings = preferences()
        chosen = bpy.path.abspath(settings.setup_python) if settings is not None else ""
        session.install(
            Installer(
                own_environment(),
                python=Path(chosen or sys.executable),
                extension=extension_folder(),
                version=__version__,
            )
        )

    def _wait(self) -> set[str]:
        if session.finish_installing():
            return {"FINISHED"}
        if session.problem is not None:
            self.report({"ERROR"}, said(session.problem.sentence))
        return {"CANCELLED"}


class GID_OT_worker_setup_cancel(bpy.types.Operator):
    """Stop setting up the worker; what is installed so far stays, and Set Up Worker goes on from there"""

    bl_idname = "gid.worker_setup_cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not session.installing:
            cls.poll_message_set("The worker is not being set up")
        return session.installing

    def execute(self, context: bpy.types.Context) -> set[str]:
        session.installer.cancel()
        return {"FINISHED"}
