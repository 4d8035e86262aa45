# SPDX-License-Identifier: GPL-3.0-or-later
"""From vertices to places in the picture and back, compared with what Blender itself says, over any camera."""

import bpy
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mathutils import Euler, Matrix

from gid_blender.scene import SceneError
from gid_blender.scene.projection import View, view_through
from tests.blender.scene.through import in_picture, new_camera

number = st.floats
angle = st.floats(-3.0, 3.0)
angles = st.tuples(angle, angle, angle)
places = st.tuples(number(-5, 5), number(-5, 5), number(-5, 5))
# Mirrored, flattened and stretched ones; never to nothing.
factor = st.floats(0.2, 4) | st.floats(-4, -0.2)
scales = st.tuples(factor, factor, factor)

many = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def cameras(draw) -> dict:
    """Settings of a camera's data."""
    return {
        "type": draw(st.sampled_from(["PERSP", "ORTHO"])),
        "sensor_fit": draw(st.sampled_from(["AUTO", "HORIZONTAL", "VERTICAL"])),
        "lens": draw(number(12, 100)),
        "ortho_scale": draw(number(0.5, 20)),
        "sensor_width": draw(number(20, 60)),
        "sensor_height": draw(number(20, 60)),
        "shift_x": draw(number(-1, 1)),
        "shift_y": draw(number(-1, 1)),
    }


@st.composite
def formats(draw) -> tuple[int, int, float, float]:
    """Resolution and pixel aspect."""
    return draw(
        st.tuples(st.integers(16, 4096), st.integers(16, 4096), st.sampled_from([1, 2]), st.sampled_from([1, 1.5]))
    )


@pytest.fixture
def looked_through(scene):
    """A function that sets the camera up and returns the view through it."""
    camera = new_camera(scene)
    parent = bpy.data.objects.new("Dolly", None)
    scene.collection.objects.link(parent)
    camera.parent = parent

    def set_up(data: dict, size: tuple, location, rotation, scale) -> View:
        for name, value in data.items():
            setattr(camera.data, name, value)
        render = scene.render
        render.resolution_x, render.resolution_y, render.pixel_aspect_x, render.pixel_aspect_y = size
        # Each axis alike: a parent that shears its camera is not what anybody means.
        parent.scale = [scale[0]] * 3
        camera.location, camera.rotation_euler = location, rotation
        layer = scene.view_layers[0]
        layer.update()
        return view_through(scene, layer.depsgraph)

    return set_up


class TestAnyCamera:
    @many
    @given(cameras(), formats(), places, angles, scales, st.integers(0, 2**31))
    def test_places_are_blenders(self, scene, looked_through, data, size, location, rotation, scale, seed):
        view = looked_through(data, size, location, rotation, scale)
        points = before(view, seed)
        found, width = view.places(points)
        assert (width > 0).all()
        assert (np.abs(found - in_picture(scene, points)) < blender_knows(points, width, found)).all()

    @many
    @given(cameras(), formats(), places, angles, scales, st.integers(0, 2**31), places, angles, scales)
    def test_a_moved_vertex_is_seen_where_the_motion_says(
        self, scene, looked_through, data, size, location, rotation, scale, seed, at, turn, stretch
    ):
        view = looked_through(data, size, location, rotation, scale)
        points = before(view, seed)
        steps = np.random.default_rng(seed).uniform(-0.2, 0.2, (*points.shape[:1], 2))
        # The points belong to an object with a transform of its own, and move in its coordinates.
        matrix = Matrix.LocRotScale(at, Euler(turn), stretch)
        own = view.from_object(matrix)
        local = (points - np.array(matrix.translation)) @ np.linalg.inv(np.array(matrix.to_3x3())).T
        start, width = own.places(local)
        moved = local + steps * width[:, None] @ own.axes().T
        again = moved @ np.array(matrix.to_3x3()).T + np.array(matrix.translation)
        wanted = start + steps
        assert np.abs(own.places(moved)[0] - wanted).max() < 1e-9 * max(1.0, np.abs(wanted).max())
        assert (np.abs(in_picture(scene, again) - wanted) < blender_knows(again, width, wanted)).all()

    @many
    @given(cameras(), formats(), places, angles, number(0.05, 0.95), number(0.05, 0.95), number(0.5, 20))
    def test_there_and_back(self, looked_through, data, size, location, rotation, x, y, depth):
        view = looked_through(data, size, location, rotation, (1, 1, 1))
        like = (np.linalg.inv(view.to_camera) @ [0, 0, -depth, 1])[:3]
        _, width = view.places([like])
        back, again = view.places([view.point(x, y * view.aspect, like, float(width[0]))])
        assert back[0] == pytest.approx([x, y * view.aspect], abs=1e-6)
        assert again[0] == pytest.approx(width[0], rel=1e-6)

    def test_it_can_be_kept_as_numbers(self, looked_through):
        view = looked_through({"type": "PERSP", "shift_x": 0.2}, (640, 480, 1, 1), (1, 2, 3), (1, 0, 0.3), (1, 1, 1))
        again = View.of_numbers(view.numbers())
        points = before(view, 5)
        assert (again.places(points)[0] == view.places(points)[0]).all()


