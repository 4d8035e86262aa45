# SPDX-License-Identifier: GPL-3.0-or-later
"""A mask holds back what it pins, exactly, and nothing else; it can be changed and removed, and goes with the file."""

import os
import subprocess
import sys

import bpy
import numpy as np
import pytest

from gid_blender.motion import ModalBasis
from gid_blender.motion.regularize import fold_count
from gid_blender.scene import PlaneSettings, SceneError, bake, fingerprint, read_pixels, replace_motion
from gid_blender.scene import masks as scene_masks
from gid_blender.scene.masks import (
    FEATHER,
    mask_condition,
    mask_image,
    mask_weights,
    new_mask_image,
    remove_mask,
    set_mask,
    sources_changed,
    update_mask,
)
from gid_blender.scene.shape_keys import MASK_GROUP, band_keys, read_spectrum
from gid_blender.scene.touch import body_of
from gid_blender.scene.vertex_weights import read_weights, write_weights
from tests.blender.scene.baking import pull
from tests.blender.scene.helpers import SMALL, evaluated, new_picture, rest, saved, swaying
from tests.blender.scene.test_playback import PLAY_ELSEWHERE
from tests.motion.volumes import smooth_volume

VOLUME = smooth_volume()
FRAMES = (1, 9, 17)


def painted(values, name="meadow Mask", **options):
    """A mask image of (H, W) values, row 0 at the top."""
    values = np.asarray(values, np.float32)
    image = bpy.data.images.new(name, values.shape[1], values.shape[0], is_data=True, **options)
    rgba = np.ones((*values.shape, 4), np.float32)
    rgba[..., :3] = values[::-1, :, None]
    image.pixels.foreach_set(rgba.ravel())
    image.pack()
    return image


