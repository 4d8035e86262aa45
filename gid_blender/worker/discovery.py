# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the command line that starts the worker, so that a normal user never types it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import WorkerError

__all__ = ["find_command", "python_of", "server_command", "split_command"]

ENVIRONMENT_VARIABLE = "GID_WORKER"
# The worker's package sits beside ours in a checkout, with the environment that `make` sets up.
_CHECKOUT = Path(__file__).resolve().parents[2]
_SET_UP_HINT = "Press “Set up worker” in the preferences of the extension, or enter the command that starts yours."


def find_command(
    setting: str = "",
    *,
    environments: Sequence[str | os.PathLike[str]] = (),
    variables: Mapping[str, str] | None = None,
    checkout: str | os.PathLike[str] | None = _CHECKOUT,
) -> list[str]:
    """The arguments that start the worker: the first of these that exists.

    1. `setting`, what the user entered: a command line, a Python program, or the folder of an environment;
    2. the environment variable GID_WORKER, read alike;
    3. virtual environments that were set up for it;
    4. the environment of the checkout that this file lies in;
    5. `gid` on the PATH.

    Args:
        setting: from the preferences; "" when nothing was entered.
        environments: folders of virtual environments, such as the one in the extension's user folder.
        variables: instead of `os.environ`.
        checkout: the root of a checkout; None to look for none.

    Raises:
        WorkerError: `worker_missing` when there is none, or what was entered cannot be read.
    """
    variables = os.environ if variables is None else variables
    for entered in (setting, variables.get(ENVIRONMENT_VARIABLE, "")):
        if entered.strip():
            return _complete(entered.strip())
    folders = [Path(folder) for folder in environments]
    if checkout is not None:
        folders.append(Path(checkout) / ".venv" / "worker")
    for folder in folders:
        python = python_of(folder)
        # An environment that is only half set up has a Python already.
        if python is not None and _has_worker(folder):
            return server_command(python)
    program = shutil.which("gid", path=variables.get("PATH"))
    if program is not None:
        return [program, "worker"]
    raise WorkerError("worker_missing", "No worker was found.", _SET_UP_HINT)


def python_of(folder: str | os.PathLike[str]) -> Path | None:
    """The Python program of a virtual environment, or None where there is none."""
    for relative in ("Scripts/python.exe", "bin/python", "bin/python3"):
        program = Path(folder) / relative
        if program.is_file():
            return program
    return None


def server_command(python: str | os.PathLike[str]) -> list[str]:
    """The worker in the environment of `python`, shut off from the user's other packages and the current folder."""
    return [os.fspath(python), "-I", "-X", "utf8", "-m", "gid_backend.server"]


def split_command(text: str) -> list[str]:
    """A command line as arguments, with the quoting rules of the system; no shell is involved.

    Raises:
        WorkerError: `worker_missing` when a quotation mark is never closed.
    """
    try:
        if sys.platform == "win32":
            # Backslashes are part of paths there, not escapes.
            return [argument.strip('"') for argument in shlex.split(text, posix=False)]
        return shlex.split(text)
    except ValueError as error:
        raise WorkerError(
            "worker_missing", f"The worker command “{text}” cannot be read ({error}).", "Check its quotation marks."
        ) from error


def _complete(entered: str) -> list[str]:
    # A path with spaces that somebody pasted without quotation marks is still one path.
    # os.path: for “~nobody” pathlib raises, where this leaves the text as it is.
    path = Path(os.path.expanduser(entered))
    try:
        if path.is_dir():
            python = python_of(path)
            if python is None:
                raise WorkerError("worker_missing", f"The folder “{entered}” is no Python environment.", _SET_UP_HINT)
            return server_command(python)
        is_file = path.is_file()
    # Too long, or with a null character: then it is no path at all.
    except (OSError, ValueError):
        is_file = False
    command = [os.fspath(path)] if is_file else split_command(entered)
    if len(command) == 1 and Path(command[0]).name.lower().startswith("python"):
        return server_command(command[0])
    return command


def _has_worker(folder: Path) -> bool:
    """Whether the worker is installed in an environment, told without starting its Python."""
    sites = [*folder.glob("lib/python3*/site-packages"), folder / "Lib" / "site-packages"]
    return any(
        any(site.glob(pattern))
        for site in sites
        for pattern in ("gid_backend", "generative_image_dynamics-*.dist-info")
    )
