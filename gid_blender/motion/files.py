# SPDX-License-Identifier: GPL-3.0-or-later
"""Spectral volumes as `.npz`: three arrays and a JSON text, never a pickle."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import math
import os
import secrets
import zipfile
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from .errors import SpectralVolumeError
from .spectral_volume import SpectralVolume

__all__ = ["FORMAT_VERSION", "MAX_BYTES", "dumps", "load", "loads", "save", "write_whole"]

FORMAT_VERSION = 1
# 16 bands at 1024×640 take 168 MB; anything far beyond would only be unpacked to fill the memory.
MAX_BYTES = 1 << 29
_MEMBERS = ("spectrum", "fps", "frames", "meta")


def dumps(volume: SpectralVolume, *, compress: bool = False) -> bytes:
    """The `.npz` bytes of a volume. Uncompressed by default: noise-like floats hardly shrink and the pipe is fast."""
    arrays: dict[str, Any] = {
        "spectrum": volume.spectrum,
        "fps": np.float64(volume.fps),
        "frames": np.int64(volume.frames),
        "meta": np.array(json.dumps({**volume.meta, "format": FORMAT_VERSION}, default=dict)),
    }
    buffer = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(buffer, **arrays)
    return buffer.getvalue()


def save(volume: SpectralVolume, path: str | os.PathLike[str], *, compress: bool = True) -> None:
    """Write a volume to `path`, whole or not at all: a reader never sees half a file.

    Raises:
        OSError: when the folder cannot be written or the disk is full; an older file stays as it was.
    """
    write_whole(path, dumps(volume, compress=compress))


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that a reader never sees half of it. Raises OSError as `save` does."""
    target = Path(path)
    if not target.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    # Not tempfile: its files are readable by their owner alone, and the rename would keep that.
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename == str(temporary):
            # Nobody chose the name of the temporary file.
            raise type(error)(error.errno, error.strerror, str(target)) from error
        raise


def load(path: str | os.PathLike[str]) -> SpectralVolume:
    """Read a volume from a file.

    Raises:
        SpectralVolumeError: when it cannot be opened or holds no valid spectral volume.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            return _read(file, name)
    except OSError as error:
        raise SpectralVolumeError(f"Cannot open “{name}”: {error.strerror or error}.") from error
    # A name with a NUL in it is refused by Python itself, not by the system.
    except ValueError as error:
        if isinstance(error, SpectralVolumeError):
            raise
        raise SpectralVolumeError(f"Cannot open {name!r}: {error}.") from error


def loads(data: bytes) -> SpectralVolume:
    """Read a volume from the bytes of its `.npz`; raises `SpectralVolumeError` as `load` does.

    Example:
        >>> volume = SpectralVolume(np.zeros((1, 2, 4, 6)), frames=10)
        >>> loads(dumps(volume)).spectrum.shape
        (1, 2, 4, 6)
    """
    return _read(io.BytesIO(data), "the received data")


def _read(file: BinaryIO, name: str) -> SpectralVolume:
    arrays = _read_arrays(file, name)
    fps, frames, spectrum = arrays["fps"], arrays["frames"], arrays["spectrum"]
    if fps.shape != () or frames.shape != () or fps.dtype.kind not in "fiu" or frames.dtype.kind not in "iu":
        raise SpectralVolumeError(f"“{name}” has no single number for fps or frames.")
    if spectrum.dtype.kind != "c":
        raise SpectralVolumeError(f"“{name}” has a spectrum of {spectrum.dtype}, not of complex numbers.")
    meta = _read_meta(arrays["meta"], name)
    return SpectralVolume(spectrum.astype(np.complex64, copy=False), fps=float(fps), frames=int(frames), meta=meta)


def _read_arrays(file: BinaryIO, name: str) -> dict[str, npt.NDArray[Any]]:
    try:
        with zipfile.ZipFile(file) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            missing = [m for m in _MEMBERS if f"{m}.npy" not in sizes]
            if missing:
                raise SpectralVolumeError(f"“{name}” is no spectral volume: it lacks {', '.join(missing)}.")
            total = sum(sizes[f"{m}.npy"] for m in _MEMBERS)
            if total > MAX_BYTES:
                raise SpectralVolumeError(f"“{name}” is oversized: {total} bytes, where {MAX_BYTES} are allowed.")
            arrays = {}
            for member in _MEMBERS:
                # zipfile hands out no more than the size that was checked above, whatever the packed data holds.
                with archive.open(f"{member}.npy") as stream:
                    arrays[member] = _read_array(stream, sizes[f"{member}.npy"])
            return arrays
    except SpectralVolumeError:
        raise
    # What a damaged or hostile archive can raise is wide open (zlib, struct, header parsing, a missing codec).
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise SpectralVolumeError(f"“{name}” cannot be read as a spectral volume ({reason}).") from error


def _read_array(stream: IO[bytes], size: int) -> npt.NDArray[Any]:
    """One `.npy` member. Unlike numpy's reader it compares shape and size before it takes memory for the shape."""
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"unknown array format {version[0]}.{version[1]}")
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran_order, dtype = read_header(stream)
    if dtype.hasobject:
        raise ValueError("it holds pickled objects, which are never read")
    expected = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or expected != size - stream.tell():
        raise ValueError(f"an array of the shape {shape} does not fit the {size} bytes stored for it")
    data = stream.read(expected)
    if len(data) != expected:
        raise ValueError("the file ends too early")
    array = np.ndarray(shape, dtype, data, order="F" if fortran_order else "C")
    return array


def _read_meta(text: npt.NDArray[Any], name: str) -> dict[str, Any]:
    try:
        meta = json.loads(str(text[()])) if text.dtype.kind == "U" and text.shape == () else None
    except (ValueError, RecursionError) as error:
        raise SpectralVolumeError(f"“{name}” has a description that is not a JSON object.") from error
    if not isinstance(meta, dict):
        raise SpectralVolumeError(f"“{name}” has a description that is not a JSON object.")
    version = meta.pop("format", FORMAT_VERSION)
    if type(version) is not int or version < 1:
        raise SpectralVolumeError(f"“{name}” gives no valid number of its format, but {version!r}.")
    if version > FORMAT_VERSION:
        raise SpectralVolumeError(
            f"“{name}” was written by a newer version (format {version}, this one reads up to {FORMAT_VERSION}):"
            " update this program."
        )
    return meta
