# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes shards of rendered scenes or pairs: Blender's Python builds and renders in children, this one packs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ...rendering.pair_files import save_pairs
from ..scene import SceneError, save_scenes
from .finish import finished
from .pairs import finished_pair

__all__ = ["PAIRS_IN_A_SHARD", "SHARD", "check_python", "generate", "generate_pairs"]

SHARD = 32
# A pair takes as long as three scenes and ten times the place.
PAIRS_IN_A_SHARD = 8
# A scene takes one to five seconds of an idle core; whoever says nothing for so long hangs.
SECONDS_FOR_A_SCENE = 180.0
# A pair takes 3 to 20, and what has most leaves must not be left out because the processor is busy with other things.
SECONDS_FOR_A_PAIR = 1200.0


def check_python(python: Path) -> None:
    """See that a Python has Blender in it.

    Raises:
        SceneError: when it cannot be run or has no bpy.
    """
    program = "import importlib.util, sys; sys.exit(importlib.util.find_spec('bpy') is None)"
    try:
        code = subprocess.run([str(python), "-c", program], capture_output=True, timeout=60).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SceneError(f"“{python}” cannot be run as a Python with Blender in it: {error}") from error
    if code:
        raise SceneError(f"“{python}” has no bpy; `make setup` makes .venv/bpy52/bin/python, which has it.")


def generate(
    out: Path,
    *,
    count: int,
    first: int,
    python: Path,
    jobs: int = 1,
    family: str | None = None,
    complain: Callable[[str], None] | None = None,
) -> Iterator[int]:
    """Render the scenes of the numbers `first` … +`count` in shards of 32 to a folder; yields how many more are done.

    Shards that exist are kept, so an interrupted run goes on where it was. A scene at which Blender fails, hangs or
    crashes is left out of its shard and told to `complain`.
    """
    kind = _Kind("rendered", SHARD, ("--family", family) if family else (), _pack_scenes, SECONDS_FOR_A_SCENE)
    yield from _generate(kind, out, count, first, python, jobs, complain)


def generate_pairs(
    out: Path,
    *,
    count: int,
    first: int,
    python: Path,
    width: int = 320,
    jobs: int = 1,
    family: str | None = None,
    complain: Callable[[str], None] | None = None,
) -> Iterator[int]:
    """Render pairs of frames of the scenes `first` … +`count` in shards of 8, likewise.

    `width` is that of the usual shape, 16:10; the others have about as many pixels.
    """
    arguments = ("--pairs", str(width / 256), *(("--family", family) if family else ()))
    kind = _Kind("pairs", PAIRS_IN_A_SHARD, arguments, _pack_pairs, SECONDS_FOR_A_PAIR)
    yield from _generate(kind, out, count, first, python, jobs, complain)


@dataclass(frozen=True)
class _Kind:
    """What is made: the shards' name, how much is in one, what the child is told, who packs, when one of them hangs."""

    name: str
    shard: int
    arguments: tuple[str, ...]
    pack: Callable[[Path, Iterator[dict[str, npt.NDArray[Any]]]], None]
    seconds: float


def _pack_scenes(path: Path, made: Iterator[dict[str, npt.NDArray[Any]]]) -> None:
    save_scenes(path, [finished(raw) for raw in made])


def _pack_pairs(path: Path, made: Iterator[dict[str, npt.NDArray[Any]]]) -> None:
    save_pairs(path, [finished_pair(raw) for raw in made])


def _generate(
    kind: _Kind,
    out: Path,
    count: int,
    first: int,
    python: Path,
    jobs: int,
    complain: Callable[[str], None] | None,
) -> Iterator[int]:
    check_python(python)
    out.mkdir(parents=True, exist_ok=True)
    todo = []
    for start in range(first, first + count, kind.shard):
        size = min(kind.shard, first + count - start)
        path = out / f"{kind.name}-{start:09d}-{size:03d}.npz"
        if path.exists():
            yield size
        else:
            todo.append((path, list(range(start, start + size))))
    say = complain or (lambda line: print(line, file=sys.stderr))
    children = _Children(python, kind.arguments, kind.seconds, say)
    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        waiting = [pool.submit(_write, kind, path, seeds, children) for path, seeds in todo]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BaseException:
            for w in waiting:
                w.cancel()
            children.stop()
            raise


def _write(kind: _Kind, path: Path, seeds: list[int], children: _Children) -> int:
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="gid-rendered-") as name:
        folder = Path(name)
        left = list(seeds)
        while left:
            done = children.run(folder, left)
            if children.stopped:
                return 0
            if len(done) < len(left):
                # It died: at the first number that it had not told of.
                bad = next(s for s in left if s not in done)
                children.say(f"Scene {bad}: Blender ended or hung while it was made; the scene is left out.")
                done.add(bad)
            left = [s for s in left if s not in done]
        files = [file for file in (folder / f"{seed}.npz" for seed in seeds) if file.exists()]
        if not files:
            raise SceneError(f"None of the scenes {seeds[0]} to {seeds[-1]} could be made; Blender's messages say why.")
        kind.pack(path, map(_read, files))
    return len(seeds)


def _read(file: Path) -> dict[str, npt.NDArray[Any]]:
    with np.load(file, allow_pickle=False) as z:
        return {name: z[name] for name in z.files}


class _Children:
    """Processes with Blender in them, one for each shard that is being made."""

    def __init__(self, python: Path, arguments: tuple[str, ...], seconds: float, say: Callable[[str], None]) -> None:
        self.python, self.arguments, self.seconds, self.say = python, arguments, seconds, say
        self.stopped = False
        self._running: set[subprocess.Popen[str]] = set()

    def stop(self) -> None:
        """End them all and start no more."""
        self.stopped = True
        for process in list(self._running):
            process.kill()

    def run(self, folder: Path, seeds: list[int]) -> set[int]:
        """Run Blender over some numbers; returns those of which it told, made or failed."""
        environment = dict(os.environ)
        environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[3])
        environment["OMP_NUM_THREADS"] = "1"
        command = [str(self.python), "-W", "ignore", "-m", f"{__package__}.child", str(folder), *self.arguments]
        told: set[int] = set()
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [*command, *map(str, seeds)], stdout=subprocess.PIPE, stderr=log, text=True, env=environment
            )
            self._running.add(process)
            # `stop` may have come while it was being started.
            if self.stopped:
                process.kill()
            watch = Timer(self.seconds, process.kill)
            watch.start()
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    watch.cancel()
                    watch = Timer(self.seconds, process.kill)
                    watch.start()
                    verb, number, *why = line.split(maxsplit=2)
                    if verb in ("made", "failed"):
                        told.add(int(number))
                    if verb == "failed":
                        self.say(f"Scene {number} could not be made: {' '.join(why)}")
            finally:
                watch.cancel()
                self._running.discard(process)
                process.kill()
                process.wait()
        if not told and not self.stopped:
            last = (folder / "log").read_text(errors="replace").strip().splitlines()[-1:]
            if last:
                self.say(f"Blender's last words: {last[0]}")
        return told
