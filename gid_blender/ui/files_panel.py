# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: what the extension has put on the disk, and what may go."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..ops.files import Row, found
from ..ops.session import session
from ..translations.sentences import said
from .panels import CATEGORY, variants

__all__ = ["register", "unregister"]

_WORKER = "Cache of the worker: "


class _Files:
    bl_region_type = "UI"
    bl_category = CATEGORY
    bl_label = "Files"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator("gid.make_self_contained", icon="PACKAGE")
        row = layout.row(align=True)
        row.operator("gid.files_refresh", text="Refresh", icon="FILE_REFRESH")
        row.operator("gid.files_clean", text="Clean Up…", icon="TRASH")
        if not found.is_known:
            return
        column = layout.column(align=True)
        _pair(column, "Frames and copies", found.total)
        _pair(column, "Of these not used", found.unused)
        _pair(column, "Kept motions", found.volumes)
        # A worker may be another computer; what it keeps is known since the last Check.
        cache = next((line for line in session.worker_facts if line.startswith(_WORKER)), "")
        row = column.row()
        _pair(row, "Cache of the worker", said(cache, iface_).partition(": ")[2] or "–")
        row.operator("gid.cache_clear", text="", icon="X")
        if found.rows:
            box = layout.box().column(align=True)
            for entry in found.rows:
                _folder(box, entry)
            if found.more:
                box.label(text=f"… {found.more}")


def _pair(layout: bpy.types.UILayout, name: str, value: str) -> None:
    split = layout.split(factor=0.6)
    split.label(text=name)
    split.label(text=value, translate=False)


def _folder(layout: bpy.types.UILayout, entry: Row) -> None:
    # Four columns would show three letters of each in a sidebar of the default width.
    split = layout.split(factor=0.7)
    split.label(text=entry.name, icon=entry.icon, translate=False)
    _right(split, entry.size)
    split = layout.split(factor=0.6)
    split.active = False
    split.label(text=entry.use, icon="BLANK1")
    _right(split, entry.date)


def _right(layout: bpy.types.UILayout, text: str) -> None:
    row = layout.row()
    row.alignment = "RIGHT"
    row.label(text=text, translate=False)


register, unregister = bpy.utils.register_classes_factory(tuple(variants(_Files, "files")))
