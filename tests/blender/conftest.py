# SPDX-License-Identifier: GPL-3.0-or-later
"""Every test starts from an empty file."""

import pytest

try:
    import bpy
except ModuleNotFoundError:
    # The worker's environment has no Blender.
    collect_ignore_glob = ["*"]
else:

    @pytest.fixture(autouse=True)
    def empty_file():
        """A new file with one scene and nothing in it; the preferences and what is enabled in them stay."""
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        return bpy.context.scene
