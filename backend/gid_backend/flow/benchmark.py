# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a search for flow does on pairs of pictures whose flow is known exactly.

The pairs are synthetic scenes in a wind, drawn in layers: what moves is splatted over a plate that shows another
scene, so it covers and uncovers things as it goes, and grain and JPEG come on top as in video.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch

from gid_blender.motion import SpectralVolume

from ..rendering.splatting import accumulate
from ..synth.families import make_scene
from ..synth.motion import spectral_volume
from .dense import FlowFromFirst
from .methods import METHODS, Search

__all__ = ["Pair", "Score", "compare", "known_pairs"]

WIDTH = 512
# A frame is drawn this much larger and shrunk, so that drawing it does not blur it as flow estimation would notice.
OVERSAMPLED = 2
FRAMES = (3, 12, 30, 75, 120)
# Pixels around a jump of the flow that count as its edge.
EDGE_REACH = 4
GRAIN, JPEG = 1.5, 85


@dataclass(frozen=True, eq=False)
class Pair:
    """Two pictures and what became of each pixel of the first.

    Attributes:
        first, second: (H, W) uint8.
        flow: (2, H, W) float32 pixels.
        visible: (H, W) bool, whether that place is still to be seen in the second.
        edge: (H, W) bool, near a jump of the flow.
        still: (H, W) bool, away from edges and without any motion.
    """

    first: npt.NDArray[np.uint8]
    second: npt.NDArray[np.uint8]
    flow: npt.NDArray[np.float32]
    visible: npt.NDArray[np.bool_]
    edge: npt.NDArray[np.bool_]
    still: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Score:
    """Mean end-point errors in pixels of a picture 512 wide, and the time for one flow.

    Attributes:
        method: its name.
        everywhere: over all places that stay visible.
        inside: where things move, away from edges.
        edges: within 4 pixels of a jump of the flow.
        still: where nothing moves.
        cleaned: as everywhere, but of `FlowFromFirst`, which checks and fills.
        outliers: share of visible places that are off by more than 1 pixel.
        seconds: median time of one processor core.
    """

    method: str
    everywhere: float
    inside: float
    edges: float
    still: float
    cleaned: float
    outliers: float
    seconds: float


def known_pairs(count: int, seed: int = 0, frames: Sequence[int] = FRAMES) -> Iterator[Pair]:
    """`count` scenes with one pair for each of `frames`, from frame 0 to that frame of a loop of 150.

    Scenes where nothing moves are passed over, as every method is right about them.
    """
    # Far from the seeds of any training set.
    number = 900_000_000 + 10_000 * seed
    made = 0
    while made < count:
        number += 1
        scene, plate = make_scene(number), make_scene(number + 5_000)
        if not scene.part_index.any():
            continue
        made += 1
        rng = np.random.default_rng(number)
        rows, columns = scene.part_index.shape
        size = (WIDTH, round(WIDTH * rows / columns))
        large = (size[0] * OVERSAMPLED, size[1] * OVERSAMPLED)
        index = cv2.resize(scene.part_index, large, interpolation=cv2.INTER_NEAREST)
        spectrum = spectral_volume((index, scene.parts), rng, height=large[1], width=large[0])
        volume = SpectralVolume(spectrum)
        picture = cv2.resize(scene.image, large, interpolation=cv2.INTER_CUBIC)
        behind = cv2.resize(plate.image, large, interpolation=cv2.INTER_CUBIC)
        # Brought to the picture's own colours, so that what is uncovered does not shine out.
        behind = np.clip((behind - behind.mean((0, 1))) * 0.7 + picture.mean((0, 1)), 0, 255).astype(np.uint8)
        moving = index > 0
        first = _filmed(picture, size, rng)
        for frame in frames:
            displacement = volume.displacement(frame).astype(np.float32) * large[0]
            second, visible = _drawn(picture, behind, displacement, moving)
            yield _pair(first, _filmed(second, size, rng), displacement, visible, size)


