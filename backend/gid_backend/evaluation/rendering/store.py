# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured is kept frame by frame, so that an evaluation goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...atomic import replacing
from ...rendering.frame_pair import FramePair
from .measure import VERSION

__all__ = ["Store", "key_of"]


def key_of(pair: FramePair) -> str:
    """Names a pair by its content, so that what is kept is never of another."""
    digest = hashlib.sha256()
    for part in (pair.source, pair.target, pair.flow, pair.strength, pair.uncovered, pair.known):
        digest.update(b"-" if part is None else part.tobytes())
    return f"{pair.name}-{digest.hexdigest()[:12]}".replace("/", "_")


class Store:
    """A folder with one small JSON file for each candidate and thing measured."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def once(self, candidate: str, thing: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What is kept under both keys, else what `measure` says, which is then kept.

        Raises:
            OutputError: when it cannot be kept.
        """
        path = self.folder / hashlib.sha256(candidate.encode()).hexdigest()[:16] / f"{thing}.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["version"] == VERSION:
                found: dict[str, Any] = kept["figures"]
                return found
        except (OSError, ValueError, KeyError, TypeError):
            # Nothing, or half a file: measured again.
            pass
        figures = measure()
        with replacing(path) as temporary:
            temporary.write_text(json.dumps({"version": VERSION, "figures": figures}), encoding="utf-8")
        return figures
