# SPDX-License-Identifier: GPL-3.0-or-later
"""Excitations add to the loop: the shape keys show q of the loop plus q of what pulls and blows."""

import bpy
import numpy as np
import pytest

from gid_blender.motion import loop_coefficients
from gid_blender.scene import (
    SceneError,
    clear_excitation,
    coefficients,
    ensure_response,
    excitation,
    has_drivers,
    listens,
    set_excitation,
    to_drivers,
    to_keyframes,
)
from tests.blender.scene.helpers import evaluated, largest_error, swaying
from tests.motion.volumes import smooth_volume

TOLERANCE = 1e-5
VOLUME = smooth_volume()
RNG = np.random.default_rng(1)
PUSH = RNG.normal(size=16) + 1j * RNG.normal(size=16)
PUSH[0] = 0


def loop(frame):
    q = loop_coefficients(np.asarray(frame) - 1.0, harmonics=16, period=40.0)
    q[..., 0] = 0
    return q


def to_early_version(obj):
    """An object as the first version made it: drivers without addend, no array, no speed."""
    for curve in obj.data.shape_keys.animation_data.drivers:
        driver = curve.driver
        for name in [v.name for v in driver.variables if v.name in "xvo"]:
            driver.variables.remove(driver.variables[name])
        driver.expression = driver.expression.replace("+x", "").replace("-x", "").replace("(frame-s)*v+o", "frame-s")
    for name in ("gid_response", "gid_speed", "gid_time", "gid_stiffness", "gid_damping"):
        del obj[name]
    return obj


def test_what_is_set_adds_to_the_loop():
    obj = swaying(VOLUME)
    set_excitation(obj, PUSH)
    assert largest_error(obj, VOLUME, loop(9) + PUSH, 9) < TOLERANCE
    assert excitation(obj) == pytest.approx(PUSH)


def test_without_a_loop_it_is_all_there_is():
    obj = swaying(VOLUME)
    obj["gid_amplitude"] = 0.0
    set_excitation(obj, PUSH)
    assert largest_error(obj, VOLUME, PUSH, 9) < TOLERANCE


def test_cleared_the_loop_is_back_to_the_bit():
    obj = swaying(VOLUME)
    before = evaluated(obj, 9)
    set_excitation(obj, PUSH)
    clear_excitation(obj)
    assert np.array_equal(evaluated(obj, 9), before)


def test_it_can_be_keyed():
    obj = swaying(VOLUME)
    for frame, part in ((1, 0.0), (21, 1.0)):
        set_excitation(obj, part * PUSH)
        obj.keyframe_insert('["gid_response"]', frame=frame)
    bpy.context.scene.frame_set(21)
    assert largest_error(obj, VOLUME, loop(21) + PUSH, 21) < TOLERANCE


def test_rendered_and_converted_motion_contains_it():
    obj, scene = swaying(VOLUME), bpy.context.scene
    set_excitation(obj, PUSH)
    assert coefficients(obj, scene, 40)[8] == pytest.approx(loop(9) + PUSH, abs=1e-6)
    to_keyframes(obj, scene)
    assert largest_error(obj, VOLUME, loop(9) + PUSH, 9) < TOLERANCE
    assert not listens(obj)
    with pytest.raises(SceneError, match="Restore Live Controls"):
        ensure_response(obj)


def test_an_object_of_an_early_version_learns_to_listen():
    obj = to_early_version(swaying(VOLUME))
    obj["gid_amplitude"] = 2.0
    obj.keyframe_insert('["gid_phase"]', frame=1)
    assert largest_error(obj, VOLUME, 2 * loop(9), 9) < TOLERANCE
    assert not listens(obj)
    with pytest.raises(SceneError, match="Upgrade Controls"):
        set_excitation(obj, PUSH)
    ensure_response(obj)
    set_excitation(obj, PUSH)
    assert largest_error(obj, VOLUME, 2 * loop(9) + PUSH, 9) < TOLERANCE
    assert obj["gid_amplitude"] == 2.0


def test_an_early_version_converted_to_keyframes_gets_its_controls_back():
    obj = to_early_version(swaying(VOLUME))
    to_keyframes(obj, bpy.context.scene)
    to_drivers(obj)
    assert has_drivers(obj)
    assert listens(obj)
    assert largest_error(obj, VOLUME, loop(9), 9) < TOLERANCE


class TestSpeed:
    def test_a_constant_speed_scales_time(self):
        obj = swaying(VOLUME)
        obj["gid_speed"] = 0.25
        obj.update_tag()
        assert largest_error(obj, VOLUME, loop(1 + 0.25 * 16), 17) < TOLERANCE

    def test_one_loop_in_slow_motion_is_rendered_whole(self):
        obj = swaying(VOLUME)
        obj["gid_speed"] = 0.5
        q = coefficients(obj, bpy.context.scene, 80)
        assert q == pytest.approx(loop(1 + np.arange(80) / 2), abs=1e-6)
        assert to_keyframes(obj, bpy.context.scene) == 81
        assert largest_error(obj, VOLUME, loop(6), 11) < TOLERANCE

    def test_at_speed_0_there_is_no_loop(self):
        obj = swaying(VOLUME)
        obj["gid_speed"] = 0.0
        with pytest.raises(SceneError, match="stands still"):
            coefficients(obj, bpy.context.scene, 40)
