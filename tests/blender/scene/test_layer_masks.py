# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks that share a picture: together they are the picture, whatever their edges are like."""

import bpy
import numpy as np
import pytest

from gid_blender.scene import Pixels, add_background, hidden_region, split_layers, stack_of
from tests.blender.scene.helpers import swaying
from tests.blender.scene.test_layers import H, W, band, grey, in_front, rendered


class TestSharedEdges:
    @pytest.mark.parametrize("feather", [1.5, 12])
    @pytest.mark.parametrize("filled", [False, True])
    def test_three_layers_that_share_soft_edges_are_the_same_still_picture(self, feather, filled):
        """Antialiased or feathered: where edges meet, nothing of what is behind shines through."""
        scene = bpy.context.scene
        obj = swaying()
        obj["gid_amplitude"] = 0.0
        in_front(scene)
        flat = rendered(scene)
        v, u = np.mgrid[0:H, 0:W] + 0.5
        disc = np.clip((22 - np.hypot(u - 55, v - 30)) / feather + 0.5, 0, 1)
        left = (1 - disc) * np.clip((50 - u) / feather + 0.5, 0, 1)
        masks = [grey(disc, "disc"), grey(left, "left"), grey(1 - disc - left, "right")]
        layers, _ = split_layers(scene, obj, masks)
        if filled:
            stack = stack_of(layers[0])
            behind = np.full((H, W, 3), (255, 0, 255), np.uint8)
            add_background(scene, stack, Pixels(behind, linear=False), hidden_region(stack))
        split = rendered(scene)
        assert np.abs(split - flat).max() < 2.5 / 255

    def test_what_lies_behind_a_soft_edge_is_whole_and_soft_where_it_is_free(self):
        """A layer that has moved away uncovers the one behind it, not a fringe of what is behind that."""
        scene = bpy.context.scene
        obj = swaying()
        obj["gid_amplitude"] = 0.0
        in_front(scene)
        u = np.arange(W) + 0.5
        ramp = np.clip((u - 30) / 16 + 0.5, 0, 1)
        # The rear ends softly at both sides: beneath the front, and where nothing is in front.
        rear = ramp * np.clip((80 - u) / 8 + 0.5, 0, 1)
        masks = [grey(np.broadcast_to(values, (H, W)), name) for values, name in ((1 - ramp, "a"), (rear, "b"))]
        layers, _ = split_layers(scene, obj, masks)
        layers[1].hide_render = True
        alpha = rendered(scene)[H // 2, :, 3]
        assert alpha[:19].max() == 0
        # The overlap of two pixels too.
        assert alpha[21:74].min() == 1
        assert alpha[76:] == pytest.approx(rear[76:], abs=2 / 255)

    def test_a_gap_between_layers_stays_one(self):
        scene = bpy.context.scene
        obj = swaying()
        in_front(scene)
        obj["gid_amplitude"] = 0.0
        split_layers(scene, obj, [band(0, 0.4, "a"), band(0.6, 1, "b")], overlap=16)
        alpha = rendered(scene)[H // 2, :, 3]
        assert alpha[39:57].max() == 0
        assert min(alpha[:38].min(), alpha[58:].min()) == 1

    def test_what_is_painted_behind_a_layer_stays_as_soft_as_it_is_painted(self):
        scene = bpy.context.scene
        obj = swaying()
        obj["gid_amplitude"] = 0.0
        in_front(scene)
        ramp = np.clip((np.arange(W) - 30) / 24, 0, 1)
        rear = grey(np.broadcast_to(ramp, (H, W)), "rear")
        layers, _ = split_layers(scene, obj, [band(0.2, 0.7, "front"), rear], overlap=0)
        layers[1].hide_render = True
        assert rendered(scene)[H // 2, :, 3] == pytest.approx(ramp, abs=2 / 255)
