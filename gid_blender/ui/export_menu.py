# SPDX-License-Identifier: GPL-3.0-or-later
"""What File › Export, and the panel of a motion object, offer for other programs: one menu."""

from __future__ import annotations

import bpy

from ..ops.exchange import KINDS

__all__ = ["register", "unregister"]


class GID_MT_export(bpy.types.Menu):
    """Write the active motion object for other programs"""

    bl_label = "Image Dynamics"
    bl_idname = "GID_MT_export"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        # Without a file dialogue the formats would be written to nowhere.
        layout.operator_context = "INVOKE_DEFAULT"
        for kind, label, _ in KINDS:
            layout.operator("gid.export_motion", text=label).kind = kind
        layout.separator()
        layout.operator("gid.export_volume", text="Spectral Volume (.npz)")
        layout.operator("gid.export_page", text="Web Page (.html)")


def _draw(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.menu("GID_MT_export")


def register() -> None:
    bpy.utils.register_class(GID_MT_export)
    bpy.types.TOPBAR_MT_file_export.append(_draw)


def unregister() -> None:
    bpy.types.TOPBAR_MT_file_export.remove(_draw)
    bpy.utils.unregister_class(GID_MT_export)
