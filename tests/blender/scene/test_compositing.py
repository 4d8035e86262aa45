# SPDX-License-Identifier: GPL-3.0-or-later
"""What the compositor makes of a picture, rendered and compared in numbers."""

import bpy
import numpy as np
import pytest

from gid_blender.compat import existing_compositor
from gid_blender.motion import SpectralVolume
from gid_blender.scene import (
    Composite,
    Rendered,
    SceneError,
    add_strip,
    create_motion_object,
    frame_folder,
    is_composited,
    motion_image,
    remember_render,
    remove_compositing,
    sequence_image,
    setup_compositing,
    write_displacement,
)
from tests.blender.scene.exr import vectors
from tests.blender.scene.helpers import SMALL, saved
from tests.blender.scene.test_pixels import write_png

WIDTH, HEIGHT = 64, 48
# The square that moves from frame to frame; everything else of the picture is still.
LEFT, SIDE, STEP = 20, 12, 4


def photograph():
    """(H, W, 3) uint8 with every kind of colour in it, saturated ones and black and white too."""
    rng = np.random.default_rng(0)
    found = rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    found[:8] = np.linspace(0, 255, WIDTH).astype(np.uint8)[:, None]
    found[8:12, :, :] = [[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]][i // 16] for i in range(WIDTH)]
    return found


def moved(index):
    frame = photograph()
    left = LEFT + STEP * index
    frame[20 : 20 + SIDE, left : left + SIDE] = 255, 40, 0
    return frame


def still_places():
    found = np.ones((HEIGHT, WIDTH), bool)
    found[18 : 22 + SIDE, LEFT - 2 : LEFT + SIDE + 2 * STEP + 2] = False
    return found


@pytest.fixture
def scene():
    """A scene that shows a black square on a grey world through a camera, as small as the picture."""
    scene = bpy.context.scene
    camera = bpy.data.cameras.new("Camera")
    camera.type, camera.ortho_scale = "ORTHO", 1.0
    scene.camera = bpy.data.objects.new("Camera", camera)
    scene.collection.objects.link(scene.camera)
    scene.camera.location.z = 2
    render = scene.render
    render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    render.resolution_x, render.resolution_y, render.resolution_percentage = WIDTH, HEIGHT, 100
    render.dither_intensity = 0
    scene.view_settings.view_transform = "Standard"
    scene.world = bpy.data.worlds.new("World")
    scene.world.color = 0.18, 0.3, 0.6
    return scene


@pytest.fixture
def picture(scene, tmp_path):
    """A motion object of the photograph."""
    still = bpy.data.images.load(str(write_png(tmp_path / "still.png", photograph())))
    still.pack()
    volume = SpectralVolume(np.zeros((3, 2, 6, 8), np.complex64))
    obj = create_motion_object(scene, still, volume, settings=SMALL, period=3, start=1)
    # It stands aside: the compositor is to show it, not the camera.
    obj.location.x = 50
    return obj


@pytest.fixture
def frames(picture, tmp_path):
    """Three rendered frames of it, in which the square steps to the right."""
    with frame_folder(tmp_path, "rose") as folder:
        for index in range(3):
            folder.write(index, write_png(tmp_path / "one.png", moved(index)).read_bytes(), ".png")
        image = sequence_image(folder.commit())
    remember_render(picture, image, count=3, start=1, cyclic=True)
    return image


def shown(scene, path, frame=1):
    """(H, W, 4) int what a render shows, 8 bits encoded, top row first."""
    render = scene.render
    render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGBA"
    render.filepath = str(path)
    scene.frame_set(frame)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    found = np.array(image.pixels).reshape(render.resolution_y, render.resolution_x, 4)[::-1]
    bpy.data.images.remove(image)
    return np.round(found * 255).astype(int)


def apart(seen, wanted):
    return int(np.abs(seen[..., :3] - wanted.astype(int)).max())


class TestColours:
    def test_frames_come_out_as_they_went_in(self, scene, picture, frames, tmp_path):
        assert setup_compositing(scene, picture, Composite(shutter=0)) == ()
        for frame, index in ((1, 0), (3, 2), (4, 0), (0, 2)):
            assert apart(shown(scene, tmp_path / "x.png", frame), moved(index)) <= 1

    @pytest.mark.parametrize("view", ["AgX", "Filmic", "Khronos PBR Neutral"])
    @pytest.mark.parametrize("exposure", [0.0, 0.7])
    def test_under_any_view_and_the_render_looks_as_before(self, scene, picture, frames, tmp_path, view, exposure):
        scene.view_settings.view_transform, scene.view_settings.exposure = view, exposure
        render = scene.render
        render.film_transparent = False
        before = shown(scene, tmp_path / "x.png")
        setup_compositing(scene, picture, Composite(shutter=0))
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) <= 1
        plate_of(scene, picture).inputs["Opacity"].default_value = 0
        assert apart(shown(scene, tmp_path / "x.png"), before[..., :3]) <= 1
        remove_compositing(scene, picture)
        assert (scene.view_settings.view_transform, scene.view_settings.exposure) == (view, pytest.approx(exposure))
        assert apart(shown(scene, tmp_path / "x.png"), before[..., :3]) == 0

    def test_as_scene_light_the_view_changes_them(self, scene, picture, frames, tmp_path):
        scene.view_settings.view_transform = "AgX"
        setup_compositing(scene, picture, Composite(shutter=0, keep_colours=False))
        assert scene.view_settings.view_transform == "AgX"
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) > 40
        setup_compositing(scene, picture, Composite(shutter=0))
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) <= 1
        setup_compositing(scene, picture, Composite(shutter=0, keep_colours=False))
        assert scene.view_settings.view_transform == "AgX"
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) > 40

    def test_a_look_is_kept_or_refused(self, scene, picture, frames, tmp_path):
        scene.view_settings.view_transform, scene.view_settings.look = "AgX", "AgX - Punchy"
        before = shown(scene, tmp_path / "x.png")
        if not hasattr(bpy.types, "CompositorNodeConvertToDisplay"):
            with pytest.raises(SceneError, match="the look “AgX - Punchy”"):
                setup_compositing(scene, picture)
            assert existing_compositor(scene) is None
            return
        setup_compositing(scene, picture, Composite(shutter=0))
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) <= 1
        plate_of(scene, picture).inputs["Opacity"].default_value = 0
        assert apart(shown(scene, tmp_path / "x.png"), before[..., :3]) <= 1

    def test_what_comes_after_the_compositor_is_refused(self, scene, picture, frames):
        scene.view_settings.gamma = 1.5
        with pytest.raises(SceneError, match="the scene's gamma changes them"):
            setup_compositing(scene, picture)
        assert existing_compositor(scene) is None


