# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of rendered frames on disk. A folder holds one whole render or does not exist."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

__all__ = ["FrameFolder", "frame_folder", "output_root"]


def output_root(cache: Path) -> tuple[Path, bool]:
    """Where renders of this .blend go.

    Args:
        cache: the user's cache folder, taken when the .blend has not been saved yet.

    Returns:
        the folder `image_dynamics` beside the .blend and True, or `cache` and False (worth a note to the user).
    """
    raise NotImplementedError


def frame_folder(root: Path, name: str, *, replace: bool = False) -> FrameFolder:
    """Choose the folder for a render.

    Args:
        root: parent folder, made if it is missing.
        name: of the picture; characters that a file system may refuse are replaced, and it is shortened.
        replace: take the place of an earlier folder of that name; else a number is appended until the name is free.

    Raises:
        SceneError: when nothing can be written there.
    """
    raise NotImplementedError


class FrameFolder:
    """Frames on their way to disk: written to a hidden folder beside the target, put in place whole by `commit`.

    Use as a context manager: leaving it without `commit` throws the frames away and leaves an older folder as it was.

        with frame_folder(root, image.name) as folder:
            for index, data in enumerate(encoded):
                folder.write(index, data, ".png")
            paths = folder.commit()
    """

    target: Path

    def write(self, index: int, data: bytes, suffix: str) -> Path:
        """Write frame `index` (0 is the first; files count from 1). Raises SceneError when the disk is full or gone."""
        raise NotImplementedError

    def commit(self) -> list[Path]:
        """Put the folder in place and return its files in order. Raises SceneError when frames are missing."""
        raise NotImplementedError

    def discard(self) -> None:
        """Throw away what was written; an older folder stays as it was."""
        raise NotImplementedError

    def __enter__(self) -> FrameFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()
