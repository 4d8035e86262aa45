# SPDX-License-Identifier: GPL-3.0-or-later
"""ESC cancels, from anywhere. The operator's poll lets the key pass while nothing is in progress.

A key and not a modal operator: Blender ends modal operators when a file is loaded, and puts off its auto-save while one
runs.
"""

from __future__ import annotations

import bpy

__all__ = ["register", "unregister"]

_items: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def register() -> None:
    # None in background mode.
    configuration = bpy.context.window_manager.keyconfigs.addon
    if configuration is not None:
        keymap = configuration.keymaps.new("Window", space_type="EMPTY")
        _items.append((keymap, keymap.keymap_items.new("gid.cancel", "ESC", "PRESS")))


def unregister() -> None:
    for keymap, item in _items:
        keymap.keymap_items.remove(item)
    _items.clear()
