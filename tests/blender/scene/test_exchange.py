# SPDX-License-Identifier: GPL-3.0-or-later
"""What is exported is, read again by somebody else, the same vertices at the same times; and nothing else changes."""

import json
import os

import bpy
import numpy as np
import pytest

from gid_blender.scene import SceneError, bake
from gid_blender.scene.exchange import ExportSettings, export_motion, frames_of
from gid_blender.scene.shading import Shading, build_surface
from tests.blender.scene.baking import pull
from tests.blender.scene.exchanging import (
    KINDS,
    LOOP,
    TOLERANCE,
    exported,
    first_frame,
    imported,
    largest_error,
    masked,
    moving,
    place,
    small_picture,
    state,
    with_cache,
    world,
)
from tests.blender.scene.helpers import evaluated, new_picture, swaying
from tests.motion.volumes import smooth_volume


@pytest.fixture
def picture(scene):
    return small_picture()


@pytest.mark.parametrize("kind", KINDS)
class TestReadAgain:
    FRAMES = (1, 2, 8, 21, 34, 41)

    def test_a_loop(self, picture, tmp_path, kind):
        place(picture, kind)
        wanted = {frame: world(picture, frame) for frame in self.FRAMES}
        assert moving(wanted)
        done = exported(picture, tmp_path, kind)
        assert (done.points, done.samples, done.remarks) == (726, LOOP + 1, [])
        again = imported(done.files[0], kind)
        assert len(again.data.vertices) == 726
        assert largest_error(again, wanted, kind) < TOLERANCE

    def test_a_bake_with_a_mask_and_a_modifier(self, scene, picture, tmp_path, kind):
        """A mixture: loop and pull, less of it to the right, through a modifier, on a path through the world."""
        place(picture, kind)
        pull(scene, picture)
        bake(scene, picture)
        masked(picture)
        modifier = picture.modifiers.new("Thicker", "DISPLACE")
        modifier.strength, modifier.direction = 0.1, "Z"
        if kind not in {"PC2", "MDD"}:
            for frame, x in ((1, 0.0), (41, 2.0)):
                picture.location.x = x
                picture.keyframe_insert("location", frame=frame)
        wanted = {frame: world(picture, frame) for frame in (1, 9, 14, 15, 33, 41)}
        assert moving(wanted)
        done = exported(picture, tmp_path, kind)
        assert done.remarks == []
        assert largest_error(imported(done.files[0], kind), wanted, kind) < TOLERANCE

    def test_a_coarser_grid_lies_on_the_finer(self, picture, tmp_path, kind):
        """A third of the columns: every third vertex of every third row, where the cells fit."""
        place(picture, kind)
        done = exported(picture, tmp_path, kind, columns=9)
        assert done.points == 9 * 6
        again = imported(done.files[0], kind)
        coarse = world(again, first_frame(kind) + 12)
        # Corners are corners on any grid.
        corners = [coarse[i] for i in (0, 8, -9, -1)]
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        bpy.context.scene.render.fps = 24
        obj = swaying(smooth_volume(bands=4, frames=20), period=float(LOOP))
        if kind not in {"PC2", "MDD"}:
            obj.location, obj.rotation_euler, obj.scale = (1, 2, 3), (0.4, 0.2, 1.0), (2, 2, 2)
        fine = world(obj, 13)
        assert np.abs(np.array(corners) - fine[[0, 32, -33, -1]]).max() < 3 * TOLERANCE

    def test_every_second_frame(self, picture, tmp_path, kind):
        place(picture, kind)
        # Frame 2 in steps of 2 is a whole step of USD's; others take any.
        wanted = {frame: world(picture, frame) for frame in (2, 6, 20, 40)}
        done = exported(picture, tmp_path, kind, first=2, last=40, step=2)
        assert done.samples == 20
        if kind in {"PC2", "MDD"}:
            again = with_cache(done.files[0], kind, start=2.0, step=2.0)
            errors = [np.abs(world(again, frame) - there).max() for frame, there in wanted.items()]
        else:
            # The file says 12 samples a second; at 24 frames a second each of them is two frames.
            again = imported(done.files[0], kind)
            shift = {"GLTF": -2}.get(kind, 0)
            rate = 2 if kind == "USD" else 1
            errors = [np.abs(world(again, (frame + shift) / rate) - there).max() for frame, there in wanted.items()]
        assert max(errors) / 3 < TOLERANCE


class TestNothingElse:
    @pytest.mark.parametrize("kind", KINDS)
    def test_is_touched(self, picture, tmp_path, kind):
        bpy.context.view_layer.objects.active = picture
        picture.select_set(True)
        bpy.ops.object.mode_set(mode="SCULPT")
        bpy.context.scene.frame_set(7, subframe=0.5)
        before = state()
        exported(picture, tmp_path, kind)
        assert state() == before


