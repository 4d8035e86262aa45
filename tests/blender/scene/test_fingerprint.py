# SPDX-License-Identifier: GPL-3.0-or-later
"""A fingerprint changes with what a bake would make another motion of, and with nothing else."""

import bpy
import numpy as np
import pytest

from gid_blender.compat import curve_owners
from gid_blender.scene import add_empty, bake, fingerprint, key_way, weights_fingerprint
from tests.blender.scene.baking import END, POINT, pull, responses


@pytest.fixture
def other(scene):
    """Something to hang things on."""
    obj = bpy.data.objects.new("carrier", None)
    scene.collection.objects.link(obj)
    return obj


@pytest.fixture
def loose(scene, picture):
    """A pull that no parent carries along with its picture."""
    empty = pull(scene, picture)
    empty.parent = None
    empty.gid.excitation.picture = picture
    return empty


def key(obj, path, *values):
    """Key a property at frames 1 and 50."""
    for frame, value in zip((1, 50), values, strict=True):
        owner, _, name = path.rpartition(".")
        setattr(obj.path_resolve(owner) if owner else obj, name, value)
        assert obj.keyframe_insert(path, frame=frame)


class Judged:
    """The fingerprint beside what is baked: of an edit both have to say the same."""

    def __init__(self, scene, picture):
        self.scene, self.picture = scene, picture
        self.before = self.now()

    def now(self):
        bpy.context.view_layer.update()
        told = fingerprint(self.scene, self.picture), weights_fingerprint(self.scene, self.picture)
        bake(self.scene, self.picture)
        assert (fingerprint(self.scene, self.picture), weights_fingerprint(self.scene, self.picture)) == told
        return told, responses(self.picture, range(1, 61, 3))

    def changed(self):
        """Whether the fingerprint is another one, which it has to be if the motion is."""
        told, motion = self.now()
        is_other = told != self.before[0]
        # Places are single precision, and less exact the farther a picture is from the origin.
        assert np.abs(motion - self.before[1]).max() < 2e-4 or is_other
        return is_other

    def moved(self):
        """Whether the motion is another one: that the test makes a difference at all."""
        return np.abs(responses(self.picture, range(1, 61, 3)) - self.before[1]).max() > 1e-3


class TestWhatCounts:
    """Each of these makes another motion, and another fingerprint."""

    def test_moving_the_picture_below_an_empty_that_it_does_not_carry(self, scene, picture, loose):
        judged = Judged(scene, picture)
        picture.location.x += 0.1
        assert judged.changed()
        assert judged.moved()

    def test_turning_what_carries_that_picture(self, scene, picture, loose, other):
        picture.parent = other
        judged = Judged(scene, picture)
        other.rotation_euler.z = 0.05
        assert judged.changed()
        assert judged.moved()

    def test_a_constraint_makes_the_picture_s_place_matter(self, scene, picture, other):
        empty = pull(scene, picture)
        empty.animation_data_clear()
        empty.gid.excitation.use_range = True
        key(other, "location", (0.0, 0.0, 0.0), (0.1, 0.1, 0.0))
        empty.constraints.new("COPY_LOCATION").target = other
        judged = Judged(scene, picture)
        picture.location.x += 0.1
        assert judged.changed()
        assert judged.moved()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("delta_location", (0.1, 0.0, 0.0)),
            ("delta_rotation_euler", (0.0, 0.0, 0.7)),
            ("location", (0.1, 0.05, 0.0)),
        ],
    )
    def test_each_way_of_moving_an_empty(self, scene, picture, name, value):
        empty = add_empty(scene, picture, "LOAD", POINT)
        judged = Judged(scene, picture)
        setattr(empty, name, value)
        assert judged.changed()
        assert judged.moved()

    def test_what_an_armature_constraint_follows(self, scene, picture):
        rig = bpy.data.objects.new("rig", bpy.data.armatures.new("rig"))
        scene.collection.objects.link(rig)
        bpy.context.view_layer.objects.active = rig
        bpy.ops.object.mode_set(mode="EDIT")
        bone = rig.data.edit_bones.new("hand")
        bone.tail = (0.0, 0.0, 1.0)
        bpy.ops.object.mode_set(mode="OBJECT")
        empty = add_empty(scene, picture, "LOAD", POINT)
        target = empty.constraints.new("ARMATURE").targets.new()
        target.target, target.subtarget = rig, "hand"
        judged = Judged(scene, picture)
        rig.pose.bones["hand"].location.x = 0.1
        assert judged.changed()
        assert judged.moved()

    def test_bones_that_have_no_keys_of_an_armature_that_has(self, scene, picture, other):
        rig = bpy.data.objects.new("rig", bpy.data.armatures.new("rig"))
        scene.collection.objects.link(rig)
        bpy.context.view_layer.objects.active = rig
        bpy.ops.object.mode_set(mode="EDIT")
        for name in ("hand", "hat"):
            rig.data.edit_bones.new(name).tail = (0.0, 0.0, 1.0)
        bpy.ops.object.mode_set(mode="OBJECT")
        rig.pose.bones["hat"].keyframe_insert("location", frame=1)
        empty = add_empty(scene, picture, "LOAD", POINT)
        empty.constraints.new("CHILD_OF").target = rig
        empty.constraints[0].subtarget = "hand"
        judged = Judged(scene, picture)
        rig.pose.bones["hand"].location.x = 0.05
        assert judged.changed()
        assert judged.moved()

    def test_keys_of_whatever_can_be_keyed(self, scene, picture):
        empty = add_empty(scene, picture, "LOAD", POINT)
        for path, values in (("strength", (0.02, 0.05)), ("reach", (0.02, 0.2)), ("high", (0.5, 1.0))):
            key(empty, f"gid.excitation.{path}", *values)
        judged = Judged(scene, picture)
        for curve in next(iter(curve_owners(empty)))[0]:
            curve.keyframe_points[1].co.y *= 1.5
            curve.update()
            assert judged.changed()
            assert judged.moved()
            judged = Judged(scene, picture)

    def test_a_custom_property_that_drives_the_strength(self, scene, picture, other):
        empty = add_empty(scene, picture, "LOAD", POINT)
        other["weight"] = 0.02
        driver = empty.driver_add("gid.excitation.strength").driver
        variable = driver.variables.new()
        variable.targets[0].id, variable.targets[0].data_path = other, '["weight"]'
        driver.expression = variable.name
        judged = Judged(scene, picture)
        other["weight"] = 0.06
        other.update_tag()
        assert judged.changed()
        assert judged.moved()

    def test_where_an_nla_strip_lies_and_ends(self, scene, picture):
        empty = pull(scene, picture)
        animation = empty.animation_data
        action, animation.action = animation.action, None
        strip = animation.nla_tracks.new().strips.new("way", 5, action)
        judged = Judged(scene, picture)
        strip.frame_end += 10
        assert judged.changed()
        assert judged.moved()
        judged = Judged(scene, picture)
        strip.influence = 0.5
        assert judged.changed()

    def test_painting_the_area_and_the_mask(self, scene, picture):
        group = picture.vertex_groups.new(name="leaf")
        group.add(range(len(picture.data.vertices)), 1.0, "REPLACE")
        add_empty(scene, picture, "WIND").gid.excitation.area = "leaf"
        judged = Judged(scene, picture)
        group.add(range(100), 0.5, "REPLACE")
        assert judged.changed()
        group.add(range(100), 1.0, "REPLACE")
        assert not judged.changed()


