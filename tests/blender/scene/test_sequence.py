# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered loops on disk and in Blender, the material that shows pictures, and times."""

import os
import stat
from pathlib import Path

import bpy
import numpy as np
import pytest

from gid_blender.compat import strip_range, strips
from gid_blender.scene import (
    SceneError,
    add_strip,
    fit_frame_range,
    frame_folder,
    frame_rate,
    output_root,
    period_in_frames,
    read_pixels,
    sequence_image,
    sequence_object,
    show_in_editor,
)
from gid_blender.scene.manifest import NAME as NOTE
from gid_blender.scene.material import SHADERS, has_alpha, picture_material, show_image, use_standard_view
from gid_blender.scene.timing import set_frame_range
from tests.blender.scene.helpers import new_picture, saved
from tests.blender.scene.test_pixels import noise, write_png


def render(root, name="rose.jpg", count=5, *, replace=False, seed=0):
    """A folder of frames as the worker's render leaves it."""
    with frame_folder(root, name, replace=replace) as folder:
        for index in range(count):
            path = write_png(root / "encoded.png", noise(3, seed=seed + index))
            folder.write(index, path.read_bytes(), ".png")
            path.unlink()
        return folder.commit()


class TestFolder:
    def test_holds_the_frames_in_order_and_nothing_else(self, tmp_path):
        paths = render(tmp_path / "new" / "place")
        assert [path.name for path in paths] == [f"rose_{n:04d}.png" for n in range(1, 6)]
        assert sorted(os.listdir(tmp_path / "new" / "place")) == ["rose"]

    def test_a_second_render_gets_a_place_of_its_own(self, tmp_path):
        first, second = render(tmp_path), render(tmp_path)
        assert first[0].parent.name == "rose"
        assert second[0].parent.name == "rose 2"
        assert first[0].exists()

    def test_or_takes_the_place_of_the_first_without_mixing(self, tmp_path):
        render(tmp_path, count=9)
        paths = render(tmp_path, count=3, replace=True)
        assert sorted(os.listdir(paths[0].parent)) == [NOTE, *(path.name for path in paths)]
        assert os.listdir(tmp_path) == ["rose"]

    def test_a_render_that_ends_early_leaves_the_old_one_as_it_was(self, tmp_path):
        before = render(tmp_path, count=4)
        with frame_folder(tmp_path, "rose", replace=True) as folder:
            folder.write(0, b"half", ".png")
            assert len(os.listdir(tmp_path)) == 2
        assert os.listdir(tmp_path) == ["rose"]
        assert all(path.stat().st_size > 100 for path in before)

    def test_a_hole_is_no_render(self, tmp_path):
        with frame_folder(tmp_path, "x") as folder:
            folder.write(0, b"a", ".png")
            folder.write(2, b"c", ".png")
            with pytest.raises(SceneError, match="Frame 2 of 3 is missing"):
                folder.commit()
        with frame_folder(tmp_path, "x") as folder, pytest.raises(SceneError, match="No frame"):
            folder.commit()
        assert os.listdir(tmp_path) == []

    @pytest.mark.parametrize(
        ("name", "folder"),
        [
            ("Пион 牡丹 .png", "Пион 牡丹"),
            ("a/b\\c:d*?.jpg", "b_c_d_"),
            ("..", "picture"),
            ("con", "con_"),
            ("x" * 300, "x" * 48),
        ],
    )
    def test_names_that_every_file_system_takes(self, tmp_path, name, folder):
        assert render(tmp_path, name, 1)[0].parent == tmp_path / folder

    def test_a_file_in_the_way(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(SceneError, match="Cannot write frames") as caught:
            frame_folder(tmp_path / "file", "x")
        assert caught.value.hint

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_read_only_folder(self, tmp_path):
        tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
        with pytest.raises(SceneError, match="Permission denied"):
            frame_folder(tmp_path, "x")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
    def test_a_full_disk(self, tmp_path):
        with frame_folder(tmp_path, "x") as folder:
            hidden = next(tmp_path.glob(".x.*"))
            (hidden / "x_0001.png").symlink_to("/dev/full")
            with pytest.raises(SceneError, match="No space left"):
                folder.write(0, b"frame", ".png")
        assert os.listdir(tmp_path) == []

    def test_what_a_crash_left_a_day_ago_is_cleared(self, tmp_path):
        for name, age in ((".x.0001.part", 2), (".y.0002.part", 0)):
            (tmp_path / name).mkdir()
            when = os.stat(tmp_path).st_mtime - age * 86400
            os.utime(tmp_path / name, (when, when))
        render(tmp_path, count=1)
        assert sorted(os.listdir(tmp_path)) == [".y.0002.part", "rose"]

    def test_goes_beside_the_blend_or_to_the_cache(self, tmp_path):
        assert output_root(tmp_path / "cache") == (tmp_path / "cache", False)
        saved(tmp_path / "a.blend")
        assert output_root(tmp_path / "cache") == (tmp_path / "image_dynamics", True)


class TestSequenceImage:
    def test_is_relative_to_a_saved_file_and_survives_a_move(self, tmp_path):
        (tmp_path / "a").mkdir()
        saved(tmp_path / "a" / "x.blend")
        image = sequence_image(render(tmp_path / "a" / "image_dynamics"))
        assert image.filepath.startswith("//image_dynamics")
        image.use_fake_user = True
        bpy.ops.wm.save_mainfile()
        (tmp_path / "a").rename(tmp_path / "b")
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "b" / "x.blend"))
        again = bpy.data.images["rose"]
        assert again.source == "SEQUENCE"
        assert np.array_equal(read_pixels(again, frame=3).array, noise(3, seed=2))

    def test_is_absolute_in_an_unsaved_file(self, tmp_path):
        frames = render(tmp_path)
        assert sequence_image(frames).filepath == str(frames[0])

    def test_a_replaced_render_is_shown_by_the_same_image(self, tmp_path):
        scene = bpy.context.scene
        image = sequence_image(render(tmp_path))
        sequence_object(scene, image, frames=5, start=1)
        use_standard_view(scene)
        before = photographed(scene, tmp_path / "seen.png")
        assert sequence_image(render(tmp_path, replace=True, seed=50)) == image
        assert np.abs(photographed(scene, tmp_path / "seen.png") - before).max() > 0.2

    def test_has_the_alpha_of_its_files_whatever_the_picture_s_counts_for(self, tmp_path):
        """A photo without alpha has frames without; a layer of it is cut out by its mask."""
        picture = new_picture()
        picture.alpha_mode = "NONE"
        cut = sequence_image([write_png(tmp_path / "cut_0001.png", noise(4))], like=picture)
        assert has_alpha(cut)
        assert not has_alpha(sequence_image(render(tmp_path), like=picture))

    @pytest.mark.parametrize("space", ["Non-Color", "Linear Rec.709", "Filmic sRGB", "sRGB"])
    def test_has_the_numbers_of_the_picture_in_its_colour_space(self, tmp_path, space):
        picture = new_picture()
        picture.colorspace_settings.name = space
        assert sequence_image(render(tmp_path), like=picture).colorspace_settings.name == space

    def test_light_that_the_worker_encoded_is_srgb(self, tmp_path):
        light = new_picture(float_buffer=True)
        light.colorspace_settings.name = "Linear Rec.709"
        assert sequence_image(render(tmp_path), like=light).colorspace_settings.name == "sRGB"

    def test_missing_and_damaged_frames(self, tmp_path):
        with pytest.raises(SceneError, match="no frames"):
            sequence_image([])
        with pytest.raises(SceneError, match="is missing"):
            sequence_image([tmp_path / "x_0001.png"])
        (tmp_path / "x_0001.png").write_bytes(b"nope")
        with pytest.raises(SceneError, match="cannot be read"):
            sequence_image([tmp_path / "x_0001.png"])
        assert not bpy.data.images

    def test_as_a_plane_plays_cyclic_with_the_timeline(self, tmp_path):
        image = sequence_image(render(tmp_path))
        obj = sequence_object(bpy.context.scene, image, frames=5, start=3, height=2.0)
        assert obj.dimensions[:] == pytest.approx((2.0 * 24 / 20, 2.0, 0))
        user = obj.active_material.node_tree.nodes["Picture"].image_user
        assert (user.frame_duration, user.frame_start, user.use_cyclic, user.use_auto_refresh) == (5, 3, True, True)

    def test_renders_the_right_frame_of_the_loop(self, tmp_path):
        colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
        with frame_folder(tmp_path, "flags") as folder:
            for index, colour in enumerate(colours):
                path = write_png(tmp_path / "encoded.png", np.full((16, 16, 3), colour, np.uint8))
                folder.write(index, path.read_bytes(), ".png")
            frames = folder.commit()
        scene = bpy.context.scene
        sequence_object(scene, sequence_image(frames), frames=3, start=10)
        use_standard_view(scene)
        for frame, colour in ((10, 0), (11, 1), (12, 2), (13, 0), (9, 2)):
            seen = photographed(scene, tmp_path / "seen.png", frame)
            assert seen[8, 8] == pytest.approx(np.array(colours[colour]) / 255, abs=0.02)

    def test_shows_what_is_behind_where_its_frames_are_cut_away(self, tmp_path):
        scene = bpy.context.scene
        array = np.full((16, 16, 4), 255, np.uint8)
        array[:, :8, 3] = 0
        frames = [write_png(tmp_path / f"cut_{number:04d}.png", array) for number in (1, 2)]
        sequence = sequence_image(frames)
        sequence_object(scene, sequence, frames=2, start=1)
        behind = bpy.data.images.new("behind", 16, 16)
        behind.generated_color = (1, 0, 0, 1)
        sequence_object(scene, behind, frames=1, start=1).location.z = -0.5
        use_standard_view(scene)
        seen = photographed(scene, tmp_path / "seen.png", 2)
        assert seen[8, 3] == pytest.approx([1, 0, 0], abs=0.02)
        assert seen[8, 12] == pytest.approx([1, 1, 1], abs=0.02)
        assert set(bpy.data.images) - {sequence, behind} == {bpy.data.images["Render Result"]}
        assert not has_alpha(sequence_image(render(tmp_path)))

    def test_in_an_image_editor(self, tmp_path):
        area = bpy.context.screen.areas[0]
        area.type = "IMAGE_EDITOR"
        space = area.spaces.active
        image = sequence_image(render(tmp_path))
        show_in_editor(space, image, frames=5, start=3)
        assert space.image == image
        assert (space.image_user.frame_duration, space.image_user.use_cyclic) == (5, True)


