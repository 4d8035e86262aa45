# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of a video that motion is measured in: from a start frame on, small and grey, and the start frame itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import Cancelled, ImageError
from ..video import VideoSource, read_times, read_video
from .cuts import find_cut
from .seam import is_seamless, thumbnail

__all__ = [
    "DEFAULT_SECONDS",
    "LONGEST_SECONDS",
    "WHOLE_SECONDS",
    "Span",
    "Window",
    "window_of_frames",
    "window_of_video",
]

MIN_SIDE = 16
# A clip up to this long is taken whole, of a longer one the seconds that the model's own motions last.
WHOLE_SECONDS, DEFAULT_SECONDS = 10.5, 5.0
LONGEST_SECONDS = 60.0
# More frames of a period than this tell 15 harmonics nothing new, and each costs 50 ms.
MOST_FRAMES = 300
# All flows are kept until the camera is known.
FLOW_BYTES = 2 << 30

Progress = Callable[[str, int, int], None]
Frame = npt.NDArray[np.uint8]
Timed = Iterator[tuple[float, Frame]]


@dataclass(frozen=True)
class Span:
    """Which part of a video.

    Attributes:
        start: number of the frame that becomes the picture; 1 is the first.
        seconds: how much of it, from the start frame on; None takes all of a clip of up to 10 s, else 5 s.
        frames: how many frames instead.
        loop: whether that is a seamless loop; None looks whether its last frame leads on to its first. In a clip that
            is one as a whole, the measurement goes on past its end from its beginning.

    Raises:
        ImageError: when a number is out of its range, or both lengths are given.
    """

    start: int = 1
    seconds: float | None = None
    frames: int | None = None
    loop: bool | None = None

    def __post_init__(self) -> None:
        if self.start < 1:
            raise ImageError(f"There is no frame {self.start}; the first one is 1.")
        if self.seconds is not None and self.frames is not None:
            raise ImageError("Give either seconds or frames, not both.")
        if self.seconds is not None and not 0.1 <= self.seconds <= LONGEST_SECONDS:
            raise ImageError(f"Motion is measured over 0.1 to {LONGEST_SECONDS:.0f} seconds, not {self.seconds:g}.")
        if self.frames is not None and self.frames < 2:
            raise ImageError(f"Motion takes more than {self.frames} frames.")

    @property
    def is_given(self) -> bool:
        """Whether a length was asked for."""
        return self.seconds is not None or self.frames is not None


@dataclass(frozen=True, eq=False)
class Window:
    """What is measured.

    Attributes:
        name: of the clip, for sentences.
        times: seconds since the start frame, rising from 0.
        duration: seconds of the whole period, up to where its first frame would come again.
        frames: (h, w) uint8 each, grey, in the working size.
        still: (H, W, 3) uint8, the start frame as it is.
        loop: whether the last frame leads on to the first.
        skipped: of so many frames in the video one was used.
    """

    name: str
    times: Sequence[float]
    duration: float
    frames: Sequence[Frame]
    still: Frame
    loop: bool
    skipped: int = 1


