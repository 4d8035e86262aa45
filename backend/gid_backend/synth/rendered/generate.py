# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes shards of rendered scenes: Blender's Python builds and renders in children, this one finishes and packs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Timer

import cv2
import numpy as np

from ..scene import Scene, SceneError, save_scenes
from .finish import finished

__all__ = ["SHARD", "check_python", "generate"]

SHARD = 32
# A scene takes one to five seconds of an idle core; whoever says nothing for so long hangs.
SECONDS_FOR_A_SCENE = 180.0


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
    check_python(python)
    out.mkdir(parents=True, exist_ok=True)
    todo = []
    for start in range(first, first + count, SHARD):
        size = min(SHARD, first + count - start)
        path = out / f"rendered-{start:09d}-{size:03d}.npz"
        if path.exists():
            yield size
        else:
            todo.append((path, list(range(start, start + size))))
    say = complain or (lambda line: print(line, file=sys.stderr))
    children = _Children(python, family, say)
    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        waiting = [pool.submit(_write, path, seeds, children) for path, seeds in todo]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BaseException:
            for w in waiting:
                w.cancel()
            children.stop()
            raise


def _write(path: Path, seeds: list[int], children: _Children) -> int:
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
        scenes: list[Scene] = []
        for seed in seeds:
            file = folder / f"{seed}.npz"
            if file.exists():
                with np.load(file, allow_pickle=False) as z:
                    scenes.append(finished({n: z[n] for n in z.files}))
    if not scenes:
        raise SceneError(f"None of the scenes {seeds[0]} to {seeds[-1]} could be made; Blender's messages say why.")
    save_scenes(path, scenes)
    return len(seeds)


class _Children:
    """Processes with Blender in them, one for each shard that is being made."""

    def __init__(self, python: Path, family: str | None, say: Callable[[str], None]) -> None:
        self.python, self.family, self.say = python, family, say
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
        command = [str(self.python), "-W", "ignore", "-m", f"{__package__}.child", str(folder)]
        command += ["--family", self.family] if self.family else []
        told: set[int] = set()
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [*command, *map(str, seeds)], stdout=subprocess.PIPE, stderr=log, text=True, env=environment
            )
            self._running.add(process)
            # `stop` may have come while it was being started.
            if self.stopped:
                process.kill()
            watch = Timer(SECONDS_FOR_A_SCENE, process.kill)
            watch.start()
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    watch.cancel()
                    watch = Timer(SECONDS_FOR_A_SCENE, process.kill)
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
