# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on their way out: written into a hidden folder beside their place, then moved there whole, or gone."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from types import TracebackType

from ..motion.complete import is_complete
from .errors import SceneError

__all__ = ["Delivery"]


class Delivery:
    """One file and what goes along with it. Use as a context manager; without `commit` nothing has happened.

        with Delivery(Path("rose.usdc")) as delivery:
            write(delivery.path)
            picture.save(delivery.companions / "rose.jpg")
            files = delivery.commit()

    Attributes:
        path: where to write the file; it has the final name, so that what it says of its companions stays true.
        companions: folder for pictures beside it, made on demand.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._hidden = target.parent / f".{secrets.token_hex(6)}.part"
        self.path = self._hidden / target.name
        self._companions = self._hidden / f"{target.stem}_textures"
        if not target.name or target.is_dir():
            raise SceneError(f"“{target}” is a folder.", "Enter the name of a file.")
        try:
            self._hidden.mkdir()
        except OSError as error:
            raise self._failed(error) from error

    @property
    def companions(self) -> Path:
        self._companions.mkdir(exist_ok=True)
        return self._companions

    def require_room(self, size: int) -> None:
        """Refuse before the work what the disk cannot hold; `size` in bytes."""
        free = shutil.disk_usage(self._hidden).free
        if free < size:
            raise SceneError(
                f"The file needs {size / 1e6:.0f} MB, and “{self.target.parent}” has {free / 1e6:.0f} MB left.",
                "Choose another folder, a smaller Grid or fewer frames.",
            )

    def commit(self) -> list[Path]:
        """Put everything in its place, companions first, and return the files, the main one first.

        Raises:
            SceneError: when the main file is not complete or cannot be put there; an older one is still there then.
        """
        if not is_complete(self.path):
            raise SceneError(
                f"“{self.target.name}” could not be written as a whole: the disk may be full.",
                "Make room, or choose another folder.",
            )
        moved = []
        try:
            for path in sorted(self._hidden.rglob("*"), key=lambda path: path == self.path):
                if path.is_file():
                    place = self.target.parent / path.relative_to(self._hidden)
                    place.parent.mkdir(exist_ok=True)
                    os.replace(path, place)
                    moved.append(place)
        except OSError as error:
            raise self._failed(error) from error
        return moved[::-1]

    def __enter__(self) -> Delivery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._hidden, ignore_errors=True)
        if isinstance(error, OSError):
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> SceneError:
        return SceneError(
            f"Cannot write “{self.target}”: {error.strerror or error}.",
            "Choose a folder where you may write and that has room.",
        )
