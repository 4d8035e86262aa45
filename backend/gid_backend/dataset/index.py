# SPDX-License-Identifier: GPL-3.0-or-later
"""The index of a data set: one JSON file that says what lies in which shard, and what became of every video."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..atomic import replacing
from .errors import DatasetError
from .settings import FORMAT, Settings
from .shards import read_facts

__all__ = ["Index", "SHARDS", "collect", "read_index", "read_settings", "write_index", "write_settings"]

SHARDS = "shards"
INDEX, SETTINGS = "index.json", "dataset.json"


@dataclass
class Index:
    """What a data set holds.

    Attributes:
        clips: by digest: name, digest, seconds, frames, period (0 for no loop), repeats, starts_planned.
        pairs: kept ones: clip (digest), shard, row, start, grid, bands, crc32, mean_pixels, followed, periodic.
        verdicts: by digest: how many starts got which verdict.
        problems: videos that gave nothing at all, by name: the sentence that says why.
        damaged: shards that cannot be read.
    """

    clips: dict[str, dict[str, Any]] = field(default_factory=dict)
    pairs: list[dict[str, Any]] = field(default_factory=list)
    verdicts: dict[str, dict[str, int]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)

    @property
    def unfinished(self) -> list[str]:
        """Names of clips of which not every start has its verdict yet."""
        return [
            clip["name"]
            for digest, clip in self.clips.items()
            if sum(self.verdicts[digest].values()) < clip["starts_planned"]
        ]

    def add(self, shard: str, facts: dict[str, Any], settings: Settings) -> None:
        """Enter a shard."""
        clip = facts["clip"]
        digest = clip["digest"]
        self.clips[digest] = clip
        counted = Counter(self.verdicts.get(digest, {}))
        counted.update(fact["verdict"] for fact in facts["pairs"])
        self.verdicts[digest] = dict(counted)
        for row, fact in enumerate(facts["pairs"]):
            if fact["verdict"] == "kept":
                of = {
                    "clip": digest,
                    "shard": shard,
                    "row": row,
                    "periodic": bool(clip["period"]),
                    "bands": settings.bands,
                }
                self.pairs.append(of | {key: value for key, value in fact.items() if key != "verdict"})


def collect(folder: Path, settings: Settings) -> Index:
    """The index as the shards give it; damaged ones are named in it."""
    index = Index()
    for path in sorted((folder / SHARDS).glob("*.safetensors")):
        try:
            index.add(path.name, read_facts(path), settings)
        except DatasetError:
            index.damaged.append(path.name)
    return index


def write_index(folder: Path, index: Index) -> None:
    """Raises OutputError when it cannot be written; the older one stays."""
    with replacing(folder / INDEX) as temporary:
        temporary.write_text(json.dumps({"format": FORMAT, **asdict(index)}, ensure_ascii=False, indent=1), "utf-8")


def read_index(folder: Path) -> Index:
    """The index of a data set; made from the shards when a build was cut off before it wrote one.

    Raises:
        DatasetError: when the folder holds no data set, or its index is damaged.
    """
    settings = read_settings(folder)
    path = folder / INDEX
    if not path.exists():
        return collect(folder, settings)
    try:
        values = json.loads(path.read_text("utf-8"))
        if values.pop("format") != FORMAT:
            raise DatasetError(f"“{path}” is of another format than {FORMAT}.", "Build the data set again.")
        return Index(**values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"The index “{path}” is damaged ({error}).",
            "Delete it and run “gid dataset build” again; the shards are kept.",
        ) from error


def write_settings(folder: Path, settings: Settings) -> None:
    """Note what the data set is made with; raises OutputError when it cannot be written."""
    with replacing(folder / SETTINGS) as temporary:
        temporary.write_text(json.dumps(settings.to_json(), indent=1) + os.linesep, "utf-8")


def read_settings(folder: Path) -> Settings:
    """What a data set was made with.

    Raises:
        DatasetError: when the folder holds none, or one of another format.
    """
    path = folder / SETTINGS
    try:
        values = json.loads(path.read_text("utf-8"))
        if values.pop("format") != FORMAT:
            raise DatasetError(f"“{folder}” is a data set of another format than {FORMAT}.", "Build it again.")
        return Settings(**values)
    except FileNotFoundError as error:
        raise DatasetError(
            f"“{folder}” is no data set: it has no {SETTINGS}.", "Make one with “gid dataset build VIDEOS -o FOLDER”."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"“{path}” is damaged ({error}).", "Build the data set again into another folder."
        ) from error
