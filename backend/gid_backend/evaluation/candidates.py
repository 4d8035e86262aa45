# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be evaluated: anything that draws motions for a picture."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from gid_blender.motion import SpectralVolume

from ..errors import WeightsError
from ..model_info import sha256_of
from ..predictor import DEFAULT_GUIDANCE, DEFAULT_STEPS, MotionPredictor
from .splits import Case

__all__ = ["Candidate", "Prior", "Truth", "solvers"]


class Candidate(Protocol):
    """Draws motions for cases.

    Attributes:
        name: in the tables.
        key: what its results depend on, besides case and seed; results are cached under it.
        single: whether more than one draw says nothing new.
    """

    @property
    def name(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def single(self) -> bool: ...

    def draw(self, case: Case, seeds: Sequence[int]) -> Iterator[SpectralVolume]:
        """One motion for each seed in turn, or none at all where the candidate has no answer to a case."""
        ...


class Truth:
    """The reference itself: its own figures stand in the table as what is aimed at."""

    name, key, single = "reference", "reference", True

    def draw(self, case: Case, seeds: Sequence[int]) -> Iterator[SpectralVolume]:
        """The case's own motion."""
        for _ in seeds:
            yield case.motion()


class Prior:
    """A motion prior: one file of weights with settings of its sampler. Loaded when first needed.

    Args:
        name: in the tables.
        weights: written by `gid train prior`.
        steps: of the solver.
        guidance: w of classifier-free guidance.
        solver: as the predictor calls it, where it offers a choice.
        device: as torch names it; None takes the fastest.

    Raises:
        WeightsError: when the file cannot be read; whether it holds weights shows when it is loaded.
    """

    single = False

    def __init__(
        self,
        name: str,
        weights: Path,
        *,
        steps: int = DEFAULT_STEPS,
        guidance: float = DEFAULT_GUIDANCE,
        solver: str | None = None,
        device: str | None = None,
    ) -> None:
        self.name, self.weights, self.device = name, weights, device
        self.settings: dict[str, Any] = {"steps": steps, "guidance": guidance}
        if solver is not None:
            self.settings["solver"] = solver
        try:
            self.sha256 = sha256_of(weights)
        except OSError as error:
            raise WeightsError(
                f"The weights “{weights}” cannot be read: {error.strerror or error}.", "Write --weights NAME=FILE."
            ) from error
        self.key = "-".join([self.sha256[:16], *(f"{k}={v}" for k, v in sorted(self.settings.items()))])
        self._predictor: MotionPredictor | None = None

    def load(self) -> MotionPredictor:
        """The predictor; raises WeightsError when the file holds none."""
        if self._predictor is None:
            self._predictor = MotionPredictor.load(self.weights, self.device)
        return self._predictor

    def unload(self) -> None:
        """Give the memory back; it is loaded again when needed."""
        self._predictor = None

    def draw(self, case: Case, seeds: Sequence[int]) -> Iterator[SpectralVolume]:
        """Predictions from the case's picture."""
        return self.motions(case.image, seeds)

    def motions(self, image: npt.ArrayLike, seeds: Sequence[int]) -> Iterator[SpectralVolume]:
        """Predictions from any picture."""
        return self.load().predict_many(image, seeds, **self.settings)


def solvers() -> tuple[str | None, ...]:
    """Names of the solvers that the predictor offers; (None,) where it has one only."""
    from ..diffusion import sampler

    offered: tuple[str, ...] = tuple(getattr(sampler, "SOLVERS", ()))
    takes = "solver" in inspect.signature(MotionPredictor.predict_many).parameters
    return offered if takes and offered else (None,)
