# SPDX-License-Identifier: GPL-3.0-or-later
"""What was aimed at, and what was reached."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

from ..results import Results
from .baselines import BASELINES, BICUBIC
from .candidates import NETWORK, PLAIN

__all__ = ["Goal", "goals"]


@dataclass(frozen=True)
class Goal:
    """A line of the table of goals.

    Attributes:
        what: is measured.
        wanted: in words.
        reached: for each of our candidates that was measured, the figure and whether it is met.
    """

    what: str
    wanted: str
    reached: dict[str, str]


def goals(results: Results) -> list[Goal]:
    """The goals that can be told from what was measured."""
    clips, scenes = (_figures(results, "quality", split) for split in ("loops", "synthetic"))
    trembling = _figures(results, "flicker", "loops")
    found = []
    remap = clips.get(BICUBIC, {})
    if "psnr_moving" in remap:
        over = {name: row["psnr_moving"] - remap["psnr_moving"] for name, row in clips.items() if "psnr_moving" in row}
        share = {
            name: 100 * row["features_moving"] / max(remap["features_moving"], 1e-9)
            for name, row in clips.items()
            if "features_moving" in row
        }
        found.append(_goal("PSNR over bicubic remap, moving places of clips", "≥ +2 dB", over, "{:+.2f} dB", least=2.0))
        found.append(_goal("feature distance there, of bicubic remap's", "≤ 50 %", share, "{:.0f} %", most=50.0))
    psnr, distance = (
        {name: factor * row[key] for name, row in scenes.items() if key in row}
        for key, factor in (("psnr_uncovered", 1.0), ("features_uncovered", 1e3))
    )
    others = [name for name in BASELINES if name in psnr]
    if others:
        best, nearest = max(psnr[name] for name in others), min(distance[name] for name in others)
        what, which = "in uncovered places of scenes", "the best baseline's"
        found.append(_goal(f"PSNR {what}", f"≥ {best:.2f} dB, {which}", psnr, "{:.2f} dB", least=best))
        found.append(_goal(f"feature distance {what}", f"≤ {nearest:.1f}, {which}", distance, "{:.1f}", most=nearest))
    still = {name: 100 * row["identical"] for name, row in scenes.items() if "identical" in row}
    found.append(_goal("untouched pixels in still places of scenes", "100 %", still, "{:.2f} %", least=100.0))
    flicker = {name: row["ratio"] for name, row in trembling.items()}
    found.append(_goal("flicker over the clip's own", "≤ 1", flicker, "{:.2f}", most=1.0))
    return [goal for goal in found if goal.reached]


def _goal(
    what: str, wanted: str, values: dict[str, float], form: str, *, least: float = -inf, most: float = inf
) -> Goal:
    def shown(value: float) -> str:
        said = form.format(value).replace("-", "−")
        return f"{said}, {'met' if least <= value <= most else '**missed**'}"

    return Goal(what, wanted, {name: shown(values[name]) for name in (PLAIN, NETWORK) if name in values})


def _figures(results: Results, table: str, split: str) -> dict[str, dict[str, Any]]:
    return {row["name"]: row["figures"] for row in results.of(table, split)}
