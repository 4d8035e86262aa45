# SPDX-License-Identifier: GPL-3.0-or-later
"""Films through FFmpeg, which comes with PyAV: H.264 to be shown anywhere, ProRes 4444 to be worked with."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from .atomic import OutputError

__all__ = ["require_encoder", "write_mp4", "write_prores"]


def require_encoder(name: str, suffix: str) -> None:
    """Make sure that this FFmpeg has an encoder, before the work for it begins.

    Raises:
        OutputError: when it has not.
    """
    try:
        av.codec.Codec(name, "w")
    except ValueError as error:
        raise OutputError(
            f"{suffix} files cannot be written here: the FFmpeg of this PyAV has no encoder “{name}”.",
            "Install PyAV from its wheels (pip install --force-reinstall av), or choose a folder of frames.",
        ) from error


def write_mp4(
    path: Path, frames: Iterator[npt.NDArray[np.uint8]], fps: float, count: int, encoder: str = "libx264"
) -> None:
    """H.264, 4:2:0, BT.709, limited range: what plays everywhere.

    Args:
        path: of the file.
        frames: (H, W, 3).
        fps: rate.
        count: of frames, unused.
        encoder: FFmpeg's.
    """
    del count
    first = next(frames)
    # Chroma is stored for two by two pixels, so odd sides get one more row or column of the edge's own content.
    odd = ((0, first.shape[0] % 2), (0, first.shape[1] % 2), (0, 0))
    padded = (np.pad(frame, odd, mode="edge") for frame in chain([first], frames))
    _encode(path, padded, fps, encoder, "yuv420p", {"crf": "16", "preset": "medium"})


def write_prores(
    path: Path, frames: Iterator[npt.NDArray[np.uint16]], fps: float, count: int, encoder: str = "prores_ks"
) -> None:
    """ProRes 4444, 10 bits, BT.709, limited range, with straight 16-bit alpha where the frames have alpha.

    Args:
        path: of the file.
        frames: (H, W, 3) or (H, W, 4).
        fps: rate.
        count: of frames, unused.
        encoder: FFmpeg's.
    """
    del count
    first = next(frames)
    alpha = first.shape[2] == 4
    options = {"profile": "4444", "vendor": "apl0", "alpha_bits": "16" if alpha else "0"}
    layout = "yuva444p10le" if alpha else "yuv444p10le"
    _encode(path, chain([first], frames), fps, encoder, layout, options)


def _encode(
    path: Path,
    frames: Iterator[npt.NDArray[Any]],
    fps: float,
    encoder: str,
    layout: str,
    options: dict[str, str],
) -> None:
    first = next(frames)
    rate = Fraction(fps).limit_denominator(10010)
    given = {"uint8": "rgb24", "uint16": "rgba64le" if first.shape[2] == 4 else "rgb48le"}[first.dtype.name]
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream(encoder, rate=rate, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = first.shape[1], first.shape[0], layout
        context = stream.codec_context
        # 1 is BT.709 in all three tables, and the limited range. Without the tags, players guess by the size.
        context.color_primaries = context.color_trc = context.colorspace = context.color_range = 1
        for index, frame in enumerate(chain([first], frames)):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format=given)
            # One thread: beyond 8 bits, swscale's threads write past the ends of rows, into what another has written.
            picture = picture.reformat(
                format=layout, src_colorspace="ITU709", dst_colorspace="ITU709", dst_color_range="MPEG", threads=1
            )
            # ProRes has tags in the header of each frame too, and takes them from there.
            picture.color_primaries = picture.color_trc = 1
            picture.pts, picture.time_base = index, 1 / rate
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
