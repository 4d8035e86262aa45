# SPDX-License-Identifier: GPL-3.0-or-later
"""What File › Export offers for the active motion object."""

from __future__ import annotations

import bpy

__all__ = ["register", "unregister"]


def _draw(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator("gid.export_page", text="Image Dynamics Web Page (.html)")


def register() -> None:
    bpy.types.TOPBAR_MT_file_export.append(_draw)


def unregister() -> None:
    bpy.types.TOPBAR_MT_file_export.remove(_draw)
