# SPDX-License-Identifier: GPL-3.0-or-later
"""Generative Image Dynamics inside Blender. Importing this package needs no bpy; `register` does."""

__version__ = "0.1.0"


def register() -> None:
    """Add everything to Blender. Starts no process and no timer."""
    from . import ops, translations, ui
    from .preferences import BASE_PACKAGE
    from .preferences import register as register_preferences
    from .scene import properties, queue

    translations.register(BASE_PACKAGE)
    register_preferences()
    properties.register()
    queue.register()
    ops.register()
    ui.register()


def unregister() -> None:
    """Take everything out again and end the worker, in the reverse order."""
    from . import ops, translations, ui
    from .preferences import BASE_PACKAGE
    from .preferences import unregister as unregister_preferences
    from .scene import properties, queue

    ui.unregister()
    ops.unregister()
    queue.unregister()
    properties.unregister()
    unregister_preferences()
    translations.unregister(BASE_PACKAGE)
