# SPDX-License-Identifier: GPL-3.0-or-later
"""The mask in red over its picture, while it is painted; what is cut away lets through what stands behind."""

import bpy
import numpy as np
import pytest

from gid_blender.scene import PlaneSettings, create_motion_object
from gid_blender.scene.mask_overlay import hide_overlay, is_overlaid, show_overlay
from tests.blender.scene.test_layers import H, W, cut_out, in_front, rendered
from tests.motion.volumes import smooth_volume


@pytest.fixture
def flower():
    """A cut-out on its plane, still, with a camera before it."""
    scene = bpy.context.scene
    obj = create_motion_object(scene, cut_out(), smooth_volume(), settings=PlaneSettings(columns=12))
    obj["gid_amplitude"] = 0.0
    in_front(scene)
    return obj


def mask_of(value):
    image = bpy.data.images.new("mask", 8, 8)
    image.colorspace_settings.name = "Non-Color"
    image.pixels.foreach_set(np.tile(np.array([value, value, value, 1], np.float32), 64))
    return image


# The picture is (0.9, 0.3, 0.2): white leaves it as it is, black covers it with red, which has less of its green.
@pytest.mark.parametrize(("value", "least", "most"), [(1.0, 0.28, 0.32), (0.0, 0.0, 0.25)])
def test_a_cut_out_is_seen_in_its_outline(flower, value, least, most):
    before = flower.material_slots[0].material
    show_overlay(flower, flower["gid_image"], mask_of(value))
    assert is_overlaid(flower)
    seen = rendered(bpy.context.scene)
    middle = seen[H // 2, W // 2]
    assert middle[3] == 1.0
    assert middle[0] > 0.8
    assert least <= middle[1] <= most
    assert seen[4, 4, 3] == 0.0, "what is cut away hides nothing"
    hide_overlay(flower)
    assert flower.material_slots[0].material == before
