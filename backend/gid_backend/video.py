# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading video files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from .errors import ImageError

__all__ = ["read_video"]


def read_video(path: str | os.PathLike[str]) -> Iterator[tuple[float, npt.NDArray[np.uint8]]]:
    """Frames of a video file, upright, with their times.

    Yields:
        (seconds, (H, W, 3) uint8 sRGB); the first frame is at 0.

    Raises:
        ImageError: when the file is missing, a folder, damaged, or has no video in it.
    """
    name = f"“{os.fspath(path)}”"
    if Path(path).is_dir():
        raise ImageError(f"{name} is a folder, not a video.")
    try:
        with av.open(os.fspath(path)) as container:
            if not container.streams.video:
                raise ImageError(f"{name} has no video in it.")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            rate = float(stream.average_rate or 30)
            first: float | None = None
            for index, frame in enumerate(container.decode(stream)):
                time = index / rate if frame.pts is None else float(frame.time)
                first = time if first is None else first
                pixels = frame.to_ndarray(format="rgb24")
                # Phones store upright video lying down and note the turn beside it.
                turns = round(frame.rotation / 90) % 4
                yield time - first, np.ascontiguousarray(np.rot90(pixels, turns))
    except FileNotFoundError as error:
        raise ImageError(f"{name} does not exist.") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{name} cannot be read as a video ({reason}).") from error
