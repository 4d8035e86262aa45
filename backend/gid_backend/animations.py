# SPDX-License-Identifier: GPL-3.0-or-later
"""Animated pictures, encoded frame by frame as the frames come: WebP through Pillow, GIF through FFmpeg."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from .atomic import OutputError
from .encode import srgb_profile

__all__ = ["write_gif", "write_webp"]

_WEBP_LIMIT = 16383
# GIF counts in hundredths of a second.
_HUNDREDTH = Fraction(1, 100)
# Thresholds that turn the 256 colours of a GIF into more, fixed in place so that still things do not flicker.
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 15 / 32
_DITHER_STEP = 14.0


class _Stream(Image.Image):
    """An animation whose frames are made when they are asked for; Pillow would gather a list of pictures first."""

    def __init__(self, frames: Iterator[npt.NDArray[np.uint8]], count: int) -> None:
        super().__init__()
        first = Image.fromarray(next(frames))
        self.im, self._mode, self._size = first.im, first.mode, first.size
        self.n_frames = count
        self._frames = frames
        self._shown = 0

    def seek(self, frame: int) -> None:
        if frame == self._shown + 1:
            self.im = Image.fromarray(next(self._frames)).im
            self._shown = frame


def write_webp(path: Path, frames: Iterator[npt.NDArray[np.uint8]], fps: float, count: int) -> None:
    """Lossy WebP, 8 bits, tagged as sRGB, with alpha where the frames have it.

    Args:
        path: of the file.
        frames: (H, W, 3) or (H, W, 4) with straight alpha; as many as `count`.
        fps: rate; every frame is shown for whole milliseconds that keep it exact in sum.
        count: number of frames.

    Raises:
        OutputError: when a side is too long for the format.
    """
    stream = _Stream(frames, count)
    if max(stream.size) > _WEBP_LIMIT:
        raise OutputError(f"WebP pictures have at most {_WEBP_LIMIT} pixels a side.", "Choose .mp4 or a folder.")
    ends = _ends(count, fps, per_second=1000)
    stream.save(
        path,
        save_all=True,
        duration=[b - a for a, b in pairwise(ends)],
        loop=0,
        quality=85,
        method=2,
        icc_profile=srgb_profile(),
    )


def write_gif(
    path: Path, frames: Iterator[npt.NDArray[np.uint8]], fps: float, count: int, encoder: str = "gif"
) -> None:
    """GIF with one palette for all frames and without transparency.

    Args:
        path: of the file.
        frames: (H, W, 3), as many as `count`.
        fps: rate; above 50 a second, which viewers do not show, only each second or third frame is kept.
        count: number of frames.
        encoder: FFmpeg's.
    """
    # Viewers slow down what is shown for a hundredth of a second alone; so at most every 20 ms a frame.
    stride = math.ceil(fps / 50.0)
    kept = islice(frames, 0, None, stride)
    first = next(kept)
    # A palette for each frame would make still things flicker.
    palette = Image.fromarray(first).quantize(256)
    colours = np.full((256, 4), 255, np.uint8)
    entries = np.array(palette.getpalette(), np.uint8).reshape(-1, 3)
    colours[: len(entries), 1:] = entries
    ends = _ends(math.ceil(count / stride), fps / stride, per_second=100)
    last = str(ends[-1] - ends[-2])
    with av.open(str(path), "w", options={"loop": "0", "final_delay": last}) as container:
        stream = container.add_stream(encoder, rate=100)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = first.shape[1], first.shape[0], "pal8"
        stream.codec_context.time_base = _HUNDREDTH
        for frame, time in zip(chain([first], kept), ends, strict=False):
            indexed: Any = (_dithered(frame, palette), colours)
            picture = av.VideoFrame.from_ndarray(indexed, format="pal8")
            picture.pts, picture.time_base = time, _HUNDREDTH
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def _dithered(pixels: npt.NDArray[np.uint8], palette: Image.Image) -> npt.NDArray[np.uint8]:
    rows, columns = pixels.shape[:2]
    pattern = np.tile(_BAYER, (rows // 4 + 1, columns // 4 + 1))[:rows, :columns, None]
    shaded = np.clip(np.rint(pixels + _DITHER_STEP * pattern), 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(shaded).quantize(palette=palette, dither=Image.Dither.NONE))


def _ends(count: int, fps: float, per_second: int) -> list[int]:
    """When each frame begins, and the last one ends, in whole units that keep the rate exact in sum."""
    return [round(index * per_second / fps) for index in range(count + 1)]
