# SPDX-License-Identifier: GPL-3.0-or-later
"""What predictions are measured against: clips and scenes that no training sees, each with its true motion."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume

from ..errors import GidError
from ..synth.motion import spectral_volume
from ..synth.scene import Scene, SceneError, load_scenes
from ..training.data import DEVELOPMENT_LOOPS, Loop, load_loops
from ..video import read_video
from .smoothness import things_of

__all__ = ["SPLITS", "Case", "EvaluationError", "clip_frames", "loop_cases", "scene_case", "scene_cases"]

SPLITS = ("loops", "synthetic", "unseen")
BANDS = 16


class EvaluationError(GidError):
    """There is nothing to evaluate, or nothing to evaluate it against."""


@dataclass(frozen=True, eq=False)
class Case:
    """One picture and how it truly moves.

    Attributes:
        name: of the clip, or family and number of the scene.
        group: what it shows; figures are listed by group as well.
        image: (H, W, 3) uint8.
        motion: computes the reference; kept lazy, for hundreds of volumes do not fit into memory.
        things: (h, w) int32 on the reference's grid, what moves as one (see `smoothness`), or None where unknown.
        clip: the video itself, or None.
        scene: the scene, or None.
    """

    name: str
    group: str
    image: npt.NDArray[np.uint8]
    motion: Callable[[], SpectralVolume] = field(repr=False)
    things: npt.NDArray[np.int32] | None = field(default=None, repr=False)
    clip: Path | None = None
    scene: Scene | None = field(default=None, repr=False)

    @cached_property
    def key(self) -> str:
        """Names the picture and its reference by their content, so that a cached result is never of another."""
        digest = hashlib.sha256(self.image.tobytes())
        digest.update(self.motion().spectrum.tobytes())
        return f"{self.name}-{digest.hexdigest()[:12]}"


def loop_cases(folder: Path, cache: Path, names: Sequence[str] = DEVELOPMENT_LOOPS) -> list[Case]:
    """The development clips of a folder.

    Args:
        folder: of `.mp4` files.
        cache: where measured motion is kept.
        names: of the clips, without suffix.

    Raises:
        EvaluationError: when none of them is there.
    """
    if not any(folder.glob("*.mp4")):
        raise EvaluationError(
            f"There are no .mp4 clips in “{folder}”.", "Name the folder that holds the development clips."
        )
    loops = {loop.name: loop for loop in load_loops(folder, cache, BANDS)}
    found = [name for name in names if name in loops]
    if not found:
        raise EvaluationError(
            f"None of the development clips ({', '.join(names)}) is in “{folder}”.",
            "Name the folder that holds them; clips of training are no test.",
        )
    return [_loop_case(loops[name], folder / f"{name}.mp4") for name in found]


def _loop_case(loop: Loop, clip: Path) -> Case:
    return Case(loop.name, loop.name, loop.image, lambda: SpectralVolume(loop.spectrum), clip=clip)


def clip_frames(clip: Path, times: Sequence[float], frames: int) -> list[npt.NDArray[np.uint8]]:
    """The frames of a clip at times of a period of `frames` frames, whatever the clip's own length."""
    pictures = [picture for _, picture in read_video(clip)]
    return [pictures[int(time / frames * len(pictures)) % len(pictures)] for time in times]


def scene_cases(folder: Path, count: int | None = None) -> list[Case]:
    """Scenes of a folder (see `held_out`), each in one wind that its number decides.

    Args:
        folder: of shards.
        count: as many, spread evenly over the folder; None takes all.

    Raises:
        EvaluationError: when the folder holds no scenes, or a damaged shard.
    """
    try:
        scenes = list(load_scenes(folder)) if folder.is_dir() else []
    except SceneError as error:
        raise EvaluationError(str(error)) from error
    if not scenes:
        raise EvaluationError(
            f"There are no test scenes in “{folder}”, so there is no reference to compare with.",
            "Make them with: gid evaluate scenes",
        )
    if count is not None and count < len(scenes):
        scenes = [scenes[i] for i in np.linspace(0, len(scenes) - 1, count).round().astype(int)]
    return [scene_case(scene) for scene in scenes]


def scene_case(scene: Scene) -> Case:
    """A scene in the wind that its number decides."""
    rows, columns = scene.part_index.shape

    def motion() -> SpectralVolume:
        return SpectralVolume(
            spectral_volume(scene, np.random.default_rng([scene.seed, 1]), height=rows, width=columns, bands=BANDS)
        )

    things = things_of(scene.part_index, scene.parts)
    return Case(f"{scene.family}-{scene.seed}", scene.family, scene.image, motion, things, scene=scene)
