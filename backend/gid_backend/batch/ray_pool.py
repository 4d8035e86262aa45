# SPDX-License-Identifier: GPL-3.0-or-later
"""Who does the work of a large batch: a Ray cluster, whose machines need this package and nothing else.

Pictures, weights and results travel through Ray's object store, so there need be no shared folder, and only this
process writes. What a machine or a process that dies was doing is done again by another one.
"""

from __future__ import annotations

import importlib
import logging
import platform
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..failures import Failure
from ..model_info import chosen_weights
from .errors import BatchError
from .pool import ATTEMPTS, Take, Told
from .work import Answer, Work, Workshop, attempt

__all__ = ["RayPool"]

# Seconds that a head may take to answer; the cluster is on a network that somebody pays for.
PATIENCE = 10.0


class RayPool:
    """A Ray cluster.

    Attributes:
        on_gpu: whether its GPUs do the work, one piece each; its cores do otherwise.
    """

    def __init__(self, address: str, weights: Path | None = None) -> None:
        """Join a cluster.

        Args:
            address: host:port of its head, ray://host:port of its client server, “auto” for the one that this machine
                belongs to, or “local” for one of this machine alone, which ends with this process.
            weights: of the model; they travel along. None takes those of GID_WEIGHTS, else the shipped ones.

        Raises:
            BatchError: when Ray is not installed, there is no cluster, or it runs other versions.
        """
        try:
            # Untyped: its stubs ask for more than it does.
            ray: Any = importlib.import_module("ray")
        except ImportError as error:
            raise BatchError(
                "Ray is not installed.", 'Install it with: pip install "generative-image-dynamics[ray]"'
            ) from error
        self._ray = ray
        self._ours = not ray.is_initialized()
        if self._ours:
            _join(ray, address)
        resources = ray.cluster_resources()
        self.on_gpu = resources.get("GPU", 0) >= 1
        self._kind = "GPU" if self.on_gpu else "CPU"
        share = {"num_gpus": 1} if self.on_gpu else {"num_cpus": 1}
        # A machine that is switched off is no answer, and is tried again; bad input is one. Processes stay for the next
        # work, of a GPU too, for they hold the models.
        self._remote = ray.remote(max_retries=ATTEMPTS, retry_exceptions=False, max_calls=0, **share)(_work)
        self._weights = ray.put((weights or chosen_weights()).read_bytes())

    def _most(self) -> int:
        """Pieces of work under way, one more than can be done at a time. Asked each time: machines come and go."""
        return max(2, int(self._ray.cluster_resources().get(self._kind, 1)) + 1)

    def run(self, take: Take, told: Told) -> Iterator[tuple[Work, Answer]]:
        """See `Pool`."""
        running: dict[Any, Work] = {}
        # One copy in the cluster, its mask included, for all work on a picture; Ray frees it when the last of that has
        # ended.
        sent: tuple[bytes, Any] = (b"", None)
        while True:
            while len(running) < self._most() and (work := take()) is not None:
                if sent[0] is not work.picture:
                    sent = (work.picture, self._ray.put((work.picture, work.mask)))
                told(work, "On the cluster", 0, 0)
                light = replace(work, picture=b"", mask=b"")
                running[self._remote.remote(__version__, [self._weights], sent[1], light)] = work
            if not running:
                return
            ready, _ = self._ray.wait(list(running), num_returns=1)
            for reference in ready:
                work = running.pop(reference)
                yield work, self._answer(reference, work)

    def _answer(self, reference: Any, work: Work) -> Answer:
        try:
            answer: Answer = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            if "No module named" in str(error):
                return Failure(
                    "unusable",
                    "A machine of the cluster lacks this package.",
                    f"Install generative-image-dynamics {__version__} on all of them.",
                )
            return Failure("failed", f"“{work.name}” failed on the cluster ({_last_line(error)}).")
        except self._ray.exceptions.RayError as error:
            return Failure(
                "died",
                f"“{work.name}” was given up after {ATTEMPTS + 1} attempts on the cluster ({_last_line(error)}).",
                "See whether the machines are there and have enough memory.",
            )
        return answer

    def close(self) -> None:
        """Leave the cluster; what it still does for us is given up."""
        if self._ours and self._ray.is_initialized():
            self._ray.shutdown()


_workshops: dict[str, Workshop] = {}


def _work(version: str, weights: list[Any], picture: tuple[bytes, bytes], work: Work) -> Answer:
    """On a machine of the cluster. The weights come as a reference, and are fetched once by each process."""
    if version != __version__:
        return Failure(
            "version_mismatch",
            f"A machine of the cluster ({platform.node()}) has version {__version__} of this package, and this one has"
            f" {version}.",
            f"Install generative-image-dynamics {version} on all of them.",
        )
    key = work.recipe.model.get("sha256", "")
    if key not in _workshops:
        # Models of an earlier batch only take memory.
        _workshops.clear()
        _workshops[key] = Workshop(_weights_file(weights[0]))
    return attempt(_workshops[key], replace(work, picture=picture[0], mask=picture[1]), lambda *_: None)


def _weights_file(reference: Any) -> Path:
    ray: Any = importlib.import_module("ray")
    data: bytes = ray.get(reference)
    # The process keeps it as long as it lives: what is loaded from it may be loaded anew.
    handle = tempfile.NamedTemporaryFile(prefix="gid-weights-", suffix=".safetensors", delete=False)
    with handle:
        handle.write(data)
    return Path(handle.name)


def _join(ray: Any, address: str) -> None:
    _knock(address)
    options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address == "local":
        # Nobody else is to reach it.
        options |= {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(address=address, **options)
    except Exception as error:
        # What Ray raises here is wide open, and differs between its versions.
        with suppress(Exception):
            ray.shutdown()
        raise _refusal(address, str(error)) from error


def _knock(address: str) -> None:
    """Ray itself takes half a minute to find out that nobody is there."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host:
        return
    if not port.isdigit():
        raise BatchError(
            f"“{address}” is no address of a Ray cluster.", "Give host:port of its head, such as head.local:6379."
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise _refusal(address, getattr(error, "strerror", None) or str(error)) from error


def _refusal(address: str, said: str) -> BatchError:
    if re.search(r"version mismatch", said, re.IGNORECASE):
        versions = re.findall(r"(Ray|Python): ?v?([\w.]+)", said)
        told = ", ".join(f"{name} {number}" for name, number in versions[:2])
        own = f"Ray {importlib.import_module('ray').__version__} with Python {platform.python_version()}"
        return BatchError(
            f"The Ray cluster at “{address}” has {told or 'other versions'}, where this machine has {own}.",
            "Install the same ones on all machines.",
        )
    return BatchError(
        f"There is no Ray cluster at “{address}” ({' '.join(said.split())[:200]}).",
        "Start one with “ray start --head”, and on the other machines “ray start --address HOST:PORT”.",
    )


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1][:200].strip()
