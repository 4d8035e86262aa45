# SPDX-License-Identifier: GPL-3.0-or-later
"""Pixels of every kind of image datablock, as they are, and where they are looked for."""

import struct
import zlib

import bpy
import numpy as np
import pytest

from gid_blender.scene import (
    SceneError,
    Source,
    as_still,
    find_source,
    image_from_file,
    read_pixels,
    source_of_editor,
    source_of_object,
)
from gid_blender.scene.material import picture_material
from gid_blender.scene.pixels import Pixels, image_from_pixels
from tests.blender.scene.helpers import new_picture, swaying

HEIGHT, WIDTH = 20, 24


def write_png(path, array):
    """Write (H, W, 1|2|3|4) uint8 or uint16 as PNG with nothing but zlib: a witness that is not Blender."""
    height, width, channels = array.shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = array.astype(array.dtype.newbyteorder(">")).tobytes()
    stride = width * channels * array.itemsize
    lines = b"".join(b"\0" + rows[i * stride : (i + 1) * stride] for i in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8 * array.itemsize, colour, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    )
    return path


def noise(channels, dtype=np.uint8, seed=0):
    """Any pixels; no symmetry that could hide a flip."""
    top = np.iinfo(dtype).max
    return np.random.default_rng(seed).integers(0, top, (HEIGHT, WIDTH, channels), dtype, endpoint=True)


