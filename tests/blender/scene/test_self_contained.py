# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene needs from outside: Blender knows all of it, all of it is relative, and it can be taken along."""

import os
import shutil

import bpy
import numpy as np
import pytest

from gid_blender.scene import SceneError, image_from_file
from gid_blender.scene.manifest import read_manifest
from gid_blender.scene.references import references
from gid_blender.scene.self_contained import make_self_contained
from tests.blender.scene.helpers import evaluated, saved
from tests.blender.scene.test_pixels import noise, write_png
from tests.blender.scene.travelling import full_scene, outside

FRAMES = [f"frames_{n:04d}.png" for n in range(1, 6)]


class TestPaths:
    def test_blender_itself_knows_all_of_them(self, scene, tmp_path):
        """A farm's tools ask `file_path_map` what to copy; a path that it does not list would be missed."""
        full_scene(tmp_path / "far")
        wanted = {"rose.png", "motion.pc2", *FRAMES}
        assert {os.path.basename(path) for path in outside()} == wanted
        assert {path.name for r in references() for path in r.files} == wanted

    def test_the_mesh_alone_needs_the_picture_and_nothing_else(self, scene, tmp_path):
        objects = full_scene(tmp_path)
        for name in ("plane", "cache"):
            bpy.data.objects.remove(objects[name])
        scene.sequence_editor_clear()
        bpy.data.orphans_purge(do_recursive=True)
        assert [os.path.basename(path) for path in outside()] == ["rose.png"]

    def test_are_relative_once_the_blend_has_a_place(self, scene, tmp_path):
        full_scene(tmp_path / "beside")
        saved(tmp_path / "shot.blend")
        assert all(path.startswith("//beside/") for path in outside())

    def test_and_those_that_come_later_are_too(self, scene, tmp_path):
        saved(tmp_path / "shot.blend")
        full_scene(tmp_path / "beside")
        image_from_file(str(write_png(tmp_path / "late.png", noise(3))))
        late = {path: True for path in outside()}
        # The test's own picture was never opened by the extension.
        late.pop(str(tmp_path / "beside" / "rose.png"))
        assert all(path.startswith("//") for path in late)

    def test_survive_save_as_elsewhere(self, scene, tmp_path):
        objects = full_scene(tmp_path / "beside")
        saved(tmp_path / "shot.blend")
        wanted = evaluated(objects["cache"], 3)
        (tmp_path / "deep" / "er").mkdir(parents=True)
        saved(tmp_path / "deep" / "er" / "shot.blend")
        assert all(path.startswith("//../../beside/") for path in outside())
        assert np.array_equal(evaluated(objects["cache"], 3), wanted)
        assert not any(not path.is_file() for r in references() for path in r.files)


class TestSelfContained:
    @pytest.fixture
    def shot(self, scene, tmp_path):
        """The .blend in one folder, everything that it needs in another, which is gone afterwards."""
        objects = full_scene(tmp_path / "far")
        (tmp_path / "shot").mkdir()
        saved(tmp_path / "shot" / "shot.blend")
        return objects

    def test_goes_anywhere(self, shot, tmp_path):
        wanted = {frame: evaluated(shot["cache"], frame) for frame in (1, 3, 4)}
        done = make_self_contained()
        # The other one was only ever drawn, by the test itself.
        assert done.packed == ["rose", "meadow"]
        assert [path.name for path in done.copied] == ["frames", "far"]
        assert done.left == []
        assert done.bytes > 1000
        saved(tmp_path / "shot" / "shot.blend")
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        shutil.rmtree(tmp_path / "far")
        (tmp_path / "shot").rename(tmp_path / "elsewhere")
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "elsewhere" / "shot.blend"))
        assert all(path.startswith("//image_dynamics/") for path in outside())
        assert all(path.is_file() for r in references() for path in r.files)
        cache = next(o for o in bpy.context.scene.objects if o.modifiers)
        for frame, vertices in wanted.items():
            assert np.array_equal(evaluated(cache, frame), vertices)
        assert tuple(bpy.data.images["rose"].size) == (96, 64)
        assert bpy.data.images["rose"].filepath == "//rose.png"

    def test_says_who_made_the_copies(self, shot, tmp_path):
        frames, _ = make_self_contained().copied
        manifest = read_manifest(frames)
        assert (manifest.label, sorted(manifest.files)) == ("shot.blend", FRAMES)

    def test_a_second_time_does_nothing_more(self, shot, tmp_path):
        make_self_contained()
        before = sorted(tmp_path.rglob("*"))
        again = make_self_contained()
        assert (again.packed, again.copied, again.left) == ([], [], [])
        assert sorted(tmp_path.rglob("*")) == before

    def test_what_lies_beside_it_stays_there(self, scene, tmp_path):
        full_scene(tmp_path / "beside")
        saved(tmp_path / "shot.blend")
        done = make_self_contained()
        assert done.copied == []
        assert len(done.relative) == 3
        assert os.path.isdir(tmp_path / "beside" / "frames")

    def test_what_was_painted_and_not_saved_is_packed(self, scene, tmp_path):
        saved(tmp_path / "shot.blend")
        mask = bpy.data.images.new("mask", 8, 8)
        mask.pixels.foreach_set(np.full(8 * 8 * 4, 0.5, np.float32))
        mask.update()
        mask.use_fake_user = True
        assert make_self_contained().packed == ["mask"]
        saved(tmp_path / "shot.blend")
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
        assert bpy.data.images["mask"].pixels[0] == pytest.approx(0.5, abs=0.01)

    def test_needs_a_place(self, scene):
        with pytest.raises(SceneError, match="no place yet"):
            make_self_contained()

    def test_what_is_missing_is_told_and_the_rest_is_done(self, shot, tmp_path):
        (tmp_path / "far" / "motion.pc2").unlink()
        done = make_self_contained()
        assert "rose" in done.packed
        assert len(done.copied) == 1
        (sentence,) = done.left
        assert "motion.pc2" in sentence

    def test_where_nothing_can_be_written_nothing_changes(self, shot, tmp_path):
        (tmp_path / "shot" / "image_dynamics").write_bytes(b"in the way")
        before = outside()
        with pytest.raises(SceneError, match="Cannot copy"):
            make_self_contained()
        assert outside() == before
        assert not bpy.data.images["rose"].packed_file

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="limits on a file's size are for Unix")
    def test_a_full_disk_changes_nothing(self, shot, tmp_path):
        import resource

        before, files = outside(), sorted(tmp_path.rglob("*"))
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            with pytest.raises(SceneError, match="Cannot copy"):
                make_self_contained()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert outside() == before
        assert not bpy.data.images["rose"].packed_file
        assert [path for path in sorted(tmp_path.rglob("*")) if path not in files] == [
            tmp_path / "shot" / "image_dynamics"
        ]

    def test_a_linked_library_is_told(self, scene, tmp_path):
        saved(tmp_path / "library.blend")
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        saved(tmp_path / "shot.blend")
        with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (there, here):
            here.scenes = list(there.scenes)
        left = make_self_contained().left
        assert len(left) == 1, left
        assert "library.blend" in left[0]
