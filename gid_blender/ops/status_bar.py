# SPDX-License-Identifier: GPL-3.0-or-later
"""What mouse and keys do at the moment, in the status bar: for operators that go on for a while."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

__all__ = ["Hint", "hide", "show"]

# Icons of keys or of the mouse, and what they do: a text that the translations know (`pgettext_n`).
Hint = tuple[Sequence[str], str]


def show(context: bpy.types.Context, hints: Sequence[Hint]) -> None:
    """Show hints in place of the usual ones. `hide` has to follow, however the operator ends."""

    def draw(header: bpy.types.Header, _: bpy.types.Context) -> None:
        for icons, text in hints:
            row = header.layout.row(align=True)
            for icon in icons[:-1]:
                row.label(text="", icon=icon)
            row.label(text=text, icon=icons[-1])

    if context.workspace is not None:
        context.workspace.status_text_set(draw)


def hide(context: bpy.types.Context) -> None:
    """Show what the status bar usually does."""
    if context.workspace is not None:
        context.workspace.status_text_set(None)
