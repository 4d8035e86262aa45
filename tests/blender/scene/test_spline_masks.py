# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's own masks hold back what they leave out, and are drawn as Blender draws them."""

import bpy
import numpy as np
import pytest

from gid_blender.scene import SceneError
from gid_blender.scene.masks import SPLINES, mask_condition, mask_weights, set_mask, sources_changed, update_mask
from gid_blender.scene.spline_masks import draw_mask
from tests.blender.scene.helpers import evaluated, rest, swaying
from tests.blender.scene.test_masks import painted, right_half
from tests.motion.volumes import smooth_volume

HEIGHT, WIDTH = 120, 200
BLENDS = [item.identifier for item in bpy.types.MaskLayer.bl_rna.properties["blend"].enum_items]
FALLOFFS = [item.identifier for item in bpy.types.MaskLayer.bl_rna.properties["falloff"].enum_items]


# 4.5 has one way of filling and no name for it.
SOLVERS = [
    i.identifier for p in bpy.types.MaskLayer.bl_rna.properties if p.identifier == "fill_solver" for i in p.enum_items
] or [""]


def drawn(name="sky"):
    return bpy.data.masks.new(name)


def layer(mask, **settings):
    made = mask.layers.new()
    made.alpha = 1.0
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def circle(layer, x, y, radius, *, feather=0.0, opposite=False, **settings):
    """Four points, clockwise, so that a feather reaches outwards, or the other way; in the mask's coordinates."""
    spline = layer.splines.new()
    spline.points.add(3)
    spline.use_cyclic = True
    handle = 4 / 3 * np.tan(np.pi / 8) * radius
    for point, angle in zip(spline.points, (1 if opposite else -1) * np.pi / 2 * np.arange(4), strict=True):
        along = (-1 if opposite else 1) * np.array([np.sin(angle), -np.cos(angle)])
        place = np.array([x, y]) + radius * np.array([np.cos(angle), np.sin(angle)])
        point.handle_type = "FREE"
        point.co, point.handle_left, point.handle_right = place, place - handle * along, place + handle * along
        point.weight = feather
    for name, value in settings.items():
        setattr(spline, name, value)
    return spline


def blenders(mask, folder, height=HEIGHT, width=WIDTH):
    """(height, width) as a strip of the video editor shows the mask, which Blender's own rasteriser draws."""
    scene = bpy.data.scenes.new("strip")
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strips.new_mask("mask", mask, 1, 1)
    scene.frame_set(1)
    scene.view_settings.view_transform = "Standard"
    settings = scene.render.image_settings
    settings.file_format, settings.color_mode = "PNG", "BW"
    scene.render.filepath = str(folder / "mask.png")
    bpy.ops.render.render("EXEC_DEFAULT", write_still=True, scene=scene.name)
    image = bpy.data.images.load(scene.render.filepath)
    values = np.array(image.pixels[:]).reshape(height, width, -1)[::-1, :, 0]
    bpy.data.images.remove(image)
    bpy.data.scenes.remove(scene)
    return values


def same(mask, folder, height=HEIGHT, width=WIDTH):
    """Whether both draw it alike, but for the two pixels over which Blender smooths each edge outwards."""
    ours, theirs = draw_mask(mask, height, width), blenders(mask, folder, height, width)
    assert theirs.min() < 0.25 < theirs.max()
    around = np.lib.stride_tricks.sliding_window_view(np.pad(ours, 2, mode="edge"), (5, 5))
    # Of 8 bits, and of straight pieces whose number Blender chooses otherwise.
    between = (theirs > around.min(axis=(2, 3)) - 0.03) & (theirs < around.max(axis=(2, 3)) + 0.03)
    # All edges here are together below 450 pixels long, of 24,000. Blender 4.5 leaves one corner of an inverted layer
    # black.
    return (~between).sum() <= 1 and (np.abs(ours - theirs) > 0.03).mean() < 450 / 24000


