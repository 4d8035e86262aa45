# SPDX-License-Identifier: GPL-3.0-or-later
"""Which model the worker has, told from its file without loading anything."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

__all__ = ["WEIGHTS_FOLDER", "describe_model", "read_metadata"]

WEIGHTS_FOLDER = Path(__file__).parent / "weights"
# A safetensors file begins with the length of its JSON header; a header beyond this is no header.
_MAX_HEADER = 16 << 20


def describe_model(weights: str | os.PathLike[str] | None = None) -> dict[str, str] | None:
    """The id and sha256 of the weights that a prediction would use, or None when there are none.

    Takes about a millisecond for each megabyte: only the bytes are hashed. Damaged files are
    described like others, for it is the loading that judges them.

    Args:
        weights: a safetensors file; None for the one that is shipped.
    """
    try:
        path = Path(weights) if weights is not None else next(iter(sorted(WEIGHTS_FOLDER.glob("*.safetensors"))), None)
        if path is None:
            return None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        identity = str(read_metadata(path).get("id", path.stem))
    except OSError:
        return None
    return {"id": identity, "sha256": digest}


def read_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The metadata of a safetensors file; {} when it has none or is damaged. Raises OSError when it cannot be read."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(length) if length <= _MAX_HEADER else b""
    try:
        metadata = json.loads(header)["__metadata__"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return metadata if isinstance(metadata, dict) else {}
