# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of frames from real clips, their flow estimated: the first frame, and what it becomes."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from ...atomic import replacing
from ...flow import FlowFromFirst
from ...flow.methods import DEFAULT_METHOD
from ...rendering.frame_pair import FramePair
from ...rendering.splatting import splat
from ...training.data import DEVELOPMENT_LOOPS
from ...video import read_video
from ..splits import EvaluationError

__all__ = ["RUN", "STRIDE", "clip_pairs"]

# Every so many frames is measured; in the middle this many in a row, for flicker.
STRIDE, RUN = 10, 12

Watcher = Callable[[str, int, int], None]
# (n, 2, H, W) flows in pixels, (n, H, W) what is known as in `FramePair`, (H, W) strength in pixels.
Motion = tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.float32]]


def clip_pairs(
    folder: Path, cache: Path, watch: Watcher, names: Sequence[str] = DEVELOPMENT_LOOPS
) -> dict[str, list[FramePair]]:
    """The development clips of a folder: pairs by clip, in the order of the frames; named CLIP_FRAME.

    Args:
        folder: of `.mp4` files.
        cache: where flows are kept; measuring them takes about a minute for a clip.
        watch: told (what, done, total) after each clip.
        names: of the clips, without suffix.

    Raises:
        EvaluationError: when none of them is there.
        ImageError: when one cannot be read.
    """
    found = [folder / f"{name}.mp4" for name in names if (folder / f"{name}.mp4").exists()]
    if not found:
        raise EvaluationError(
            f"None of the development clips ({', '.join(names)}) is in “{folder}”.",
            "Name the folder that holds them; clips of training are no test.",
        )
    pairs = {}
    for index, clip in enumerate(found):
        pairs[clip.stem] = _pairs(clip, cache)
        watch("flow of clips", index + 1, len(found))
    return pairs


def _pairs(clip: Path, cache: Path) -> list[FramePair]:
    frames = [frame for _, frame in read_video(clip)]
    middle = max((len(frames) - RUN) // 2, 1)
    chosen = sorted({*range(STRIDE, len(frames), STRIDE), *range(middle, min(middle + RUN, len(frames)))})
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()[:12]
    path = cache / f"{clip.stem}-{digest}-{DEFAULT_METHOD}.npz"
    flows, known, strength = _kept(path, chosen) or _measured(frames, chosen, path)
    return [
        FramePair(f"{clip.stem}_{number:03d}", frames[0], frames[number], flow, strength, known=sure)
        for number, flow, sure in zip(chosen, flows, known, strict=True)
    ]


def _measured(frames: Sequence[npt.NDArray[np.uint8]], chosen: Sequence[int], path: Path) -> Motion:
    """Flows, what is known, and strength, kept for the next time."""
    tracker = FlowFromFirst(frames[0])
    shape = (2, *frames[0].shape[:2])
    total, squares = np.zeros(shape), np.zeros(shape)
    flows, known = [], []
    # Through every frame: each search starts from the one before.
    for number, frame in enumerate(frames):
        flow = tracker.to(frame)
        total += flow
        squares += np.square(flow, dtype=np.float64)
        if number in chosen:
            flows.append(flow)
            known.append(_arrived(flow, tracker.confidence))
    count = len(frames)
    strength = np.sqrt(np.maximum(squares / count - (total / count) ** 2, 0).sum(axis=0)).astype(np.float32)
    kept = np.stack(flows).astype(np.float16)
    with replacing(path) as temporary:
        np.savez(temporary, chosen=np.array(chosen), flows=kept, known=np.stack(known), strength=strength)
    # As it will be read next time, so that figures do not depend on which time it is.
    return kept.astype(np.float32), np.stack(known), strength


def _arrived(flow: npt.NDArray[np.float32], confidence: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """(H, W), the pixels of the frame at which something arrived whose flow passed its check."""
    there, coverage = splat(torch.from_numpy(confidence)[None, None], torch.from_numpy(flow)[None], mode="average")
    return np.asarray(((there > 0.5) & (coverage > 0.5))[0, 0].numpy())


def _kept(path: Path, chosen: Sequence[int]) -> Motion | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            if list(file["chosen"]) != list(chosen):
                return None
            return file["flows"].astype(np.float32), file["known"], file["strength"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
