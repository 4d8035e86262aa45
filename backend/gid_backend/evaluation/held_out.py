# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes for testing alone: numbers that no training set reaches, and families that a training may leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..synth.families import make_scene
from ..synth.scene import Scene, SceneError, load_scenes, save_scenes
from .splits import EvaluationError

__all__ = ["HELD_OUT_FAMILIES", "write_scenes"]

# Left out of a training (`gid train prior --without-family vines --without-family flag`) that is asked what it makes of
# things it never saw. Neither is what a development clip shows.
HELD_OUT_FAMILIES = ("vines", "flag")
# Drawn scenes count from here up, those of the held-out families from the second number.
FIRST_DRAWN, FIRST_UNSEEN = 9_000_000, 9_500_000
# Rendered scenes from here up are set aside.
FIRST_RENDERED = 5_900_000
SHARD = 64


def write_scenes(out: Path, *, count: int, unseen: int, rendered: Path | None = None) -> Iterator[int]:
    """Write the two synthetic splits: `count` scenes in `out`/synthetic, `unseen` of held-out families in `out`/unseen.

    Up to half of the first are rendered scenes, where `rendered` holds such that are set aside; the others are drawn.
    Shards that exist are kept, so it goes on where it was.

    Yields:
        How many more scenes are done.

    Raises:
        EvaluationError: when the folder holds other scenes.
    """
    taken = _set_aside(rendered, count // 2) if rendered is not None else []
    synthetic, held = out / "synthetic", out / "unseen"
    plan: list[tuple[Path, Sequence[int], str | None]] = []
    plan += [(synthetic, seeds, None) for seeds in _shards(FIRST_DRAWN, count - len(taken))]
    for index, family in enumerate(HELD_OUT_FAMILIES):
        share = unseen // len(HELD_OUT_FAMILIES) + (index < unseen % len(HELD_OUT_FAMILIES))
        plan += [(held, seeds, family) for seeds in _shards(FIRST_UNSEEN + 10_000 * index, share)]
    pieces = [taken[first : first + SHARD] for first in range(0, len(taken), SHARD)]
    wanted = {_name(folder, seeds[0], len(seeds)) for folder, seeds, _ in plan}
    wanted |= {_name(synthetic, piece[0].seed, len(piece)) for piece in pieces}
    others = {*synthetic.glob("*.npz"), *held.glob("*.npz")} - wanted
    if others:
        raise EvaluationError(
            f"“{out}” holds scenes of another split, {min(others).name} among them.",
            "Delete the folder, or choose another one.",
        )
    for piece in pieces:
        yield _save(_name(synthetic, piece[0].seed, len(piece)), piece)
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


def _set_aside(folder: Path, most: int) -> list[Scene]:
    """Up to `most` rendered scenes whose numbers are for testing."""
    found: list[Scene] = []
    for path in sorted(folder.glob("*.npz")):
        try:
            found += [scene for scene in load_scenes(path) if FIRST_RENDERED <= scene.seed < FIRST_DRAWN]
        except SceneError as error:
            raise EvaluationError(str(error)) from error
    found.sort(key=lambda scene: scene.seed)
    return found[:most]
