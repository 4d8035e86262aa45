# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a picture's plane lies in its mesh after a transform was applied to it."""

import math

import numpy as np
import pytest
from mathutils import Euler, Matrix, Vector

from gid_blender.scene import add_empty, on_picture, replace_motion
from gid_blender.scene.empties import arrow_on, on_plane
from gid_blender.scene.mesh import plane_frame
from gid_blender.scene.shape_keys import read_spectrum
from gid_blender.scene.touch_plane import hit_on, world_point
from tests.blender.scene.helpers import evaluated, swaying
from tests.motion.volumes import smooth_volume


class TestAppliedTransforms:
    """Apply (Ctrl A) changes the mesh and leaves the picture where it was; everything goes on meaning the same."""

    @pytest.mark.parametrize(
        "matrix",
        [
            Matrix.Scale(2.5, 4),
            Matrix.Translation((0.3, -1, 2)) @ Euler((math.pi / 2, 0.2, 0.4)).to_matrix().to_4x4(),
            Matrix.Diagonal((-1, 1, 1, 1)),
            Matrix.Diagonal((2, 0.5, 1, 1)),
        ],
        ids=["scale", "rotation", "mirrored", "uneven"],
    )
    def test_motion_and_places_stay_what_they_were(self, scene, matrix):
        obj, volume = swaying(), smooth_volume(seed=3)
        before, corner = read_spectrum(obj), on_plane(obj, 0.2, 0.1)
        obj.data.transform(matrix, shape_keys=True)
        # Single precision around coordinates of 3.
        assert np.abs(read_spectrum(obj) - before).max() < 1e-5
        assert (on_plane(obj, 0.2, 0.1) - matrix @ corner).length < 1e-5
        assert on_picture(obj, matrix @ corner) == pytest.approx((0.2, 0.1), abs=1e-5)
        assert world_point(obj, 0.2, 0.1) == on_plane(obj, 0.2, 0.1)
        seen = world_point(obj, 0.4, 0.3)
        hit = hit_on(obj, seen + matrix.to_3x3() @ Vector((0, 0, 2)), matrix.to_3x3() @ Vector((0, 0, -1)))
        assert (hit.x, hit.y) == pytest.approx((0.4, 0.3), abs=1e-5)
        arrow = add_empty(scene, obj, "WIND", (0.5, 0.3), direction=(0.6, 0.8))
        assert arrow_on(obj, arrow.matrix_basis) == pytest.approx((0.6, 0.8), abs=1e-4)
        replace_motion(obj, volume)
        untouched = swaying(volume)
        assert np.abs(read_spectrum(obj) - read_spectrum(untouched)).max() < 1e-5
        moved = evaluated(untouched, 12) @ np.array(matrix.to_3x3()).T + np.array(matrix.translation)
        assert np.abs(evaluated(obj, 12) - moved).max() < 1e-5

    def test_what_was_sculpted_is_no_transform(self):
        obj = swaying()
        for point in obj.data.shape_keys.reference_key.points:
            point.co.z = 0.3 * point.co.x**2
            point.co.x *= 1.1
        assert plane_frame(obj.data) == Matrix()
