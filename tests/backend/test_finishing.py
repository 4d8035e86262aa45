# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from gid_backend.evaluation.seam import seam_ratio
from gid_backend.finishing import EXPECTED, MOVING, STILL, as_expected, settled, start_calm
from gid_blender.motion import SpectralVolume


@pytest.mark.parametrize("seed", range(5))
def test_a_loop_starts_at_its_calmest_moment(seed: int) -> None:
    rng = np.random.default_rng(seed)
    s = rng.normal(size=(16, 2, 6, 8)) + 1j * rng.normal(size=(16, 2, 6, 8))
    s *= 1e-3 / np.maximum(np.arange(16), 1)[:, None, None, None]
    volume = SpectralVolume(start_calm(s.astype(np.complex64), 150))
    frames = np.stack([volume.displacement(t) for t in range(151)])
    steps = np.sqrt(np.square(np.diff(frames, axis=0)).mean(axis=(1, 2, 3)))
    assert np.argmin(steps) == 149
    assert seam_ratio(volume) < 1
    np.testing.assert_allclose(np.abs(volume.spectrum[1:]), np.abs(s[1:]), rtol=1e-4)


def test_the_swing_is_drawn_halfway_towards_what_is_expected() -> None:
    drawn = np.zeros((3, 2, 40, 60), np.complex64)
    drawn[1, 0], drawn[2, 1] = 0.004j, 0.004
    expected = np.zeros_like(drawn)
    expected[1, 1, :, :30] = 0.004
    pulled = as_expected(drawn, expected)
    # Far from any edge: the geometric mean of both, with a little added to each; all bands alike, phases as they were.
    bottom = STILL / 3
    swings = 0.004, 0.004 / np.sqrt(2)
    assert abs(pulled[1, 0, 20, 10]) == pytest.approx(
        0.004 * ((swings[1] + bottom) / (swings[0] + bottom)) ** EXPECTED, rel=1e-4
    )
    assert abs(pulled[1, 0, 20, 55]) == pytest.approx(0.004 * (bottom / (swings[0] + bottom)) ** EXPECTED, rel=1e-4)
    assert np.allclose(pulled[1, 0] * 1, 1j * pulled[2, 1])


def test_what_hardly_moves_is_brought_to_rest_and_the_rest_is_left_alone() -> None:
    swing = np.linspace(0, 2 * MOVING, 200, dtype=np.float32)
    s = np.zeros((3, 2, 1, 200), np.complex64)
    s[1, 0] = s[2, 1] = swing  # two bands in quadrature: the root-mean-square swing is `swing` itself
    rested = np.abs(settled(s)[1, 0, 0])
    assert (rested[swing <= STILL] == 0).all()
    assert np.array_equal(rested[swing > MOVING * 1.001], swing[swing > MOVING * 1.001])
    assert (np.diff(rested) >= 0).all()
