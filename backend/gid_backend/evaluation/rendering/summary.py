# SPDX-License-Identifier: GPL-3.0-or-later
"""From the figures of many frames to one row of a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .metrics import psnr
from .places import REGIONS

__all__ = ["mean_of", "summarise"]

Figures = Mapping[str, Any]
# A case that has fewer places of a kind says nothing about them.
FEWEST = 64


def summarise(cases: Mapping[str, Sequence[Figures]]) -> dict[str, Any]:
    """One row.

    The frames of a case are pooled place by place, and of the cases the mean is taken: a clip counts as much as any
    other, however much of it moves.

    Args:
        cases: figures of each frame, as `measure.measured` gives them, by clip or scene.

    Returns:
        For each region REGION that any case has: psnr_REGION, ssim_REGION, features_REGION, cases_REGION; and
        "identical", the share of still places that are untouched, and "cases", "frames".
    """
    row: dict[str, Any] = {"cases": len(cases), "frames": sum(len(frames) for frames in cases.values())}
    for region in REGIONS:
        pooled = [found for frames in cases.values() if (found := _pooled(frames, region)) is not None]
        if pooled:
            row[f"psnr_{region}"] = round(mean_of(psnr(case["error"]) for case in pooled), 3)
            row[f"ssim_{region}"] = round(mean_of(case["ssim"] for case in pooled), 5)
            row[f"features_{region}"] = round(mean_of(case["features"] for case in pooled), 6)
            row[f"cases_{region}"] = len(pooled)
    still = [
        (f["still"]["places"], f["still"]["identical"]) for frames in cases.values() for f in frames if "still" in f
    ]
    if still:
        row["identical"] = round(sum(n * share for n, share in still) / sum(n for n, _ in still), 6)
    return row


def mean_of(values: Iterable[float]) -> float:
    """The mean of those that are numbers; NaN when none is."""
    kept = [value for value in values if not math.isnan(value)]
    return sum(kept) / len(kept) if kept else math.nan


def _pooled(frames: Sequence[Figures], region: str) -> dict[str, float] | None:
    parts = [frame[region] for frame in frames if region in frame]
    places = sum(part["places"] for part in parts)
    if places < FEWEST:
        return None
    return {name: sum(p["places"] * p[name] for p in parts) / places for name in ("error", "ssim", "features")}
