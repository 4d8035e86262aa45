# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how near upsampled motion comes to the exact motion of synthetic scenes; the table is in docs/rendering.md.

    python -m scripts.measure_upsampling SHARDS [FACTOR …]

SHARDS is a folder of scenes (`gid train scenes`). The motion of each is averaged over cells of FACTOR × FACTOR pixels
(4 and 8) and brought back. Printed are mean end-point errors in pixels: everywhere, within 5 pixels of a jump of the
motion, inside what moves, and where nothing moves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from gid_backend.rendering.guided import Guide
from gid_backend.synth import Scene, load_scenes, spectral_volume
from gid_blender.motion import SpectralVolume

TIMES = (20, 63, 111)
# A jump is a difference between neighbours of so much of the 90th percentile of what moves.
JUMP, REACH = 0.3, 5

Upsampling = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def interpolated(mode: str) -> Upsampling:
    return lambda motion, picture: functional.interpolate(motion, picture.shape[2:], mode=mode, align_corners=False)


def guided(motion: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
    guide = Guide(picture, (motion.shape[2], motion.shape[3]))
    return guide.rows(interpolated("bicubic")(motion, picture), guide.prepared(motion), 0, picture.shape[2])


WAYS: dict[str, Upsampling] = {
    "bilinear": interpolated("bilinear"),
    "bicubic": interpolated("bicubic"),
    "guided": guided,
}


def known(scene: Scene, number: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The motion (1, 2·times, H, W) in pixels and the picture (1, 3, H, W), cut to multiples of 8."""
    rows, columns = scene.part_index.shape
    spectrum = spectral_volume(scene, np.random.default_rng(1000 + number), height=rows, width=columns)
    volume = SpectralVolume(spectrum)
    motion = np.concatenate([volume.displacement(t) for t in TIMES]) * columns
    cut = np.s_[:, : rows // 8 * 8, : columns // 8 * 8]
    picture = np.moveaxis(scene.image, 2, 0).astype(np.float32) / 255
    return torch.from_numpy(motion[cut].astype(np.float32))[None], torch.from_numpy(picture[cut])[None]


def length(motion: torch.Tensor) -> torch.Tensor:
    """(H, W) mean over the times."""
    pairs = motion.unflatten(1, (-1, 2))[0]
    return torch.hypot(pairs[:, 0], pairs[:, 1]).mean(0)


def places(motion: torch.Tensor) -> list[torch.Tensor]:
    size = length(motion)
    spread = functional.max_pool2d(motion, 3, 1, 1) + functional.max_pool2d(-motion, 3, 1, 1)
    jump = length(spread) > JUMP * torch.quantile(size[size > 0], 0.9)
    near = functional.max_pool2d(jump[None, None].float(), 2 * REACH + 1, 1, REACH)[0, 0] > 0
    return [torch.ones_like(near), near, ~near & (size > 0), ~near & (size == 0)]


def main() -> int:
    scenes = [known(s, i) for i, s in enumerate(load_scenes(sys.argv[1])) if s.part_index.any()]
    for factor in map(int, sys.argv[2:] or ("4", "8")):
        for name, way in WAYS.items():
            errors = []
            for motion, picture in scenes:
                off = length(way(functional.avg_pool2d(motion, factor), picture) - motion)
                errors.append([float(off[where].mean()) for where in places(motion)])
            print(f"{factor}× {name:9}", *(f"{e:.4f}" for e in np.nanmean(errors, axis=0)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