def right_half(height=64, width=96):
    """White on the right, black on the left."""
    values = np.zeros((height, width))
    values[:, width // 2 :] = 1
    return values


def where(obj):
    """(V,) how far right of the left border each vertex rests, in picture widths."""
    return rest(obj)[:, 0] / obj.data["gid_width"] + 0.5


def where_of(vertices):
    """(V,) from 0 at the left to 1 at the right."""
    return ((vertices[:, 0] - vertices[:, 0].min()) / np.ptp(vertices[:, 0])).astype(np.float32)


class TestWhatMoves:
    def test_pinned_vertices_do_not_move_and_white_ones_move_as_ever(self):
        obj = swaying(VOLUME)
        free = {frame: evaluated(obj, frame) for frame in FRAMES}
        set_mask(obj, image=painted(right_half()), feather=0.2)
        weights = mask_weights(obj).ravel()
        assert (weights[where(obj) < 0.5] == 0).all()
        assert (weights == 1).sum() > 100
        for frame, before in free.items():
            vertices = evaluated(obj, frame)
            assert np.abs(vertices - rest(obj))[weights == 0].max() < 1e-7
            assert np.abs(vertices - before)[weights == 1].max() < 1e-7
            between = (weights > 0) & (weights < 1)
            wanted = rest(obj) + weights[:, None] * (before - rest(obj))
            assert np.abs(vertices - wanted)[between].max() < 1e-6

    def test_what_is_read_off_the_keys_is_what_is_seen(self):
        obj = swaying(VOLUME)
        plain = read_spectrum(obj)
        set_mask(obj, image=painted(right_half()))
        assert np.array_equal(read_spectrum(obj, masked=False), plain)
        assert np.array_equal(read_spectrum(obj), plain * mask_weights(obj))

    def test_the_sheet_does_not_fold_beside_a_hard_edge(self):
        volume = smooth_volume(seed=3).scaled(2.0)
        obj = swaying(volume, PlaneSettings(columns=65))
        set_mask(obj, image=painted(right_half()))
        columns, rows = obj.data["gid_columns"], obj.data["gid_rows"]
        spacing = (1 / (columns - 1), obj.data["gid_height"] / obj.data["gid_width"] / (rows - 1))
        hard = read_spectrum(obj, masked=False) * (where(obj) > 0.5).reshape(rows, columns)
        assert fold_count(hard, spacing) > 0
        assert fold_count(read_spectrum(obj), spacing) == 0

    def test_grey_moves_less(self):
        obj = swaying(VOLUME)
        before = evaluated(obj, 9) - rest(obj)
        set_mask(obj, image=painted(np.full((64, 96), 0.5), float_buffer=True))
        assert np.abs((evaluated(obj, 9) - rest(obj)) - before / 2).max() < 1e-6

    @pytest.mark.parametrize("is_float", [False, True])
    def test_what_is_painted_on_nothing_pins_the_rest(self, is_float):
        image = painted(np.ones((64, 96)), float_buffer=is_float, alpha=True)
        rgba = np.array(image.pixels).reshape(64, 96, 4)
        # Float buffers hold alpha multiplied in.
        rgba[:, :48] *= (0, 0, 0, 0) if is_float else (1, 1, 1, 0)
        image.pixels.foreach_set(rgba.astype(np.float32).ravel())
        bright, transparent = swaying(VOLUME), swaying(VOLUME)
        set_mask(bright, image=painted(right_half()))
        set_mask(transparent, image=image)
        assert np.array_equal(mask_weights(transparent), mask_weights(bright))

    def test_a_wider_feather_is_a_softer_edge(self):
        obj = swaying(VOLUME)
        set_mask(obj, image=painted(right_half()), feather=0.4)
        assert obj[FEATHER] == 0.4
        # A vertex is a 32nd of the width from the next.
        assert np.diff(mask_weights(obj), axis=1).max() <= 1 / 32 / 0.4 + 1e-5

    def test_a_mask_of_any_size_is_stretched_over_the_picture_and_says_so(self):
        obj = swaying(VOLUME)
        made = set_mask(obj, image=painted(right_half(20, 20)))
        assert made.remarks == ("The mask is 20×20 pixels, the picture 96×64: it is stretched over the picture.",)
        small = mask_weights(obj)
        assert not set_mask(obj, image=painted(right_half(128, 192))).remarks
        assert np.array_equal(mask_weights(obj), small)

    def test_a_black_mask_pins_everything_and_says_so(self):
        obj = swaying(VOLUME)
        made = set_mask(obj, image=painted(np.zeros((64, 96))))
        assert (made.free, len(made.remarks)) == (0, 1)
        assert np.array_equal(evaluated(obj, 9), rest(obj))


class TestSources:
    def test_a_new_image_is_white_packed_and_of_the_pictures_size(self):
        obj = swaying(VOLUME)
        image = new_mask_image(obj)
        assert image.name == "meadow Mask"
        assert tuple(image.size) == (96, 64)
        assert image.colorspace_settings.is_data
        assert image.packed_file is not None
        assert (read_pixels(image).array == 255).all()

    def test_a_large_picture_gets_a_mask_of_2048_pixels(self):
        obj = swaying(VOLUME)
        obj["gid_image"] = bpy.data.images.new("large", 5000, 250)
        assert tuple(new_mask_image(obj).size) == (2048, 102)

    def test_alpha(self):
        obj = swaying(VOLUME)
        picture = bpy.data.images.new("cut out", 96, 64, alpha=True)
        rgba = np.ones((64, 96, 4), np.float32)
        rgba[:, :48, 3] = 0
        picture.pixels.foreach_set(rgba.ravel())
        obj["gid_image"] = picture
        set_mask(obj, alpha=True)
        from_alpha = mask_weights(obj)
        set_mask(obj, image=painted(right_half()))
        assert np.array_equal(mask_weights(obj), from_alpha)

    def test_a_vertex_group_alone_is_taken_vertex_by_vertex(self):
        obj = swaying(VOLUME)
        ramp = np.clip(2 * where(obj) - 0.5, 0, 1).astype(np.float32)
        write_weights(obj, "mine", ramp)
        set_mask(obj, group="mine")
        assert np.abs(mask_weights(obj).ravel() - ramp).max() < 1e-6
        set_mask(obj, group="mine", invert=True)
        assert np.abs(mask_weights(obj).ravel() - (1 - ramp)).max() < 1e-6

    def test_all_that_is_given_is_multiplied_and_then_inverted(self):
        obj = swaying(VOLUME)
        write_weights(obj, "upper half", (rest(obj)[:, 1] > 0).astype(np.float32))
        set_mask(obj, image=painted(right_half()), group="upper half")
        y, x = rest(obj)[:, 1], where(obj)
        weights = mask_weights(obj).ravel()
        assert (weights[(x < 0.5) | (y < 0)] == 0).all()
        assert weights[(x > 0.9) & (y > 0.4)].min() > 0.9
        set_mask(obj, image=painted(right_half()), group="upper half", invert=True)
        weights = mask_weights(obj).ravel()
        assert (weights[(x > 0.5) & (y > 0.05)] == 0).all()
        assert weights[(x < 0.1) | (y < -0.4)].min() > 0.9

    def test_weights_painted_by_hand_stay(self):
        obj = swaying(VOLUME)
        by_hand = np.round(np.random.default_rng(0).random(len(obj.data.vertices)), 2).astype(np.float32)
        write_weights(obj, MASK_GROUP, by_hand)
        set_mask(obj, group=MASK_GROUP)
        update_mask(obj)
        assert np.array_equal(mask_weights(obj).ravel(), by_hand)
        assert all(key.vertex_group == MASK_GROUP for key in band_keys(obj))

    def test_a_stroke_of_the_brush_counts_with_the_next_update(self):
        obj = swaying(VOLUME)
        image = new_mask_image(obj)
        set_mask(obj, image=image)
        assert mask_weights(obj).min() == 1
        assert not image.is_dirty
        pixels = np.ones((64, 96, 4), np.float32)
        pixels[:, :48, :3] = 0
        image.pixels.foreach_set(pixels.ravel())
        assert image.is_dirty
        update_mask(obj)
        assert (mask_weights(obj)[:, :17] == 0).all()

    def test_other_settings_are_noticed(self):
        obj = swaying(VOLUME)
        set_mask(obj, image=painted(right_half()))
        assert not sources_changed(obj)
        obj[FEATHER] = 0.1
        assert sources_changed(obj)
        update_mask(obj)
        assert not sources_changed(obj)


class TestForThePrediction:
    def test_what_is_not_black_may_move(self):
        obj = swaying(VOLUME)
        assert mask_condition(obj) is None
        values = right_half()
        values[:10] *= 0.3
        set_mask(obj, image=painted(values), feather=0.3)
        condition = mask_condition(obj)
        assert condition.dtype == np.uint8
        assert np.array_equal(condition, np.where(values > 0, 255, 0))

    def test_it_is_no_larger_than_a_model_can_use(self):
        obj = swaying(VOLUME)
        set_mask(obj, image=painted(right_half(1000, 1500)))
        assert max(mask_condition(obj).shape) <= 1024


class TestWhatFollows:
    def test_a_bake_takes_hold_of_what_can_move(self, scene, picture):
        pull(scene, picture)
        bake(scene, picture)
        before, plain = fingerprint(scene, picture), evaluated(picture, 15)
        set_mask(picture, image=painted(right_half()))
        assert fingerprint(scene, picture) != before
        bake(scene, picture)
        # It is pulled where it hardly moves now; what the rest does is another motion.
        moved = np.abs(evaluated(picture, 15) - rest(picture)).max(axis=1)
        assert moved[mask_weights(picture).ravel() == 0].max() < 1e-7
        assert np.abs(evaluated(picture, 15) - plain).max() > 1e-3

    def test_the_hand_finds_the_masked_motion(self):
        obj = swaying(VOLUME)
        free = body_of(obj)
        set_mask(obj, image=painted(right_half()))
        held = body_of(obj)
        assert isinstance(held.basis, ModalBasis)
        assert np.abs(held.basis.spot(0.2, 0.3).samples).max() == 0
        assert np.abs(free.basis.spot(0.2, 0.3).samples).max() > 0
        update_mask(obj)
        assert body_of(obj) is held

    @pytest.mark.parametrize("bands", [16, 9, 20])
    def test_another_motion_keeps_the_mask(self, bands):
        obj = swaying(VOLUME)
        set_mask(obj, image=painted(right_half()))
        replace_motion(obj, smooth_volume(bands=bands, seed=5))
        assert all(key.vertex_group == MASK_GROUP for key in band_keys(obj))
        assert len(band_keys(obj)) == 2 * bands
        pinned = where(obj) < 0.5
        assert np.abs(evaluated(obj, 9) - rest(obj))[pinned].max() < 1e-7
        assert np.abs(evaluated(obj, 9) - rest(obj))[~pinned].max() > 1e-4

    def test_another_motion_keeps_it_when_its_image_is_gone(self):
        obj = swaying(VOLUME)
        set_mask(obj, image=painted(right_half()))
        before = mask_weights(obj)
        bpy.data.images.remove(mask_image(obj))
        replace_motion(obj, smooth_volume(bands=20))
        assert np.array_equal(mask_weights(obj), before)
        assert all(key.vertex_group == MASK_GROUP for key in band_keys(obj))

    def test_removed_it_leaves_everything_as_it_was(self):
        obj = swaying(VOLUME)
        keys, before = set(obj.keys()), evaluated(obj, 9)
        image = painted(right_half())
        set_mask(obj, image=image)
        remove_mask(obj)
        assert set(obj.keys()) == keys
        assert not obj.vertex_groups
        assert np.array_equal(evaluated(obj, 9), before)
        assert image.name in bpy.data.images

    def test_it_plays_where_the_extension_is_missing(self, tmp_path):
        obj = swaying(VOLUME)
        set_mask(obj, image=painted(right_half()))
        obj["gid_mask"].use_fake_user = False
        blend, result = saved(tmp_path / "wiese.blend"), tmp_path / "vertices.npy"
        bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        subprocess.run(
            [sys.executable, "-I", "-c", PLAY_ELSEWHERE, str(blend), str(result)],
            check=True,
            cwd=tmp_path,
            env=bare,
            timeout=120,
        )
        for frame, vertices in zip((1, 9, 33.5, 4009), np.load(result), strict=True):
            assert np.abs(vertices - evaluated(obj, frame)).max() < 1e-7
        # The image came along, too.
        bpy.ops.wm.open_mainfile(filepath=str(blend))
        again = bpy.data.objects["meadow"]
        weights = mask_weights(again)
        update_mask(again)
        assert np.array_equal(mask_weights(again), weights)


class TestSentences:
    """Whatever is odd gets one sentence, and nothing has changed."""

    def test_a_deleted_mask_image(self):
        obj = swaying(VOLUME)
        image = painted(right_half())
        set_mask(obj, image=image)
        before = mask_weights(obj)
        bpy.data.images.remove(image)
        with pytest.raises(SceneError, match="mask image of “meadow” was deleted"):
            update_mask(obj)
        assert np.array_equal(mask_weights(obj), before)

    def test_a_mask_without_pixels(self, tmp_path):
        obj = swaying(VOLUME)
        set_mask(obj, image=painted(right_half()))
        before, told = mask_weights(obj), {name: obj[name] for name in obj.keys() if name.startswith("gid_mask")}
        lost = bpy.data.images.new("lost", 32, 32)
        lost.source, lost.filepath = "FILE", str(tmp_path / "lost.png")
        for wrong in (lost, bpy.data.images.new("tiny", 2, 2)):
            with pytest.raises(SceneError, match=f"“{wrong.name}”"):
                set_mask(obj, image=wrong)
            assert np.array_equal(mask_weights(obj), before)
            assert {name: obj[name] for name in obj.keys() if name.startswith("gid_mask")} == told

    def test_a_picture_without_alpha(self):
        obj = swaying(VOLUME)
        with pytest.raises(SceneError, match="no transparency"):
            set_mask(obj, alpha=True)
        assert not scene_masks.has_mask(obj)
        assert not any(name.startswith("gid_mask") for name in obj.keys())

    def test_a_vertex_group_that_is_not_there(self):
        obj = swaying(VOLUME)
        with pytest.raises(SceneError, match="no vertex group “mine”"):
            set_mask(obj, group="mine")
        with pytest.raises(SceneError, match="has no mask"):
            set_mask(obj)

    def test_a_mesh_that_is_no_picture(self):
        """Such as a tree that was moved through the camera: its vertices can be weighed, no picture laid over it."""
        obj = swaying(VOLUME)
        for name in ("gid_columns", "gid_rows", "gid_width"):
            del obj.data[name]
        with pytest.raises(SceneError, match="mesh of its own"):
            set_mask(obj, image=painted(right_half()))
        ramp = where_of(rest(obj))
        write_weights(obj, "mine", ramp)
        assert set_mask(obj, group="mine").free > 0.9
        assert np.abs(read_weights(obj, MASK_GROUP) - ramp).max() < 1e-6

    def test_a_picture_replaced_by_another(self):
        obj = swaying(VOLUME)
        set_mask(obj, image=painted(right_half()))
        before = mask_weights(obj)
        obj["gid_image"] = new_picture(40, 80, name="portrait")
        assert update_mask(obj).remarks[0].startswith("The mask is 96×64 pixels, the picture 40×80")
        assert np.array_equal(mask_weights(obj), before)

    def test_keys_with_groups_of_their_own(self):
        obj = swaying(VOLUME)
        set_mask(obj, image=painted(right_half()))
        band_keys(obj)[3].vertex_group = ""
        with pytest.raises(SceneError, match="different vertex groups"):
            mask_weights(obj)
        update_mask(obj)
        assert mask_weights(obj) is not None

    def test_a_linked_object_and_an_override(self, tmp_path):
        swaying(VOLUME)
        saved(tmp_path / "library.blend")
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
            wanted.objects = ["meadow"]
        linked = wanted.objects[0]
        bpy.context.scene.collection.objects.link(linked)
        with pytest.raises(SceneError, match="is linked from"):
            set_mask(linked, image=painted(right_half()))
        override = linked.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
        for change in (lambda: set_mask(override, image=painted(right_half())), lambda: remove_mask(override)):
            with pytest.raises(SceneError, match=r"linked from|library override"):
                change()

    def test_a_locked_vertex_group(self):
        obj = swaying(VOLUME)
        set_mask(obj, image=painted(right_half()))
        before, group = mask_weights(obj), obj.vertex_groups[MASK_GROUP]
        group.lock_weight = True
        other = painted(1 - right_half())
        for change in (lambda: set_mask(obj, image=other), lambda: update_mask(obj), lambda: remove_mask(obj)):
            with pytest.raises(SceneError, match="“Image Dynamics Mask” of “meadow” is locked"):
                change()
            assert np.array_equal(mask_weights(obj), before)
        # Another motion is no reason to touch them either, and they hold it back as they are.
        replace_motion(obj, smooth_volume(bands=3))
        assert np.array_equal(mask_weights(obj), before)
        assert group.lock_weight
        group.lock_weight = False
        set_mask(obj, image=other)
        assert not np.array_equal(mask_weights(obj), before)

    def test_a_mesh_whose_vertices_were_changed(self):
        obj = swaying(VOLUME)
        bpy.context.view_layer.objects.active = obj
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.mesh.subdivide()
        bpy.ops.object.mode_set(mode="OBJECT")
        with pytest.raises(SceneError, match="was changed"):
            set_mask(obj, image=painted(right_half()))


class TestWeights:
    @pytest.mark.parametrize("members", [0, 7, None])
    def test_weights_come_back_as_they_were_given(self, members):
        obj = swaying(VOLUME, SMALL)
        count = len(obj.data.vertices)
        values = np.random.default_rng(1).random(count).astype(np.float32)
        if members is not None:
            obj.vertex_groups.new(name="group").add(range(members), 0.25, "REPLACE")
            read = read_weights(obj, "group")
            assert (read[:members] == 0.25).all()
            assert (read[members:] == 0).all()
        write_weights(obj, "group", values)
        assert np.array_equal(read_weights(obj, "group"), values)

    def test_without_a_group_there_is_nothing_to_read(self):
        assert read_weights(swaying(VOLUME), "nothing") is None
