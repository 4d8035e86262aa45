# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import numpy as np
import pytest
import torch

from gid_backend.models.prior import MotionPrior
from gid_backend.training.checkpoints import CheckpointError
from gid_backend.training.data import Loop, MotionBatches
from gid_backend.training.latents import SHARD, LatentBatches, encode_pairs


@pytest.fixture
def batches(prior: MotionPrior) -> MotionBatches:
    rng = np.random.default_rng(0)
    spectrum = 1e-3 * (rng.standard_normal((4, 2, 24, 32)) + 1j * rng.standard_normal((4, 2, 24, 32)))
    loop = Loop("swing", rng.integers(0, 255, (48, 64, 3), np.uint8), spectrum.astype(np.complex64))
    return MotionBatches(prior.config, [], [loop], batch=SHARD, loop_share=1.0, slices_per_picture=None, seed=7)


def test_pairs_are_pictures_with_whitened_latents(prior: MotionPrior, batches: MotionBatches, tmp_path: Path) -> None:
    assert list(encode_pairs(prior, batches, tmp_path, 2 * SHARD)) == [SHARD, 2 * SHARD]
    batch = LatentBatches(tmp_path, batch=4, seed=1).draw(np.random.default_rng(0))
    height, width = batch["image"].shape[2:]
    stride, config = prior.config.stride, prior.config
    assert batch["latent"].shape == (4, config.bands, config.latent_channels, height // stride, width // stride)
    assert batch["mask"].shape == (4, 1, height // stride, width // stride)
    assert 0 <= batch["image"].min() <= batch["image"].max() <= 1
    assert (batch["strength"] > 0).all()
    # Half precision keeps eleven bits.
    torch.testing.assert_close(batch["expected"], prior.expected(batch["image"]), rtol=2e-3, atol=2e-3)
    # A latent that is decoded and encoded anew agrees up to half precision only if it was whitened once.
    drawn = batches.draw(np.random.default_rng([batches.seed, 0]))
    mean, _ = prior.autoencoder.encode(prior.normalizer.normalize(drawn["slices"][0]))
    from safetensors.torch import load_file

    kept = load_file(tmp_path / "pairs-00000.safetensors")["latent"][0].float()
    torch.testing.assert_close(kept, prior.whiten(mean), atol=2e-3, rtol=2e-3)


def test_an_interrupted_encoding_goes_on_where_it_was(
    prior: MotionPrior, batches: MotionBatches, tmp_path: Path
) -> None:
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    list(encode_pairs(prior, batches, whole, 3 * SHARD))
    next(encode_pairs(prior, batches, pieces, 3 * SHARD))
    first = (pieces / "pairs-00000.safetensors").stat().st_mtime_ns
    list(encode_pairs(prior, batches, pieces, 3 * SHARD))
    assert (pieces / "pairs-00000.safetensors").stat().st_mtime_ns == first
    for a, b in zip(sorted(whole.iterdir()), sorted(pieces.iterdir()), strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_processes_share_the_shards(prior: MotionPrior, batches: MotionBatches, tmp_path: Path) -> None:
    for rank in range(2):
        list(encode_pairs(prior, batches, tmp_path, 3 * SHARD, rank=rank, processes=2))
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_without_pairs_and_a_damaged_shard_are_named(
    prior: MotionPrior, batches: MotionBatches, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match="holds no encoded pairs"):
        LatentBatches(tmp_path, batch=4, seed=0)
    list(encode_pairs(prior, batches, tmp_path, SHARD))
    stream = LatentBatches(tmp_path, batch=4, seed=0)
    (tmp_path / "pairs-00000.safetensors").write_bytes(b"not a shard")
    with pytest.raises(CheckpointError, match="pairs-00000"):
        stream.draw(np.random.default_rng(0))
