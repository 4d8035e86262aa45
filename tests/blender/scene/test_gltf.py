# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of docs/gltf.md: what is exported as glTF is, read again, the same vertices at the same times."""

import json
import struct

import addon_utils
import bpy
import numpy as np
import pytest

from gid_blender.scene import bake, to_keyframes
from tests.blender.scene.baking import pull
from tests.blender.scene.helpers import evaluated, swaying
from tests.motion.volumes import smooth_volume

# Fractions of the picture's width. Both sides are single precision; what is measured is below 10⁻⁷.
TOLERANCE = 1e-4
LOOP = 40
LEAN = {"export_normals": False, "export_morph_normal": False}


@pytest.fixture(autouse=True)
def _exporter():
    addon_utils.enable("io_scene_gltf2")


@pytest.fixture
def picture(scene):
    """726 vertices and 4 bands, somewhere in the world; a loop of 40 frames."""
    obj = swaying(smooth_volume(bands=4, frames=20), period=LOOP)
    obj.location, obj.rotation_euler, obj.scale = (1, 2, 3), (0.4, 0.2, 1.0), (2, 2, 2)
    obj.gid.bake.ring_out = 0
    return obj


def world(obj, frame):
    """(V, 3) vertices in the world, in an order that only the picture's coordinates decide: export may sort anew."""
    local = evaluated(obj, frame)
    matrix = np.array(obj.matrix_world)
    corner_uv, corner_vertex = np.empty((len(obj.data.loops), 2), np.float32), np.empty(len(obj.data.loops), np.int32)
    obj.data.uv_layers[0].uv.foreach_get("vector", corner_uv.ravel())
    obj.data.loops.foreach_get("vertex_index", corner_vertex)
    uv = np.empty((len(local), 2), np.float32)
    uv[corner_vertex] = corner_uv
    return (local @ matrix[:3, :3].T + matrix[:3, 3])[by_place(uv)]


def by_place(uv):
    # Cells are a thirty-second wide; flipping v twice costs the last bits.
    return np.lexsort(np.round(uv, 4).T)


def exported(obj, path, **options):
    bpy.ops.object.select_all(action="DESELECT")
    obj.select_set(True)
    options = {"export_anim_slide_to_zero": True} | LEAN | options
    bpy.ops.export_scene.gltf(filepath=str(path), export_format="GLB", use_selection=True, **options)
    return path


def imported(path, fps=24):
    """The mesh of the file, in a scene without anything else."""
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    bpy.context.scene.render.fps = fps
    bpy.ops.import_scene.gltf(filepath=str(path))
    (obj,) = (o for o in bpy.context.scene.objects if o.type == "MESH")
    # Blender's importer makes sliders from 0 to 1, widened by the first key alone, and so cuts the others off.
    for key in obj.data.shape_keys.key_blocks:
        key.slider_min, key.slider_max = -10, 10
    return obj


def largest_error(obj, wanted, *, start=1, fps=24):
    """Largest distance of a vertex at the same seconds, in picture widths. `wanted`: frame (24 a second) → vertices."""
    widths = np.ptp(evaluated(obj, 0), axis=0)[0] * obj.matrix_world.to_scale()[0]
    errors = [np.linalg.norm(world(obj, (frame - start) * fps / 24) - there, axis=1) for frame, there in wanted.items()]
    return float(np.max(errors)) / widths


def moving(wanted):
    """Whether the vertices do differ between frames by far more than the tolerance."""
    first, *others = wanted.values()
    return max(np.abs(first - other).max() for other in others) > 100 * TOLERANCE


class TestLoop:
    @pytest.mark.parametrize("start", [1, 5])
    def test_comes_back_vertex_for_vertex(self, scene, picture, tmp_path, start):
        picture["gid_start"] = float(start)
        wanted = {frame: world(picture, frame) for frame in np.array([0, 1, 7, 20, 33, LOOP]) + start}
        assert moving(wanted)
        to_keyframes(picture, scene)
        again = imported(exported(picture, tmp_path / "loop.glb"))
        assert len(again.data.vertices) == 726
        assert largest_error(again, wanted, start=start) < TOLERANCE

    def test_lasts_one_period_and_closes_to_the_bit(self, scene, picture, tmp_path):
        to_keyframes(picture, scene)
        file = File(exported(picture, tmp_path / "loop.glb"))
        assert len(file.times) == LOOP + 1
        assert (file.times[0], file.times[-1]) == (0, np.float32(LOOP / 24))
        assert np.array_equal(file.weights[0], file.weights[-1])

    def test_seconds_count_not_frames(self, scene, picture, tmp_path):
        wanted = {frame: world(picture, frame) for frame in (1, 8, 21, 34)}
        to_keyframes(picture, scene)
        again = imported(exported(picture, tmp_path / "loop.glb"), fps=48)
        assert largest_error(again, wanted, fps=48) < TOLERANCE

    def test_the_exporters_own_settings_carry_it_too_from_the_second_of_its_first_frame(self, scene, picture, tmp_path):
        wanted = {frame: world(picture, frame) for frame in (1, 8, 21, 34)}
        to_keyframes(picture, scene)
        path = tmp_path / "loop.glb"
        picture.select_set(True)
        bpy.ops.export_scene.gltf(filepath=str(path), export_format="GLB")
        assert largest_error(imported(path), wanted, start=0) < TOLERANCE


