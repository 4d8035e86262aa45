# SPDX-License-Identifier: GPL-3.0-or-later
"""From draws to a row of the table: mean over the draws of a case, median over the cases."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .coherence import residual_coherence
from .distances import frechet_distance, kernel_distance
from .frames import window_features
from .measure import FIGURES
from .spectrum import band_error
from .splits import Case
from .store import Draws
from .variety import diversity

__all__ = ["summarise"]

# The goal for the mean amplitude.
FACTOR = 1.6
# Kernel distances are given in thousandths.
THOUSAND = 1e3
WINDOWS = 5
# Picture width in which lengths are given.
WIDTH = 512

Found = Sequence[tuple[Case, Draws]]
Values = npt.NDArray[np.float64]


def summarise(found: Found, truth: Found) -> dict[str, Any]:
    """A row of the table.

    Args:
        found: the cases a candidate answered, with its draws.
        truth: the reference's single draws, of the same cases and perhaps more.

    Returns:
        Figures by name, rounded, None where one makes no sense; "groups" has rank, amount, leakage and the number of
        cases for each group, "bands" the error of each band in dB, "windows" the kernel distance of each window.
    """
    references = {case.key: draws for case, draws in truth}
    pairs = [(case, draws, references[case.key]) for case, draws in found]
    with warnings.catch_warnings():
        # Means of nothing are NaN, which is what they should be.
        warnings.simplefilter("ignore", RuntimeWarning)
        table = {name: np.array([_mean(draws, name) for _, draws, _ in pairs]) for name in FIGURES}
        true = {name: np.array([_mean(reference, name) for _, _, reference in pairs]) for name in FIGURES}
        gains = np.array([_mean_log(draws, "amount") for _, draws, _ in pairs])
        still = np.isnan(true["amount"])
        errors = np.array([_band_errors(draws, reference) for _, draws, reference in pairs])
        best = np.array([np.nanmin(draws.figures[:, FIGURES.index("spectral_error")]) for _, draws, _ in pairs])
        spread = np.array([diversity(draws.signatures) for _, draws, _ in pairs])
        bands = _bands(pairs)
        row: dict[str, Any] = {
            "cases": len(pairs),
            "draws": max((len(draws.seeds) for _, draws, _ in pairs), default=0),
            "rank": _median(table["rank"]),
            "amount": float(np.exp(np.nanmedian(gains))) if np.isfinite(gains).any() else float("nan"),
            "amount_within": _share(np.abs(gains) <= np.log(FACTOR), np.isfinite(gains)),
            "leakage": _median(table["leakage"]),
            "idle": _median(table["strength"][still]) * WIDTH,
            "slope": _median(table["slope"]),
            "band_error_raw": _median(errors[:, 0]),
            "band_error": _median(errors[:, 1]),
            "band_error_worst": float(np.abs(bands).max()) if len(bands) else float("nan"),
            "coherence": _median(table["coherence"]),
            "phase_coherence": _median(table["phase_coherence"]),
            "residual_coherence": _median([residual_coherence(draws.signatures) for _, draws, _ in pairs]),
            "inside": _median(table["inside"] / true["inside"]),
            "across": _median(table["across"] / true["across"]),
            "crest": _median(table["crest"]),
            "spectral_error": _median(table["spectral_error"]),
            "best": _median(best),
            "diversity": _median(spread[:, 0]),
            "diversity_amplitude": _median(spread[:, 1]),
            "seam": _median(table["seam"]),
        }
        row |= _distances(pairs)
        groups = {name: _group(name, pairs, table, gains) for name in sorted({case.group for case, _, _ in pairs})}
    plain: dict[str, Any] = _plain(row | {"bands": list(bands), "groups": groups})
    return plain


def _mean(draws: Draws, name: str) -> float:
    return float(np.nanmean(draws.figures[:, FIGURES.index(name)]))


def _mean_log(draws: Draws, name: str) -> float:
    values = draws.figures[:, FIGURES.index(name)]
    return float(np.nanmean(np.log(np.where(values > 0, values, np.nan))))


def _median(values: Any) -> float:
    return float(np.nanmedian(values)) if np.size(values) else float("nan")


def _share(good: npt.NDArray[np.bool_], counted: npt.NDArray[np.bool_]) -> float:
    return float(good[counted].mean()) if counted.any() else float("nan")


def _band_errors(draws: Draws, reference: Draws) -> Values:
    """Mean over draws of the error before and after the overall gain is taken out."""
    rows = [band_error(bands, reference.bands[0])[:2] for bands in draws.bands]
    return np.asarray(np.nanmean(rows, axis=0), np.float64)


def _bands(pairs: Sequence[tuple[Case, Draws, Draws]]) -> Values:
    """Error in dB of each band's mean over all cases, less the overall gain; single winds average out."""
    off = []
    for _, draws, reference in pairs:
        count = min(draws.bands.shape[1], reference.bands.shape[1])
        ratio = draws.bands[:, :count] / reference.bands[:, :count]
        off.append(20.0 * np.nanmean(np.log10(np.where(ratio > 0, ratio, np.nan)), axis=0))
    if not off or not np.isfinite(off).any():
        return np.zeros(0)
    mean = np.nanmean(off, axis=0)
    mean = mean[np.isfinite(mean)]
    return np.asarray(mean - mean.mean(), np.float64)