class TestLayers:
    def test_over_the_render_by_its_alpha(self, scene, picture, frames, tmp_path):
        background = shown(scene, tmp_path / "x.png")
        cutout = np.dstack([moved(0), np.full((HEIGHT, WIDTH), 255, np.uint8)])
        cutout[:, : WIDTH // 2, 3] = 0
        for path in (tmp_path / "rose").glob("*.png"):
            write_png(path, cutout)
        frames.reload()
        setup_compositing(scene, picture, Composite(shutter=0))
        seen = shown(scene, tmp_path / "x.png")
        assert apart(seen[:, WIDTH // 2 :], moved(0)[:, WIDTH // 2 :]) <= 1
        assert apart(seen[:, : WIDTH // 2], background[:, : WIDTH // 2, :3]) <= 1

    def test_behind_what_is_rendered(self, scene, picture, frames, tmp_path):
        bpy.ops.mesh.primitive_plane_add(size=0.5)
        (remark,) = setup_compositing(scene, picture, Composite(behind=True, shutter=0))
        assert "film is transparent" in remark
        seen = shown(scene, tmp_path / "x.png")
        hidden = np.zeros((HEIGHT, WIDTH), bool)
        hidden[7:41, 15:49] = True
        assert apart(seen[~hidden], moved(0)[~hidden]) <= 1
        assert apart(seen[24, 32], moved(0)[24, 32]) > 30
        remove_compositing(scene, picture)
        assert not scene.render.film_transparent

    def test_fits_a_render_of_another_size(self, scene, picture, frames, tmp_path):
        background = shown(scene, tmp_path / "x.png")[0, 0, :3]
        scene.render.resolution_x, scene.render.resolution_y = 2 * WIDTH + 40, 2 * HEIGHT
        setup_compositing(scene, picture, Composite(shutter=0))
        seen = shown(scene, tmp_path / "x.png")
        assert apart(seen[:, :18], background) <= 1
        # Twice as large, and a square of one colour in it.
        assert apart(seen[44:60, 20 + 44 : 20 + 60], np.array([255, 40, 0])) <= 1

    def test_the_mask_shows_the_still(self, scene, picture, frames, tmp_path):
        # A mask is of any size; here its left half is black.
        mask = bpy.data.images.new("mask", 8, 4, is_data=True)
        columns = np.repeat([[0, 0, 0, 1], [1, 1, 1, 1]], 4, axis=0)
        mask.pixels.foreach_set(np.tile(columns, (4, 1)).ravel().astype(np.float32))
        setup_compositing(scene, picture, Composite(shutter=0, mask=mask))
        seen = shown(scene, tmp_path / "x.png", 3)
        half = WIDTH // 2
        # Along the seam the enlarged mask is grey, half a cell wide on both sides.
        assert apart(seen[:, : half - 4], photograph()[:, : half - 4]) <= 1
        assert apart(seen[:, half + 4 :], moved(2)[:, half + 4 :]) <= 1

    def test_two_pictures_one_over_the_other(self, scene, picture, frames, tmp_path):
        other = picture.copy()
        scene.collection.objects.link(other)
        scene.view_settings.view_transform = "AgX"
        for obj in (picture, other):
            setup_compositing(scene, obj, Composite(shutter=0))
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) <= 1
        remove_compositing(scene, picture)
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) <= 1
        remove_compositing(scene, other)
        assert scene.view_settings.view_transform == "AgX"


class TestDisplacement:
    """The still, warped by Blender's own Displace node."""

    def volume(self):
        """Its left third swings by 4 pixels, down and to the right at once; the rest is still."""
        spectrum = np.zeros((2, 2, HEIGHT // 4, WIDTH // 4), np.complex64)
        spectrum[1, :, :, :5] = 4 / WIDTH
        return SpectralVolume(spectrum)

    def warped(self, scene, picture, tmp_path, **how):
        picture["gid_period"] = 4.0
        with frame_folder(tmp_path, "displacement", replace=True) as folder:
            q = np.exp(2j * np.pi * np.arange(4)[:, None] / 4 * np.arange(2))
            image = sequence_image(write_displacement(folder, self.volume(), q))
        image.colorspace_settings.name = "Non-Color"
        return setup_compositing(scene, picture, Composite(displacement=Rendered(image, 4, 1, True, {}), **how))

    def test_moves_what_moves_and_leaves_the_rest_alone(self, scene, picture, tmp_path):
        assert self.warped(scene, picture, tmp_path, shutter=0) == ()
        seen, still = shown(scene, tmp_path / "x.png", 1), photograph()
        # 4 pixels to the right and 4 down: what is at (20, 8) comes from (16, 4).
        assert apart(seen[10:40, 6:15], still[6:36, 2:11]) <= 1
        assert apart(seen[:, 30:], still[:, 30:]) <= 1
        # Half a period later it has gone the other way, and after one it is back.
        assert apart(shown(scene, tmp_path / "x.png", 3)[10:40, 4:10], still[14:44, 8:14]) <= 1
        assert apart(shown(scene, tmp_path / "x.png", 5), seen[..., :3]) == 0

    def test_the_mask_multiplies_the_motion(self, scene, picture, tmp_path):
        grey = bpy.data.images.new("mask", 4, 4, is_data=True, float_buffer=True)
        grey.pixels.foreach_set(np.tile([0.5, 0.5, 0.5, 1], 16).astype(np.float32))
        self.warped(scene, picture, tmp_path, mask=grey, shutter=0)
        # Enlarged, a mask of four columns fades over half of its outermost one in 4.5.
        assert apart(shown(scene, tmp_path / "x.png")[10:40, 8:13], photograph()[8:38, 6:11]) <= 1

    @pytest.mark.parametrize(("frame", "column", "row", "reach"), [(1, 14, 28, 0), (2, 10, 24, 2), (4, 10, 24, 2)])
    def test_is_blurred_by_its_own_motion(self, scene, picture, tmp_path, frame, column, row, reach):
        # It swings from 4 pixels to -4 and back in 4 frames. On its way it goes by 4 a frame, to both sides of where it
        # is; where it turns it comes from and goes back to the same side.
        points = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        points[24, [10, 40]] = 255
        still = motion_image(picture)
        still.unpack(method="USE_ORIGINAL")
        write_png(tmp_path / "still.png", points)
        still.reload()
        assert self.warped(scene, picture, tmp_path, shutter=1.0) == ()
        seen = shown(scene, tmp_path / "x.png", frame)[..., 0]
        y, x = np.nonzero(seen[4:44, 4:30] > 50)
        assert (x.max() + 4, y.max() + 4) == (column + reach, row + reach)
        assert (x.min() + 4, y.min() + 4) == (column - 2, row - 2)
        assert np.corrcoef(x, y)[0, 1] > 0.4, "down to the right"
        # The other point stands still, near enough to be softened by a Vector Blur of everything.
        assert seen[20:30, 36:46].sum() == seen[24, 40] == 255

    def test_a_group_of_an_earlier_version_gets_its_motion_blur(self, scene, picture, tmp_path):
        self.warped(scene, picture, tmp_path)
        tree = existing_compositor(scene)
        warp = next(node for node in tree.nodes if node.get("gid_part") == "warp")
        older = bpy.data.node_groups.new("Image Dynamics Warp", "CompositorNodeTree")
        older["gid_group"] = "warp 1"
        mine = warp.node_tree.copy()
        for given, kept in ((older, False), (mine, True)):
            warp.node_tree = given
            self.warped(scene, picture, tmp_path)
            assert (warp.node_tree == given) == kept
            assert {"Before", "After"} <= set(warp.inputs.keys())

    def test_goes_back_to_frames_and_leaves_nothing_behind(self, scene, picture, frames, tmp_path):
        self.warped(scene, picture, tmp_path)
        setup_compositing(scene, picture, Composite(shutter=0))
        parts = {node["gid_part"] for node in existing_compositor(scene).nodes if "gid_part" in node}
        assert parts == {"frame", "plate", "still", "frames"}
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) <= 1


class TestMotionBlur:
    def composited(self, scene, picture, frames, tmp_path, shutter):
        """The frames with vectors that say that everything goes by 8 pixels to the right and 8 up a frame."""
        with frame_folder(tmp_path, "rose vectors") as folder:
            for index in range(3):
                folder.write(index, vectors(WIDTH, HEIGHT, (-8, -8, -8, -8)), ".exr")
            image = sequence_image(folder.commit(), layered=True)
        remember_render(picture, frames, count=3, start=1, cyclic=True, passes={"motion_vectors": image})
        assert setup_compositing(scene, picture, Composite(shutter=shutter)) == ()
        return shown(scene, tmp_path / "x.png")

    def test_is_along_the_vectors(self, scene, picture, frames, tmp_path):
        black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        black[24, 32] = 255
        for path in (tmp_path / "rose").glob("*.png"):
            write_png(path, black)
        frames.reload()
        y, x = np.nonzero(self.composited(scene, picture, frames, tmp_path, 1.0)[..., 0] > 20)
        # The point is drawn out to both sides, half as far as it moves in a frame: up to the right, down to the left.
        assert (x.min(), x.max()) == (pytest.approx(28, abs=1), pytest.approx(36, abs=1))
        assert np.corrcoef(x, y)[0, 1] < -0.9
        assert (y.min(), y.max()) == (pytest.approx(20, abs=1), pytest.approx(28, abs=1))

    @pytest.mark.parametrize("values", [(0, 0, 0, -8), (0, -8, 0, 0), (8, 0, 8, 0)])
    def test_of_a_part_leaves_the_rest_as_it_is(self, scene, picture, frames, tmp_path, values):
        # The photograph is mostly noise, which shows the least softening.
        for path in (tmp_path / "rose").glob("*.png"):
            write_png(path, photograph())
        frames.reload()
        moving = np.zeros((HEIGHT, WIDTH), np.float32)
        moving[20:30, 20:30] = 1
        with frame_folder(tmp_path, "rose vectors") as folder:
            for index in range(3):
                folder.write(index, vectors(WIDTH, HEIGHT, [value * moving for value in values]), ".exr")
            image = sequence_image(folder.commit(), layered=True)
        remember_render(picture, frames, count=3, start=1, cyclic=True, passes={"motion_vectors": image})
        setup_compositing(scene, picture, Composite(shutter=1.0))
        seen = shown(scene, tmp_path / "x.png")
        assert apart(seen[20:30, 20:30], photograph()[20:30, 20:30]) > 50
        # Drawn out by four pixels to each side, and what Vector Blur itself is off.
        seen[14:36, 14:36, :3] = photograph()[14:36, 14:36]
        assert apart(seen, photograph()) == 0

    def test_a_closed_shutter_changes_nothing(self, scene, picture, frames, tmp_path):
        assert apart(self.composited(scene, picture, frames, tmp_path, 0.0), moved(0)) <= 1


class TestTree:
    def test_a_second_run_changes_what_is_there(self, scene, picture, frames, tmp_path):
        setup_compositing(scene, picture)
        tree = existing_compositor(scene)
        names, links = sorted(node.name for node in tree.nodes), len(tree.links)
        node = next(node for node in tree.nodes if node.get("gid_part") == "frames")
        node.location.x += 77
        where = tuple(node.location)
        remember_render(picture, frames, count=2, start=9, cyclic=False)
        setup_compositing(scene, picture)
        assert (sorted(node.name for node in tree.nodes), len(tree.links)) == (names, links)
        assert (node.frame_duration, node.frame_start, node.use_cyclic, tuple(node.location)) == (2, 9, False, where)
        assert len(bpy.data.node_groups) == len({group.name.split(".")[0] for group in bpy.data.node_groups})

    def test_what_was_there_feeds_it_and_stays(self, scene, picture, frames, tmp_path):
        setup_compositing(scene, picture)
        remove_compositing(scene, picture)
        tree = existing_compositor(scene)
        (sink,) = [n for n in tree.nodes if n.bl_idname in {"CompositorNodeComposite", "NodeGroupOutput"}]
        (layers,) = [n for n in tree.nodes if n.bl_idname == "CompositorNodeRLayers"]
        mine = tree.nodes.new("CompositorNodeExposure")
        mine.name, mine.inputs["Exposure"].default_value = "my grade", -1
        tree.links.new(layers.outputs["Image"], mine.inputs["Image"])
        tree.links.new(mine.outputs["Image"], sink.inputs[0])
        before = shown(scene, tmp_path / "x.png")
        places = {node.name: tuple(node.location) for node in tree.nodes}

        setup_compositing(scene, picture, Composite(shutter=0))
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) <= 1
        assert {name: tuple(tree.nodes[name].location) for name in places} == places
        remove_compositing(scene, picture)
        assert {node.name: tuple(node.location) for node in tree.nodes} == places
        assert apart(shown(scene, tmp_path / "x.png"), before[..., :3]) == 0
        with pytest.raises(SceneError, match="no compositing nodes"):
            remove_compositing(scene, picture)

    def test_is_found_again_after_saving_and_loading(self, scene, picture, frames, tmp_path):
        setup_compositing(scene, picture, Composite(shutter=0))
        saved(tmp_path / "x.blend")
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "x.blend"))
        scene, picture = bpy.context.scene, bpy.data.objects[picture_name]
        assert is_composited(scene, picture)
        assert apart(shown(scene, tmp_path / "x.png", 2), moved(1)) <= 1
        count = len(existing_compositor(scene).nodes)
        setup_compositing(scene, picture, Composite(shutter=0))
        assert len(existing_compositor(scene).nodes) == count

    def test_without_a_camera_the_picture_stands_alone(self, scene, picture, frames, tmp_path):
        scene.camera = None
        (remark,) = setup_compositing(scene, picture, Composite(shutter=0))
        assert "no camera" in remark
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) <= 1

    def test_says_what_is_missing(self, scene, picture, frames, tmp_path):
        assert "switch on Motion Vectors" in setup_compositing(scene, picture)[0]
        add_strip(scene, sorted((tmp_path / "rose").glob("*.png")))
        assert "has strips" in setup_compositing(scene, picture)[-1]
        del picture["gid_rendered"]
        with pytest.raises(SceneError, match="no rendered frames"):
            setup_compositing(scene, picture)

    @pytest.mark.skipif(
        "compositing_node_group" not in bpy.types.Scene.bl_rna.properties, reason="a scene's own tree before 5.0"
    )
    def test_a_linked_tree_is_left_alone(self, scene, picture, frames, tmp_path):
        tree = bpy.data.node_groups.new("Studio", "CompositorNodeTree")
        bpy.data.libraries.write(str(tmp_path / "studio.blend"), {tree}, fake_user=True)
        bpy.data.node_groups.remove(tree)
        with bpy.data.libraries.load(str(tmp_path / "studio.blend"), link=True) as (_, wanted):
            wanted.node_groups = ["Studio"]
        scene.compositing_node_group = bpy.data.node_groups["Studio"]
        with pytest.raises(SceneError, match="linked node group “Studio”"):
            setup_compositing(scene, picture)
        assert not is_composited(scene, picture)


# What the fixture calls its object: the picture's name.
picture_name = "still.png"


def plate_of(scene, picture):
    return next(node for node in existing_compositor(scene).nodes if node.get("gid_part") == "plate")
