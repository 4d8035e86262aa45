# SPDX-License-Identifier: GPL-3.0-or-later
"""Planes for pictures: exact shape and UVs, motion replaced in place, and a sentence for every odd situation."""

import dataclasses

import bpy
import numpy as np
import pytest

from gid_blender.motion import SpectralVolume
from gid_blender.motion.grid import at_vertices
from gid_blender.scene import (
    PlaneSettings,
    SceneError,
    control_path,
    create_motion_object,
    find_motion_object,
    is_motion_object,
    motion_image,
    provenance,
    read_pixels,
    replace_motion,
    to_drivers,
    to_keyframes,
)
from gid_blender.scene.mesh import grid_for
from gid_blender.scene.objects import home_of
from gid_blender.scene.shape_keys import bands_of, read_spectrum
from tests.blender.scene.helpers import SMALL, evaluated, largest_error, new_picture, rest, saved, swaying
from tests.blender.scene.test_pixels import noise, write_png
from tests.blender.scene.test_playback import TOLERANCE, q_at
from tests.motion.volumes import smooth_volume

VOLUME = smooth_volume()


class TestPlane:
    def test_has_the_exact_aspect_and_size(self):
        obj = create_motion_object(
            bpy.context.scene, new_picture(97, 61), VOLUME, settings=dataclasses.replace(SMALL, height=2.5)
        )
        co = rest(obj)
        assert np.ptp(co, axis=0) == pytest.approx([2.5 * 97 / 61, 2.5, 0], rel=1e-6)
        assert co.max(axis=0) == pytest.approx(-co.min(axis=0), rel=1e-6)

    def test_uvs_map_the_picture_edge_to_edge(self):
        obj = swaying(VOLUME)
        mesh = obj.data
        corner_vertex = np.empty(len(mesh.loops), np.int32)
        mesh.loops.foreach_get("vertex_index", corner_vertex)
        uv = np.empty(len(mesh.loops) * 2, np.float32)
        mesh.uv_layers.active.uv.foreach_get("vector", uv)
        position = rest(obj)[corner_vertex, :2] / (obj.data["gid_width"], 1.0) + 0.5
        # A tenth of a pixel of an 8K picture.
        assert np.abs(uv.reshape(-1, 2) - position).max() < 1e-5
        assert uv.min() == 0
        assert uv.max() == 1

    def test_faces_the_viewer_and_is_one_sound_sheet(self):
        mesh = swaying(VOLUME).data
        assert all(polygon.normal.z > 0.999 for polygon in mesh.polygons)
        assert not mesh.validate()
        assert len(mesh.edges) == 2 * len(mesh.vertices) - mesh["gid_columns"] - mesh["gid_rows"]

    @pytest.mark.parametrize("size", [(256, 160), (1920, 1080), (1080, 1920), (4000, 3000), (7680, 4320)])
    def test_about_41000_square_cells_by_default(self, size):
        columns, rows = grid_for(*size)
        assert columns * rows == pytest.approx(40960, rel=0.01)
        assert (columns - 1) / (rows - 1) == pytest.approx(size[0] / size[1], rel=0.01)

    def test_density_is_a_choice_along_the_width(self):
        assert grid_for(256, 160) == (256, 160)
        assert grid_for(1920, 1080, 65) == (65, 37)

    @pytest.mark.parametrize("columns", [1, 2049, 1500])
    def test_an_impossible_density_says_what_is_possible(self, columns):
        with pytest.raises(SceneError, match="between 2 and 1000"):
            grid_for(100, 100, columns)

    def test_a_ribbon_of_a_picture_still_gets_a_grid(self):
        columns, rows = grid_for(40000, 10)
        assert rows == 2
        assert columns == 2048


def test_vertices_sample_the_volume_where_they_are_not_where_cells_are():
    # Bilinear between cell centres: a ramp stays a ramp, and is held over the outer half cells.
    ramp = np.broadcast_to(np.arange(8) + 0.5, (1, 2, 5, 8)) / 100
    at = at_vertices(SpectralVolume(ramp, frames=10), 3, 17)[0, 0, 1].real * 100
    assert at == pytest.approx(np.clip(np.linspace(0, 8, 17), 0.5, 7.5), abs=1e-6)


