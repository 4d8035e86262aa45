# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures which temperature the order of covering should have; the table is in docs/rendering.md.

    python -m scripts.measure_temperature PAIRS …

Each PAIRS is a folder of pairs of frames with the flow between them (`gid train pairs`), of which every twelfth is
taken. For a splat of colours and for our renderer without its network, printed are mean PSNR in dB against the frame
that was really there: over what was landed on, over the 30 % of it that moves most, and over what came from beside a
jump of the motion, where things cover each other. Importance has a root mean square of 1 over the picture.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from gid_backend.renderer import MotionRenderer, RenderSettings
from gid_backend.rendering.frame_pair import FramePair
from gid_backend.rendering.pair_files import PairFolder
from gid_backend.rendering.splatting import splat

TEMPERATURES = (0, 1, 2, 4, 6, 8, 12, 20, 50, 1000)
EVERY, FASTEST = 12, 0.7
# A jump is a difference between neighbours of so many pixels; beside it means within so many.
JUMP, REACH = 1.0, 4


def places(pair: FramePair, landed: np.ndarray) -> list[np.ndarray]:
    """Masks (H, W) of the target."""
    seen = landed.copy()
    if pair.known is not None:
        seen &= pair.known
    if pair.uncovered is not None:
        seen &= ~pair.uncovered
    flow, strength = torch.from_numpy(pair.flow)[None], torch.from_numpy(pair.strength)[None, None]
    arrived = splat(torch.cat([strength, jumps(flow)], dim=1), flow)[0][0].numpy()
    moving = arrived[0] >= np.quantile(arrived[0][seen], FASTEST)
    return [seen, seen & moving, seen & (arrived[1] > 0.1)]


def jumps(flow: torch.Tensor) -> torch.Tensor:
    """(1, 1, H, W): 1 within `REACH` pixels of a jump of the motion."""
    spread = functional.max_pool2d(flow, 3, 1, 1) + functional.max_pool2d(-flow, 3, 1, 1)
    jump = (spread.norm(dim=1, keepdim=True) > JUMP).float()
    return functional.max_pool2d(jump, 2 * REACH + 1, 1, REACH)


def splatted(pair: FramePair, temperature: float) -> np.ndarray:
    """(H, W, 3) of 0..1: the source's colours, each where it goes."""
    colours = torch.from_numpy(np.moveaxis(pair.source, 2, 0).astype(np.float32) / 255)[None]
    importance = torch.from_numpy(pair.strength / max(np.sqrt(np.mean(pair.strength**2)), 1e-6))[None, None]
    frame, _ = splat(colours, torch.from_numpy(pair.flow)[None], importance, temperature=temperature)
    return np.moveaxis(frame[0].numpy(), 0, 2)


def rendered(pair: FramePair, temperature: float) -> np.ndarray:
    """The same by our renderer."""
    renderer = MotionRenderer(torch.device("cpu"), RenderSettings(depth=temperature, repair=False))
    width = np.float32(pair.source.shape[1])
    frame = renderer.render(pair.source, pair.flow / width, pair.strength / width)
    return np.asarray(frame, np.float32) / 255


def levels(pair: FramePair) -> np.ndarray:
    """(ways, temperatures, places) PSNR in dB; NaN where there are no such places."""
    target = pair.target.astype(np.float32) / 255
    ones = torch.ones(1, 1, *pair.strength.shape)
    where = places(pair, (splat(ones, torch.from_numpy(pair.flow)[None])[1] > 0.5)[0, 0].numpy())
    found = []
    for way in (splatted, rendered):
        squares = [np.square(way(pair, float(t)) - target).mean(axis=2) for t in TEMPERATURES]
        found.append([[square[mask].mean() if mask.any() else np.nan for mask in where] for square in squares])
    return np.asarray(-10 * np.log10(np.maximum(found, 1e-7)))


def main() -> int:
    for folder in sys.argv[1:]:
        pairs = PairFolder(Path(folder))
        measured = np.stack([levels(pairs[i]) for i in range(0, len(pairs), EVERY)])
        print(f"{Path(folder).name}: {len(measured)} pairs; colours splatted, then ours")
        for temperature, row in zip(TEMPERATURES, np.nanmean(measured, axis=0).swapaxes(0, 1), strict=True):
            print(f"| {temperature} |", " | ".join(" / ".join(f"{value:.2f}" for value in way) for way in row), "|")
    return 0


if __name__ == "__main__":
    sys.exit(main())