class TestPictureGoesAlong:
    def with_file(self, tmp_path):
        image = new_picture(name="Роза 1")
        image.filepath_raw = str(tmp_path / "rose.png")
        image.file_format = "PNG"
        image.save()
        image.source = "FILE"
        obj = swaying(smooth_volume(bands=2, frames=20), period=4.0)
        for node in obj.data.materials[0].node_tree.nodes:
            if node.type == "TEX_IMAGE":
                node.image = image
        return obj, image

    @pytest.mark.parametrize("kind", ["USD", "FBX", "GLTF"])
    def test_into_the_material(self, scene, tmp_path, kind):
        obj, _ = self.with_file(tmp_path)
        (tmp_path / "out").mkdir()
        done = exported(obj, tmp_path / "out", kind, last=5)
        # Found wherever the files are moved together.
        (tmp_path / "out").rename(tmp_path / "elsewhere")
        (tmp_path / "rose.png").unlink()
        again = imported(tmp_path / "elsewhere" / done.files[0].name, kind)
        (image,) = (n.image for n in again.active_material.node_tree.nodes if n.type == "TEX_IMAGE")
        assert tuple(image.size) == (96, 64)
        pixels = np.empty(96 * 64 * 4, np.float32)
        image.pixels.foreach_get(pixels)
        # The gradient of the test's picture: red rises to the right.
        assert pixels.reshape(64, 96, 4)[10, 90, 0] == pytest.approx(90 / 96, abs=0.01)

    @pytest.mark.parametrize("kind", ["PC2", "ALEMBIC"])
    def test_beside_what_has_no_materials(self, scene, tmp_path, kind):
        obj, _ = self.with_file(tmp_path)
        done = exported(obj, tmp_path, kind, last=5)
        (texture,) = [path for path in done.files if path.suffix == ".png"]
        assert texture.read_bytes() == (tmp_path / "rose.png").read_bytes()
        assert texture.parent.name == "loop_textures"

    def test_with_the_mask_of_a_layer_as_alpha(self, scene, tmp_path):
        obj, image = self.with_file(tmp_path)
        build_surface(obj.data.materials[0], image, Shading(), mask=new_picture(name="cut"))
        # As text: Blender 5.2's own importer takes no opacity from a picture of its own.
        path = tmp_path / "a.usda"
        export_motion(scene, obj, path, "USD", ExportSettings(1, 3))
        (opacity,) = (line for line in path.read_text().splitlines() if "inputs:opacity.connect" in line)
        assert "/_materials/meadow" in opacity
        assert "a_textures/cut.png@" in path.read_text()
        again = imported(exported(obj, tmp_path, "FBX", last=5).files[0], "FBX")
        nodes = again.active_material.node_tree.nodes
        (surface,) = (n for n in nodes if n.type == "BSDF_PRINCIPLED")
        assert surface.inputs["Alpha"].is_linked

    @pytest.mark.parametrize("shader", ["SHADELESS", "EMISSION", "PRINCIPLED"])
    @pytest.mark.parametrize("layer", [False, True])
    def test_see_through_into_gltf(self, scene, tmp_path, shader, layer):
        """The file read by itself: viewers take alpha from the picture, and only where the material says so."""
        obj, image = self.with_file(tmp_path)
        rgba = np.array(image.pixels[:], np.float32).reshape(64, 96, 4)
        alpha = np.linspace(0, 1, 96, dtype=np.float32)
        if layer:
            cut = bpy.data.images.new("cut", 96, 64)
            cut.colorspace_settings.is_data = True
            values = np.ones_like(rgba)
            values[..., :3] = alpha[:, None]
            cut.pixels.foreach_set(values.ravel())
            obj["gid_layer_mask"] = cut
        else:
            cut, rgba[..., 3] = None, alpha
            image = bpy.data.images.new("cut out", 96, 64, alpha=True)
            image.pixels.foreach_set(rgba.ravel())
            image.filepath_raw, image.file_format = str(tmp_path / "cut.png"), "PNG"
            image.save()
        build_surface(obj.data.materials[0], image, Shading(shader), mask=cut)
        bpy.context.view_layer.objects.active = obj
        before = state()["data"]
        done = exported(obj, tmp_path, "GLTF", last=5)
        assert (state()["data"], done.remarks) == (before, [])
        raw = done.files[0].read_bytes()
        tree = json.loads(raw[20 : 20 + int.from_bytes(raw[12:16], "little")])
        (material,) = tree["materials"]
        assert material["alphaMode"] == "BLEND"
        assert ("KHR_materials_unlit" in material.get("extensions", {})) == (shader != "PRINCIPLED")
        assert material["pbrMetallicRoughness"]["baseColorTexture"]["index"] == 0
        again = imported(done.files[0], "GLTF")
        (shown,) = (n.image for n in again.active_material.node_tree.nodes if n.type == "TEX_IMAGE")
        pixels = np.array(shown.pixels[:], np.float32).reshape(64, 96, 4)
        assert pixels[10, :, 3] == pytest.approx(alpha, abs=2 / 255)
        assert pixels[10, 48:, 0] == pytest.approx(rgba[10, 48:, 0], abs=0.02)

    def test_packed_and_painted_ones_too(self, scene, tmp_path):
        obj, image = self.with_file(tmp_path)
        image.pack()
        before = (tmp_path / "rose.png").read_bytes()
        (tmp_path / "rose.png").unlink()
        assert exported(obj, tmp_path, "ALEMBIC", last=5).files[1].read_bytes() == before
        image.pixels.foreach_set(np.ones(96 * 64 * 4, np.float32))
        image.update()
        painted = bpy.data.images.load(str(exported(obj, tmp_path, "ALEMBIC", last=5).files[1]))
        assert painted.pixels[0] == pytest.approx(1.0)

    @pytest.mark.parametrize("kind", ["GLTF", "PC2", "USD"])
    def test_a_missing_one_is_told_and_can_be_left_out(self, scene, tmp_path, kind):
        obj, _ = self.with_file(tmp_path)
        (tmp_path / "rose.png").unlink()
        with pytest.raises(SceneError, match=r"Роза 1.*missing"):
            exported(obj, tmp_path, kind, last=5)
        assert os.listdir(tmp_path) == []
        assert exported(obj, tmp_path, kind, last=5, textures=False).files[0].stat().st_size > 1000


