# SPDX-License-Identifier: GPL-3.0-or-later
import math

import numpy as np
import pytest

from gid_backend.evaluation.motion_metrics import leakage, rank_correlation, seam_ratio, spectral_slope, strength_map
from gid_blender.motion import SpectralVolume


def volume(bands: int = 16, slope: float = -1.0, seed: int = 0) -> SpectralVolume:
    rng = np.random.default_rng(seed)
    s = rng.normal(size=(bands, 2, 40, 64)) + 1j * rng.normal(size=(bands, 2, 40, 64))
    s[1:] *= 1e-3 * np.arange(1, bands)[:, None, None, None] ** slope
    s[0] = 0
    return SpectralVolume(s)


@pytest.mark.parametrize("slope", [-1.5, -1.0, -0.5])
def test_the_slope_of_a_known_spectrum(slope: float) -> None:
    # 2,560 places a band: the mean modulus is known to about one per cent.
    assert spectral_slope(volume(slope=slope)) == pytest.approx(slope, abs=0.02)


def test_ranks_do_not_care_for_scale_or_curve() -> None:
    x = np.random.default_rng(0).random((10, 10)).astype(np.float32)
    assert rank_correlation(x, np.exp(5 * x)) == pytest.approx(1.0)
    assert rank_correlation(x, -x) == pytest.approx(-1.0)
    assert rank_correlation(x, np.zeros_like(x)) == 0.0


def test_equal_values_share_a_rank() -> None:
    a = np.array([[0, 0, 0, 1]], np.float32)
    assert rank_correlation(a, a[:, ::1]) == pytest.approx(1.0)
    assert rank_correlation(a, np.array([[1, 2, 3, 4]], np.float32)) == pytest.approx(math.sqrt(0.6))


def test_leakage_is_motion_where_the_reference_is_still() -> None:
    reference = np.zeros((10, 10), np.float32)
    reference[:, 5:] = 1
    assert leakage(reference, reference) == 0
    assert leakage(np.ones_like(reference), reference) == pytest.approx(1)
    assert math.isnan(leakage(reference, np.ones_like(reference)))


def test_a_steady_swing_has_no_seam_and_a_late_snap_has_one() -> None:
    steady = np.zeros((2, 2, 4, 4), np.complex64)
    steady[1] = 1e-3
    steady[1, 1] = 1e-3j  # a circle: every step is as long as every other
    assert seam_ratio(SpectralVolume(steady)) == pytest.approx(1.0, abs=1e-4)
    path = np.arange(150) / 150.0  # a slow drift that snaps back at the wrap
    spectrum = 2 * np.fft.fft(path)[:16] / 150
    spectrum[0] /= 2
    snap = np.zeros((16, 2, 4, 4), np.complex64) + (1e-3 * spectrum)[:, None, None, None]
    assert seam_ratio(SpectralVolume(snap)) > 2


def test_strength_is_root_mean_square_over_the_period() -> None:
    v = volume()
    frames = np.stack([v.displacement(t) for t in range(v.frames)])
    direct = np.sqrt(np.square(frames).sum(axis=1).mean(axis=0))
    np.testing.assert_allclose(strength_map(v, 40, 64), direct, rtol=1e-4)