def photographed(scene, path, frame=1, size=16):
    """(H, W, 3) what an orthographic camera sees of a plane of height 1: encoded values, top row first."""
    if scene.camera is None:
        camera = bpy.data.cameras.new("Camera")
        camera.type, camera.ortho_scale = "ORTHO", 1.0
        scene.camera = bpy.data.objects.new("Camera", camera)
        scene.camera.location.z = 2
        scene.collection.objects.link(scene.camera)
    render = scene.render
    render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    render.resolution_x = render.resolution_y = size
    render.resolution_percentage, render.filter_size = 100, 0.01
    render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGB"
    render.filepath = str(path)
    scene.frame_set(frame)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    seen = np.array(image.pixels).reshape(size, size, 4)[::-1, :, :3]
    bpy.data.images.remove(image)
    return seen


class TestStrip:
    def test_has_exactly_as_many_frames_as_the_loop(self, tmp_path):
        scene = bpy.context.scene
        scene.frame_set(31)
        strip = add_strip(scene, render(tmp_path, count=7))
        assert strip_range(strip) == (31, 38)
        assert [element.filename for element in strip.elements] == [f"rose_{n:04d}.png" for n in range(1, 8)]

    def test_takes_the_lowest_free_channel(self, tmp_path):
        scene, frames = bpy.context.scene, render(tmp_path)
        assert add_strip(scene, frames, start=1).channel == 1
        assert add_strip(scene, frames, start=5).channel == 2  # overlaps by one frame
        assert add_strip(scene, frames, start=6).channel == 1  # touches
        assert add_strip(scene, frames, start=3).channel == 3

    def test_no_channel_left(self, tmp_path):
        frames = render(tmp_path, count=1)
        for _ in range(128):
            add_strip(bpy.context.scene, frames, start=1)
        with pytest.raises(SceneError, match="No channel of the timeline is free"):
            add_strip(bpy.context.scene, frames, start=1)

    def test_is_relative_to_a_saved_file(self, tmp_path):
        saved(tmp_path / "x.blend")
        strip = add_strip(bpy.context.scene, render(tmp_path / "image_dynamics"))
        assert strip.directory.startswith("//image_dynamics")
        bpy.ops.wm.save_mainfile()
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "x.blend"))
        assert len(strips(bpy.context.scene.sequence_editor)) == 1


