# SPDX-License-Identifier: GPL-3.0-or-later
import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.evaluation.rendering.baselines import BICUBIC
from gid_backend.evaluation.rendering.candidates import NETWORK, Candidate
from gid_backend.evaluation.rendering.sheets import CROP, ENLARGED, Still, _write, most_telling_place

from ...clips import smooth_volume, textured_picture


@given(row=st.integers(0, 80), column=st.integers(0, 150))
@settings(max_examples=20, deadline=None)
def test_the_crop_holds_the_edge_of_what_moves(row, column):
    strength = np.zeros((160, 240), np.float32)
    strength[row : row + 30, column : column + 30] = 5
    top, left = most_telling_place(strength)
    assert 0 <= top <= 160 - CROP
    assert 0 <= left <= 240 - CROP
    # All of it fits into the crop, so all of it is in there.
    assert top <= row <= top + CROP - 30
    assert left <= column <= left + CROP - 30


def test_a_still_is_shown_when_its_crop_is_farthest_from_rest():
    still = Still("rose", textured_picture(96, 144), smooth_volume(24, 36, amplitude=0.02))
    top, left = still.place
    middle = (slice(None), top + CROP // 2, left + CROP // 2)
    far = [np.hypot(*still.flow(time)[middle]) for time in range(0, 150, 3)]
    # The middle is looked up in the volume's own cells, 4 pixels wide, not between them.
    assert np.hypot(*still.flow(still.peak)[middle]) > 0.9 * max(far)
    # It swings about the mean: nothing of S_0 is left.
    np.testing.assert_allclose(np.mean([still.flow(t) for t in range(150)], axis=0), 0, atol=1e-3)


def test_strength_is_in_pixels_of_the_picture():
    still = Still("rose", textured_picture(96, 144), smooth_volume(24, 36, amplitude=0.02))
    # 2 % of 144; the cubic interpolation overshoots a little.
    assert abs(still.strength.max() - 0.02 * 144) < 0.05


def test_ours_gets_the_volume_and_the_baselines_what_is_interpolated_from_it():
    still = Still("rose", textured_picture(96, 144), smooth_volume(24, 36, amplitude=0.02))
    seen = {}

    def watched(name):
        def way(source, flow, strength):
            seen[name] = flow, strength
            return source

        return Candidate(name, name, way)

    for name in (NETWORK, BICUBIC):
        still.frame(watched(name), 30.0, 2.0)
    coarse, fine = seen[NETWORK], seen[BICUBIC]
    assert coarse[0].shape == (2, 24, 36)
    assert fine[0].shape == (2, 96, 144)
    assert fine[1].shape == (96, 144)
    # Twice the motion, in pixels of the picture for both; four by four pixels are a cell.
    moved = still.volume.displacement(30.0) - still.volume.spectrum[0].real
    np.testing.assert_allclose(coarse[0], 2 * 144 * moved, rtol=1e-5, atol=1e-5)
    cells = fine[0].reshape(2, 24, 4, 36, 4).mean(axis=(2, 4))
    # The interpolation is smooth, so its means differ by what bends within a cell.
    np.testing.assert_allclose(cells[:, 2:-2, 2:-2], coarse[0][:, 2:-2, 2:-2], atol=0.05)


def test_sheets_stay_small(tmp_path):
    rng = np.random.default_rng(0)
    side = CROP * ENLARGED
    noise = [(name, rng.integers(0, 256, (side, side, 3), np.uint8)) for name in ("rest", "ours")]
    _write(tmp_path / "sheet.jpg", [("rose", noise)] * 8)
    assert (tmp_path / "sheet.jpg").stat().st_size < 500_000
    sheet = cv2.imread(str(tmp_path / "sheet.jpg"))
    assert sheet.shape[0] > 8 * side
    assert sheet.shape[1] > 2 * side
