# SPDX-License-Identifier: GPL-3.0-or-later
"""Families of near things: flowers, what hangs, cloth, candles, rooms. Taken up by `families`."""

from __future__ import annotations

from collections.abc import Callable

from . import candlelight, flowers, laundry, lines, orchard, pond, pots, stills
from .stage import Stage

__all__ = ["THINGS"]

# Name: (what builds it, how often).
THINGS: dict[str, tuple[Callable[[Stage], None], float]] = {
    "flower": (flowers.flower, 13),
    "flower_field": (flowers.flower_field, 6),
    "potted": (pots.potted, 4),
    "lanterns": (lines.lanterns, 6),
    "line": (lines.on_a_line, 7),
    "ornaments": (lines.ornaments, 4),
    "porch": (lines.porch, 4),
    "laundry": (laundry.laundry, 6),
    "ironing": (laundry.ironing, 3),
    "table_cloth": (laundry.table_cloth, 2),
    "curtain": (laundry.curtains, 4),
    "flag": (laundry.flags, 3),
    "bunting": (laundry.bunting, 3),
    "blossom": (orchard.blossom, 5),
    "fruit": (orchard.fruit, 5),
    "lilies": (pond.pond, 4),
    "candles": (candlelight.candles, 5),
    "indoors": (stills.indoors, 4),
    "street": (stills.street, 2),
    "facade": (stills.facade, 2),
    "parked": (stills.parked, 2),
    "swing": (lines.swings, 3),
}
