# SPDX-License-Identifier: GPL-3.0-or-later
"""The mouse finds the same place of a picture through any view, however the picture lies."""

import math
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mathutils import Euler, Matrix, Vector

from gid_blender.ops.touch_views import ViewportView
from gid_blender.scene import SceneError
from gid_blender.scene.touch_plane import aspect_of, hit_on, nearest_hit, world_point

from .helpers import swaying

# Matrices are float32.
NEAR = 1e-4


def placed(obj, *, location=(0, 0, 0), rotation=(0, 0, 0), scale=(1, 1, 1), parent=None):
    obj.parent = parent
    obj.matrix_basis = Matrix.LocRotScale(Vector(location), Euler(rotation), Vector(scale))
    bpy.context.view_layer.update()
    return obj


def view_through(camera, width=800, height=500):
    """What an editor's context holds when one looks through a camera."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    view = camera.matrix_world.inverted()
    window = camera.calc_matrix_camera(depsgraph, x=width, y=height)
    return SimpleNamespace(
        region=SimpleNamespace(width=width, height=height),
        region_data=SimpleNamespace(
            view_matrix=view,
            window_matrix=window,
            perspective_matrix=window @ view,
            is_perspective=camera.data.type == "PERSP",
            view_perspective="CAMERA",
        ),
    )


def new_camera(kind="PERSP", at=(0.3, -1.5, 2.0)):
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type = kind
    camera.data.ortho_scale = 3.0
    camera.data.shift_x = 0.1
    bpy.context.scene.collection.objects.link(camera)
    camera.matrix_world = Matrix.Translation(at) @ Vector(at).to_track_quat("Z", "Y").to_matrix().to_4x4()
    bpy.context.view_layer.update()
    return camera


angle = st.floats(-math.pi, math.pi)
size = st.floats(0.1, 3.0) | st.floats(-3.0, -0.1)


class TestRays:
    @settings(max_examples=30, deadline=None)
    @given(
        rotation=st.tuples(angle, angle, angle),
        scale=st.tuples(size, size, size),
        at=st.tuples(st.floats(-1, 2), st.floats(-1, 2)),
        seed=st.integers(0, 1000),
    )
    def test_a_ray_to_a_place_finds_it_however_the_picture_lies(self, rotation, scale, at, seed):
        obj = placed(swaying(), location=(0.4, -2.0, 1.0), rotation=rotation, scale=scale)
        target = world_point(obj, *at)
        origin = target + Vector(np.random.default_rng(seed).normal(size=3) * 2)
        hit = hit_on(obj, origin, target - origin)
        if hit is None:
            return
        # A ray that grazes the plane leaves it to rounding where they meet.
        inverse = obj.matrix_world.inverted().to_3x3() @ (target - origin)
        tolerance = NEAR * inverse.length / abs(inverse.z) * 10
        np.testing.assert_allclose((hit.x, hit.y), at, atol=tolerance)
        assert hit.along == pytest.approx(1.0, abs=tolerance)
        bpy.data.objects.remove(obj)

    def test_a_parented_picture_is_found_where_it_is_seen(self):
        parent = bpy.data.objects.new("Hinge", None)
        bpy.context.scene.collection.objects.link(parent)
        parent.rotation_euler = (0.5, 0.2, -0.7)
        parent.scale = (2, 1, 1)
        obj = placed(swaying(), location=(1, 0, 0), rotation=(0, 0, 0.4), parent=parent)
        hit = hit_on(obj, Vector((0, 0, 9)), world_point(obj, 0.2, 0.5) - Vector((0, 0, 9)))
        np.testing.assert_allclose((hit.x, hit.y), (0.2, 0.5), atol=NEAR)

    def test_corners_and_what_is_inside(self):
        obj = swaying()
        bpy.context.view_layer.update()
        aspect = aspect_of(obj)
        assert aspect == pytest.approx(2 / 3)
        on, off = [(0.001, 0.001), (0.999, aspect - 0.001)], [(-0.01, 0.1), (0.5, 0.7)]
        for x, y, inside in [*((*at, True) for at in on), *((*at, False) for at in off)]:
            above = world_point(obj, x, y) + Vector((0, 0, 1))
            assert hit_on(obj, above, Vector((0, 0, -1))).inside is inside
        # The first row is the top: a place further down has a greater y.
        assert world_point(obj, 0.5, 0.1).y > world_point(obj, 0.5, 0.5).y

    def test_edge_on_there_is_no_place(self):
        obj = swaying()
        bpy.context.view_layer.update()
        assert hit_on(obj, Vector((-3, 0, 0)), Vector((1, 0, 0))) is None

    def test_scaled_to_nothing_says_so_and_does_not_hide_another(self):
        flat, other = placed(swaying(), scale=(0, 1, 1)), placed(swaying(), location=(0, 0, -1))
        down = Vector((0, 0, 3)), Vector((0, 0, -1))
        with pytest.raises(SceneError, match="scaled to nothing"):
            hit_on(flat, *down)
        assert nearest_hit([flat, other], *down)[0] == other


class TestSeveralPictures:
    def test_the_nearest_one_is_touched(self):
        low, high = placed(swaying(), location=(0, 0, -1)), placed(swaying(), location=(0.2, 0, 0))
        down = Vector((0, 0, 3)), Vector((0, 0, -1))
        assert nearest_hit([low, high], *down)[0] == high
        assert nearest_hit([high, low], *down)[0] == high
        beside = Vector((-0.7, 0, 3)), Vector((0, 0, -1))
        assert nearest_hit([low, high], *beside)[0] == low
        assert nearest_hit([low, high], Vector((9, 0, 3)), Vector((0, 0, -1))) is None

    def test_what_is_behind_the_viewer_is_not_seen_except_without_perspective(self):
        obj = swaying()
        bpy.context.view_layer.update()
        behind = Vector((0, 0, -1)), Vector((0, 0, -1))
        assert nearest_hit([obj], *behind) is None
        assert nearest_hit([obj], *behind, behind=True)[0] == obj


class TestViews:
    @pytest.mark.parametrize("kind", ["PERSP", "ORTHO"])
    def test_from_a_place_to_a_pixel_and_back(self, kind):
        obj = placed(swaying(), rotation=(0.6, -0.4, 0.3), scale=(1.5, 1, 1))
        context, view = view_through(new_camera(kind)), ViewportView()
        for place in [(0.1, 0.1), (0.5, 0.3), (0.9, 0.6), (1.2, -0.1)]:
            pixel = view.pixel(context, obj, place)
            np.testing.assert_allclose(view.place(context, obj, pixel), place, atol=1e-3)

    def test_behind_the_viewer_a_place_has_no_pixel(self):
        obj = placed(swaying(), location=(0, 0, 20))
        assert ViewportView().pixel(view_through(new_camera()), obj, (0.5, 0.3)) is None

    def test_hidden_pictures_are_not_found(self):
        hidden, shown = placed(swaying(), location=(0, 0, 0.2)), placed(swaying())
        context = view_through(new_camera("ORTHO", at=(0, 0, 3)))
        context.scene, context.view_layer, context.space_data = bpy.context.scene, bpy.context.view_layer, None
        pixel = ViewportView().pixel(context, shown, (0.5, 0.3))
        assert ViewportView().find(context, pixel)[0] == hidden
        hidden.hide_set(True)
        assert ViewportView().find(context, pixel)[0] == shown
