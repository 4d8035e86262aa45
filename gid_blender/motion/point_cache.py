# SPDX-License-Identifier: GPL-3.0-or-later
"""Point caches: where every vertex is, sample after sample, in one file (PC2, MDD), written and read as a stream.

PC2   little-endian   "POINTCACHE2" and a zero, int 1, int points, float start, float interval, int samples; floats
MDD   big-endian      int samples, int points; float seconds of each sample; floats

Both say nothing of faces, materials or time beyond this, and count on the reader's mesh to have the same vertices in
the same order. Samples go through memory one at a time: a film of a large grid takes no more than a frame of it.
"""

from __future__ import annotations

import os
import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from .errors import PointCacheError

__all__ = ["PointCache", "cache_bytes", "read_cache", "write_mdd", "write_pc2"]

Points = npt.NDArray[np.float32]

_PC2 = struct.Struct("<12siiffi")
_PC2_NAME, _PC2_VERSION = b"POINTCACHE2\0", 1
_MDD = struct.Struct(">ii")
# Both formats count in signed 32 bits.
_MOST = 2**31 - 1


@dataclass(frozen=True)
class PointCache:
    """What the head of a cache says; the samples stay in the file until they are asked for.

    Attributes:
        path: of the file.
        kind: "PC2" or "MDD".
        points: vertices of a sample.
        times: (N,) float64 of the samples; PC2 counts frames, MDD seconds.
    """

    path: Path
    kind: Literal["PC2", "MDD"]
    points: int
    times: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.times)

    def samples(self) -> Iterator[Points]:
        """(points, 3) float32 in native order, sample after sample.

        Raises:
            PointCacheError: when the file ends before its time.
        """
        with open(self.path, "rb") as file:
            file.seek(self._head)
            for index in range(len(self)):
                yield self._next(file, index)

    def sample(self, index: int) -> Points:
        """(points, 3) float32 of one sample, without reading the others; raises as `samples` does."""
        with open(self.path, "rb") as file:
            file.seek(self._head + range(len(self))[index] * 12 * self.points)
            return self._next(file, index)

    @property
    def _head(self) -> int:
        return _PC2.size if self.kind == "PC2" else _MDD.size + 4 * len(self)

    def _next(self, file: BinaryIO, index: int) -> Points:
        raw = file.read(12 * self.points)
        if len(raw) < 12 * self.points:
            raise PointCacheError(f"“{self.path}” ends in the middle of sample {index + 1} of {len(self)}.")
        order = "<f4" if self.kind == "PC2" else ">f4"
        return np.frombuffer(raw, order).reshape(-1, 3).astype(np.float32, copy=False)


def write_pc2(
    path: str | os.PathLike[str],
    samples: Iterable[npt.ArrayLike],
    *,
    points: int,
    count: int,
    start: float = 0.0,
    interval: float = 1.0,
) -> None:
    """Write a PC2 file, whole or not at all.

    Args:
        path: of the file; one that is there is replaced when the new one is complete.
        samples: (points, 3) coordinates each, `count` of them; taken one at a time.
        points: vertices of a sample.
        count: samples. A head comes before them, so it has to be known.
        start: frame of the first sample.
        interval: frames from one sample to the next.

    Raises:
        PointCacheError: when the samples are not as many or not as large as announced, or not finite.
        OSError: when the folder cannot be written or the disk is full; an older file stays as it was.
    """
    _check(points, count)
    if not (np.isfinite(start) and np.isfinite(interval) and interval > 0):
        raise PointCacheError(f"A point cache cannot have a sample every {interval:g} frames from frame {start:g} on.")
    head = _PC2.pack(_PC2_NAME, _PC2_VERSION, points, start, interval, count)
    _write(Path(path), head, samples, points, count, "<f4")


def write_mdd(
    path: str | os.PathLike[str], samples: Iterable[npt.ArrayLike], *, points: int, times: npt.ArrayLike
) -> None:
    """Write an MDD file, whole or not at all; `times` are seconds, one for each sample. The rest as `write_pc2`."""
    seconds = np.asarray(times, np.float64)
    if seconds.ndim != 1 or not np.isfinite(seconds).all() or (np.diff(seconds) <= 0).any():
        raise PointCacheError("The times of a point cache have to be seconds in rising order.")
    _check(points, len(seconds))
    head = _MDD.pack(len(seconds), points) + seconds.astype(">f4").tobytes()
    _write(Path(path), head, samples, points, len(seconds), ">f4")


