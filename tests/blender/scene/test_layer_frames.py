# SPDX-License-Identifier: GPL-3.0-or-later
"""What the worker gets of a layer, so that its frames give what the layer shows."""

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from gid_blender.scene import (
    PictureFile,
    Pixels,
    add_waiting_plane,
    layer_pixels,
    split_layers,
)
from gid_blender.scene.pixels import image_from_pixels
from tests.blender.scene.test_layers import H, W, grey


def soft_layer(pixels):
    """A layer of a picture that its mask lets through from nothing at the left to all of it at the right."""
    picture = PictureFile(image_from_pixels("picture", pixels), (W, H))
    collection = bpy.context.scene.collection
    obj = add_waiting_plane(picture, Matrix(), (1.5, 1), collection=collection, columns=9)
    mask = grey(np.broadcast_to(np.linspace(0, 1, W), (H, W)))
    [layer], _ = split_layers(bpy.context.scene, obj, [mask], spacing=0.001)
    return layer


def test_of_floats_the_light_of_what_is_cut_away_is_gone():
    light = np.random.default_rng(0).uniform(0, 4, (H, W, 3)).astype(np.float32)
    pixels = layer_pixels(soft_layer(Pixels(light, linear=True)))
    alpha = pixels.array[..., 3:]
    assert alpha[0, :, 0] == pytest.approx(np.linspace(0, 1, W), abs=1 / 255)
    assert pixels.array[..., :3] == pytest.approx(light * alpha, rel=1e-3)
