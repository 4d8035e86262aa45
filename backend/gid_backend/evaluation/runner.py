# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws what is missing, measures it, keeps it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume

from ..renderer import MotionRenderer
from .candidates import Candidate
from .frames import FrameFeatures, rendered, small
from .measure import Reference, measure
from .splits import Case, clip_frames
from .store import Draws, Store

__all__ = ["FRAMES", "PERIOD", "Runner", "Watcher"]

PERIOD = 150
# Frames of each draw that are rendered and looked at by the network: every 5th of a clip, every 30th of a scene.
FRAMES = {"loops": 30, "synthetic": 5, "unseen": 5}
# Further draws of a scene are not rendered: there are enough scenes, and it takes the longest after the drawing.
RENDERED_DRAWS = {"loops": 8, "synthetic": 1, "unseen": 1}

Watcher = Callable[[str, int, int], None]


@dataclass
class Runner:
    """Evaluates candidates on one split after another.

    Attributes:
        store: where draws are kept.
        watch: told (what, done, total) after each case.
        with_frames: whether frames are rendered and their features taken.
    """

    store: Store
    watch: Watcher = lambda what, done, total: None
    with_frames: bool = True
    _features: FrameFeatures | None = None
    _renderer: MotionRenderer | None = None

    def run(self, candidate: Candidate, split: str, cases: Sequence[Case], samples: int) -> list[tuple[Case, Draws]]:
        """All draws of a candidate, seeds 0 … `samples` - 1; cases to which it has no answer are left out.

        Raises:
            WeightsError: when a prior's weights cannot be used.
            OutputError: when results cannot be kept.
        """
        seeds = [0] if candidate.single else list(range(samples))
        found = []
        for index, case in enumerate(cases):
            draws = self._case(candidate, split, case, seeds)
            if draws is not None:
                found.append((case, draws))
            self.watch(f"{candidate.name}, {split}", index + 1, len(cases))
        return found

    def _case(self, candidate: Candidate, split: str, case: Case, seeds: list[int]) -> Draws | None:
        # What was measured with frames serves without them, not the other way round.
        key = f"{candidate.key}-{split}-{FRAMES[split] if self.with_frames else 0}"
        kept = self.store.load(key, case.key)
        missing = [seed for seed in seeds if kept is None or seed not in kept.seeds]
        if missing:
            reference = Reference(case)
            for seed, volume in zip(missing, candidate.draw(case, missing), strict=False):
                features = self._look(candidate, split, case, volume, seed)
                new = Draws.of([seed], [measure(volume, reference)], [features])
                kept = new if kept is None else kept.joined(new)
                # After each draw: on a CPU one may take half a minute.
                self.store.save(key, case.key, kept)
        return None if kept is None else kept.chosen(seeds)

    def _look(
        self, candidate: Candidate, split: str, case: Case, volume: SpectralVolume, seed: int
    ) -> npt.NDArray[np.float32]:
        """(F, D) features of frames; NaN for a draw that is not rendered."""
        count = FRAMES[split] if self.with_frames else 0
        if not count:
            return np.zeros((0, 1), np.float32)
        if self._features is None or self._renderer is None:
            self._renderer = MotionRenderer.load()
            self._features = FrameFeatures(self._renderer.device)
        if seed >= RENDERED_DRAWS[split]:
            return np.full((count, 320), np.nan, np.float32)
        times = np.arange(count) * (PERIOD / count)
        if candidate.key == "reference" and case.clip is not None:
            frames = [small(frame) for frame in clip_frames(case.clip, list(times), PERIOD)]
        else:
            times = times * (volume.frames / PERIOD)
            frames = list(rendered(case.image, volume, list(times), self._renderer))
        return self._features.of(frames)
