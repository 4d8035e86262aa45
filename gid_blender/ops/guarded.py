# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person can bring about is said in a sentence, whatever operator it stops."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import bpy

from ..translations.sentences import said
from .report import EXPECTED
from .session import session

__all__ = ["guarded", "tell"]


def guarded(execute: Callable[[Any, bpy.types.Context], set[str]]) -> Callable[[Any, bpy.types.Context], set[str]]:
    """Let an operator's `execute` report what is of `EXPECTED`, keep it on display and be cancelled by it."""

    # Blender counts the arguments when it registers a class, so they are written out.
    @wraps(execute)
    def execute_or_say_why(self: bpy.types.Operator, context: bpy.types.Context) -> set[str]:
        try:
            return execute(self, context)
        except EXPECTED as error:
            self.report({"ERROR"}, said(session.fail(error).sentence))
            return {"CANCELLED"}

    return execute_or_say_why


def tell(operator: bpy.types.Operator, done: str, *remarks: str) -> None:
    """Say what was done and what is to be known of it: at once, for the panel that keeps it may be out of sight."""
    session.note = " ".join([done, *remarks])
    operator.report({"WARNING" if remarks else "INFO"}, said(session.note))
