# SPDX-License-Identifier: GPL-3.0-or-later
"""Endless batches of pictures with their motion: published loops and synthetic scenes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from gid_blender.motion import load, save

from ..diffusion.normalization import to_channels
from ..flow.extract import extract_motion
from ..models.config import PriorConfig
from ..synth.motion import spectral_volume
from ..synth.scene import Scene, load_scenes
from .augment import view
from .stream import Stream

__all__ = ["DEVELOPMENT_LOOPS", "Loop", "MotionBatches", "load_loops", "loader", "read_scenes"]

# Never trained on: what every evaluation of a prior in this project is measured against.
DEVELOPMENT_LOOPS = ("autumn_tree", "pink_rose", "hanging_gloves", "ivy_wall")
# Views that a batch may have, as width / height.
ASPECTS = (1.6, 16 / 9, 4 / 3, 1.0, 0.75, 0.625)
ASPECT_ODDS = (0.35, 0.25, 0.15, 0.1, 0.1, 0.05)


@dataclass(frozen=True)
class Loop:
    """A clip reduced to its first frame and its measured motion.

    Attributes:
        name: of the clip.
        image: (H, W, 3) uint8, the first frame.
        spectrum: (K, 2, h, w) complex64, fractions of the width.
    """

    name: str
    image: npt.NDArray[np.uint8]
    spectrum: npt.NDArray[np.complex64]


def load_loops(folder: Path, cache: Path, bands: int) -> list[Loop]:
    """Measure the motion of all clips of a folder, keeping each result in `cache`.

    Clips that cannot be read are left out and named in a warning.

    Args:
        folder: of `.mp4` files.
        cache: folder for extracted volumes, made when missing.
        bands: K.

    Raises:
        GidError: when the folder holds no clip at all.
    """
    from rich.console import Console

    from ..errors import GidError
    from ..video import read_video

    clips = sorted(folder.glob("*.mp4"))
    if not clips:
        raise GidError(f"There are no .mp4 clips in “{folder}”.", "Give the folder that holds them.")
    cache.mkdir(parents=True, exist_ok=True)
    loops: list[Loop] = []
    for clip in clips:
        digest = hashlib.sha256(clip.read_bytes()).hexdigest()[:16]
        kept = cache / f"{clip.stem}-{digest}-{bands}.npz"
        try:
            if not kept.exists():
                save(extract_motion(clip, bands=bands, width=512), kept, compress=False)
            volume = load(kept)
            # The picture's own aspect: `view` maps both of its axes by one factor.
            volume = volume.resampled(round(256 * volume.height / volume.width), 256)
            loops.append(Loop(clip.stem, next(iter(read_video(clip)))[1], volume.spectrum))
        except GidError as error:
            Console(stderr=True).print(f"[yellow]Left out {clip.name}: {error.message}")
    return loops


class MotionBatches(Stream):
    """Whole batches, all pictures of one batch in one aspect.

    Each item is {"image": (B, 3, H, W) float in 0..1, "slices": (B, n, 4, H, W) float in fractions of the
    width, "bands": (B, n) int64}, with n = K in order when `slices_per_picture` is None, else n random bands.
    """

    def __init__(
        self,
        config: PriorConfig,
        scenes: Sequence[Scene],
        loops: Sequence[Loop],
        *,
        batch: int,
        loop_share: float,
        slices_per_picture: int | None,
        seed: int,
        windows: int = 1,
    ) -> None:
        super().__init__(seed)
        if not scenes and not loops:
            raise ValueError("There is nothing to train on: neither scenes nor loops were found.")
        self.config, self.scenes, self.loops = config, scenes, loops
        self.batch, self.slices, self.windows = batch, slices_per_picture, windows
        self.loop_share = 1.0 if not scenes else (0.0 if not loops else loop_share)

    def draw(self, rng: np.random.Generator) -> dict[str, Tensor]:
        height, width = self.config.grid(1000, int(1000 * rng.choice(ASPECTS, p=ASPECT_ODDS)))
        items = [self._item(rng, height, width) for _ in range(self.batch)]
        return {key: torch.stack([item[key] for item in items]) for key in items[0]}

    def _item(self, rng: np.random.Generator, height: int, width: int) -> dict[str, Tensor]:
        if rng.random() < self.loop_share:
            loop = self.loops[int(rng.integers(len(self.loops)))]
            image, spectrum, smallest = loop.image, loop.spectrum, 0.6
        else:
            scene = self.scenes[int(rng.integers(len(self.scenes)))]
            image, smallest = scene.image, 0.75
            rows, columns = scene.part_index.shape
            spectrum = spectral_volume(
                scene,
                rng,
                height=rows,
                width=columns,
                bands=self.config.bands,
                frames=self.config.frames,
                fps=self.config.fps,
                windows=self.windows,
            )
        picture, motion = view(
            image, spectrum, rng, height=height, width=width, smallest=smallest, anytime=self.windows == 1
        )
        bands = np.arange(self.config.bands)
        if self.slices is not None:
            bands = rng.choice(bands, self.slices, replace=False)
        return {
            "image": torch.from_numpy(picture).permute(2, 0, 1).float() / 255.0,
            "slices": to_channels(torch.from_numpy(np.ascontiguousarray(motion[bands]))),
            "bands": torch.from_numpy(bands),
        }


def loader(batches: Stream, workers: int) -> DataLoader[dict[str, Any]]:
    """A loader that keeps `workers` processes a few batches ahead."""
    return DataLoader(
        batches,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=3 if workers else None,
        # The scenes are shared by forking; a spawned process would load them again.
        multiprocessing_context="fork" if workers else None,
    )


def read_scenes(folder: Path | None) -> list[Scene]:
    """All scenes of a folder of shards, or none."""
    return [] if folder is None else list(load_scenes(folder))
