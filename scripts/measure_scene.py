# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what docs/exchange.md and docs/masks.md say of time and size; prints rows of their tables. Needs bpy.

    .venv/bpy52/bin/python -m scripts.measure_scene exchange      # seconds and megabytes of each format
    .venv/bpy52/bin/python -m scripts.measure_scene mask          # milliseconds of a frame, a stroke, an update

The bundled dahlia, 41,168 vertices. All times are the processor's.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np

from gid_blender import motion, scene
from gid_blender.scene import masks, properties
from gid_blender.scene.exchange import FORMATS, ExportSettings, export_motion

EXAMPLE = Path(__file__).resolve().parent.parent / "gid_blender/assets/dahlia"
FRAMES, RATE = 150, 30
PLAYED = 480
# A mask that is painted by hand has about so many pixels.
MASK = (2048, 1365)


def example() -> bpy.types.Object:
    """The dahlia in an empty file."""
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    target = bpy.context.scene
    target.render.fps, target.frame_start, target.frame_end = RATE, 1, FRAMES
    image = bpy.data.images.load(f"{EXAMPLE}.jpg")
    obj = scene.create_motion_object(target, image, motion.load(f"{EXAMPLE}.npz"))
    bpy.context.view_layer.update()
    return obj


def spent(task: Callable[..., object], *arguments: object, **options: object) -> float:
    began = time.process_time()
    task(*arguments, **options)
    return time.process_time() - began


def exchange() -> None:
    """Each format: whole, with a coarser grid, with every second frame."""
    # There once Blender is.
    import addon_utils

    for name in ("io_scene_gltf2", "io_scene_fbx"):
        addon_utils.enable(name)
    kinds = {"whole": {}, "Grid 128": {"columns": 128}, "every second frame": {"step": 2}}
    print("| format | " + " | ".join(f"{kind}, MB | s" for kind in kinds) + " |")
    for format in sorted(FORMATS):
        cells = []
        for settings in kinds.values():
            obj = example()
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"dahlia{FORMATS[format][0]}"
                # From an even frame: USD counts whole frames from 0 on.
                wanted = ExportSettings(first=2, last=FRAMES + 2, **settings)
                seconds = spent(export_motion, bpy.context.scene, obj, path, format, wanted)
                size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.suffix != ".jpg")
            cells.append(f"{size / 1e6:.1f} | {seconds:.1f}")
        print(f"| {format} | " + " | ".join(cells) + " |", flush=True)


def mask() -> None:
    """A frame without a mask and with one; a stroke and an update taking effect."""
    obj = example()
    target = bpy.context.scene

    def frame() -> float:
        return statistics.median(spent(target.frame_set, at) for at in range(PLAYED))

    without = frame()
    image = bpy.data.images.new("mask", *MASK)
    across, down = np.meshgrid(*(np.linspace(-1, 1, side, dtype=np.float32) for side in MASK))
    white = (np.hypot(across, down) < 0.6).astype(np.float32)
    image.pixels.foreach_set(np.stack([white, white, white, np.ones_like(white)], axis=-1).ravel())
    masks.set_mask(obj, image=image)
    print(f"| without a mask | {1000 * without:.1f} ms |\n| with one | {1000 * frame():.1f} ms |")
    for words, quick in (("a stroke taking effect", True), ("Update and Done", False)):
        seconds = statistics.median(spent(masks.update_mask, obj, quick=quick) for _ in range(5))
        print(f"| {words} | {seconds:.2f} s |")
    print(f"packing the mask: {spent(image.pack):.2f} s")


def main() -> None:
    """Measure and print."""
    known = {"exchange": exchange, "mask": mask}
    if len(sys.argv) != 2 or sys.argv[1] not in known:
        sys.exit(f"Say which: {' or '.join(known)}.")
    properties.register()
    print(f"Blender {bpy.app.version_string}")
    known[sys.argv[1]]()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # bpy 4.5 may wait at the interpreter's exit.
    os._exit(0)