def to_linear(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


class TestKinds:
    @pytest.mark.parametrize("channels", [3, 4])
    def test_8_bits_come_out_to_the_bit(self, tmp_path, channels):
        array = noise(channels)
        pixels = read_pixels(image_from_file(str(write_png(tmp_path / "a.png", array))))
        assert pixels.array.flags.c_contiguous
        assert np.array_equal(pixels.array, array)
        assert pixels.header == {"shape": [HEIGHT, WIDTH, channels], "dtype": "uint8", "linear": False}

    def test_greyscale_becomes_three_equal_channels(self, tmp_path):
        array = noise(1)
        pixels = read_pixels(image_from_file(str(write_png(tmp_path / "a.png", array))))
        assert np.array_equal(pixels.array, array.repeat(3, -1))

    def test_alpha_that_is_1_everywhere_is_left_out(self, tmp_path):
        array = noise(4)
        array[..., 3] = 255
        pixels = read_pixels(image_from_file(str(write_png(tmp_path / "a.png", array))))
        assert np.array_equal(pixels.array, array[..., :3])

    @pytest.mark.parametrize("mode", ["NONE", "CHANNEL_PACKED"])
    def test_alpha_that_is_no_transparency_is_left_out(self, tmp_path, mode):
        image = image_from_file(str(write_png(tmp_path / "a.png", noise(4))))
        image.alpha_mode = mode
        assert read_pixels(image).array.shape[-1] == 3

    def test_16_bits_come_as_linear_light(self, tmp_path):
        array = noise(3, np.uint16)
        pixels = read_pixels(image_from_file(str(write_png(tmp_path / "a.png", array))))
        assert pixels.array.dtype == np.float32
        assert pixels.linear
        # Blender converts with a table, good to about 1e-5.
        assert pixels.array == pytest.approx(to_linear(array / 65535), abs=1e-4)

    def test_16_bits_with_alpha_come_with_it_multiplied_in(self, tmp_path):
        """As the worker takes floats; bytes with alpha stay as the file has them, see above."""
        array = noise(4, np.uint16)
        array[..., 3] |= 0x8000  # at least half opaque: below, premultiplied colours have no precision left
        array[:, :3, 3] = 0
        pixels = read_pixels(image_from_file(str(write_png(tmp_path / "a.png", array))))
        seen = array[..., 3] > 0
        colour, alpha = to_linear(array[..., :3] / 65535), array[..., 3:] / 65535
        assert pixels.array[..., 3:] == pytest.approx(alpha, abs=1e-4)
        assert pixels.array[..., :3] == pytest.approx(colour * alpha, abs=1e-3)
        assert pixels.straight[seen][:, :3] == pytest.approx(colour[seen], abs=1e-3)
        assert (pixels.straight[..., 3] == pixels.array[..., 3]).all()
        assert np.isfinite(pixels.straight).all()

    def test_data_in_16_bits_is_not_linearised(self, tmp_path):
        array = noise(3, np.uint16)
        image = image_from_file(str(write_png(tmp_path / "a.png", array)))
        image.colorspace_settings.name = "Non-Color"
        pixels = read_pixels(image)
        assert not pixels.linear
        assert pixels.array == pytest.approx(array / 65535, abs=1e-4)

    def test_exr(self, tmp_path):
        image = new_picture(WIDTH, HEIGHT, float_buffer=True)
        scene = bpy.context.scene
        settings = scene.render.image_settings
        settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGB"
        image.save_render(str(tmp_path / "a.exr"), scene=scene)
        pixels = read_pixels(image_from_file(str(tmp_path / "a.exr")))
        assert pixels.linear
        assert np.array_equal(pixels.array, read_pixels(image).array)

    def test_generated_packed_and_painted(self):
        image = new_picture(WIDTH, HEIGHT)
        before = read_pixels(image)
        assert before.array.dtype == np.uint8
        assert before.array[0, 0, 1] > before.array[-1, 0, 1]  # the gradient grows upwards, and row 0 is the top
        image.pack()
        assert np.array_equal(read_pixels(image).array, before.array)
        image.pixels[0] = 1.0
        assert read_pixels(image).array[-1, 0, 0] == 255

    def test_packed_without_its_file(self, tmp_path):
        array = noise(3)
        path = write_png(tmp_path / "a.png", array)
        image = image_from_file(str(path))
        image.pack()
        path.unlink()
        assert np.array_equal(read_pixels(image).array, array)

    def test_a_movie_at_a_frame(self, tmp_path):
        movie = bpy.data.images.load(str(write_movie(tmp_path)))
        for frame in (4, 1, 6):
            # What the codec makes of flat grey is off by a few steps of 255; frames are 40 steps apart.
            assert read_pixels(movie, frame=frame).array.mean() == pytest.approx(40 * (frame - 1), abs=6)
        assert len(bpy.data.images) == 1

    def test_a_sequence_at_a_frame(self, tmp_path):
        arrays = {number: noise(3, seed=number) for number in (98, 99, 100)}
        for number, array in arrays.items():
            write_png(tmp_path / f"shot_{number:03d}.png", array)
        image = image_from_file(str(tmp_path / "shot_098.png"))
        image.source = "SEQUENCE"
        for number, array in arrays.items():
            assert np.array_equal(read_pixels(image, frame=number).array, array)
        with pytest.raises(SceneError, match="has no frame 101"):
            read_pixels(image, frame=101)
        assert len(bpy.data.images) == 1


def write_movie(folder):
    """Six frames of grey, each 40 brighter, encoded by Blender itself."""
    scene = bpy.data.scenes.new("Movie")
    from gid_blender.compat import strips

    for index in range(6):
        path = write_png(folder / f"grey_{index}.png", np.full((48, 64, 3), 40 * index, np.uint8))
        strips(scene.sequence_editor_create()).new_image(
            name=path.name, filepath=str(path), channel=1, frame_start=index + 1
        )
    scene.frame_start, scene.frame_end = 1, 6
    scene.view_settings.view_transform = "Standard"
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 64, 48, 100
    if hasattr(render.image_settings, "media_type"):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format, render.ffmpeg.codec, render.ffmpeg.constant_rate_factor = "MPEG4", "H264", "LOSSLESS"
    render.filepath = str(folder / "movie.mp4")
    render.use_file_extension = False
    bpy.ops.render.render(animation=True, scene=scene.name)
    bpy.data.scenes.remove(scene)
    for image in list(bpy.data.images):
        bpy.data.images.remove(image)
    return folder / "movie.mp4"


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [3, 4])
def test_an_image_made_of_pixels_gives_them_back(tmp_path, dtype, channels):
    array = noise(channels)
    if dtype == np.float32:
        array = (array / 255).astype(np.float32)
        array[..., 3:] = array[..., 3:] * 0.5 + 0.25
    image_from_pixels("copy", Pixels(array, linear=dtype == np.float32)).use_fake_user = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    # Packed float images are stored as half floats.
    assert read_pixels(bpy.data.images["copy"]).array == pytest.approx(array, abs=0 if dtype == np.uint8 else 2e-3)


