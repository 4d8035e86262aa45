# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what Blender does with a motion object; prints one JSON object of medians. Needs a Python with bpy.

.venv/bpy52/bin/python -m scripts.bench_blender
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time

import bpy
import numpy as np

from gid_blender.motion import SpectralVolume, loop_coefficients
from gid_blender.motion.grid import at_vertices
from gid_blender.scene import PlaneSettings, create_motion_object, to_keyframes

HEIGHT, WIDTH, BANDS, PERIOD = 160, 256, 16, 150


def smooth_volume() -> SpectralVolume:
    """Motion like a predicted one: waves over the picture, weaker in the faster bands."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    waves = np.stack([np.cos(np.pi * (a * x + b * y)) for a in range(4) for b in range(4)])
    weights = rng.normal(size=(BANDS, 2, 16)) + 1j * rng.normal(size=(BANDS, 2, 16))
    return SpectralVolume(np.einsum("kcn,nhw,k->kchw", weights, waves, 0.002 / (1 + np.arange(BANDS))), frames=PERIOD)


def with_hard_edges(volume: SpectralVolume) -> SpectralVolume:
    """The same, cut out into disks that move before a still background."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    inside = sum((x - cx) ** 2 + (y - cy) ** 2 < 30**2 for cx, cy in ((60, 60), (150, 90), (215, 50)))
    return SpectralVolume(volume.spectrum * (3 * np.minimum(inside, 1)), frames=PERIOD)


def create(volume: SpectralVolume, settings: PlaneSettings | None = None) -> tuple[bpy.types.Object, float]:
    """A motion object in an empty file, and the seconds it took."""
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    image = bpy.data.images.new("picture", 1920, 1200)
    started = time.perf_counter()
    obj = create_motion_object(
        bpy.context.scene, image, volume, settings=settings or PlaneSettings(), period=PERIOD, start=0
    )
    return obj, time.perf_counter() - started


def vertices(obj: bpy.types.Object, frame: float) -> np.ndarray:
    """(V, 3) as the depsgraph evaluates them."""
    bpy.context.scene.frame_set(int(frame), subframe=frame % 1)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    co = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", co)
    return co.reshape(-1, 3)


def playback() -> float:
    """Milliseconds a frame, median over one period."""
    times = []
    for frame in range(PERIOD):
        started = time.perf_counter()
        bpy.context.scene.frame_set(frame)
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def main() -> None:
    """Measure and print."""
    volume = smooth_volume()
    # A busy machine shows here; the times mean little then.
    busy = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    figures: dict[str, object] = {"blender": bpy.app.version_string, "load_average": busy, "cores": os.cpu_count()}
    figures["import_s"] = statistics.median(create(volume)[1] for _ in range(5))
    edges = with_hard_edges(volume)
    figures["import_hard_edges_s"] = statistics.median(create(edges)[1] for _ in range(3))

    obj, _ = create(volume, PlaneSettings(spread_edges=False, depth=0.0))
    figures["vertices"] = len(obj.data.vertices)
    playback()
    figures["playback_ms"] = playback()

    columns, rows, width = (obj.data[name] for name in ("gid_columns", "gid_rows", "gid_width"))
    grid = SpectralVolume(at_vertices(volume, rows, columns), frames=PERIOD)
    rest = np.empty(len(obj.data.vertices) * 3, np.float32)
    obj.data.shape_keys.reference_key.points.foreach_get("co", rest)
    errors = []
    for frame in (0, 31, 31.25, 149, 150, 15000):
        q = loop_coefficients(frame, harmonics=BANDS, period=PERIOD)
        q[0] = 0  # the mean offset is off by default
        u = grid.synthesize(q).reshape(2, -1)
        expected = rest.reshape(-1, 3)[:, :2] + np.stack([u[0], -u[1]], axis=1) * width
        errors.append(np.linalg.norm(vertices(obj, frame)[:, :2] - expected, axis=1).max() / width)
    figures["vertex_error_of_width"] = float(max(errors))

    loop = np.stack([vertices(obj, frame) for frame in range(PERIOD)])
    steps = np.linalg.norm(np.roll(loop, -1, axis=0) - loop, axis=-1).mean(axis=1)
    figures["seam_ratio"] = float(steps[-1] / steps.mean())
    # A wave is faster at some moments than at others; what the seam adds shows beside its neighbours.
    figures["seam_ratio_to_neighbours"] = float(steps[-1] / (steps[-2] + steps[0]) * 2)
    figures["loop_later_is_identical"] = bool(np.array_equal(loop[7], vertices(obj, 7 + 1000 * PERIOD)))

    to_keyframes(obj, bpy.context.scene)
    playback()
    figures["playback_keyed_ms"] = playback()
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # bpy 4.5 may wait at the interpreter's exit.
    os._exit(0)
