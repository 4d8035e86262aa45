# SPDX-License-Identifier: GPL-3.0-or-later
"""Imported pictures: exact size and place, as the camera sees them; and planes that wait for their motion."""

from itertools import pairwise
from math import pi
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from hypothesis import given
from hypothesis import strategies as st
from mathutils import Euler, Matrix, Vector

from gid_blender.scene import (
    PictureFile,
    Placement,
    PlaneSettings,
    SceneError,
    Shading,
    add_waiting_plane,
    find_motion_object,
    find_waiting,
    is_motion_object,
    is_waiting,
    load_pictures,
    place_planes,
    set_waiting_in_motion,
    source_of_object,
)
from gid_blender.scene.picture_files import sequences_in
from gid_blender.scene.planes import AXES
from tests.blender.scene.helpers import evaluated, expected, new_picture
from tests.blender.scene.test_pixels import HEIGHT, WIDTH, noise, write_png
from tests.motion.volumes import smooth_volume

NAMES = st.sampled_from(sorted(AXES))


def camera(scene, *, location=(3, -7, 4), rotation=(1.1, 0.2, 0.4), **options):
    data = bpy.data.cameras.new("Camera")
    for name, value in options.items():
        setattr(data, name, value)
    obj = bpy.data.objects.new("Camera", data)
    # Cameras may be scaled by accident; what they see does not change.
    obj.matrix_world = Matrix.LocRotScale(Vector(location), Euler(rotation), (2, 2, 2))
    scene.collection.objects.link(obj)
    scene.camera = obj
    bpy.context.view_layer.update()
    return obj


def planes(scene, sizes, placement, **options):
    placed = place_planes(scene, sizes, placement)
    made = [
        add_waiting_plane(
            PictureFile(new_picture(*pixels), pixels), matrix, size, collection=scene.collection, columns=5, **options
        )
        for pixels, (matrix, size) in zip(sizes, placed, strict=True)
    ]
    bpy.context.view_layer.update()
    return made


def corners(obj):
    """World places of the corners: top left, top right, bottom left, bottom right, as the picture has them."""
    columns, rows = obj.data["gid_columns"], obj.data["gid_rows"]
    index = (0, columns - 1, (rows - 1) * columns, rows * columns - 1)
    return [obj.matrix_world @ obj.data.vertices[i].co for i in index]


class TestSize:
    @pytest.mark.parametrize("axis", sorted(AXES))
    def test_a_metre_high_and_as_wide_as_the_picture(self, axis):
        scene = bpy.context.scene
        scene.cursor.location = (1, 2, 3)
        [obj] = planes(scene, [(160, 90)], Placement(height=1.5, align_axis=axis))
        top_left, top_right, bottom_left, _ = corners(obj)
        assert (top_right - top_left).length == pytest.approx(1.5 * 16 / 9, rel=1e-6)
        assert (top_left - bottom_left).length == pytest.approx(1.5, rel=1e-6)
        front = (top_right - top_left).cross(top_left - bottom_left).normalized()
        assert (front - AXES[axis]).length < 1e-6
        assert (sum(corners(obj), Vector()) / 4 - scene.cursor.location).length < 1e-5

    def test_by_its_pixels(self):
        scene = bpy.context.scene
        [(_, size)] = place_planes(scene, [(600, 1200)], Placement(size_mode="DPI", factor=300))
        assert size == pytest.approx((0.0508, 0.1016), rel=1e-9)
        scene.unit_settings.scale_length = 0.01
        [(_, size)] = place_planes(scene, [(600, 1200)], Placement(size_mode="DPI", factor=300))
        assert size == pytest.approx((5.08, 10.16), rel=1e-6)
        [(_, size)] = place_planes(scene, [(600, 1200)], Placement(size_mode="DPBU", factor=300))
        assert size == pytest.approx((2, 4), rel=1e-9)

    @given(axis=NAMES, align=NAMES, gap=st.floats(0, 3))
    def test_a_batch_stands_side_by_side_with_exactly_the_gap(self, axis, align, gap):
        sizes = [(64, 32), (32, 64), (48, 48)]
        placement = Placement(align_axis=align, offset_axis=axis, offset_amount=gap)
        placed = place_planes(bpy.context.scene, sizes, placement)
        step = placed[0][0].to_3x3() @ AXES[axis]
        for (before, one), (after, other) in pairwise(placed):
            way = after.translation - before.translation
            halves = (abs(Vector((*one, 0)).dot(AXES[axis])) + abs(Vector((*other, 0)).dot(AXES[axis]))) / 2
            assert (way - step * (gap + halves)).length < 1e-5

    def test_without_an_offset_they_stand_in_one_place(self):
        placed = place_planes(bpy.context.scene, [(64, 32), (32, 64)], Placement(offset=False))
        assert placed[0][0] == placed[1][0]


