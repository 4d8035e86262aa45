# SPDX-License-Identifier: GPL-3.0-or-later
"""All families of rendered pictures, how often each is made, and the way from a number to a scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import nearby, outdoors
from .compact import compact
from .stage import Stage
from .things import THINGS

__all__ = ["FAMILIES", "built", "make"]

# Name: (what builds it, how often).
FAMILIES: dict[str, tuple[Callable[[Stage], None], float]] = {
    "broadleaf": (outdoors.broadleaf, 8),
    "bare_tree": (outdoors.bare_tree, 3),
    "conifer": (outdoors.conifer, 4),
    "shrub": (outdoors.shrub, 5),
    "hedge": (outdoors.hedge, 4),
    "leaves": (nearby.leaves, 7),
    "willow": (nearby.willow, 6),
    "ivy": (nearby.ivy_wall, 5),
    "grass": (outdoors.grass, 6),
    "palm": (nearby.palms, 2),
    "fern": (nearby.ferns, 3),
    "forest": (outdoors.forest, 3),
    "garden": (outdoors.garden, 5),
    "still": (outdoors.still, 8),
    **THINGS,
}


def built(seed: int, family: str | None = None, scale: float = 1.0) -> tuple[Stage, str]:
    """The stage of a number, ready to be photographed, and its family's name; `scale` enlarges the picture."""
    rng = np.random.default_rng([30240, seed])
    names = list(FAMILIES)
    shares = np.array([FAMILIES[n][1] for n in names], float)
    drawn = names[rng.choice(len(names), p=shares / shares.sum())]
    family = family or drawn
    st = Stage.random(rng, scale)
    FAMILIES[family][0](st)
    return st, family


def make(seed: int, family: str | None = None) -> dict[str, Any]:
    """Build and render the scene of a number: the same number, the same scene.

    Returns `picture` (H, W, 3) float32 linear, `part_index` (H, W) uint16, `family`, `seed`, and the parts' arrays as
    in `synth.scene.Parts`, each named parts_*.
    """
    st, family = built(seed, family)
    picture, index = st.render()
    parts, index = compact(st.rig.table(st.camera), index)
    made: dict[str, Any] = {"picture": picture, "part_index": index, "family": family, "seed": seed}
    return made | {"parts_" + name: value for name, value in parts.items()}
