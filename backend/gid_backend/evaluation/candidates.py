# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be evaluated: anything that draws motions for a picture."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from gid_blender.motion import SpectralVolume

from ..errors import WeightsError
from ..model_info import sha256_of
from ..prediction_settings import DEFAULTS, PredictionSettings
from ..predictor import MotionPredictor
from .splits import Case

__all__ = ["Candidate", "Expected", "Prior", "Truth", "fingerprint_of", "fingerprint_of_code"]

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


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
        settings: of its predictions.
        device: as torch names it; None takes the fastest.

    Raises:
        WeightsError: when the file cannot be read; whether it holds weights shows when it is loaded.
    """

    single = False

    def __init__(
        self,
        name: str,
        weights: Path,
        settings: PredictionSettings = DEFAULTS,
        *,
        device: str | None = None,
    ) -> None:
        self.name, self.weights, self.settings, self.device = name, weights, settings, device
        try:
            self.sha256 = sha256_of(weights)
        except OSError as error:
            raise WeightsError(
                f"The weights “{weights}” cannot be read: {error.strerror or error}.", "Write --weights NAME=FILE."
            ) from error
        said = (f"{k}={v}" for k, v in sorted(settings.as_dict().items()))
        self.key = "-".join([self.sha256[:16], fingerprint_of_code(), *said])
        self._predictor: MotionPredictor | None = None

    @property
    def described(self) -> dict[str, Any]:
        """What the tables note beside its figures."""
        return {"weights": self.sha256, **self.settings.as_dict()}

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
        return self.load().predict_many(image, seeds, self.settings)


class Expected(Prior):
    """The deterministic answer from the same features: what the regressor inside a prior expects, with no diffusion."""

    single = True

    def __init__(self, name: str, weights: Path, *, device: str | None = None) -> None:
        super().__init__(name, weights, device=device)
        self.key = "-".join([self.sha256[:16], fingerprint_of_code(), "expected"])

    @property
    def described(self) -> dict[str, Any]:
        """No settings: nothing is drawn."""
        return {"weights": self.sha256}

    def motions(self, image: npt.ArrayLike, seeds: Sequence[int]) -> Iterator[SpectralVolume]:
        """The same motion for each seed."""
        volume = self.load().expected(image)
        for _ in seeds:
            yield volume


@cache
def fingerprint_of_code() -> str:
    """Names what the code between weights and motion does.

    The same weights move otherwise when the predictor is changed, and results of before are not its.
    """
    package = Path(__file__).resolve().parent.parent
    folders = sorted([*package.glob("models/*.py"), *package.glob("diffusion/*.py")])
    return fingerprint_of([package / "predictor.py", package / "finishing.py", *folders])


def fingerprint_of(paths: Sequence[Path]) -> str:
    """Names what some modules do, comments and docstrings apart."""
    digest = hashlib.sha256()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
                del node.body[0]
        digest.update(ast.dump(tree).encode())
    return digest.hexdigest()[:8]
