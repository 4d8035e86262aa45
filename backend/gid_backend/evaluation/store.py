# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured is kept draw by draw, so that an evaluation goes on where it was and nothing is drawn twice."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..atomic import replacing
from .measure import FIGURES, Draw

__all__ = ["Draws", "Store"]

# Raised whenever a figure changes its meaning: older results are then measured anew.
VERSION = 1
# Half precision holds thousandths of the width well, and fractions of it badly.
UNIT = 1e-3


@dataclass(frozen=True, eq=False)
class Draws:
    """n draws of one candidate for one case.

    Attributes:
        seeds: (n,) int64.
        figures: (n, len(FIGURES)) float64.
        bands: (n, K-1) float64.
        signatures: (n, K, 2, h, w) complex64.
        features: (n, F, D) float32 of F frames each; F is 0 where none were rendered.
    """

    seeds: npt.NDArray[np.int64]
    figures: npt.NDArray[np.float64]
    bands: npt.NDArray[np.float64]
    signatures: npt.NDArray[np.complex64]
    features: npt.NDArray[np.float32]

    @classmethod
    def of(cls, seeds: list[int], draws: list[Draw], features: list[npt.NDArray[np.float32]]) -> Draws:
        """From single draws and the features of their frames, (F, D) each."""
        return cls(
            np.array(seeds, np.int64),
            np.array([[draw.figures[name] for name in FIGURES] for draw in draws]),
            np.stack([draw.bands for draw in draws]),
            np.stack([draw.signature for draw in draws]),
            np.stack(features),
        )

    def chosen(self, seeds: list[int]) -> Draws | None:
        """Those of some seeds in that order, or None when one is missing."""
        places = {int(seed): index for index, seed in enumerate(self.seeds)}
        if any(seed not in places for seed in seeds):
            return None
        at = [places[seed] for seed in seeds]
        return Draws(self.seeds[at], self.figures[at], self.bands[at], self.signatures[at], self.features[at])

    def joined(self, other: Draws) -> Draws:
        """These and others, of the same case."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Draws(*(np.concatenate(pair) for pair in pairs))


class Store:
    """A folder with one file for each candidate and case."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, candidate: str, case: str) -> Path:
        """Where the draws of a candidate for a case are kept, by both keys."""
        name = hashlib.sha256(candidate.encode()).hexdigest()[:16]
        return self.folder / name / f"{case}.npz"

    def load(self, candidate: str, case: str) -> Draws | None:
        """What is kept, or None: nothing, something damaged, or figures of another version."""
        path = self.path(candidate, case)
        try:
            with np.load(path, allow_pickle=False) as file:
                if int(file["version"]) != VERSION or tuple(file["names"]) != FIGURES:
                    return None
                signatures = file["signatures"].astype(np.float32) * UNIT
                return Draws(
                    file["seeds"],
                    file["figures"],
                    file["bands"],
                    np.ascontiguousarray(signatures).view(np.complex64)[..., 0],
                    file["features"].astype(np.float32),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def save(self, candidate: str, case: str, draws: Draws) -> None:
        """Keep draws, in place of what was kept; raises OutputError when the disk is full."""
        pairs = np.ascontiguousarray(draws.signatures / UNIT).view(np.float32)
        with replacing(self.path(candidate, case)) as temporary:
            np.savez_compressed(
                temporary,
                version=np.int64(VERSION),
                names=np.array(FIGURES),
                seeds=draws.seeds,
                figures=draws.figures,
                bands=draws.bands,
                signatures=pairs.reshape(*draws.signatures.shape, 2).astype(np.float16),
                features=draws.features.astype(np.float16),
            )
