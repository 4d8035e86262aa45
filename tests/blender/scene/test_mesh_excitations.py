# SPDX-License-Identifier: GPL-3.0-or-later
"""Pulls, pokes and winds on a mesh that moves through the camera: an empty in space acts where the camera saw it."""

import bpy
import numpy as np
import pytest
from mathutils import Vector

from gid_blender import scene as scenes
from gid_blender.scene import SceneError
from gid_blender.scene.empties import arrow_on, on_picture, on_plane
from tests.blender.scene.baking import VOLUME
from tests.blender.scene.through import in_picture, move, new_camera, new_sheet, world

ASPECT = 400 / 640


@pytest.fixture
def shot(scene):
    scene.render.resolution_x, scene.render.resolution_y = 640, 400
    new_camera(scene)
    return scene


@pytest.fixture
def sheet(shot):
    """A mesh that moves, with a transform of its own and still in its loop."""
    obj = new_sheet(shot, side=33, scale=(0.8, 1.0, 0.6), rotation_euler=(0.2, 0.0, 0.3), location=(0.2, 0.3, 0.4))
    move(shot, [obj], VOLUME)
    obj["gid_amplitude"] = 0.0
    obj.gid.bake.ring_out = 0
    return obj


def add(scene, obj, kind, place, **options) -> bpy.types.Object:
    empty = scenes.add_empty(scene, obj, kind, place, **options)
    scene.view_layers[0].update()
    return empty


class TestPlaces:
    @pytest.mark.parametrize("kind", ["PERSP", "ORTHO"])
    @pytest.mark.parametrize("place", [(0.5, 0.3), (0.45, 0.36)])
    def test_there_and_back(self, shot, kind, place):
        shot.camera.data.type = kind
        obj = new_sheet(shot, scale=(0.8, -1.0, 0.6), rotation_euler=(0.2, 0.0, 0.3))
        move(shot, [obj], VOLUME)
        assert on_picture(obj, on_plane(obj, *place)) == pytest.approx(place, abs=1e-5)
        assert scenes.aspect_of(obj) == ASPECT

    def test_an_empty_is_where_the_camera_sees_it(self, shot, sheet):
        empty = add(shot, sheet, "PULL", (0.52, 0.31))
        assert in_picture(shot, [empty.matrix_world.translation])[0] == pytest.approx([0.52, 0.31], abs=1e-5)

    def test_its_arrow_points_as_it_is_seen(self, shot, sheet):
        way = np.array([0.6, -0.8])
        empty = add(shot, sheet, "WIND", (0.52, 0.31), direction=tuple(way))
        relative = sheet.matrix_world.inverted() @ empty.matrix_world
        assert arrow_on(sheet, relative) == pytest.approx(way, abs=1e-4)
        # A short way along its arrow, in space.
        tip = empty.matrix_world @ Vector((0, 0, 0.01))
        step = np.diff(in_picture(shot, [empty.matrix_world.translation, tip]), axis=0)[0]
        assert step / np.linalg.norm(step) == pytest.approx(way, abs=1e-3)

    def test_the_camera_may_have_gone_elsewhere(self, shot, sheet):
        before = on_plane(sheet, 0.5, 0.3)
        shot.camera.location = (4, 4, 4)
        shot.view_layers[0].update()
        assert (on_plane(sheet, 0.5, 0.3) - before).length == 0


class TestBake:
    def test_a_pull_takes_the_place_along(self, shot, sheet):
        start, end = (0.5, 0.32), (0.56, 0.35)
        rest = world(sheet, 1)
        empty = add(shot, sheet, "PULL", start)
        scenes.key_way(sheet, empty, [1, 40], [start, end])
        assert scenes.bake(shot, sheet).excitations == 1
        place = np.hypot(*(in_picture(shot, rest) - start).T).argmin()
        step = (in_picture(shot, world(sheet, 40)) - in_picture(shot, rest))[place]
        wanted = np.subtract(end, start)
        # The grip yields a hundredth to stiff directions, the patch of the hand has some width, and it swings.
        assert np.linalg.norm(step - wanted) < 0.25 * np.linalg.norm(wanted)

    def test_a_wind_leans_on_it_along_its_arrow(self, shot, sheet):
        rest = world(sheet, 1)
        empty = add(shot, sheet, "WIND", (0.5, 0.3), direction=(1.0, 0.0))
        empty.gid.excitation.gusts, empty.gid.excitation.strength = 0.0, 0.03
        scenes.bake(shot, sheet)
        step = in_picture(shot, world(sheet, 60)) - in_picture(shot, rest)
        # It is pushed to the right as a whole, by about what the strength says.
        assert 0.3 * 0.03 < step[:, 0].mean() < 2 * 0.03

    def test_wind_blows_on_a_vertex_group_alone(self, shot, sheet):
        upper = [v.index for v in sheet.data.vertices if v.co.z > 0.5]
        sheet.vertex_groups.new(name="Crown").add(upper, 1.0, "REPLACE")
        empty = add(shot, sheet, "WIND", (0.5, 0.3))
        empty.gid.excitation.area = "Crown"
        assert scenes.bake(shot, sheet).remarks == ()
        of_crown = np.array([sheet.path_resolve('["gid_response"]')[i] for i in range(30)])
        empty.gid.excitation.area = ""
        scenes.bake(shot, sheet)
        shot.frame_set(30)
        assert not np.allclose(of_crown, np.array(sheet["gid_response"]))

    def test_those_that_follow_its_controls_follow_its_bake(self, shot):
        big, small = new_sheet(shot, side=20), new_sheet(shot, side=4, location=(0.5, 0.4, 0.2))
        move(shot, [big, small], VOLUME)
        big["gid_amplitude"] = 0.0
        big.gid.bake.ring_out = 0
        rest = world(small, 1)
        add(shot, big, "WIND", (0.5, 0.3))
        scenes.bake(shot, big)
        assert np.abs(world(small, 40) - rest).max() > 1e-3

    def test_beside_the_mesh_there_is_nothing_to_pull(self, shot, sheet):
        empty = add(shot, sheet, "POKE", (0.5, 0.3))
        empty.matrix_world.translation = (1.8, 0.0, 0.4)
        shot.view_layers[0].update()
        with pytest.raises(SceneError, match=r"beside the mesh"):
            scenes.bake(shot, sheet)

    def test_behind_the_camera_there_is_nothing_to_pull(self, shot, sheet):
        empty = add(shot, sheet, "POKE", (0.5, 0.3))
        empty.matrix_world.translation = (0, -9, 0)
        shot.view_layers[0].update()
        with pytest.raises(SceneError, match=r"behind the camera"):
            scenes.bake(shot, sheet)


class TestWhatNeedsAPicture:
    def test_touch_says_so(self, shot, sheet):
        from gid_blender.scene.touch import require_touchable

        with pytest.raises(SceneError, match="through the camera"):
            require_touchable(sheet, shot.view_layers[0])

    def test_so_does_whatever_reads_its_grid(self, shot, sheet):
        from gid_blender.scene.shape_keys import read_spectrum

        with pytest.raises(SceneError, match="through the camera"):
            read_spectrum(sheet)
        with pytest.raises(SceneError, match="through the camera"):
            scenes.require_plane(sheet)

    def test_generate_does_not_take_it_for_a_picture(self, shot, sheet):
        image = bpy.data.images.new("Plate", 16, 16)
        sheet["gid_plate"] = image
        assert scenes.find_motion_object(shot, image) is None
