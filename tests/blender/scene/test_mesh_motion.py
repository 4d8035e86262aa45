# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes that move as the picture of them does: seen through the camera they do exactly that."""

import bpy
import numpy as np
import pytest

from gid_blender import scene as scenes
from gid_blender.motion.grid import at_points
from gid_blender.scene import MeshSettings
from gid_blender.scene.shape_keys import key_names
from tests.blender.scene.through import EXACT, in_picture, looked_at, move, new_camera, new_mesh, new_sheet, world
from tests.motion.volumes import smooth_volume

VOLUME = smooth_volume()
BAND_NAMES = set(key_names(16))


@pytest.fixture
def shot(scene):
    scene.render.resolution_x, scene.render.resolution_y = 640, 400
    new_camera(scene)
    return scene


def error_in_picture(scene, obj, frame: float, before: np.ndarray, volume=VOLUME, amplitude=1.0) -> float:
    """How far the seen vertices are from where the picture's motion puts them, in picture widths."""
    looked_before = in_picture(scene, before)
    now = in_picture(scene, world(obj, frame))
    aspect = scene.render.resolution_y / scene.render.resolution_x
    inside = (looked_before >= 0).all(axis=1) & (looked_before[:, 0] <= 1) & (looked_before[:, 1] <= aspect)
    x, y = looked_before[inside].T
    q = amplitude * np.exp(2j * np.pi * np.arange(16) * (frame - 1) / 40)
    # As the controls say: the mean offset is left out.
    q[0] = 0
    u = np.einsum("k,kcn->nc", q, at_points(volume.spectrum, x, y / aspect)).real
    assert inside.sum() > 10
    return float(np.abs(now[inside] - looked_before[inside] - u).max())


class TestSeenThroughTheCamera:
    @pytest.mark.parametrize(
        "transform",
        [
            {},
            {"scale": (0.4, 2.0, 0.7), "rotation_euler": (0.2, 0.1, 0.5)},
            {"scale": (-1.0, 1.0, 0.8), "location": (0.3, 1.0, 0.2)},
        ],
        ids=["plain", "scaled and turned", "mirrored"],
    )
    def test_each_vertex_goes_where_the_picture_says(self, shot, transform):
        sheet = new_sheet(shot, **transform)
        before = world(sheet, 1)
        move(shot, [sheet], VOLUME)
        for frame in (1.0, 7.5, 23.0):
            # Single precision of shape keys, and of Blender's projection.
            assert error_in_picture(shot, sheet, frame, before) < 1e-5

    def test_under_a_parent_that_is_scaled_unevenly(self, shot):
        parent = bpy.data.objects.new("Parent", None)
        shot.collection.objects.link(parent)
        parent.scale, parent.rotation_euler = (1.5, 0.5, 1.0), (0.1, 0.4, 0.2)
        sheet = new_sheet(shot, rotation_euler=(0, 0.3, 0.3), scale=(0.5, 1, 0.5))
        sheet.parent = parent
        before = world(sheet, 1)
        move(shot, [sheet], VOLUME)
        assert error_in_picture(shot, sheet, 9.0, before) < 1e-5

    def test_an_orthographic_camera(self, shot):
        shot.camera.data.type = "ORTHO"
        sheet = new_sheet(shot, rotation_euler=(0.4, 0, 0.4))
        before = world(sheet, 1)
        move(shot, [sheet], VOLUME)
        assert error_in_picture(shot, sheet, 9.0, before) < 1e-5

    def test_it_keeps_its_distance_to_the_camera(self, shot):
        sheet = new_sheet(shot)
        before = world(sheet, 1)
        to_camera = np.linalg.inv(np.array(shot.camera.matrix_world.normalized()))
        before = before @ to_camera[2, :3]
        move(shot, [sheet], VOLUME)
        assert np.abs(world(sheet, 12) @ to_camera[2, :3] - before).max() < 1e-5

    def test_the_loop_has_no_seam_and_all_controls(self, shot):
        sheet = new_sheet(shot)
        before = world(sheet, 1)
        move(shot, [sheet], VOLUME)
        assert world(sheet, 41) == pytest.approx(world(sheet, 1), abs=1e-6)
        sheet["gid_amplitude"] = 0.5
        sheet.update_tag()
        assert error_in_picture(shot, sheet, 9.0, before, amplitude=0.5) < 1e-5
        assert scenes.is_motion_object(sheet)
        assert scenes.has_drivers(sheet)
        scenes.to_keyframes(sheet, shot)
        assert error_in_picture(shot, sheet, 9.0, before, amplitude=0.5) < 1e-5

    def test_the_camera_may_go_elsewhere_afterwards(self, shot):
        sheet = new_sheet(shot)
        move(shot, [sheet], VOLUME)
        before = world(sheet, 9)
        shot.camera.location = (3, 3, 3)
        assert (world(sheet, 9) == before).all()


