# SPDX-License-Identifier: GPL-3.0-or-later
"""The spectral volume of a real video: what moves in it, band by band."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume

from ..errors import Cancelled, ImageError
from ..video import read_video
from .dense import FlowFromFirst
from .methods import DEFAULT_METHOD
from .seam import is_seamless, thumbnail
from .spectrum import detrended, transform

__all__ = ["extract_motion"]

# Flows are kept until the length of the clip is known; at the working width this is about 1.2 GB.
MAX_FRAMES = 1000
MIN_SIDE = 16


def extract_motion(
    source: str | os.PathLike[str] | Iterable[npt.NDArray[np.uint8]],
    *,
    fps: float = 30.0,
    bands: int = 16,
    frames: int = 150,
    width: int = 512,
    seconds: float | None = None,
    clean: bool = True,
    periodic: bool | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> SpectralVolume:
    """Measure how everything in a clip moves away from its first frame, and how fast it swings.

    The clip is taken as one period: its n frames give S_k = (2/n) Σ_i F_i exp(-2πi·k·i/n) with the mean
    flow as S_0, so that displacement = Re Σ_k S_k exp(+2πi·k·t/T). That is exact for any n ≥ 2K-1, and
    the volume is stated for `frames` frames of the same duration without interpolating anything. Of a clip that is
    no loop the steady drift is taken off first, so that the result is one.

    Args:
        source: a video file, or its frames, (H, W, 3) uint8 each, in order.
        fps: frame rate, where `source` is frames; a file brings its own times.
        bands: K, the mean counted.
        frames: T, the length of the resulting period.
        width: working width in pixels; wider video is shrunk to it. It is the grid of the result, too.
        seconds: use only the beginning of the clip.
        clean: see `FlowFromFirst`; without it, places with no texture show the noise of the search.
        periodic: whether the clip is a seamless loop; None looks whether its last frame leads on to its first.
        progress: called after each frame; the total is 0, as a stream does not say how long it is.
        cancel: asked before each frame.

    Returns:
        A volume of `bands` bands, in fractions of the width, whose `duration` is the clip's. Its `meta["settings"]`
        say how far the motion could be followed (`followed`, the share of textured places) and whether it was a loop.

    Raises:
        ImageError: when the video cannot be read, is too short or too long, or its frames differ in size.
        Cancelled: when `cancel()` says so.
    """
    if isinstance(source, (str, os.PathLike)):
        name, timed = f"“{os.fspath(source)}”", read_video(source)
        meta: dict[str, Any] = {"source": os.path.basename(os.fspath(source))}
    else:
        name, timed = "The clip", ((index / fps, frame) for index, frame in enumerate(source))
        meta = {}
    if seconds is not None:
        timed = itertools.takewhile(lambda item: item[0] < seconds - 1e-6, timed)
    track = _track(timed, name, width, clean, progress, cancel)
    times, flows = track.times, np.stack(track.flows)
    if len(flows) < 2 * bands - 1:
        raise ImageError(f"{name} has {len(flows)} frames; {bands} bands of motion need at least {2 * bands - 1}.")
    duration = times[-1] * len(times) / (len(times) - 1)
    turns = np.array(times) / duration
    if periodic is None:
        periodic = is_seamless(track.thumbnails)
    if not periodic:
        flows, _ = detrended(flows, turns)
    spectrum = transform(flows, turns, bands)
    meta |= {
        "model": "optical flow",
        "settings": {
            "method": DEFAULT_METHOD,
            "clean": clean,
            "source_frames": len(flows),
            "width": spectrum.shape[3],
            "loop": periodic,
            "followed": round(track.followed, 3),
        },
    }
    return SpectralVolume(spectrum / spectrum.shape[3], fps=frames / duration, frames=frames, meta=meta)


@dataclasses.dataclass(frozen=True)
class _Track:
    """Of all frames: seconds, (2, h, w) flows in working pixels, thumbnails; and the share that was followed."""

    times: list[float]
    flows: list[npt.NDArray[np.float32]]
    thumbnails: list[npt.NDArray[np.float32]]
    followed: float


def _track(
    timed: Iterator[tuple[float, npt.NDArray[np.uint8]]],
    name: str,
    width: int,
    clean: bool,
    progress: Callable[[str, int, int], None] | None,
    cancel: Callable[[], bool] | None,
) -> _Track:
    track = _Track([], [], [], 1.0)
    times, flows = track.times, track.flows
    confidence: npt.NDArray[np.float32] | float = 0.0
    tracker: FlowFromFirst | None = None
    shape: tuple[int, ...] = ()
    for time, frame in timed:
        if cancel is not None and cancel():
            raise Cancelled
        if len(flows) == MAX_FRAMES:
            raise ImageError(
                f"{name} has more than {MAX_FRAMES} frames.", "Use its beginning only (--seconds 5), or cut it."
            )
        if times and time <= times[-1]:
            # Some cameras write a frame twice with one time; it holds nothing new.
            continue
        if tracker is None:
            shape = frame.shape
            if min(shape[:2]) < MIN_SIDE:
                raise ImageError(
                    f"{name} is {shape[1]}×{shape[0]} pixels; motion needs at least {MIN_SIDE}×{MIN_SIDE}."
                )
            small = _shrink(frame, width)
            tracker = FlowFromFirst(small, clean=clean)
        elif frame.shape != shape:
            raise ImageError(f"{name} changes its size in the middle; cut it into clips of one size.")
        times.append(time)
        track.thumbnails.append(thumbnail(frame))
        flows.append(tracker.to(_shrink(frame, width)))
        confidence = confidence + tracker.confidence
        if progress is not None:
            progress("Following the motion", len(flows), 0)
    if len(flows) < 2:
        raise ImageError(f"{name} holds {len(flows)} frames, and motion takes more than one.")
    textured = tracker.texture > 0.5 if tracker is not None else np.zeros((0, 0), bool)
    sure = np.asarray(confidence / len(flows) > 0.5)
    return dataclasses.replace(track, followed=float(sure[textured].mean()) if textured.any() else 0.0)


def _shrink(frame: npt.NDArray[np.uint8], width: int) -> npt.NDArray[np.uint8]:
    rows, columns = frame.shape[:2]
    if columns <= width:
        return frame
    size = (width, max(MIN_SIDE, round(rows * width / columns)))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
