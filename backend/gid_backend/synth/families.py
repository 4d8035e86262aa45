# SPDX-License-Identifier: GPL-3.0-or-later
"""All families of pictures, how often each is drawn, and the way from a number to a scene."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from . import backdrop, blooms, camera, fixtures, outdoors, things
from .scene import Scene
from .stage import Stage

__all__ = ["FAMILIES", "make_scene"]

# Name: (what draws it, how often).
FAMILIES: dict[str, tuple[Callable[[Stage], None], float]] = {
    "broadleaf": (outdoors.broadleaf, 8),
    "bare_tree": (outdoors.bare_tree, 3),
    "conifer": (outdoors.conifers, 4),
    "shrub": (outdoors.shrubs, 5),
    "hedge": (outdoors.hedge, 4),
    "leaves": (outdoors.close_leaves, 6),
    "ivy": (outdoors.ivy, 4),
    "vines": (outdoors.vines, 5),
    "palm": (outdoors.palms, 2),
    "fern": (outdoors.ferns, 2),
    "grass": (outdoors.grass, 6),
    "flower_field": (blooms.flower_field, 6),
    "flower": (blooms.flower, 13),
    "blossom": (blooms.blossoms, 5),
    "lilies": (blooms.lilies, 4),
    "lanterns": (things.lanterns, 5),
    "ornaments": (things.ornaments, 3),
    "fruit": (blooms.fruit, 4),
    "line": (things.on_a_line, 4),
    "laundry": (things.laundry, 5),
    "curtain": (things.curtains, 3),
    "flag": (things.flags, 3),
    "candles": (things.candles, 4),
    "potted": (blooms.potted, 4),
    "forest": (outdoors.forest, 4),
    "sleeper": (things.sleepers, 2),
    "swing": (things.swings, 2),
    "garden": (outdoors.garden, 6),
    "still": (things.still, 11),
}


# Families that may stand before a soft, still scene of another, and the scenes that may be behind them.
BEFORE = (
    "broadleaf bare_tree conifer shrub leaves vines palm fern grass flower_field flower blossom fruit potted lanterns "
    "ornaments line laundry flag swing"
).split()
BEHIND = (
    "broadleaf",
    "conifer",
    "shrub",
    "hedge",
    "leaves",
    "grass",
    "flower_field",
    "forest",
    "garden",
    "blossom",
    "fern",
)


def make_scene(seed: int, *, family: str | None = None, worlds: list[npt.NDArray[np.uint8]] | None = None) -> Scene:
    """Draw the scene of a number: the same number, the same scene."""
    rng = np.random.default_rng([20240, seed])
    names = list(FAMILIES)
    shares = np.array([FAMILIES[n][1] for n in names])
    drawn = names[rng.choice(len(names), p=shares / shares.sum())]
    family = family or drawn
    st = Stage.random(rng, worlds)
    if family in BEFORE and st.chance(0.3):
        # Half of the time more of the same: a tree before its wood.
        far = family if family in BEHIND and st.chance(0.5) else BEHIND[rng.integers(len(BEHIND))]
        backdrop.depth_of_field(st, FAMILIES[far][0])
    FAMILIES[family][0](st)
    if st.chance(0.08) and family != "candles":
        fixtures.obstacle(st)
    image, index = camera.photograph(st)
    return Scene(image, index, st.rig.parts(), family, seed)
