# SPDX-License-Identifier: GPL-3.0-or-later
"""A bake goes wherever its picture goes: remapped, linked, overridden, converted, and without the extension."""

import os
import subprocess
import sys

import bpy
import numpy as np
import pytest

from gid_blender.scene import SceneError, add_empty, bake, clear_bake, to_keyframes
from tests.blender.scene.baking import pull, responses
from tests.blender.scene.helpers import evaluated, rest, saved

TOLERANCE = 1e-5


class TestElsewhere:
    def test_time_remapping_stretches_all_of_it_alike(self, scene, picture):
        pull(scene, picture)
        bake(scene, picture)
        plain = {frame: evaluated(picture, frame) for frame in (10, 20)}
        scene.render.frame_map_new = 200
        for frame, vertices in plain.items():
            assert np.abs(evaluated(picture, 2 * frame) - vertices).max() < TOLERANCE
        # A bake under a remapping is the same bake.
        bake(scene, picture)
        for frame, vertices in plain.items():
            assert np.abs(evaluated(picture, 2 * frame) - vertices).max() < TOLERANCE

    @pytest.fixture
    def linked(self, scene, picture, tmp_path):
        """The picture, linked from a saved file into another one, and what a bake of it should come to."""
        pull(scene, picture)
        bake(scene, picture)
        wanted = responses(picture, [9, 30])
        clear_bake(picture)
        for other in [o for o in scene.objects if o != picture]:
            bpy.data.objects.remove(other)
        path = saved(tmp_path / "linked.blend")
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        scene = bpy.context.scene
        scene.render.fps, scene.frame_start, scene.frame_end = 24, 1, 60
        with bpy.data.libraries.load(str(path), link=True) as (there, here):
            here.objects = list(there.objects)
        scene.collection.objects.link(here.objects[0])
        return scene, here.objects[0], wanted

    def test_a_linked_picture_says_that_it_is(self, linked):
        scene, picture, _ = linked
        pull(scene, picture)
        with pytest.raises(SceneError, match="is linked from"):
            bake(scene, picture)

    def test_an_overridden_picture_can_be_baked(self, linked, tmp_path):
        scene, picture, wanted = linked
        override = picture.override_hierarchy_create(scene, bpy.context.view_layer)
        override.gid.bake.ring_out = 0
        override["gid_amplitude"] = 0.0
        pull(scene, override)
        bake(scene, override)
        assert responses(override, [9, 30]) == pytest.approx(wanted, abs=1e-5)
        before = evaluated(override, 12)
        assert np.abs(before - rest(override)).max() > 1e-3
        path = saved(tmp_path / "scene.blend")
        bpy.ops.wm.open_mainfile(filepath=str(path))
        again = next(o for o in bpy.context.scene.objects if o.type == "MESH" and o.override_library)
        assert np.abs(evaluated(again, 12) - before).max() < TOLERANCE

    def test_an_override_of_the_object_alone_says_what_is_missing(self, linked):
        scene, picture, _ = linked
        override = picture.override_create(remap_local_usages=True)
        pull(scene, override)
        with pytest.raises(SceneError, match="whole hierarchy"):
            bake(scene, override)

    def test_a_linked_duplicate_says_who_moves_it(self, scene, picture):
        copy = picture.copy()
        scene.collection.objects.link(copy)
        pull(scene, copy)
        with pytest.raises(SceneError, match="shares its mesh"):
            bake(scene, copy)
        # On its own it listens to itself.
        copy.data = copy.data.copy()
        bake(scene, copy)
        scene.frame_set(14)
        assert any(copy["gid_response"])
        assert not any(picture["gid_response"])
        assert np.abs(evaluated(copy, 14) - evaluated(picture, 14)).max() > 1e-3

    def test_markers_and_a_hidden_picture_do_not_matter(self, scene, picture):
        scene.timeline_markers.new("start", frame=9)
        pull(scene, picture)
        bake(scene, picture)
        wanted = responses(picture, [9, 30])
        picture.hide_viewport = True
        bake(scene, picture)
        picture.hide_viewport = False
        assert np.array_equal(responses(picture, [9, 30]), wanted)

    def test_converted_to_keyframes_it_is_the_same_motion(self, scene, picture):
        pull(scene, picture)
        bake(scene, picture)
        wanted = {frame: evaluated(picture, frame) for frame in (1, 14, 40)}
        assert to_keyframes(picture, scene) == 60
        for frame, vertices in wanted.items():
            assert np.abs(evaluated(picture, frame) - vertices).max() < TOLERANCE

    def test_the_baked_file_plays_without_the_extension(self, scene, picture, tmp_path):
        pull(scene, picture)
        add_empty(scene, picture, "WIND")
        bake(scene, picture)
        blend, result = saved(tmp_path / "baked.blend"), tmp_path / "vertices.npy"
        bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        subprocess.run(
            [sys.executable, "-I", "-c", PLAY_ELSEWHERE, str(blend), str(result)],
            check=True,
            cwd=tmp_path,
            env=bare,
            timeout=120,
        )
        for frame, vertices in zip((1, 9, 14, 33, 60), np.load(result), strict=True):
            assert np.array_equal(vertices, evaluated(picture, frame))


PLAY_ELSEWHERE = """
import os, sys, bpy, numpy as np
bpy.ops.wm.read_factory_settings()
bpy.ops.wm.open_mainfile(filepath=sys.argv[1])
assert not any("gid_blender" in name or "image_dynamics" in name for name in sys.modules)
assert not hasattr(bpy.types.Object, "gid")
obj, out = bpy.data.objects["meadow"], []
for frame in (1, 9, 14, 33, 60):
    bpy.context.scene.frame_set(frame)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    co = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", co)
    out.append(co.reshape(-1, 3))
np.save(sys.argv[2], out)
sys.stdout.flush()
os._exit(0)
"""
