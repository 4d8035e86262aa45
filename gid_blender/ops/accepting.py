# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of the worker enter a scene through an operator: only one of those makes an undo step."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from .report import EXPECTED

__all__ = ["Accepts", "accept"]


class Accepts:
    """The manners of such an operator: it puts `item` into the scene, which is set while `accept` calls it."""

    item: ClassVar[Any] = None
    # An exception cannot pass through an operator call; `accept` raises it again.
    error: ClassVar[Exception | None] = None

    def execute(self, context: bpy.types.Context) -> set[str]:
        cls = type(self)
        if cls.item is None:
            return {"CANCELLED"}
        try:
            self.put(cls.item)
        except EXPECTED as error:
            cls.error = error
            return {"CANCELLED"}
        return {"FINISHED"}

    def put(self, item: Any) -> None:
        """Put it there. May raise anything of `EXPECTED`."""
        raise NotImplementedError


def accept(operator: type[Accepts], item: Any) -> None:
    """Let an operator put an item into its scene as one undo step. Raises anything of `EXPECTED`."""
    operator.item = item
    try:
        windows = bpy.context.window_manager.windows
        override = {"window": windows[0]} if bpy.context.window is None and len(windows) else {}
        with bpy.context.temp_override(**override):
            getattr(bpy.ops.gid, operator.bl_idname.removeprefix("gid."))("EXEC_DEFAULT", True)
    finally:
        operator.item = None
    error, operator.error = operator.error, None
    if error is not None:
        raise error
