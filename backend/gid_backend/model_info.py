# SPDX-License-Identifier: GPL-3.0-or-later
"""Which model the worker has, told from its file without loading anything: the hello does not wait for torch."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

__all__ = ["WEIGHTS", "describe_model", "model_id_of", "sha256_of"]

WEIGHTS = Path(__file__).parent / "weights" / "small.safetensors"
# A safetensors file begins with the length of its JSON header; what is longer than this is no header.
_MAX_HEADER = 16 << 20


def describe_model(weights: str | os.PathLike[str] = WEIGHTS) -> dict[str, str] | None:
    """The id and sha256 of the weights that a prediction would use, or None when there are none.

    Takes about a millisecond for each megabyte. Damaged files are described like others, for it is
    the loading that judges them.
    """
    try:
        return {"id": model_id_of(weights), "sha256": sha256_of(weights)}
    except OSError:
        return None


def model_id_of(weights: str | os.PathLike[str]) -> str:
    """What the weights are called: their configuration's name, or the file's when it says none.

    Raises:
        OSError: when the file cannot be read.
    """
    try:
        name = json.loads(_metadata(weights)["config"])["name"]
    except (ValueError, KeyError, TypeError, RecursionError):
        name = Path(weights).stem
    return f"gid-{name}"


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Hash of a file's bytes, which names the model in results and caches. Raises OSError when it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(length) if length <= _MAX_HEADER else b""
    metadata = json.loads(header)["__metadata__"]
    return metadata if isinstance(metadata, dict) else {}
