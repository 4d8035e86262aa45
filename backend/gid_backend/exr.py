# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenEXR in memory: written with the reference library, which names channels; read through FFmpeg."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import OpenEXR

from .errors import ImageError

__all__ = ["decode_exr", "encode_channels", "encode_exr"]

# FFmpeg keeps colour in planes: green, blue, red, alpha.
_PLANES = {1: [0], 3: [2, 0, 1], 4: [2, 0, 1, 3]}
_NAMES = {1: "Y", 3: "RGB", 4: "RGBA"}
# x and y of red, green, blue and white: what "scene-linear" means in the files that come out of here.
_REC_709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
_LARGEST_HALF = float(np.finfo(np.float16).max)


def encode_exr(pixels: npt.NDArray[np.float32], *, half: bool) -> bytes:
    """The .exr file (ZIP) of (H, W, 1|3|4) scene-linear Rec. 709 values with associated alpha; grey is channel Y."""
    channels = {name: pixels[..., index] for index, name in enumerate(_NAMES[pixels.shape[2]])}
    return encode_channels(channels, half=half, chromaticities=_REC_709)


def encode_channels(channels: Mapping[str, npt.NDArray[np.float32]], *, half: bool, **header: Any) -> bytes:
    """The .exr file (ZIP) of named channels, each (H, W); values beyond half's range become its largest."""
    planes = {
        name: np.ascontiguousarray(
            np.clip(plane, -_LARGEST_HALF, _LARGEST_HALF).astype(np.float16) if half else plane.astype(np.float32)
        )
        for name, plane in channels.items()
    }
    attributes = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **header}
    stream = io.BytesIO()
    OpenEXR.File(attributes, planes).write(stream)
    return stream.getvalue()


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
    dtype = np.float16 if name.endswith("f16le") else np.float32
    if name.startswith("ya"):
        # Grey with alpha, pixel by pixel; nothing else here has a name for it, so it becomes colour.
        pairs = _rows(frame, 0, dtype, 2 * frame.width).reshape(frame.height, frame.width, 2)
        return np.asarray(pairs[..., [0, 0, 0, 1]], np.float32)
    return np.stack([_rows(frame, index, dtype, frame.width) for index in _PLANES[channels]], axis=2)


def _rows(frame: av.VideoFrame, index: int, dtype: type[Any], count: int) -> npt.NDArray[np.float32]:
    """The first `count` values of each row of a plane; rows are padded for SIMD."""
    rows = np.frombuffer(memoryview(frame.planes[index]), dtype).reshape(frame.height, -1)
    return rows[:, :count].astype(np.float32)
