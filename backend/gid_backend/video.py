# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading video files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from .errors import ImageError

__all__ = ["read_times", "read_video"]

# Some containers place the key frame that a seek finds a little late.
SEEK_MARGIN = 0.5


def read_times(path: str | os.PathLike[str]) -> list[float]:
    """Seconds at which the frames of a video are shown, rising from 0, without decoding anything.

    Raises:
        ImageError: as `read_video`.
    """
    with _opened(path) as (container, stream):
        times = sorted(
            float(packet.pts * packet.time_base)
            for packet in container.demux(stream)
            if packet.pts is not None and packet.time_base is not None
        )
        if not times:
            rate = float(stream.average_rate or 30)
            times = [index / rate for index in range(stream.frames)]
    return [time - times[0] for time in times]


def read_video(path: str | os.PathLike[str], *, start: float = 0.0) -> Iterator[tuple[float, npt.NDArray[np.uint8]]]:
    """Frames of a video file, upright, with their times.

    Args:
        path: of the file.
        start: seconds; frames before it are passed over, without being decoded where the file allows that.

    Yields:
        (seconds, (H, W, 3) uint8 sRGB); the first frame is at 0.

    Raises:
        ImageError: when the file is missing, a folder, damaged, or has no video in it.
    """
    with _opened(path) as (container, stream):
        stream.thread_type = "AUTO"
        rate = float(stream.average_rate or 30)
        unit = stream.time_base
        origin = None if stream.start_time is None or unit is None else float(stream.start_time * unit)
        if start > SEEK_MARGIN and origin is not None and unit is not None:
            container.seek(int((start - SEEK_MARGIN + origin) / unit), stream=stream)
        for index, frame in enumerate(container.decode(stream)):
            time = index / rate if frame.pts is None else float(frame.time)
            origin = time if origin is None else origin
            if time - origin < start - 1e-6:
                continue
            pixels = frame.to_ndarray(format="rgb24")
            # Phones store upright video lying down and note the turn beside it.
            turns = round(frame.rotation / 90) % 4
            yield time - origin, np.ascontiguousarray(np.rot90(pixels, turns))


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """A video file and its first picture stream; whatever is wrong with it is an ImageError."""
    name = f"“{os.fspath(path)}”"
    if Path(path).is_dir():
        raise ImageError(f"{name} is a folder, not a video.")
    try:
        with av.open(os.fspath(path)) as container:
            if not container.streams.video:
                raise ImageError(f"{name} has no video in it.")
            yield container, container.streams.video[0]
    except FileNotFoundError as error:
        raise ImageError(f"{name} does not exist.") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{name} cannot be read as a video ({reason}).") from error
