# SPDX-License-Identifier: GPL-3.0-or-later
"""Several planes of one picture: the same still picture, motion and controls of their own, at any depth."""

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Matrix

from gid_blender.scene import (
    PictureFile,
    Pixels,
    SceneError,
    Shading,
    add_background,
    add_waiting_plane,
    distance_of,
    find_waiting,
    hidden_region,
    is_layer,
    is_motion_object,
    layer_pixels,
    layers_of,
    move_layer,
    read_pixels,
    replace_motion,
    set_distance,
    set_shading,
    set_waiting_in_motion,
    shading_of,
    sharing_motion,
    split_layers,
    spread_layers,
    stack_of,
    to_keyframes,
)
from gid_blender.scene.layer_masks import grown, resized
from gid_blender.scene.layers import picture_of_plane
from gid_blender.scene.masks import mask_weights
from gid_blender.scene.pixels import image_from_pixels
from gid_blender.scene.see_through import look_through_layers
from tests.blender.scene.helpers import evaluated, new_picture, swaying
from tests.blender.scene.test_planes import camera, corners
from tests.motion.volumes import smooth_volume

W, H = 96, 64


def grey(values, name="mask"):
    """A mask image of (H, W) values in 0..1."""
    bytes_ = np.repeat((np.asarray(values) * 255).astype(np.uint8)[..., None], 3, axis=2)
    return image_from_pixels(name, Pixels(bytes_, linear=False))


def band(first, last, name="mask", height=H, width=W):
    """White in columns from `first` to `last`, as shares of the width."""
    u = (np.arange(width) + 0.5) / width
    return grey(np.broadcast_to((u >= first) & (u < last), (height, width)), name)


def cut_out(name="flower"):
    """A picture with a soft round alpha."""
    v, u = np.mgrid[0:H, 0:W]
    alpha = np.clip(20 - np.hypot(u - W / 2, v - H / 2), 0, 1)
    rgba = np.stack([0.9 * np.ones_like(alpha), 0.3 + 0 * alpha, 0.2 + 0 * alpha, alpha], axis=-1)
    return image_from_pixels(name, Pixels((rgba * 255).astype(np.uint8), linear=False))


