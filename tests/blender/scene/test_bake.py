# SPDX-License-Identifier: GPL-3.0-or-later
"""Empties become motion: what is baked is what `motion.simulate` says, however the empties move."""

import bpy
import numpy as np
import pytest
from mathutils import Vector

from gid_blender.motion import Curve, Turbulence, Wind, loop_coefficients
from gid_blender.scene import add_empty, bake, clear_bake, control_path, is_baked
from gid_blender.scene.empties import on_picture, on_plane
from gid_blender.scene.shape_keys import read_spectrum
from tests.blender.scene.baking import END, POINT, VOLUME, pull, response, responses, simulated, straight
from tests.blender.scene.helpers import evaluated, largest_error, rest

TOLERANCE = 1e-5


class TestPull:
    def test_is_what_the_simulation_says(self, scene, picture):
        pull(scene, picture)
        baked = bake(scene, picture)
        assert (baked.first, baked.last, baked.excitations, baked.remarks) == (1, 60, 1, ())
        frames = [1, 4, 5, 9, 14, 15, 16, 25, 60]
        # Places are single-precision numbers of metres.
        assert responses(picture, frames) == pytest.approx(simulated(picture, [straight()], frames), abs=2e-5)

    def test_the_loop_goes_on_beneath_and_its_controls_stay_live(self, scene, picture):
        pull(scene, picture)
        bake(scene, picture)
        picture["gid_amplitude"] = 0.5
        picture.update_tag()
        loop = loop_coefficients(19.0, harmonics=16, period=40.0)
        loop[0] = 0
        assert largest_error(picture, VOLUME, 0.5 * loop + response(picture, 20), 20) < TOLERANCE

    def test_the_touched_vertex_follows_the_empty(self, scene, picture):
        picture["gid_amplitude"] = 0.0
        pull(scene, picture, reach=0.0)
        bake(scene, picture)
        start = rest(picture)
        place = on_plane(picture, *POINT)
        nearest = np.argmin(np.linalg.norm(start[:, :2] - np.array(place[:2]), axis=1))
        moved = (evaluated(picture, 12) - start)[nearest, :2]
        hand = np.array((on_plane(picture, *END) - place)[:2]) * 0.7
        assert moved @ hand / np.linalg.norm(moved) / np.linalg.norm(hand) > 0.98
        assert np.linalg.norm(moved) == pytest.approx(np.linalg.norm(hand), rel=0.15)

    def test_strength_scales_it(self, scene, picture):
        empty = pull(scene, picture)
        bake(scene, picture)
        whole = responses(picture, [9, 30])
        empty.gid.excitation.strength = 0.5
        bake(scene, picture)
        assert responses(picture, [9, 30]) == pytest.approx(whole / 2, abs=1e-6)

    def test_a_range_says_when_it_holds(self, scene, picture):
        empty = pull(scene, picture, frames=(1, 59), way=(POINT, END), use_range=True, start=10.0, end=30.0)
        bake(scene, picture)
        assert not responses(picture, range(1, 11)).any()
        assert responses(picture, [29]).any()
        moved = straight((10, 30), (np.array(POINT) + np.subtract(END, POINT) * 9 / 58,
                                    np.array(POINT) + np.subtract(END, POINT) * 29 / 58))  # fmt: skip
        assert responses(picture, [20, 40]) == pytest.approx(simulated(picture, [moved], [20, 40]), abs=2e-5)
        assert empty.gid.excitation.end == 30

    def test_target_harmonics(self, scene, picture):
        # 40 frames at 24 a second: 0.6 Hz apart.
        pull(scene, picture, low=1.0, high=2.0)
        bake(scene, picture)
        q = np.abs(responses(picture, range(5, 60))).max(axis=0)
        assert list(np.flatnonzero(q)) == [2, 3]

    def test_keys_in_an_nla_strip_count(self, scene, picture):
        empty = pull(scene, picture)
        bake(scene, picture)
        before = responses(picture, [9, 14, 30])
        animation = empty.animation_data
        action = animation.action
        strip = animation.nla_tracks.new().strips.new("way", 25, action)
        animation.action = None
        assert strip.frame_start == 25
        bake(scene, picture)
        assert responses(picture, [29, 34, 50]) == pytest.approx(before, abs=2e-5)


