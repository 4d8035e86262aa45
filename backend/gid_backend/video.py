# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading videos: files, the bytes of one, or pictures in a row."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt

from .errors import ImageError
from .images import check_size
from .picture_sequence import PictureSequence

__all__ = ["VideoSource", "read_times", "read_video", "video_name"]

VideoSource: TypeAlias = str | os.PathLike[str] | bytes | PictureSequence
_File: TypeAlias = str | os.PathLike[str] | bytes

# Some containers place the key frame that a seek finds a little late.
SEEK_MARGIN = 0.5
# Playlists and scripts are containers too, to FFmpeg; of bytes from elsewhere only those that hold the pictures
# themselves are read, or a "video" could have this machine open any file or address.
SELF_CONTAINED = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,apng,webp_anim,mpegts,mpeg,mpegvideo,ogg,flv,asf,mxf,dv,wtv,nut,ivf,"
    "obu,h264,hevc,m4v,rm,gxf,yuv4mpegpipe,mjpeg"
)


def video_name(source: VideoSource) -> str:
    """What a video is called in a sentence: its path, quoted."""
    if isinstance(source, PictureSequence):
        return source.name
    return "The video" if isinstance(source, bytes) else f"“{os.fspath(source)}”"


def read_times(source: VideoSource, *, name: str | None = None) -> list[float]:
    """Seconds at which the frames of a video are shown, rising from 0, without decoding anything.

    Raises:
        ImageError: as `read_video`.
    """
    if isinstance(source, PictureSequence):
        return source.times()
    with _opened(source, name) as (container, stream):
        times = sorted(
            float(packet.pts * packet.time_base)
            for packet in container.demux(stream)
            if packet.pts is not None and packet.time_base is not None
        )
        if not times:
            rate = float(stream.average_rate or 30)
            times = [index / rate for index in range(stream.frames)]
    return [time - times[0] for time in times]


def read_video(
    source: VideoSource, *, start: float = 0.0, name: str | None = None
) -> Iterator[tuple[float, npt.NDArray[np.uint8]]]:
    """Frames of a video, upright, with their times.

    Args:
        source: a path; or the bytes of a file, which then has to hold its pictures itself; or pictures.
        name: what to call it in a sentence; its path otherwise.
        start: seconds; frames before it are passed over, without being decoded where the file allows that.

    Yields:
        (seconds, (H, W, 3) uint8 sRGB); the first frame is at 0.

    Raises:
        ImageError: when the file is missing, a folder, damaged, of an impossible size, or has no video in it.
    """
    if isinstance(source, PictureSequence):
        yield from source.read(start)
        return
    with _opened(source, name) as (container, stream):
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
def _opened(source: _File, name: str | None) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """A video and its first picture stream; whatever is wrong with it is an ImageError."""
    name = name or video_name(source)
    if not isinstance(source, bytes) and os.path.isdir(source):
        raise ImageError(f"{name} is a folder, not a video.")
    try:
        with _container(source) as container:
            if not container.streams.video:
                raise ImageError(f"{name} has no video in it.")
            stream = container.streams.video[0]
            if stream.width and stream.height:
                # Before the decoder takes memory for it.
                check_size(stream.width, stream.height, name)
            yield container, stream
    except FileNotFoundError as error:
        raise ImageError(f"{name} does not exist.") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{name} cannot be read as a video ({reason}).") from error


def _container(source: _File) -> av.container.InputContainer:
    if isinstance(source, bytes):
        return av.open(
            io.BytesIO(source), "r", options={"format_whitelist": SELF_CONTAINED, "protocol_whitelist": "none"}
        )
    return av.open(os.fspath(source), "r")
