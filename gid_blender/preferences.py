# SPDX-License-Identifier: GPL-3.0-or-later
"""Preferences: the worker's command, setting it up, and what it occupies."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

__all__ = ["BASE_PACKAGE", "GID_AP_preferences", "preferences", "register", "unregister"]

# `bl_ext.<repository>.<id>` when installed: Blender finds preferences and folders under this name alone.
BASE_PACKAGE = (__package__ or "").rpartition(".")[0] or __package__ or ""


class GID_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = BASE_PACKAGE

    worker_command: StringProperty(
        name="Worker Command",
        description="Command line that starts the worker, such as “ssh gpu-box gid worker”; "
        "while empty, the one that Set Up Worker installed is taken",
    )
    weights: StringProperty(
        name="Weights",
        description="File of weights from “gid train prior”, on the machine that the worker runs on; "
        "while empty, those that come with the worker are taken",
        subtype="FILE_PATH",
    )
    setup_python: StringProperty(
        name="Python",
        description="Python (3.11 or newer) to make the worker's environment of; while empty, Blender's own is taken",
        subtype="FILE_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        from .ui.preferences_panel import draw_preferences

        draw_preferences(self, self.layout, context)


def preferences() -> GID_AP_preferences | None:
    """The preferences; None when the extension runs from a checkout without being installed."""
    addon = bpy.context.preferences.addons.get(BASE_PACKAGE)
    return addon.preferences if addon is not None else None


def register() -> None:
    bpy.utils.register_class(GID_AP_preferences)


def unregister() -> None:
    bpy.utils.unregister_class(GID_AP_preferences)
