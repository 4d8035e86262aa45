# SPDX-License-Identifier: GPL-3.0-or-later
"""What was chosen in a dialog for files, or dropped into the window."""

from __future__ import annotations

from pathlib import Path

import bpy

__all__ = ["chosen_paths"]


def chosen_paths(operator: bpy.types.Operator) -> list[Path]:
    """The files that an operator with `filepath`, `directory` and `files` was given; scripts may give any of them."""
    folder = Path(bpy.path.abspath(operator.directory or str(Path(operator.filepath).parent)))
    names = [file.name for file in operator.files if file.name] or [Path(operator.filepath).name]
    return [folder / name for name in names if name]
