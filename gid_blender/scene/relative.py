# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths that stay true when a .blend moves together with what lies beside it."""

from __future__ import annotations

from pathlib import Path

import bpy

__all__ = ["relative_path"]


def relative_path(path: Path) -> str:
    """Relative to the .blend, so that both can move together; absolute when there is none or on another drive."""
    if not bpy.data.filepath:
        return str(path)
    try:
        return bpy.path.relpath(str(path))
    except ValueError:
        return str(path)
