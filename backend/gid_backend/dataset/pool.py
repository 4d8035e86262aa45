# SPDX-License-Identifier: GPL-3.0-or-later
"""Who does the work of a build: processes of this machine, one for each core."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

import cv2

from ..errors import GidError
from .clips import Unit
from .measure import measure_unit
from .settings import Settings
from .shards import dump_shard

__all__ = ["LocalPool", "Pool", "WorkError", "make_shard"]

# A process that dies at the same unit so many times is not the victim but the cause: memory, a decoder's crash.
ATTEMPTS = 3


class WorkError(GidError):
    """A process that measured a clip was ended, again and again."""


class Pool(Protocol):
    """Measures units somewhere."""

    def measure(
        self, units: Iterator[tuple[Path, Unit]], settings: Settings
    ) -> Iterator[tuple[Unit, bytes | Exception]]:
        """Each unit exactly once, in any order, with the bytes of its shard or with why there are none."""

    def close(self) -> None:
        """End the work at once."""


def make_shard(path: Path, unit: Unit, settings: Settings) -> bytes:
    """One unit, on one core. Raises ImageError when the video cannot be read after all."""
    cv2.setNumThreads(1)
    return dump_shard(unit, measure_unit(path, unit, settings), settings)


class LocalPool:
    """Processes of this machine. One that is killed is replaced, and what it did is done again."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._executor: ProcessPoolExecutor | None = None

    def measure(
        self, units: Iterator[tuple[Path, Unit]], settings: Settings
    ) -> Iterator[tuple[Unit, bytes | Exception]]:
        running: dict[Future[bytes], tuple[Path, Unit, int]] = {}
        again: list[tuple[Path, Unit, int]] = []
        while True:
            # A few more than processes, so that none waits while results are written.
            while len(running) < self._jobs + 1:
                task = again.pop() if again else next(((path, unit, 1) for path, unit in units), None)
                if task is None:
                    break
                running[self._submit(task, settings)] = task
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                path, unit, attempt = running.pop(future)
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    # All that ran have failed with it, and nobody knows which of them was to blame.
                    self.close()
                    if attempt < ATTEMPTS:
                        again.append((path, unit, attempt + 1))
                    else:
                        yield unit, WorkError(f"The process that measured “{path}” was ended {ATTEMPTS} times.")
                elif isinstance(error, Exception):
                    yield unit, error
                elif error is not None:
                    raise error
                else:
                    yield unit, future.result()

    def _submit(self, task: tuple[Path, Unit, int], settings: Settings) -> Future[bytes]:
        for _ in range(2):
            if self._executor is None:
                self._executor = ProcessPoolExecutor(self._jobs, mp_context=get_context("spawn"))
            try:
                return self._executor.submit(make_shard, task[0], task[1], settings)
            except BrokenProcessPool:
                self.close()
        raise WorkError("Processes for measuring cannot be started.", "See whether this machine is out of memory.")

    def close(self) -> None:
        """End the processes; what they are doing is lost, and nothing else."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        left = list((executor._processes or {}).values()) if executor._broken else []
        executor.shutdown(wait=False, cancel_futures=True)
        # One that was started while the others were ended for the death of one is forgotten there, and waited for at
        # exit, for ever. Python 3.14 has `kill_workers` for this.
        for process in left:
            process.kill()
