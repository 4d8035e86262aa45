# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes for testing alone: numbers that no training set reaches, and families that a training may leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..synth.families import FAMILIES, make_scene
from ..synth.scene import Scene, SceneError, load_scenes, save_scenes
from .splits import EvaluationError

__all__ = ["HELD_OUT_FAMILIES", "write_scenes"]

# Hanging branches and flags, as they are called among the drawn and the rendered scenes. A training may leave them out
# (`--without-family`), to be asked what it makes of things it never saw. No development clip shows any of them.
HELD_OUT_FAMILIES = ("vines", "willow", "flag", "bunting")
# Drawn scenes count from here up, those of the held-out families from the second number.
FIRST_DRAWN, FIRST_UNSEEN = 9_000_000, 9_500_000
# Rendered scenes that are set aside: all of `gid train scenes --rendered --seed 58`, and the last of seed 5.
RENDERED = (range(5_900_000, 6_000_000), range(58_000_000, 59_000_000))
SHARD = 64


def write_scenes(out: Path, *, count: int, unseen: int, rendered: Path | None = None) -> Iterator[int]:
    """Write the two synthetic splits: `count` scenes in `out`/synthetic, `unseen` of held-out families in `out`/unseen.

    Up to half of each are rendered scenes, where `rendered` holds such that are set aside; the others are drawn.
    Shards that exist are kept, so it goes on where it was.

    Yields:
        How many more scenes are done.

    Raises:
        EvaluationError: when the folder holds other scenes.
    """
    synthetic, held = out / "synthetic", out / "unseen"
    aside = _set_aside(rendered) if rendered is not None else []
    taken = aside[: count // 2]
    kept = [(synthetic, taken[first : first + SHARD]) for first in range(0, len(taken), SHARD)]
    plan: list[tuple[Path, Sequence[int], str | None]] = []
    plan += [(synthetic, seeds, None) for seeds in _shards(FIRST_DRAWN, count - len(taken))]
    taken = [scene for scene in aside if scene.family in HELD_OUT_FAMILIES][: unseen // 2]
    kept += [(held, taken[first : first + SHARD]) for first in range(0, len(taken), SHARD)]
    drawn = [family for family in HELD_OUT_FAMILIES if family in FAMILIES]
    for index, family in enumerate(drawn):
        share, rest = divmod(unseen - len(taken), len(drawn))
        plan += [(held, seeds, family) for seeds in _shards(FIRST_UNSEEN + 10_000 * index, share + (index < rest))]
    wanted = {_name(folder, seeds[0], len(seeds)) for folder, seeds, _ in plan}
    wanted |= {_name(folder, piece[0].seed, len(piece)) for folder, piece in kept}
    others = {*synthetic.glob("*.npz"), *held.glob("*.npz")} - wanted
    if others:
        raise EvaluationError(
            f"“{out}” holds scenes of another split, {min(others).name} among them.",
            "Delete the folder, or choose another one.",
        )
    for folder, piece in kept:
        yield _save(_name(folder, piece[0].seed, len(piece)), piece)
    for folder, seeds, name in plan:
        path = _name(folder, seeds[0], len(seeds))
        yield len(seeds) if path.exists() else _save(path, [make_scene(seed, family=name) for seed in seeds])


def _shards(first: int, count: int) -> list[range]:
    return [range(start, min(start + SHARD, first + count)) for start in range(first, first + count, SHARD)]


def _name(folder: Path, seed: int, count: int) -> Path:
    return folder / f"scenes-{seed:09d}-{count:03d}.npz"


def _save(path: Path, scenes: Sequence[Scene]) -> int:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        save_scenes(path, scenes)
    return len(scenes)


def _set_aside(folder: Path) -> list[Scene]:
    """The rendered scenes whose numbers are for testing, in their order."""
    found: list[Scene] = []
    for path in sorted(folder.glob("*.npz")):
        try:
            found += [scene for scene in load_scenes(path) if any(scene.seed in numbers for numbers in RENDERED)]
        except SceneError as error:
            raise EvaluationError(str(error)) from error
    return sorted(found, key=lambda scene: scene.seed)