class TestPicturesInTheFrame:
    VIEW = View(np.eye(4), (-2.0, 2.0, -1.0, 1.0), 0.5, perspective=True, near=0.1)

    @pytest.mark.parametrize(
        ("aspect", "method", "window"),
        [
            (1.0, "STRETCH", (-2, 2, -1, 1)),
            (1.0, "FIT", (-1, 1, -1, 1)),
            (1.0, "CROP", (-2, 2, -2, 2)),
            (0.25, "FIT", (-2, 2, -0.5, 0.5)),
            (0.25, "CROP", (-4, 4, -1, 1)),
        ],
    )
    def test_they_lie_as_background_images_do(self, aspect, method, window):
        framed = self.VIEW.framed(aspect, method)
        assert framed.window == pytest.approx(window)
        assert framed.aspect == aspect

    def test_the_middle_stays_when_it_is_scaled(self):
        places, _ = self.VIEW.framed(0.5, "FIT", 2.0).places([[0, 0, -3], [2, 1, -1]])
        assert places == pytest.approx(np.array([[0.5, 0.25], [0.75, 0.125]]))


class TestRefusals:
    def look(self, scene):
        layer = scene.view_layers[0]
        layer.update()
        return view_through(scene, layer.depsgraph)

    def test_no_camera(self, scene):
        with pytest.raises(SceneError, match="has no camera"):
            self.look(scene)

    def test_a_lamp_for_a_camera(self, scene):
        scene.camera = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
        with pytest.raises(SceneError, match="no camera"):
            self.look(scene)

    def test_a_panorama(self, scene):
        new_camera(scene, type="PANO")
        with pytest.raises(SceneError, match="panoramic"):
            self.look(scene)

    def test_what_is_behind_has_no_width(self, scene):
        new_camera(scene, location=(0, 0, 0), rotation=(0, 0, 0))
        _, width = self.look(scene).places([[0, 0, -1], [0, 0, 1], [0, 0, -0.01]])
        assert (width > 0).tolist() == [True, False, False]


def blender_knows(points: np.ndarray, width: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(12, 1) to what share of the picture's width Blender can tell: its numbers have single precision.

    A hundred-thousandth, and where the picture is small against how far off its points and corners are, more.
    """
    far = np.linalg.norm(points, axis=1, keepdims=True) + 5
    return 1e-5 + 1e-6 * far / width[:, None] + 1e-6 * np.abs(places).max()


def before(view: View, seed: int) -> np.ndarray:
    """(12, 3) points in the world that the camera sees, at distances of a whole range."""
    rng = np.random.default_rng(seed)
    left, right, bottom, top = view.window
    depth = rng.uniform(1, 20, 12)
    size = depth if view.perspective else np.ones(12)
    local = np.stack([rng.uniform(left, right, 12) * size, rng.uniform(bottom, top, 12) * size, -depth], axis=1)
    inverse = np.linalg.inv(view.to_camera)
    return local @ inverse[:3, :3].T + inverse[:3, 3]
