# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be baked is told in a sentence, and what was baked before stays."""

import bpy
import numpy as np
import pytest

from gid_blender.compat import curve_owners
from gid_blender.scene import SceneError, add_empty, bake, clear_bake, listens, replace_motion
from gid_blender.scene.response import response_path
from tests.blender.scene.baking import VOLUME, pull, response, responses, simulated, straight
from tests.blender.scene.helpers import swaying
from tests.blender.scene.test_response import to_early_version
from tests.motion.volumes import smooth_volume


class TestBadInput:
    """A sentence each, and what was baked before stays."""

    def baked(self, scene, picture):
        pull(scene, picture)
        bake(scene, picture)
        return responses(picture, range(1, 61))

    def test_an_empty_outside_the_picture(self, scene, picture):
        before = self.baked(scene, picture)
        outside = pull(scene, picture, way=((1.4, 0.3), (1.5, 0.3)))
        baked = bake(scene, picture)
        assert np.array_equal(responses(picture, range(1, 61)), before)
        (remark,) = baked.remarks
        assert f"“{outside.name}” is outside" in remark
        outside.gid.excitation.solo = True
        with pytest.raises(SceneError, match="is outside"):
            bake(scene, picture)
        assert np.array_equal(responses(picture, range(1, 61)), before)

    @pytest.mark.parametrize("lock", ["curve", "group"])
    def test_locked_keyframes(self, scene, picture, lock):
        before = self.baked(scene, picture)
        (curves,) = (curves for curves, _ in curve_owners(picture))
        curve = next(curve for curve in curves if curve.data_path == response_path())
        if curve.group is None:
            curve.group = curves.id_data.layers[0].strips[0].channelbags[0].groups.new("Bake")
        locked = curve if lock == "curve" else curve.group
        locked.lock = True
        picture["gid_stiffness"] = 2.0
        for change in (lambda: bake(scene, picture), lambda: clear_bake(picture)):
            with pytest.raises(SceneError, match=r"gid_response.* are locked"):
                change()
        assert np.array_equal(responses(picture, range(1, 61)), before)
        # Keys of somebody's own are none of a bake's business.
        picture.keyframe_insert("location", frame=1)
        next(c for c in curves if c.data_path == "location").lock = True
        locked.lock = False
        bake(scene, picture)
        assert not np.array_equal(responses(picture, range(1, 61)), before)

    def test_no_harmonics(self, scene):
        picture = swaying(smooth_volume(bands=1, frames=20), period=20.0)
        pull(scene, picture)
        with pytest.raises(SceneError, match="no harmonics"):
            bake(scene, picture)

    def test_everything_muted(self, scene, picture):
        empty = pull(scene, picture)
        bake(scene, picture)
        assert responses(picture, range(1, 61)).any()
        empty.gid.excitation.mute = True
        (remark,) = bake(scene, picture).remarks
        assert "are muted" in remark
        assert not responses(picture, range(1, 61)).any()
        bpy.data.objects.remove(empty)
        with pytest.raises(SceneError, match="Nothing excites"):
            bake(scene, picture)

    def test_mute_and_solo(self, scene, picture):
        before = self.baked(scene, picture)
        other = pull(scene, picture, frames=(20, 30), way=((0.6, 0.3), (0.6, 0.4)), mute=True)
        bake(scene, picture)
        assert np.array_equal(responses(picture, range(1, 61)), before)
        other.gid.excitation.mute, other.gid.excitation.solo = False, True
        bake(scene, picture)
        assert not responses(picture, range(1, 20)).any()

    def test_muted_harmonics(self, scene, picture):
        empty = pull(scene, picture, way=((0.4, 0.3), (0.405, 0.297)), low=1.0, high=1.3)
        assert not bake(scene, picture).remarks
        picture["gid_gain_02"] = 0.0
        (remark,) = bake(scene, picture).remarks
        assert f"“{empty.name}” moves nothing" in remark
        picture["gid_gain_02"] = 1.0
        for name in ("Re 02", "Im 02"):
            picture.data.shape_keys.key_blocks[name].mute = True
        (remark,) = bake(scene, picture).remarks
        assert "unmute their shape keys" in remark

    def test_a_motion_with_fewer_bands(self, scene, picture):
        pull(scene, picture)
        bake(scene, picture)
        replace_motion(picture, smooth_volume(bands=4, frames=40))
        bake(scene, picture)
        curves = [c for curves, _ in curve_owners(picture) for c in curves]
        assert sorted(c.array_index for c in curves) == list(range(6))
        assert response(picture, 14).any()

    def test_a_deleted_image_does_not_matter(self, scene, picture):
        before = self.baked(scene, picture)
        bpy.data.images.remove(picture["gid_image"])
        bake(scene, picture)
        assert np.array_equal(responses(picture, range(1, 61)), before)

    def test_a_plane_edited_by_hand(self, scene, picture):
        import bmesh

        before = self.baked(scene, picture)
        mesh = bmesh.new()
        mesh.from_mesh(picture.data)
        mesh.verts.ensure_lookup_table()
        bmesh.ops.delete(mesh, geom=mesh.verts[:3], context="VERTS")
        mesh.to_mesh(picture.data)
        mesh.free()
        with pytest.raises(SceneError, match="grid of"):
            bake(scene, picture)
        assert np.array_equal(responses(picture, range(1, 61)), before)

    def test_frames_before_the_start(self, scene, picture):
        before = self.baked(scene, picture)
        early = pull(scene, picture, frames=(-40, -20))
        (remark,) = bake(scene, picture).remarks
        assert f"“{early.name}” acts only outside" in remark
        assert np.array_equal(responses(picture, range(1, 61)), before)

    def test_a_pull_that_holds_since_before_the_start(self, scene, picture):
        pull(scene, picture, frames=(-10, 20))
        bake(scene, picture)
        wanted = simulated(picture, [straight((-10, 20))], [1, 10, 30])
        assert responses(picture, [1, 10, 30]) == pytest.approx(wanted, abs=2e-5)

    def test_negative_frames(self, scene, picture):
        picture.gid.bake.use_range, picture.gid.bake.first, picture.gid.bake.last = True, -30, 10
        pull(scene, picture, frames=(-20, -10))
        bake(scene, picture)
        assert response(picture, -12).any()
        picture.gid.bake.last = -40
        with pytest.raises(SceneError, match="before it starts"):
            bake(scene, picture)

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda s: setattr(s, "low", 100.0), "No harmonic lies within"),
            (lambda s: (setattr(s, "use_range", True), setattr(s, "start", 30), setattr(s, "end", 20)), "before it st"),
        ],
    )
    def test_numbers_that_make_no_sense(self, scene, picture, change, sentence):
        empty = pull(scene, picture)
        change(empty.gid.excitation)
        with pytest.raises(SceneError, match=sentence):
            bake(scene, picture)

    def test_a_pull_farther_than_the_shape_keys_go(self, scene, picture):
        assert not self.far(scene, picture, 0.05).remarks
        (remark,) = self.far(scene, picture, 0.9).remarks
        assert "times as far as in its loop, and stops at 10" in remark

    def far(self, scene, picture, distance):
        for empty in [o for o in scene.objects if o.type == "EMPTY"]:
            bpy.data.objects.remove(empty)
        pull(scene, picture, way=((0.05, 0.3), (0.05 + distance, 0.3)))
        return bake(scene, picture)

    def test_an_arrow_straight_at_the_picture(self, scene, picture):
        empty = add_empty(scene, picture, "WIND")
        empty.rotation_euler = (0, 0, 0)
        with pytest.raises(SceneError, match="points straight at"):
            bake(scene, picture)

    def test_a_pull_without_keyframes(self, scene, picture):
        add_empty(scene, picture, "PULL")
        with pytest.raises(SceneError, match="no keyframes"):
            bake(scene, picture)

    def test_an_area_that_is_gone_or_empty(self, scene, picture):
        empty = add_empty(scene, picture, "WIND")
        empty.gid.excitation.area = "leaf"
        (remark,) = bake(scene, picture).remarks
        assert "no vertex group “leaf”" in remark
        picture.vertex_groups.new(name="leaf")
        with pytest.raises(SceneError, match="is empty"):
            bake(scene, picture)

    def test_an_empty_whose_plane_was_deleted_excites_nothing(self, scene, picture):
        empty = pull(scene, picture)
        other = swaying(VOLUME)
        bpy.data.objects.remove(picture)
        with pytest.raises(SceneError, match="Nothing excites"):
            bake(scene, other)
        empty.gid.excitation.picture = other
        assert bake(scene, other).excitations == 1

    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("gid_stiffness", "stiff", "“gid_stiffness”"),
            ("gid_damping", float("nan"), "“gid_damping”"),
            ("gid_speed", "fast", "“gid_speed”"),
            ("gid_speed", -1.0, "runs backwards: its speed is -1"),
        ],
    )
    def test_a_control_that_is_none(self, scene, picture, name, value, sentence):
        before = self.baked(scene, picture)
        was = picture.pop(name)
        picture[name] = value
        with pytest.raises(SceneError, match=sentence):
            bake(scene, picture)
        del picture[name]
        picture[name] = was
        assert np.array_equal(responses(picture, range(1, 61)), before)

    def test_without_damping_there_is_no_cycle(self, scene, picture):
        pull(scene, picture)
        picture["gid_damping"], picture.gid.bake.cyclic = 0.0, True
        with pytest.raises(SceneError, match="raise the damping"):
            bake(scene, picture)

    def test_an_object_of_an_early_version_is_upgraded(self, scene, picture):
        to_early_version(picture)
        pull(scene, picture)
        bake(scene, picture)
        assert listens(picture)
        assert responses(picture, [14]).any()
