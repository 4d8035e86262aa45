# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured on: development clips, and pairs of frames, which are clips or scenes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np

from ...rendering.frame_pair import FramePair
from ...rendering.pair_files import PairFolder
from ..splits import EvaluationError
from .clips import STRIDE, Watcher, clip_pairs
from .flicker import runs
from .plan import LOOPS, SYNTHETIC, clip_of, sequence_and_number

__all__ = ["Joined", "clips_of", "paired", "spread"]


class Joined(Sequence[FramePair]):
    """The pairs of several folders, each read when it is asked for."""

    def __init__(self, folders: Sequence[PairFolder]) -> None:
        self._places = [(folder, index) for folder in folders for index in range(len(folder))]

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> FramePair: ...
    @overload
    def __getitem__(self, index: slice) -> list[FramePair]: ...
    def __getitem__(self, index: int | slice) -> FramePair | list[FramePair]:
        if isinstance(index, slice):
            return [folder[i] for folder, i in self._places[index]]
        folder, i = self._places[index]
        return folder[i]


def paired(folders: Sequence[Path]) -> dict[str, Joined]:
    """The pairs of each split: those of a folder are of scenes when it is known what they uncover, else of clips.

    Raises:
        PairError: when a folder holds none, or something else.
    """
    found: dict[str, list[PairFolder]] = {LOOPS: [], SYNTHETIC: []}
    for folder in map(PairFolder, folders):
        found[LOOPS if folder[0].uncovered is None else SYNTHETIC].append(folder)
    return {split: Joined(of) for split, of in found.items()}


def clips_of(
    loops: Path | None, measured: Sequence[FramePair], cache: Path, watch: Watcher
) -> dict[str, list[FramePair]]:
    """Pairs by clip, in the order of the frames: of a folder of clips, or those that are measured already.

    Raises:
        EvaluationError: when both are given, or no development clip is there.
    """
    if loops is not None:
        if measured:
            raise EvaluationError("Clips are given twice.", "Name either --loops or --pairs of clips.")
        return clip_pairs(loops, cache, watch)
    found: dict[str, list[FramePair]] = {}
    for pair in measured:
        found.setdefault(clip_of(pair.name), []).append(pair)
    return {clip: sorted(pairs, key=lambda pair: sequence_and_number(pair.name)) for clip, pairs in found.items()}


def spread(pairs: Sequence[FramePair], most: int) -> list[FramePair]:
    """At most so many pairs of a clip, evenly.

    Of frames that follow each other every tenth is taken: they are there for flicker, and would count one moment many
    times.
    """
    numbers = [sequence_and_number(pair.name)[1] for pair in pairs]
    close = {i for run in runs(numbers) for i in run if numbers[i] % STRIDE}
    chosen = [pair for i, pair in enumerate(pairs) if i not in close] or list(pairs)
    places = np.linspace(0, len(chosen) - 1, min(most, len(chosen))).round().astype(int)
    return [chosen[i] for i in places]
