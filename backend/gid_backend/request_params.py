# SPDX-License-Identifier: GPL-3.0-or-later
"""The params of each method, validated, and the arrays in their parts."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from gid_blender.motion import SpectralVolume
from gid_blender.worker.protocol import ProtocolError, Request

from .errors import ImageError
from .flow.window import Span
from .picture_sequence import PictureSequence
from .prediction_settings import DEFAULTS, PredictionSettings, Solver
from .shot import Shot
from .shutter import DEFAULT_SAMPLES, MAX_ANGLE, MAX_SAMPLES

__all__ = [
    "CoefficientsParams",
    "ExtractParams",
    "FillParams",
    "ImageParams",
    "MaskParams",
    "PredictParams",
    "RenderParams",
    "coefficients_of",
    "image_of",
    "mask_of",
    "parts_of",
    "wire_bytes",
]

# Little-endian on the wire, whatever the machines are.
_DTYPES: dict[str, np.dtype[Any]] = {
    "uint8": np.dtype("u1"),
    "uint16": np.dtype("<u2"),
    "float32": np.dtype("<f4"),
    "complex64": np.dtype("<c8"),
    "complex128": np.dtype("<c16"),
}
MAX_FRAMES = 100_000

Side = Annotated[int, Field(ge=1, le=1 << 20)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Unit = Annotated[float, Field(ge=0, le=1)]


class _Params(BaseModel):
    # A misspelt setting must not be ignored in silence.
    model_config = ConfigDict(extra="forbid", frozen=True)


class ImageParams(_Params):
    """How the bytes of the first part are a picture: C order, top row first."""

    shape: tuple[Side, Side, Literal[1, 3, 4]]
    dtype: Literal["uint8", "uint16", "float32"]
    linear: bool = False


class MaskParams(_Params):
    """How the bytes of the last part are a mask: top row first; the largest number may move, 0 may not."""

    shape: tuple[Side, Side]
    dtype: Literal["uint8", "uint16"] = "uint8"


class CoefficientsParams(_Params):
    """How the bytes of a part are coefficients: a row for each moment, of one complex number (re, im) for each band."""

    shape: tuple[Annotated[int, Field(ge=1, le=MAX_FRAMES * MAX_SAMPLES)], Annotated[int, Field(ge=1, le=1 << 10)]]
    dtype: Literal["complex64", "complex128"] = "complex64"


class PredictParams(_Params):
    """One motion of a picture; `PredictionSettings` says what the settings mean, and their ranges."""

    image: ImageParams
    mask: MaskParams | None = None
    seed: Annotated[int, Field(ge=0, lt=1 << 53)] = 0
    steps: int = DEFAULTS.steps
    guidance: Number = DEFAULTS.guidance
    loop_guidance: Number = DEFAULTS.loop_guidance
    solver: Solver = DEFAULTS.solver
    strength: Number | None = DEFAULTS.strength

    def settings(self) -> PredictionSettings:
        """The settings of the predictor.

        Raises:
            SettingsError: when one is out of range.
        """
        return PredictionSettings(**self.model_dump(exclude={"image", "mask", "seed"}))


class FillParams(_Params):
    """A picture and the part of it that is to be filled, 255 in the mask; both of one size."""

    image: ImageParams
    mask: MaskParams


class PicturesParams(_Params):
    """How the bytes of the part are numbered pictures in a row, each as a file has it.

    Attributes:
        sizes: bytes of each; 0 for one that was left out, as it lies outside of what is to be measured.
        numbers: of each, rising; where one is missing its time is passed over.
        fps: numbers a second.
        linear: whether they hold scene-linear values.
    """

    sizes: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=100_000)]
    numbers: list[int]
    fps: Annotated[Number, Field(gt=0, le=1000)]
    linear: bool = False

    def sequence(self, data: bytes, name: str) -> PictureSequence:
        """The pictures in these bytes.

        Raises:
            ImageError: when sizes, numbers and bytes do not fit together.
        """
        rising = all(a < b for a, b in pairwise(self.numbers))
        if len(self.numbers) != len(self.sizes) or not rising or sum(self.sizes) != len(data):
            raise ImageError("The numbers and sizes of the pictures do not fit what was sent.", "Update the extension.")
        ends = list(accumulate(self.sizes))
        view = memoryview(data)
        parts = [view[end - size : end] if size else None for size, end in zip(self.sizes, ends, strict=True)]
        return PictureSequence(name, parts, self.numbers, self.fps, self.linear)


class ExtractParams(_Params):
    """Which part of a video is measured, and how; `gid_backend.flow.Span` and `measure_motion` say what they mean."""

    name: Annotated[str, Field(max_length=255)] = ""
    start: Annotated[int, Field(ge=1, lt=1 << 31)] = 1
    seconds: Number | None = None
    frames: Annotated[int, Field(lt=1 << 31)] | None = None
    loop: bool | None = None
    width: Annotated[int, Field(ge=64, le=2048)] = 512
    clean: bool = True
    camera: Literal["remove", "keep"] = "remove"
    pictures: PicturesParams | None = None

    def span(self) -> Span:
        """Which part.

        Raises:
            ImageError: when there can be no such part.
        """
        return Span(start=self.start, seconds=self.seconds, frames=self.frames, loop=self.loop)


class RenderParams(_Params):
    """Either rows of coefficients for the frames, or the number of frames of a loop.

    With `samples` there are as many rows for each frame, in order of time, and their light is averaged; only whoever
    knows the motion can give them (`gid_backend.shot`). For a loop, `shutter` says when they are. Units and defaults
    as in `gid_backend.shot` and `gid_backend.encode`. `indices` are the frames that are wanted, in their order; all
    without, and whoever goes on with an interrupted render names what is missing.
    """

    image: ImageParams
    format: Literal["png", "jpeg", "webp", "exr"] = "png"
    depth: Literal[8, 16, 32] | None = None
    background: tuple[Unit, Unit, Unit] | None = None
    repair: bool = True
    coefficients: CoefficientsParams | None = None
    cyclic: bool = True
    frames: Annotated[int, Field(ge=1, le=MAX_FRAMES)] | None = None
    amplitude: Annotated[Number, Field(ge=-100, le=100)] = 1.0
    shutter: Annotated[Number, Field(ge=0, le=MAX_ANGLE)] = 0.0
    samples: Annotated[int, Field(ge=1, le=MAX_SAMPLES)] | None = None
    passes: list[Literal["motion_vectors", "coverage"]] = []
    mask: MaskParams | None = None
    indices: Annotated[list[int], Field(min_length=1, max_length=MAX_FRAMES)] | None = None

    def chosen(self, shot: Shot) -> list[int]:
        """Which frames of the shot are rendered, in this order.

        Raises:
            ProtocolError: when there are no such frames, or one is named twice.
        """
        chosen = list(range(shot.frames)) if self.indices is None else self.indices
        wrong = [index for index in chosen if not 0 <= index < shot.frames]
        if wrong or len(set(chosen)) < len(chosen):
            what = f"{wrong[0]} is no frame" if wrong else "A frame is named twice"
            raise ProtocolError(f"{what} of “indices”; there are {shot.frames}, from 0 on, each once.")
        return chosen

    @property
    def parts(self) -> int:
        """How many parts such a request has: picture, volume, coefficients if there are any, a mask if there is one."""
        return 2 + (self.coefficients is not None) + (self.mask is not None)

    def shot(
        self,
        image: npt.NDArray[Any],
        volume: SpectralVolume,
        coefficients: npt.NDArray[np.complex128] | None = None,
        mask: npt.NDArray[np.float32] | None = None,
    ) -> Shot:
        """What is to be rendered.

        Args:
            image, volume: the picture and its motion.
            coefficients: (F·S, K), see `coefficients_of`.
            mask: of the picture's size.

        Raises:
            ProtocolError: when not exactly one of the two is given, the rows do not fit the volume or its moments, or a
                shutter comes with rows.
        """
        if self.frames is not None and coefficients is None:
            samples = DEFAULT_SAMPLES if self.samples is None else self.samples
            options: dict[str, Any] = {"amplitude": self.amplitude, "shutter": self.shutter, "samples": samples}
            options["mask"] = mask
            return Shot.loop(image, volume, self.frames, linear=self.image.linear, **options)
        if coefficients is None or self.frames is not None:
            raise ProtocolError("A render needs either coefficients or a number of frames.")
        if self.shutter:
            raise ProtocolError("A shutter is for loops; with coefficients, give each moment's row and “samples”.")
        samples, (count, bands) = self.samples or 1, coefficients.shape
        if bands != volume.bands:
            raise ProtocolError(f"Each frame needs {volume.bands} coefficients, not {bands}.")
        if count % samples:
            raise ProtocolError(f"{count} rows of coefficients are not {samples} for each frame.")
        if count > MAX_FRAMES * samples:
            raise ProtocolError(f"{count // samples} frames are too many for one request: send {MAX_FRAMES} at most.")
        rows = self.amplitude * coefficients
        return Shot.given(image, volume, rows, linear=self.image.linear, samples=samples, cyclic=self.cyclic, mask=mask)


def parts_of(request: Request, count: int) -> tuple[bytes, ...]:
    """The parts of a request, which must be `count`.

    Raises:
        ProtocolError: when they are more or fewer.
    """
    if len(request.parts) != count:
        raise ProtocolError(f"“{request.method}” needs {count} parts, not {len(request.parts)}.")
    return request.parts


def image_of(params: ImageParams, data: bytes) -> npt.NDArray[Any]:
    """(H, W, C) picture in native byte order, writable.

    Raises:
        ImageError: when the bytes are not as many as the shape says.
    """
    expected = _bytes_of(params)
    if len(data) != expected:
        raise ImageError(f"The picture has {len(data)} bytes, where its shape and type make {expected}.")
    return _array(params, data)


def mask_of(params: MaskParams, data: bytes) -> npt.NDArray[Any]:
    """(H, W) mask, uint8 or uint16 in native byte order.

    Raises:
        ImageError: when the bytes are not as many as the shape says.
    """
    expected = _bytes_of(params)
    if len(data) != expected:
        raise ImageError(f"The mask has {len(data)} bytes, where its shape and type make {expected}.")
    return _array(params, data)


def coefficients_of(params: CoefficientsParams, data: bytes) -> npt.NDArray[np.complex128]:
    """(F·S, K) coefficients.

    Raises:
        ProtocolError: when the bytes are not as many as the shape says, or one is no finite number.
    """
    expected = _bytes_of(params)
    if len(data) != expected:
        raise ProtocolError(f"The coefficients have {len(data)} bytes, where their shape and type make {expected}.")
    rows = _array(params, data).astype(np.complex128)
    if not np.isfinite(rows).all():
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise ProtocolError(f"Row {row} of the coefficients holds something that is no finite number.")
    return rows


_Array = ImageParams | MaskParams | CoefficientsParams


def _bytes_of(params: _Array) -> int:
    # Python's whole numbers: those of a hostile shape would wrap around in numpy's.
    return math.prod(params.shape) * _DTYPES[params.dtype].itemsize


def _array(params: _Array, data: bytes) -> npt.NDArray[Any]:
    """What came, which is as long as `_bytes_of` says, in native byte order and writable."""
    dtype = _DTYPES[params.dtype]
    array: npt.NDArray[Any] = np.frombuffer(data, dtype).reshape(params.shape)
    return array.astype(dtype.newbyteorder("="))


def wire_bytes(image: npt.NDArray[Any]) -> bytes:
    """The inverse of `image_of`."""
    return np.ascontiguousarray(image, _DTYPES[image.dtype.name]).tobytes()
