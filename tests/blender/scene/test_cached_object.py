# SPDX-License-Identifier: GPL-3.0-or-later
"""An object that a point cache plays is where the motion object is, now and rounds later."""

import bpy
import numpy as np
import pytest

from gid_blender.scene.cached_object import cached_object
from gid_blender.scene.exchange import ExportSettings, export_motion
from tests.blender.scene.helpers import evaluated, saved, swaying
from tests.motion.volumes import smooth_volume

# The same single precision on both sides, in metres, but for the interpolation at a whole frame.
TOLERANCE = 1e-6


@pytest.mark.parametrize(("kind", "step"), [("PC2", 1), ("MDD", 1), ("PC2", 4)])
def test_it_plays_the_loop_for_ever(scene, tmp_path, kind, step):
    obj = swaying(smooth_volume(bands=4, frames=20), period=40.0, start=5.0)
    obj.parent = bpy.data.objects.new("parent", None)
    obj.location, obj.scale = (1, 2, 3), (2, 2, 2)
    settings = ExportSettings(5, 45, step)
    path = tmp_path / f"loop.{kind.lower()}"
    export_motion(scene, obj, path, kind, settings)
    twin = cached_object(scene, obj, path, settings, cyclic=True)
    assert twin.data.shape_keys is None
    for frame in (1, 5, 9, 21, 45, 49, 49 + 40 * 30):
        assert np.abs(evaluated(twin, frame) - evaluated(obj, frame)).max() < TOLERANCE
    assert np.abs(np.array(twin.matrix_world) - np.array(obj.matrix_world)).max() < TOLERANCE


def test_or_once(scene, tmp_path):
    obj = swaying(smooth_volume(bands=4, frames=20), period=40.0)
    settings = ExportSettings(3, 20)
    export_motion(scene, obj, tmp_path / "a.pc2", "PC2", settings)
    twin = cached_object(scene, obj, tmp_path / "a.pc2", settings, cyclic=False)
    for frame, held in ((1, 3), (3, 3), (11, 11), (20, 20), (50, 20)):
        assert np.abs(evaluated(twin, frame) - evaluated(obj, held)).max() < TOLERANCE


def test_the_path_is_relative_to_the_blend(scene, tmp_path):
    obj = swaying(smooth_volume(bands=2, frames=20), period=4.0)
    saved(tmp_path / "shot.blend")
    settings = ExportSettings(1, 5)
    export_motion(scene, obj, tmp_path / "a.pc2", "PC2", settings)
    twin = cached_object(scene, obj, tmp_path / "a.pc2", settings, cyclic=True)
    assert twin.modifiers[0].filepath == "//a.pc2"