class TestMaterial:
    @pytest.mark.parametrize("shader", SHADERS)
    def test_keeps_the_picture_s_colour_space_and_alpha_mode(self, shader):
        image = new_picture()
        image.colorspace_settings.name, image.alpha_mode = "Linear Rec.709", "PREMUL"
        material = picture_material(image, shader=shader)
        assert image.colorspace_settings.name == "Linear Rec.709"
        assert image.alpha_mode == "PREMUL"
        node = material.node_tree.nodes["Picture"]
        assert node.image == image
        # Repeating would mix the opposite border in.
        assert node.extension == "EXTEND"

    def test_shadeless_looks_like_the_picture(self, tmp_path):
        scene = bpy.context.scene
        array = noise(3)[:16, :16].copy()
        frames = [write_png(tmp_path / "p_0001.png", array)]
        sequence_object(scene, sequence_image(frames), frames=1, start=1)
        use_standard_view(scene)
        seen = photographed(scene, tmp_path / "seen.png")
        # One sample at the middle of each pixel, encoded to 8 bits twice.
        assert seen == pytest.approx(array / 255, abs=0.02)

    @pytest.mark.parametrize("shader", SHADERS)
    def test_alpha_lets_through_what_is_behind(self, tmp_path, shader):
        scene = bpy.context.scene
        array = np.full((16, 16, 4), 255, np.uint8)
        array[:, :8, 3] = 0
        image = bpy.data.images.load(str(write_png(tmp_path / "a.png", array)))
        assert has_alpha(image)
        sequence_object(scene, image, frames=1, start=1, shader=shader)
        behind = bpy.data.images.new("behind", 16, 16)
        behind.generated_color = (1, 0, 0, 1)
        sequence_object(scene, behind, frames=1, start=1).location.z = -0.5
        use_standard_view(scene)
        seen = photographed(scene, tmp_path / "seen.png")
        assert seen[8, 3] == pytest.approx([1, 0, 0], abs=0.02)
        if shader != "PRINCIPLED":  # which is dark here: there is no light
            assert seen[8, 12] == pytest.approx([1, 1, 1], abs=0.02)

    def test_a_picture_without_alpha_costs_no_transparency(self, tmp_path):
        image = bpy.data.images.load(str(write_png(tmp_path / "a.png", noise(3))))
        assert not has_alpha(image)
        nodes = picture_material(image, shader="EMISSION").node_tree.nodes
        assert not [node for node in nodes if node.type == "BSDF_TRANSPARENT"]

    def test_without_its_texture_says_so(self):
        material = picture_material(new_picture())
        material.node_tree.nodes.remove(material.node_tree.nodes["Picture"])
        with pytest.raises(SceneError, match="has no image texture"):
            show_image(material, new_picture())


