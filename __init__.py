# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point of the Blender extension. Anything else that imports this file, such as pytest, gets an empty module."""

if __name__.startswith("bl_ext."):
    from .gid_blender import register, unregister

    __all__ = ["register", "unregister"]
