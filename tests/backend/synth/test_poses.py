# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a scene at an instant: solid, carried by their parents, and to first order what the volume says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.synth.motion import unscaled_volume
from gid_backend.synth.rendered.camera import Camera
from gid_backend.synth.rendered.mesh import Mesh
from gid_backend.synth.rendered.poses import instant, moved_points, poses
from gid_backend.synth.rendered.rig import Rig
from gid_backend.synth.rendered.sight import Sight, landing
from gid_backend.synth.scene import Parts

AHEAD = Camera((0.0, -10.0, 1.6), (0.0, 0.0, 1.6), 1.2, 0.625)
TILTED = Camera((3.0, -4.0, 5.0), (0.5, 2.0, 0.1), 0.9, 1.0, roll=0.2)
angles = st.floats(-1.5, 1.5)


def rig(flutter: float = 0.0) -> Rig:
    """A trunk of two parts, a twig on it that points at the viewer, a leaf on the twig."""
    made = Rig()
    trunk = made.chain(0, np.array([[0, 0, 0], [0, 0, 1.0], [0.2, 0, 2.0]]), frequency=0.8, drag=0.4)
    twig = made.add(trunk[-1], (0.2, 0, 2.0), (0.3, -1.0, 2.1), frequency=2.0, drag=0.5)
    made.add(twig, (0.3, -1, 2.1), (0.6, -1, 2.1), frequency=3.0, drag=0.3, sway=(0.01, 0, 0.02), flutter=flutter)
    return made


def applied(pose, points):
    return np.asarray(points) @ pose[:, :3].T + pose[:, 3]


@given(st.lists(angles, min_size=5, max_size=5), st.sampled_from([AHEAD, TILTED]))
def test_parts_are_solid_and_hang_on_their_pivots(values, camera):
    made = rig(flutter=0.5)
    found = poses(made.space(), camera, np.array(values), np.array(values[::-1]))
    assert np.allclose(found[:, :, :3] @ found[:, :, :3].transpose(0, 2, 1), np.eye(3), atol=1e-9)
    assert np.allclose(np.linalg.det(found[:, :, :3]), 1)
    space = made.space()
    for part in range(1, 4):
        # No part but the leaf shifts, so where it is fixed it stays with what carries it.
        pivot, parent = space["pivot"][part], int(space["parent"][part])
        assert np.allclose(applied(found[part], pivot), applied(found[parent], pivot), atol=1e-9)


@given(st.lists(angles, min_size=5, max_size=5))
def test_what_does_nothing_is_exactly_nothing(values):
    calm = poses(rig().space(), AHEAD, np.zeros(5), np.array(values))
    assert (calm == np.eye(4)[:3]).all()
    assert (poses(rig().space(), AHEAD, np.array(values), np.zeros(5))[0] == np.eye(4)[:3]).all()


def test_a_stretched_thing_keeps_its_pivot_and_its_other_sides():
    made = Rig()
    made.add(0, (0, 0, 1), (0, 0, 2), frequency=1.0, drag=0.0, flutter=0.2, across=(0, 0, 1))
    pose = poses(made.space(), AHEAD, np.zeros(2), np.array([0.0, 1.0]))[1]
    assert np.allclose(applied(pose, [[0, 0, 1], [0, 0, 2], [1, 0, 1]]), [[0, 0, 1], [0, 0, 2.2], [1, 0, 1]])


def test_small_motion_is_what_the_spectral_volume_says():
    """In the plane of the pivots; the trunk's parts, as its chain of turns is where mistakes would add up."""
    made = rig()
    parts = Parts(**made.table(AHEAD))
    index = np.full((50, 80), 2, np.uint16)
    rng = np.random.default_rng(0)
    sway = 1e-3 * (rng.normal(size=(5, 15)) + 1j * rng.normal(size=(5, 15)))
    volume = unscaled_volume(index, parts, sway.astype(np.complex64), 0 * sway.astype(np.complex64))
    turn = 0.31
    k = np.arange(16)
    said = (volume * (np.exp(2j * np.pi * k * turn) - 1)[:, None, None, None]).real.sum(0)
    pose = poses(made.space(), AHEAD, instant(sway, turn), np.zeros(5))[2]
    for row, column in ((10, 40), (25, 20), (40, 60)):
        x, y = (column + 0.5) / 80 - 0.5, (row + 0.5) / 80 - AHEAD.aspect / 2
        place = np.array([[x * 10 / 1.2, 0.0, 1.6 - y * 10 / 1.2]])
        before, after = AHEAD.project(place)[0], AHEAD.project(applied(pose, place))[0]
        # Turns of a thousandth differ from their linearisation by a millionth of a lever of 0.2 widths.
        assert np.allclose((after - before)[0], said[:, row, column], atol=2e-6)
        assert np.abs(said[:, row, column]).max() > 2e-5


