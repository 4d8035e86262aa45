# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs all benchmarks, each in the environment that it is about, and writes docs/benchmarks.md (`make bench`)."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/benchmarks.md"
ENVIRONMENTS = ROOT / ".venv"


@dataclass(frozen=True)
class Suite:
    """A script that prints one JSON object, the environment it runs in, and what the page calls it."""

    title: str
    script: str
    environment: str
    note: str = ""


TOUCH = "What an update is: [touch.md](touch.md#what-an-update-costs). 60 updates a second leave 16.7 ms for each."
BAKE = "Which excitations these are: [excitations.md](excitations.md#measured). Each bake replaces the one before."

SUITES = (
    Suite("Prediction", "bench_predict", "worker"),
    Suite("Worker and wire", "bench_worker", "worker"),
    Suite(
        "Renderer",
        "bench_render",
        "worker",
        "*network*: with the repairs, *render*: without. *splat*: colours splatted by themselves. *limit*: the time to "
        "move each byte once.",
    ),
    Suite("Blender 4.5 LTS", "bench_blender", "bpy45"),
    Suite("Blender 5.2 LTS", "bench_blender", "bpy52"),
    Suite("Touch in Blender 4.5", "bench_touch", "bpy45", TOUCH),
    Suite("Touch in Blender 5.2", "bench_touch", "bpy52", TOUCH),
    Suite("Bake in Blender 4.5", "bench_bake", "bpy45", BAKE),
    Suite("Bake in Blender 5.2", "bench_bake", "bpy52", BAKE),
)

# What is wanted at most, by the name of the figure; with its environment where the environments differ.
GOALS: dict[str, float] = {
    "predict_s": 60.0,
    "seam_ratio": 1.05,
    "hello_s": 0.2,
    "round_trip_ms": 5.0,
    "picture_and_volume_ms": 100.0,
    # 20 frames a second without the network, 4 with it; on a large GPU 200 and, at 1080p, 30.
    "render_512x288_ms": 50.0,
    "network_512x288_ms": 250.0,
    "cuda_network_512x288_ms": 5.0,
    "cuda_network_1920x1080_ms": 33.0,
    "cuda_splat_1920x1080_times_limit": 2.0,
    "import_s": 1.0,
    "bpy45:playback_ms": 8.0,
    "bpy52:playback_ms": 4.0,
    "vertex_error_of_width": 1e-5,
    "held_update_ms": 16.7,
    "ringing_update_ms": 16.7,
    **{f"bake_{case}_s": 0.3 for case in ("one_pull", "wind", "pull_poke_wind", "ten", "carried", "cyclic", "tuned")},
}


def main() -> int:
    # What else ran on the machine belongs to the figures.
    load = os.getloadavg()[0]
    sections, late, missing = [], [], []
    for suite in SUITES:
        print(f"{suite.title} …", flush=True)
        figures = measure(suite)
        if figures is None:
            missing.append(suite.title)
            continue
        rows = [row(name, value, suite) for name, value in figures.items()]
        late += [
            f"{suite.title}: {described(name)[0]}" for name, value in figures.items() if misses(name, value, suite)
        ]
        heading = f"## {suite.title}\n\n| figure | median | goal | part of the goal |\n|---|---:|---:|---:|\n"
        sections.append(heading + "".join(rows) + (f"\n{suite.note}\n" if suite.note else ""))
        print("".join(rows), flush=True)
    if missing:
        sections.append(f"Not measured this time: {', '.join(missing)}.\n")
    PAGE.write_text(head(load) + "\n".join(sections), encoding="utf-8")
    print(f"Written to {PAGE.relative_to(ROOT)}.")
    for name in late:
        print(f"Over its goal: {name}")
    return 1 if missing else 0


def measure(suite: Suite) -> dict[str, object] | None:
    """The figures of a script; None, with its last words on the screen, when it has none."""
    python = ENVIRONMENTS / suite.environment / "bin/python"
    if not python.exists():
        print(f"{suite.title}: left out, its environment is not set up.")
        return None
    command = [python, "-m", f"scripts.{suite.script}"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=1800, check=False)
    try:
        # What libraries print comes before; the object is the last thing.
        figures: dict[str, object] = json.loads(done.stdout[done.stdout.index("{") :])
    except ValueError:
        print(f"{suite.title}: no figures (status {done.returncode}).", file=sys.stderr)
        return None
    return figures


def goal_of(name: str, suite: Suite) -> float | None:
    return GOALS.get(f"{suite.environment}:{name}", GOALS.get(name))


def misses(name: str, value: object, suite: Suite) -> bool:
    goal = goal_of(name, suite)
    return goal is not None and isinstance(value, int | float) and value > goal


def row(name: str, value: object, suite: Suite) -> str:
    goal = goal_of(name, suite)
    words, unit = described(name)
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if not isinstance(value, int | float):
        return f"| {words} | {value} | | |\n"
    if goal is None:
        return f"| {words} | {shown(value)}{unit} | | |\n"
    return f"| {words} | {shown(value)}{unit} | ≤ {shown(goal)}{unit} | {value / goal:.0%} |\n"


def described(name: str) -> tuple[str, str]:
    """The words and the unit that a figure's name is made of: `hello_s` is “hello” in s."""
    for ending, unit in (("_s", " s"), ("_ms", " ms"), ("_mb", " MB"), ("_fps", " frames/s")):
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " "), unit
    return name.replace("_", " "), ""


def shown(value: float) -> str:
    if 0 < abs(value) < 1e-3:
        return f"{value:.1e}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


def head(load: float) -> str:
    versions = subprocess.run(
        [
            ENVIRONMENTS / "worker/bin/python",
            "-c",
            "import torch, numpy; print('torch', torch.__version__, '· numpy', numpy.__version__)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return (
        "# Benchmarks\n\n"
        "Written by `make bench`. Medians. A goal is the most that is allowed: 50% of it is twice as good.\n\n"
        f"{datetime.date.today():%Y-%m-%d} · {processor()}, {os.cpu_count()} cores, load {load:.1f} before it began · "
        f"{platform.system()} · Python {platform.python_version()} · {versions}\n\n"
    )


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    sys.exit(main())