class TestModifiers:
    def test_behind_an_armature_that_poses_it(self, shot):
        sheet = new_sheet(shot)
        bones = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
        shot.collection.objects.link(bones)
        bpy.context.view_layer.objects.active = bones
        bpy.ops.object.mode_set(mode="EDIT")
        bone = bones.data.edit_bones.new("Bone")
        bone.head, bone.tail = (0, 0, -1), (0, 0, 1)
        bpy.ops.object.mode_set(mode="OBJECT")
        group = sheet.vertex_groups.new(name="Bone")
        group.add(range(len(sheet.data.vertices)), 1.0, "REPLACE")
        sheet.modifiers.new("Rig", "ARMATURE").object = bones
        # A quarter turn in the picture: motion that is not turned back would go off at a right angle.
        bones.pose.bones["Bone"].rotation_mode = "XYZ"
        bones.pose.bones["Bone"].rotation_euler = (0.3, 0.2, 1.2)
        before = world(sheet, 1)
        move(shot, [sheet], VOLUME)
        assert error_in_picture(shot, sheet, 9.0, before) < 2e-5
        # Pulls take place in the posed mesh, too.
        basis = scenes.mesh_view.point_basis(sheet)
        x, y = in_picture(shot, before).T
        aspect = 400 / 640
        wanted = at_points(VOLUME.spectrum, x, y / aspect)[..., basis.seen]
        assert np.abs(basis.spectrum[:, :, 0, basis.seen] - wanted).max() < 1e-4 * np.abs(wanted).max()

    def test_generative_ones_go_on_above_it(self, shot):
        plain = new_sheet(shot, side=5)
        before = world(plain, 1)
        plain.modifiers.new("Finer", "SUBSURF").levels = 2
        move(shot, [plain], VOLUME)
        assert len(world(plain, 9)) == 17 * 17
        plain.modifiers["Finer"].show_viewport = False
        assert error_in_picture(shot, plain, 9.0, before) < 1e-5

    def test_a_mirror_below_a_displacement(self, shot):
        sheet = new_sheet(shot, location=(0, 0.5, 0))
        sheet.modifiers.new("Mirror", "MIRROR")
        lifted = sheet.modifiers.new("Lifted", "DISPLACE")
        lifted.direction, lifted.strength, lifted.mid_level = "Y", -0.3, 0.0
        sheet.modifiers["Mirror"].show_viewport = False
        before = world(sheet, 1)
        sheet.modifiers["Mirror"].show_viewport = True
        move(shot, [sheet], VOLUME)
        sheet.modifiers["Mirror"].show_viewport = False
        assert error_in_picture(shot, sheet, 9.0, before) < 2e-5


class TestWhatTheMeshHas:
    def test_its_own_shape_keys_stay(self, shot):
        sheet = new_sheet(shot)
        sheet.shape_key_add(name="Rest")
        bulge = sheet.shape_key_add(name="Bulge", from_mix=False)
        for point in bulge.points:
            point.co.y -= 0.4 * max(0.0, 1 - point.co.x**2 - point.co.z**2)
        bulge.value = 0.75
        before = world(sheet, 1)
        move(shot, [sheet], VOLUME)
        assert error_in_picture(shot, sheet, 9.0, before) < 1e-5
        assert [key.name for key in sheet.data.shape_keys.key_blocks][:2] == ["Rest", "Bulge"]
        assert bulge.value == 0.75
        scenes.remove_mesh_motion(sheet)
        assert [key.name for key in sheet.data.shape_keys.key_blocks] == ["Rest", "Bulge"]
        assert (world(sheet, 9) == before).all()

    def test_the_mask_group_holds_it_back(self, shot):
        sheet = new_sheet(shot)
        before = world(sheet, 1)
        group = sheet.vertex_groups.new(name="Image Dynamics Mask")
        x = np.array([v.co.x for v in sheet.data.vertices])
        for index in np.flatnonzero(x > 0).tolist():
            group.add([index], 1.0, "REPLACE")
        move(shot, [sheet], VOLUME)
        moved = np.linalg.norm(world(sheet, 9) - before, axis=1)
        assert moved[x <= 0].max() == 0
        assert moved[x > 0].min() > 0

    def test_objects_that_share_a_mesh_move_apart_and_get_it_back(self, shot):
        one = new_sheet(shot, location=(-1.2, 0, 0), scale=(0.5, 1, 0.5))
        other = bpy.data.objects.new("Other", one.data)
        other.location, other.scale = (1.2, 0, 0), (0.5, 1, 0.5)
        shot.collection.objects.link(other)
        shared = one.data
        before = world(one, 1), world(other, 1)
        move(shot, [one, other], VOLUME)
        assert one.data != other.data
        assert error_in_picture(shot, one, 9.0, before[0]) < 1e-5
        assert error_in_picture(shot, other, 9.0, before[1]) < 1e-5
        for obj in (one, other):
            scenes.remove_mesh_motion(obj)
            assert obj.data == shared
        assert shared.shape_keys is None
        assert len(bpy.data.meshes) == 1


