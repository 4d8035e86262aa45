# SPDX-License-Identifier: GPL-3.0-or-later
"""Cycles looks through all layers of a picture, at whatever the scene was set to."""

import bpy
import numpy as np
import pytest

from gid_blender.scene import split_layers
from gid_blender.scene.see_through import look_through_layers
from tests.blender.scene.helpers import swaying
from tests.blender.scene.test_layers import band, in_front, rendered


def split(scene, count):
    obj = swaying()
    obj["gid_amplitude"] = 0.0
    split_layers(scene, obj, [band(i / count, (i + 1) / count, f"mask {i}") for i in range(count)])


class TestLookThroughLayers:
    @pytest.mark.parametrize("count", [8, 12])
    def test_no_layer_is_black_at_the_settings_of_a_new_scene(self, count):
        scene = bpy.context.scene
        in_front(scene)
        obj = swaying()
        obj["gid_amplitude"] = 0.0
        flat = rendered(scene)
        bpy.data.objects.remove(obj)
        assert scene.cycles.transparent_max_bounces == 8
        split(scene, count)
        dark = rendered(scene)
        (remark,) = look_through_layers(scene)
        assert remark.endswith(f"is {count + 1} now.")
        assert np.abs(rendered(scene) - flat).max() < 2.5 / 255
        # Twelve were black in places; eight are what it allows.
        assert (np.abs(dark - flat).max() > 0.5) == (count == 12)
        assert look_through_layers(scene) == []

    def test_what_allows_more_stays(self):
        scene = bpy.context.scene
        scene.cycles.transparent_max_bounces = 20
        split(scene, 3)
        assert look_through_layers(scene) == []
        assert scene.cycles.transparent_max_bounces == 20

    def test_a_linked_scene_stays(self, tmp_path):
        path = str(tmp_path / "library.blend")
        bpy.context.scene.cycles.transparent_max_bounces = 0
        # All of it: Blender 5.2 crashes when a scene alone is written.
        bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)
        with bpy.data.libraries.load(path, link=True) as (_, target):
            target.scenes = ["Scene"]
        assert look_through_layers(target.scenes[0]) == []
