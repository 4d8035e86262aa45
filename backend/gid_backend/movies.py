# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames written out: as a film, as an animated picture, or as a folder of pictures."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain, islice, pairwise
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from .atomic import OutputError, replacing
from .colour import Picture
from .encode import FORMATS, encode_image, to_8_bit

__all__ = ["MOVIES", "writing"]

MOVIES = (".mp4", ".webp", ".gif")

_FRAME_NAME = re.compile(r"frame_\d+\.(png|jpg|webp|exr)")
_WEBP_LIMIT = 16383
# Thresholds that turn the 256 colours of a GIF into more, fixed in place so that still things do not flicker.
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 15 / 32
_DITHER_STEP = 14.0


@contextmanager
def writing(
    path: str | os.PathLike[str], *, format: str = "png", linear: bool = False
) -> Iterator[Callable[[Iterator[Picture], float, int], None]]:
    """Claim the place of a result before the work for it begins; the result appears there, whole, at the end.

    Args:
        path: *.mp4, *.webp, *.gif, or a folder. A folder may hold frames of an older result, which are
            all replaced, but nothing else.
        format: of the pictures in a folder, one of `gid_backend.encode.FORMATS`.
        linear: float frames hold scene-linear values.

    Yields:
        A function that takes the frames, their rate per second and their number, once.

    Raises:
        OutputError: when the place cannot be written, or a folder holds something else.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    is_movie = suffix in MOVIES
    # os.path and not Path: it takes a name that is too long for “no”, and `replacing` finds the words for it.
    is_folder = os.path.isdir(target)
    if is_movie and is_folder:
        raise OutputError(f"“{target}” is a folder, where a {suffix} file is to be written.")
    if not is_movie:
        if suffix and not is_folder:
            raise OutputError(f"“{target.name}” is no kind of film: choose one of {', '.join(MOVIES)}, or a folder.")
        _refuse_other_files(target)
    with replacing(target) as temporary:

        def take(frames: Iterator[Picture], fps: float, count: int) -> None:
            if not is_movie:
                _write_folder(temporary, frames, format, linear)
                return
            write = {".mp4": _write_mp4, ".webp": _write_webp, ".gif": _write_gif}[suffix]
            write(temporary, (to_8_bit(frame, linear=linear, alpha=suffix == ".webp") for frame in frames), fps, count)

        yield take


def _refuse_other_files(folder: Path) -> None:
    if not os.path.exists(folder):
        return
    if not folder.is_dir():
        raise OutputError(f"“{folder}” is a file; name a folder, or a film ending in {', '.join(MOVIES)}.")
    strangers = [name for name in os.listdir(folder) if not _FRAME_NAME.fullmatch(name)]
    if strangers:
        raise OutputError(
            f"The folder “{folder}” holds other things, such as “{strangers[0]}”.", "Choose an empty or a new folder."
        )


def _write_folder(folder: Path, frames: Iterator[Picture], format: str, linear: bool) -> None:
    folder.mkdir()
    for number, frame in enumerate(frames, 1):
        (folder / f"frame_{number:04d}{FORMATS[format]}").write_bytes(encode_image(frame, format, linear=linear))


def _write_mp4(path: Path, frames: Iterator[npt.NDArray[np.uint8]], fps: float, count: int) -> None:
    """H.264, 4:2:0, BT.709, limited range: what plays everywhere."""
    del count
    first = next(frames)
    height, width = first.shape[:2]
    # Chroma is stored for two by two pixels, so odd sides get one more row or column of the edge's own content.
    odd = ((0, height % 2), (0, width % 2), (0, 0))
    rate = Fraction(fps).limit_denominator(10010)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "16", "preset": "medium"})
        stream.width, stream.height, stream.pix_fmt = width + odd[1][1], height + odd[0][1], "yuv420p"
        context = stream.codec_context
        # 1 is BT.709 in all three tables, and the limited range. Without the tags, players guess by the size.
        context.color_primaries = context.color_trc = context.colorspace = context.color_range = 1
        for index, frame in enumerate(chain([first], frames)):
            picture = av.VideoFrame.from_ndarray(np.pad(frame, odd, mode="edge"), format="rgb24")
            picture = picture.reformat(
                format="yuv420p", src_colorspace="ITU709", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            picture.pts, picture.time_base = index, 1 / rate
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def _write_webp(path: Path, frames: Iterator[npt.NDArray[np.uint8]], fps: float, count: int) -> None:
    first = next(frames)
    if max(first.shape) > _WEBP_LIMIT:
        raise OutputError(f"WebP pictures have at most {_WEBP_LIMIT} pixels a side.", "Choose .mp4 or a folder.")
    Image.fromarray(first).save(
        path,
        save_all=True,
        append_images=map(Image.fromarray, frames),
        duration=_durations(count, fps, unit=1),
        loop=0,
        quality=85,
        method=2,
    )


def _write_gif(path: Path, frames: Iterator[npt.NDArray[np.uint8]], fps: float, count: int) -> None:
    # GIF counts in hundredths of a second, and viewers slow down what is shown for one alone; so at most
    # every 20 ms a frame, and of faster ones each second or third.
    stride = math.ceil(fps / 50.0)
    kept = islice(frames, 0, None, stride)
    first = next(kept)
    palette = Image.fromarray(first).quantize(256)
    # One palette for all frames: a palette for each would make still things flicker.
    _dithered(first, palette).save(
        path,
        save_all=True,
        append_images=(_dithered(frame, palette) for frame in kept),
        duration=_durations(math.ceil(count / stride), fps / stride, unit=10),
        loop=0,
        optimize=False,
    )


def _dithered(pixels: npt.NDArray[np.uint8], palette: Image.Image) -> Image.Image:
    rows, columns = pixels.shape[:2]
    pattern = np.tile(_BAYER, (rows // 4 + 1, columns // 4 + 1))[:rows, :columns, None]
    shaded = np.clip(np.rint(pixels + _DITHER_STEP * pattern), 0, 255).astype(np.uint8)
    return Image.fromarray(shaded).quantize(palette=palette, dither=Image.Dither.NONE)


def _durations(count: int, fps: float, unit: int) -> list[int]:
    """Milliseconds for each frame, in whole units that keep the rate exact in sum."""
    ends = [round(index * 1000 / fps / unit) * unit for index in range(count + 1)]
    return [b - a for a, b in pairwise(ends)]
