# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np

from gid_backend.evaluation.frames import FrameFeatures, rendered, small, window_features
from gid_backend.evaluation.sheets import (
    MOST_BYTES,
    columns_of,
    phase_picture,
    row_of_most_motion,
    slice_of,
    strength_picture,
    write_sheet,
)
from gid_backend.images import read_image
from gid_backend.renderer import MotionRenderer
from gid_blender.motion import SpectralVolume

from ..clips import smooth_volume, textured_picture


class TestFeatures:
    def test_large_frames_are_shrunk_and_small_ones_left_alone(self):
        assert small(textured_picture(288, 512)).shape == (144, 256, 3)
        tiny = textured_picture(40, 60)
        assert small(tiny) is tiny

    def test_they_tell_pictures_apart_and_do_not_depend_on_the_batch(self):
        features = FrameFeatures()
        frames = [textured_picture(48, 64, seed) for seed in range(18)]
        found = features.of(frames)
        assert found.shape == (18, 320)
        np.testing.assert_allclose(features.of(frames[17:]), found[17:], atol=1e-4)
        assert np.linalg.norm(found[0] - found[1]) > 0.1

    def test_the_first_frame_of_a_motion_at_rest_is_the_picture(self):
        image, volume = textured_picture(48, 64), smooth_volume(12, 16, amplitude=0.02)
        rest = SpectralVolume(volume.spectrum - np.eye(16, 1)[:, :, None, None] * volume.displacement(0))
        first, later = rendered(image, rest, [0, 60], MotionRenderer.load("cpu"))
        assert np.abs(first.astype(int) - image).max() <= 1
        assert np.abs(later.astype(int) - image).mean() > 2

    def test_still_windows_change_nothing(self):
        moving = np.random.default_rng(0).random((2, 10, 7))
        found = window_features(moving, 5)
        assert found.shape == (10, 7)
        np.testing.assert_allclose(found[0], moving[0, :2].std(axis=0), rtol=1e-5)
        assert not window_features(np.ones((2, 10, 7)), 5).any()


class TestSheets:
    def test_strength_is_black_where_still_and_brighter_where_more_moves(self):
        picture = strength_picture(np.array([[0.0, 0.001, 0.004, 0.02]], np.float32)).astype(int).sum(axis=2)[0]
        assert picture[0] < 10
        assert (np.diff(picture) > 0).all()

    def test_hue_is_the_phase_and_brightness_the_amplitude(self):
        s = np.zeros((4, 2, 4, 6), np.complex64)
        s[1, 1] = 0.01 * np.exp(2j * np.pi * np.arange(6) / 6)
        s[1, 1, :2] = 0
        picture = phase_picture(SpectralVolume(s), 1)
        assert not picture[:2].any()
        assert len({tuple(pixel) for pixel in picture[2]}) == 6
        assert not phase_picture(SpectralVolume(s), 9).any()

    def test_a_slice_is_one_row_over_time(self):
        frames = [np.full((4, 6, 3), value, np.uint8) + np.arange(4, dtype=np.uint8)[:, None, None] for value in (0, 9)]
        assert slice_of(frames, 0.6)[:, 0, 0].tolist() == [2, 11]
        assert slice_of(frames, 1.0).shape == (2, 6, 3)

    def test_the_row_of_most_motion(self):
        s = np.zeros((3, 2, 10, 4), np.complex64)
        s[1, 0, 7] = 0.01
        assert row_of_most_motion(SpectralVolume(s)) == 0.75

    def test_a_sheet_of_noise_stays_below_its_size(self, tmp_path):
        image = np.random.default_rng(0).integers(0, 255, (96, 128, 3), np.uint8)
        line = columns_of(image, smooth_volume(12, 16, amplitude=0.02), MotionRenderer.load("cpu"))
        assert [picture.shape[2] for picture in line] == [3] * 5
        assert line[4].shape == (150, 128, 3)
        write_sheet(tmp_path / "new" / "sheet.jpg", [(f"line {i}", line) for i in range(8)])
        assert (tmp_path / "new" / "sheet.jpg").stat().st_size <= MOST_BYTES
        assert read_image(tmp_path / "new" / "sheet.jpg").shape[1] > 1000
