# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension's assets in Blender's asset browser: there when somebody asks for it, gone when they ask for that."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..compat import asset_series
from ..translations.sentences import said
from .guarded import tell
from .paths import asset

__all__ = ["GID_OT_add_asset_library", "GID_OT_remove_asset_library", "has_asset_library"]

NAME = "Image Dynamics"


def has_asset_library() -> bool:
    """Whether the preferences list the extension's assets. Cheap enough for `draw`."""
    return any(_is_ours(library) for library in bpy.context.preferences.filepaths.asset_libraries)


class GID_OT_add_asset_library(bpy.types.Operator):
    """List the extension's node groups, example and excitations in the asset browser, as a library of its own"""

    bl_idname = "gid.add_asset_library"
    bl_label = "Add Asset Library"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if has_asset_library():
            cls.poll_message_set("The asset library is listed already, in Preferences › File Paths")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        folder = _folder()
        if not (folder / "image_dynamics.blend").is_file():
            self.report({"ERROR"}, said(f"The assets are missing in “{folder}”: install the extension anew."))
            return {"CANCELLED"}
        libraries = context.preferences.filepaths.asset_libraries
        # That of an extension which was in another place before.
        for library in [library for library in libraries if library.name == NAME and not Path(library.path).is_dir()]:
            libraries.remove(library)
        library = libraries.new(name=NAME, directory=str(folder))
        if library.import_method == "PACK":
            # Blender 5 would link them, and what is linked can neither be stuck to a picture nor have its controls set.
            library.import_method = "APPEND"
        context.preferences.is_dirty = True
        tell(self, f"The asset browser lists “{NAME}”.")
        return {"FINISHED"}


class GID_OT_remove_asset_library(bpy.types.Operator):
    """Take the extension's assets off the list of the preferences; what was used of them stays in its files"""

    bl_idname = "gid.remove_asset_library"
    bl_label = "Remove Asset Library"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not has_asset_library():
            cls.poll_message_set("The asset library is not listed")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        libraries = context.preferences.filepaths.asset_libraries
        for library in [library for library in libraries if _is_ours(library)]:
            libraries.remove(library)
        context.preferences.is_dirty = True
        return {"FINISHED"}


def _is_ours(library: bpy.types.UserAssetLibrary) -> bool:
    return bool(library.path) and Path(library.path) == _folder()


def _folder() -> Path:
    # Each series of Blender has its own: see scripts/make_assets.py.
    return asset(asset_series())
