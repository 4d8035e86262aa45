# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders that a render fills, and going on with what an earlier try of the very same render has left in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__, scene

__all__ = ["RenderFolders", "name_of"]


def name_of(params: Mapping[str, Any], parts: Sequence[Any]) -> str:
    """A name for the frames that a request asks for, hexadecimal; the same only if all of it is the same."""
    digest = hashlib.sha256(json.dumps([__version__, params], sort_keys=True).encode())
    for part in parts:
        view = memoryview(part).cast("B")
        digest.update(f"{len(view)};".encode())
        digest.update(view)
    return digest.hexdigest()


class RenderFolders:
    """A folder of frames and one for each pass.

    That a request is the same does not say that the worker is: it may have been updated, trained anew or moved to
    another machine. So one frame that is there is asked for once more; where it comes back otherwise, all are rendered.

    Attributes:
        frames: the folder of the frames.
        indices: the frames to ask for, the one to compare first; None for all.
    """

    def __init__(
        self,
        root: Path,
        name: str,
        passes: Mapping[str, str],
        *,
        suffix: str,
        count: int,
        render: str,
        motion: np.ndarray | None = None,
    ) -> None:
        """Find out what is there.

        Args:
            root: folder for the folders.
            name: of the picture.
            passes: name of each pass → what its folder is called behind the picture's name.
            suffix: of the frames' files; passes are always OpenEXR.
            count: how many frames there are to be.
            render: see `name_of`.
            motion: (count,) how much moves in each frame: where nothing does, all renderers agree.

        Raises:
            SceneError: when nothing can be written there.
        """
        self._suffix, self._count = suffix, count
        self.frames = scene.frame_folder(root, name, render=render)
        self._passes = {
            # A hash of its own: of a long name only the beginning is left, and the folders would be one.
            each: scene.frame_folder(
                root, f"{self.frames.name} {behind}", render=hashlib.sha256(f"{render} {each}".encode()).hexdigest()
            )
            for each, behind in passes.items()
        }
        lacking = self.missing
        there = sorted(set(range(count)) - set(lacking))
        self._compared: int | None = None
        self.indices: list[int] | None = None
        if there:
            weights = np.ones(count) if motion is None else motion
            self._compared = max(there, key=lambda index: float(weights[index]))
            self.indices = [self._compared, *lacking]

    @property
    def missing(self) -> list[int]:
        """Frames that any of the folders lacks, ascending."""
        folders = (self.frames, *self._passes.values())
        return [index for index in range(self._count) if any(index not in folder for folder in folders)]

    def write(self, index: int, data: bytes, *passes: bytes) -> None:
        """Take a frame with its passes in the order in which they were named. Raises SceneError when that fails."""
        if index == self._compared:
            self._compared = None
            if data == self.frames.read(index):
                return
            self._drop()
        self.frames.write(index, data, self._suffix)
        for folder, each in zip(self._passes.values(), passes, strict=True):
            folder.write(index, each, ".exr")

    def commit(self) -> tuple[list[Path], dict[str, list[Path]]]:
        """Put all in place: the frames, and those of each pass. Raises SceneError when that fails."""
        return self.frames.commit(), {name: folder.commit() for name, folder in self._passes.items()}

    def set_aside(self) -> int:
        """Leave what is finished for the next try, and nothing where nothing is; returns how many frames stay."""
        for folder in (self.frames, *self._passes.values()):
            folder.set_aside()
        return 0 if self.frames.committed else self._count - len(self.missing)

    def _drop(self) -> None:
        for folder in (self.frames, *self._passes.values()):
            folder.drop()
