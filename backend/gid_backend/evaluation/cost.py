# SPDX-License-Identifier: GPL-3.0-or-later
"""What a prediction costs: seconds and peak memory, by steps and by the grid's area."""

from __future__ import annotations

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..prediction_settings import DEFAULTS
from ..predictor import MotionPredictor

__all__ = ["measure_cost"]


def measure_cost(
    weights: Path,
    *,
    steps: Sequence[int],
    areas: Sequence[float],
    repeats: int,
    threads: int,
    device: str | None = None,
    watch: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> dict[str, Any]:
    """Time predictions of a picture of 16:10.

    Args:
        weights: of the prior.
        steps: of the solver.
        areas: of the working grid, as multiples of the prior's own.
        repeats: of each; one more comes first and does not count.
        threads: of torch, on the CPU.
        device: as torch names it; None takes the fastest.
        watch: told (what, done, total) after each area.

    Returns:
        {"device", "threads", "guidance", "repeats", "memory", "rows"}, each row {"width", "height", "steps", "seconds",
        "fastest", "slowest", "peak_mb"}.

    Raises:
        WeightsError: when the weights cannot be used.
    """
    rows: list[dict[str, Any]] = []
    name, on_gpu = "", False
    for index, area in enumerate(areas):
        # Peak memory never falls within a process.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            name, on_gpu, found = pool.submit(_time, weights, list(steps), area, repeats, threads, device).result()
        rows += found
        watch("cost", index + 1, len(areas))
    return {
        "device": name,
        "threads": threads,
        "guidance": DEFAULTS.guidance,
        "repeats": repeats,
        "memory": " on the GPU" if on_gpu else "",
        "rows": rows,
    }


def _time(
    weights: Path, steps: list[int], area: float, repeats: int, threads: int, device: str | None
) -> tuple[str, bool, list[dict[str, Any]]]:
    torch.set_num_threads(threads)
    predictor = MotionPredictor.load(weights, device)
    config = predictor.prior.config
    predictor.prior.config = replace(config, area=round(config.area * area))
    picture = np.random.default_rng(0).integers(0, 255, (640, 1024, 3)).astype(np.uint8)
    predictor.predict(picture, steps=1)
    rows = []
    for count in steps:
        times = []
        for seed in range(repeats):
            before = time.perf_counter()
            volume = predictor.predict(picture, seed=seed, steps=count)
            times.append(time.perf_counter() - before)
        rows.append(
            {
                "width": volume.width,
                "height": volume.height,
                "steps": count,
                "seconds": round(statistics.median(times), 3),
                "fastest": round(min(times), 3),
                "slowest": round(max(times), 3),
            }
        )
    on_gpu = predictor.device.type == "cuda"
    peak = torch.cuda.max_memory_allocated() / 1e6 if on_gpu else _peak_of_process()
    for row in rows:
        row["peak_mb"] = round(peak)
    name = torch.cuda.get_device_name() if on_gpu else f"{_processor()}, {len(_cores())} cores"
    return name, on_gpu, rows


def _peak_of_process() -> float:
    """Megabytes."""
    # Linux counts in kilobytes, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _cores() -> set[int]:
    return os.sched_getaffinity(0) if sys.platform == "linux" else set(range(os.cpu_count() or 1))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "CPU"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "CPU"
