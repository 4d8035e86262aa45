# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes shards of scenes; run it with `python -m gid_backend.synth.generate --help`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import cv2

from .camera import load_worlds
from .families import make_scene
from .scene import save_scenes

__all__ = ["SHARD", "generate"]

SHARD = 64


def _write(path: str, seeds: list[int], worlds_folder: str | None) -> int:
    cv2.setNumThreads(1)
    worlds = load_worlds(worlds_folder) if worlds_folder else None
    save_scenes(path, [make_scene(seed, worlds=worlds) for seed in seeds])
    return len(seeds)


def generate(out: Path, *, count: int, seed: int = 0, jobs: int = 1, worlds: Path | None = None) -> Iterator[int]:
    """Write scenes `seed`·10⁶ … +`count` in shards of 64 to a folder; yields how many more are done.

    Shards that exist are kept, so an interrupted run goes on where it was.
    """
    out.mkdir(parents=True, exist_ok=True)
    first = seed * 1_000_000
    todo = []
    for start in range(0, count, SHARD):
        size = min(SHARD, count - start)
        path = out / f"scenes-{first + start:09d}-{size:03d}.npz"
        if path.exists():
            yield size
        else:
            todo.append((str(path), list(range(first + start, first + start + size)), str(worlds) if worlds else None))
    if jobs <= 1:
        for task in todo:
            yield _write(*task)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_write, *task) for task in todo]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BaseException:
            for w in waiting:
                w.cancel()
            raise


if __name__ == "__main__":
    from .commands import app

    app()
