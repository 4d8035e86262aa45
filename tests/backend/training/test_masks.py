# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np

from gid_backend.training.masks import MOVING, random_masks

COUNT = 400


def drawn(swing: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    swings = np.zeros((COUNT, 12, 20))
    swings[:, 4:8, 5:12] = swing
    masks, pins = random_masks(swings, np.random.default_rng(3))
    return swings, masks, pins


def test_masks_are_black_and_white_and_about_half_of_them_are_white_all_over() -> None:
    _, masks, _ = drawn()
    assert masks.shape == (COUNT, 1, 12, 20)
    assert set(np.unique(masks)) == {0.0, 1.0}
    # Three standard deviations of 400 draws are 7.5 %; some shapes are white all over too.
    assert 0.4 < masks.all(axis=(1, 2, 3)).mean() < 0.65


def test_a_mask_around_what_moves_holds_all_that_moves_and_takes_nothing_away() -> None:
    swings, masks, pins = drawn(10 * MOVING)
    moving = swings > MOVING
    assert (masks[~pins, 0][moving[~pins]] == 1).all()
    around = [m for m, p in zip(masks, pins, strict=True) if not p and not m.all()]
    assert len(around) > COUNT // 8


def test_some_masks_pin_what_moves() -> None:
    swings, masks, pins = drawn(10 * MOVING)
    pinned = [(m[0] == 0) & (s > MOVING) for m, s, p in zip(masks, swings, pins, strict=True) if p]
    assert np.mean([p.any() for p in pinned]) > 0.3


def test_the_same_generator_draws_the_same_masks() -> None:
    first, second = drawn()[1], drawn()[1]
    assert np.array_equal(first, second)
