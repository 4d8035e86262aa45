# SPDX-License-Identifier: GPL-3.0-or-later
"""A displacement turned round, so that a picture can be looked up instead of being pushed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion.inverse import arriving


def waves(rng, height, width, slope):
    """(2, H, W) smooth displacement in fractions of the width, whose slope is that at most, and 0 at the border."""
    y, x = np.mgrid[0:height, 0:width] + 0.5
    border = np.sin(np.pi * x / width) ** 2 * np.sin(np.pi * y / height) ** 2
    found = np.stack(
        [np.sin(2 * np.pi * (a * x / width + b * y / height) + c) for a, b, c in rng.uniform(-2, 2, (2, 3))]
    )
    found *= border
    steepest = max(float(np.abs(np.gradient(found, axis=axis)).max()) for axis in (1, 2))
    return found * slope / steepest / width


def missed(displacement, back):
    """(2, H, W) cells between where content lands that `back` leads to and where it was looked up from."""
    height, width = displacement.shape[1:]
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    at = np.stack([np.clip(x - back[0] * width, 0, width - 1), np.clip(y - back[1] * width, 0, height - 1)])
    # Bilinear by hand, for Blender's Python has no scipy.
    left, top = np.minimum(at.astype(int), [[[width - 2]], [[height - 2]]])
    u, v = at - [left, top]
    there = sum(
        displacement[:, top + j, left + i] * (u if i else 1 - u) * (v if j else 1 - v) for i in (0, 1) for j in (0, 1)
    )
    return at + there * width - [x, y]


@given(st.integers(0, 10_000), st.floats(0, 0.3))
def test_what_arrives_is_what_left(seed, slope):
    """Content of x lands at x + D(x); there, d has to lead back to x."""
    height, width = 40, 60
    displacement = waves(np.random.default_rng(seed), height, width, slope)
    missing = np.abs(missed(displacement, arriving(displacement)))
    # A twentieth of a pixel is beyond seeing.
    assert missing.max() < 0.05


def test_a_shift_comes_from_the_other_side():
    displacement = np.zeros((2, 8, 10))
    displacement[0] = 0.2
    np.testing.assert_allclose(arriving(displacement), displacement.astype(np.float32))


def test_stillness_is_exact():
    displacement = np.zeros((2, 20, 20), np.float32)
    displacement[:, :6, :6] = 0.02
    assert not arriving(displacement)[:, 10:, 10:].any()


def test_what_moves_more_covers_what_moves_less():
    """A strip that goes 6 cells to the right over what stands still: all of it is seen there."""
    displacement = np.zeros((2, 20, 60), np.float32)
    displacement[0, :, 20:30] = 6 / 60
    back = arriving(displacement)[0, 10] * 60
    # Between the last cell that stands still and the first that moves, a straight line is in between.
    np.testing.assert_allclose(back[26:36], 6, atol=0.01)
    np.testing.assert_allclose(np.r_[back[:19], back[37:]], 0, atol=0.01)


@given(st.integers(0, 10_000), st.floats(0.3, 1.5))
def test_where_it_folds_what_is_seen_has_come_from_there(seed, slope):
    height, width = 40, 60
    displacement = waves(np.random.default_rng(seed), height, width, slope)
    missing = np.hypot(*missed(displacement, arriving(displacement)))
    # A few cells on the line of a fold belong to neither side.
    assert (missing > 0.5).mean() < 0.01


def test_a_single_row_or_column_of_motion_is_turned_round_too():
    displacement = np.zeros((2, 2, 30), np.float32)
    displacement[0] = 0.1
    np.testing.assert_allclose(arriving(displacement), displacement)