class TestAsBlenderDrawsThem:
    @pytest.mark.parametrize(("height", "width"), [(120, 200), (200, 120), (150, 150)])
    def test_a_circle_in_a_picture_of_any_shape(self, tmp_path, height, width):
        mask = drawn()
        circle(layer(mask), 0.5, 0.55, 0.2)
        assert same(mask, tmp_path, height, width)
        area = draw_mask(mask, height, width).sum() / max(height, width) ** 2
        # Four Bézier segments are within 0.03 % of a circle; pixels that lie half in and half out decide the rest.
        assert area == pytest.approx(np.pi * 0.2**2, rel=0.005)

    def test_it_stands_where_it_was_drawn(self):
        mask = drawn()
        circle(layer(mask), 0.75, 0.6, 0.05)
        rows, columns = np.nonzero(draw_mask(mask, HEIGHT, WIDTH))
        # The square of the mask has the picture's longer side and its middle: 0.1 of 200 pixels above the 60th row.
        assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx((40, 150), abs=0.1)

    @pytest.mark.parametrize("falloff", FALLOFFS)
    def test_a_feather_of_any_falloff(self, tmp_path, falloff):
        mask = drawn()
        circle(layer(mask, falloff=falloff), 0.5, 0.5, 0.15, feather=0.1)
        assert same(mask, tmp_path)

    @pytest.mark.parametrize("blend", BLENDS)
    def test_two_layers_mixed_in_any_way(self, tmp_path, blend):
        mask = drawn()
        circle(layer(mask, alpha=0.8), 0.4, 0.5, 0.15, feather=0.05)
        circle(layer(mask, blend=blend, alpha=0.6), 0.55, 0.5, 0.15, feather=0.05)
        assert same(mask, tmp_path)

    def test_an_inverted_layer(self, tmp_path):
        mask = drawn()
        circle(layer(mask, invert=True), 0.5, 0.5, 0.2)
        assert same(mask, tmp_path)
        assert draw_mask(mask, HEIGHT, WIDTH)[60, 100] == 0

    @pytest.mark.parametrize("holes", [True, False])
    @pytest.mark.parametrize("overlap", [True, False])
    @pytest.mark.parametrize("opposite", [True, False])
    @pytest.mark.parametrize("solver", SOLVERS)
    def test_curves_within_and_across_each_other_in_one_layer(self, tmp_path, holes, overlap, opposite, solver):
        mask = drawn()
        settings = {"fill_solver": solver} if solver else {}
        one = layer(mask, use_fill_holes=holes, use_fill_overlap=overlap, **settings)
        circle(one, 0.2, 0.5, 0.12)
        circle(one, 0.2, 0.5, 0.05, opposite=opposite)
        circle(one, 0.6, 0.5, 0.08)
        circle(one, 0.7, 0.5, 0.08, opposite=opposite)
        assert same(mask, tmp_path)
        hole = holes and (opposite or solver != "CDT")
        assert draw_mask(mask, HEIGHT, WIDTH)[60, [40, 20, 110]].tolist() == [not hole, 1, 1]

    @pytest.mark.parametrize("settings", [{"use_cyclic": False}, {"use_fill": False}])
    def test_an_open_curve_and_one_without_filling(self, tmp_path, settings):
        mask = drawn()
        circle(layer(mask), 0.5, 0.5, 0.15, feather=0.05, **settings)
        assert same(mask, tmp_path)

    def test_the_feathers_own_points(self, tmp_path):
        mask = drawn()
        spline = circle(layer(mask), 0.5, 0.5, 0.15, feather=0.05)
        for point in spline.points[1:3]:
            point.weight = 0.12
        assert same(mask, tmp_path)

    def test_a_layer_that_is_not_rendered_does_not_count(self, tmp_path):
        mask = drawn()
        circle(layer(mask), 0.4, 0.5, 0.15)
        circle(layer(mask, hide_render=True), 0.7, 0.5, 0.15)
        assert same(mask, tmp_path)

    def test_it_may_reach_beyond_the_picture(self, tmp_path):
        mask = drawn()
        circle(layer(mask), 0.0, 0.5, 0.3, feather=0.05)
        assert same(mask, tmp_path)


class TestAsASource:
    def test_what_the_curves_enclose_moves_and_all_else_is_pinned(self):
        obj = swaying(smooth_volume())
        mask = drawn()
        circle(layer(mask), 0.5, 0.5, 0.25)
        set_mask(obj, splines=mask)
        weights = mask_weights(obj).ravel()
        # Picture widths from the middle; the mask's unit is the width too, since the picture is wider than high.
        away = np.linalg.norm(rest(obj)[:, :2], axis=1) / obj.data["gid_width"]
        assert (weights[away > 0.25] == 0).all()
        assert weights[away < 0.05].min() == 1
        moved = np.abs(evaluated(obj, 9) - rest(obj)).max(axis=1)
        assert moved[weights == 0].max() < 1e-7 < moved[weights > 0].max()
        assert mask_condition(obj)[32, 48] == 255
        assert mask_condition(obj)[0, 0] == 0

    def test_inverted_it_is_the_other_way_round(self):
        obj = swaying(smooth_volume())
        mask = drawn()
        circle(layer(mask), 0.5, 0.5, 0.2)
        set_mask(obj, splines=mask, invert=True)
        weights = mask_weights(obj)
        assert weights[weights.shape[0] // 2, weights.shape[1] // 2] == 0
        assert weights[0, 0] == 1

    def test_together_with_an_image(self):
        obj = swaying(smooth_volume())
        mask = drawn()
        circle(layer(mask), 0.5, 0.5, 0.25)
        set_mask(obj, splines=mask, image=painted(right_half()))
        weights = mask_weights(obj).ravel()
        assert (weights[rest(obj)[:, 0] < 0] == 0).all()
        assert weights.max() > 0.5

    def test_what_was_drawn_anew_counts_with_the_next_update(self):
        obj = swaying(smooth_volume())
        mask = drawn()
        circle(layer(mask), 0.3, 0.5, 0.15)
        set_mask(obj, splines=mask)
        before = mask_weights(obj)
        circle(mask.layers[0], 0.7, 0.5, 0.15)
        update_mask(obj)
        assert mask_weights(obj).sum() == pytest.approx(2 * before.sum(), rel=0.3)

    def test_another_mask_is_noticed(self):
        obj = swaying(smooth_volume())
        mask, other = drawn(), drawn()
        circle(layer(mask), 0.3, 0.5, 0.15)
        set_mask(obj, splines=mask)
        assert not sources_changed(obj)
        obj[SPLINES] = other
        assert sources_changed(obj)

    def test_a_deleted_one_and_an_empty_one_are_a_sentence_and_change_nothing(self):
        obj = swaying(smooth_volume())
        mask = drawn()
        circle(layer(mask), 0.3, 0.5, 0.15)
        set_mask(obj, splines=mask)
        before = mask_weights(obj)
        with pytest.raises(SceneError, match="nothing in the mask “empty” that could be drawn"):
            set_mask(obj, splines=drawn("empty"))
        assert obj[SPLINES] == mask
        bpy.data.masks.remove(mask)
        with pytest.raises(SceneError, match="was deleted; what was pinned stays so"):
            update_mask(obj)
        assert np.array_equal(mask_weights(obj), before)
