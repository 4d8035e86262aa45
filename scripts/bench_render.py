# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what rendering a frame costs: milliseconds and peak memory, with and without the network.

Prints one JSON object of medians. Run by scripts/bench.py, or by itself, for some sizes only:

    python -m scripts.bench_render [512x288 …]

A photograph at each size with its predicted motion, so that the network has as much to repair as it usually has; frames
of a picture that is set already, 8 bits in and out, two threads on the CPU, and the GPU where there is one (`cuda_…`).
Beside it `cv2.remap` (bicubic), a splat of the colours at full size, and the limit: what the machine takes to move the
bytes that any renderer must move, 36 a pixel (three colours, displacement and strength read once, three colours written
once, 32 bits each), at the speed at which it copies a large tensor. How good the frames are: `gid evaluate renderer`.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from gid_backend.images import read_image
from gid_backend.predictor import MotionPredictor
from gid_backend.renderer import MotionRenderer, RenderSettings
from gid_backend.rendering.network import WEIGHTS, RepairNetwork
from gid_backend.rendering.splatting import splat
from gid_blender.motion import SpectralVolume, loop_coefficients

ROOT = Path(__file__).resolve().parent.parent
SIZES = ("512x288", "1920x1080", "3840x2160", "5312x2988")
THREADS, REPEATS = 2, 5
# A minute a frame: here memory is what is asked for.
LARGE = 5312 * 2988
BYTES_A_PIXEL = 4 * (3 + 2 + 1 + 3)
COPIED = 256 << 20


def main() -> int:
    sizes = sys.argv[1:] or SIZES
    picture = ROOT / "gid_blender/assets/dahlia.jpg"
    volume = MotionPredictor.load(device="cpu").predict(read_image(picture))
    figures: dict[str, Any] = {}
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        for size in sizes:
            prefix = "" if device == "cpu" else "cuda_"
            found = {f"{prefix}{name}": value for name, value in measured(device, size, picture, volume)}
            figures |= found
    print(json.dumps(figures))
    return 0


def measured(device: str, size: str, picture: Path, volume: SpectralVolume) -> Iterator[tuple[str, float]]:
    """Figures of one size, by name."""
    # A volume cannot be sent to another process; its numbers can.
    work = (device, size, picture, volume.spectrum)
    limit, remap, splatted = apart(beside, *work)
    plain, plain_mb = apart(rendered, *work, False)
    full, full_mb = apart(rendered, *work, True)
    yield f"render_{size}_ms", plain
    yield f"network_{size}_ms", full
    if device == "cpu":
        yield f"remap_{size}_ms", remap
    yield f"splat_{size}_ms", splatted
    yield f"limit_{size}_ms", limit
    if device == "cpu":
        yield f"render_{size}_times_remap", plain / remap
        yield f"network_{size}_times_remap", full / remap
    yield f"splat_{size}_times_limit", splatted / limit
    yield f"render_{size}_mb", plain_mb
    yield f"network_{size}_mb", full_mb


def apart(task: Callable[..., tuple[float, ...]], *arguments: Any) -> tuple[float, ...]:
    """What a function says in a process of its own: peak memory never falls within one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(task, *arguments).result()


def rendered(device: str, size: str, picture: Path, spectrum: np.ndarray, network: bool) -> tuple[float, float]:
    """Milliseconds for a frame, and the peak in megabytes: of the process on the CPU, of tensors on a GPU."""
    torch.set_num_threads(THREADS)
    volume = SpectralVolume(spectrum)
    repair = None
    if network:
        # Where there are no weights yet, an untrained one takes as long.
        repair = RepairNetwork.load(WEIGHTS, device) if WEIGHTS.is_file() else RepairNetwork().to(device)
    renderer = MotionRenderer(torch.device(device), RenderSettings(repair=network), repair)
    renderer.set_image(sized(picture, size))
    strength, displacements = volume.amplitude(), iter([volume.displacement(10 * i) for i in range(REPEATS + 1)])
    width, height = map(int, size.split("x"))
    repeats = 1 if width * height >= LARGE else REPEATS
    if device == "cuda":
        # As films are made there: several small frames at once.
        lot = renderer.at_once
        q = loop_coefficients(np.arange(lot), harmonics=volume.bands, period=lot, offset=False)
        still = sized(picture, size)
        spent = median_ms(lambda: list(renderer.render_frames(still, volume, q)), device, repeats) / lot
        return spent, torch.cuda.max_memory_allocated() / 1e6
    return median_ms(lambda: renderer.render(None, next(displacements), strength), device, repeats), peak_mb()


def peak_mb() -> float:
    """The most memory that this process has had, in megabytes."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        # macOS counts in bytes.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    # `ru_maxrss` would be the parent's peak on Linux, where it outlives exec.
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6


def beside(device: str, size: str, picture: Path, spectrum: np.ndarray) -> tuple[float, float, float]:
    """Milliseconds of the bytes moved, of `cv2.remap` (on the CPU), and of a splat of colours."""
    torch.set_num_threads(THREADS)
    cv2.setNumThreads(THREADS)
    volume = SpectralVolume(spectrum)
    still = sized(picture, size)
    height, width = still.shape[:2]
    flow = np.stack([cv2.resize(axis, (width, height)) for axis in volume.displacement(10)]) * np.float32(width)
    y, x = np.indices((height, width), np.float32)
    at = x - flow[0], y - flow[1]
    remap = median_ms(lambda: cv2.remap(still, *at, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))
    source = torch.zeros(COPIED // 4, device=device)
    target = torch.zeros_like(source)
    copying = median_ms(lambda: target.copy_(source), device)
    # Copying reads and writes.
    limit = copying * BYTES_A_PIXEL * height * width / (2 * COPIED)
    colours = torch.from_numpy(still).to(device).permute(2, 0, 1)[None].float().contiguous()
    moved = torch.from_numpy(flow)[None].to(device)
    strength = torch.from_numpy(cv2.resize(volume.amplitude(), (width, height)))[None, None].to(device)
    with torch.inference_mode():
        splatted = median_ms(lambda: splat(colours, moved, strength), device)
    return limit, remap, splatted


def median_ms(task: Callable[[], object], device: str = "cpu", repeats: int = REPEATS) -> float:
    """Median milliseconds after one call to warm up."""
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        task()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times[1:])


def sized(picture: Path, size: str) -> np.ndarray:
    width, height = map(int, size.split("x"))
    found = read_image(picture)[..., :3]
    return np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


if __name__ == "__main__":
    sys.exit(main())
