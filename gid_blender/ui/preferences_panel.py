# SPDX-License-Identifier: GPL-3.0-or-later
"""How the preferences are drawn."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_n as n_

from ..ops.session import session
from ..setup import SetupState
from .keymap import draw_keys
from .problem_box import draw_problem, wrap
from .progress import draw_progress

__all__ = ["draw_preferences"]

_STATES = {
    SetupState.MISSING: (n_("No worker is set up here yet."), "INFO"),
    SetupState.PARTIAL: (n_("Setting up was not finished; Set Up Worker goes on with it."), "ERROR"),
    SetupState.OUTDATED: (n_("The worker belongs to another version; Set Up Worker updates it."), "ERROR"),
    SetupState.READY: (n_("The worker is set up."), "CHECKMARK"),
}


def draw_preferences(
    settings: bpy.types.AddonPreferences, layout: bpy.types.UILayout, context: bpy.types.Context
) -> None:
    """Draw the preferences: the worker, what it is, what went wrong."""
    layout.use_property_split = True
    layout.use_property_decorate = False

    box = layout.box()
    text, icon = _STATES[session.setup_state]
    box.label(text=text, icon=icon)
    if session.installing:
        installer = session.installer
        row = box.row(align=True)
        row.progress(factor=installer.step / installer.steps, type="BAR", text=installer.stage)
        row.operator("gid.worker_setup_cancel", icon="X")
    else:
        box.prop(settings, "setup_python", placeholder="Blender's own Python")
        box.operator("gid.worker_setup", icon="IMPORT")
    if session.installing:
        column = box.column(align=True)
        column.scale_y = 0.7
        for line in session.setup_lines:
            column.label(text=line[:120])

    box = layout.box()
    box.prop(settings, "worker_command", placeholder="Found by itself")
    box.prop(settings, "weights", placeholder="Those that come with the worker")
    draw_progress(box, "gid.worker_check", text=n_("Check"), icon="VIEWZOOM")
    column = box.column(align=True)
    column.scale_y = 0.8
    for line in session.worker_facts:
        wrap(column, line, characters=90)
    row = box.row(align=True)
    row.operator("gid.worker_release", icon="MEMORY")
    row.operator("gid.cache_clear", text="Clear Cache", icon="TRASH")
    row.operator("gid.open_log", icon="TEXT")
    draw_problem(layout)

    header, body = layout.panel("gid_keymap", default_closed=True)
    header.label(text="Keymap")
    if body is not None:
        draw_keys(body, context)
