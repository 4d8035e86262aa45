# SPDX-License-Identifier: GPL-3.0-or-later
"""Endless batches that can be taken up at any place: batch n depends on n alone."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from itertools import count

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

__all__ = ["Stream"]

Batch = dict[str, Tensor]


class Stream(IterableDataset[Batch]):
    """Batch number n is drawn with a generator of (seed, n).

    So the order is the same for any number of loader processes, a run that is resumed sees what it would have
    seen, and the processes of a distributed run share the numbers out among themselves.

    Args:
        seed: of the whole stream.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed
        self.first, self.stride = 0, 1

    def seek(self, first: int, stride: int = 1) -> None:
        """Go on with the batches first, first + stride, …; has effect on iterators made afterwards."""
        self.first, self.stride = first, stride

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Batch:
        """One batch; `rng` is the only source of chance."""

    def __iter__(self) -> Iterator[Batch]:
        info = torch.utils.data.get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        if info is not None:
            # Threads of OpenCV inside a loader process would fight the training for the same cores.
            cv2.setNumThreads(0)
        # The loader takes from its processes in turn.
        for n in count(self.first + worker * self.stride, workers * self.stride):
            yield self.draw(np.random.default_rng([self.seed, n]))
