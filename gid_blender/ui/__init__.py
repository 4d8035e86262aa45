# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings, panels and the one key. Panels draw what is there and compute nothing."""

from __future__ import annotations


def register() -> None:
    from . import keymap, panels, settings, tools

    settings.register()
    panels.register()
    keymap.register()
    tools.register()


def unregister() -> None:
    from . import keymap, panels, settings, tools

    tools.unregister()
    keymap.unregister()
    panels.unregister()
    settings.unregister()
