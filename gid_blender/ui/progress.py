# SPDX-License-Identifier: GPL-3.0-or-later
"""The button that starts, or, while something is in progress, how far it is and the button that stops it."""

from __future__ import annotations

import bpy

from ..ops.session import session
from ..ops.stages import in_ones_language

__all__ = ["draw_progress"]


def draw_progress(layout: bpy.types.UILayout, operator: str, *, icon: str, text: str = "") -> None:
    """Draw one or the other; both take the same place, so that the panel does not jump.

    Args:
        operator: what the button calls.
        icon: of the button.
        text: of the button; the operator's own without.
    """
    column = layout.column(align=True)
    column.scale_y = 1.4
    if not session.busy:
        column.operator(operator, icon=icon, **({"text": text} if text else {}))
        return
    row = column.row(align=True)
    row.progress(factor=session.factor, type="BAR", text=f"{in_ones_language(session.stage)}   {session.elapsed}")
    row.operator("gid.cancel", text="", icon="X")
