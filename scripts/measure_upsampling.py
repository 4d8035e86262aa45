# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how near upsampled motion comes to the exact motion of synthetic scenes; the table is in docs/rendering.md.

    python -m scripts.measure_upsampling SHARDS [FACTOR …]

SHARDS is a folder of scenes (`gid train scenes`). The motion of each is averaged over cells of FACTOR × FACTOR pixels
(4 and 8) and brought back. Printed are mean end-point errors in pixels: everywhere, within 5 pixels of a jump of the
motion, inside what moves, and where nothing moves; and in how many scenes the whole is over 1 % worse than bicubic.
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


def cells_around(values: torch.Tensor, side: int, size: torch.Size) -> torch.Tensor:
    """(1, C, side², H, W): of the cells around the one that each pixel lies in."""
    held = functional.pad(values, [side // 2] * 4, mode="replicate")
    rows, columns = values.shape[2:]
    shifted = [held[:, :, i : i + rows, j : j + columns] for i in range(side) for j in range(side)]
    return torch.stack([functional.interpolate(one, size, mode="nearest") for one in shifted], dim=2)


def joint_bilateral(side: int, colour: float, corrections: int = 0) -> Upsampling:
    """Cells weighed by their distance in cells and in colour (Kopf et al. 2007, Equation 2)."""

    def way(motion: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
        size, grid = picture.shape[2:], motion.shape[2:]
        near = cells_around(functional.adaptive_avg_pool2d(picture, grid), side, size)
        unlike = (near - picture[:, :, None]).square().sum(dim=1, keepdim=True)
        offsets = torch.arange(side) - side // 2
        across, down = (
            (torch.arange(n) + 0.5) * cells / n - torch.floor((torch.arange(n) + 0.5) * cells / n) - 0.5
            for n, cells in ((size[1], grid[1]), (size[0], grid[0]))
        )
        far = (offsets[:, None] - down).square()[:, None, :, None] + (offsets[:, None] - across).square()[None, :, None]
        weight = torch.exp(-far.flatten(0, 1) / 2 - unlike / (2 * colour**2))

        def upsampled(coarse: torch.Tensor) -> torch.Tensor:
            return (cells_around(coarse, side, size) * weight).sum(dim=2) / weight.sum(dim=2).clamp(min=1e-20)

        found = upsampled(motion)
        for _ in range(corrections):
            # So that the means over cells are again what was given.
            found = found + upsampled(motion - functional.adaptive_avg_pool2d(found, grid))
        return found

    return way


def guided_filter(side: int, noise: float) -> Upsampling:
    """Motion as a linear function of brightness in windows of cells (He, Sun 2015, fast guided filter)."""

    def way(motion: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
        def mean(values: torch.Tensor) -> torch.Tensor:
            return functional.avg_pool2d(values, side, 1, side // 2, count_include_pad=False)

        bright = picture.mean(dim=1, keepdim=True)
        coarse = functional.adaptive_avg_pool2d(bright, motion.shape[2:])
        slope = (mean(coarse * motion) - mean(coarse) * mean(motion)) / (mean(coarse**2) - mean(coarse) ** 2 + noise)
        offset = mean(motion) - slope * mean(coarse)
        smooth = interpolated("bilinear")
        return smooth(mean(slope), picture) * bright + smooth(mean(offset), picture)

    return way


WAYS: dict[str, Upsampling] = {
    # First, since the others are counted against it.
    "bicubic": interpolated("bicubic"),
    "bilinear": interpolated("bilinear"),
    "guided filter, 3 × 3": guided_filter(3, 1e-3),
    "joint bilateral, 3 × 3": joint_bilateral(3, 0.05),
    "joint bilateral, 5 × 5, two corrections": joint_bilateral(5, 0.1, 2),
    "ours": guided,
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
        plain = np.array([])
        for name, way in WAYS.items():
            errors = []
            for motion, picture in scenes:
                off = length(way(functional.avg_pool2d(motion, factor), picture) - motion)
                errors.append([float(off[where].mean()) for where in places(motion)])
            whole = np.array(errors)[:, 0]
            plain = plain if plain.size else whole
            worse = int((whole > 1.01 * plain).sum())
            means = " | ".join(f"{e:.4f}" for e in np.nanmean(errors, axis=0))
            print(f"| {factor}× {name} | {means} | {worse} of {len(scenes)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
