# SPDX-License-Identifier: GPL-3.0-or-later
"""From some starts of a clip to pairs of a picture and its motion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import ImageError
from ..flow.dense import FlowFromFirst
from ..flow.spectrum import detrended, transform
from ..video import read_video
from .clips import Unit
from .filters import Verdict, judge
from .settings import PIXELS, Settings

__all__ = ["MotionPair", "measure_unit"]

MIN_SIDE = 16


@dataclass(frozen=True, eq=False)
class MotionPair:
    """A picture and how it moved in the period that followed.

    Attributes:
        start: seconds in the clip.
        verdict: of the filters; only kept pairs have arrays that are not empty.
        mean_pixels: mean distance from the start over places and time, in the data set's pixels.
        followed: share of the textured places whose flow was measured and not filled in.
        image: (H, W, 3) uint8.
        spectrum: (K, 2, h, w) complex64, fractions of the width.
        drift: (2, h, w) float32, fractions of the width: what was taken off as a steady drift over the period, so
            that the rest is periodic; zero for loops.
        confidence: (h, w) float32 in 0..1.
    """

    start: float
    verdict: Verdict
    mean_pixels: float
    followed: float
    image: npt.NDArray[np.uint8]
    spectrum: npt.NDArray[np.complex64]
    drift: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Frame:
    time: float
    colour: npt.NDArray[np.uint8]
    grey: npt.NDArray[np.uint8]


def measure_unit(path: Path, unit: Unit, settings: Settings) -> list[MotionPair]:
    """All pairs of a unit, the dropped ones without arrays.

    Raises:
        ImageError: when the video cannot be read after all.
    """
    if unit.clip.period:
        frames = [f for f in _frames(path, settings, 0.0) if f.time < unit.clip.period - 1e-3]
        return [_measure(_around(frames, start, unit), settings, periodic=True, start=start) for start in unit.starts]
    pairs = []
    frames = []
    stream = _frames(path, settings, unit.starts[0])
    for start in unit.starts:
        end = start + settings.seconds - 0.5 / settings.fps
        # Half a frame early, so that rounding of times does not shift a window by one frame.
        frames = [f for f in frames if f.time >= start - 0.5 / settings.fps]
        while not frames or frames[-1].time < end:
            following = next(stream, None)
            if following is None:
                break
            frames.append(following)
        window = [f for f in frames if f.time < end]
        if len(window) < 2 * settings.bands - 1:
            raise ImageError(f"“{path}” ends at {window[-1].time if window else 0.0:.1f} s, earlier than it says.")
        slots = _one_a_slot(window, start, settings.fps)
        pairs.append(_measure(slots, settings, periodic=False, start=start))
    return pairs


def _frames(path: Path, settings: Settings, start: float) -> Iterator[_Frame]:
    shape: tuple[int, ...] = ()
    for time, frame in read_video(path, start=max(0.0, start - 0.5 / settings.fps)):
        shape = shape or frame.shape
        if frame.shape != shape:
            raise ImageError(f"“{path}” changes its size in the middle; cut it into clips of one size.")
        if min(shape[:2]) < MIN_SIDE:
            raise ImageError(f"“{path}” is {shape[1]}×{shape[0]} pixels; motion needs at least {MIN_SIDE}×{MIN_SIDE}.")
        scale = min(1.0, settings.side / max(shape[:2]))
        size = (max(MIN_SIDE, round(shape[1] * scale)), max(MIN_SIDE, round(shape[0] * scale)))
        colour = frame if scale == 1.0 else cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        yield _Frame(time, colour, cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY))


def _around(frames: list[_Frame], start: float, unit: Unit) -> list[tuple[float, _Frame]]:
    """(part of the period, frame) from the frame nearest to `start` on, round and round the loop."""
    first = int(np.argmin([abs(f.time - start) for f in frames]))
    count, period, repeats = len(frames), unit.clip.period, unit.clip.repeats
    out = []
    for index in range(count * repeats):
        frame = frames[(first + index) % count]
        rounds = (first + index) // count
        out.append(((frame.time + rounds * period - frames[first].time) / (repeats * period), frame))
    return out


def _one_a_slot(window: list[_Frame], start: float, fps: float) -> list[tuple[float, _Frame]]:
    """(seconds from the first, frame), at most one frame for each of the period's frames: the one nearest to it."""
    best: dict[int, _Frame] = {}
    for frame in window:
        slot = round((frame.time - start) * fps)
        kept = best.get(slot)
        if kept is None or abs(frame.time - start - slot / fps) < abs(kept.time - start - slot / fps):
            best[slot] = frame
    chosen = [best[slot] for slot in sorted(best)]
    return [(frame.time - chosen[0].time, frame) for frame in chosen]


def _thinned(timed: list[tuple[float, _Frame]], samples: int) -> list[tuple[float, _Frame]]:
    """Every, every second, … of them, so that there are no more than `samples`; evenly, as uneven times leak."""
    return timed[:: -(-len(timed) // samples)]


def _measure(timed: list[tuple[float, _Frame]], settings: Settings, *, periodic: bool, start: float) -> MotionPair:
    timed = _thinned(timed, settings.samples)
    reference = timed[0][1]
    rows, columns = reference.grey.shape
    grid = settings.grid(rows, columns)
    tracker = FlowFromFirst(reference.grey, method=settings.method, check_every=settings.check_every)
    flows = np.zeros((len(timed), 2, *grid), np.float32)
    confidence = np.zeros((rows, columns), np.float32)
    for index, (_, frame) in enumerate(timed[1:], 1):
        flow = tracker.to(frame.grey)
        confidence += tracker.confidence / (len(timed) - 1)
        for axis in range(2):
            flows[index, axis] = cv2.resize(flow[axis], grid[::-1], interpolation=cv2.INTER_AREA)
    sure = cv2.resize(confidence, grid[::-1], interpolation=cv2.INTER_AREA)
    texture = cv2.resize(tracker.texture, grid[::-1], interpolation=cv2.INTER_AREA)
    magnitude = np.sqrt((flows**2).sum(axis=1)).mean(axis=0) * np.float32(PIXELS / max(rows, columns))
    textured = texture > 0.5
    followed = float((sure[textured] > 0.5).mean()) if textured.any() else 0.0
    verdict = judge(magnitude, sure, texture, settings)
    facts = (start, verdict, float(magnitude.mean()), followed)
    if verdict != "kept":
        empty = np.zeros((0, 2, 0, 0), np.complex64)
        return MotionPair(*facts, np.zeros((0, 0, 3), np.uint8), empty, np.zeros((2, 0, 0), np.float32), sure[:0])
    turns = np.array([time for time, _ in timed])
    drift = np.zeros((2, *grid), np.float32)
    if not periodic:
        turns = turns / settings.seconds
        flows, drift = detrended(flows, turns)
    size = settings.picture(rows, columns)
    image = cv2.resize(reference.colour, size[::-1], interpolation=cv2.INTER_AREA)
    spectrum = transform(flows, turns, settings.bands) / columns
    return MotionPair(*facts, image, spectrum, drift / columns, sure)
