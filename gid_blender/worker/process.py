# SPDX-License-Identifier: GPL-3.0-or-later
"""One worker process: its pipes, the threads that serve them, and the ways to end it."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from .errors import WorkerError
from .inbox import Inbox
from .log import WorkerLog
from .outbox import Outbox, RawWriter
from .protocol import Frame, Part, ProtocolError, StreamEnded, read_frame

__all__ = ["Broken", "Exited", "WorkerProcess"]

# Of Blender's environment these would make another Python load Blender's modules.
_FOREIGN_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__")
_PIPE_BYTES = 1 << 20
# How long output that is still in the pipe is waited for once the process is gone. Children that it left behind
# may hold the pipe open for ever.
_DRAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Broken:
    """The stream from the worker is of no further use: it has ended (no reason), or holds no frames."""

    reason: str


@dataclass(frozen=True, slots=True)
class Exited:
    """The process has ended, and every frame that it sent lies in the inbox before this."""

    status: int


class WorkerProcess:
    """A running worker. Frames arrive in `inbox`, followed by exactly one `Exited`.

    Attributes:
        inbox: frames, at most one `Broken`, and in the end `Exited`.
        started: `time.monotonic()` of the start.
    """

    def __init__(self, command: Sequence[str], log: WorkerLog, variables: Mapping[str, str] | None = None) -> None:
        """Start `command`, a list of arguments that no shell ever sees, with `variables` added to the environment.

        Raises:
            WorkerError: `worker_missing` when there is no such program or it cannot be started.
        """
        self.inbox: Inbox[Frame | Broken | Exited] = Inbox()
        self.started = time.monotonic()
        self._log = log
        log.begin(f"starting {subprocess.list2cmdline(command)}")
        self._popen = _start(command, log.path.parent if log.path else None, variables or {})
        stdin, stdout, stderr = self._popen.stdin, self._popen.stdout, self._popen.stderr
        assert stdin is not None
        assert stdout is not None
        assert stderr is not None
        self._tap = _Tap(stdout)
        self._outbox = Outbox(cast(RawWriter, stdin), on_error=lambda error: None)
        self._threads = [
            threading.Thread(target=self._read, name="gid-reader", daemon=True),
            threading.Thread(target=self._drain, args=(stderr,), name="gid-log", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        threading.Thread(target=self._wait, name="gid-waiter", daemon=True).start()

    @property
    def pid(self) -> int:
        """Process id of the command, which may be a wrapper around the worker."""
        return self._popen.pid

    @property
    def last_activity(self) -> float:
        """`time.monotonic()` of the last sign of life.

        While something is being sent the bytes that are taken count: a slow line is not a silent
        worker. Bytes that a pipe took before the worker read them prove nothing.
        """
        heard = max(self.started, self._tap.last_read)
        return max(heard, self._outbox.last_written) if self._outbox.is_busy() else heard

    def is_running(self) -> bool:
        """Whether the process lives."""
        # The thread that waits for it has the lock that `poll` needs, which on a busy machine calls the dead alive
        # until that thread has had its turn.
        try:
            return os.waitid(os.P_PID, self._popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False
        # Windows, where `poll` waits for no lock, and macOS before Python 3.13.
        except AttributeError:
            return self._popen.poll() is None

    def send(self, header: Mapping[str, Any], parts: Sequence[Part] = ()) -> None:
        """Queue a frame; never waits. Raises `ProtocolError` when it is no valid frame."""
        self._outbox.send(header, parts)

    def end(self) -> None:
        """Close the worker's stdin, which is its sign to end; returns at once."""
        self._outbox.close()

    def interrupt(self) -> None:
        """Ctrl+C, for a worker that does not listen."""
        if sys.platform == "win32":
            self._signal(signal.CTRL_BREAK_EVENT)
        else:
            self._signal(signal.SIGINT)

    def terminate(self) -> None:
        """SIGTERM, or what stands for it."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it, whatever it does, and what it has started with it."""
        if sys.platform == "win32":
            self._signal(signal.SIGTERM)
        else:
            self._signal(signal.SIGKILL)

    def stop(self, grace: float) -> None:
        """End it now: EOF, then after `grace` seconds the hard way. Blocks until it is gone."""
        self.end()
        self.inbox.close()
        for last_resort in (None, self.terminate, self.kill):
            if last_resort is not None:
                last_resort()
            try:
                self._popen.wait(grace)
                break
            except subprocess.TimeoutExpired:
                grace = min(grace, 1.0)

    def _signal(self, number: int) -> None:
        try:
            # The command may be a wrapper (a shell script, ssh) that keeps signals to itself: reach its group.
            # The group outlives its leader while a member lives, so this is right after the leader's end as well.
            if sys.platform != "win32":
                os.killpg(self._popen.pid, number)
            else:
                self._popen.send_signal(number)
        # Already gone.
        except (ProcessLookupError, PermissionError, OSError):
            pass

    def _read(self) -> None:
        with io.BufferedReader(self._tap, 1 << 16) as stream:
            try:
                while (frame := read_frame(stream)) is not None:
                    if not self.inbox.put(frame, sum(map(len, frame.parts))):
                        return
            except StreamEnded:
                self.inbox.put(Broken(""), urgent=True)
            except ProtocolError as error:
                self.inbox.put(Broken(str(error)), urgent=True)
            # MemoryError: a part that is within the limits, but not within this machine.
            except (OSError, MemoryError) as error:
                self.inbox.put(Broken(f"Reading from the worker failed ({error})."), urgent=True)
            else:
                self.inbox.put(Broken(""), urgent=True)

    def _drain(self, stream: IO[bytes]) -> None:
        with io.BufferedReader(cast(io.RawIOBase, stream)) as lines:
            try:
                self._log.drain(lines)
            except OSError:
                pass

    def _wait(self) -> None:
        status = self._popen.wait()
        # What the worker started itself must not survive it, nor hold its pipes open.
        self.kill()
        deadline = time.monotonic() + _DRAIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self.inbox.put(Exited(status), urgent=True)


