# SPDX-License-Identifier: GPL-3.0-or-later
"""The error box: it stays until it is dismissed, and has everything that helps."""

from __future__ import annotations

import textwrap

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..ops.session import session
from ..translations.sentences import said

__all__ = ["draw_note", "draw_problem", "wrap"]

# Labels do not wrap by themselves; a sidebar of the default width holds about this much.
CHARACTERS = 38


def draw_problem(layout: bpy.types.UILayout) -> None:
    """Draw the last problem, if there is one."""
    problem = session.problem
    if problem is None:
        return
    box = layout.box()
    row = box.row()
    row.alert = True
    row.label(text=iface_("Failed: {code}").format(code=problem.code), icon="ERROR")
    row.operator("gid.dismiss_error", text="", icon="X", emboss=False)
    column = box.column(align=True)
    wrap(column, problem.message)
    if problem.hint:
        column.separator()
        wrap(column, problem.hint)
    if problem.code == "worker_missing":
        box.operator("preferences.addon_show", text="Open Preferences", icon="PREFERENCES").module = _addon()
    row = box.row(align=True)
    row.operator("gid.copy_report", icon="COPYDOWN")
    row.operator("gid.open_log", icon="TEXT")


def draw_note(layout: bpy.types.UILayout) -> None:
    """Draw the sentence about the last success, if there is one."""
    if session.note and not session.busy:
        column = layout.box().column(align=True)
        column.scale_y = 0.8
        wrap(column, session.note)


def wrap(layout: bpy.types.UILayout, text: str, *, characters: int = CHARACTERS) -> None:
    """A sentence as labels, one a line; in the user's language where the translations know the sentence."""
    for line in textwrap.wrap(said(text, iface_), characters):
        layout.label(text=line, translate=False)


def _addon() -> str:
    from ..preferences import BASE_PACKAGE

    return BASE_PACKAGE
