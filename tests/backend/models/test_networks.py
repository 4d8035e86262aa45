# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import pytest
import torch

from gid_backend.models.blocks import FrequencyAttention, ResidualBlock, SpatialAttention, sinusoid
from gid_backend.models.conditioning import Condition
from gid_backend.models.config import SMALL, PriorConfig
from gid_backend.models.picture_encoder import FEATURE_CHANNELS
from gid_backend.models.prior import MotionPrior


@pytest.fixture
def picture() -> torch.Tensor:
    return torch.rand(2, 3, 48, 64, generator=torch.Generator().manual_seed(1))


def test_features_come_at_five_strides(prior: MotionPrior, picture: torch.Tensor) -> None:
    shapes = [tuple(f.shape) for f in prior.encoder(picture)]
    assert shapes == [
        (2, c, -(-48 // s), -(-64 // s)) for c, s in zip(FEATURE_CHANNELS, (2, 4, 8, 16, 32), strict=True)
    ]


def test_the_encoder_is_frozen(prior: MotionPrior) -> None:
    assert not any(p.requires_grad for p in MotionPrior(prior.config).encoder.parameters())


def test_a_mirror_image_is_expected_to_swing_in_the_mirrored_places(prior: MotionPrior, picture: torch.Tensor) -> None:
    torch.nn.init.normal_(prior.amplitude.look[0].conv2.weight)
    with torch.no_grad():
        expected, mirrored = prior.expected(picture), prior.expected(picture.flip(3))
    stride = prior.config.stride
    assert expected.shape == (2, 2 * prior.config.bands, 48 // stride, 64 // stride)
    # Rounding alone differs: the same terms are added in another order.
    torch.testing.assert_close(mirrored.flip(3), expected, rtol=1e-4, atol=1e-5)
    assert expected.std() > 1e-3


def test_slices_go_to_latents_and_back(prior: MotionPrior, picture: torch.Tensor) -> None:
    slices = torch.randn(2 * 3, 4, 48, 64)
    mean, log_variance = prior.autoencoder.encode(slices)
    stride = prior.config.stride
    assert mean.shape == log_variance.shape == (6, prior.config.latent_channels, 48 // stride, 64 // stride)
    guide = prior.autoencoder.guide(picture, prior.encoder(picture))
    assert prior.autoencoder.decode(mean, guide).shape == slices.shape


def test_each_picture_guides_its_own_slices(prior: MotionPrior, picture: torch.Tensor) -> None:
    torch.nn.init.normal_(prior.autoencoder.decode_out.weight)
    features = prior.encoder(picture)
    latent = torch.randn(4, prior.config.latent_channels, 12, 16)
    together = prior.autoencoder.decode(latent, prior.autoencoder.guide(picture, features))
    alone = prior.autoencoder.decode(
        latent[2:], prior.autoencoder.guide(picture[1:], type(features)(*(f[1:] for f in features)))
    )
    # Batched and single convolutions may add in another order: float32 rounding over a few hundred terms.
    torch.testing.assert_close(together[2:], alone, atol=1e-4, rtol=1e-4)


def coordinated(config: PriorConfig, how: str) -> MotionPrior:
    torch.manual_seed(0)
    return MotionPrior(replace(config, coordination=how)).eval().requires_grad_(False)


def random_condition(prior: MotionPrior, count: int, height: int, width: int) -> Condition:
    """Of no picture, but with something at every level."""
    stride = prior.config.stride
    picture = torch.rand(count, 3, height * stride, width * stride)
    return prior.condition(prior.look(picture))


@pytest.mark.parametrize("how", ["channels", "attention", "none"])
@pytest.mark.parametrize("size", [(12, 16), (9, 11), (5, 20)])
def test_the_denoiser_takes_latents_of_any_size(tiny: PriorConfig, how: str, size: tuple[int, int]) -> None:
    prior = coordinated(tiny, how)
    noisy = torch.randn(2, tiny.bands, tiny.latent_channels, *size)
    condition = random_condition(prior, 2, *size)
    assert prior.denoiser(noisy, torch.tensor([0.2, 0.9]), condition).shape == noisy.shape


def test_a_fresh_denoiser_gives_the_best_linear_estimate(prior: MotionPrior) -> None:
    """The last layer starts at zero; then z - t·v must be E[motion | z] of unit Gaussians, (1-t)·z / ((1-t)² + t²)."""
    noisy = torch.randn(3, prior.config.bands, prior.config.latent_channels, 8, 8)
    time = torch.tensor([0.1, 0.6, 1.0])
    t = time.view(-1, 1, 1, 1, 1)
    estimate = noisy - t * prior.denoiser(noisy, time, random_condition(prior, 3, 8, 8))
    torch.testing.assert_close(estimate, (1 - t) * noisy / ((1 - t) ** 2 + t**2), atol=1e-5, rtol=1e-5)


def test_slices_on_their_own_know_nothing_of_each_other(tiny: PriorConfig) -> None:
    prior = coordinated(tiny, "none")
    torch.nn.init.normal_(prior.denoiser.leave.weight)
    for module in prior.denoiser.modules():
        if isinstance(module, SpatialAttention):
            torch.nn.init.normal_(module.to_out.weight)
    noisy = torch.randn(1, tiny.bands, tiny.latent_channels, 8, 8)
    other = noisy.clone()
    other[:, 2] += 1.0
    condition, time = random_condition(prior, 1, 8, 8), torch.tensor([0.5])
    change = (prior.denoiser(other, time, condition) - prior.denoiser(noisy, time, condition)).abs()
    assert change.amax(dim=(0, 2, 3, 4)).nonzero().flatten().tolist() == [2]


def test_bands_hear_of_each_other_only_through_frequency_attention(tiny: PriorConfig) -> None:
    prior = coordinated(tiny, "attention")
    config, denoiser = prior.config, prior.denoiser
    torch.nn.init.normal_(denoiser.leave.weight)
    noisy = torch.randn(1, config.bands, config.latent_channels, 8, 8)
    condition = random_condition(prior, 1, 8, 8)
    other = noisy.clone()
    other[:, 2] += 1.0

    def change() -> torch.Tensor:
        time = torch.tensor([0.5])
        return (denoiser(other, time, condition) - denoiser(noisy, time, condition)).abs().amax(dim=(0, 2, 3, 4))

    # Attention starts as the identity, so at first only the band itself changes.
    assert change().nonzero().flatten().tolist() == [2]
    for module in denoiser.modules():
        if isinstance(module, FrequencyAttention):
            torch.nn.init.normal_(module.to_out.weight)
    assert (change() > 0).all()


def test_pictures_of_a_batch_do_not_mix(prior: MotionPrior) -> None:
    config, denoiser = prior.config, prior.denoiser
    for module in denoiser.modules():
        if isinstance(module, FrequencyAttention | SpatialAttention):
            torch.nn.init.normal_(module.to_out.weight)
    torch.nn.init.normal_(denoiser.leave.weight)
    noisy = torch.randn(2, config.bands, config.latent_channels, 8, 8)
    condition = random_condition(prior, 2, 8, 8)
    alone = Condition(tuple(m[1:] for m in condition.maps), condition.strength[1:])
    time = torch.tensor([0.3, 0.7])
    both = denoiser(noisy, time, condition)
    second = denoiser(noisy[1:], time[1:], alone)
    torch.testing.assert_close(both[1:], second, atol=1e-3, rtol=1e-3)


def test_a_fresh_residual_block_is_the_identity() -> None:
    x = torch.randn(2, 16, 6, 6)
    assert torch.equal(ResidualBlock(16, 16, 8)(x, torch.randn(2, 8)), x)


def test_positions_get_distinct_embeddings() -> None:
    table = sinusoid(torch.linspace(0, 1000, 50), 32)
    distances = torch.cdist(table, table) + 10 * torch.eye(50)
    assert distances.min() > 0.05


def test_every_weight_of_the_shipped_sizes_learns() -> None:
    """One step away from the zero start, no parameter of the trained parts is cut off from the loss."""
    torch.manual_seed(0)
    prior = MotionPrior(SMALL)
    image = torch.rand(1, 3, 32, 32)
    features = prior.encoder(image)
    for module in prior.modules():
        for name, p in module.named_parameters(recurse=False):
            if p.requires_grad and not p.any() and name == "weight":
                torch.nn.init.normal_(p, std=0.02)
    slices = torch.randn(SMALL.bands, 4, 32, 32)
    mean, log_variance = prior.autoencoder.encode(slices)
    decoded = prior.autoencoder.decode(mean + log_variance.exp(), prior.autoencoder.guide(image, features))
    expected = prior.amplitude(image, features)
    seen = prior.denoiser.picture(
        image, prior.amplitude.normed(features), expected.detach(), torch.tensor([0.002]), torch.rand(1, 1, 4, 4)
    )
    both = seen.joined(prior.denoiser.picture.unconditional(seen))
    velocity = prior.denoiser(mean[None].detach().repeat(2, 1, 1, 1, 1), torch.tensor([0.5, 0.5]), both)
    (decoded.square().mean() + velocity.square().mean() + expected.square().mean()).backward()
    silent = [n for n, p in prior.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]
    assert silent == []