class _Tap(io.RawIOBase):
    """Passes bytes through and remembers when the last ones came."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = cast(io.RawIOBase, raw)
        self.last_read = 0.0

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()

    def readinto(self, buffer: Any, /) -> int | None:
        count = self._raw.readinto(buffer)
        self.last_read = time.monotonic()
        return count


def _start(command: Sequence[str], folder: Path | None, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    if not command:
        raise WorkerError("worker_missing", "No worker is set up.", "Set one up in the preferences of the extension.")
    program = shutil.which(command[0])
    if program is None:
        raise WorkerError(
            "worker_missing",
            f"The worker's program “{command[0]}” does not exist or cannot be run.",
            "Check the worker command in the preferences, or press Set up worker.",
        )
    environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN_VARIABLES}
    environment |= {"PYTHONUTF8": "1", **variables}
    options: dict[str, Any] = {}
    if sys.platform == "win32":
        # A group of its own: Ctrl+Break for the worker must not reach Blender.
        options["creationflags"] = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        # Likewise for Ctrl+C in the terminal that Blender was started from; and the group can be ended as a whole.
        options["start_new_session"] = True
    if sys.platform == "linux":
        options["pipesize"] = _PIPE_BYTES
    try:
        return subprocess.Popen(
            [os.path.abspath(program), *command[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment,
            # Neither a folder that disappears under us nor one that holds somebody's `torch.py`.
            cwd=folder if folder is not None and folder.is_dir() else None,
            **options,
        )
    except (OSError, ValueError) as error:
        raise WorkerError(
            "worker_missing",
            f"The worker “{command[0]}” cannot be started ({getattr(error, 'strerror', None) or error}).",
            "Check the worker command in the preferences, or press Set up worker.",
        ) from error
