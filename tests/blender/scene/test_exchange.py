# SPDX-License-Identifier: GPL-3.0-or-later
"""What is exported is, read again by somebody else, the same vertices at the same times; and nothing else changes."""

import os
import resource
from pathlib import Path

import addon_utils
import bpy
import numpy as np
import pytest

from gid_blender.motion.complete import is_complete
from gid_blender.scene import SceneError, bake
from gid_blender.scene.doubles import play_cache
from gid_blender.scene.exchange import FORMATS, ExportSettings, export_motion, frames_of
from tests.blender.scene.baking import pull
from tests.blender.scene.helpers import evaluated, new_picture, swaying
from tests.motion.volumes import smooth_volume

# Fractions of the picture's width. Everything is single precision: 10⁻⁷ of the numbers, which are a few metres here;
# FBX counts in centimetres, and morphs are sums of eight. What is measured stays below 2·10⁻⁶.
TOLERANCE = 1e-5
LOOP = 40
KINDS = sorted(FORMATS)
WEIGHTS = "Image Dynamics Mask"


@pytest.fixture
def picture(scene):
    """726 vertices and 4 bands, somewhere in the world; a loop of 40 frames."""
    obj = swaying(smooth_volume(bands=4, frames=20), period=float(LOOP))
    obj.location, obj.rotation_euler, obj.scale = (1, 2, 3), (0.4, 0.2, 1.0), (2, 2, 2)
    obj.gid.bake.ring_out = 0
    return obj


def masked(obj):
    """Each key through a vertex group that falls from 1 at the left to 0 at the right."""
    group = obj.vertex_groups.new(name=WEIGHTS)
    width = obj.data["gid_width"]
    for vertex in obj.data.vertices:
        group.add([vertex.index], float(0.5 - vertex.co.x / width), "REPLACE")
    for key in obj.data.shape_keys.key_blocks[1:]:
        key.vertex_group = WEIGHTS
    return obj


def world(obj, frame):
    """(V, 3) in the world, in an order that the picture's coordinates alone decide: exporters may sort anew."""
    local = evaluated(obj, frame)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    corner_uv, corner_vertex = np.empty((len(mesh.loops), 2), np.float32), np.empty(len(mesh.loops), np.int32)
    mesh.uv_layers[0].uv.foreach_get("vector", corner_uv.ravel())
    mesh.loops.foreach_get("vertex_index", corner_vertex)
    uv = np.empty((len(local), 2), np.float32)
    uv[corner_vertex] = corner_uv
    matrix = np.array(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)
    # Cells are a thirty-second wide; flipping v twice costs the last bits.
    return (local @ matrix[:3, :3].T + matrix[:3, 3])[np.lexsort(np.round(uv, 4).T)]


def exported(obj, folder, kind, **settings):
    settings = {"first": 1, "last": LOOP + 1} | settings
    path = folder / f"loop{FORMATS[kind][0]}"
    return export_motion(bpy.context.scene, obj, path, kind, ExportSettings(**settings))


def imported(path, kind, fps=24):
    """The mesh of the file in a scene without anything else."""
    if kind in {"PC2", "MDD"}:
        return with_cache(path, kind)
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.fps = fps
    if kind == "ALEMBIC":
        bpy.ops.wm.alembic_import(filepath=str(path), as_background_job=False)
    elif kind == "USD":
        bpy.ops.wm.usd_import(filepath=str(path))
    else:
        addon_utils.enable("io_scene_gltf2" if kind == "GLTF" else "io_scene_fbx")
        if kind == "GLTF":
            bpy.ops.import_scene.gltf(filepath=str(path))
        else:
            # Blender's importer puts everything one frame later unless told otherwise.
            bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0.0)
    (obj,) = (o for o in scene.objects if o.type == "MESH")
    return obj


def with_cache(path, kind, **options):
    """The OBJ beside a point cache, moved by Blender's Mesh Cache modifier; it says nothing of a place in the world."""
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    bpy.context.scene.render.fps = 24
    bpy.ops.wm.obj_import(filepath=str(path.with_suffix(".obj")), forward_axis="Y", up_axis="Z")
    (obj,) = bpy.context.scene.objects
    play_cache(obj, str(path), kind=kind, **({"start": 1.0} | options))
    return obj


def place(obj, kind):
    """Point caches are in the object's own coordinates; so is then what they are compared with."""
    if kind in {"PC2", "MDD"}:
        obj.location, obj.rotation_euler, obj.scale = (0, 0, 0), (0, 0, 0), (1, 1, 1)


def first_frame(kind):
    """Where the importer puts the first of the frames that were exported: 1 where the format keeps the scene's time."""
    return 0 if kind == "GLTF" else 1


def largest_error(again, wanted, kind, *, width=3.0, rate=1.0):
    errors = []
    for frame, there in wanted.items():
        at = first_frame(kind) + (frame - 1) / rate
        errors.append(np.linalg.norm(world(again, at) - there, axis=1).max())
    return float(max(errors)) / width