class TestFollowing:
    """Whatever carries an empty, its evaluated place counts."""

    def expected(self, scene, picture):
        empty = pull(scene, picture)
        bake(scene, picture)
        q = responses(picture, range(1, 61))
        bpy.data.objects.remove(empty)
        return q

    def carrier(self, picture):
        hand = bpy.data.objects.new("hand", None)
        bpy.context.scene.collection.objects.link(hand)
        for frame, place in ((5, POINT), (15, END)):
            hand.location = picture.matrix_world @ on_plane(picture, *place)
            hand.keyframe_insert("location", frame=frame)
        for axis in range(3):
            curve = hand.animation_data.action.layers[0].strips[0].channelbags[0].fcurves.find("location", index=axis)
            for key in curve.keyframe_points:
                key.interpolation = "LINEAR"
        return hand

    @pytest.mark.parametrize("how", ["parent", "constraint", "driver"])
    def test_a_hand_that_carries_the_empty(self, scene, picture, how):
        wanted = self.expected(scene, picture)
        picture.location, picture.rotation_euler, picture.scale = (1, 2, 3), (0.4, 0.2, 1.0), (2, 2, 2)
        bpy.context.view_layer.update()
        hand = self.carrier(picture)
        empty = add_empty(scene, picture, "PULL", POINT)
        settings = empty.gid.excitation
        settings.picture, settings.use_range, settings.start, settings.end = picture, True, 5, 15
        empty.parent = None
        empty.location = (0, 0, 0)
        if how == "parent":
            empty.parent = hand
        elif how == "constraint":
            empty.constraints.new("COPY_LOCATION").target = hand
        else:
            for axis, name in enumerate("XYZ"):
                driver = empty.driver_add("location", axis).driver
                variable = driver.variables.new()
                variable.type, variable.targets[0].id = "TRANSFORMS", hand
                variable.targets[0].transform_type = f"LOC_{name}"
                driver.type = "SUM"
        bake(scene, picture)
        # Metres from the origin, single precision.
        assert responses(picture, range(1, 61)) == pytest.approx(wanted, abs=1e-4)

    def test_a_picture_that_is_carried_about_takes_its_empties_along(self, scene, picture):
        wanted = self.expected(scene, picture)
        for frame, place in ((1, 0.0), (60, 5.0)):
            picture.location.x = place
            picture.keyframe_insert("location", frame=frame)
        pull(scene, picture)
        bake(scene, picture)
        assert responses(picture, range(1, 61)) == pytest.approx(wanted, abs=1e-4)

    def test_baking_leaves_no_trace_but_the_curves(self, scene, picture):
        self.carrier(picture)
        pull(scene, picture)
        scene.frame_set(7, subframe=0.25)
        picture.active_shape_key_index = 3
        names = {kind: sorted(getattr(bpy.data, kind).keys()) for kind in ("objects", "scenes", "collections")}
        bake(scene, picture)
        assert names == {kind: sorted(getattr(bpy.data, kind).keys()) for kind in names}
        assert (scene.frame_current, scene.frame_subframe) == (7, 0.25)
        assert (picture.show_only_shape_key, picture.active_shape_key_index) == (False, 3)
        assert bpy.context.scene == scene