def cache_bytes(points: int, count: int) -> int:
    """Bytes of a cache of so many points and samples, to a few hundred: for asking whether a disk has room."""
    return 12 * points * count + 4 * count + _PC2.size


def read_cache(path: str | os.PathLike[str]) -> PointCache:
    """Read the head of a PC2 or MDD file, told apart by their first bytes, and compare it with the file's size.

    Raises:
        PointCacheError: when the file cannot be opened, is neither, or is not as long as its head says.
    """
    target = Path(path)
    try:
        size = target.stat().st_size
        with open(target, "rb") as file:
            head = file.read(_PC2.size)
            cache = _pc2(target, head) if head.startswith(b"POINTCACHE2") else _mdd(target, head, file, size)
    except OSError as error:
        raise PointCacheError(f"Cannot open “{target}”: {error.strerror or error}.") from error
    wanted = cache._head + 12 * cache.points * len(cache)
    if size != wanted:
        raise PointCacheError(f"“{target}” has {size} bytes, and {wanted} by its own head: it is damaged.")
    return cache


def _pc2(path: Path, head: bytes) -> PointCache:
    if len(head) < _PC2.size:
        raise PointCacheError(f"“{path}” ends in the middle of its head.")
    _, version, points, start, interval, count = _PC2.unpack(head)
    if version != _PC2_VERSION or points < 1 or count < 1 or not (np.isfinite(start) and np.isfinite(interval)):
        raise PointCacheError(f"“{path}” has a head that makes no sense: it is damaged.")
    _fits(path, points, count)
    return PointCache(path, "PC2", points, start + interval * np.arange(count, dtype=np.float64))


def _mdd(path: Path, head: bytes, file: BinaryIO, size: int) -> PointCache:
    count, points = _MDD.unpack(head[: _MDD.size]) if len(head) >= _MDD.size else (0, 0)
    # It has no name at its head; what it counts has to fit the file before a list of that length is read.
    if count < 1 or points < 1 or _MDD.size + 4 * count > size:
        raise PointCacheError(f"“{path}” is no point cache, neither PC2 nor MDD.")
    _fits(path, points, count)
    file.seek(_MDD.size)
    return PointCache(path, "MDD", points, np.frombuffer(file.read(4 * count), ">f4").astype(np.float64))


def _fits(path: Path, points: int, count: int) -> None:
    """Refuse what a head may claim and no file can hold, before memory is taken for it."""
    if 12 * points * count > path.stat().st_size:
        raise PointCacheError(f"“{path}” is shorter than its own head says: it is damaged.")


def _check(points: int, count: int) -> None:
    if count < 1:
        raise PointCacheError("A point cache needs at least one frame.")
    if points < 1:
        raise PointCacheError("A point cache needs at least one vertex.")
    if max(points, count) > _MOST:
        raise PointCacheError(f"A point cache cannot hold {max(points, count)} points or samples.")


def _write(path: Path, head: bytes, samples: Iterable[npt.ArrayLike], points: int, count: int, order: str) -> None:
    # Not tempfile: its files are readable by their owner alone, and the rename would keep that.
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:
            file.write(head)
            written = 0
            for sample in samples:
                file.write(_encoded(sample, points, written, order))
                written += 1
            if written != count:
                raise PointCacheError(f"The point cache was to have {count} samples, and got {written}.")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _encoded(sample: npt.ArrayLike, points: int, index: int, order: str) -> bytes:
    values = np.asarray(sample, np.float32)
    if values.shape != (points, 3):
        raise PointCacheError(f"Sample {index + 1} has the shape {values.shape} instead of ({points}, 3).")
    if not np.isfinite(values).all():
        raise PointCacheError(f"Sample {index + 1} has a coordinate that is not a number.")
    return values.astype(order, copy=False).tobytes()
