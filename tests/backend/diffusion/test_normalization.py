# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.diffusion.normalization import BandNormalizer, from_channels, to_channels


def test_channels_are_real_x_imaginary_x_real_y_imaginary_y() -> None:
    spectrum = torch.zeros(3, 2, 5, 7, dtype=torch.complex64)
    spectrum[1, 0, 2, 3] = 1 + 2j
    spectrum[1, 1, 2, 3] = 3 + 4j
    assert to_channels(spectrum)[1, :, 2, 3].tolist() == [1, 2, 3, 4]


def test_channels_come_back() -> None:
    spectrum = torch.randn(2, 3, 2, 5, 7, dtype=torch.complex64)
    assert torch.equal(from_channels(to_channels(spectrum)), spectrum)


@pytest.mark.parametrize("kind", ["modulus", "channel", "linear"])
def test_normalisation_is_invertible_over_the_range_of_real_motion(kind: str) -> None:
    normalizer = BandNormalizer(4, kind)
    normalizer.scale.copy_(torch.tensor([1e-2, 1e-3, 1e-4, 1e-5]))
    spectrum = torch.randn(4, 4, 8, 8) * normalizer.scale.view(-1, 1, 1, 1)
    torch.testing.assert_close(normalizer.denormalize(normalizer.normalize(spectrum)), spectrum, rtol=2e-5, atol=1e-9)


def test_by_channel_the_scale_itself_becomes_one_and_the_sign_stays() -> None:
    normalizer = BandNormalizer(1, "channel")
    normalizer.scale.fill_(0.02)
    values = torch.tensor([0.02, -0.02, 0.005, 0.0]).view(1, 4, 1, 1)
    assert normalizer.normalize(values).flatten().tolist() == [1.0, -1.0, 0.5, 0.0]


def test_by_modulus_the_phase_stays_and_the_modulus_becomes_its_root() -> None:
    normalizer = BandNormalizer(1, "modulus")
    normalizer.scale.fill_(0.02)
    spectrum = torch.polar(torch.tensor([0.02, 0.005]), torch.tensor([1.0, -2.5])).view(1, 2, 1, 1)
    normalized = from_channels(normalizer.normalize(to_channels(spectrum))).flatten()
    torch.testing.assert_close(normalized.abs(), torch.tensor([1.0, 0.5]))
    torch.testing.assert_close(normalized.angle(), torch.tensor([1.0, -2.5]))


@given(angle=st.floats(0, 6.28))
def test_by_modulus_a_later_moment_is_a_rotation_before_and_after(angle: float) -> None:
    normalizer = BandNormalizer(1, "modulus")
    spectrum = torch.randn(1, 2, 3, 3, dtype=torch.complex64)
    turn = torch.polar(torch.tensor(1.0), torch.tensor(angle))
    turned = from_channels(normalizer.normalize(to_channels(spectrum * turn)))
    torch.testing.assert_close(
        turned, from_channels(normalizer.normalize(to_channels(spectrum))) * turn, atol=1e-5, rtol=1e-5
    )


def test_some_bands_are_normalised_as_they_are_among_all() -> None:
    normalizer = BandNormalizer(4)
    normalizer.scale.copy_(torch.tensor([1e-2, 1e-3, 1e-4, 1e-5]))
    spectrum = torch.randn(2, 4, 4, 3, 3)
    bands = torch.tensor([[2, 0], [1, 3]])
    chosen = torch.stack([spectrum[i, b] for i, b in enumerate(bands)])
    all_of_them = normalizer.normalize(spectrum)
    expected = torch.stack([all_of_them[i, b] for i, b in enumerate(bands)])
    torch.testing.assert_close(normalizer.normalize(chosen, bands), expected)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="modulus, channel, linear"):
        BandNormalizer(4, "log")
