# SPDX-License-Identifier: GPL-3.0-or-later
"""Building a data set: every unit of every video once, whatever is killed on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..atomic import replacing
from ..errors import GidError
from .clips import ClipPlan, Loops, Unit, plan_clip, videos_in
from .errors import DatasetError
from .index import SHARDS, Index, collect, read_settings, write_index, write_settings
from .pool import LocalPool, Pool
from .settings import Settings
from .shards import read_facts

__all__ = ["Progress", "build"]

# Seconds between two writings of the index during a build; the shards alone would do.
INDEX_EVERY = 20.0


@dataclass(frozen=True)
class Progress:
    """How far a build is.

    Attributes:
        done, planned: pairs, kept or not; planned grows while videos are still being looked at.
        current: name of the video that was worked on last.
    """

    done: int
    planned: int
    current: str


def build(
    videos: Path,
    folder: Path,
    settings: Settings | None = None,
    *,
    loops: Loops = "auto",
    pool: Pool | None = None,
    jobs: int = 1,
    progress: Callable[[Progress], None] | None = None,
) -> Index:
    """Measure all videos of a folder into a data set.

    What is there already stays and is not done again; a run that was cut off, for whatever reason, is continued by the
    same call. Videos that cannot be read, or give no pair, are in the index's `problems`, and the run goes on.

    Args:
        videos: searched with all folders in it.
        folder: the data set, made when missing.
        settings: of a new data set; an old one keeps its own.
        loops: see `plan_clip`.
        pool: what does the work; None takes `jobs` processes of this machine.
        jobs: processes, also those that look at videos beforehand.
        progress: called after each unit.

    Returns:
        The index, as it was written.

    Raises:
        DatasetError: when there are no videos, or the data set was made with other settings.
        OutputError: when a shard cannot be written, a full disk for example; all that were written stay.
    """
    paths = videos_in(videos)
    if not paths:
        raise DatasetError(f"No videos in “{videos}”.", "Videos end in .mp4, .mov, .mkv, .webm, .avi or .gif.")
    settings = _settled(folder, settings)
    problems: dict[str, str] = {}
    done = planned = 0
    written = time.monotonic()

    def units() -> Iterator[tuple[Path, Unit]]:
        nonlocal planned
        later: list[tuple[Path, Unit]] = []
        for path, plan in _plans(videos, paths, settings, loops, jobs, problems):
            planned += len(plan.starts)
            # Something of every clip first: a set that is half done is then of use already.
            first, *others = [(path, unit) for unit in plan.units()]
            later += others
            yield first
        yield from later

    def missing() -> Iterator[tuple[Path, Unit]]:
        nonlocal done
        for path, unit in units():
            if _is_done(folder / SHARDS / unit.shard):
                done += len(unit.starts)
            else:
                yield path, unit

    def tell(name: str) -> None:
        if progress is not None:
            progress(Progress(done, planned, name))

    pool = pool or LocalPool(jobs)
    try:
        for unit, result in pool.measure(missing(), settings):
            if isinstance(result, Exception):
                problems[unit.clip.name] = _sentence(result)
            else:
                with replacing(folder / SHARDS / unit.shard) as temporary:
                    temporary.write_bytes(result)
            done += len(unit.starts)
            tell(unit.clip.name)
            if time.monotonic() - written > INDEX_EVERY:
                _indexed(folder, settings, problems)
                written = time.monotonic()
        tell("")
    finally:
        pool.close()
    return _indexed(folder, settings, problems)


def _settled(folder: Path, settings: Settings | None) -> Settings:
    if not (folder / "dataset.json").exists():
        settings = settings or Settings()
        write_settings(folder, settings)
        return settings
    old = read_settings(folder)
    if settings is not None and settings != old:
        new, before = settings.to_json(), old.to_json()
        differing = ", ".join(f"{key} {before[key]} instead of {new[key]}" for key in new if new[key] != before[key])
        raise DatasetError(
            f"The data set “{folder}” was made with {differing}.", "Choose another folder for new settings."
        )
    return old


def _plans(
    root: Path, paths: list[Path], settings: Settings, loops: Loops, jobs: int, problems: dict[str, str]
) -> Iterator[tuple[Path, ClipPlan]]:
    """Plans of the videos, each content once. Threads do: decoding and hashing let go of the interpreter."""
    seen: dict[str, str] = {}

    def look(path: Path) -> ClipPlan | Exception:
        try:
            return plan_clip(path, path.relative_to(root).as_posix(), settings, loops)
        except (GidError, OSError) as error:
            return error

    with ThreadPoolExecutor(jobs) as threads:
        for path, plan in zip(paths, threads.map(look, paths), strict=True):
            name = path.relative_to(root).as_posix()
            if isinstance(plan, Exception):
                problems[name] = _sentence(plan)
            elif plan.digest in seen:
                problems[name] = f"It is the same file as “{seen[plan.digest]}”."
            else:
                seen[plan.digest] = name
                yield path, plan


def _is_done(shard: Path) -> bool:
    """Whether a shard is there and whole; a damaged one is made again."""
    try:
        return shard.exists() and bool(read_facts(shard))
    except DatasetError:
        return False


def _indexed(folder: Path, settings: Settings, problems: dict[str, str]) -> Index:
    index = collect(folder, settings)
    index.problems = dict(problems)
    write_index(folder, index)
    return index


def _sentence(error: Exception) -> str:
    message = error.message if isinstance(error, GidError) else f"{type(error).__name__}: {error}"
    return " ".join(message.split())
