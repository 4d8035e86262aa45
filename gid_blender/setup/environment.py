# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the worker's environment lies and in what state it is."""

from __future__ import annotations

import enum
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Environment", "SetupError", "SetupState", "child_environment", "child_flags"]

# What pip needs to build and install the worker, relative to the extension's folder (or a checkout).
SOURCES = ("pyproject.toml", "LICENSE", "README.md", "constraints", "gid_blender", "backend")


class SetupError(Exception):
    """The worker cannot be set up; the message is one sentence that says what to do."""


class SetupState(enum.Enum):
    """What is found in the environment's folder."""

    MISSING = "missing"
    PARTIAL = "partial"
    """Something was begun and not finished: interrupted, cancelled or failed."""
    OUTDATED = "outdated"
    """Complete, but installed by another version of the extension."""
    READY = "ready"


@dataclass(frozen=True)
class Environment:
    """A virtual environment with its sources, log and marker below one folder of the user's.

    Attributes:
        folder: where everything lies; created on demand, never inside the extension's own folder,
            which Blender empties at each update.
    """

    folder: Path

    @property
    def venv(self) -> Path:
        return self.folder / "venv"

    @property
    def python(self) -> Path:
        """The interpreter inside the environment, whether it exists or not."""
        return self.venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    @property
    def sources(self) -> Path:
        """The copy of the worker's sources that pip installs from."""
        return self.folder / "sources"

    @property
    def log(self) -> Path:
        return self.folder / "setup.log"

    @property
    def marker(self) -> Path:
        """Written last: where it is missing, the environment is not complete, whatever else is there."""
        return self.folder / "ready.json"

    def installed_version(self) -> str | None:
        """The version of the extension that completed the environment, or None."""
        try:
            version = json.loads(self.marker.read_text(encoding="utf-8"))["version"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return version if isinstance(version, str) else None

    def state(self, version: str) -> SetupState:
        """Compare what is there with `version`, the extension's own."""
        installed = self.installed_version()
        if installed is not None and self.python.exists():
            return SetupState.READY if installed == version else SetupState.OUTDATED
        return SetupState.PARTIAL if self.venv.exists() else SetupState.MISSING

    def mark_ready(self, version: str) -> None:
        """Say that everything is installed; whole or not at all."""
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".ready")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"version": version, "python": str(self.python)}, file)
        os.replace(temporary, self.marker)

    def unmark(self) -> None:
        self.marker.unlink(missing_ok=True)

    def usable(self) -> bool:
        """Whether the interpreter inside starts and has pip: not so after an interrupted creation."""
        try:
            done = subprocess.run(
                [self.python, "-I", "-m", "pip", "--version"],
                capture_output=True,
                timeout=60,
                check=False,
                env=child_environment(),
                creationflags=child_flags(),
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

    def discard(self) -> None:
        """Remove the environment and its marker; the log stays.

        Raises:
            SetupError: when something in it cannot be removed, such as a file in use on Windows.
        """
        self.unmark()
        try:
            if self.venv.exists():
                shutil.rmtree(self.venv)
        except OSError as error:
            raise SetupError(f"“{error.filename}” cannot be removed; close what uses it and try again.") from error

    def copy_sources(self, root: Path) -> None:
        """Copy what pip installs from out of `root`, the extension's folder.

        Raises:
            SetupError: when `root` lacks a needed file, or the copy cannot be written.
        """
        try:
            shutil.rmtree(self.sources, ignore_errors=True)
            self.sources.mkdir(parents=True)
            for name in SOURCES:
                source = root / name
                if source.is_dir():
                    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
                    shutil.copytree(source, self.sources / name, ignore=ignored)
                elif source.exists():
                    shutil.copy2(source, self.sources / name)
        except OSError as error:
            raise SetupError(f"The worker's sources cannot be copied to “{self.sources}”: {error.strerror}.") from error
        if not (self.sources / "backend/gid_backend").is_dir() or not (self.sources / "pyproject.toml").is_file():
            raise SetupError("This copy of the extension lacks the worker's sources; install its zip again.")


def child_environment() -> dict[str, str]:
    """The environment variables for a foreign Python: none of Blender's own Python settings, UTF-8 throughout."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def child_flags() -> int:
    """Windows: no console window, and a group of its own so that a break for it does not reach Blender."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0
