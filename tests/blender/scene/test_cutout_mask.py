# SPDX-License-Identifier: GPL-3.0-or-later
"""What is cut out by a picture's own mask is what the mask lets move, whatever it is made of."""

import bpy
import numpy as np
import pytest

from gid_blender.scene import SceneError, layer_pixels, motion_image, split_layers
from gid_blender.scene.cutout_mask import cutout_mask
from gid_blender.scene.masks import set_mask
from tests.blender.scene.helpers import swaying

LEFT, RIGHT = np.s_[:, :40], np.s_[:, 56:]


@pytest.fixture
def picture():
    return swaying()


def left_half(name="left", size=(32, 16)):
    """White on its left, black on its right."""
    image = bpy.data.images.new(name, *size, is_data=True)
    row = np.repeat([1.0, 0.0], size[0] // 2)
    rgba = np.dstack([*[np.tile(row, (size[1], 1))] * 3, np.ones(size[::-1])])
    image.pixels.foreach_set(rgba.ravel().astype(np.float32))
    return image


def cut(picture):
    """(H, W) alpha of the layer that comes of it, 0..255, and its name."""
    with cutout_mask(picture) as mask:
        (layer,), _ = split_layers(bpy.context.scene, picture, [mask], kind="MASKS", overlap=0)
    return layer_pixels(layer).array[..., 3], layer.name


@pytest.mark.parametrize("invert", [False, True])
def test_an_inverted_mask_cuts_out_the_side_that_moves(picture, invert):
    images = len(bpy.data.images)
    set_mask(picture, image=left_half(), invert=invert)
    alpha, name = cut(picture)
    moves, pinned = (RIGHT, LEFT) if invert else (LEFT, RIGHT)
    assert alpha[moves].min() == 255
    assert alpha[pinned].max() == 0
    assert name == "left"
    # The mask and what the layer keeps of it, and nothing in between.
    assert len(bpy.data.images) == images + 2


def test_a_vertex_group_and_an_image_cut_out_what_both_let_move(picture):
    group = picture.vertex_groups.new(name="upper")
    group.add([v.index for v in picture.data.vertices if v.co.y > 0], 1.0, "REPLACE")
    set_mask(picture, group="upper")
    alpha, _ = cut(picture)
    width, height = motion_image(picture).size
    assert alpha.shape == (height, width)
    assert (alpha[: height // 2 - 8].min(), alpha[height // 2 + 8 :].max()) == (255, 0)
    set_mask(picture, group="upper", image=left_half())
    alpha, _ = cut(picture)
    assert alpha[: height // 2 - 8, :40].min() == 255
    assert (alpha[:, 56:].max(), alpha[height // 2 + 8 :].max()) == (0, 0)


def test_without_a_mask_there_is_a_sentence(picture):
    with pytest.raises(SceneError, match="has no mask image"), cutout_mask(picture):
        pass
