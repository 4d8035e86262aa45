# SPDX-License-Identifier: GPL-3.0-or-later
"""Families of near things: flowers, what hangs, cloth, candles, rooms. Taken up by `families`."""

from __future__ import annotations

from collections.abc import Callable

from . import flowers
from .stage import Stage

__all__ = ["THINGS"]

# Name: (what builds it, how often).
THINGS: dict[str, tuple[Callable[[Stage], None], float]] = {
    "flower": (flowers.flower, 13),
    "flower_field": (flowers.flower_field, 6),
    "potted": (flowers.potted, 4),
}
