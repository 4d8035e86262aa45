# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from gid_backend.evaluation.rendering.baselines import BASELINES
from gid_backend.evaluation.rendering.mesh import mesh_warp

from ...clips import textured_picture
from .scenes import sprite_pair

MOVES = [name for name in BASELINES if name != "identity"]


def still(rows=40, columns=60):
    return np.zeros((2, rows, columns), np.float32), np.zeros((rows, columns), np.float32)


@pytest.mark.parametrize("name", BASELINES)
def test_no_motion_gives_the_picture_back(name):
    picture = textured_picture(40, 60)
    frame = BASELINES[name](picture, *still())
    assert frame.dtype == np.uint8
    # A cubic filter at whole places and a division by the same weight leave at most rounding.
    assert np.abs(frame.astype(int) - picture).max() <= (0 if "splat" not in name else 1)


@pytest.mark.parametrize("name", MOVES)
def test_a_whole_pixel_shift_of_everything_shifts_the_picture(name):
    picture = textured_picture(48, 64)
    flow = np.stack([np.full((48, 64), 3), np.full((48, 64), -2)]).astype(np.float32)
    frame = BASELINES[name](picture, flow, np.ones((48, 64), np.float32))
    expected = np.roll(picture, (-2, 3), (0, 1))[:-2, 3:]
    assert np.abs(frame[:-2, 3:].astype(int) - expected).max() <= 1


def test_remap_takes_the_motion_of_the_wrong_pixel_at_an_edge():
    """Why it is a short cut: in front of the disc, the motion is that of the wall, and nothing arrives."""
    pair = sprite_pair(8)
    frame = BASELINES["bicubic remap"](pair.source, pair.flow, pair.strength)
    arrived = (np.hypot(*(np.indices(pair.strength.shape) - np.array([48, 64]).reshape(2, 1, 1))) < 20) & (
        pair.strength == 0
    )
    assert arrived.any()
    np.testing.assert_array_equal(frame[arrived], pair.source[arrived])
    assert (frame[arrived] != pair.target[arrived]).mean() > 0.9


def test_a_softmax_splat_puts_what_moves_in_front():
    pair = sprite_pair(8)
    frames = {name: BASELINES[name](pair.source, pair.flow, pair.strength).astype(int) for name in MOVES}
    # Where the disc has come to lie over the wall, away from its own outline.
    inside = np.hypot(*(np.indices(pair.strength.shape) - np.array([48, 64]).reshape(2, 1, 1))) < 18
    inside &= pair.strength == 0
    errors = {name: np.abs(frame - pair.target)[inside].mean() for name, frame in frames.items()}
    # The weight of the wall is exp(-6 · strength / rms), some 10⁻⁷ here: less than rounding.
    assert errors["softmax splat"] < 0.1
    assert errors["average splat"] > 5
    # The wall does not move, so that its linear weight is next to nothing as well.
    assert errors["softmax splat"] <= errors["linear splat"] < errors["average splat"]


def test_holes_of_splats_show_the_rest_picture():
    pair = sprite_pair(8)
    for name in ("average splat", "linear splat", "softmax splat"):
        frame = BASELINES[name](pair.source, pair.flow, pair.strength)
        np.testing.assert_array_equal(frame[pair.uncovered], pair.source[pair.uncovered])


class TestMesh:
    def test_it_covers_the_picture_without_seams(self):
        """A smooth motion that keeps the border: every place has its content from near where it must be."""
        rows, columns = 80, 96
        y, x = np.indices((rows, columns), np.float32)
        bump = np.sin(np.pi * y / (rows - 1)) * np.sin(np.pi * x / (columns - 1))
        flow = np.stack([4 * bump, -3 * bump]).astype(np.float32)
        ramp = np.stack([x, y, 0 * x], axis=-1)
        picture = np.round(ramp * 2).astype(np.uint8)
        frame = mesh_warp(picture, flow, np.abs(bump).astype(np.float32)).astype(float) / 2
        # Each place shows the coordinates it came from; moving those on by the flow leads back to it.
        came = np.round(frame).astype(int)
        back = np.stack(
            [frame[..., 0] + flow[0][came[..., 1], came[..., 0]], frame[..., 1] + flow[1][came[..., 1], came[..., 0]]]
        )
        # Half a level of rounding, and linear instead of smooth within a cell of 8 pixels: 8²/8 · 4 (π/80)² = 0.05.
        assert np.abs(back - np.stack([x, y])).max() < 0.75

    def test_what_moves_more_lies_in_front_where_it_folds(self):
        rows, columns = 40, 80
        picture = np.zeros((rows, columns, 3), np.uint8)
        picture[:, 32:48] = 255
        flow = np.zeros((2, rows, columns), np.float32)
        flow[0, :, 32:48] = 24
        strength = (flow[0] > 0).astype(np.float32)
        front = mesh_warp(picture, flow, strength)
        behind = mesh_warp(picture, flow, -strength)
        # Where the white band has come to, away from the cells at its edges.
        assert (front[:, 60:66] > 250).all()
        assert (behind[:, 60:66] < 5).all()

    def test_a_border_that_is_pulled_inwards_leaves_the_rest_picture(self):
        picture = textured_picture(40, 60)
        flow = np.zeros((2, 40, 60), np.float32)
        flow[0] = np.linspace(10, 0, 60)
        frame = mesh_warp(picture, flow, flow[0])
        np.testing.assert_array_equal(frame[:, :9], picture[:, :9])
