# SPDX-License-Identifier: GPL-3.0-or-later
"""A sequence or a movie as mask: the frame at which the scene is, from then on."""

import bpy
import numpy as np
import pytest

from gid_blender.scene import SceneError
from gid_blender.scene.masks import mask_condition, mask_image, mask_weights, set_mask, update_mask
from tests.blender.scene.helpers import swaying
from tests.blender.scene.test_masks import VOLUME, painted, right_half
from tests.blender.scene.test_pixels import write_movie, write_png


@pytest.fixture
def sequence(tmp_path):
    """Three pictures, white from the left over one, two and three thirds."""
    for number in (1, 2, 3):
        pixels = np.zeros((64, 96, 3), np.uint8)
        pixels[:, : 32 * number] = 255
        write_png(tmp_path / f"m{number:03d}.png", pixels)
    image = bpy.data.images.load(str(tmp_path / "m001.png"))
    image.source = "SEQUENCE"
    return image


def test_a_sequence_at_the_frame_of_the_scene(sequence):
    obj = swaying(VOLUME)
    bpy.context.scene.frame_set(2)
    made = set_mask(obj, image=sequence)
    (remark,) = made.remarks
    assert "“m001.png” is a film" in remark
    assert "frame 2" in remark
    weights = mask_weights(obj)
    across = (np.arange(weights.shape[1]) / (weights.shape[1] - 1))[None, :].repeat(len(weights), axis=0)
    # The feather takes its room from the white side: some of it below 2/3.
    assert (weights[across < 0.5] > 0.9).all()
    assert (weights[across > 0.67] == 0).all()
    # Its own picture now, whatever the playhead does.
    assert mask_image(obj).name == "m001 2"
    assert mask_image(obj).packed_file
    bpy.context.scene.frame_set(3)
    assert update_mask(obj).remarks == ()
    assert np.array_equal(mask_weights(obj), weights)


def test_a_movie(tmp_path):
    movie = bpy.data.images.load(str(write_movie(tmp_path)))
    obj = swaying(VOLUME)
    bpy.context.scene.frame_set(400)
    made = set_mask(obj, image=movie)
    assert f"frame {movie.frame_duration}," in " ".join(made.remarks)
    assert mask_image(obj).source != "MOVIE"
    assert made.free == 1


def test_a_frame_that_is_not_there(sequence):
    obj = swaying(VOLUME)
    set_mask(obj, image=painted(right_half()))
    before, images = mask_weights(obj), set(bpy.data.images)
    bpy.context.scene.frame_set(9)
    with pytest.raises(SceneError, match=r"“m001\.png” has no frame 9"):
        set_mask(obj, image=sequence)
    assert np.array_equal(mask_weights(obj), before)
    assert mask_image(obj).name == "meadow Mask"
    bpy.context.scene.frame_set(1)
    with pytest.raises(SceneError, match="no vertex group"):
        set_mask(obj, image=sequence, group="none")
    assert set(bpy.data.images) == images


def test_what_the_model_is_told_is_the_same_frame(sequence):
    obj = swaying(VOLUME)
    bpy.context.scene.frame_set(1)
    set_mask(obj, image=sequence)
    told = mask_condition(obj)
    assert told[:, :30].all()
    assert not told[:, 34:].any()