def moving(wanted):
    first, *others = wanted.values()
    return max(np.abs(first - other).max() for other in others) > 100 * TOLERANCE


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
    def state(self):
        context = bpy.context
        obj = context.object
        return {
            "scene": (context.scene.name, context.window.scene.name, context.scene.frame_current_final),
            "object": (obj.name, obj.data.name, obj.mode, obj.select_get(), obj.hide_viewport, obj.hide_get()),
            "keys": [(key.name, key.value, key.slider_max) for key in obj.data.shape_keys.key_blocks],
            "drivers": len(obj.data.shape_keys.animation_data.drivers),
            "data": {
                name: sorted(block.name for block in getattr(bpy.data, name))
                for name in ("objects", "meshes", "scenes", "images", "materials", "actions", "collections", "worlds")
            },
        }

    @pytest.mark.parametrize("kind", KINDS)
    def test_is_touched(self, picture, tmp_path, kind):
        bpy.context.view_layer.objects.active = picture
        picture.select_set(True)
        bpy.ops.object.mode_set(mode="SCULPT")
        bpy.context.scene.frame_set(7, subframe=0.5)
        before = self.state()
        exported(picture, tmp_path, kind)
        assert self.state() == before

    @pytest.mark.parametrize("kind", KINDS)
    def test_not_by_an_error_either(self, picture, tmp_path, kind):
        bpy.context.view_layer.objects.active = picture
        bpy.context.scene.frame_set(3)
        before = self.state()
        (tmp_path / "loop.obj").write_bytes(b"mine")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        # A disk that is full after so many bytes of a file.
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
        try:
            with pytest.raises(SceneError):
                exported(picture, tmp_path, kind)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert self.state() == before
        assert os.listdir(tmp_path) == ["loop.obj"]
        assert (tmp_path / "loop.obj").read_bytes() == b"mine"


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


class TestBadInput:
    def test_an_empty_range(self, picture, tmp_path):
        for kind in KINDS:
            with pytest.raises(SceneError, match="comes before the first"):
                exported(picture, tmp_path, kind, first=10, last=9)
        assert os.listdir(tmp_path) == []

    def test_a_folder_that_is_not_there_or_a_file(self, picture, tmp_path):
        (tmp_path / "file").write_bytes(b"")
        for parent in (tmp_path / "none", tmp_path / "file"):
            with pytest.raises(SceneError, match="Cannot write"):
                exported(picture, parent, "PC2")
        (tmp_path / "loop.pc2").mkdir()
        with pytest.raises(SceneError, match="is a folder"):
            exported(picture, tmp_path, "PC2")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_that_nobody_may_write(self, picture, tmp_path):
        tmp_path.chmod(0o500)
        with pytest.raises(SceneError, match="Cannot write"):
            exported(picture, tmp_path, "USD")
        tmp_path.chmod(0o700)

    def test_a_wrong_suffix(self, picture, tmp_path):
        with pytest.raises(SceneError, match=r"\.abc"):
            export_motion(bpy.context.scene, picture, tmp_path / "a.fbx", "ALEMBIC", ExportSettings(1, 5))

    @pytest.mark.parametrize("kind", KINDS)
    def test_odd_names(self, picture, tmp_path, kind):
        name = "Пион 牡丹 #1.5% a'b\"c"
        picture.name = picture.data.name = name
        path = tmp_path / (name + FORMATS[kind][0])
        done = export_motion(bpy.context.scene, picture, path, kind, ExportSettings(1, 3))
        assert is_complete(path)
        assert done.files[0] == path
        assert picture.name == name

    def test_a_hidden_object_is_exported_all_the_same(self, picture, tmp_path):
        wanted = exported(picture, tmp_path, "PC2").files[0].read_bytes()
        picture.hide_viewport = picture.hide_render = True
        picture.hide_set(True)
        (tmp_path / "loop.pc2").unlink()
        assert exported(picture, tmp_path, "PC2").files[0].read_bytes() == wanted

    @pytest.mark.parametrize("kind", ["ALEMBIC", "FBX", "PC2"])
    def test_a_mesh_whose_vertices_come_and_go(self, picture, tmp_path, kind):
        modifier = picture.modifiers.new("Array", "ARRAY")
        modifier.count = 1
        modifier.keyframe_insert("count", frame=1)
        modifier.count = 3
        modifier.keyframe_insert("count", frame=40)
        with pytest.raises(SceneError, match=r"has \d+ vertices at frame 1\d and 726 at frame 1"):
            exported(picture, tmp_path, kind)
        assert os.listdir(tmp_path) == []

    def test_another_grid_than_there_is(self, picture, tmp_path):
        picture.modifiers.new("Subdivision", "SUBSURF")
        with pytest.raises(SceneError, match="set Grid to 0"):
            exported(picture, tmp_path, "PC2", columns=9)
        assert exported(picture, tmp_path, "PC2").points > 726

    def test_steps_that_usd_cannot_count(self, picture, tmp_path):
        with pytest.raises(SceneError, match="Begin at frame 4"):
            exported(picture, tmp_path, "USD", first=1, last=41, step=4)

    def test_in_edit_mode(self, picture, tmp_path):
        bpy.context.view_layer.objects.active = picture
        bpy.ops.object.mode_set(mode="EDIT")
        with pytest.raises(SceneError, match="Edit Mode"):
            exported(picture, tmp_path, "PC2")

    def test_an_older_file_goes_when_the_new_one_is_there_and_not_before(self, picture, tmp_path):
        path = Path(exported(picture, tmp_path, "USD").files[0])
        before = path.read_bytes()
        with pytest.raises(SceneError):
            exported(picture, tmp_path, "USD", first=9, last=1)
        assert path.read_bytes() == before
        exported(picture, tmp_path, "USD", columns=9)
        assert path.stat().st_size < len(before)