class TestForces:
    def test_a_poke_begins_at_its_frame_and_goes_along_its_arrow(self, scene, picture):
        picture["gid_amplitude"] = 0.0
        empty = add_empty(scene, picture, "POKE", POINT, direction=(0.0, -1.0))
        empty.gid.excitation.start = 20
        bake(scene, picture)
        assert not responses(picture, range(1, 21)).any()
        start, place = rest(picture), on_plane(picture, *POINT)
        nearest = np.argmin(np.linalg.norm(start[:, :2] - np.array(place[:2]), axis=1))
        moved = (evaluated(picture, 22) - start)[nearest, :2]
        # Up on the picture is +y in Blender. It taps on a patch, and stiff directions give way less.
        assert moved[1] > 1e-3
        assert abs(moved[0]) < 0.2 * moved[1]
        empty.rotation_euler = Vector((-1, 0, 0)).to_track_quat("Z", "Y").to_euler()
        bake(scene, picture)
        moved = (evaluated(picture, 22) - start)[nearest, :2]
        assert moved[0] < -1e-3
        assert abs(moved[1]) < 0.2 * -moved[0]

    def test_a_gust_rises_and_dies_down(self, scene, picture):
        picture["gid_damping"], scene.frame_end = 2.0, 200
        empty = add_empty(scene, picture, "WIND")
        settings = empty.gid.excitation
        settings.use_range, settings.start, settings.end, settings.gusts = True, 10, 30, 0.0
        bake(scene, picture)
        q = np.abs(responses(picture, range(1, 201))).sum(axis=1)
        # Forces are looked at 128 times a second, straight between: a hair of it is there at its first frame.
        assert not q[:9].any()
        assert q[9] < 1e-4 * q.max()
        assert q[:40].max() > 100 * q[-1]

    def test_keyed_strength_and_turned_arrow(self, scene, picture):
        empty = add_empty(scene, picture, "LOAD", POINT)
        for frame, strength in ((1, 0.0), (30, 0.05)):
            empty.gid.excitation.strength = strength
            empty.keyframe_insert("gid.excitation.strength", frame=frame)
        bake(scene, picture)
        right = responses(picture, range(1, 61))
        assert np.abs(right[40]).sum() > 10 * np.abs(right[4]).sum()
        empty.rotation_euler = Vector((-1, 0, 0)).to_track_quat("Z", "Y").to_euler()
        bake(scene, picture)
        assert responses(picture, range(1, 61)) == pytest.approx(-right, abs=1e-5)

    def test_a_wind_over_a_painted_area(self, scene, picture):
        empty = add_empty(scene, picture, "WIND")
        corner = [
            vertex.index
            for vertex in picture.data.vertices
            for x, y in [on_picture(picture, vertex.co)]
            if x < 0.5 and y < 0.2
        ]
        picture.vertex_groups.new(name="leaf").add(corner, 1.0, "REPLACE")
        empty.gid.excitation.area = "leaf"
        bake(scene, picture)
        frames = [10, 30, 50]
        rows, columns = read_spectrum(picture).shape[2:]
        x = np.linspace(0, 1, columns)
        y = np.linspace(0, picture.data["gid_height"] / picture.data["gid_width"], rows)
        area = np.where((x < 0.5) & (y[:, None] < 0.2), 1.0, 0.0)
        strength = Curve.constant((empty.gid.excitation.strength, 0.0))
        blown = {
            turned: simulated(picture, [Wind(strength, Turbulence(), np.flip(area, turned))], frames)
            for turned in ((), 0, 1, (0, 1))
        }
        baked = responses(picture, frames)
        assert baked == pytest.approx(blown[()], abs=2e-5)
        for turned in (0, 1, (0, 1)):
            assert np.abs(baked - blown[turned]).max() > 1e-2

    def test_a_pre_roll_has_the_wind_at_work_before_the_first_frame(self, scene, picture):
        add_empty(scene, picture, "WIND")
        bake(scene, picture)
        assert not response(picture, 1).any()
        picture.gid.bake.pre_roll = 48
        bake(scene, picture)
        assert response(picture, 1).any()

    def test_a_cyclic_bake_closes_to_the_bit_and_repeats(self, scene, picture):
        add_empty(scene, picture, "WIND")
        pull(scene, picture)
        picture.gid.bake.cyclic = True
        bake(scene, picture)
        first = response(picture, 1)
        assert first.any()
        assert np.array_equal(response(picture, 61), first)
        assert response(picture, 61 + 60 * 7 + 12) == pytest.approx(response(picture, 13), abs=1e-4)

    def test_it_rings_out_into_the_loop(self, scene, picture):
        add_empty(scene, picture, "WIND")
        bake(scene, picture)
        inside = responses(picture, range(1, 61))
        assert response(picture, 200).any()
        picture.gid.bake.ring_out = 30
        bake(scene, picture)
        assert responses(picture, range(1, 61)) == pytest.approx(inside, abs=1e-6)
        for frame in (90, 91, 500):
            assert not response(picture, frame).any()


