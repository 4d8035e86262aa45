# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the installation in a thread: a live log, cancel, and a retry that goes on where the last attempt ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO

from .environment import Environment, SetupError, child_environment, child_flags
from .steps import Step, installation_steps

__all__ = ["Installer"]

KEPT_LINES = 400
GRACE_SECONDS = 3.0


class Installer:
    """One attempt to set up the worker.

    Everything readable here may be read from any thread at any time; nothing calls back. The
    outcome is `finished` with `error` None, or with one sentence, or with `cancelled`.
    """

    def __init__(self, environment: Environment, *, python: Path, extension: Path, version: str) -> None:
        """Prepare; nothing is touched before `start`.

        Args:
            environment: where to install.
            python: the interpreter to make the environment of, 3.11 or newer.
            extension: folder that holds the worker's sources.
            version: of the extension, written into the marker.
        """
        self.environment = environment
        self.stage = "Starting"
        self.step = 0
        self.steps = 1
        self.error: str | None = None
        self.cancelled = False
        self._python = python
        self._extension = extension
        self._version = version
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._process: subprocess.Popen[str] | None = None
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="gid-setup", daemon=True)

    @property
    def finished(self) -> bool:
        return self._thread.ident is not None and not self._thread.is_alive()

    def lines(self, count: int) -> list[str]:
        """The last lines of the log."""
        return list(self._lines)[-count:]

    def start(self) -> None:
        self._thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the attempt is over; True when it is."""
        self._thread.join(timeout)
        return self.finished

    def cancel(self) -> None:
        """Stop now. What is installed so far stays and is finished by the next attempt."""
        with self._guard:
            self.cancelled = True
            process = self._process
        if process is not None:
            _end(process)

    def _run(self) -> None:
        try:
            self.environment.folder.mkdir(parents=True, exist_ok=True)
            with open(self.environment.log, "a", encoding="utf-8") as log, _only_one(self.environment):
                self._say(log, time.strftime("# Setting up the worker, %Y-%m-%d %H:%M:%S"))
                try:
                    self._install(log)
                except SetupError as error:
                    self._say(log, str(error))
                    raise
        except SetupError as error:
            self.error = str(error)
        except OSError as error:
            self.error = f"“{error.filename or self.environment.folder}” cannot be written: {error.strerror or error}."
        if self.cancelled:
            self.error = None
            self.stage = "Cancelled"

    def _install(self, log: IO[str]) -> None:
        environment = self.environment
        environment.unmark()
        environment.copy_sources(self._extension)
        steps = installation_steps(environment, self._python)
        self.steps = len(steps)
        first = 0
        if environment.usable():
            self._say(log, "The environment is there already; going on with it.")
            first = 1
        elif environment.venv.exists():
            self._say(log, "An earlier attempt left an unusable environment; making it anew.")
            environment.discard()
        for self.step, step in enumerate(steps[first:], first):
            self.stage = step.title
            self._say(log, f"## {step.title}")
            status = self._command(step.command, log)
            if status and step.fallback and not self.cancelled:
                self._say(log, step.note)
                status = self._command(step.fallback, log)
            if self.cancelled:
                self._say(log, "Cancelled.")
                return
            if status:
                raise SetupError(self._explain(step))
        # The folder itself is the last thing that can fail, so the marker is the last thing that is written.
        environment.mark_ready(self._version)
        self.step, self.stage = self.steps, "Ready"
        self._say(log, "Ready.")

    def _command(self, command: tuple[str, ...], log: IO[str]) -> int:
        """Run to its end, logging what it says; returns the exit status, 127 when it cannot be started."""
        with self._guard:
            if self.cancelled:
                return 1
            try:
                self._process = process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    env=child_environment(),
                    cwd=self.environment.folder,
                    # A group of its own: pip and uv start children, and cancelling has to reach them.
                    start_new_session=sys.platform != "win32",
                    creationflags=child_flags(),
                )
            except OSError as error:
                self._say(log, f"{command[0]}: {error.strerror or error}")
                return 127
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self._say(log, line.rstrip())
        status = process.wait()
        with self._guard:
            self._process = None
        return status

    def _explain(self, step: Step) -> str:
        said = " ".join(self.lines(40)).lower()
        if "no space left" in said:
            reason = "the disk is full; PyTorch needs up to 8 GB"
        elif "ensurepip" in said or "no module named venv" in said:
            reason = "the chosen Python cannot make environments; choose another one (3.11 or newer) in the preferences"
        elif any(
            words in said for words in ("temporary failure in name", "failed to establish", "network", "timed out")
        ):
            reason = "the package index cannot be reached; check the connection and try again"
        elif "requires-python" in said or "requires a different python" in said:
            reason = "the chosen Python is too old; choose 3.11 or newer in the preferences"
        else:
            reason = f"see {self.environment.log}"
        return f"{step.title} failed: {reason}."

    def _say(self, log: IO[str], line: str) -> None:
        self._lines.append(line)
        log.write(line + "\n")
        log.flush()


def _end(process: subprocess.Popen[str]) -> None:
    """End a command and its children: ask first, then insist."""
    try:
        if sys.platform == "win32":
            process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            os.killpg(process.pid, signal.SIGTERM)
    except (OSError, ValueError):
        return
    deadline = time.monotonic() + GRACE_SECONDS

    def insist() -> None:
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        # It may end by itself in this very moment.
        with contextlib.suppress(OSError):
            if process.poll() is None:
                if sys.platform == "win32":
                    process.kill()
                else:
                    os.killpg(process.pid, signal.SIGKILL)

    threading.Thread(target=insist, name="gid-setup-end", daemon=True).start()


class _only_one:
    """Two Blenders must not install into one folder; the system drops the lock when its holder dies."""

    def __init__(self, environment: Environment) -> None:
        self._path = environment.folder / "setup.lock"

    def __enter__(self) -> None:
        self._file = open(self._path, "w", encoding="utf-8")
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise SetupError("Another Blender is setting up the worker; wait until it is done.") from error

    def __exit__(self, *_: object) -> None:
        self._file.close()
