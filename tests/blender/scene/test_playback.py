# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender shows is the numpy sum, at every frame, with every control, keyed, saved, undone and without us."""

import os
import subprocess
import sys

import bpy
import numpy as np
import pytest

from gid_blender.compat import action_curve_owners
from gid_blender.motion import loop_coefficients
from gid_blender.scene import (
    SceneError,
    coefficients,
    control_path,
    frame_coefficients,
    has_drivers,
    replace_motion,
    shutter_moments,
    to_drivers,
    to_keyframes,
)
from tests.blender.scene.helpers import evaluated, expected, largest_error, rest, saved, swaying
from tests.motion.volumes import smooth_volume

# Coordinates around 0.75 m are rounded to 6e-8 in each of 33 keys, which adds up to about 1e-6 of the width.
TOLERANCE = 1e-5
VOLUME = smooth_volume()


def q_at(frame, *, period=40.0, start=1.0, phase=0.0, amplitude=1.0, mean=0.0):
    """The coefficients that the controls stand for, straight from the definition of the loop."""
    q = amplitude * loop_coefficients(frame - start, harmonics=16, period=period, phase=2 * np.pi * phase)
    q[..., 0] *= mean
    return q


@pytest.mark.parametrize("frame", [1, 2, 11, 17.25, 40, 40.5, 77.125, -3.75])
def test_vertices_are_the_numpy_sum(frame):
    assert largest_error(swaying(VOLUME), VOLUME, q_at(frame), frame) < TOLERANCE


def test_the_motion_is_far_larger_than_the_tolerance():
    obj = swaying(VOLUME)
    assert np.abs(evaluated(obj, 9) - rest(obj)).max() > 100 * TOLERANCE


@pytest.mark.parametrize("loops", [1, 2, 7, 1000, 20000])
def test_a_loop_later_every_vertex_is_back_to_the_bit(loops):
    obj = swaying(VOLUME)
    for frame in (1, 14):
        assert np.array_equal(evaluated(obj, frame), evaluated(obj, frame + loops * 40))


def test_a_period_need_not_be_whole():
    obj = swaying(VOLUME, period=33.3)
    assert largest_error(obj, VOLUME, q_at(50.0, period=33.3), 50) < TOLERANCE


def test_each_control_does_what_it_says():
    obj = swaying(VOLUME)
    obj["gid_amplitude"], obj["gid_period"], obj["gid_phase"], obj["gid_start"] = 1.5, 60.0, 0.3, 4.5
    obj["gid_gain_00"], obj["gid_gain_02"] = 0.5, 0.0
    q = q_at(21.0, period=60.0, start=4.5, phase=0.3, amplitude=1.5, mean=0.5)
    q[2] = 0
    obj.update_tag()
    assert largest_error(obj, VOLUME, q, 21) < TOLERANCE


@pytest.mark.parametrize(
    ("control", "values"),
    [("gid_amplitude", (0, 2)), ("gid_period", (40, 90)), ("gid_phase", (-1, 1)), ("gid_gain_03", (1, 0))],
)
def test_controls_can_be_keyed(control, values):
    obj = swaying(VOLUME)
    for frame, value in zip((1, 31), values, strict=True):
        obj[control] = float(value)
        assert obj.keyframe_insert(control_path(control), frame=frame)
    bpy.context.scene.frame_set(11)
    reached = obj[control]
    assert min(values) < reached < max(values)
    names = {"gid_amplitude": "amplitude", "gid_period": "period", "gid_phase": "phase"}
    q = q_at(11, **({names[control]: reached} if control in names else {}))
    if control not in names:
        q[3] *= reached
    assert largest_error(obj, VOLUME, q, 11) < TOLERANCE


def test_drivers_need_no_python():
    drivers = swaying(VOLUME).data.shape_keys.animation_data.drivers
    assert len(drivers) == 32
    assert all(curve.driver.is_simple_expression and curve.driver.is_valid for curve in drivers)