def compare(
    pairs: Sequence[Pair],
    methods: Sequence[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Score]:
    """Run every method over all pairs, each without any start; scores in the order of `methods`, all by default."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        scores = []
        for name in METHODS if methods is None else methods:
            if progress is not None:
                progress(name)
            scores.append(_score(name, METHODS[name](), pairs))
        return scores
    finally:
        cv2.setNumThreads(threads)


def _score(name: str, search: Search, pairs: Sequence[Pair]) -> Score:
    errors: dict[str, list[npt.NDArray[np.float32]]] = {
        "everywhere": [],
        "inside": [],
        "edges": [],
        "still": [],
        "cleaned": [],
    }
    seconds = []
    for pair in pairs:
        started = time.process_time()
        found = search.calc(pair.first, pair.second, None)
        seconds.append(time.process_time() - started)
        error = np.hypot(found[..., 0] - pair.flow[0], found[..., 1] - pair.flow[1])
        difference = FlowFromFirst(pair.first, method=name).to(pair.second) - pair.flow
        errors["cleaned"].append(np.hypot(*difference)[pair.visible])
        errors["everywhere"].append(error[pair.visible])
        errors["edges"].append(error[pair.visible & pair.edge])
        errors["still"].append(error[pair.visible & pair.still])
        errors["inside"].append(error[pair.visible & ~pair.edge & ~pair.still])
    joined = {key: np.concatenate(values) for key, values in errors.items()}
    means = {key: float(values.mean()) if values.size else float("nan") for key, values in joined.items()}
    outliers = float((joined["everywhere"] > 1.0).mean())
    return Score(name, **means, outliers=outliers, seconds=float(np.median(seconds)))


def _drawn(
    picture: npt.NDArray[np.uint8],
    behind: npt.NDArray[np.uint8],
    displacement: npt.NDArray[np.float32],
    moving: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """The frame, and which pixels of the picture are still to be seen in it."""
    rows, columns = moving.shape
    # What stands still is the back layer; where a moving thing stood, the plate shows once it has gone.
    back = np.where(moving[..., None], behind, picture).astype(np.float32)
    flow = torch.from_numpy(displacement)[None]
    size = np.sqrt((displacement**2).sum(axis=0))
    # Larger motion is nearer, as the paper has it: it covers what moves less.
    weight = np.where(moving, np.exp(np.minimum(size, 60.0) / 4.0), 0.0).astype(np.float32)
    front = np.concatenate([picture.astype(np.float32).transpose(2, 0, 1) * weight, weight[None], moving[None]])
    landed = accumulate(torch.from_numpy(front.astype(np.float32))[None], flow, (0, 0), (rows, columns))[0].numpy()
    colour = landed[:3] / np.maximum(landed[3], 1e-6)
    cover = np.clip(landed[4], 0.0, 1.0)[..., None]
    frame = colour.transpose(1, 2, 0) * cover + back * (1.0 - cover)
    visible = np.where(moving, True, cover[..., 0] < 0.5)
    y, x = np.indices(moving.shape, np.float32)
    x, y = x + displacement[0], y + displacement[1]
    visible &= (x >= 0) & (x <= columns - 1) & (y >= 0) & (y <= rows - 1)
    nearest = cv2.remap((landed[3] / np.maximum(landed[4], 1e-6)).astype(np.float32), x, y, cv2.INTER_LINEAR)
    # Behind another moving thing, when the place it went to is mostly of something nearer.
    visible &= ~moving | (weight > 0.5 * nearest)
    return np.clip(frame + 0.5, 0, 255).astype(np.uint8), visible


def _filmed(picture: npt.NDArray[np.uint8], size: tuple[int, int], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    small += rng.normal(0.0, GRAIN, small.shape)
    _, data = cv2.imencode(".jpg", np.clip(small, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, JPEG])
    return np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_RGB2GRAY), np.uint8)


def _pair(
    first: npt.NDArray[np.uint8],
    second: npt.NDArray[np.uint8],
    displacement: npt.NDArray[np.float32],
    visible: npt.NDArray[np.bool_],
    size: tuple[int, int],
) -> Pair:
    def small(field: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_AREA), np.float32)

    flow = np.stack([small(plane) for plane in displacement]) / np.float32(OVERSAMPLED)
    block = np.ones((3, 3), np.uint8)
    jump = max(float((cv2.dilate(p, block) - cv2.erode(p, block)).max()) for p in flow)
    steep = np.zeros(first.shape, np.uint8)
    if jump > 0:
        steep = np.maximum.reduce([cv2.dilate(p, block) - cv2.erode(p, block) for p in flow]) > 0.5
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * EDGE_REACH + 1,) * 2)
    edge = cv2.dilate(steep.astype(np.uint8), reach) > 0
    still = (np.abs(flow).max(axis=0) == 0) & ~edge
    return Pair(first, second, flow, small(visible.astype(np.float32)) > 0.99, edge, still)
