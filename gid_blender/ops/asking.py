# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators whose work the worker does: one request at a time; a click does not wait for it, a script does."""

from __future__ import annotations

import bpy

from ..translations.sentences import said
from .report import EXPECTED
from .session import Task, begin, session

__all__ = ["AsksWorker", "is_free"]


def is_free(cls: type[bpy.types.Operator]) -> bool:
    """For `poll`: whether the worker has nothing to do for us; says so when it has."""
    if session.busy:
        cls.poll_message_set("Something is in progress; wait for it or cancel it")
        return False
    return True


class AsksWorker:
    """The manners of such an operator, which gives its `request`, and `ready` if it needs anything."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return is_free(cls) and cls.ready(context)

    @classmethod
    def ready(cls, context: bpy.types.Context) -> bool:
        """Whether there is something to ask about; sets the poll's message when there is not."""
        return True

    def request(self, context: bpy.types.Context) -> Task:
        """What to ask. May raise anything of `EXPECTED`, which the operator reports."""
        raise NotImplementedError

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return self._ask(context, wait=bpy.app.background)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self._ask(context, wait=True)

    def _ask(self, context: bpy.types.Context, *, wait: bool) -> set[str]:
        try:
            task = self.request(context)
        except EXPECTED as error:
            self.report({"ERROR"}, said(session.fail(error).sentence))
            return {"CANCELLED"}
        return begin(self, task, wait=wait)