def window_of_video(
    source: VideoSource,
    name: str,
    span: Span,
    *,
    side: int,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Window:
    """Read the part of a video that is meant.

    Args:
        source: the video.
        name: what to call it in sentences.
        span: which part of it.
        side: pixels of the longer side in the working size; a smaller video keeps its own.
        progress: called after each frame that was decoded.
        cancel: asked before each.

    Raises:
        ImageError: when it cannot be read, has no such frames, is cut in the middle, or changes its size.
        Cancelled: when `cancel()` says so.
    """
    # Frames without a time of their own (raw streams) are counted as they come.
    times = read_times(source, name=name)
    length = _length(times) if len(times) > 1 else 0.0
    if times and span.start > len(times):
        raise ImageError(f"{name} has {len(times)} frames; there is no frame {span.start}.", "Choose an earlier one.")
    whole = not span.is_given and (length <= WHOLE_SECONDS or bool(span.loop)) and length <= LONGEST_SECONDS
    if whole:
        start = span.start - 1
        clip = _Reader(name, side, len(times), progress, cancel)
        clip.read(read_video(source, name=name), step=_step(len(times)), still=start)
        loop = clip.is_seamless() if span.loop is None else span.loop
        return clip.window(loop, start=start, period=length if times else None)
    begin = times[span.start - 1] if times else 0.0
    seconds = span.seconds or DEFAULT_SECONDS
    end = begin + seconds - 1e-6
    if span.frames is not None:
        end = times[min(span.start - 2 + span.frames, len(times) - 1)] + 1e-6 if times else float("inf")
    wanted = [time for time in times if begin - 1e-6 <= time < end]
    timed = read_video(source, start=max(0.0, begin - 1e-4), name=name)
    clip = _Reader(name, side, len(wanted), progress, cancel)
    clip.read(_until(timed, begin, end, span.frames), step=_step(len(wanted)))
    return clip.window(clip.is_seamless() if span.loop is None else span.loop)


def window_of_frames(
    frames: Iterable[Frame],
    fps: float,
    span: Span,
    *,
    side: int,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Window:
    """The same for frames that are there already, (H, W, 3) uint8 each; all that are given are taken."""
    clip = _Reader("The clip", side, 0, progress, cancel)
    timed = ((index / fps, frame) for index, frame in enumerate(frames))
    clip.read(_until(timed, 0.0, float("inf") if span.seconds is None else span.seconds - 1e-6, span.frames), step=1)
    return clip.window(clip.is_seamless() if span.loop is None else span.loop)


class _Reader:
    """Frames as they come, checked and made small."""

    def __init__(
        self, name: str, side: int, total: int, progress: Progress | None, cancel: Callable[[], bool] | None
    ) -> None:
        self._name, self._side, self._total = name, side, total
        self._progress, self._cancel = progress, cancel
        self._times: list[float] = []
        self._numbers: list[int] = []
        self._frames: list[Frame] = []
        self._thumbnails: list[npt.NDArray[np.float32]] = []
        self._still: Frame | None = None
        self._step = 1

    def read(self, timed: Timed, *, step: int, still: int = 0) -> None:
        """Take every `step`th frame, counted so that number `still` (from 0) is among them; that one is the picture."""
        self._step = step
        shape: tuple[int, ...] = ()
        for index, (time, frame) in enumerate(timed):
            if self._cancel is not None and self._cancel():
                raise Cancelled
            shape = shape or frame.shape
            if frame.shape != shape:
                raise ImageError(f"{self._name} changes its size in the middle; cut it into clips of one size.")
            if min(shape[:2]) < MIN_SIDE:
                raise ImageError(
                    f"{self._name} is {shape[1]}×{shape[0]} pixels; motion needs at least {MIN_SIDE}×{MIN_SIDE}."
                )
            if self._progress is not None:
                self._progress("Reading the video", index + 1, max(self._total, index + 1) if self._total else 0)
            self._thumbnails.append(thumbnail(frame))
            # Some cameras write a frame twice with one time; it holds nothing new.
            if (index - still) % step or (self._times and time <= self._times[-1]):
                continue
            if self._still is None and index >= still:
                self._still = frame
            self._times.append(time)
            self._numbers.append(index)
            self._frames.append(_small(frame, self._side))
        if len(self._frames) < 2:
            held = "1 frame" if self._frames else "0 frames"
            raise ImageError(f"{self._name} holds {held} from the start frame on, and motion takes more than one.")

    def is_seamless(self) -> bool:
        """Whether its last frame leads on to its first."""
        return len(self._thumbnails) > 2 and is_seamless(self._thumbnails)

    def window(self, loop: bool, *, start: int = 0, period: float | None = None) -> Window:
        """What was read, from frame `start` on; of a loop that lasts `period` seconds all the way round."""
        cut = find_cut(self._thumbnails[0 if loop else start :])
        if cut is not None:
            number = cut + (0 if loop else start)
            raise ImageError(
                f"{self._name} is cut, or flashes, after {number} frames.",
                "Measure a part on one side of the cut: choose another start frame, or fewer seconds.",
            )
        begin = min(int(np.searchsorted(self._numbers, start)), len(self._frames) - 1)
        times, frames = self._times[begin:], self._frames[begin:]
        if loop and period is not None:
            times = times + [time + period for time in self._times[:begin]]
            frames = frames + self._frames[:begin]
        elif len(times) > 1:
            period = _length(times)
        else:
            raise ImageError(f"{self._name} ends with frame {start + 1}.", "Choose an earlier start frame.")
        assert self._still is not None
        assert period is not None
        _check_memory(self._name, frames)
        return Window(self._name, [t - times[0] for t in times], period, frames, self._still, loop, self._step)


def _until(timed: Timed, begin: float, end: float, count: int | None) -> Timed:
    taken = 0
    for time, frame in timed:
        if time < begin - 1e-3:
            continue
        if time >= end or (count is not None and taken >= count):
            return
        taken += 1
        yield time, frame


def _step(frames: int) -> int:
    return max(1, -(-frames // MOST_FRAMES))


def _small(frame: Frame, side: int) -> Frame:
    rows, columns = frame.shape[:2]
    scale = min(1.0, side / max(rows, columns))
    if scale < 1.0:
        size = (max(MIN_SIDE, round(columns * scale)), max(MIN_SIDE, round(rows * scale)))
        frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)


def _check_memory(name: str, frames: Sequence[Frame]) -> None:
    rows, columns = frames[0].shape
    needed = len(frames) * rows * columns * 8
    if needed > FLOW_BYTES:
        raise ImageError(
            f"{name} would need {needed / (1 << 30):.1f} GB at a working size of {columns}×{rows}.",
            "Use a smaller working width, or fewer seconds.",
        )


def _length(times: Sequence[float]) -> float:
    """Seconds from the first of at least two frames to the end of the last, which is shown as long as most are."""
    return times[-1] - times[0] + float(np.median(np.diff(times)))
