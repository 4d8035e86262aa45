# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures with the latents of their motion, encoded once and read many times.

Wind, projection, view, encoder and regressor together cost more than a step of the denoiser. A few thousand pairs are
kept on disk instead, and the denoiser goes over them some times with other noise, other masks and other strengths.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..atomic import replacing
from ..models.conditioning import mean_swing
from ..models.prior import MotionPrior
from .checkpoints import CheckpointError
from .data import MotionBatches
from .masks import random_masks
from .stream import Stream

__all__ = ["SHARD", "LatentBatches", "encode_pairs"]

SHARD = 32  # pairs of one aspect
SUFFIX = ".safetensors"
STORED = ("image", "latent", "expected", "swing", "strength")


@torch.no_grad()
def encode_pairs(
    prior: MotionPrior, batches: MotionBatches, folder: Path, count: int, *, rank: int = 0, processes: int = 1
) -> Iterator[int]:
    """Write shards until `count` pairs are there; what is there already stays as it is.

    Args:
        prior: with a trained autoencoder and measured latents.
        batches: of `SHARD` pictures with all bands; shard n is batch n, so the set does not depend on interruptions.
        folder: for the shards, made when missing.
        count: of pairs, rounded up to whole shards.
        rank, processes: which shards are this process' own.

    Yields:
        Pairs that are there, of this process' own.

    Raises:
        OutputError: when a shard cannot be written; those before are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    total = -(-count // SHARD)
    batches.seek(0)
    done = 0
    for number in range(rank, total, processes):
        path = folder / f"pairs-{number:05d}{SUFFIX}"
        if not path.exists():
            batch = batches.draw(np.random.default_rng([batches.seed, number]))
            shard = _encoded(prior, batch)
            with replacing(path) as temporary:
                save_file(shard, temporary)
        done += SHARD
        yield done


def _encoded(prior: MotionPrior, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    device = prior.latent_mean.device
    slices = batch["slices"].to(device)
    latents = []
    # Picture by picture: all bands of 32 pictures at full size would need gigabytes.
    for one in prior.normalizer.normalize(slices):
        mean, _ = prior.autoencoder.encode(one)
        latents.append(prior.whiten(mean.float()).cpu())
    # Half of the pictures at a time: one of the sizes they are looked at is more than twice as large.
    expected = torch.cat([prior.expected(half.to(device)).cpu() for half in batch["image"].chunk(2)])
    swing = (slices[:, 1:].square().sum(dim=(1, 2)) / 2.0).sqrt()
    return {
        "image": (batch["image"] * 255.0).round().to(torch.uint8).contiguous(),
        "latent": torch.stack(latents).half().contiguous(),
        "expected": expected.half().contiguous(),
        "swing": F.avg_pool2d(swing[:, None], prior.config.stride)[:, 0].cpu().contiguous(),
        "strength": mean_swing(slices).cpu().contiguous(),
    }


class LatentBatches(Stream):
    """Batches from encoded pairs, with random masks.

    Each item is {"image": (B, 3, H, W) float in 0..1, "latent": (B, K, L, h, w) float, whitened,
    "expected": (B, 2K, h, w) float, `MotionPrior.expected`, "strength": (B,) float, `mean_swing`, "mask": (B, 1, h, w)
    float of 0 and 1, "pinned": (B,) bool, whether motion outside the mask is to be taken away}.

    Args:
        folder: of `encode_pairs`.
        batch: pictures in one batch, at most `SHARD`.
        seed: of the order and the masks.

    Raises:
        CheckpointError: when there are no pairs; from `draw`, when a shard is damaged.
    """

    def __init__(self, folder: Path, *, batch: int, seed: int) -> None:
        super().__init__(seed)
        self.batch = min(batch, SHARD)
        self.shards = sorted(folder.glob(f"pairs-*{SUFFIX}"))
        if not self.shards:
            raise CheckpointError(
                f"“{folder}” holds no encoded pairs.", "Delete the folder and run the training again."
            )

    def draw(self, rng: np.random.Generator) -> dict[str, Tensor]:
        path = self.shards[int(rng.integers(len(self.shards)))]
        chosen = rng.permutation(SHARD)[: self.batch]
        try:
            with safe_open(path, framework="pt") as file:
                kept = {name: file.get_tensor(name)[chosen] for name in STORED}
        except (SafetensorError, OSError, IndexError) as error:
            raise CheckpointError(f"“{path}” is damaged ({error}).", "Delete it and run the training again.") from error
        masks, pinned = random_masks(kept["swing"].numpy(), rng)
        return {
            "image": kept["image"].float() / 255.0,
            "latent": kept["latent"].float(),
            "expected": kept["expected"].float(),
            "strength": kept["strength"],
            "mask": torch.from_numpy(masks),
            "pinned": torch.from_numpy(pinned),
        }
