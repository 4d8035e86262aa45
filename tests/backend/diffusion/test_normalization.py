# SPDX-License-Identifier: GPL-3.0-or-later
import torch

from gid_backend.diffusion.normalization import BandNormalizer, from_channels, to_channels


def test_channels_are_real_x_imaginary_x_real_y_imaginary_y() -> None:
    spectrum = torch.zeros(3, 2, 5, 7, dtype=torch.complex64)
    spectrum[1, 0, 2, 3] = 1 + 2j
    spectrum[1, 1, 2, 3] = 3 + 4j
    assert to_channels(spectrum)[1, :, 2, 3].tolist() == [1, 2, 3, 4]


def test_channels_come_back() -> None:
    spectrum = torch.randn(2, 3, 2, 5, 7, dtype=torch.complex64)
    assert torch.equal(from_channels(to_channels(spectrum)), spectrum)


def test_normalisation_is_invertible_over_the_range_of_real_motion() -> None:
    normalizer = BandNormalizer(4)
    normalizer.scale.copy_(torch.tensor([1e-2, 1e-3, 1e-4, 1e-5]))
    spectrum = torch.randn(4, 4, 8, 8) * normalizer.scale.view(-1, 1, 1, 1)
    torch.testing.assert_close(normalizer.denormalize(normalizer.normalize(spectrum)), spectrum, rtol=1e-5, atol=1e-12)


def test_the_scale_itself_becomes_one_and_the_sign_stays() -> None:
    normalizer = BandNormalizer(1)
    normalizer.scale.fill_(0.02)
    values = torch.tensor([0.02, -0.02, 0.005, 0.0]).view(1, 4, 1, 1)
    assert normalizer.normalize(values).flatten().tolist() == [1.0, -1.0, 0.5, 0.0]
