# SPDX-License-Identifier: GPL-3.0-or-later
"""Every test starts from an empty file, and the process ends whatever Blender still holds."""

import os
import sys

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

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(config):
        # bpy 4.5 waits for ever at the interpreter's exit when a timer is still registered.
        session = config.pluginmanager.get_plugin("session") or getattr(config, "_gid_session", None)
        status = getattr(session, "exitstatus", 1)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(status))

    def pytest_sessionstart(session):
        session.config._gid_session = session
