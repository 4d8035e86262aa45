# SPDX-License-Identifier: GPL-3.0-or-later
"""Which model the worker has, told from its file without loading anything: the hello does not wait for torch."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

__all__ = ["WEIGHTS", "chosen_weights", "describe_model", "model_id_of", "sha256_of"]

WEIGHTS = Path(__file__).parent / "weights" / "small.safetensors"
# A safetensors file begins with the length of its JSON header; what is longer than this is no header.
_MAX_HEADER = 16 << 20


def chosen_weights() -> Path:
    """The file that predictions use where none is named: what GID_WEIGHTS says, else the shipped one."""
    entered = os.environ.get("GID_WEIGHTS", "").strip()
    # os.path: for “~nobody” pathlib raises, where this leaves the text as it is.
    return Path(os.path.expanduser(entered)) if entered else WEIGHTS


def describe_model(weights: str | os.PathLike[str] | None = None) -> dict[str, str] | None:
    """The id and sha256 of the weights that a prediction would use, or None when there are none.

    Takes about a millisecond for each megabyte. Damaged files are described like others, for it is
    the loading that judges them. `weights` None takes the chosen ones.
    """
    path = chosen_weights() if weights is None else weights
    try:
        return {"id": model_id_of(path), "sha256": sha256_of(path)}
    # ValueError: a name with a null character in it.
    except (OSError, ValueError):
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
