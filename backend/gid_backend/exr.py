# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenEXR in memory, through FFmpeg, which comes with PyAV; OpenCV's wheels are built without it."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from .errors import ImageError

__all__ = ["decode_exr", "encode_exr"]

# FFmpeg keeps colour in planes: green, blue, red, alpha.
_PLANES = {1: [0], 3: [2, 0, 1], 4: [2, 0, 1, 3]}
_FORMATS = {1: "grayf32le", 3: "gbrpf32le", 4: "gbrapf32le"}


def encode_exr(pixels: npt.NDArray[np.float32], *, half: bool) -> bytes:
    """The .exr file (ZIP) of (H, W, 1|3|4) scene-linear values with associated alpha."""
    height, width, channels = pixels.shape
    codec = av.CodecContext.create("exr", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, _FORMATS[channels]
    codec.time_base = Fraction(1, 30)
    codec.options = {"compression": "zip16", "format": "half" if half else "float"}
    values = pixels[..., 0] if channels == 1 else pixels
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(values, np.float32), format=_FORMATS[channels])
    return b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])


def decode_exr(data: bytes) -> npt.NDArray[np.float32]:
    """(H, W, 1|3|4) float32 of an .exr file.

    Raises:
        ImageError: when it is damaged or of a kind that is not supported.
    """
    try:
        with av.open(io.BytesIO(data), "r", format="exr_pipe") as container:
            frame = next(container.decode(video=0))
    except (av.error.FFmpegError, StopIteration) as error:
        raise ImageError("this OpenEXR file is damaged or of an unusual kind.", "Save it as 16-bit RGB(A).") from error
    name = frame.format.name
    channels = 1 if name.startswith("gray") else 4 if name.startswith("gbrap") else 3
    if not name.endswith(("f16le", "f32le")):
        raise ImageError(
            f"this OpenEXR file holds “{name}” pixels, not half or float ones.", "Save it as 16-bit RGB(A)."
        )
    return _planes(frame, np.float16 if name.endswith("f16le") else np.float32, _PLANES[channels])


def _planes(frame: av.VideoFrame, dtype: type[Any], order: list[int]) -> npt.NDArray[np.float32]:
    out = np.empty((frame.height, frame.width, len(order)), np.float32)
    for channel, index in enumerate(order):
        plane = frame.planes[index]
        rows = np.frombuffer(memoryview(plane), dtype).reshape(frame.height, -1)
        # Rows are padded for SIMD.
        out[..., channel] = rows[:, : frame.width]
    return out
