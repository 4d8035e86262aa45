# SPDX-License-Identifier: GPL-3.0-or-later
"""A prior small enough to be run and differentiated in a moment, with the real code in every layer."""

import pytest
import torch

from gid_backend.models.config import PriorConfig
from gid_backend.models.prior import MotionPrior


@pytest.fixture(scope="session")
def tiny() -> PriorConfig:
    return PriorConfig(
        name="tiny",
        bands=4,
        frames=16,
        area=64 * 64,
        vae_channels=(8, 16),
        latent_channels=4,
        unet_channels=16,
        unet_multipliers=(1, 2),
        unet_blocks=1,
        attention_levels=(1,),
        condition_channels=8,
    )


@pytest.fixture
def prior(tiny: PriorConfig) -> MotionPrior:
    torch.manual_seed(0)
    return MotionPrior(tiny).eval().requires_grad_(False)