def test_a_period_of_zero_from_a_script_stops_nothing():
    obj = swaying(VOLUME)
    obj["gid_period"] = 0.0
    obj.update_tag()
    evaluated(obj, 5)
    obj["gid_period"] = 40.0
    obj.update_tag()
    assert largest_error(obj, VOLUME, q_at(6), 6) < TOLERANCE


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("gid_period", 0.0, "lasts 0 frames"),
        ("gid_amplitude", float("nan"), "cannot use"),
        ("gid_gain_03", None, "has lost its control “gid_gain_03”"),
    ],
)
def test_a_control_that_is_gone_or_no_number_is_named(name, value, sentence):
    obj = swaying(VOLUME)
    if value is None:
        del obj[name]
    else:
        obj[name] = value
    with pytest.raises(SceneError, match=sentence):
        coefficients(obj, bpy.context.scene, 4)
    with pytest.raises(SceneError, match=sentence):
        to_keyframes(obj, bpy.context.scene)


def test_the_picture_rests_at_its_own_place():
    obj = swaying(VOLUME)
    mean = np.mean([evaluated(obj, frame) for frame in range(1, 41)], axis=0)
    assert np.abs(mean - rest(obj)).max() < TOLERANCE


def test_undo_takes_the_motion_away_and_redo_brings_it_back():
    bpy.ops.ed.undo_push(message="before")
    name = swaying(VOLUME).name
    bpy.ops.ed.undo_push(message="motion")
    bpy.ops.ed.undo()
    assert name not in bpy.data.objects
    bpy.ops.ed.redo()
    assert largest_error(bpy.data.objects[name], VOLUME, q_at(9), 9) < TOLERANCE


def test_a_duplicate_has_controls_of_its_own():
    obj = swaying(VOLUME)
    bpy.context.view_layer.objects.active = obj
    obj.select_set(True)
    bpy.ops.object.duplicate()
    copy = bpy.context.object
    copy["gid_amplitude"] = 0.0
    copy.update_tag()
    assert largest_error(obj, VOLUME, q_at(9), 9) < TOLERANCE
    assert np.array_equal(evaluated(copy, 9), rest(copy))


