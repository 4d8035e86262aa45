# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped asset libraries: what is in them, that they are what their script makes, that they work by themselves."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

from gid_blender.compat import existing_compositor
from gid_blender.scene import add_empty, bake, is_loose, picture_for, properties, stick
from gid_blender.scene.plate_group import warp_group
from tests.blender.scene.baking import VOLUME
from tests.blender.scene.helpers import evaluated, swaying
from tests.blender.scene.test_compositing import HEIGHT, WIDTH, apart, photograph, shown
from tests.blender.scene.test_compositing import scene as camera_scene  # noqa: F401
from tests.blender.scene.test_pixels import write_png

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "gid_blender/assets"
OWN = ASSETS / f"blender_{bpy.app.version[0]}"
BLEND = OWN / "image_dynamics.blend"
# Newer Blenders open what older ones wrote.
READABLE = [ASSETS / f"blender_{series}/image_dynamics.blend" for series in (4, 5) if series <= bpy.app.version[0]]
GROUPS = ("Image Dynamics Plate", "Image Dynamics Warp")
EXAMPLE = "Swaying Dahlia"
PRESETS = sorted((ROOT / "gid_blender/presets/image_dynamics/excitation").glob("*.py"))
EXCITATIONS = [path.stem.replace("_", " ") for path in PRESETS]
ALL = sorted([EXAMPLE, *EXCITATIONS, *GROUPS])


def append(path=BLEND, link=False):
    """Take everything out of a library into this file, as dragging it from the asset browser does."""
    with bpy.data.libraries.load(str(path), link=link) as (there, here):
        here.objects, here.node_groups = there.objects, there.node_groups
    return sorted(block.name for block in [*here.objects, *here.node_groups])


def contents(path):
    """Everything in a library that matters, in plain values."""
    names = append(path, link=True)
    obj = bpy.data.objects[EXAMPLE]
    keys = obj.data.shape_keys
    points = np.empty((len(keys.key_blocks), 3 * len(obj.data.vertices)), np.float32)
    for row, key in zip(points, keys.key_blocks, strict=True):
        key.points.foreach_get("co", row)
    (image,) = [image for image in bpy.data.images if image.packed_file]
    return {
        "assets": {
            block.name: (block.asset_data.catalog_id, block.asset_data.description, block.asset_data.license)
            for block in blocks(names)
        },
        "previews": {block.name: hashed(block.preview) for block in blocks(names) if block.name in EXCITATIONS},
        "excitations": {name: settings_of(bpy.data.objects[name]) for name in EXCITATIONS},
        "graphs": {name: graph(bpy.data.node_groups[name]) for name in GROUPS},
        "controls": {name: obj[name] for name in obj.keys() if isinstance(obj[name], (int, float, str))},
        "drivers": sorted((d.data_path, d.driver.expression) for d in keys.animation_data.drivers),
        "points": points,
        "picture": hashlib.sha256(image.packed_file.data).hexdigest(),
    }


def blocks(names):
    return [bpy.data.objects.get(name) or bpy.data.node_groups[name] for name in names]


def hashed(preview):
    pixels = np.empty(4 * preview.image_size[0] * preview.image_size[1], np.float32)
    preview.image_pixels_float.foreach_get(pixels)
    return hashlib.sha256(pixels).hexdigest(), float(pixels.max())


def settings_of(empty):
    settings = empty.gid.excitation
    return {
        prop.identifier: getattr(settings, prop.identifier)
        for prop in settings.bl_rna.properties
        if not prop.is_readonly and settings.is_property_set(prop.identifier)
    }


def graph(tree):
    sockets = [(i.name, i.in_out, i.socket_type, i.description) for i in tree.interface.items_tree]
    nodes = sorted((node.name, node.bl_idname) for node in tree.nodes)
    links = sorted((k.from_node.name, k.from_socket.name, k.to_node.name, k.to_socket.name) for k in tree.links)
    return sockets, nodes, links


