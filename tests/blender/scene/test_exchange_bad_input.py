# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be exported: one sentence, nothing lost, no half-written file."""

import os
from pathlib import Path

import bpy
import pytest

from gid_blender.motion.complete import is_complete
from gid_blender.scene import SceneError
from gid_blender.scene.exchange import FORMATS, ExportSettings, export_motion
from tests.blender.scene.exchanging import KINDS, exported, small_picture, state


@pytest.fixture
def picture(scene):
    return small_picture()


class TestBadInput:
    @pytest.mark.skipif(not hasattr(os, "fork"), reason="limits on a file's size are for Unix")
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_full_disk_loses_nothing(self, picture, tmp_path, kind):
        bpy.context.view_layer.objects.active = picture
        bpy.context.scene.frame_set(3)
        before = state()
        (tmp_path / "loop.obj").write_bytes(b"mine")
        import resource

        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        # A disk that is full after so many bytes of a file.
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
        try:
            with pytest.raises(SceneError):
                exported(picture, tmp_path, kind)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert state() == before
        assert os.listdir(tmp_path) == ["loop.obj"]
        assert (tmp_path / "loop.obj").read_bytes() == b"mine"

    def test_an_empty_range(self, picture, tmp_path):
        for kind in KINDS:
            with pytest.raises(SceneError, match="comes before the first"):
                exported(picture, tmp_path, kind, first=10, last=9)
        assert os.listdir(tmp_path) == []

    def test_a_folder_that_is_not_there_or_a_file(self, picture, tmp_path):
        (tmp_path / "file").write_bytes(b"")
        for parent in (tmp_path / "none", tmp_path / "file"):
            with pytest.raises(SceneError, match="Cannot write"):
                exported(picture, parent, "PC2")
        (tmp_path / "loop.pc2").mkdir()
        with pytest.raises(SceneError, match="is a folder"):
            exported(picture, tmp_path, "PC2")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_that_nobody_may_write(self, picture, tmp_path):
        tmp_path.chmod(0o500)
        with pytest.raises(SceneError, match="Cannot write"):
            exported(picture, tmp_path, "USD")
        tmp_path.chmod(0o700)

    def test_a_wrong_suffix(self, picture, tmp_path):
        with pytest.raises(SceneError, match=r"\.abc"):
            export_motion(bpy.context.scene, picture, tmp_path / "a.fbx", "ALEMBIC", ExportSettings(1, 5))

    @pytest.mark.parametrize("kind", KINDS)
    def test_odd_names(self, picture, tmp_path, kind):
        name = "Пион 牡丹 #1.5% a'b\"c"
        picture.name = picture.data.name = name
        path = tmp_path / (name + FORMATS[kind][0])
        done = export_motion(bpy.context.scene, picture, path, kind, ExportSettings(1, 3))
        assert is_complete(path)
        assert done.files[0] == path
        assert picture.name == name

    def test_a_hidden_object_is_exported_all_the_same(self, picture, tmp_path):
        wanted = exported(picture, tmp_path, "PC2").files[0].read_bytes()
        picture.hide_viewport = picture.hide_render = True
        picture.hide_set(True)
        (tmp_path / "loop.pc2").unlink()
        assert exported(picture, tmp_path, "PC2").files[0].read_bytes() == wanted

    @pytest.mark.parametrize("kind", ["ALEMBIC", "FBX", "PC2"])
    def test_a_mesh_whose_vertices_come_and_go(self, picture, tmp_path, kind):
        modifier = picture.modifiers.new("Array", "ARRAY")
        modifier.count = 1
        modifier.keyframe_insert("count", frame=1)
        modifier.count = 3
        modifier.keyframe_insert("count", frame=40)
        with pytest.raises(SceneError, match=r"has \d+ vertices at frame 1\d and 726 at frame 1"):
            exported(picture, tmp_path, kind)
        assert os.listdir(tmp_path) == []

    def test_another_grid_than_there_is(self, picture, tmp_path):
        picture.modifiers.new("Subdivision", "SUBSURF")
        with pytest.raises(SceneError, match="set Grid to 0"):
            exported(picture, tmp_path, "PC2", columns=9)
        assert exported(picture, tmp_path, "PC2").points > 726

    def test_steps_that_usd_cannot_count(self, picture, tmp_path):
        with pytest.raises(SceneError, match="Begin at frame 4"):
            exported(picture, tmp_path, "USD", first=1, last=41, step=4)

    def test_in_edit_mode(self, picture, tmp_path):
        bpy.context.view_layer.objects.active = picture
        bpy.ops.object.mode_set(mode="EDIT")
        with pytest.raises(SceneError, match="Edit Mode"):
            exported(picture, tmp_path, "PC2")

    def test_an_older_file_goes_when_the_new_one_is_there_and_not_before(self, picture, tmp_path):
        path = Path(exported(picture, tmp_path, "USD").files[0])
        before = path.read_bytes()
        with pytest.raises(SceneError):
            exported(picture, tmp_path, "USD", first=9, last=1)
        assert path.read_bytes() == before
        exported(picture, tmp_path, "USD", columns=9)
        assert path.stat().st_size < len(before)
