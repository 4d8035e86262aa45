# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders: what belongs to the user lies in Blender's folder for extensions' data, never in the extension's own."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..preferences import BASE_PACKAGE

__all__ = ["asset", "extension_folder", "user_folder"]


def extension_folder() -> Path:
    """The folder that holds the manifest and the worker's sources: installed, or a checkout. Read-only."""
    return Path(__file__).resolve().parents[2]


def asset(name: str) -> Path:
    """A file that ships with the extension."""
    return extension_folder() / "gid_blender/assets" / name


def user_folder(name: str) -> Path:
    """A folder of the user's for this extension, such as `worker`, `cache` or `log`; made if it is missing."""
    if BASE_PACKAGE.startswith("bl_ext."):
        return Path(bpy.utils.extension_path_user(BASE_PACKAGE, path=name, create=True))
    # Run from a checkout, there is no installed extension whose folder Blender could name.
    return Path(bpy.utils.user_resource("EXTENSIONS", path=f".user/checkout/image_dynamics/{name}", create=True))
