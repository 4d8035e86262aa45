# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be chosen about rendering; free of torch, for whoever only asks."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEPTH", "MAX_DEPTH", "RenderSettings"]

# Measured (docs/rendering.md): flat from 4 on.
DEPTH = 6.0
# From some hundred on it is a z-buffer.
MAX_DEPTH = 1000.0


@dataclass(frozen=True)
class RenderSettings:
    """What can be chosen about rendering.

    Attributes:
        depth: τ, 0..1000; how strictly what moves more covers what moves less, per standard motion strength. 0: no
            order.
        repair: whether a network mends what the warp alone cannot get right: uncovered places and moving edges.
        deterministic: the same bits in every run on a GPU too, where sums else depend on which thread comes first; on
            the CPU they always are. Slower: each frame is made by itself too (`rendering.at_once`). Frames that an
            interrupted render is gone on with are asked for so.
    """

    depth: float = DEPTH
    repair: bool = True
    deterministic: bool = False
