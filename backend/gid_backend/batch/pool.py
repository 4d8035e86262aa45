# SPDX-License-Identifier: GPL-3.0-or-later
"""Who does the work of a batch on this machine: this process, or several beside it, one for each GPU."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from ..failures import Failure
from .errors import BatchError
from .work import Answer, Work, Workshop, attempt

__all__ = ["ATTEMPTS", "LocalPool", "Pool", "SingleProcess", "Take", "Told"]

# A process that dies at the same work so many times is not the victim but the cause: memory, a decoder's crash.
ATTEMPTS = 3

# The next work, or None when there is none until more of what is going on has ended.
Take = Callable[[], Work | None]
# (work, stage, done, total): how far it is.
Told = Callable[[Work, str, int, int], None]


class Pool(Protocol):
    """Does work somewhere.

    Attributes:
        on_gpu: whether a GPU does it.
    """

    on_gpu: bool

    def run(self, take: Take, told: Told) -> Iterator[tuple[Work, Answer]]:
        """Each work exactly once, in any order. Work that its answer makes possible is taken after that answer."""

    def close(self) -> None:
        """End at once; what is going on is given up."""


class SingleProcess:
    """This process. On one CPU nothing is faster: torch uses all of its cores for one picture."""

    def __init__(self, weights: Path | None, device: str | None, *, on_gpu: bool = False) -> None:
        self.on_gpu = on_gpu
        self._workshop = Workshop(weights, device)

    def run(self, take: Take, told: Told) -> Iterator[tuple[Work, Answer]]:
        """See `Pool`."""
        while (work := take()) is not None:
            yield work, attempt(self._workshop, work, partial(told, work))

    def close(self) -> None:
        """There is nothing to end."""


class LocalPool:
    """Processes of this machine. One that is killed is replaced, and what it did is done again."""

    def __init__(self, weights: Path | None, devices: Sequence[str | None], *, threads: int | None = None) -> None:
        """Prepare for as many processes as there are devices.

        Args:
            weights: see `MotionPredictor.load`.
            devices: of each process; None lets it choose.
            threads: that each process may use for itself; None leaves that to torch.
        """
        self.on_gpu = any(device is not None and device != "cpu" for device in devices)
        self._start = [partial(_Process, weights, device, threads) for device in devices]
        self._processes: list[_Process | None] = [None] * len(devices)

    def run(self, take: Take, told: Told) -> Iterator[tuple[Work, Answer]]:
        """See `Pool`."""
        again: deque[tuple[Work, int]] = deque()
        while True:
            for place, process in enumerate(self._processes):
                if process is not None and process.work is not None:
                    continue
                task = again.popleft() if again else (taken, 1) if (taken := take()) is not None else None
                if task is None:
                    break
                if process is None:
                    process = self._processes[place] = self._start[place]()
                process.give(*task)
            busy = {
                p.pipe: (place, p) for place, p in enumerate(self._processes) if p is not None and p.work is not None
            }
            if not busy:
                return
            for pipe in wait(list(busy)):
                place, process = busy[pipe]  # type: ignore[index]
                work, attempts = process.work, process.attempts
                assert work is not None
                said = process.hear()
                if isinstance(said, tuple):
                    told(work, *said)
                elif said is not None:
                    process.work = None
                    yield work, said
                else:
                    self._processes[place] = None
                    process.end()
                    if attempts < ATTEMPTS:
                        again.append((work, attempts + 1))
                    else:
                        message = f"The process that worked on “{work.name}” was ended {ATTEMPTS} times."
                        yield work, Failure("died", message, "It may need more memory than there is.")

    def close(self) -> None:
        """End the processes; what they are doing is lost, and nothing else."""
        for process in self._processes:
            if process is not None:
                process.end()
        self._processes = [None] * len(self._processes)


class _Process:
    """A process with its own models, and the work that it has."""

    def __init__(self, weights: Path | None, device: str | None, threads: int | None) -> None:
        # Spawned: a fork of a process with torch's threads in it can hang.
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.work: Work | None = None
        self.attempts = 0
        self._process: BaseProcess = context.Process(
            target=_serve, args=(theirs, weights, device, threads), daemon=True, name="gid-batch"
        )
        try:
            self._process.start()
        except OSError as error:
            raise BatchError(
                f"A process for the work cannot be started ({error.strerror}).", "Choose fewer --jobs."
            ) from error
        theirs.close()

    def give(self, work: Work, attempts: int) -> None:
        """Hand it work. If it has died meanwhile, that is heard later."""
        self.work, self.attempts = work, attempts
        try:
            self.pipe.send(work)
        except OSError:
            self._process.kill()

    def hear(self) -> tuple[str, int, int] | Answer | None:
        """How far it is, or its answer, or None when it has ended."""
        try:
            said: tuple[str, int, int] | Answer = self.pipe.recv()
        except (EOFError, OSError):
            return None
        return said

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _serve(pipe: Connection, weights: Path | None, device: str | None, threads: int | None) -> None:
    # Ctrl-C is for the process that a person has started; it ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if threads is not None:
        import cv2
        import torch

        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
    workshop = Workshop(weights, device)

    def progress(stage: str, done: int, total: int) -> None:
        pipe.send((stage, done, total))

    try:
        while True:
            work: Work = pipe.recv()
            pipe.send(attempt(workshop, work, progress))
    except (EOFError, OSError):
        # Whoever wanted this has gone.
        os._exit(0)
