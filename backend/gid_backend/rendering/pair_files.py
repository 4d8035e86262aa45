# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards of pairs of frames: a few hundred kB a pair, read one pair at a time.

A shard is an `.npz` without pickle, in which each pair has members of its own, so that one of them can be read
without the others. Pictures are PNG: what a renderer is to learn about edges must not drown in compression. Flow and
strength are one 16-bit PNG in steps of 1/256 pixel, or larger ones where something goes further than 127 pixels.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import cv2
import numpy as np
import numpy.typing as npt

from ..atomic import replacing
from ..errors import GidError
from .frame_pair import FramePair

__all__ = ["PairError", "PairFolder", "load_pairs", "save_pairs"]

FORMAT = "gid-pairs-1"
STEP = 1.0 / 256.0
MIDDLE = 32768
OFFSETS = np.array([MIDDLE, MIDDLE, 0], np.float32)
UNCOVERED, KNOWN, HAS_UNCOVERED, HAS_KNOWN = 1, 2, 4, 8


class PairError(GidError):
    """A pair of frames or a shard of them does not hold what it must."""


def save_pairs(path: Path | str, pairs: Sequence[FramePair]) -> None:
    """Write a shard, whole or not at all.

    Flow and strength are rounded to 1/256 pixel; everything else comes back as it was.

    Raises:
        PairError: when there are none, or one's arrays do not fit each other.
        OutputError: when it cannot be written.
    """
    if not pairs:
        raise PairError("A shard needs at least one pair of frames.")
    members: dict[str, npt.NDArray[Any]] = {
        "format": np.array(FORMAT),
        "names": np.array([pair.name for pair in pairs]),
        "steps": np.array([_step(pair) for pair in pairs]),
    }
    for i, pair in enumerate(pairs):
        _check(pair)
        members[f"source_{i:04d}"] = _png(pair.source[..., ::-1])
        members[f"target_{i:04d}"] = _png(pair.target[..., ::-1])
        motion = np.stack([pair.flow[0], pair.flow[1], pair.strength], -1) / members["steps"][i]
        members[f"motion_{i:04d}"] = _png(np.round(motion + OFFSETS).astype(np.uint16))
        members[f"masks_{i:04d}"] = _png(_packed(pair))
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, **members)  # type: ignore[arg-type]


def load_pairs(paths: Path | str | Iterable[Path | str]) -> Iterator[FramePair]:
    """Read the pairs of one shard, of several, or of all `*.npz` of a folder, in order, one at a time.

    Raises:
        PairError: when a shard is damaged or of another format.
    """
    for path in _shards(paths):
        shard = _Shard(path)
        for i in range(len(shard.names)):
            yield shard.read(i)


class PairFolder(Sequence[FramePair]):
    """The pairs of one shard, of several, or of a folder, each read from the disk when it is asked for.

    A folder's shards are those that it holds now; a growing one is looked at anew by making another of these.

    Raises:
        PairError: when a shard is damaged or of another format, or there is none.
    """

    def __init__(self, paths: Path | str | Iterable[Path | str]) -> None:
        self._places = [(shard, i) for shard in map(_Shard, _shards(paths)) for i in range(len(shard.names))]
        if not self._places:
            raise PairError(f"There are no pairs of frames in “{paths}”.", "Make some with `gid train pairs`.")

    @property
    def names(self) -> list[str]:
        """Of all pairs, in order; costs no reading."""
        return [shard.names[i] for shard, i in self._places]

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> FramePair: ...
    @overload
    def __getitem__(self, index: slice) -> list[FramePair]: ...
    def __getitem__(self, index: int | slice) -> FramePair | list[FramePair]:
        if isinstance(index, slice):
            return [shard.read(i) for shard, i in self._places[index]]
        shard, i = self._places[index]
        return shard.read(i)


class _Shard:
    def __init__(self, path: Path) -> None:
        self.path = path
        members = self._members("format", "names", "steps")
        if str(members["format"]) != FORMAT:
            raise PairError(f"“{path}” is not a shard of pairs of the format {FORMAT}; make it again.")
        self.names = [str(name) for name in members["names"]]
        self._steps = [float(step) for step in members["steps"]]

    def read(self, i: int) -> FramePair:
        names = [f"{what}_{i:04d}" for what in ("source", "target", "motion", "masks")]
        source, target, motion, masks = (self._picture(data) for data in self._members(*names).values())
        moved = motion.astype(np.float32) - OFFSETS
        moved = np.ascontiguousarray(np.moveaxis(moved * np.float32(self._steps[i]), 2, 0))
        return FramePair(
            self.names[i],
            np.ascontiguousarray(source[..., ::-1]),
            np.ascontiguousarray(target[..., ::-1]),
            moved[:2],
            moved[2],
            masks & UNCOVERED > 0 if masks[0, 0] & HAS_UNCOVERED else None,
            masks & KNOWN > 0 if masks[0, 0] & HAS_KNOWN else None,
        )

    def _members(self, *names: str) -> dict[str, npt.NDArray[Any]]:
        try:
            with np.load(self.path, allow_pickle=False) as z:
                if "format" not in z.files:
                    raise PairError(f"“{self.path}” is not a shard of pairs of the format {FORMAT}; make it again.")
                return {name: z[name] for name in names}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise PairError(f"“{self.path}” cannot be read as a shard of pairs of frames: {error}") from error

    def _picture(self, data: npt.NDArray[Any]) -> npt.NDArray[Any]:
        found = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        if found is None:
            raise PairError(f"“{self.path}” is damaged; delete it and make it again.")
        return np.asarray(found)


def _shards(paths: Path | str | Iterable[Path | str]) -> list[Path]:
    if not isinstance(paths, str | Path):
        return [Path(path) for path in paths]
    return sorted(Path(paths).glob("*.npz")) if Path(paths).is_dir() else [Path(paths)]


def _check(pair: FramePair) -> None:
    size = pair.source.shape[:2]
    for name, shape in {
        "source": (*size, 3),
        "target": (*size, 3),
        "flow": (2, *size),
        "strength": size,
        "uncovered": size,
        "known": size,
    }.items():
        value = getattr(pair, name)
        if value is not None and value.shape != shape:
            raise PairError(f"The {name} of the pair “{pair.name}” has the shape {value.shape} instead of {shape}.")
    if pair.source.dtype != np.uint8 or pair.target.dtype != np.uint8:
        raise PairError(f"The pictures of the pair “{pair.name}” must be uint8.")
    if not (np.isfinite(pair.flow).all() and np.isfinite(pair.strength).all()):
        raise PairError(f"The motion of the pair “{pair.name}” holds values that are not finite.")
    if (pair.strength < 0).any():
        raise PairError(f"The strength of the pair “{pair.name}” is negative somewhere.")


def _step(pair: FramePair) -> float:
    largest = max(float(np.abs(pair.flow).max(initial=0.0)), float(pair.strength.max(initial=0.0)) / 2)
    return max(STEP, largest / (MIDDLE - 1))


def _packed(pair: FramePair) -> npt.NDArray[np.uint8]:
    masks = np.zeros(pair.source.shape[:2], np.uint8)
    for mask, bit, there in ((pair.uncovered, UNCOVERED, HAS_UNCOVERED), (pair.known, KNOWN, HAS_KNOWN)):
        if mask is not None:
            masks |= mask * np.uint8(bit) | np.uint8(there)
    return masks


def _png(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    done, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise PairError("OpenCV could not encode a picture as PNG.")
    return np.asarray(data, np.uint8).ravel()