@pytest.fixture
def _excitations():
    """The extension's properties of objects, which Blender does not know without."""
    properties.register()
    yield
    properties.unregister()


class TestLibrary:
    def test_is_small_and_listed_in_catalogues(self):
        assert BLEND.stat().st_size < 3_000_000
        lines = (OWN / "blender_assets.cats.txt").read_text(encoding="utf-8").splitlines()
        assert "VERSION 1" in lines
        catalogues = dict(line.split(":")[:2] for line in lines if re.match(r"[0-9a-f-]{36}:", line))
        for block in blocks(append()):
            data = block.asset_data
            assert catalogues[data.catalog_id].startswith("Image Dynamics/")
            assert (catalogues[data.catalog_id] == "Image Dynamics/Excitations") == (block.name in EXCITATIONS)
            assert data.description
            assert data.author
            assert data.license
            assert data.tags
            assert block.name not in EXCITATIONS or hashed(block.preview)[1] > 0.5

    @pytest.mark.usefixtures("_excitations")
    def test_is_what_its_script_makes(self, tmp_path):
        command = [sys.executable, "-W", "ignore", "-m", "scripts.make_assets", "--output-dir", str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        again = contents(tmp_path / "image_dynamics.blend")
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        shipped = contents(BLEND)
        # Single precision in another order of adding, on another processor.
        np.testing.assert_allclose(again.pop("points"), shipped.pop("points"), atol=1e-5)
        assert again == shipped
        catalogues = (tmp_path / "blender_assets.cats.txt").read_bytes()
        assert catalogues == (OWN / "blender_assets.cats.txt").read_bytes()


class TestExample:
    @pytest.mark.parametrize("path", READABLE, ids=lambda path: path.parent.name)
    def test_sways_and_repeats_without_the_extension(self, path):
        assert append(path) == ALL
        obj, scene = bpy.data.objects[EXAMPLE], bpy.context.scene
        scene.collection.objects.link(obj)
        period = int(obj["gid_period"])
        assert period == 120
        first = evaluated(obj, 1)
        assert np.abs(evaluated(obj, 1 + period // 3) - first).max() > 1e-3
        # To rounding of single precision around 1.
        assert np.abs(evaluated(obj, 1 + period) - first).max() < 1e-5
        obj["gid_amplitude"] = 0.0
        obj.update_tag()
        still = evaluated(obj, 7)
        assert np.abs(evaluated(obj, 31) - still).max() < 1e-6

    def test_has_its_picture_with_it_and_nobodys_paths(self):
        append(link=True)
        (image,) = bpy.data.images
        assert image.packed_file is not None
        assert image.size[0] > 100
        assert image.filepath == "//dahlia.jpg"


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.parent.name)
class TestExcitations:
    @pytest.mark.usefixtures("_excitations")
    @pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.stem)
    def test_each_does_what_its_preset_says(self, path, preset):
        append(path)
        shipped = bpy.data.objects[preset.stem.replace("_", " ")]
        wanted = add_empty(bpy.context.scene, swaying(VOLUME), "PULL")
        bpy.context.view_layer.objects.active = wanted
        bpy.utils.execfile(str(preset))
        settings = settings_of(shipped)
        # When it acts is said where it is used; a weight that never left would be no bird.
        assert settings.pop("use_range") == (settings["kind"] == "LOAD")
        assert set(settings) < set(settings_of(wanted))
        assert settings == {name: getattr(wanted.gid.excitation, name) for name in settings}
        assert {"kind", "strength", "reach", "attack", "fade", "gusts"} <= set(settings)
        assert not {"start", "end", "picture"} & set(settings)

    @pytest.mark.usefixtures("_excitations")
    def test_dropped_on_a_picture_each_moves_it(self, path):
        append(path)
        scene, picture = bpy.context.scene, swaying(VOLUME)
        scene.frame_end = 60
        picture["gid_amplitude"] = 0.0
        for name in EXCITATIONS:
            empty = bpy.data.objects[name]
            scene.collection.objects.link(empty)
            scene.frame_set(1)
            assert is_loose(scene, empty)
            stick(scene, picture_for(bpy.context.view_layer, empty), empty)
            bake(scene, picture)
            still, moved = (evaluated(picture, frame) for frame in (1, 8))
            assert np.abs(moved - still).max() > 1e-4, name
            empty.gid.excitation.mute = True

    def test_without_the_extension_they_are_empties(self, path, tmp_path):
        """And what they are for is still there when the file comes back to where it is known."""
        append(path)
        for name in EXCITATIONS:
            empty = bpy.data.objects[name]
            assert (empty.type, empty.parent, len(empty.constraints), empty.animation_data) == ("EMPTY", None, 0, None)
            assert not hasattr(empty, "gid")
            bpy.context.scene.collection.objects.link(empty)
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "plain.blend"))
        properties.register()
        try:
            bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "plain.blend"))
            assert {bpy.data.objects[name].gid.excitation.kind for name in EXCITATIONS} == {"LOAD", "POKE", "WIND"}
        finally:
            properties.unregister()