class TestSentences:
    def test_render_result(self):
        with pytest.raises(SceneError, match="Save it with Image > Save As"):
            read_pixels(_render_result())

    def test_deleted(self):
        image = new_picture()
        bpy.data.images.remove(image)
        with pytest.raises(SceneError, match="was deleted"):
            read_pixels(image)

    @pytest.mark.parametrize("size", [(1, 1), (15, 400), (40000, 10)])
    def test_too_small(self, size):
        with pytest.raises(SceneError, match=rf"too small: {size[0]}×{size[1]}"):
            read_pixels(bpy.data.images.new("x", *size))

    def test_deleted_from_disk_after_it_was_chosen(self, tmp_path):
        path = write_png(tmp_path / "a.png", noise(3))
        image = bpy.data.images.load(str(path))
        path.unlink()
        with pytest.raises(SceneError, match="is missing"):
            read_pixels(image)

    def test_missing_movie_and_sequence(self, tmp_path):
        path = write_png(tmp_path / "a1.png", noise(3))
        image = bpy.data.images.load(str(path))
        path.unlink()
        for source in ("MOVIE", "SEQUENCE"):
            image.source = source
            with pytest.raises(SceneError, match="missing"):
                read_pixels(image, frame=1)

    def test_udim_tiles(self):
        image = bpy.data.images.new("x", 32, 32, tiled=True)
        image.tiles.new(1002)
        with pytest.raises(SceneError, match="made of 2 tiles"):
            read_pixels(image)

    @pytest.mark.parametrize("content", [b"", b"nope", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
    def test_a_damaged_file(self, tmp_path, content):
        path = tmp_path / "näh.png"
        path.write_bytes(content)
        with pytest.raises(SceneError, match="cannot be read as a picture"):
            image_from_file(str(path))
        assert not bpy.data.images

    def test_a_folder_and_nothing_at_all(self, tmp_path):
        with pytest.raises(SceneError, match="is a folder"):
            image_from_file(str(tmp_path))
        with pytest.raises(SceneError, match="Cannot open"):
            image_from_file(str(tmp_path / "no.png"))
        with pytest.raises(SceneError, match="No file is chosen"):
            image_from_file("")

    def test_a_very_long_name(self, tmp_path):
        with pytest.raises(SceneError, match="Cannot open"):
            image_from_file(str(tmp_path / ("x" * 5000)))


def _render_result():
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x = scene.render.resolution_y = 16
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    bpy.ops.render.render()
    return bpy.data.images["Render Result"]


class TestSources:
    def test_a_file_is_loaded_once(self, tmp_path):
        path = str(write_png(tmp_path / "a.png", noise(3)))
        assert image_from_file(path) == image_from_file(path)
        assert len(bpy.data.images) == 1

    def test_the_texture_of_the_object(self):
        obj, image = _textured()
        assert source_of_object(obj, bpy.context.scene) == Source(image, None, "Material of “Cube”")

    def test_of_several_textures_the_active_one(self):
        obj, image = _textured()
        nodes = obj.active_material.node_tree.nodes
        other = nodes.new("ShaderNodeTexImage")
        other.image = new_picture()
        nodes.active = nodes["Picture"]
        assert source_of_object(obj, bpy.context.scene).image == image
        nodes.active = other
        assert source_of_object(obj, bpy.context.scene).image == other.image

    def test_else_the_one_that_feeds_the_output(self):
        obj, image = _textured()
        nodes = obj.active_material.node_tree.nodes
        other = nodes.new("ShaderNodeTexImage")
        other.image = new_picture()
        nodes.active = nodes["Material Output"]
        assert source_of_object(obj, bpy.context.scene).image == image

    def test_inside_a_group(self):
        obj, _ = _textured()
        tree = obj.active_material.node_tree
        group = bpy.data.node_groups.new("Inside", "ShaderNodeTree")
        texture = group.nodes.new("ShaderNodeTexImage")
        texture.image = new_picture(name="inner")
        tree.nodes.remove(tree.nodes["Picture"])
        tree.nodes.new("ShaderNodeGroup").node_tree = group
        with pytest.raises(SceneError, match="no image texture"):
            source_of_object(obj, bpy.context.scene)
        group.interface.new_socket("Shader", in_out="OUTPUT", socket_type="NodeSocketColor")
        output = group.nodes.new("NodeGroupOutput")
        group.links.new(texture.outputs["Color"], output.inputs[0])
        node = next(n for n in tree.nodes if n.type == "GROUP")
        tree.links.new(node.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
        assert source_of_object(obj, bpy.context.scene).image.name == "inner"

    def test_an_image_empty(self):
        empty = bpy.data.objects.new("Reference", None)
        empty.empty_display_type = "IMAGE"
        empty.data = new_picture()
        assert source_of_object(empty, bpy.context.scene).image == empty.data

    def test_a_motion_object_has_its_own_picture(self):
        obj = swaying()
        assert source_of_object(obj, bpy.context.scene).image.name == "meadow"

    def test_the_image_editor(self):
        area, space = _image_editor()
        with pytest.raises(SceneError, match="No picture is open"):
            source_of_editor(space, bpy.context.scene)
        space.image = new_picture()
        with bpy.context.temp_override(area=area):
            assert find_source(bpy.context) == Source(space.image, None, "Image Editor")

    def test_the_only_image_editor_of_the_screen_stands_in_for_the_object(self):
        _, space = _image_editor()
        other = next(a for a in bpy.context.screen.areas if a.type != "IMAGE_EDITOR")
        with bpy.context.temp_override(area=other):
            with pytest.raises(SceneError, match="No picture is chosen"):
                find_source(bpy.context)
            space.image = new_picture()
            assert find_source(bpy.context).image == space.image

    @pytest.mark.parametrize("frame", [1, 7, 10, 15, 16, 40])
    def test_a_moving_picture_is_taken_at_the_current_frame(self, tmp_path, frame):
        for number in range(1, 8):
            write_png(tmp_path / f"f_{number:02d}.png", noise(3, seed=number))
        _, space = _image_editor()
        space.image = image_from_file(str(tmp_path / "f_01.png"))
        space.image.source = "SEQUENCE"
        user = space.image_user
        user.frame_duration, user.frame_start, user.frame_offset, user.use_cyclic = 5, 10, 2, True
        bpy.context.scene.frame_set(frame)
        wanted = (frame - 10) % 5 + 1 + 2
        source = source_of_editor(space, bpy.context.scene)
        assert source.frame == wanted
        still = as_still(source, read_pixels(source.image, frame=source.frame))
        assert still.source == "GENERATED" or still.packed_file
        assert np.array_equal(read_pixels(still).array, noise(3, seed=wanted))

    def test_objects_without_a_picture_say_what_to_do(self):
        cube = bpy.data.objects.new("Cube", bpy.data.meshes.new("Cube"))
        for obj in (None, cube):
            with pytest.raises(SceneError, match="Select an object with an image texture") as caught:
                source_of_object(obj, bpy.context.scene)
            assert caught.value.hint


def _textured():
    image = new_picture(name="texture")
    obj = bpy.data.objects.new("Cube", bpy.data.meshes.new("Cube"))
    obj.data.materials.append(picture_material(image))
    return obj, image


def _image_editor():
    area = bpy.context.screen.areas[0]
    area.type = "IMAGE_EDITOR"
    return area, area.spaces.active