class TestLive:
    def test_slow_motion_slows_the_loop_and_what_is_excited(self, scene, picture):
        pull(scene, picture, frames=(5, 9, 11), way=(POINT, END, END))
        bake(scene, picture)
        # A still hand lets go at frame 11: 10 frames later it is what it is 20 frames later at half the speed.
        before = responses(picture, [11, 21])
        picture["gid_speed"] = 0.5
        bake(scene, picture)
        after = responses(picture, [11, 31])
        assert after == pytest.approx(before, abs=1e-4)

    def test_a_keyed_speed_is_integrated_for_the_loop_too(self, scene, picture):
        for frame, speed in ((1, 1.0), (41, 0.0)):
            picture["gid_speed"] = speed
            picture.keyframe_insert(control_path("gid_speed"), frame=frame)
        bag = picture.animation_data.action.layers[0].strips[0].channelbags[0]
        for key in bag.fcurves.find(control_path("gid_speed")).keyframe_points:
            key.interpolation = "LINEAR"
        assert bake(scene, picture).excitations == 0
        # The speed goes down evenly: 40 frames pass as 20, and then none.
        for frame, passed in ((21, 15.0), (41, 20.0), (60, 20.0)):
            q = loop_coefficients(passed, harmonics=16, period=40.0)
            q[0] = 0
            assert largest_error(picture, VOLUME, q, frame) < TOLERANCE

    def test_stiffness_and_damping_over_time(self, scene, picture):
        empty = pull(scene, picture)
        bake(scene, picture)
        plain = responses(picture, range(15, 61))
        for name, value in (("gid_stiffness", 4.0), ("gid_damping", 5.0)):
            picture[name] = value
            bake(scene, picture)
            assert np.abs(responses(picture, range(15, 61)) - plain).max() > 1e-2
            picture[name] = 1.0
        for frame, damping in ((30, 1.0), (31, 100.0)):
            picture["gid_damping"] = damping
            picture.keyframe_insert(control_path("gid_damping"), frame=frame)
        bake(scene, picture)
        late = responses(picture, range(15, 61))
        assert late[:15] == pytest.approx(plain[:15], abs=1e-5)
        assert np.abs(late[20:]).sum() != pytest.approx(np.abs(plain[20:]).sum(), rel=0.1)
        assert empty.gid.excitation.kind == "PULL"

    def test_the_equaliser_acts_on_excitations_too_keyed_or_not(self, scene, picture):
        pull(scene, picture)
        picture["gid_gain_02"] = 0.0
        bake(scene, picture)
        q = responses(picture, range(5, 60))
        assert not q[:, 2].any()
        assert q[:, 1].any()
        for frame, gain in ((20, 1.0), (40, 0.0)):
            picture["gid_gain_02"] = gain
            picture.keyframe_insert(control_path("gid_gain_02"), frame=frame)
        bake(scene, picture)
        q = responses(picture, range(1, 61))
        assert q[12, 2] != 0
        assert not q[40:, 2].any()


class TestTwice:
    def test_is_the_same_to_the_bit(self, scene, picture):
        pull(scene, picture)
        add_empty(scene, picture, "WIND")
        bake(scene, picture)
        first = responses(picture, range(1, 61))
        bake(scene, picture)
        assert np.array_equal(responses(picture, range(1, 61)), first)

    def test_replaces_the_curves_in_place(self, scene, picture):
        empty = pull(scene, picture)
        picture.keyframe_insert(control_path("gid_amplitude"), frame=1)
        bake(scene, picture)
        action = picture.animation_data.action
        curves = action.layers[0].strips[0].channelbags[0].fcurves
        assert len(curves) == 31
        scene.frame_end = 40
        bake(scene, picture)
        assert picture.animation_data.action == action
        assert len(curves) == 31
        assert {len(c.keyframe_points) for c in curves} == {1, 40}
        bpy.data.objects.remove(empty)
        assert clear_bake(picture)
        assert [c.data_path for c in curves] == [control_path("gid_amplitude")]
        assert not responses(picture, [9, 30]).any()
        assert not clear_bake(picture)

    def test_clearing_takes_an_action_away_that_only_it_needed(self, scene, picture):
        pull(scene, picture)
        before = set(bpy.data.actions.keys())
        bake(scene, picture)
        assert is_baked(picture)
        clear_bake(picture)
        assert set(bpy.data.actions.keys()) == before
        assert not is_baked(picture)

    def test_a_bake_in_an_nla_strip_is_replaced_there(self, scene, picture):
        empty = pull(scene, picture)
        bake(scene, picture)
        plain = responses(picture, range(1, 61))
        animation = picture.animation_data
        action = animation.action
        strip = animation.nla_tracks.new().strips.new("bake", 11, action)
        animation.action = None
        assert responses(picture, range(11, 71)) == pytest.approx(plain, abs=1e-5)
        empty.gid.excitation.strength = 0.5
        bake(scene, picture)
        assert animation.action is None
        assert strip.action == action
        assert responses(picture, range(11, 71)) == pytest.approx(plain / 2, abs=1e-5)

    def test_undo_takes_it_back(self, scene, picture):
        name = picture.name
        pull(scene, picture)
        bpy.ops.ed.undo_push(message="before")
        bake(scene, picture)
        bpy.ops.ed.undo_push(message="bake")
        assert response(picture, 14).any()
        bpy.ops.ed.undo()
        assert not is_baked(bpy.data.objects[name])
        bpy.ops.ed.redo()
        assert is_baked(bpy.data.objects[name])
