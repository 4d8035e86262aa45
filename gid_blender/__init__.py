# SPDX-License-Identifier: GPL-3.0-or-later
"""Generative Image Dynamics inside Blender. Importing this package needs no bpy; `register` does."""

__version__ = "0.1.0"

# Also in the manifest, after which Blender itself refuses to install; this is for a folder that was copied.
OLDEST_BLENDER = (4, 5, 0)


def register() -> None:
    """Add everything to Blender. Starts no process and no timer.

    Raises:
        RuntimeError: in a Blender that is too old; nothing has been added then.
    """
    import bpy

    if sentence := too_old(bpy.app.version):
        raise RuntimeError(sentence)
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


def too_old(version: tuple[int, int, int]) -> str:
    """What to tell the user of a Blender that is too old; "" for one that is not."""
    if version >= OLDEST_BLENDER:
        return ""
    needed, found = (".".join(map(str, numbers[:2])) for numbers in (OLDEST_BLENDER, version))
    return f"Generative Image Dynamics needs Blender {needed} LTS or newer, and this is {found}. Update Blender."


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