class TestAgain:
    def test_a_new_motion_takes_the_place_of_the_old_one_whatever_frame_it_is(self, shot):
        sheet = new_sheet(shot)
        before = world(sheet, 1)
        move(shot, [sheet], VOLUME)
        sheet["gid_amplitude"], sheet["gid_phase"] = 1.0, 0.0
        sheet["gid_gain_02"] = 0.0
        shot.frame_set(17)
        other = smooth_volume(seed=5)
        move(shot, [sheet], other, start=5.0)
        assert len(sheet.data.shape_keys.key_blocks) == 33
        assert sheet["gid_gain_02"] == 0.0
        sheet["gid_gain_02"] = 1.0
        sheet.update_tag()
        assert error_in_picture(shot, sheet, 9.0, before, other) < 1e-5

    def test_fewer_bands(self, shot):
        sheet = new_sheet(shot)
        move(shot, [sheet], VOLUME)
        move(shot, [sheet], smooth_volume(bands=4))
        assert [k.name for k in sheet.data.shape_keys.key_blocks] == ["Basis", *key_names(4)]

    def test_removed_it_is_as_it_was_bit_for_bit(self, shot):
        sheet = new_sheet(shot, scale=(0.7, 1, 1))
        sheet["mine"] = 3
        sheet.vertex_groups.new(name="Mine").add([1, 2], 0.5, "REPLACE")
        before, properties = bytes_of(sheet.data), dict(sheet.items())
        move(shot, [sheet], VOLUME)
        sheet.keyframe_insert('["gid_amplitude"]', frame=3)
        shot.frame_set(9)
        scenes.remove_mesh_motion(sheet)
        assert bytes_of(sheet.data) == before
        assert dict(sheet.items()) == properties
        assert sheet.data.shape_keys is None
        assert not scenes.is_motion_object(sheet)

    def test_what_was_not_moved_cannot_be_removed(self, shot):
        with pytest.raises(scenes.SceneError, match="not moved"):
            scenes.remove_mesh_motion(new_sheet(shot))


class TestTogether:
    def test_one_set_of_controls_moves_all(self, shot):
        big, small = new_sheet(shot, side=12), new_sheet(shot, side=4, location=(0.8, 0.4, 0.2))
        before = world(big, 1), world(small, 1)
        leader = move(shot, [small, big], VOLUME)
        assert leader == big
        assert scenes.leader_of(small) == big
        assert not [name for name in small.keys() if name.startswith("gid_gain")]
        big["gid_amplitude"] = 0.0
        big.update_tag()
        assert np.abs(world(small, 9) - before[1]).max() < 1e-6

    def test_a_new_motion_of_the_leader_is_one_for_all(self, shot):
        big, small = new_sheet(shot, side=12), new_sheet(shot, side=4, location=(0.8, 0.4, 0.2))
        move(shot, [small, big], VOLUME)
        assert scenes.with_followers(shot, [big]) == [big, small]
        assert scenes.with_followers(shot, [small]) == [small]


