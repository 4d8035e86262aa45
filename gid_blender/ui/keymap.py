# SPDX-License-Identifier: GPL-3.0-or-later
"""ESC cancels, from anywhere. The operator's poll lets the key pass while nothing is in progress.

A key and not a modal operator: Blender ends modal operators when a file is loaded, and puts off its auto-save while one
runs. The preferences list this key and those of the tools, where each can be changed or switched off.
"""

from __future__ import annotations

import bpy
import rna_keymap_ui

__all__ = ["draw_keys", "register", "unregister", "user_keys"]

# Where Blender keeps the keys: the name of a keymap, and the operator that the key calls.
KEYS = (
    ("Window", "gid.cancel"),
    ("3D View Tool: Object, Touch Picture", "gid.touch"),
    ("Image Editor Tool: View, Touch Picture", "gid.touch"),
)

_items: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def user_keys(configuration: bpy.types.KeyConfig) -> list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]]:
    """Our keys as the user has them: with their changes, which Blender keeps apart from what an extension says."""
    found = []
    for name, operator in KEYS:
        keymap = configuration.keymaps.get(name)
        item = keymap.keymap_items.find_from_operator(operator) if keymap is not None else None
        if item is not None:
            found.append((keymap, item))
    return found


def draw_keys(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """List the keys, each to be changed in place."""
    configuration = context.window_manager.keyconfigs.user
    if configuration is None:
        return
    column = layout.column()
    for keymap, item in user_keys(configuration):
        # The same tool is in two editors, and Blender's row for a key does not say where it holds.
        editor = keymap.bl_rna.properties["space_type"].enum_items[keymap.space_type].name
        column.label(text=keymap.name if keymap.space_type == "EMPTY" else editor)
        column.context_pointer_set("keymap", keymap)
        rna_keymap_ui.draw_kmi([], configuration, keymap, item, column, 0)


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
