# SPDX-License-Identifier: GPL-3.0-or-later
"""Who does the work of a large build: a Ray cluster. The machines need this package and nothing else.

Videos travel to the machines and shards travel back, so there need be no shared folder, and only this process writes.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import GidError
from .clips import Unit
from .pool import ATTEMPTS, WorkError, make_shard
from .settings import Settings

__all__ = ["RayPool"]


class RayPool:
    """A Ray cluster. Units of a worker or a machine that dies are done again by another one.

    Args:
        address: host:port of the cluster's head, “auto” for the one that runs here.

    Raises:
        WorkError: when Ray is not installed, or there is no cluster at this address.
    """

    def __init__(self, address: str) -> None:
        try:
            # Untyped: its stubs ask for more than it does.
            ray: Any = importlib.import_module("ray")
        except ImportError as error:
            raise WorkError(
                "Ray is not installed.", 'Install it with: pip install "generative-image-dynamics[ray]"'
            ) from error
        self._ray = ray
        self._ours = not ray.is_initialized()
        try:
            if self._ours:
                ray.init(address=address, logging_level="ERROR", log_to_driver=False)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise WorkError(
                f"There is no Ray cluster at “{address}” ({' '.join(str(error).split())[:200]}).",
                "Start one with “ray start --head”, and on the other machines “ray start --address HOST:PORT”.",
            ) from error
        # A crash of the decoder or a machine that is switched off is tried again; bad input is an answer.
        self._remote = ray.remote(num_cpus=1, max_retries=ATTEMPTS, retry_exceptions=False)(_measure)

    def measure(
        self, units: Iterator[tuple[Path, Unit]], settings: Settings
    ) -> Iterator[tuple[Unit, bytes | Exception]]:
        """See `Pool`."""
        running: dict[Any, Unit] = {}
        sent: tuple[str, Any] = ("", None)
        while True:
            # Asked each time: machines come and go.
            while len(running) < self._slots():
                task = next(units, None)
                if task is None:
                    break
                path, unit = task
                if sent[0] != unit.clip.digest:
                    # One copy in the cluster for all units of a clip; Ray frees it when the last of them has ended.
                    sent = (unit.clip.digest, self._ray.put(path.read_bytes()))
                running[self._remote.remote(sent[1], path.suffix, unit, settings)] = unit
            if not running:
                return
            ready, _ = self._ray.wait(list(running), num_returns=1)
            for reference in ready:
                unit = running.pop(reference)
                yield unit, self._result(reference, unit)

    def _slots(self) -> int:
        return max(2, int(self._ray.cluster_resources().get("CPU", 1)) + 1)

    def _result(self, reference: Any, unit: Unit) -> bytes | Exception:
        try:
            data: bytes | Exception = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
            return WorkError(f"“{unit.clip.name}” could not be measured ({reason[0]}).")
        return data

    def close(self) -> None:
        """Leave the cluster; what it still does for us is given up."""
        if self._ours and self._ray.is_initialized():
            self._ray.shutdown()


def _measure(video: bytes, suffix: str, unit: Unit, settings: Settings) -> bytes | Exception:
    """On a machine of the cluster. An error that is an answer is returned: raised, Ray would wrap it."""
    with tempfile.TemporaryDirectory(prefix="gid-") as folder:
        path = Path(folder) / f"{Path(unit.clip.name).stem}{suffix}"
        path.write_bytes(video)
        try:
            return make_shard(path, unit, settings)
        except GidError as error:
            return error
