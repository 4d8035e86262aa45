# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the process boundary: start, round trip, and a picture to the worker with a volume back, outside the model.

Prints one JSON object of medians. Run by scripts/bench.py, or by itself: `python -m scripts.bench_worker`.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gid_blender.worker.client import WorkerClient
from gid_blender.worker.discovery import find_command
from gid_blender.worker.supervision import Timing

ROOT = Path(__file__).resolve().parent.parent
# What the transfer costs is measured without a model: the worker answers with a volume's worth of bytes.
ECHO = """
import sys
from gid_backend import server
sys.path.insert(0, {tests!r})
import scripted
VOLUME = bytes({volume})
class Service(scripted.Service):
    handlers = {{"volume": lambda request, context: ({{}}, [VOLUME])}}
server.main(service=Service())
"""
PICTURE_BYTES = 1920 * 1080 * 3
# 16 bands of two complex64 fields on a grid of 256×160, in an uncompressed .npz.
VOLUME_BYTES = 16 * 2 * 256 * 160 * 8
PATIENT = Timing(restart=0.0)


def median_of(measure: Callable[[], float], repeats: int) -> float:
    return statistics.median(measure() for _ in range(repeats))


def start_to_hello() -> float:
    """Seconds from the request that starts the real worker to its hello."""
    client = WorkerClient(find_command(), timing=PATIENT)
    started = time.perf_counter()
    client.submit("status")
    while client.hello is None:
        client.pump()
        time.sleep(0.0005)
    seconds = time.perf_counter() - started
    client.close()
    return seconds


def start_to_device() -> float:
    """Seconds until torch is loaded, which nothing but the first prediction waits for."""
    client = WorkerClient(find_command(), timing=PATIENT)
    started = time.perf_counter()
    client.submit("status")
    while client.device is None:
        client.pump()
        time.sleep(0.001)
    seconds = time.perf_counter() - started
    client.close()
    return seconds


def request_seconds(client: WorkerClient, method: str, parts: list[bytes]) -> float:
    started = time.perf_counter()
    job = client.submit(method, {}, parts)
    client.wait(job)
    seconds = time.perf_counter() - started
    job.value()
    return seconds


def submit_seconds(client: WorkerClient, parts: list[bytes]) -> float:
    """Seconds for which Blender's main thread is held up by sending a picture."""
    started = time.perf_counter()
    job = client.submit("volume", {}, parts)
    seconds = time.perf_counter() - started
    client.wait(job)
    return seconds


def measure() -> dict[str, float]:
    """Medians of everything."""
    start_to_hello()
    figures = {
        "hello_s": median_of(start_to_hello, 15),
        "torch_loaded_s": median_of(start_to_device, 3),
    }
    real = WorkerClient(find_command(), timing=PATIENT)
    request_seconds(real, "status", [])
    while real.device is None:
        real.pump(0.05)
    figures["round_trip_ms"] = 1e3 * median_of(lambda: request_seconds(real, "status", []), 200)
    real.close()
    code = ECHO.format(tests=str(ROOT / "tests" / "worker" / "workers"), volume=VOLUME_BYTES)
    python = find_command()[0]
    wire = WorkerClient([python, "-c", code], timing=PATIENT)
    picture = [os.urandom(PICTURE_BYTES)]
    request_seconds(wire, "volume", picture)
    figures["picture_and_volume_ms"] = 1e3 * median_of(lambda: request_seconds(wire, "volume", picture), 30)
    figures["submit_picture_ms"] = 1e3 * median_of(lambda: submit_seconds(wire, picture), 30)
    wire.close()
    return figures


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GID_CACHE_DIR"] = folder
        print(json.dumps(measure(), indent=2))