class TestCameraFit:
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"lens": 90, "shift_x": 0.2, "shift_y": -0.1},
            {"sensor_fit": "VERTICAL", "sensor_height": 30},
            {"type": "ORTHO", "ortho_scale": 5, "shift_x": 0.1},
        ],
        ids=["plain", "shift", "sensor", "orthographic"],
    )
    def test_a_picture_of_the_frame_s_shape_fits_it_exactly(self, options):
        scene = bpy.context.scene
        scene.render.resolution_x, scene.render.resolution_y, scene.render.pixel_aspect_x = 400, 300, 1.5
        seen_by = camera(scene, **options)
        scene.cursor.location = seen_by.matrix_world.normalized() @ Vector((0.5, 1, -6))
        [obj] = planes(scene, [(600, 300)], Placement(size_mode="CAMERA"))
        # Image space of Blender's own projection: 0 to 1 from the lower left.
        found = [world_to_camera_view(scene, seen_by, corner) for corner in corners(obj)]
        assert np.abs(np.array(found)[:, :2] - [(0, 1), (1, 1), (0, 0), (1, 0)]).max() < 1e-5
        assert np.array(found)[:, 2] == pytest.approx(6, rel=1e-5)

    @pytest.mark.parametrize(("mode", "size"), [("FILL", (1, 8 / 3)), ("FIT", (3 / 8, 1))])
    def test_another_shape_spills_or_stays_inside(self, mode, size):
        scene = bpy.context.scene
        scene.render.resolution_x, scene.render.resolution_y = 400, 150
        seen_by = camera(scene)
        scene.cursor.location = seen_by.matrix_world.normalized() @ Vector((0, 0, -3))
        [obj] = planes(scene, [(100, 100)], Placement(size_mode="CAMERA", fill_mode=mode))
        found = np.array([world_to_camera_view(scene, seen_by, corner) for corner in corners(obj)])[:, :2]
        assert np.ptp(found, axis=0) == pytest.approx(size, abs=1e-5)
        assert found.mean(axis=0) == pytest.approx((0.5, 0.5), abs=1e-5)

    def test_stacked_each_fits_at_its_own_distance(self):
        scene = bpy.context.scene
        scene.render.resolution_x, scene.render.resolution_y = 160, 90
        seen_by = camera(scene)
        scene.cursor.location = seen_by.matrix_world.normalized() @ Vector((0, 0, -4))
        made = planes(scene, [(160, 90)] * 3, Placement(size_mode="CAMERA", offset_axis="+Z", offset_amount=1.0))
        for number, obj in enumerate(made):
            found = np.array([world_to_camera_view(scene, seen_by, corner) for corner in corners(obj)])
            assert np.abs(found[:, :2] - [(0, 1), (1, 1), (0, 0), (1, 0)]).max() < 1e-5
            assert found[:, 2] == pytest.approx(4 - number, rel=1e-5)

    def test_facing_the_camera_or_its_main_axis(self):
        scene = bpy.context.scene
        seen_by = camera(scene, rotation=(pi / 2 - 0.2, 0, 0.3))
        [(matrix, _)] = place_planes(scene, [(10, 10)], Placement(align_axis="CAM"))
        assert (matrix.to_3x3().col[2] - seen_by.matrix_world.normalized().to_3x3().col[2]).length < 1e-6
        [(matrix, _)] = place_planes(scene, [(10, 10)], Placement(align_axis="CAM_AX"))
        assert (matrix.to_3x3().col[2] - Vector((0, -1, 0))).length < 1e-6

    def test_what_cannot_be_fitted_says_why(self):
        scene = bpy.context.scene
        with pytest.raises(SceneError, match="no camera to fit"):
            place_planes(scene, [(10, 10)], Placement(size_mode="CAMERA"))
        with pytest.raises(SceneError, match="no camera to fit"):
            place_planes(scene, [(10, 10)], Placement(align_axis="CAM"))
        seen_by = camera(scene)
        scene.cursor.location = seen_by.matrix_world.normalized() @ Vector((0, 0, 2))
        with pytest.raises(SceneError, match="cursor is not in front"):
            place_planes(scene, [(10, 10)], Placement(size_mode="CAMERA"))
        seen_by.data.type = "PANO"
        with pytest.raises(SceneError, match="panoramic"):
            place_planes(scene, [(10, 10)], Placement(size_mode="CAMERA"))


