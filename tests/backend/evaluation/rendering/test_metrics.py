# SPDX-License-Identifier: GPL-3.0-or-later
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.evaluation.rendering.metrics import FeatureDistance, psnr, squared_error, ssim

from ...clips import textured_picture, warped

EVERYWHERE = np.ones((96, 128), bool)


def formula_pictures() -> tuple[np.ndarray, np.ndarray]:
    """Two pictures that anybody can make anew to the last bit."""
    y, x, c = np.indices((64, 80, 3))
    a = (x * 3 + y * 5 + c * 40 + (x * y) % 17 * 4) % 256
    b = np.clip(a + ((x * 7 + y * 11 + c * 13) % 41) - 20, 0, 255)
    return a.astype(np.uint8), b.astype(np.uint8)


class TestPsnr:
    def test_known_values(self):
        a, b = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 16, np.uint8)
        assert squared_error(a, b).mean() == 256
        # 20 log10(255 / 16).
        assert psnr(256.0) == pytest.approx(24.0484, abs=1e-4)

    def test_equal_pictures_have_the_one_of_rounding(self):
        assert psnr(0.0) == pytest.approx(10 * math.log10(255**2 * 12))


class TestSsim:
    def test_value_of_another_implementation(self):
        """scikit-image 0.26: structural_similarity(a, b, channel_axis=2, data_range=255, gaussian_weights=True,
        sigma=1.5, use_sample_covariance=False), which leaves out five pixels at each border.
        """
        a, b = formula_pictures()
        # It sums up in another order.
        assert ssim(a, b)[5:-5, 5:-5].mean() == pytest.approx(0.9125257339, abs=1e-6)

    def test_without_texture_only_luminance_counts(self):
        a, b = np.full((20, 20, 3), 100, np.uint8), np.full((20, 20, 3), 150, np.uint8)
        c1 = (0.01 * 255) ** 2
        expected = (2 * 100 * 150 + c1) / (100**2 + 150**2 + c1)
        # Float32 at the end.
        np.testing.assert_allclose(ssim(a, b), expected, rtol=1e-6)

    @given(seed=st.integers(0, 100), noise=st.integers(1, 60))
    @settings(max_examples=15, deadline=None)
    def test_it_is_symmetric_and_highest_for_equal_pictures(self, seed, noise):
        a = textured_picture(32, 40, seed)
        rng = np.random.default_rng(seed)
        b = np.clip(a + rng.integers(-noise, noise + 1, a.shape), 0, 255).astype(np.uint8)
        np.testing.assert_allclose(ssim(a, a), 1, atol=1e-6)
        np.testing.assert_allclose(ssim(a, b), ssim(b, a), atol=1e-6)
        assert ssim(a, b).mean() < 1


class TestFeatureDistance:
    def test_zero_for_equal_pictures_and_larger_the_more_is_wrong(self, network):
        a = textured_picture(96, 128)
        pushed = [warped(a, np.full((2, 96, 128), d, np.float32)) for d in (0, 1, 4)]
        features = network.features(a)
        distances = [network.between(features, network.features(p), [EVERYWHERE])[0] for p in pushed]
        assert distances[0] == 0
        assert 0 < distances[1] < distances[2] < 4

    def test_it_is_told_where_a_picture_is_wrong(self, network):
        a, b = textured_picture(96, 256), textured_picture(96, 256)
        b[:, :64] = textured_picture(96, 64, 7)
        left = np.zeros((96, 256), bool)
        left[:, :64] = True
        far = np.zeros((96, 256), bool)
        far[:, 192:] = True
        nothing = np.zeros((96, 256), bool)
        wrong, right, none = network.between(network.features(a), network.features(b), [left, far, nothing])
        assert wrong > 5 * right
        assert math.isnan(none)

    def test_drift_does_not_ask_where_things_are(self, network):
        a = textured_picture(96, 128)
        mirrored = network.drift(network.features(a), network.features(np.ascontiguousarray(a[:, ::-1])))
        blurred = a // 8 * 2 + 90
        assert mirrored < network.drift(network.features(a), network.features(blurred))

    def test_vectors_have_length_one(self, network):
        for stage in network.features(textured_picture(64, 64)):
            np.testing.assert_allclose(stage.square().sum(dim=0), 1, atol=1e-5)


def test_distance_is_of_the_regions_size_not_of_their_place(network):
    """A region is weighed by what of each cell lies in it, so a picture without differences has none anywhere."""
    a = network.features(textured_picture(50, 70))
    regions = [np.random.default_rng(0).random((50, 70)) < share for share in (0.01, 0.5, 1.0)]
    assert FeatureDistance.between(a, a, regions) == [0.0, 0.0, 0.0]