class TestGroups:
    def test_warp_a_still_by_hand(self, camera_scene, tmp_path):  # noqa: F811
        """Still and mask into the group, the group into the plate, as somebody would put them together."""
        append()
        still = bpy.data.images.load(str(write_png(tmp_path / "still.png", photograph())))
        shift = bpy.data.images.new("shift", 16, 12, float_buffer=True, is_data=True)
        shift.pixels.foreach_set(np.tile([4 / WIDTH, 0, 0, 1], 16 * 12).astype(np.float32))
        tree, sink = new_tree(camera_scene)
        pictures = [tree.nodes.new("CompositorNodeImage") for _ in range(2)]
        pictures[0].image, pictures[1].image = still, shift
        groups = {}
        for name in GROUPS:
            groups[name] = tree.nodes.new("CompositorNodeGroup")
            groups[name].node_tree = bpy.data.node_groups[name]
        warp, plate = groups["Image Dynamics Warp"], groups["Image Dynamics Plate"]
        tree.links.new(pictures[0].outputs["Image"], warp.inputs["Still"])
        tree.links.new(pictures[1].outputs["Image"], warp.inputs["Displacement"])
        tree.links.new(warp.outputs["Image"], plate.inputs["Frames"])
        tree.links.new(plate.outputs["Image"], sink)
        seen = shown(camera_scene, tmp_path / "x.png")
        assert seen.shape[:2] == (HEIGHT, WIDTH)
        # An enlarged displacement fades over half a cell along the border in 4.5.
        assert apart(seen[6:-6, 10:-10], photograph()[6:-6, 6:-14]) <= 1


def new_tree(scene):
    """An empty compositor, made by hand in the way of this Blender; and the socket of its output."""
    if "compositing_node_group" in bpy.types.Scene.bl_rna.properties:
        tree = bpy.data.node_groups.new("Mine", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        scene.compositing_node_group = tree
        sink = tree.nodes.new("NodeGroupOutput")
    else:
        scene.use_nodes = True
        tree = existing_compositor(scene)
        tree.nodes.clear()
        sink = tree.nodes.new("CompositorNodeComposite")
    return tree, sink.inputs["Image"]


@pytest.mark.skipif(len(READABLE) < 2, reason="there is no older library")
def test_a_warp_from_an_older_file_stays_still_and_is_sharpened_by_the_next_set_up():
    append(READABLE[0])
    (node,) = [n for n in bpy.data.node_groups["Image Dynamics Warp"].nodes if n.bl_idname == "CompositorNodeDisplace"]
    assert node.inputs["Interpolation"].default_value == "Anisotropic"
    assert warp_group() == bpy.data.node_groups["Image Dynamics Warp"]
    assert node.inputs["Interpolation"].default_value == "Bilinear"
