# SPDX-License-Identifier: GPL-3.0-or-later
"""Spectral volumes as `.npz`: three arrays and a JSON text, never a pickle."""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from .errors import SpectralVolumeError
from .spectral_volume import SpectralVolume

__all__ = ["FORMAT_VERSION", "load", "loads", "dumps", "save"]

FORMAT_VERSION = 1
# Room for 16 bands at 1024×640 with a wide margin; anything beyond would only be unpacked to fill the memory.
MAX_BYTES = 1 << 30
_MEMBERS = ("spectrum", "fps", "frames", "meta")


def dumps(volume: SpectralVolume, *, compress: bool = False) -> bytes:
    """The `.npz` bytes of a volume. Uncompressed by default: noise-like floats hardly shrink and the pipe is fast."""
    arrays = {
        "spectrum": volume.spectrum,
        "fps": np.float64(volume.fps),
        "frames": np.int64(volume.frames),
        "meta": np.array(json.dumps({**volume.meta, "format": FORMAT_VERSION}, ensure_ascii=False)),
    }
    buffer = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(buffer, **arrays)
    return buffer.getvalue()


def save(volume: SpectralVolume, path: str | os.PathLike[str], *, compress: bool = True) -> None:
    """Write a volume to `path`, whole or not at all: a reader never sees half a file.

    Raises:
        OSError: when the folder cannot be written or the disk is full; an older file stays as it was.
    """
    target = Path(path)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".npz.part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(dumps(volume, compress=compress))
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load(path: str | os.PathLike[str]) -> SpectralVolume:
    """Read a volume from a file.

    Raises:
        SpectralVolumeError: when it cannot be opened or holds no valid spectral volume.
    """
    try:
        with open(path, "rb") as file:
            return _read(file, os.fspath(path))
    except OSError as error:
        raise SpectralVolumeError(f"Cannot open “{os.fspath(path)}”: {error.strerror or error}.") from error


def loads(data: bytes) -> SpectralVolume:
    """Read a volume from the bytes of its `.npz`; raises `SpectralVolumeError` as `load` does."""
    return _read(io.BytesIO(data), "the received data")


def _read(file: BinaryIO, name: str) -> SpectralVolume:
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
                with archive.open(f"{member}.npy") as stream:
                    arrays[member] = npy.read_array(stream, allow_pickle=False)
    except SpectralVolumeError:
        raise
    # What a damaged or hostile archive can raise is wide open (zlib, struct, header parsing, huge shapes).
    except Exception as error:
        raise SpectralVolumeError(f"“{name}” cannot be read as a spectral volume ({error}).") from error
    fps, frames, text = arrays["fps"], arrays["frames"], arrays["meta"]
    if fps.shape != () or frames.shape != () or fps.dtype.kind not in "fiu" or frames.dtype.kind not in "iu":
        raise SpectralVolumeError(f"“{name}” has no single number for fps or frames.")
    try:
        meta = json.loads(str(text))
        version = meta.get("format", FORMAT_VERSION)
    except (ValueError, AttributeError, RecursionError) as error:
        raise SpectralVolumeError(f"“{name}” has a description that is not a JSON object.") from error
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise SpectralVolumeError(
            f"“{name}” was written by a newer version (format {version}, this one reads up to {FORMAT_VERSION}); update."
        )
    if arrays["spectrum"].dtype.kind != "c":
        raise SpectralVolumeError(f"“{name}” has a spectrum of {arrays['spectrum'].dtype}, not of complex numbers.")
    return SpectralVolume(arrays["spectrum"], fps=float(fps), frames=int(frames), meta=meta)
