# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong, kept until somebody dismisses it: Blender's own messages vanish after seconds."""

from __future__ import annotations

import platform
from dataclasses import dataclass

import bpy

from .. import __version__
from ..motion import SpectralVolumeError
from ..scene import SceneError
from ..setup import SetupError

__all__ = ["EXPECTED", "Problem", "problem_of"]

# Everything a person can bring about; anything else is a defect and deserves its traceback.
EXPECTED = (SceneError, SpectralVolumeError, SetupError, OSError)


@dataclass(frozen=True)
class Problem:
    """One failed action.

    Attributes:
        code: short stable name; docs/manual.md explains each.
        message: what is wrong, in one sentence.
        hint: what to do, in one sentence, or "".
        log: the last lines of the log that belong to it, or "".
    """

    code: str
    message: str
    hint: str = ""
    log: str = ""

    @property
    def sentence(self) -> str:
        """Message and hint, for Blender's own reports."""
        return f"{self.message} {self.hint}".strip()

    def text(self) -> str:
        """Everything somebody else needs to help: for the clipboard."""
        lines = [
            f"{self.code}: {self.sentence}",
            "",
            f"Generative Image Dynamics {__version__}",
            f"Blender {bpy.app.version_string} ({bpy.app.build_hash.decode(errors='replace')}), {platform.platform()}",
        ]
        if self.log:
            lines += ["", self.log]
        return "\n".join(lines)


def problem_of(error: Exception) -> Problem:
    """The problem that an exception of `EXPECTED`, or an error of the worker's client, stands for."""
    if isinstance(error, SceneError):
        return Problem("scene", error.message, error.hint)
    if isinstance(error, SpectralVolumeError):
        return Problem("bad_volume", str(error))
    if isinstance(error, SetupError):
        return Problem("setup", str(error), "Open the log for what was said; Set Up Worker goes on where it stopped.")
    if isinstance(error, OSError):
        reason = error.strerror or error
        message = f"“{error.filename}”: {reason}." if error.filename else f"The file could not be used: {reason}."
        return Problem("file", message, "Choose another folder, or make room on the disk.")
    raise TypeError(f"not an expected error: {error!r}")
