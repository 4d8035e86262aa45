#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many motions an hour a batch predicts, by the number of workers: processes of this machine, or a local cluster.

    .venv/worker/bin/python scripts/bench_batch.py --workers 1 2 --motions 12 --steps 20 > batch.md

Every worker has one thread and the shipped model. What is counted begins when each worker has answered once, so that
starting processes and loading the model, which a long batch does once, are left out and told apart.
"""

import argparse
import importlib
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

# Before torch: a second thread in each worker would be one too many.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
# Ray gives way to everything else, which beside other work measures that.
os.environ.setdefault("RAY_worker_niceness", "0")

from gid_backend.batch.pictures import PictureFile
from gid_backend.batch.pool import LocalPool, Pool
from gid_backend.batch.ray_pool import RayPool
from gid_backend.batch.recipe import Recipe
from gid_backend.batch.report import Line, Report
from gid_backend.batch.run import Batch, Watch
from gid_backend.model_info import describe_model
from gid_backend.prediction_settings import PredictionSettings

EXAMPLE = Path(__file__).resolve().parents[1] / "gid_blender" / "assets" / "dahlia.jpg"


class Clock(Watch):
    def __init__(self) -> None:
        self.times: list[float] = []

    def line(self, line: Line) -> None:
        assert line.state == "done", line.sentence
        self.times.append(time.monotonic())


def measured(pool: Pool, workers: int, motions: int, steps: int) -> tuple[float, float]:
    """Seconds until each worker has answered once, and motions an hour from then on."""
    clock, started = Clock(), time.monotonic()
    recipe = Recipe(PredictionSettings(steps=steps), describe_model() or {})
    picture = PictureFile(EXAMPLE.name, EXAMPLE)
    with tempfile.TemporaryDirectory() as folder, Report(Path(folder) / "report.jsonl") as report:
        Batch([picture], Path(folder), recipe, range(motions), pool, report, clock).run()
    first, last = clock.times[workers - 1], clock.times[-1]
    return first - started, (motions - workers) / (last - first) * 3600


def ray_pool(workers: int) -> Pool:
    ray = importlib.import_module("ray")
    ray.init(
        address="local",
        num_cpus=workers,
        num_gpus=0,
        include_dashboard=False,
        log_to_driver=False,
        _node_ip_address="127.0.0.1",
    )
    return RayPool("local")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--motions", type=int, default=12)
    parser.add_argument("--steps", type=int, default=20)
    given = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} before; {given.steps} steps.\n")
    print("| workers | how | start, s | motions an hour | load after |\n|---:|---|---:|---:|---:|")
    for workers in given.workers:
        for how in ("processes", "Ray"):
            pool = LocalPool(None, ["cpu"] * workers, threads=1) if how == "processes" else ray_pool(workers)
            start, hourly = measured(pool, workers, given.motions, given.steps)
            if how == "Ray":
                importlib.import_module("ray").shutdown()
            print(f"| {workers} | {how} | {start:.0f} | {hourly:.0f} | {os.getloadavg()[0]:.1f} |")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