def test_the_spectrum_can_be_read_back():
    obj = swaying(VOLUME)
    columns, rows = obj.data["gid_columns"], obj.data["gid_rows"]
    assert np.abs(read_spectrum(obj) - at_vertices(VOLUME, rows, columns)).max() < 1e-6


def test_what_moves_more_is_drawn_in_front_by_a_hair():
    obj = swaying(VOLUME, dataclasses.replace(SMALL, depth=0.001))
    z = rest(obj)[:, 2]
    strength = (np.abs(read_spectrum(obj)[1:]) ** 2).sum(axis=(0, 1)).ravel()
    assert z.max() == pytest.approx(0.001)
    # Coordinates are single precision, so neighbours of nearly the same strength may swap.
    assert np.all(np.diff(z[np.argsort(strength)]) > -1e-6)
    assert np.ptp(evaluated(obj, 13)[:, 2] - z) < 1e-6


def test_a_pinned_border_does_not_move_and_the_middle_does():
    obj = swaying(VOLUME, dataclasses.replace(SMALL, pin_border=0.1))
    columns, rows = obj.data["gid_columns"], obj.data["gid_rows"]
    moved = np.abs(evaluated(obj, 9) - rest(obj)).max(axis=1).reshape(rows, columns)
    border = np.ones((rows, columns), bool)
    border[1:-1, 1:-1] = False
    assert moved[border].max() == 0
    assert moved[rows // 2, columns // 2] > 1e-4


def test_hard_edges_do_not_fold_the_sheet():
    y, x = np.mgrid[0:40, 0:64]
    disk = (x - 32) ** 2 + (y - 20) ** 2 < 12**2
    volume = SpectralVolume(smooth_volume(height=1, width=1).spectrum * 4 * disk)
    smeared = swaying(volume, SMALL)
    sound = swaying(volume, dataclasses.replace(SMALL, spread_edges=True))

    def folded(obj):
        rows, columns = obj.data["gid_rows"], obj.data["gid_columns"]
        worst = 0
        for frame in range(1, 41):
            p = evaluated(obj, frame)[:, :2].reshape(rows, columns, 2)
            across, down = np.diff(p, axis=1)[:-1], np.diff(p, axis=0)[:, :-1]
            area = across[..., 0] * -down[..., 1] + across[..., 1] * down[..., 0]
            worst = max(worst, int((area <= 0).sum()))
        return worst

    assert folded(smeared) > 0
    assert folded(sound) == 0


class TestReplace:
    def test_keeps_the_object_and_everything_the_user_did(self):
        obj = swaying(VOLUME)
        obj.location, obj.rotation_euler.z = (1, 2, 3), 0.5
        obj["gid_amplitude"] = 0.5
        obj.keyframe_insert(control_path("gid_amplitude"), frame=1)
        material = obj.data.materials[0]
        obj.modifiers.new("Wave", "WAVE").show_viewport = False
        other = smooth_volume(seed=1)
        replace_motion(obj, other)
        assert obj.location[:] == (1, 2, 3)
        assert obj.data.materials[:] == [material]
        assert len(obj.modifiers) == 1
        assert obj.animation_data.action is not None
        assert largest_error(obj, other, q_at(9, amplitude=0.5), 9) < TOLERANCE

    def test_keeps_a_sculpted_rest_position(self):
        obj = swaying(VOLUME, dataclasses.replace(SMALL, depth=0.001))
        basis = obj.data.shape_keys.reference_key
        bent = rest(obj)
        bent[:, 2] += bent[:, 0] ** 2
        basis.points.foreach_set("co", bent.ravel())
        replace_motion(obj, smooth_volume(seed=1), settings=dataclasses.replace(SMALL, depth=0.0))
        assert rest(obj)[:, 2] == pytest.approx(bent[:, 0] ** 2, abs=1e-5 + 0.001 * 0.01)

    @pytest.mark.parametrize("bands", [5, 20])
    def test_takes_another_number_of_bands(self, bands):
        obj = swaying(VOLUME)
        other = smooth_volume(bands=bands)
        replace_motion(obj, other)
        assert bands_of(obj) == bands
        assert len([name for name in obj.keys() if name.startswith("gid_gain_")]) == bands
        q = q_at(9)[:1].tolist() + [np.exp(2j * np.pi * k * 8 / 40) for k in range(1, bands)]
        assert largest_error(obj, other, np.array(q), 9) < TOLERANCE
        assert len(obj.data.shape_keys.animation_data.drivers) == 2 * bands

    def test_stays_keyed(self):
        obj = swaying(VOLUME)
        to_keyframes(obj, bpy.context.scene)
        other = smooth_volume(seed=1)
        replace_motion(obj, other)
        assert largest_error(obj, other, q_at(9), 9) < TOLERANCE
        fewer = smooth_volume(bands=5)
        replace_motion(obj, fewer)
        assert largest_error(obj, fewer, q_at(9)[:5], 9) < TOLERANCE
        assert not obj.data.shape_keys.animation_data.drivers

    def test_keeps_the_user_s_own_shape_keys(self):
        obj = swaying(VOLUME)
        obj.shape_key_add(name="Bend").value = 0.5
        replace_motion(obj, smooth_volume(bands=3))
        assert "Bend" in obj.data.shape_keys.key_blocks

    def test_two_with_the_same_motion_are_the_same(self):
        obj = swaying(VOLUME, dataclasses.replace(SMALL, depth=0.001))
        before = rest(obj)
        for _ in range(10):
            replace_motion(obj, VOLUME)
        # Ten times the rounding of one coordinate.
        assert np.abs(rest(obj) - before).max() < 1e-6


class TestFinding:
    def test_by_picture(self):
        obj = swaying(VOLUME)
        image = motion_image(obj)
        assert find_motion_object(bpy.context.scene, image) == obj
        image.name = obj.name = "renamed"
        assert find_motion_object(bpy.context.scene, image) == obj
        assert find_motion_object(bpy.context.scene, new_picture()) is None

    def test_a_deleted_picture_is_no_picture(self):
        obj = swaying(VOLUME)
        bpy.data.images.remove(motion_image(obj))
        assert motion_image(obj) is None
        assert is_motion_object(obj)

    def test_knows_where_the_motion_came_from(self, tmp_path):
        meta = {"model": "small-1", "seed": 2**40, "image_sha256": "ab" * 32, "settings": {"steps": 20}}
        swaying(dataclasses.replace(VOLUME, meta=meta))
        saved(tmp_path / "a.blend")
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
        assert provenance(bpy.data.objects["meadow"]) == meta

    def test_an_ordinary_object_is_none(self):
        assert not is_motion_object(None)
        assert not is_motion_object(bpy.data.objects.new("Empty", None))


class TestMovingPictures:
    """A frame of a sequence (a movie is no different here) becomes a picture of its own."""

    @pytest.fixture
    def footage(self, tmp_path):
        for number in (1, 2, 3):
            write_png(tmp_path / f"f_{number:02d}.png", noise(3, seed=number))
        image = bpy.data.images.load(str(tmp_path / "f_01.png"))
        image.source = "SEQUENCE"
        return image

    def test_the_object_shows_that_frame_as_a_still(self, footage):
        obj = create_motion_object(bpy.context.scene, footage, VOLUME, settings=SMALL, frame=2)
        still = motion_image(obj)
        assert still.source != "SEQUENCE"
        assert np.array_equal(read_pixels(still).array, noise(3, seed=2))
        assert obj.active_material.node_tree.nodes["Picture"].image == still
        assert rest(obj)[:, 0].max() == pytest.approx(0.5 * 24 / 20)

    def test_each_frame_has_an_object_of_its_own(self, footage):
        scene = bpy.context.scene
        first = create_motion_object(scene, footage, VOLUME, settings=SMALL, frame=1)
        scene.frame_set(3)
        third = create_motion_object(scene, footage, VOLUME, settings=SMALL)
        assert find_motion_object(scene, footage, frame=1) == first
        assert find_motion_object(scene, footage) == third
        assert find_motion_object(scene, footage, frame=2) is None
        assert find_motion_object(scene, motion_image(first)) == first


class TestControls:
    def test_have_ranges_defaults_and_descriptions(self):
        obj = swaying(VOLUME)
        for name in ("gid_amplitude", "gid_period", "gid_phase", "gid_start", "gid_gain_07"):
            ui = obj.id_properties_ui(name).as_dict()
            assert ui["description"]
            assert ui["min"] < ui["default"] < ui["max"]
            assert isinstance(obj[name], float)

    def test_can_be_overridden_in_a_file_that_links_the_object(self, tmp_path):
        swaying(VOLUME)
        saved(tmp_path / "library.blend")
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
            wanted.objects = ["meadow"]
        linked = wanted.objects[0]
        bpy.context.scene.collection.objects.link(linked)
        assert largest_error(linked, VOLUME, q_at(9), 9) < TOLERANCE
        local = linked.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
        local["gid_amplitude"] = 0.5
        local.update_tag()
        assert local.is_property_overridable_library(control_path("gid_amplitude"))
        saved(tmp_path / "shot.blend")
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
        again = next(o for o in bpy.data.objects if o.override_library is not None)
        assert again["gid_amplitude"] == 0.5


class TestSentences:
    """Whatever is odd gets one sentence, and nothing has changed."""

    def test_a_deleted_object(self):
        obj = swaying(VOLUME)
        bpy.data.objects.remove(obj)
        with pytest.raises(SceneError, match="deleted"):
            replace_motion(obj, VOLUME)

    def test_a_deleted_picture(self):
        image = new_picture()
        bpy.data.images.remove(image)
        with pytest.raises(SceneError, match="deleted"):
            create_motion_object(bpy.context.scene, image, VOLUME)

    def test_changed_vertices(self):
        obj = swaying(VOLUME)
        names = [key.name for key in obj.data.shape_keys.key_blocks]
        bpy.context.view_layer.objects.active = obj
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.mesh.subdivide()
        bpy.ops.object.mode_set(mode="OBJECT")
        with pytest.raises(SceneError, match="was changed: it has"):
            replace_motion(obj, smooth_volume(bands=3))
        assert [key.name for key in obj.data.shape_keys.key_blocks] == names

    def test_edit_mode(self):
        obj = swaying(VOLUME)
        bpy.context.view_layer.objects.active = obj
        bpy.ops.object.mode_set(mode="EDIT")
        for change in (lambda: replace_motion(obj, VOLUME), lambda: to_drivers(obj)):
            with pytest.raises(SceneError, match="Edit Mode"):
                change()

    def test_an_object_without_motion(self):
        cube = bpy.data.objects.new("Cube", bpy.data.meshes.new("Cube"))
        for obj in (cube, bpy.data.objects.new("Empty", None)):
            with pytest.raises(SceneError, match="has no motion"):
                replace_motion(obj, VOLUME)

    def test_a_linked_object(self, tmp_path):
        swaying(VOLUME)
        saved(tmp_path / "library.blend")
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
            wanted.objects = ["meadow"]
        with pytest.raises(SceneError, match="is linked from"):
            replace_motion(wanted.objects[0], VOLUME)

    def test_a_failed_start_leaves_nothing_behind(self):
        image = new_picture(100, 100)
        with pytest.raises(SceneError):
            create_motion_object(bpy.context.scene, image, VOLUME, settings=PlaneSettings(columns=1500))
        assert not bpy.data.objects
        assert not bpy.data.meshes
        assert not bpy.data.materials


def test_what_is_made_for_a_picture_is_seen_in_the_scene_where_it_is_made():
    obj, here = swaying(), bpy.context.scene
    other = bpy.data.scenes.new("Other")
    shelf = bpy.data.collections.new("Shelf")
    other.collection.children.link(shelf)
    shelf.objects.link(obj)
    assert home_of(here, obj) == here.collection
    assert home_of(other, obj) == shelf
    assert home_of(bpy.data.scenes.new("Third"), obj) == bpy.data.scenes["Third"].collection
