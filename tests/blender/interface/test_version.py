# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender that is too old is told so in one sentence, before anything is registered."""

import tomllib
from pathlib import Path

import bpy
import pytest

import gid_blender

MANIFEST = Path(gid_blender.__file__).resolve().parents[1] / "blender_manifest.toml"


@pytest.mark.parametrize("version", [(4, 4, 3), (4, 2, 0), (3, 6, 12)])
def test_it_says_what_is_needed_and_what_is_there(version):
    said = gid_blender.too_old(version)
    assert "needs Blender 4.5 LTS or newer" in said
    assert f"this is {version[0]}.{version[1]}." in said


@pytest.mark.parametrize("version", [(4, 5, 0), (4, 5, 15), (5, 2, 3), bpy.app.version])
def test_this_one_and_newer_ones_are_welcome(version):
    assert gid_blender.too_old(version) == ""


def test_blender_refuses_to_install_it_into_the_same_ones():
    manifest = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))
    assert manifest["blender_version_min"] == ".".join(map(str, gid_blender.OLDEST_BLENDER))


def test_registering_stops_before_anything_is_added(monkeypatch):
    gid_blender.unregister()
    try:
        monkeypatch.setattr(gid_blender, "OLDEST_BLENDER", (99, 0, 0))
        with pytest.raises(RuntimeError, match=r"needs Blender 99\.0"):
            gid_blender.register()
        assert not hasattr(bpy.types.Scene, "gid")
        assert not hasattr(bpy.types, "GID_PT_view3d_generate")
    finally:
        monkeypatch.undo()
        gid_blender.register()
