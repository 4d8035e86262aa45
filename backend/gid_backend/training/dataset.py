# SPDX-License-Identifier: GPL-3.0-or-later
"""Data sets of `gid dataset build` as training items, read from the shards one by one when they are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import overload

from ..dataset.errors import DatasetError
from ..dataset.index import SHARDS, read_index, read_settings
from ..dataset.shards import read_facts, read_pair
from ..flow.spectrum import ramp
from .data import DEVELOPMENT_LOOPS, Loop

__all__ = ["Chained", "MotionPairs"]


class MotionPairs(Sequence[Loop]):
    """The pairs of one data set, without those of the development clips.

    Nothing but the index is in memory, and nothing stays open, so loader processes may share it by forking.

    Args:
        folder: of the data set.
        bands: K, at most as many as it stores.
        development: take the development clips and nothing else, for evaluation.
        leakage: put back what was taken off as a drift where a clip is no loop: the window as it was, with its jump.

    Attributes:
        clips: names of the clips that the pairs are from, each once.

    Raises:
        DatasetError: when there is no data set, it has too few bands or another period, or a shard is damaged.
    """

    def __init__(
        self, folder: Path, bands: int, *, frames: int = 150, development: bool = False, leakage: bool = False
    ) -> None:
        self.folder, self.bands = folder, bands
        self.settings = read_settings(folder)
        index = read_index(folder)
        if bands > self.settings.bands:
            raise DatasetError(
                f"The data set “{folder}” has {self.settings.bands} bands, and {bands} are wanted.",
                "Build one with --bands, or train a configuration of fewer.",
            )
        if frames != self.settings.frames:
            raise DatasetError(f"The data set “{folder}” has a period of {self.settings.frames} frames, not {frames}.")
        names = {digest: clip["name"] for digest, clip in index.clips.items()}
        self._pairs = [
            pair
            for pair in index.pairs
            if (PurePosixPath(names[pair["clip"]]).stem in DEVELOPMENT_LOOPS) is development
        ]
        self._names = [names[pair["clip"]] for pair in self._pairs]
        self.clips = tuple(dict.fromkeys(self._names))
        self._ramp = ramp(bands, frames) if leakage else None
        # Now and not after an hour of training.
        for shard in sorted({pair["shard"] for pair in self._pairs}):
            read_facts(folder / SHARDS / shard)

    def __len__(self) -> int:
        return len(self._pairs)

    @overload
    def __getitem__(self, index: int) -> Loop: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Loop]: ...
    def __getitem__(self, index: int | slice) -> Loop | Sequence[Loop]:
        """The pair as an item of training; raises DatasetError, naming the shard, when it is damaged."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        pair = self._pairs[index]
        image, spectrum, drift, _ = read_pair(
            self.folder / SHARDS / pair["shard"],
            pair["row"],
            pair,
            bands=self.bands,
            step=self.settings.step,
        )
        if self._ramp is not None:
            spectrum += self._ramp[:, None, None, None] * drift
        return Loop(f"{self._names[index]} at {pair['start']:.2f} s", image, spectrum)


class Chained(Sequence[Loop]):
    """Several sequences one after another, none of them copied or read."""

    def __init__(self, *parts: Sequence[Loop]) -> None:
        self._parts = [part for part in parts if len(part)]

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    @overload
    def __getitem__(self, index: int) -> Loop: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Loop]: ...
    def __getitem__(self, index: int | slice) -> Loop | Sequence[Loop]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        for part in self._parts:
            if 0 <= index < len(part):
                return part[index]
            index -= len(part)
        raise IndexError("There is no item of this number.")

    def __iter__(self) -> Iterator[Loop]:
        for part in self._parts:
            yield from part
