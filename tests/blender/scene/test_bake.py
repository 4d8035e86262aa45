# SPDX-License-Identifier: GPL-3.0-or-later
"""Empties become motion: what is baked is what `motion.simulate` says, wherever and however the empties move."""

import os
import subprocess
import sys

import bpy
import numpy as np
import pytest
from mathutils import Vector

from gid_blender.compat import curve_owners
from gid_blender.motion import Curve, ModalBasis, Oscillators, Pull, loop_coefficients, simulate
from gid_blender.scene import (
    SceneError,
    add_empty,
    bake,
    clear_bake,
    control_path,
    is_baked,
    key_way,
    listens,
    properties,
    replace_motion,
    to_keyframes,
)
from gid_blender.scene.controls import damping_of
from gid_blender.scene.empties import on_plane
from gid_blender.scene.shape_keys import read_spectrum
from tests.blender.scene.helpers import evaluated, largest_error, rest, saved, swaying
from tests.blender.scene.test_response import to_early_version
from tests.motion.volumes import smooth_volume

TOLERANCE = 1e-5
VOLUME = smooth_volume()
POINT, END = (0.4, 0.3), (0.45, 0.27)


@pytest.fixture(scope="module", autouse=True)
def _properties():
    properties.register()
    yield
    properties.unregister()


@pytest.fixture
def scene():
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = 24, 1, 60
    return scene


@pytest.fixture
def picture(scene):
    obj = swaying(VOLUME)
    obj.gid.bake.ring_out = 0
    return obj


def pull(scene, picture, frames=(5, 15), way=(POINT, END), **options):
    empty = add_empty(scene, picture, "PULL", way[0])
    key_way(picture, empty, frames, way, straight=True)
    for name, value in options.items():
        setattr(empty.gid.excitation, name, value)
    bpy.context.view_layer.update()
    return empty


def response(picture, frame):
    bpy.context.scene.frame_set(int(np.floor(frame)), subframe=frame % 1)
    values = np.array(picture["gid_response"].to_list())
    return np.concatenate([[0], values[0::2] + 1j * values[1::2]])


def responses(picture, frames):
    return np.array([response(picture, frame) for frame in frames])


def simulated(picture, excitations, frames, **options):
    """What the bake should have come to, straight from the arrays."""
    aspect = picture.data["gid_height"] / picture.data["gid_width"]
    basis = ModalBasis.at_vertices(read_spectrum(picture), aspect)
    oscillators = Oscillators.of_period(picture["gid_period"] / 24, 16, damping_of(picture))
    return simulate(basis, oscillators, excitations, np.asarray(frames) / 24, start=1 / 24, **options)


def straight(frames=(5, 15), way=(POINT, END)):
    return Pull(way[0], Curve(np.array(frames) / 24, np.array(way) - np.array(way[0])), reach=0.02)


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
        moved = (evaluated(picture, 22) - start)[nearest]
        # Up on the picture is +y in Blender.
        assert moved[1] > 3 * abs(moved[0]) > 0 or moved[1] > 1e-4

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
        bake(scene, picture)
        everywhere = responses(picture, [30])
        group = picture.vertex_groups.new(name="leaf")
        group.add(list(range(200)), 1.0, "REPLACE")
        empty.gid.excitation.area = "leaf"
        bake(scene, picture)
        assert np.abs(responses(picture, [30]) - everywhere).max() > 1e-3

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

    def test_no_harmonics(self, scene):
        picture = swaying(smooth_volume(bands=1, frames=20), period=20.0)
        pull(scene, picture)
        with pytest.raises(SceneError, match="no harmonics"):
            bake(scene, picture)

    def test_everything_muted(self, scene, picture):
        empty = pull(scene, picture, mute=True)
        with pytest.raises(SceneError, match="muted"):
            bake(scene, picture)
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
        empty = pull(scene, picture, low=1.0, high=1.3)
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
