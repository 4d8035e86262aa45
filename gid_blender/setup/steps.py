# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be run, in order, to install the worker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .environment import Environment, SetupError

__all__ = ["Step", "installation_steps"]


@dataclass(frozen=True)
class Step:
    """One command of the installation.

    Attributes:
        title: for the person who waits, such as "Installing PyTorch".
        command: argument list; never passes through a shell.
        fallback: tried when `command` fails; empty for none.
        note: said in the log when the fallback is taken: why, and what it means.
    """

    title: str
    command: tuple[str, ...]
    fallback: tuple[str, ...] = ()
    note: str = ""


def installation_steps(environment: Environment, python: Path) -> list[Step]:
    """The commands that turn an empty folder, or what an interrupted attempt left of it, into a working environment.

    Args:
        environment: its `sources` have been copied already.
        python: the interpreter that the environment is made of.

    Raises:
        SetupError: when the sources pin no version of torch.
    """
    inside = str(environment.python)
    pip = (inside, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input")
    constraints = environment.sources / "constraints/worker.txt"
    torch = _pinned(constraints, "torch")
    return [
        Step("Making the environment", (str(python), "-I", "-m", "venv", str(environment.venv))),
        Step("Fetching the installer", (*pip, "install", "uv")),
        Step(
            "Installing PyTorch",
            # uv knows the indexes of PyTorch and which of them fits the driver found: CUDA, ROCm, Intel or CPU.
            (inside, "-I", "-m", "uv", "pip", "install", "--python", inside, "--torch-backend=auto", torch),
            fallback=(*pip, "install", "-c", str(constraints), torch),
            note="No build of PyTorch for this GPU could be fetched; taking the one that PyPI has for this system.",
        ),
        Step("Installing the worker", (*pip, "install", "-c", str(constraints), str(environment.sources))),
        Step(
            "Checking",
            (inside, "-I", "-c", "import torch, gid_backend.predictor; print('torch', torch.__version__)"),
        ),
    ]


def _pinned(constraints: Path, name: str) -> str:
    """`name==version` as the constraints file says."""
    try:
        text = constraints.read_text(encoding="utf-8")
    except OSError as error:
        raise SetupError("This copy of the extension lacks its list of versions; install its zip again.") from error
    found = re.search(rf"^{re.escape(name)}==\S+", text, re.MULTILINE)
    if found is None:
        raise SetupError(f"The list of versions does not pin {name}; install the extension's zip again.")
    return found.group()