def _distances(pairs: Sequence[tuple[Case, Draws, Draws]]) -> dict[str, Any]:
    """Distances of rendered frames to the reference's, and of their changes within windows along time."""
    mine = [draws.features[np.isfinite(draws.features).all(axis=(1, 2))] for _, draws, _ in pairs]
    theirs = [reference.features for _, _, reference in pairs]
    if not mine or min(len(m) for m in mine) == 0 or mine[0].shape[1] < 2:
        return {"frechet": None, "kernel": None, "changes": None, "windows": []}
    a, b = np.concatenate(mine), np.concatenate(theirs)
    of_a, of_b = np.repeat(np.arange(len(mine)), [len(m) for m in mine]), np.arange(len(theirs))

    def kernel(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]) -> float:
        """Between (n, F, D) and (m, F, D)."""
        groups = np.repeat(of_a, x.shape[1]), np.repeat(of_b, y.shape[1])
        return kernel_distance(x.reshape(-1, x.shape[2]), y.reshape(-1, y.shape[2]), *groups) * THOUSAND

    row: dict[str, Any] = {
        "frechet": frechet_distance(a.reshape(-1, a.shape[2]), b.reshape(-1, b.shape[2])),
        "kernel": kernel(a, b) if len(mine) > 1 else None,
        "changes": None,
        "windows": [],
    }
    each = a.shape[1] // WINDOWS
    if each > 1 and len(mine) > 1:
        changes_a, changes_b = (window_features(f, WINDOWS).reshape(len(f), WINDOWS, -1) for f in (a, b))
        row["changes"] = kernel(changes_a, changes_b)
        row["windows"] = [kernel(a[:, w * each : (w + 1) * each], b) for w in range(WINDOWS)]
    return row


def _group(
    name: str, pairs: Sequence[tuple[Case, Draws, Draws]], table: dict[str, Values], gains: Values
) -> dict[str, Any]:
    chosen = np.array([case.group == name for case, _, _ in pairs])
    return {
        "cases": int(chosen.sum()),
        "rank": _median(table["rank"][chosen]),
        "amount": float(np.exp(np.nanmedian(gains[chosen]))) if np.isfinite(gains[chosen]).any() else float("nan"),
        "leakage": _median(table["leakage"][chosen]),
        "idle": _median(table["strength"][chosen]) * WIDTH,
        "slope": _median(table["slope"][chosen]),
        "crest": _median(table["crest"][chosen]),
    }


def _plain(value: Any) -> Any:
    """As JSON holds it: four significant digits, None for what is not a number."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.4g}") if np.isfinite(value) else None
    return value
