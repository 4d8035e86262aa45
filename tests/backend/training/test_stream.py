# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches that depend on their number alone."""

from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from gid_backend.training.stream import Stream


class Numbers(Stream):
    def draw(self, rng: np.random.Generator) -> dict[str, Tensor]:
        return {"x": torch.from_numpy(rng.normal(size=3))}


def drawn(stream: Numbers, count: int, workers: int = 0) -> list[list[float]]:
    loader = DataLoader(
        stream, batch_size=None, num_workers=workers, multiprocessing_context="fork" if workers else None
    )
    return [batch["x"].tolist() for batch in islice(loader, count)]


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_loader_processes_does_not_matter(workers: int) -> None:
    assert drawn(Numbers(7), 8, workers) == drawn(Numbers(7), 8)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stream_goes_on_at_any_place(workers: int) -> None:
    stream = Numbers(7)
    stream.seek(5)
    assert drawn(stream, 4, workers) == drawn(Numbers(7), 9)[5:]


def test_processes_share_the_stream_without_overlap() -> None:
    whole = drawn(Numbers(7), 12)
    for rank in range(3):
        stream = Numbers(7)
        stream.seek(rank, 3)
        assert drawn(stream, 4) == whole[rank::3]


def test_another_seed_is_another_stream() -> None:
    assert drawn(Numbers(7), 2) != drawn(Numbers(8), 2)
