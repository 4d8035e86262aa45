# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import GidError

__all__ = ["OutputError", "replacing"]


class OutputError(GidError):
    """A result cannot be written: the message names the place and the reason."""


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well, and vanishes when it does not.

    The temporary file or folder is created by the block and keeps the suffix, as writers choose formats by it.
    Missing parent folders are made. A folder replaces a folder completely, so that nothing of an older result is
    left between the new files.

    Raises:
        OutputError: when the place cannot be written or the disk is full; what was there stays as it was.
    """
    target = Path(path)
    folder: str | None = None
    try:
        if not target.name:
            raise OutputError(f"“{target}” is no name for a result.")
        # A name that is too long fails here, not after an hour of work.
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            os.lstat(target)
        # In the same folder, for only there the last step is a rename and cannot fail half-way.
        folder = tempfile.mkdtemp(dir=target.parent, prefix=".gid-")
        temporary = Path(folder) / f"new{target.suffix}"
        yield temporary
        if temporary.is_dir() and target.exists():
            os.replace(target, Path(folder) / "old")
        os.replace(temporary, target)
    except (OSError, ValueError) as error:
        if _is_of_the_motion(error):
            # About what was read in the block, not about this place.
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"Cannot write “{target}”: {reason}.", "Choose another place or make room there.") from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _is_of_the_motion(error: Exception) -> bool:
    # Not at the top: the worker says hello before it loads numpy.
    from gid_blender.motion.errors import ExcitationError, SpectralVolumeError

    return isinstance(error, SpectralVolumeError | ExcitationError)