class TestBake:
    def test_comes_back_vertex_for_vertex(self, scene, picture, tmp_path):
        wanted = self.baked(scene, picture)
        assert to_keyframes(picture, scene) == 60
        assert largest_error(imported(exported(picture, tmp_path / "bake.glb")), wanted) < TOLERANCE

    def test_with_its_live_controls_in_the_scene_mode(self, scene, picture, tmp_path):
        wanted = self.baked(scene, picture)
        again = imported(exported(picture, tmp_path / "bake.glb", export_animation_mode="SCENE"))
        assert largest_error(again, wanted) < TOLERANCE

    def baked(self, scene, picture):
        calm = world(picture, 14)
        pull(scene, picture)
        bake(scene, picture)
        wanted = {frame: world(picture, frame) for frame in (1, 5, 9, 14, 15, 33, 60)}
        assert np.abs(wanted[14] - calm).max() > 100 * TOLERANCE
        return wanted


class TestFile:
    def test_is_by_the_specification_alone_the_same_motion(self, scene, picture, tmp_path):
        """Σ weight·target as any viewer adds it up: no importer of Blender's in between."""
        picture.location, picture.rotation_euler, picture.scale = (0, 0, 0), (0, 0, 0), (1, 1, 1)
        pull(scene, picture)
        bake(scene, picture)
        wanted = {frame: world(picture, frame) for frame in (1, 9, 14, 33, 60)}
        to_keyframes(picture, scene)
        file = File(exported(picture, tmp_path / "bake.glb"))
        # Weights below 0 and above 1 are meant, and may be.
        assert file.weights.min() < -0.5
        for frame, vertices in wanted.items():
            assert np.abs(file.vertices(frame - 1) - vertices).max() < TOLERANCE * picture.data["gid_width"]

    def test_shows_the_picture_unlit_from_both_sides(self, scene, picture, tmp_path):
        to_keyframes(picture, scene)
        file = File(exported(picture, tmp_path / "loop.glb"))
        (material,) = file.tree["materials"]
        assert "KHR_materials_unlit" in material["extensions"]
        assert material["doubleSided"]
        assert "baseColorTexture" in material["pbrMetallicRoughness"]
        assert [image["name"] for image in file.tree["images"]] == ["meadow"]


class File:
    """One animated mesh of a .glb, in Blender's axes."""

    def __init__(self, path):
        raw = path.read_bytes()
        size = struct.unpack_from("<I", raw, 12)[0]
        self.tree = json.loads(raw[20 : 20 + size])
        self.binary = raw[20 + size + 8 :]
        (animation,) = self.tree["animations"]
        (channel,) = animation["channels"]
        (sampler,) = animation["samplers"]
        assert (channel["target"]["path"], sampler["interpolation"]) == ("weights", "LINEAR")
        (self.mesh,) = self.tree["meshes"][0]["primitives"]
        self.times = self.array(sampler["input"])
        self.weights = self.array(sampler["output"]).reshape(len(self.times), len(self.mesh["targets"]))

    def array(self, index):
        accessor = self.tree["accessors"][index]
        assert accessor["componentType"] == 5126  # float
        wide = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}[accessor["type"]]
        # Where most is zero, as in a band that hardly moves, the exporter writes only the others.
        values = self.view(accessor, "<f4", accessor["count"] * wide) if "bufferView" in accessor else None
        values = np.zeros(accessor["count"] * wide, np.float32) if values is None else values.copy()
        values = values.reshape(-1, wide) if wide > 1 else values
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            kind = {5121: "u1", 5123: "<u2", 5125: "<u4"}[sparse["indices"]["componentType"]]
            places = self.view(sparse["indices"], kind, sparse["count"])
            values[places] = self.view(sparse["values"], "<f4", sparse["count"] * wide).reshape(-1, *values.shape[1:])
        return values

    def view(self, part, kind, count):
        offset = self.tree["bufferViews"][part["bufferView"]].get("byteOffset", 0) + part.get("byteOffset", 0)
        return np.frombuffer(self.binary, kind, count, offset)

    def vertices(self, key):
        """(V, 3) at a key of the animation, ordered as `world` does."""
        targets = [self.array(target["POSITION"]) for target in self.mesh["targets"]]
        x, y, z = (self.array(self.mesh["attributes"]["POSITION"]) + np.tensordot(self.weights[key], targets, 1)).T
        uv = self.array(self.mesh["attributes"]["TEXCOORD_0"]) * [1, -1] + [0, 1]
        return np.stack([x, -z, y], axis=1)[by_place(uv)]