class TestWhatDoesNot:
    """None of these changes the motion, and so nothing is out of date."""

    def test_moving_and_keying_a_picture_that_carries_its_empties(self, scene, picture, other):
        pull(scene, picture)
        hook = bpy.data.objects.new("hook", None)
        scene.collection.objects.link(hook)
        hook.parent = picture
        pull(scene, picture).parent = hook
        judged = Judged(scene, picture)
        picture.location, picture.rotation_euler.z, picture.delta_location.y = (1.0, 2.0, 3.0), 0.5, 0.2
        assert not judged.changed()
        key(picture, "location", (0.0, 0.0, 0.0), (0.0, 1.0, 0.0))
        assert not judged.changed()
        picture.parent = other
        other.location.z = 3.0
        assert not judged.changed()

    def test_names(self, scene, picture, loose, other):
        pull(scene, picture)
        loose.parent = other
        judged = Judged(scene, picture)
        for obj, name in ((picture, "rose"), (loose, "aaa"), (other, "zzz")):
            obj.name = name
            assert not judged.changed(), name

    def test_the_playhead(self, scene, picture, other):
        """Whatever is keyed is another value at each frame, and the same curve."""
        empty = add_empty(scene, picture, "LOAD", POINT)
        key(empty, "gid.excitation.strength", 0.02, 0.05)
        key(empty, "gid.excitation.high", 0.5, 1.0)
        constraint = empty.constraints.new("COPY_LOCATION")
        constraint.target, other.location = other, empty.location
        key(empty, f'constraints["{constraint.name}"].influence', 0.0, 1.0)
        key(picture, "location", (0.0, 0.0, 0.0), (0.0, 0.0, 0.1))
        action, track = empty.animation_data.action, empty.animation_data.nla_tracks.new()
        empty.animation_data.action = None
        strip = track.strips.new("all", 1, action)
        strip.use_animated_influence = True
        strip.influence = 0.5
        strip.keyframe_insert("influence", frame=1)
        strip.influence = 1.0
        strip.keyframe_insert("influence", frame=60)
        found = set()
        for frame in (1, 20, 60):
            scene.frame_set(frame)
            found.add(fingerprint(scene, picture))
        assert len(found) == 1

    def test_what_another_session_reads(self, scene, picture, other, tmp_path):
        loose = pull(scene, picture)
        loose.constraints.new("CHILD_OF").target = other
        key_way(picture, loose, [1, 20], [POINT, END])
        bpy.context.view_layer.update()
        before, name = fingerprint(scene, picture), picture.name
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
        assert fingerprint(bpy.context.scene, bpy.data.objects[name]) == before