class TestTiming:
    def test_frame_rate_and_period(self):
        scene = bpy.context.scene
        scene.render.fps, scene.render.fps_base = 30, 1.001
        assert frame_rate(scene) == pytest.approx(29.97, abs=0.001)
        assert period_in_frames(scene, 5.0) == 150
        assert period_in_frames(scene, 0.001) == 2

    @pytest.mark.parametrize(("start", "frames"), [(1, 150), (500, 10), (0, 1)])
    def test_the_range_is_one_loop_without_the_repeated_frame(self, start, frames):
        scene = bpy.context.scene
        scene.frame_start, scene.frame_end = 100, 200
        set_frame_range(scene, start, frames)
        assert (scene.frame_start, scene.frame_end) == (start, start + frames - 1)

    def test_a_range_that_somebody_has_chosen_stays(self):
        scene = bpy.context.scene
        scene.frame_start, scene.frame_end = 1, 250
        assert fit_frame_range(scene, 1, 120)
        assert (scene.frame_start, scene.frame_end) == (1, 120)
        assert fit_frame_range(scene, 1, 90)
        assert (scene.frame_start, scene.frame_end) == (1, 90)
        scene.frame_end = 40
        assert not fit_frame_range(scene, 1, 120)
        assert (scene.frame_start, scene.frame_end) == (1, 40)
        assert fit_frame_range(scene, 1, 40)

    def test_a_range_cannot_start_before_0_but_is_a_whole_loop_all_the_same(self):
        scene = bpy.context.scene
        set_frame_range(scene, -20, 5)
        assert (scene.frame_start, scene.frame_end) == (0, 4)