def test_an_instant_is_measured_from_the_picture():
    coordinates = np.array([[1.0 + 2j, 0.5j], [0, 1.0]])
    assert np.allclose(instant(coordinates, 0.0), 0)
    assert np.allclose(instant(coordinates, 1.0), 0)
    assert np.allclose(instant(coordinates, 0.5), [-2.0, 0.0])


def sheet(columns: int, parts) -> dict:
    mesh = Mesh()
    x, z = np.meshgrid(np.arange(columns + 1.0), [0.0, 1.0])
    mesh.grid(np.stack([x, 0 * x, z], -1), np.asarray(parts)[None], (1, 1, 1))
    return mesh.arrays()


def shifts(values):
    pose = np.tile(np.eye(4)[:3], (len(values), 1, 1))
    pose[:, 0, 3] = values
    return pose


def test_a_point_that_parts_share_goes_their_mean_way():
    surface = sheet(2, [0, 1])
    moved = moved_points(surface, shifts([0.0, 0.2]), np.zeros(2, int)) - surface["points"]
    assert np.allclose(moved[:, 0], [0, 0.1, 0.2] * 2, atol=1e-6)
    # Not to a rounding: what stands still must give the same pixel.
    assert (moved[0] == 0).all()


def test_cloth_bends_where_it_would_have_a_step():
    surface = sheet(12, [1] * 6 + [2] * 6)
    pose = shifts([0.0, 0.0, 1.0])
    stiff = moved_points(surface, pose, np.array([0, 0, 0])) - surface["points"]
    soft = moved_points(surface, pose, np.array([0, 4, 4])) - surface["points"]
    assert np.diff(stiff[:13, 0]).max() == pytest.approx(0.5)
    assert np.diff(soft[:13, 0]).max() < 0.3
    assert np.diff(soft[:13, 0]).min() >= -1e-6


@given(st.integers(0, 1000))
def test_a_pixel_shows_the_place_where_its_ray_meets_the_triangle(seed):
    rng = np.random.default_rng(seed)
    for camera in (AHEAD, TILTED):
        # Triangles that hold the middle of a pixel: about points on its ray.
        numbers = np.zeros((5, 8), np.int64)
        numbers[2, 3], numbers[4, 6] = 1, 2
        width, height = 8, 5
        xy = (np.array([[3.5, 2.5], [6.5, 4.5]]) / width - [0.5, 0.5 * height / width]) / camera.focal
        flat = Camera(camera.position, camera.target, camera.focal, height / width, roll=camera.roll)
        rays = np.stack([xy[:, 0], -xy[:, 1], [1, 1]], 1) @ flat.axes()
        middles = np.asarray(flat.position) + rays * rng.uniform(3, 20, (2, 1))
        a, b = rng.normal(0, 1, (2, 2, 3))
        corners = np.stack([middles + a, middles + b, middles - a - b], 1)
        sight = Sight(numbers, corners, flat)
        assert list(sight.pixels) == [2 * 8 + 3, 4 * 8 + 6]
        assert np.allclose(sight.weights, 1 / 3, atol=1e-6)
        at, _ = landing(sight.places(corners), width, flat)
        assert np.allclose(at, sight.centres(), atol=1e-6)
        # Pushed elsewhere, the very same point of it is found.
        push = rng.normal(0, 0.3, 3)
        assert np.allclose(sight.places(corners + push), middles + push, atol=1e-6)
