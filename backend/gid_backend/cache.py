# SPDX-License-Identifier: GPL-3.0-or-later
"""Results by the content they were made from, so that the same question costs nothing twice.

Two workers may share the folder: entries appear whole (renamed into place), never change, and are
checked when read. Nothing that goes wrong here ever fails a request; it is logged, and computed again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from .atomic import OutputError, replacing

__all__ = ["ResultCache", "cache_folder", "content_key"]

DEFAULT_LIMIT = 2 << 30
# What a worker that was killed left half-written is rubbish after this many seconds.
_ABANDONED_AFTER = 3600.0
_SUFFIX = ".result"
_DIGEST_BYTES = 32

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where results are kept: GID_CACHE_DIR, or the user's cache folder."""
    entered = os.environ.get("GID_CACHE_DIR")
    if entered:
        return Path(entered)
    import platformdirs

    return Path(platformdirs.user_cache_dir("generative-image-dynamics", appauthor=False)) / "results"


def content_key(data: bytes, **settings: object) -> str:
    """The name of a result: a hash over the bytes and everything else that it depends on."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    digest.update(b"\0")
    digest.update(data)
    return digest.hexdigest()


class ResultCache:
    """Bytes by key in a folder of bounded size; what was used longest ago goes first."""

    def __init__(self, folder: str | os.PathLike[str], limit: int = DEFAULT_LIMIT) -> None:
        """Use `folder`, which is made when the first result comes.

        Args:
            folder: nothing else should lie there.
            limit: bytes that all entries together may take; 0 keeps nothing.
        """
        self.folder = Path(folder)
        self.limit = limit

    def get(self, key: str) -> bytes | None:
        """The bytes of `put`, or None when there are none (any more)."""
        path = self._path(key)
        try:
            stored = path.read_bytes()
            # "Used" is what the time of modification says: the time of access is switched off on many systems.
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("The cached result %s cannot be read (%s).", path, error)
            return None
        digest, data = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
        if hashlib.sha256(data).digest() != digest:
            _log.warning("The cached result %s is damaged and is computed again.", path)
            self._remove(path)
            return None
        return data

    def put(self, key: str, data: bytes) -> None:
        """Keep `data`, and make room for it."""
        if len(data) + _DIGEST_BYTES > self.limit:
            return
        try:
            with replacing(self._path(key)) as temporary:
                with temporary.open("wb") as file:
                    file.write(hashlib.sha256(data).digest())
                    file.write(data)
        except OutputError as error:
            _log.warning("The result is not kept in the cache: %s", error.message)
        self._trim()

    def size(self) -> int:
        """Bytes that the entries take."""
        return sum(stat.st_size for _, stat in self._entries())

    def clear(self) -> int:
        """Remove every entry; the bytes that this freed."""
        return sum(stat.st_size for path, stat in list(self._entries()) if self._remove(path))

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_SUFFIX}"

    def _trim(self) -> None:
        entries = sorted(self._entries(), key=lambda entry: entry[1].st_mtime)
        excess = sum(stat.st_size for _, stat in entries) - self.limit
        for path, stat in entries:
            if excess <= 0:
                break
            self._remove(path)
            excess -= stat.st_size
        self._sweep()

    def _sweep(self) -> None:
        for path in self._list():
            if path.name.startswith(".gid-"):
                try:
                    abandoned = time.time() - path.stat().st_mtime > _ABANDONED_AFTER
                except OSError:
                    continue
                if abandoned:
                    shutil.rmtree(path, ignore_errors=True)

    def _entries(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self._list():
            if path.suffix == _SUFFIX:
                try:
                    yield path, path.stat()
                # The other worker was faster.
                except OSError:
                    continue

    def _list(self) -> list[Path]:
        try:
            return list(self.folder.iterdir())
        except OSError:
            return []

    @staticmethod
    def _remove(path: Path) -> bool:
        try:
            path.unlink()
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                _log.warning("The cached result %s cannot be removed (%s).", path, error)
            return False
        return True
