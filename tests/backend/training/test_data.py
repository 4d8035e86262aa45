# SPDX-License-Identifier: GPL-3.0-or-later
from itertools import islice

import numpy as np
import pytest
import torch

from gid_backend.models.config import PriorConfig
from gid_backend.models.prior import MotionPrior
from gid_backend.training.autoencoder import gradient_loss, measure_bands, measure_latents
from gid_backend.training.data import Loop, MotionBatches


@pytest.fixture
def swaying(tiny: PriorConfig) -> Loop:
    rng = np.random.default_rng(0)
    spectrum = rng.normal(size=(tiny.bands, 2, 40, 64)) + 1j * rng.normal(size=(tiny.bands, 2, 40, 64))
    spectrum *= 0.002 / (1 + np.arange(tiny.bands))[:, None, None, None]
    return Loop("swaying", rng.integers(0, 255, (80, 128, 3), np.uint8), spectrum.astype(np.complex64))


def batches(tiny: PriorConfig, loop: Loop, slices: int | None = None, seed: int = 0) -> MotionBatches:
    return MotionBatches(tiny, [], [loop], batch=3, loop_share=1.0, slices_per_picture=slices, seed=seed)


def test_a_batch_has_one_view_size_that_fits_the_prior(tiny: PriorConfig, swaying: Loop) -> None:
    shapes = set()
    for batch in islice(batches(tiny, swaying), 8):
        b, c, h, w = batch["image"].shape
        assert (b, c) == (3, 3)
        assert h % tiny.stride == w % tiny.stride == 0
        assert batch["slices"].shape == (3, tiny.bands, 4, h, w)
        assert batch["image"].min() >= 0
        assert batch["image"].max() <= 1
        shapes.add((h, w))
    assert len(shapes) > 1


def test_random_slices_say_which_bands_they_are(tiny: PriorConfig, swaying: Loop) -> None:
    batch = next(iter(batches(tiny, swaying, slices=2)))
    assert batch["slices"].shape[1] == 2
    assert all(len(set(row.tolist())) == 2 for row in batch["bands"])


def test_a_seed_repeats_its_batches(tiny: PriorConfig, swaying: Loop) -> None:
    first, again = (next(iter(batches(tiny, swaying, seed=7))) for _ in range(2))
    assert torch.equal(first["slices"], again["slices"])


def test_nothing_to_train_on_is_said(tiny: PriorConfig) -> None:
    with pytest.raises(ValueError, match="nothing to train on"):
        MotionBatches(tiny, [], [], batch=1, loop_share=0.5, slices_per_picture=None, seed=0)


def test_band_scales_are_percentiles_of_the_moving_places(prior: MotionPrior, tiny: PriorConfig, swaying: Loop) -> None:
    measure_bands(prior, batches(tiny, swaying), count=4)
    seen = np.percentile(np.abs(swaying.spectrum[1]), 95)
    # A view shows at least 60 % of what fits its aspect, and the narrowest aspect shows 39 % of this picture's width:
    # the same swing is 1 to 4.3 times as large in it.
    assert seen * 0.9 < float(prior.normalizer.scale[1]) < seen * 4.3
    assert (prior.normalizer.scale.diff()[1:] < 0).all()


def test_measured_latents_are_white(prior: MotionPrior, tiny: PriorConfig, swaying: Loop) -> None:
    measure_bands(prior, batches(tiny, swaying), count=2)
    measure_latents(prior, batches(tiny, swaying), count=3)
    batch = next(iter(batches(tiny, swaying, seed=3)))
    mean, _ = prior.autoencoder.encode(prior.normalizer.normalize(batch["slices"]).flatten(0, 1))
    white = prior.whiten(mean)
    assert white.mean(dim=(0, 2, 3)).abs().max() < 0.5
    assert (white.std(dim=(0, 2, 3)) - 1).abs().max() < 0.5
    torch.testing.assert_close(prior.unwhiten(white), mean, rtol=1e-4, atol=1e-5)


def test_the_gradient_loss_ignores_offsets_and_sees_edges() -> None:
    assert gradient_loss(torch.full((1, 4, 16, 16), 3.0)) == 0
    edge = torch.zeros(1, 4, 16, 16)
    edge[..., 8:] = 1.0
    assert gradient_loss(edge) > 0