def rendered(scene, *, samples=1, size=(W, H), engine="CYCLES"):
    """(H, W, 4) 0..1 of the scene through an engine, encoded with Standard."""
    scene.render.engine = engine
    scene.eevee.taa_render_samples = samples
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.pixel_filter_type = samples, False, "BOX"
    scene.cycles.filter_width = 0.01
    scene.render.film_transparent = True
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.view_settings.view_transform = "Standard"
    path = bpy.app.tempdir + "layers.png"
    scene.render.filepath, scene.render.image_settings.file_format = path, "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(path)
    values = np.empty(size[0] * size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    bpy.data.images.remove(image)
    return values.reshape(size[1], size[0], 4)[::-1]


def in_front(scene, distance=3.0, **options):
    """A camera that looks straight down at the origin and sees just a picture of 1.5 × 1."""
    return camera(
        scene,
        location=(0, 0, distance),
        rotation=(0, 0, 0),
        **({"sensor_width": 36, "lens": 36 * distance / 1.5} | options),
    )


class TestSplitting:
    def test_each_part_has_motion_and_controls_of_its_own(self):
        obj = swaying()
        # Once it is hidden, Blender evaluates it no more.
        whole = evaluated(obj, 7)
        layers, remarks = split_layers(bpy.context.scene, obj, [band(0, 0.3, "leaf"), band(0.5, 1, "tree")])
        assert not remarks
        assert [layer.name for layer in layers] == ["tree", "leaf"]
        assert layers_of(stack_of(layers[0])) == layers
        assert (obj.hide_viewport, obj.hide_render, layers[0].hide_render) == (True, True, False)
        assert stack_of(layers[0]).name == "meadow Layers"
        still = [evaluated(layer, 7) for layer in layers]
        assert np.abs(still[0] - whole).max() < 1e-6
        layers[0]["gid_amplitude"] = 0.0
        layers[0].update_tag()
        assert np.abs(evaluated(layers[0], 7) - evaluated(layers[0], 12)).max() == 0
        assert np.abs(evaluated(layers[1], 7) - still[1]).max() < 1e-6
        assert np.abs(evaluated(layers[1], 12) - still[1]).max() > 1e-4
        # The materials too: each cuts with its own mask.
        assert len({layer.active_material for layer in [obj, *layers]}) == 3

    def test_keyed_motion_and_keyed_controls_are_copied_too(self):
        scene = bpy.context.scene
        obj = swaying()
        obj["gid_amplitude"] = 0.5
        obj.keyframe_insert('["gid_amplitude"]', frame=1)
        layers, _ = split_layers(scene, obj, [band(0, 0.5)])
        assert layers[0].animation_data.action not in {None, obj.animation_data.action}
        assert layers[0].animation_data.action_slot is not None
        other = swaying()
        to_keyframes(other, scene)
        whole = evaluated(other, 9)
        layers, _ = split_layers(scene, other, [band(0, 0.5)])
        assert np.abs(evaluated(layers[0], 9) - whole).max() < 1e-6

    def test_layers_that_wait_get_the_motion_of_the_whole_picture(self):
        scene = bpy.context.scene
        image = new_picture()
        plane = add_waiting_plane(
            PictureFile(image, (W, H)), Matrix(), (1.5, 1), collection=scene.collection, columns=9
        )
        part = cut_out()
        layers, _ = split_layers(scene, plane, [part, band(0, 0.5)])
        background = add_background(scene, stack_of(layers[0]), read_pixels(image), hidden_region(stack_of(layers[0])))
        assert set(find_waiting(scene, image)) == {plane, background, *layers}
        for waiting in find_waiting(scene, image):
            set_waiting_in_motion(scene, waiting, smooth_volume())
        assert [picture_of_plane(layer) for layer in layers] == [image, part]
        assert mask_weights(background).min() == 0
        assert set(sharing_motion(scene, image, plane)) == {plane, background, *layers}

    def test_a_new_motion_is_for_all_layers(self):
        scene = bpy.context.scene
        obj = swaying()
        layers, _ = split_layers(scene, obj, [band(0, 0.5), band(0.5, 1)])
        other = smooth_volume(seed=3)
        for plane in sharing_motion(scene, picture_of_plane(obj), obj):
            replace_motion(plane, other)
        assert np.abs(evaluated(layers[0], 9) - evaluated(layers[1], 9)).max() < 1e-6

    def test_the_order_is_front_first_and_can_be_changed(self):
        obj = swaying()
        layers, _ = split_layers(bpy.context.scene, obj, [band(0, 0.3, "a"), band(0.3, 0.6, "b"), band(0.6, 1, "c")])
        heights = [layer.matrix_world.translation.z for layer in layers]
        assert heights == pytest.approx([0.01, 0.02, 0.03])
        move_layer(bpy.data.objects["a"], -1)
        assert [layer.name for layer in layers_of(stack_of(layers[0]))] == ["c", "a", "b"]
        assert bpy.data.objects["a"].matrix_world.translation.z == pytest.approx(0.02)
        with pytest.raises(SceneError, match="No layer lies behind"):
            move_layer(bpy.data.objects["c"], -1)

    def test_bad_masks_are_refused_or_remarked_and_nothing_is_left(self):
        scene = bpy.context.scene
        obj = swaying()
        before = len(bpy.data.objects), len(bpy.data.collections)
        for images, sentence in (
            ([], "No masks are chosen"),
            ([grey(np.zeros((H, W)))], "is black everywhere"),
            ([bpy.data.images.new("tiny", 4, 4)], "too small"),
        ):
            with pytest.raises(SceneError, match=sentence):
                split_layers(scene, obj, images)
        assert (len(bpy.data.objects), len(bpy.data.collections)) == before
        assert not obj.hide_render
        with pytest.raises(SceneError, match="shows no picture"):
            split_layers(scene, camera(scene), [band(0, 1)])
        _, remarks = split_layers(scene, obj, [band(0, 0.6, "a"), band(0.3, 1, "b", height=30, width=90)])
        assert remarks == [
            "“b” is 90×30 pixels, the picture 96×64: it is stretched.",
            "“a” and “b” overlap: the former is in front.",
        ]

    def test_a_picture_whose_file_is_missing_is_not_split(self, tmp_path):
        obj = swaying()
        picture = obj["gid_image"]
        picture.source, picture.filepath = "FILE", str(tmp_path / "gone.png")
        if picture.packed_file:
            picture.unpack(method="REMOVE")
        picture.reload()
        before = set(bpy.data.images.keys()) | {"a"}
        with pytest.raises(SceneError, match="missing"):
            split_layers(bpy.context.scene, obj, [band(0, 1, "a")])
        assert set(bpy.data.images.keys()) == before

    def test_linked_data_is_not_split(self, tmp_path):
        obj = swaying()
        path = str(tmp_path / "library.blend")
        bpy.data.libraries.write(path, {obj})
        with bpy.data.libraries.load(path, link=True) as (_, target):
            target.objects = [obj.name]
        linked = target.objects[0]
        bpy.context.scene.collection.objects.link(linked)
        with pytest.raises(SceneError, match="is linked from"):
            split_layers(bpy.context.scene, linked, [band(0, 0.5)])


class TestDepth:
    @pytest.mark.parametrize("options", [{}, {"shift_x": 0.3, "shift_y": 0.1}, {"type": "ORTHO"}])
    def test_the_camera_sees_each_layer_where_it_saw_it(self, options):
        scene = bpy.context.scene
        obj = swaying()
        obj.rotation_euler = (0.3, 0.2, 0.1)
        bpy.context.view_layer.update()
        layers, _ = split_layers(scene, obj, [band(i / 4, (i + 1) / 4, f"m{i}") for i in range(4)])
        seen_by = camera(scene, location=(0.5, 0.3, 5), rotation=(0.05, 0.1, 0.2), **options)
        before = [[world_to_camera_view(scene, seen_by, c).xy for c in corners(layer)] for layer in layers]
        spread_layers(scene, layers, 1.5)
        bpy.context.view_layer.update()
        after = [[world_to_camera_view(scene, seen_by, c).xy for c in corners(layer)] for layer in layers]
        assert np.abs(np.array(after) - np.array(before)).max() < 1e-5
        distances = [distance_of(scene, layer) for layer in layers]
        assert distances[-1] == pytest.approx(1.5, rel=1e-5)
        assert np.diff(distances) == pytest.approx(np.full(3, (1.5 - distances[0]) / 3), rel=1e-4)

    def test_what_cannot_be_says_why(self):
        scene = bpy.context.scene
        obj = swaying()
        with pytest.raises(SceneError, match="no camera"):
            set_distance(scene, obj, 2)
        in_front(scene)
        with pytest.raises(SceneError, match="nearer than"):
            set_distance(scene, obj, 0.01)
        with pytest.raises(SceneError, match=r"between 0\.1 and 3"):
            spread_layers(scene, [obj, obj], 4)
        scene.camera.rotation_euler = (3, 0, 0)
        bpy.context.view_layer.update()
        with pytest.raises(SceneError, match="not in front"):
            set_distance(scene, obj, 2)


class TestPictures:
    def test_twelve_layers_at_twelve_depths_are_the_same_still_picture(self):
        scene = bpy.context.scene
        obj = swaying()
        obj["gid_amplitude"] = 0.0
        in_front(scene)
        flat = rendered(scene)
        masks = [band(i / 12, (i + 1) / 12, f"mask {i}") for i in range(12)]
        layers, _ = split_layers(scene, obj, masks)
        look_through_layers(scene)
        spread_layers(scene, layers, 1.0)
        split = rendered(scene)
        assert flat[..., 3].min() == 1
        # One step of 8 bits, twice.
        assert np.abs(split - flat).max() < 2.5 / 255

    def test_a_soft_edge_over_its_background_is_the_picture_again(self):
        """And over anything else it has none of the background in it."""
        scene = bpy.context.scene
        u = np.abs((np.arange(W) + 0.5) / W - 0.5)
        share = np.clip((0.3 - u) / 0.1, 0, 1)[None, :, None]
        front, back = np.array([0.8, 0.5, 0.1]), np.array([0.05, 0.1, 0.5])
        mixture = np.broadcast_to(share * front + (1 - share) * back, (H, W, 3)).astype(np.float32)
        # Light mixes as light: a linear picture, so that the front comes out exactly.
        image = image_from_pixels("mixture", Pixels(mixture, linear=True))
        plane = add_waiting_plane(
            PictureFile(image, (W, H)), Matrix(), (1.5, 1), collection=scene.collection, columns=9
        )
        in_front(scene)
        flat = rendered(scene)
        [layer], _ = split_layers(scene, plane, [grey(np.broadcast_to(share[..., 0], (H, W)))], spacing=0.001)
        behind = Pixels(np.broadcast_to(back, (H, W, 3)).astype(np.float32), linear=True)
        stack = stack_of(layer)
        background = add_background(scene, stack, behind, hidden_region(stack))
        difference = np.abs(rendered(scene) - flat)
        assert difference.mean() < 0.2 / 255
        # Where there is less than a twentieth of the front, its colour is held back; sRGB is steepest in the dark.
        assert difference.max() < 8 / 255
        background.hide_render = True
        alone = rendered(scene)
        edge = (alone[..., 3] > 0.2) & (alone[..., 3] < 0.9)
        assert edge.sum() > 200
        inside = np.median(alone[alone[..., 3] > 0.99][:, :3], axis=0)
        assert np.abs(alone[edge][:, :3] - inside).max() < 10 / 255

    def test_a_background_moves_but_not_behind_what_is_cut_out(self):
        scene = bpy.context.scene
        obj = swaying()
        layers, _ = split_layers(scene, obj, [band(0.4, 0.6)])
        stack = stack_of(layers[0])
        region = hidden_region(stack, grow=2)
        assert region.shape == (H, W)
        assert (region[H // 2] > 0).sum() == pytest.approx(0.2 * W + 2 * 2 + 2, abs=2)
        background = add_background(scene, stack, Pixels(np.full((H, W, 3), 99, np.uint8), linear=False), region)
        assert layers_of(stack) == [background, layers[0]]
        assert background.matrix_world.translation.z < layers[0].matrix_world.translation.z
        columns = background.data["gid_columns"]
        moved = np.abs(evaluated(background, 9) - evaluated(background, 14)).max(axis=1).reshape(-1, columns)
        assert moved[:, columns // 2].max() == 0
        assert moved[:, 0].max() > 1e-4
        called = background.name
        again = add_background(scene, stack, Pixels(np.full((H, W, 3), 50, np.uint8), linear=False), region)
        assert again.name == called
        assert layers_of(stack) == [again, layers[0]]
        with pytest.raises(SceneError, match="stays behind"):
            move_layer(again, 1)

    def test_frames_of_a_layer_hold_what_it_shows(self):
        obj = swaying()
        layers, _ = split_layers(bpy.context.scene, obj, [cut_out(), band(0, 0.5)], overlap=0)
        pixels = layer_pixels(layers[0])
        assert (pixels.array[..., :3] == read_pixels(picture_of_plane(obj)).array).all()
        assert (pixels.array[:, : W // 2, 3] == 255).all()
        assert (pixels.array[:, W // 2 :, 3] == 0).all()
        assert (layer_pixels(layers[1]).array == read_pixels(layers[1]["gid_image"]).array).all()
        assert layer_pixels(obj).array.shape[2] == 3

    def test_parts_that_share_the_picture_out_leave_the_rearmost_to_fill_from(self):
        obj = swaying()
        layers, _ = split_layers(bpy.context.scene, obj, [band(0, 0.3, "front"), band(0.3, 1, "rest")])
        region = hidden_region(stack_of(layers[0]), grow=0)
        assert (region > 0).mean() == pytest.approx(0.3, abs=0.02)
        layers, _ = split_layers(bpy.context.scene, swaying(), [band(0, 1)])
        with pytest.raises(SceneError, match="cover all of"):
            hidden_region(stack_of(layers[0]))

    @pytest.mark.parametrize("shader", ["SHADELESS", "EMISSION", "PRINCIPLED"])
    def test_a_moving_edge_takes_no_colour_from_what_is_invisible(self, shader, engine):
        """In front of nothing, straight colour along the soft edge is the flower's own: no fringe of black or white."""
        scene = bpy.context.scene
        image = cut_out()
        plane = add_waiting_plane(
            PictureFile(image, (W, H)),
            Matrix(),
            (1.5, 1),
            collection=scene.collection,
            columns=33,
            shading=Shading(shader),
        )
        set_waiting_in_motion(scene, plane, smooth_volume(), period=40)
        plane["gid_amplitude"] = 1.0
        scene.frame_set(11)
        in_front(scene)
        light = bpy.data.lights.new("sun", "SUN")
        sun = bpy.data.objects.new("sun", light)
        scene.collection.objects.link(sun)
        # Odd, so that pixels of the picture do not fall on pixels of the render.
        seen = rendered(
            scene, samples=4 if (shader, engine) == ("SHADELESS", "CYCLES") else 16, size=(W + 1, H + 1), engine=engine
        )
        edge, inside = (seen[..., 3] > 0.2) & (seen[..., 3] < 0.8), seen[..., 3] > 0.99
        assert edge.sum() > 20
        # As it is laid over something: red and green that the edge adds, which fringes would change.
        added = (seen[edge][:, :3] * seen[edge][:, 3:]).sum(axis=0)
        within = np.median(seen[inside][:, :3], axis=0)
        assert added[1] / added[0] == pytest.approx(within[1] / within[0], abs=0.03)
        if shader != "PRINCIPLED":
            assert seen[edge][:, 0] == pytest.approx(within[0], abs=0.03)


class TestShading:
    def shadow_of(self, scene, obj, engine):
        """How dark the ground beneath the middle of the plane is, from 0 to 1."""
        scene.frame_set(1)
        light = bpy.data.lights.new("sun", "SUN")
        light.energy = 3
        sun = bpy.data.objects.new("sun", light)
        ground = bpy.data.meshes.new("ground")
        ground.from_pydata([(-5, -5, -1), (5, -5, -1), (5, 5, -1), (-5, 5, -1)], [], [(0, 1, 2, 3)])
        floor = bpy.data.objects.new("ground", ground)
        for made in (sun, floor):
            scene.collection.objects.link(made)
        in_front(scene, 7.0, lens=42)
        obj.visible_camera = False
        seen = rendered(scene, samples=4, size=(36, 36), engine=engine)[..., 0]
        for made in (sun, floor, scene.camera):
            bpy.data.objects.remove(made)
        return 1 - seen[16:20, 16:20].mean() / seen[:4, :4].mean()

    def test_a_shadow_by_choice_and_only_of_what_is_seen(self, engine):
        scene = bpy.context.scene
        obj = swaying()
        dark = {}
        for shader in ("SHADELESS", "PRINCIPLED"):
            for casts in (True, False):
                set_shading(obj, Shading(shader, casts_shadow=casts))
                dark[shader, casts] = self.shadow_of(scene, obj, engine)
        assert min(dark["SHADELESS", True], dark["PRINCIPLED", True]) > 0.5, dark
        assert max(dark["SHADELESS", False], dark["PRINCIPLED", False]) < 0.05, dark

    def test_changed_afterwards_the_picture_and_its_mask_stay(self):
        obj = swaying()
        [layer], _ = split_layers(bpy.context.scene, obj, [band(0, 0.5)])
        material = layer.active_material
        mask = material.node_tree.nodes["Layer Mask"].image
        wanted = Shading("PRINCIPLED", emit_strength=2, use_backface_culling=True, interpolation="Cubic")
        assert set_shading(layer, wanted) == material
        assert shading_of(material) == wanted
        assert material.node_tree.nodes["Layer Mask"].image == mask
        assert material.node_tree.nodes["Picture"].image == picture_of_plane(obj)
        assert layer.visible_shadow
        set_shading(layer, Shading())
        assert not layer.visible_shadow

    def test_nodes_of_somebody_s_own_are_not_lost(self):
        obj = swaying()
        material = obj.active_material
        extra = material.node_tree.nodes.new("ShaderNodeHueSaturation")
        new = set_shading(obj, Shading("EMISSION"))
        assert new != material
        assert obj.active_material == new
        assert material.use_fake_user
        assert extra.name in material.node_tree.nodes

    def test_of_what_shows_no_picture_it_is_refused(self):
        bare = bpy.data.objects.new("bare", bpy.data.meshes.new("bare"))
        with pytest.raises(SceneError, match="shows no picture"):
            set_shading(bare, Shading())
        assert not is_layer(bare)
        assert not is_motion_object(bare)


class TestMaskArrays:
    def test_grown_by_pixels_on_all_sides(self):
        mask = np.zeros((15, 15), np.uint8)
        mask[7, 7] = 200
        found = grown(mask, 3) > 0
        assert found[7].sum() == 7
        assert found[:, 7].sum() == 7
        # Rounder than a square.
        assert not found[4, 4]
        assert (grown(mask, 0) == mask).all()

    def test_resized_keeps_what_is_plain_and_where_things_are(self):
        half = np.zeros((20, 40), np.uint8)
        half[:, 20:] = 255
        large = resized(half, 60, 100)
        assert large[:, :48].max() == 0
        assert large[:, 52:].min() == 255
        assert (resized(np.full((7, 9), 99, np.uint8), 30, 31) == 99).all()
