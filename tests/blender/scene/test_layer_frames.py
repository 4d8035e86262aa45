# SPDX-License-Identifier: GPL-3.0-or-later
"""What the worker gets of a layer, so that its frames give what the layer shows."""

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from gid_blender.scene import (
    PictureFile,
    Pixels,
    add_background,
    add_waiting_plane,
    hidden_region,
    layer_pixels,
    split_layers,
    stack_of,
)
from gid_blender.scene.pixels import image_from_pixels
from tests.blender.scene.test_layers import H, W, grey


def soft_layer(pixels, space=None):
    """A layer of a picture that its mask lets through from nothing at the left to all of it at the right."""
    image = image_from_pixels("picture", pixels)
    if space is not None:
        # The pixels are packed: they stay as they are.
        image.colorspace_settings.name = space
    picture = PictureFile(image, (W, H))
    collection = bpy.context.scene.collection
    obj = add_waiting_plane(picture, Matrix(), (1.5, 1), collection=collection, columns=9)
    mask = grey(np.broadcast_to(np.clip(np.linspace(-0.5, 1.5, W), 0, 1), (H, W)))
    [layer], _ = split_layers(bpy.context.scene, obj, [mask], spacing=0.001)
    return layer


def test_of_floats_the_light_of_what_is_cut_away_is_gone():
    light = np.random.default_rng(0).uniform(0, 4, (H, W, 3)).astype(np.float32)
    pixels = layer_pixels(soft_layer(Pixels(light, linear=True)))
    alpha = pixels.array[..., 3:]
    assert alpha[0, :, 0] == pytest.approx(np.clip(np.linspace(-0.5, 1.5, W), 0, 1), abs=1 / 255)
    assert pixels.array[..., :3] == pytest.approx(light * alpha, rel=1e-3)


@pytest.mark.parametrize("space", ["sRGB", "Linear Rec.709", "Non-Color", "float", "float with alpha"])
def test_a_soft_edge_has_no_fringe_of_the_background_that_is_known(space):
    """A dark front that mixes with white along its edge, in light, as a camera has it."""
    front, back = np.float32([0.3, 0.1, 0.2]), np.float32([1, 0.9, 0.8])
    mask = np.clip(np.linspace(-0.5, 1.5, W), 0, 1)
    share = (np.broadcast_to(mask, (H, W)) * 255).astype(np.uint8)[..., None] / np.float32(255)

    def stored(light):
        light = np.broadcast_to(light, (H, W, 3)).astype(np.float32)
        if "float" in space:
            # Half of it is there.
            light = np.concatenate([light, np.ones_like(light[..., :1])], axis=2) / 2 if "alpha" in space else light
            return Pixels(light, linear=True)
        if space == "sRGB":
            light = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        return Pixels(np.rint(light * 255).astype(np.uint8), linear=False)

    before = stored(share * front + (1 - share) * back)
    layer = soft_layer(before, None if "float" in space else space)
    plain = layer_pixels(layer)
    stack = stack_of(layer)
    add_background(bpy.context.scene, stack, stored(back), hidden_region(stack))
    found = layer_pixels(layer)
    assert found.array.dtype == before.array.dtype
    assert (found.array[..., 3] == plain.array[..., 3]).all()
    whole, seen = share[..., 0] == 1, share[..., 0] > 0.2
    assert (found.array[whole] == plain.array[whole]).all()
    peak = 255 if found.array.dtype == np.uint8 else 1
    wanted = stored(front).straight[seen][:, :3] / np.float32(peak)
    # Roundings of white to 8 bits, five times as large in the front and steeper in the dark where they are sRGB.
    near = 0.05 if space == "sRGB" else 0.02
    assert found.straight[seen][:, :3] / np.float32(peak) == pytest.approx(wanted, abs=near)
    assert np.abs(plain.straight[seen][:, :3] / np.float32(peak) - wanted).max() > 0.3
