# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene: a picture, the part that each pixel shows, and how the parts hang together and swing.

Nothing here depends on how the picture was made, so drawn and rendered scenes share the format and the physics.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Parts", "Scene", "SceneError", "load_scenes", "save_scenes"]

FORMAT = "gid-scenes-1"
JPEG_QUALITY = 90


class SceneError(ValueError):
    """A scene or a shard of scenes does not hold what it must."""


@dataclass(frozen=True, eq=False)
class Parts:
    """P rigid parts in a tree. Part 0 is the world: its own parent, and it never moves.

    All lengths are in fractions of the picture's *width*, x right, y down. A part has one generalised coordinate
    for its rotation and translation (driven by the wind across its lever) and one for flutter (driven by turbulence).

    Attributes:
        parent: (P,) int32, parent[i] < i for i > 0.
        pivot: (P, 2) float32, the point about which the part turns.
        lever: (P, 2) float32, unit direction from the pivot to the middle of the part; the torque of the wind w
            is (J·lever)·w.
        frequency: (P,) float32, natural frequency in Hz.
        damping: (P,) float32, damping ratio.
        drag: (P,) float32, rotation in radians at unit quasi-static force; 0 is rigid.
        sway: (P, 2) float32, translation at unit quasi-static force.
        flutter: (P,) float32, relative foreshortening along `axis` at unit force: tilting out of the picture's plane.
        axis: (P,) float32, direction of the foreshortening in radians.
        local: (P,) float32 in 0..1, how much of the force is the part's own (vortices, flicker) and not shared wind.
        depth: (P,) float32, third coordinate for the wind's coherence, in fractions of the width.
        soft: (P,) int32, 0, or the number of the continuous thing (a cloth) within which motion is smoothed.
    """

    parent: npt.NDArray[np.int32]
    pivot: npt.NDArray[np.float32]
    lever: npt.NDArray[np.float32]
    frequency: npt.NDArray[np.float32]
    damping: npt.NDArray[np.float32]
    drag: npt.NDArray[np.float32]
    sway: npt.NDArray[np.float32]
    flutter: npt.NDArray[np.float32]
    axis: npt.NDArray[np.float32]
    local: npt.NDArray[np.float32]
    depth: npt.NDArray[np.float32]
    soft: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        count = len(self.parent)
        if count < 1 or count > 65535:
            raise SceneError(f"A scene has 1 to 65535 parts, not {count}.")
        for f in fields(self):
            kind = np.int32 if f.name in ("parent", "soft") else np.float32
            value = np.ascontiguousarray(getattr(self, f.name), kind)
            shape = (count, 2) if f.name in ("pivot", "lever", "sway") else (count,)
            if value.shape != shape:
                raise SceneError(f"The parts' {f.name} must have the shape {shape}, not {value.shape}.")
            if not np.isfinite(value).all():
                raise SceneError(f"The parts' {f.name} holds values that are not finite.")
            object.__setattr__(self, f.name, value)
        if self.parent[0] != 0 or (self.parent[1:] >= np.arange(1, count)).any() or (self.parent < 0).any():
            raise SceneError("Part 0 must be its own parent and every other part must come after its parent.")
        if self.drag[0] or self.flutter[0] or self.sway[0].any():
            raise SceneError("Part 0 is the world and must not move.")

    def __len__(self) -> int:
        return len(self.parent)


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with known parts.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        part_index: (H, W) uint16, the part visible at each pixel.
        parts: the parts.
        family: what the picture shows.
        seed: the number it was made from.
    """

    image: npt.NDArray[np.uint8]
    part_index: npt.NDArray[np.uint16]
    parts: Parts
    family: str
    seed: int

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise SceneError(f"A scene's picture is (H, W, 3) uint8, not {self.image.shape} {self.image.dtype}.")
        if self.part_index.shape != self.image.shape[:2] or self.part_index.dtype != np.uint16:
            raise SceneError("A scene's part_index is uint16 and as large as its picture.")
        if int(self.part_index.max()) >= len(self.parts):
            raise SceneError("A scene's part_index names a part that does not exist.")


def save_scenes(path: Path | str, scenes: Sequence[Scene]) -> None:
    """Write a shard: one `.npz` without pickle, atomically. Pictures become JPEG, part maps PNG."""
    path = Path(path)
    jpeg = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    images = [_encode(".jpg", cv2.cvtColor(s.image, cv2.COLOR_RGB2BGR), jpeg) for s in scenes]
    maps = [_encode(".png", s.part_index, [cv2.IMWRITE_PNG_COMPRESSION, 6]) for s in scenes]
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        "images": np.concatenate(images),
        "image_sizes": np.array([len(i) for i in images], np.int64),
        "maps": np.concatenate(maps),
        "map_sizes": np.array([len(m) for m in maps], np.int64),
        "part_counts": np.array([len(s.parts) for s in scenes], np.int64),
        "families": np.array([s.family for s in scenes]),
        "seeds": np.array([s.seed for s in scenes], np.int64),
    }
    for f in fields(Parts):
        arrays["parts_" + f.name] = np.concatenate([getattr(s.parts, f.name) for s in scenes])
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    partial = path.with_suffix(".partial")
    partial.write_bytes(buffer.getvalue())
    partial.replace(path)


def load_scenes(paths: Path | str | Iterable[Path | str]) -> Iterator[Scene]:
    """Read the scenes of one shard, of several, or of all `*.npz` of a folder, in order.

    Raises:
        SceneError: when a shard is damaged or of another format.
    """
    if isinstance(paths, str | Path):
        p = Path(paths)
        paths = sorted(p.glob("*.npz")) if p.is_dir() else [p]
    for path in paths:
        yield from _load_shard(Path(path))


def _load_shard(path: Path) -> Iterator[Scene]:
    try:
        with np.load(path, allow_pickle=False) as z:
            a = {name: z[name] for name in z.files}
    except Exception as error:
        raise SceneError(f"“{path}” cannot be read as a shard of scenes: {error}") from error
    if str(a.get("format")) != FORMAT:
        raise SceneError(f"“{path}” is not a shard of scenes of the format {FORMAT}; generate it again.")
    image_end, map_end, part_end = (np.cumsum(a[n]) for n in ("image_sizes", "map_sizes", "part_counts"))
    for i in range(len(a["seeds"])):
        image = cv2.imdecode(a["images"][image_end[i] - a["image_sizes"][i] : image_end[i]], cv2.IMREAD_COLOR)
        index = cv2.imdecode(a["maps"][map_end[i] - a["map_sizes"][i] : map_end[i]], cv2.IMREAD_UNCHANGED)
        if image is None or index is None:
            raise SceneError(f"“{path}” is damaged at scene {i}; delete it and generate again.")
        chosen = slice(part_end[i] - a["part_counts"][i], part_end[i])
        parts = Parts(**{f.name: a["parts_" + f.name][chosen] for f in fields(Parts)})
        rgb = np.ascontiguousarray(image[..., ::-1])
        yield Scene(rgb, index.astype(np.uint16), parts, str(a["families"][i]), int(a["seeds"][i]))


def _encode(suffix: str, image: npt.NDArray[Any], options: list[int]) -> npt.NDArray[np.uint8]:
    ok, data = cv2.imencode(suffix, image, options)
    if not ok:
        raise SceneError(f"OpenCV could not encode a picture as {suffix}.")
    return np.asarray(data, np.uint8).ravel()
