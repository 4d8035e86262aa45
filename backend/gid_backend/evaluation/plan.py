# SPDX-License-Identifier: GPL-3.0-or-later
"""What `gid evaluate` does, in the library's terms: which candidates on which splits, and where the rows go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from ..prediction_settings import PredictionSettings, Solver
from ..training.data import DEVELOPMENT_LOOPS, load_loops
from .baselines import RULES, AnotherWind, NearestLoop, Rule, Static
from .candidates import Candidate, Prior, Truth
from .frames import FrameFeatures
from .results import Results
from .runner import Runner, Watcher
from .splits import BANDS, SPLITS, Case, EvaluationError, loop_cases, scene_cases
from .store import Store
from .summary import summarise

__all__ = ["Plan", "named_weights"]

# Steps of the table that says how many are enough.
STEP_COUNTS = (5, 10, 15, 20, 25, 40)


def named_weights(words: Sequence[str], shipped: Path) -> list[tuple[str, Path]]:
    """Names and files from NAME=FILE, or from FILE alone; the shipped weights when there is none.

    Raises:
        EvaluationError: when two have one name.
    """
    pairs = []
    for word in words or [f"shipped={shipped}"]:
        name, mark, file = word.partition("=")
        pairs.append((name, Path(file)) if mark else (Path(word).stem, Path(word)))
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EvaluationError(f"Two files of weights are called “{twice[0]}”.", "Name them apart: --weights NAME=FILE.")
    return pairs


class Plan:
    """One evaluation: where things are, and how much of everything.

    Args:
        work: folder for measured clips, test scenes and draws.
        results: where rows go.
        loops: folder of clips; None leaves out what needs them.
        scenes: most scenes of each synthetic split.
        samples: draws of each picture.
        frames: whether frames are rendered and compared.
        watch: told (what, done, total).
    """

    def __init__(
        self,
        work: Path,
        results: Results,
        *,
        loops: Path | None,
        scenes: int,
        samples: int,
        frames: bool = True,
        watch: Watcher = lambda what, done, total: None,
    ) -> None:
        self.work, self.results, self.loops = work, results, loops
        self.scenes, self.samples, self.watch = scenes, samples, watch
        self.runner = Runner(Store(work / "draws"), watch, frames)

    def cases(self, split: str) -> list[Case]:
        """The pictures of a split.

        Raises:
            EvaluationError: when it is not known, or there is nothing in it.
        """
        if split not in SPLITS:
            raise EvaluationError(f"There is no split “{split}”.", f"Choose from {', '.join(SPLITS)}.")
        if split != "loops":
            return scene_cases(self.work / "scenes" / split, self.scenes)
        if self.loops is None:
            raise EvaluationError("The development clips are not given.", "Name their folder: --loops CLIPS.")
        return loop_cases(self.loops, self.work / "loops")

    def chosen(self, splits: Sequence[str] | None) -> list[str]:
        """The splits that are asked for, or those for which there are pictures.

        Raises:
            EvaluationError: when there is none.
        """
        scenes = [s for s in SPLITS[1:] if any((self.work / "scenes" / s).glob("*.npz"))]
        found = list(splits or ["loops"] * (self.loops is not None) + scenes)
        if not found:
            raise EvaluationError(
                "There is nothing to compare with.",
                "Name a folder of clips (--loops CLIPS), or make test scenes: gid evaluate scenes",
            )
        return found

    def baselines(self) -> list[Candidate]:
        """All of them; the nearest clip only where there are clips to choose from."""
        found: list[Candidate] = [Truth(), AnotherWind(), Static(), *(Rule(name) for name in RULES)]
        if self.loops is not None:
            clips = [c for c in load_loops(self.loops, self.work / "loops", BANDS) if c.name not in DEVELOPMENT_LOOPS]
            if clips:
                found.append(NearestLoop(clips, FrameFeatures()))
        return found

    def tabulate(self, candidates: Sequence[Candidate], splits: Sequence[str], table: str = "prior") -> None:
        """Evaluate, and put a row into the results after each candidate; see `Runner.run` for errors."""
        for split in splits:
            cases = self.cases(split)
            truth = self.runner.run(Truth(), split, cases, 1)
            for candidate in candidates:
                found = self.runner.run(candidate, split, cases, self.samples)
                settings = {}
                if isinstance(candidate, Prior):
                    settings = candidate.described
                    candidate.unload()
                if not found:
                    continue
                self.results.put(table, split, candidate.name, settings, summarise(found, truth))
                self.results.save()

    def sweep(
        self, name: str, weights: Path, splits: Sequence[str], settings: PredictionSettings, device: str | None
    ) -> None:
        """The table of steps against quality, for every solver there is; `settings` are of all else."""
        candidates = [
            Prior(
                f"{name}, {solver}, {steps} steps",
                weights,
                replace(settings, solver=solver, steps=steps),
                device=device,
            )
            for solver in get_args(Solver)
            for steps in STEP_COUNTS
        ]
        self.tabulate(candidates, splits, "steps")