class TestWhatIsHidden:
    def test_it_moves_as_what_it_is_connected_to(self, shot):
        bpy.ops.mesh.primitive_uv_sphere_add(radius=0.8, segments=32, ring_count=16)
        ball = bpy.context.object
        before = world(ball, 1)
        move(shot, [ball], VOLUME)
        step = world(ball, 9) - before
        edges = np.array([edge.vertices[:] for edge in ball.data.edges])
        jump = np.linalg.norm(step[edges[:, 0]] - step[edges[:, 1]], axis=1)
        # What is seen changes by no more than that from vertex to vertex, nor does what is not seen.
        seen = looked_at(shot, [ball]).seen
        both = seen[edges].all(axis=1)
        assert jump.max() <= 2 * jump[both].max()
        assert np.linalg.norm(step[~seen], axis=1).min() > 0

    def test_a_part_that_nobody_sees_moves_as_what_is_nearest_to_it(self, shot):
        front = new_sheet(shot, side=9)
        back = new_sheet(shot, side=2, name="Back", location=(0.1, 0.3, 0.1), scale=(0.02, 1, 0.02))
        before = world(front, 1), world(back, 1)
        move(shot, [front, back], VOLUME)
        near = np.linalg.norm(before[0] - before[1].mean(axis=0), axis=1).argmin()
        steps = world(back, 9) - before[1]
        # One piece, though each of its corners has other neighbours.
        assert np.ptp(steps, axis=0).max() < 1e-6
        assert np.linalg.norm(steps[0] - (world(front, 9) - before[0])[near]) < 0.3 * np.linalg.norm(steps[0]) + 2e-3


class TestHoldingTogether:
    def leaf_on_twig(self, scene):
        """A twig from left to right, and a leaf that stands on it; the picture moves the upper half alone."""
        twig = new_sheet(scene, side=9, name="Twig", scale=(1, 1, 0.05))
        leaf = new_sheet(scene, side=5, name="Leaf", scale=(0.2, 1, 0.4), location=(0, -0.001, 0.44))
        spectrum = np.zeros((2, 2, 40, 64), np.complex64)
        spectrum[1, 0, :18] = 0.02
        return twig, leaf, VOLUME.__class__(spectrum, frames=150)

    def drift(self, scene, settings) -> tuple[float, float]:
        """How far the foot of the leaf leaves the twig, and how far its tip goes, in metres."""
        twig, leaf, volume = self.leaf_on_twig(scene)
        before = world(leaf, 1)
        foot, tip = before[:, 2].argmin(), before[:, 2].argmax()
        move(scene, [twig, leaf], volume, settings)
        # The turning point of the swing.
        step = world(leaf, 1) - before
        twig_step = np.linalg.norm(world(twig, 1)[40] - np.array([0, 0, 0]))
        return abs(np.linalg.norm(step[foot]) - twig_step), float(np.linalg.norm(step[tip]))

    def test_a_leaf_stays_on_its_twig_and_sways_at_its_tip(self, shot):
        drift, tip = self.drift(shot, MeshSettings(spread_edges=False, pin_base=0))
        assert drift < 1e-4
        assert tip > 0.05

    def test_it_can_be_left_to_itself(self, shot):
        twig, leaf, volume = self.leaf_on_twig(shot)
        before = world(leaf, 1)
        move(shot, [twig, leaf], volume, EXACT)
        x, y = in_picture(shot, before).T
        wanted = at_points(volume.spectrum, x, y / 0.625)[1, 0].real
        found = (in_picture(shot, world(leaf, 1)) - in_picture(shot, before))[:, 0]
        assert np.abs(found - wanted).max() < 1e-5


def test_the_base_can_be_pinned(shot):
    sheet = new_sheet(shot, side=21)
    before = world(sheet, 1)
    move(shot, [sheet], VOLUME, MeshSettings(hold_together=False, spread_edges=False, pin_base=0.5))
    moved = np.linalg.norm(world(sheet, 9) - before, axis=1)
    height = before[:, 2] - before[:, 2].min()
    assert moved[height == 0].max() < 1e-7
    free = height > 1.01
    assert error_in_picture(shot, sheet, 9.0, before) > 1e-3
    assert moved[free].min() > 0


def bytes_of(mesh: bpy.types.Mesh) -> dict:
    """Everything that a mesh holds at its vertices, edges, corners and faces."""
    found = {"groups": [[(g.group, g.weight) for g in v.groups] for v in mesh.vertices], "keys": list(mesh.keys())}
    for attribute in mesh.attributes:
        field = {"FLOAT_VECTOR": "vector", "FLOAT2": "vector", "INT32_2D": "value"}.get(attribute.data_type, "value")
        values = [getattr(item, field) for item in attribute.data]
        found[attribute.name] = [tuple(v) if hasattr(v, "__len__") else v for v in values]
    return found


def test_a_point_without_faces_moves_too(shot):
    wire = new_mesh(shot, [(-0.5, 0, 0), (0, 0, 0), (0.5, 0, 0)], [], "Wire")
    before = world(wire, 1)
    move(shot, [wire], VOLUME)
    assert np.linalg.norm(world(wire, 9) - before, axis=1).min() > 0
