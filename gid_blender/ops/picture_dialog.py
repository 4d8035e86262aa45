# SPDX-License-Identifier: GPL-3.0-or-later
"""Dialogs for files: what they open with, and what was chosen in them or dropped into the window."""

from __future__ import annotations

from pathlib import Path

import bpy

__all__ = ["ask_for_files", "chosen_paths", "named_after"]


def ask_for_files(operator: bpy.types.Operator, context: bpy.types.Context) -> set[str]:
    """Open Blender's dialog for files beside the .blend, with no name in it; for `invoke`."""
    if bpy.data.filepath:
        # Blender would propose the .blend itself, which is never what is wanted.
        operator.filepath = str(Path(bpy.data.filepath).parent / " ").rstrip(" ")
    context.window_manager.fileselect_add(operator)
    return {"RUNNING_MODAL"}


def named_after(obj: bpy.types.Object, suffix: str) -> str:
    """The path to propose for a file of an object: beside the .blend, and not called as it is, which has several."""
    folder = Path(bpy.data.filepath).parent if bpy.data.filepath else Path()
    return str(folder / bpy.path.clean_name(obj.name)) + suffix


def chosen_paths(operator: bpy.types.Operator) -> list[Path]:
    """The files that an operator with `filepath`, `directory` and `files` was given; scripts may give any of them."""
    folder = Path(bpy.path.abspath(operator.directory or str(Path(operator.filepath).parent)))
    names = [file.name for file in operator.files if file.name] or [bpy.path.basename(operator.filepath)]
    return [folder / name for name in names if name]
