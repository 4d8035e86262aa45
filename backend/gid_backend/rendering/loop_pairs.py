# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of frames out of looping clips, with the flow between them as it was measured and where it can be believed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import GidError
from ..flow.dense import FlowFromFirst
from ..video import read_video
from .frame_pair import FramePair
from .pair_files import save_pairs

__all__ = ["STARTS", "STEPS", "known_places", "loop_pairs", "save_loop_pairs"]

# Shares of the loop: where the rest frame is, and how far on the other. Early ones have moved little, far ones much.
STARTS = (0.0, 0.27, 0.5, 0.73)
STEPS = (0.013, 0.04, 0.1, 0.25, 0.5, 0.77)
WIDTH = 512
# Frames of a clip from which one is tracked for its strength: motion has hardly anything above 5 Hz.
STRIDE = 4
LEAST = 24
# Pixels that the ways there and back may disagree by, and the share of their length besides.
TOLERANCE, SHARE = 0.7, 0.1

Frame = npt.NDArray[np.uint8]


def loop_pairs(
    folder: Path,
    names: Sequence[str] | None = None,
    starts: Sequence[float] = STARTS,
    steps: Sequence[float] = STEPS,
) -> Iterator[FramePair]:
    """Measure pairs of frames of the clips of a folder.

    Source is the frame at each of `starts`, target the one that many `steps` later, around the end if need be. Of a
    pair's `uncovered` nothing is known; `known` are the pixels of the target from which the flow back to the source
    and that from there return to within a pixel.

    Args:
        folder: of seamlessly looping `.mp4` files. What is wider than 512 pixels is shrunk to it.
        names: of the files, without `.mp4`; all when None.
        starts: shares of the loop's length, 0..1.
        steps: likewise, above 0.

    Raises:
        GidError: when a clip is missing, cannot be read, or is too short.
    """
    for clip in clips(folder, names):
        frames = _frames(clip)
        for start in starts:
            yield from _from(frames, clip.stem, round(start * len(frames)), steps)


def save_loop_pairs(
    out: Path,
    folder: Path,
    names: Sequence[str] | None = None,
    starts: Sequence[float] = STARTS,
    steps: Sequence[float] = STEPS,
) -> Iterator[int]:
    """Measure the same and keep it in shards, one for each clip and start; yields how many more pairs are there.

    Shards that exist are kept, so an interrupted run goes on where it was.
    """
    out.mkdir(parents=True, exist_ok=True)
    for clip in clips(folder, names):
        frames: list[Frame] = []
        for number, start in enumerate(starts):
            path = out / f"{clip.stem}-{number}.npz"
            if not path.exists():
                frames = frames or _frames(clip)
                save_pairs(path, list(_from(frames, clip.stem, round(start * len(frames)), steps)))
            yield len(steps)


def clips(folder: Path, names: Sequence[str] | None = None) -> list[Path]:
    """The clips of a folder, by their names."""
    found = {path.stem: path for path in sorted(folder.glob("*.mp4"))}
    if not found:
        raise GidError(f"There are no .mp4 clips in “{folder}”.", "Give the folder that holds them.")
    missing = [name for name in names or () if name not in found]
    if missing:
        raise GidError(f"“{folder}” has no clip {missing[0]}.mp4.")
    return [found[name] for name in (names if names is not None else found)]


def known_places(flow: npt.NDArray[np.float32], back: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """(H, W) the pixels of the target from which one gets to the source and back again, and inside the picture.

    Args:
        flow: (2, H, W) from the source to the target, pixels.
        back: (2, H, W) from the target to the source.
    """
    rows, columns = flow.shape[1:]
    y, x = np.indices((rows, columns), np.float32)
    x, y = x + back[0], y + back[1]
    there = [cv2.remap(f, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for f in flow]
    gap = np.hypot(back[0] + there[0], back[1] + there[1])
    inside = (x > -0.5) & (y > -0.5) & (x < columns - 0.5) & (y < rows - 0.5)
    return np.asarray(inside & (gap < TOLERANCE + SHARE * np.hypot(*back)))


def _from(frames: list[Frame], name: str, start: int, steps: Sequence[float]) -> Iterator[FramePair]:
    count = len(frames)
    targets = {max(1, round(step * count)) % count for step in steps}
    regular = set(range(0, count, STRIDE))
    source = frames[start % count]
    tracker = FlowFromFirst(source)
    flows = {step: tracker.to(frames[(start + step) % count]) for step in sorted(targets | regular)}
    strength = np.sqrt(np.stack([flows[step] for step in regular]).var(0).sum(0))
    for step in sorted(targets):
        target = frames[(start + step) % count]
        known = known_places(flows[step], FlowFromFirst(target).to(source))
        place = f"{name} {start % count}+{step}"
        yield FramePair(place, source, target, flows[step], strength.astype(np.float32), None, known)


def _frames(clip: Path) -> list[Frame]:
    frames = [_shrunk(frame) for _, frame in itertools.islice(read_video(clip), 1000)]
    if len(frames) < LEAST:
        raise GidError(f"“{clip}” has {len(frames)} frames; pairs of frames take at least {LEAST}.")
    return frames


def _shrunk(frame: Frame) -> Frame:
    rows, columns = frame.shape[:2]
    if columns <= WIDTH:
        return frame
    return np.asarray(cv2.resize(frame, (WIDTH, round(rows * WIDTH / columns)), interpolation=cv2.INTER_AREA), np.uint8)
