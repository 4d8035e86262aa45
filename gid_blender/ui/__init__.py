# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings, panels and the one key. Panels draw what is there and compute nothing."""

from __future__ import annotations


def register() -> None:
    from . import (
        excitations_panel,
        export_menu,
        files_panel,
        keymap,
        layers_panel,
        mask_panel,
        mesh_panel,
        panels,
        presets,
        queue_panel,
        settings,
        shot_panel,
        tools,
    )

    settings.register()
    panels.register()
    mask_panel.register()
    shot_panel.register()
    presets.register()
    layers_panel.register()
    excitations_panel.register()
    mesh_panel.register()
    queue_panel.register()
    files_panel.register()
    keymap.register()
    tools.register()
    export_menu.register()


def unregister() -> None:
    from . import (
        excitations_panel,
        export_menu,
        files_panel,
        keymap,
        layers_panel,
        mask_panel,
        mesh_panel,
        panels,
        presets,
        queue_panel,
        settings,
        shot_panel,
        tools,
    )

    export_menu.unregister()
    tools.unregister()
    keymap.unregister()
    files_panel.unregister()
    queue_panel.unregister()
    mesh_panel.unregister()
    excitations_panel.unregister()
    layers_panel.unregister()
    presets.unregister()
    shot_panel.unregister()
    mask_panel.unregister()
    panels.unregister()
    settings.unregister()