class TestUsd:
    def test_read_by_its_own_library(self, picture, tmp_path):
        """No importer of Blender's in between, every vertex at every frame."""
        bpy.utils.expose_bundled_modules()
        from pxr import Usd, UsdGeom

        place(picture, "PC2")
        wanted = {frame: evaluated(picture, frame) for frame in range(1, LOOP + 2)}
        stage = Usd.Stage.Open(str(exported(picture, tmp_path, "USD").files[0]))
        (prim,) = (prim for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh))
        points = UsdGeom.Mesh(prim).GetPointsAttr()
        assert (stage.GetTimeCodesPerSecond(), points.GetTimeSamples()) == (24, list(map(float, wanted)))
        for frame, vertices in wanted.items():
            assert np.array_equal(np.array(points.Get(frame)), vertices)

    @pytest.mark.parametrize("suffix", [".usda", ".usdz"])
    def test_as_text_and_in_one_file_with_the_picture(self, picture, tmp_path, suffix):
        path = tmp_path / f"a{suffix}"
        done = export_motion(bpy.context.scene, picture, path, "USD", ExportSettings(1, 3))
        assert len(done.files) == (1 if suffix == ".usdz" else 2)
        wanted = {frame: world(picture, frame) for frame in (1, 3)}
        assert largest_error(imported(path, "USD"), wanted, "USD") < TOLERANCE


class TestMorphs:
    def test_weights_stay_where_no_program_cuts_them_off(self, picture, tmp_path):
        again = imported(exported(picture, tmp_path, "FBX").files[0], "FBX")
        keys = again.data.shape_keys.key_blocks[1:]
        # Im 00 never does anything, and the mean offset is off.
        assert [key.name for key in keys] == [f"{part} 0{band}" for band in (1, 2, 3) for part in ("Re", "Im")]
        values = []
        for frame in range(1, LOOP + 2):
            bpy.context.scene.frame_set(frame)
            values.append([key.value for key in keys])
        assert np.min(values) > -1e-6
        assert np.max(values) < 1 + 1e-6

    def test_or_as_they_are_with_the_picture_itself_at_rest(self, picture, tmp_path):
        rest = np.array([v.co[:] for v in picture.data.shape_keys.reference_key.points])
        place(picture, "PC2")
        again = imported(exported(picture, tmp_path, "GLTF", unit_weights=False).files[0], "GLTF")
        basis = np.array([v.co[:] for v in again.data.shape_keys.reference_key.points])
        assert np.abs(np.sort(basis[:, 0]) - np.sort(rest[:, 0])).max() < TOLERANCE

    def test_what_is_no_sum_is_told(self, picture, tmp_path):
        picture.modifiers.new("Ball", "CAST").factor = 0.5
        (remark,) = exported(picture, tmp_path, "GLTF").remarks
        assert "off by up to" in remark

    def test_what_stands_still_is_told(self, picture, tmp_path):
        picture["gid_amplitude"] = 0.0
        with pytest.raises(SceneError, match="does not move"):
            exported(picture, tmp_path, "FBX")

    def test_a_rate_that_is_no_whole_number(self, picture, tmp_path):
        """29.97 frames a second; Blender's glTF exporter multiplies by the base of the rate where it has to divide."""
        scene = bpy.context.scene
        scene.render.fps, scene.render.fps_base = 30, 1.001
        wanted = world(picture, 31)
        path = exported(picture, tmp_path, "GLTF").files[0]
        again = imported(path, "GLTF", fps=1000)
        # Thirty frames are 1.001 seconds.
        assert np.abs(world(again, 1001) - wanted).max() / 3 < TOLERANCE


class TestFrames:
    def test_of_a_loop_alone_are_one_round_closed(self, scene, picture):
        assert frames_of(scene, picture) == (1, 41)
        picture["gid_speed"] = 2.0
        assert frames_of(scene, picture) == (1, 21)

    def test_of_anything_else_are_the_scenes(self, scene, picture):
        picture["gid_period"] = 37.5
        assert frames_of(scene, picture) == (1, 60)
        picture["gid_period"] = 40.0
        pull(scene, picture)
        bake(scene, picture)
        assert frames_of(scene, picture) == (1, 60)
