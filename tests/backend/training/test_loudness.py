# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch

from gid_backend.diffusion.normalization import to_channels
from gid_backend.models.conditioning import mean_swing
from gid_backend.models.prior import MotionPrior
from gid_backend.predictor import MotionPredictor
from gid_backend.training.loudness import measure_loudness


@pytest.fixture
def awake(prior: MotionPrior) -> MotionPrior:
    """A prior that draws something."""
    torch.manual_seed(1)
    torch.nn.init.normal_(prior.autoencoder.decode_out.weight, std=0.1)
    # Far above what is brought to rest, which would make loud and quiet differ by more than the factor.
    prior.normalizer.scale.fill_(0.3)
    return prior


def pictures(strength: float) -> list[dict[str, torch.Tensor]]:
    image = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    return [{"image": image, "strength": torch.full((2,), strength)}] * 3


def swing_of(prior: MotionPrior) -> float:
    """Mean of what is drawn of the two pictures, as the measurement draws them."""
    predictor = MotionPredictor(prior, "", "", torch.device("cpu"))
    swings = []
    for seed in range(2):
        image = (pictures(1.0)[0]["image"][seed].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
        drawn = predictor.predict(image, seed=seed).spectrum
        swings.append(mean_swing(to_channels(torch.from_numpy(drawn))[None]).log())
    return float(torch.stack(swings).mean().exp())


def test_what_is_drawn_afterwards_is_as_strong_as_the_training_was(awake: MotionPrior) -> None:
    before = swing_of(awake)
    factor = measure_loudness(awake, pictures(1.7 * before), count=2)
    assert factor == pytest.approx(1.7, rel=1e-3)
    assert swing_of(awake) == pytest.approx(1.7 * before, rel=0.05)


def test_where_nothing_moves_nothing_is_changed(awake: MotionPrior) -> None:
    assert measure_loudness(awake, pictures(0.0)) == 1.0


def test_what_is_drawn_too_weakly_to_be_seen_does_not_make_it_deafening(awake: MotionPrior) -> None:
    awake.normalizer.scale.fill_(1e-6)
    assert measure_loudness(awake, pictures(0.003)) == 1.0
