# SPDX-License-Identifier: GPL-3.0-or-later
"""A shard: the pairs of one unit in one safetensors file, each part of each pair to be read by itself.

Tensors are bytes: `007.image` (JPEG), `007.bands00`, `007.bands08`, … (eight bands each, see `codec`), `007.drift`,
`007.confidence` (PNG). The header's metadata holds, as JSON under `facts`, the clip, the verdict on every start, and
for every tensor its CRC-32.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from .clips import Unit
from .codec import decode_fields, encode_fields
from .errors import DatasetError
from .measure import MotionPair
from .settings import FORMAT, PIXELS, Settings

__all__ = ["dump_shard", "read_facts", "read_pair"]

GROUP = 8
JPEG_QUALITY = 90


def dump_shard(unit: Unit, pairs: list[MotionPair], settings: Settings) -> bytes:
    """The bytes of a shard; the same pairs give the same tensors and facts."""
    tensors: dict[str, npt.NDArray[np.uint8]] = {}
    facts: list[dict[str, Any]] = []
    for index, pair in enumerate(pairs):
        fact: dict[str, Any] = {
            "start": round(pair.start, 4),
            "verdict": pair.verdict,
            "mean_pixels": round(pair.mean_pixels, 4),
            "followed": round(pair.followed, 4),
        }
        if pair.verdict == "kept":
            parts = _packed(pair, settings)
            tensors |= {f"{index:03d}.{name}": np.frombuffer(data, np.uint8) for name, data in parts.items()}
            fact["grid"] = list(pair.confidence.shape)
            fact["crc32"] = {name: zlib.crc32(data) for name, data in parts.items()}
        facts.append(fact)
    clip = asdict(unit.clip)
    del clip["starts"]
    clip |= {"starts_planned": len(unit.clip.starts)}
    metadata = {"format": FORMAT, "facts": json.dumps({"clip": clip, "first": unit.first, "pairs": facts})}
    # safetensors refuses a file without any tensor; a unit of which nothing was kept still has its verdicts.
    return save(tensors or {"empty": np.zeros(1, np.uint8)}, metadata)


def read_facts(path: Path) -> dict[str, Any]:
    """What a shard says about itself, without its tensors.

    Raises:
        DatasetError: naming the shard, when it is damaged or none.
    """
    try:
        with safe_open(path, "np") as shard:
            metadata = shard.metadata() or {}
        if metadata.get("format") != FORMAT:
            raise DatasetError(
                f"“{path}” is no shard of the format {FORMAT}.", "Delete it and build the data set again."
            )
        facts: dict[str, Any] = json.loads(metadata["facts"])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise _damaged(path, error) from error
    return facts


def read_pair(
    path: Path, index: int, fact: dict[str, Any], *, bands: int, step: float
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.complex64], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """One kept pair.

    Args:
        path: of the shard.
        index: of the pair in it.
        fact: what the index says of it.
        bands: how many to read, from 0 on.
        step: of the quantisation, in the data set's pixels.

    Returns:
        (H, W, 3) uint8 picture, (bands, 2, h, w) complex64 spectrum and (2, h, w) float32 drift in fractions of the
        width, (h, w) float32 confidence in 0..1.

    Raises:
        DatasetError: naming the shard, when it is damaged.
    """
    rows, columns = fact["grid"]
    try:
        with safe_open(path, "np") as shard:

            def part(name: str) -> npt.NDArray[np.uint8]:
                data: npt.NDArray[np.uint8] = shard.get_tensor(f"{index:03d}.{name}")
                if zlib.crc32(data.tobytes()) != fact["crc32"][name]:
                    raise ValueError(f"the checksum of {index:03d}.{name} is wrong")
                return data

            groups = []
            for first in range(0, bands, GROUP):
                data = part(f"bands{first:02d}")
                stored = min(GROUP, fact["bands"] - first)
                groups.append(decode_fields(data, (4 * stored, rows, columns), step / PIXELS))
            drift = decode_fields(part("drift"), (2, rows, columns), step / PIXELS)
            image = cv2.imdecode(part("image"), cv2.IMREAD_COLOR)
            confidence = cv2.imdecode(part("confidence"), cv2.IMREAD_GRAYSCALE)
    except (SafetensorError, OSError, KeyError, ValueError, cv2.error) as error:
        raise _damaged(path, error) from error
    if image is None or confidence is None:
        raise _damaged(path, ValueError("a picture in it cannot be decoded"))
    planes = np.concatenate(groups).reshape(-1, 2, 2, rows, columns)[:bands]
    spectrum = np.empty((bands, 2, rows, columns), np.complex64)
    spectrum.real, spectrum.imag = planes[:, :, 0], planes[:, :, 1]
    return np.ascontiguousarray(image[..., ::-1]), spectrum, drift, confidence.astype(np.float32) / 255.0


def _packed(pair: MotionPair, settings: Settings) -> dict[str, bytes]:
    step = settings.step / PIXELS
    bgr = np.ascontiguousarray(pair.image[..., ::-1])
    parts = {
        "image": cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes(),
        "confidence": cv2.imencode(".png", _steps(pair.confidence), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes(),
        "drift": encode_fields(pair.drift, step),
    }
    planes = np.stack([pair.spectrum.real, pair.spectrum.imag], axis=2)
    for first in range(0, len(planes), GROUP):
        group = planes[first : first + GROUP].reshape(-1, *planes.shape[3:])
        parts[f"bands{first:02d}"] = encode_fields(np.ascontiguousarray(group), step)
    return parts


def _steps(confidence: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """In 16 levels: enough to weigh by, and a tenth of the bytes."""
    return np.asarray(np.round(np.clip(confidence, 0.0, 1.0) * 15.0) * 17.0, np.uint8)


def _damaged(path: Path, error: Exception) -> DatasetError:
    reason = str(error) or type(error).__name__
    return DatasetError(
        f"The shard “{path}” is damaged ({reason}).",
        "Delete it and run “gid dataset build” again; it makes that one anew.",
    )
