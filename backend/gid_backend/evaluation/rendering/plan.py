# SPDX-License-Identifier: GPL-3.0-or-later
"""What `gid evaluate renderer` does: which frames are made by whom, and where the rows go."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ...rendering.frame_pair import FramePair
from ..results import Results
from .candidates import Candidate
from .flicker import runs, second_difference
from .measure import Truth, measured
from .metrics import FeatureDistance, Features, Picture
from .past_range import FACTORS, decay, tearing
from .places import MOVING, local_displacement
from .store import Store, key_of
from .summary import mean_of, summarise

__all__ = ["LOOPS", "SYNTHETIC", "Plan", "clip_of", "sequence_and_number"]

LOOPS, SYNTHETIC = "loops", "synthetic"
# Frames of a clip that are magnified, spread over it.
MAGNIFIED = 2

Watcher = Callable[[str, int, int], None]


class Plan:
    """One evaluation.

    Args:
        store: where figures of single frames are kept.
        results: where rows go.
        candidates: what is measured.
        watch: told (what, done, total).
    """

    def __init__(self, store: Store, results: Results, candidates: Sequence[Candidate], watch: Watcher) -> None:
        self.store, self.results, self.candidates, self.watch = store, results, candidates, watch

    @cached_property
    def network(self) -> FeatureDistance:
        """For the feature distance; raises WeightsError when its package is missing."""
        return FeatureDistance()

    def quality(self, split: str, pairs: Sequence[FramePair]) -> None:
        """Every candidate's frames against the real ones: a row for each.

        Args:
            split: `LOOPS` or `SYNTHETIC`.
            pairs: read one at a time, for hundreds do not fit into memory.
        """
        found: dict[str, dict[str, list[dict[str, Any]]]] = {c.name: defaultdict(list) for c in self.candidates}
        for index, pair in enumerate(pairs):
            truth, key = Truth(pair, self.network), key_of(pair)
            case = clip_of(pair.name) if split == LOOPS else pair.name
            for candidate in self.candidates:
                figures = self.store.once(candidate.key, key, partial(_quality, candidate, truth))
                found[candidate.name][case].append(figures)
            self.watch(f"{split}: frames", index + 1, len(pairs))
        for name, cases in found.items():
            self._put("quality", split, name, summarise(cases))

    def flicker(self, clips: Mapping[str, Sequence[FramePair]]) -> None:
        """Trembling over time where frames follow each other, as a share of the real clip's."""
        found: dict[str, list[float]] = defaultdict(list)
        for index, pairs in enumerate(clips.values()):
            sequences: dict[str, list[FramePair]] = defaultdict(list)
            for pair in pairs:
                sequences[sequence_and_number(pair.name)[0]].append(pair)
            for sequence in sequences.values():
                for run in runs([sequence_and_number(pair.name)[1] for pair in sequence]):
                    for name, ratio in self._trembling([sequence[i] for i in run]):
                        found[name].append(ratio)
            self.watch("flicker", index + 1, len(clips))
        for name, ratios in found.items():
            self._put("flicker", LOOPS, name, {"ratio": round(mean_of(ratios), 4), "worst": round(max(ratios), 4)})

    def _trembling(self, row: Sequence[FramePair]) -> Iterator[tuple[str, float]]:
        """Each candidate's, over the real frames', for frames in a row."""
        moving = [local_displacement(pair.flow) >= MOVING for pair in row]
        truth = second_difference([pair.target for pair in row], moving)
        key = f"flicker-{len(row)}-{key_of(row[0])}-{key_of(row[-1])}"
        for candidate in self.candidates:
            figures = self.store.once(candidate.key, key, partial(_trembling, candidate, row, moving))
            if truth > 0:
                yield candidate.name, figures["trembling"] / truth

    def past_range(self, clips: Mapping[str, Sequence[FramePair]]) -> None:
        """Motion times 1, 2 and 4."""
        found: dict[tuple[str, float], list[dict[str, Any]]] = defaultdict(list)
        for index, pairs in enumerate(clips.values()):
            spread = np.linspace(0, len(pairs) - 1, min(MAGNIFIED, len(pairs))).round().astype(int)
            for pair in (pairs[i] for i in spread):
                rest = self.network.features(pair.source)
                for factor in FACTORS:
                    torn = tearing(pair.flow * np.float32(factor))
                    key = f"times-{factor:g}-{key_of(pair)}"
                    for candidate in self.candidates:
                        measure = partial(_magnified, candidate, pair, factor, self.network, rest)
                        found[candidate.name, factor].append(torn | self.store.once(candidate.key, key, measure))
            self.watch("past the range", index + 1, len(clips))
        for name in dict.fromkeys(name for name, _ in found):
            figures = {
                f"{what}_{factor:g}": round(mean_of(f[what] for f in found[name, factor]), 5)
                for factor in FACTORS
                for what in ("uncovered", "folded", "detail", "drift")
            }
            self._put("past_range", LOOPS, name, figures)

    def _put(self, table: str, split: str, name: str, figures: Mapping[str, Any]) -> None:
        weights = next(candidate.weights for candidate in self.candidates if candidate.name == name)
        told = {key: value for key, value in figures.items() if not math.isnan(value)}
        self.results.put(table, split, name, {"weights": weights} if weights else {}, told)
        self.results.save()


def sequence_and_number(name: str) -> tuple[str, int]:
    """Of the name of a pair: the sequence that its frame is of, and which frame; -1 where it ends in no number.

    A sequence is a clip, or a clip and the frame from which its motion is told.

    Example:
        >>> sequence_and_number("ivy_wall_070"), sequence_and_number("ivy_wall 38+6")
        (('ivy_wall', 70), ('ivy_wall 38+', 6))
    """
    found = re.fullmatch(r"(.*?)[-_:. ]*(\d+)", name)
    return (found[1], int(found[2])) if found and found[1] else (name, -1)


def clip_of(name: str) -> str:
    """The clip that a pair is of.

    Example:
        >>> clip_of("ivy_wall_070"), clip_of("ivy_wall 38+6")
        ('ivy_wall', 'ivy_wall')
    """
    return re.sub(r" \d+\+$", "", sequence_and_number(name)[0])


def _frame(candidate: Candidate, pair: FramePair) -> Picture:
    return candidate.way(pair.source, pair.flow, pair.strength)


def _quality(candidate: Candidate, truth: Truth) -> dict[str, Any]:
    return measured(_frame(candidate, truth.pair), truth)


def _trembling(
    candidate: Candidate, row: Sequence[FramePair], moving: Sequence[npt.NDArray[np.bool_]]
) -> dict[str, Any]:
    return {"trembling": second_difference([_frame(candidate, pair) for pair in row], moving)}


def _magnified(
    candidate: Candidate, pair: FramePair, factor: float, network: FeatureDistance, rest: Features
) -> dict[str, Any]:
    flow, strength = pair.flow * np.float32(factor), pair.strength * np.float32(factor)
    return decay(candidate.way(pair.source, flow, strength), pair, flow, network, rest)