class TestFiles:
    def test_numbered_files_are_one_sequence(self):
        names = ["a.png", "s-08.png", "s-09.png", "s-10.png", "s-12.png", "t9.png", "t10.png", "u-1-2.png", "u-2-2.png"]
        groups = sequences_in([Path("/x") / name for name in reversed(names)])
        assert [[path.name for path in group] for group in groups] == [
            ["a.png"],
            ["s-08.png", "s-09.png", "s-10.png"],
            ["s-12.png"],
            ["t9.png", "t10.png"],
            ["u-1-2.png"],
            ["u-2-2.png"],
        ]

    def test_a_batch_leaves_out_what_is_no_picture_and_says_so(self, tmp_path):
        for name in ("b.png", "a.png"):
            write_png(tmp_path / name, noise(3))
        (tmp_path / "broken.png").write_bytes(b"no picture")
        found, refused = load_pictures([tmp_path / name for name in ("b.png", "broken.png", "a.png", "none.png")])
        assert [(picture.image.name, picture.size) for picture in found] == [
            (name, (WIDTH, HEIGHT)) for name in ("a.png", "b.png")
        ]
        assert sorted("broken.png" in str(error) for error in refused) == [False, True]
        assert not [image for image in bpy.data.images if "broken" in image.name]

    def test_a_sequence_plays_and_its_motion_is_that_of_the_current_frame(self, tmp_path):
        scene = bpy.context.scene
        for number in (7, 8, 9):
            write_png(tmp_path / f"s{number:03}.png", noise(3, seed=number))
        [picture], _ = load_pictures(tmp_path.iterdir(), find_sequences=True)
        assert (picture.frames, picture.offset, picture.image.source) == (3, 6, "SEQUENCE")
        obj = add_waiting_plane(picture, Matrix(), (4 / 3, 1), collection=scene.collection, columns=5)
        scene.frame_set(2)
        assert source_of_object(obj, scene).frame == 8
        set_waiting_in_motion(scene, obj, smooth_volume(), frame=8)
        assert (obj["gid_source"], obj["gid_frame"]) == (picture.image, 8)
        assert obj["gid_image"].packed_file
        assert obj.active_material.node_tree.nodes["Picture"].image == picture.image


class TestWaiting:
    def test_generate_moves_exactly_this_plane_in_place(self):
        scene = bpy.context.scene
        parent = bpy.data.objects.new("parent", None)
        scene.collection.objects.link(parent)
        placement = Placement(height=0.7, align_axis="-Y")
        [obj] = planes(scene, [(96, 64)], placement, shading=Shading("PRINCIPLED"))
        obj.parent = parent
        obj.location = (1, 2, 3)
        bpy.context.view_layer.update()
        assert is_waiting(obj)
        assert not is_motion_object(obj)
        image = source_of_object(obj, scene).image
        assert find_waiting(scene, image) == [obj]
        before = obj.matrix_world.copy(), obj.active_material, obj.data, evaluated(obj)
        volume = smooth_volume()
        set_waiting_in_motion(
            scene, obj, volume, settings=PlaneSettings(spread_edges=False, depth=0, height=9), period=40
        )
        assert is_motion_object(obj)
        assert not is_waiting(obj)
        assert find_motion_object(scene, image) == obj
        assert (obj.matrix_world, obj.active_material, obj.data, obj.parent) == (*before[:3], parent)
        q = np.exp(2j * np.pi * np.arange(volume.bands) * 0.25) * (np.arange(volume.bands) > 0)
        assert np.abs(evaluated(obj, 11) - expected(obj, volume, q)).max() < 1e-5
        with pytest.raises(SceneError, match="waits for no motion"):
            set_waiting_in_motion(scene, obj, volume)

    def test_of_several_planes_the_selected_ones_and_otherwise_all(self):
        scene = bpy.context.scene
        image = new_picture()
        made = [
            add_waiting_plane(PictureFile(image, (96, 64)), Matrix(), (1.5, 1), collection=scene.collection, columns=5)
            for _ in range(3)
        ]
        assert find_waiting(scene, image) == made
        made[1].select_set(True)
        assert find_waiting(scene, image) == [made[1]]
        assert find_waiting(scene, new_picture()) == []