PLAY_ELSEWHERE = """
import os, sys, bpy, numpy as np
bpy.ops.wm.read_factory_settings()
assert not bpy.context.preferences.filepaths.use_scripts_auto_execute
bpy.ops.wm.open_mainfile(filepath=sys.argv[1])
assert not any("gid_blender" in name or "image_dynamics" in name for name in sys.modules)
obj, out = bpy.data.objects["meadow"], []
for frame in (1, 9, 33.5, 4009):
    bpy.context.scene.frame_set(int(frame), subframe=frame % 1)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    co = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", co)
    out.append(co.reshape(-1, 3))
np.save(sys.argv[2], out)
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.parametrize("keyed", [False, True], ids=["drivers", "keyframes"])
def test_a_saved_file_plays_in_a_blender_without_the_extension(tmp_path, keyed):
    obj = swaying(VOLUME)
    if keyed:
        to_keyframes(obj, bpy.context.scene)
    blend, result = saved(tmp_path / "wiese äöü.blend"), tmp_path / "vertices.npy"
    # -I, another directory and no PYTHONPATH: nothing of this project can be found there.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run(
        [sys.executable, "-I", "-c", PLAY_ELSEWHERE, str(blend), str(result)],
        check=True,
        cwd=tmp_path,
        env=bare,
        timeout=120,
    )
    for frame, vertices in zip((1, 9, 33.5, 4009), np.load(result), strict=True):
        if keyed and frame % 1:
            continue  # Between two keyframes a straight line is drawn; that is what keyframes are.
        error = np.abs(vertices - expected(obj, VOLUME, q_at(frame))).max() / obj.data["gid_width"]
        assert error < TOLERANCE


class TestKeyframes:
    @pytest.mark.parametrize("frames", [2, 7, 40, 151])
    def test_any_whole_number_of_frames_loops(self, frames):
        obj = swaying(VOLUME, period=float(frames))
        assert to_keyframes(obj, bpy.context.scene) == frames + 1
        assert not has_drivers(obj)
        for frame in (1, 1 + frames // 2):
            assert largest_error(obj, VOLUME, q_at(frame, period=frames), frame) < TOLERANCE
            # The Cycles modifier subtracts whole periods in float32; key times near 4000 are exact to 2e-4 of a frame.
            later = evaluated(obj, frame + 25 * frames)
            assert np.abs(later - evaluated(obj, frame)).max() / obj.data["gid_width"] < TOLERANCE

    def test_the_last_key_equals_the_first(self):
        obj = swaying(VOLUME)
        to_keyframes(obj, bpy.context.scene)
        key = obj.data.shape_keys.key_blocks["Im 03"]
        bpy.context.scene.frame_set(1)
        first = key.value
        bpy.context.scene.frame_set(41)
        assert key.value == first

    def test_keyed_controls_are_baked_over_the_scene_range(self):
        obj, scene = swaying(VOLUME), bpy.context.scene
        scene.frame_start, scene.frame_end = 1, 60
        scene.frame_set(5, subframe=0.5)
        for frame, value in ((1, 0.0), (60, 1.0)):
            obj["gid_amplitude"] = value
            obj.keyframe_insert(control_path("gid_amplitude"), frame=frame)
        before = {frame: evaluated(obj, frame) for frame in (1, 23, 60)}
        scene.frame_set(5, subframe=0.5)
        assert to_keyframes(obj, scene) == 60
        assert (scene.frame_current, scene.frame_subframe) == (5, 0.5)
        for frame, vertices in before.items():
            assert np.abs(evaluated(obj, frame) - vertices).max() < TOLERANCE

    def test_a_hidden_object_with_keyed_controls_is_baked_alike(self):
        obj, scene = swaying(VOLUME), bpy.context.scene
        for frame, value in ((1, 0.0), (60, 1.0)):
            obj["gid_amplitude"] = value
            obj.keyframe_insert(control_path("gid_amplitude"), frame=frame)
        before = evaluated(obj, 23)
        obj.hide_viewport = True
        to_keyframes(obj, scene)
        obj.hide_viewport = False
        assert np.abs(evaluated(obj, 23) - before).max() < TOLERANCE

    def test_and_back_to_live_controls(self):
        obj = swaying(VOLUME)
        other = obj.shape_key_add(name="Bend", from_mix=False)
        other.keyframe_insert("value", frame=3)
        to_keyframes(obj, bpy.context.scene)
        to_drivers(obj)
        assert has_drivers(obj)
        assert largest_error(obj, VOLUME, q_at(12), 12) < TOLERANCE
        action = obj.data.shape_keys.animation_data.action
        bag = action.layers[0].strips[0].channelbag(obj.data.shape_keys.animation_data.action_slot)
        assert [curve.data_path for curve in bag.fcurves] == ['key_blocks["Bend"].value']

    def test_locked_keyframes_stay(self):
        obj = swaying(VOLUME)
        to_keyframes(obj, bpy.context.scene, frames=8)
        (curves,) = action_curve_owners(obj.data.shape_keys)
        curve = curves[-1]
        curve.lock = True
        before = [tuple(point.co) for each in curves for point in each.keyframe_points]
        for change in (
            to_drivers,
            lambda obj: to_keyframes(obj, bpy.context.scene, frames=5),
            lambda obj: replace_motion(obj, smooth_volume(bands=3)),
        ):
            with pytest.raises(SceneError, match="are locked"):
                change(obj)
            assert [tuple(point.co) for each in curves for point in each.keyframe_points] == before
        curve.lock = False
        to_drivers(obj)

    def test_one_frame_is_no_loop(self):
        with pytest.raises(SceneError, match="does not move"):
            to_keyframes(swaying(VOLUME), bpy.context.scene, frames=1)


class TestFrameCoefficients:
    def test_are_what_is_played_at_each_frame(self):
        obj, scene = swaying(VOLUME), bpy.context.scene
        for frame, value in ((1, 0.0), (41, 1.0)):
            obj["gid_amplitude"] = value
            obj.keyframe_insert(control_path("gid_amplitude"), frame=frame)
        scene.frame_set(5, subframe=0.5)
        q = frame_coefficients(obj, scene, -3, 30)
        assert (scene.frame_current, scene.frame_subframe) == (5, 0.5)
        for frame in (-3, 14, 30):
            assert largest_error(obj, VOLUME, q[frame + 3], frame) < TOLERANCE

    def test_time_remapping_and_muted_keys_count(self):
        obj, scene = swaying(VOLUME), bpy.context.scene
        scene.render.frame_map_new = 200
        obj.data.shape_keys.key_blocks["Re 01"].mute = True
        q = frame_coefficients(obj, scene, 1, 30)
        assert largest_error(obj, VOLUME, q[20], 21) < TOLERANCE

    def test_frames_in_the_wrong_order(self):
        with pytest.raises(SceneError, match="comes before"):
            frame_coefficients(swaying(VOLUME), bpy.context.scene, 9, 3)

    def test_a_renamed_key_is_named(self):
        obj, scene = swaying(VOLUME), bpy.context.scene
        obj.data.shape_keys.key_blocks["Im 02"].name = "Twig"
        with pytest.raises(SceneError, match="lost the shape key “Im 02”"):
            frame_coefficients(obj, scene, 1, 3)
        with pytest.raises(SceneError, match="lost the shape key “Im 02”"):
            coefficients(obj, scene, 4)


class TestCoefficients:
    """What a render is asked for moves as the mesh does."""

    def test_still_controls(self):
        obj = swaying(VOLUME)
        obj["gid_amplitude"], obj["gid_phase"] = 2.0, 0.25
        q = coefficients(obj, bpy.context.scene, 24)
        assert q.shape == (24, 16)
        assert q == pytest.approx(q_at(1 + np.arange(24) * 40 / 24, amplitude=2.0, phase=0.25), abs=1e-6)

    def test_keyed_controls(self):
        obj = swaying(VOLUME)
        for frame, value in ((1, 0.0), (41, 1.0)):
            obj["gid_amplitude"] = value
            obj.keyframe_insert(control_path("gid_amplitude"), frame=frame)
        q = coefficients(obj, bpy.context.scene, 40)
        assert largest_error(obj, VOLUME, q[13], 14) < TOLERANCE

    def test_keyframes_instead_of_controls(self):
        obj = swaying(VOLUME)
        live = coefficients(obj, bpy.context.scene, 40)
        to_keyframes(obj, bpy.context.scene)
        obj["gid_amplitude"] = 0.0  # moves nothing any more
        assert coefficients(obj, bpy.context.scene, 40) == pytest.approx(live, abs=1e-6)


class TestMotionBlur:
    @pytest.mark.parametrize(
        ("position", "first", "last"), [("START", 0, 0.5), ("CENTER", -0.25, 0.25), ("END", -0.5, 0)]
    )
    def test_moments_fill_the_time_that_the_shutter_is_open(self, position, first, last):
        render = bpy.context.scene.render
        render.motion_blur_shutter, render.motion_blur_position = 0.5, position
        moments = np.array(shutter_moments(bpy.context.scene, 8))
        np.testing.assert_allclose(np.diff(moments), 0.5 / 8)
        np.testing.assert_allclose([moments[0] - 0.5 / 16, moments[-1] + 0.5 / 16], [first, last], atol=1e-12)

    @pytest.mark.parametrize("keyed", [False, True])
    def test_each_moment_is_what_is_played_then(self, keyed):
        obj, moments = swaying(VOLUME), (-0.25, 0.125)
        if keyed:
            # Controls that change are read back from Blender, frame by frame.
            obj.keyframe_insert(control_path("gid_amplitude"), frame=1)
        scene = bpy.context.scene
        expect = q_at(np.add.outer(np.arange(1, 41), moments).ravel())
        np.testing.assert_allclose(coefficients(obj, scene, 40, moments=moments), expect, atol=1e-5)
        np.testing.assert_allclose(frame_coefficients(obj, scene, 3, 5, moments=moments), expect[4:10], atol=1e-5)
        np.testing.assert_array_equal(coefficients(obj, scene, 40), coefficients(obj, scene, 40, moments=[0.0]))
