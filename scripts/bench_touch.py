# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures an update of a touch (the hand, 2K numbers written, the depsgraph evaluated); prints one JSON object.

.venv/bpy52/bin/python -m scripts.bench_touch

The bundled example. Milliseconds on the clock are medians; beside them stands the processor's time of all cores.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import bpy

from gid_blender import motion, scene
from gid_blender.motion.warp import Warp
from gid_blender.ops.touch_live import LiveTouch
from gid_blender.scene import properties

UPDATES = 300
EXAMPLE = Path(__file__).resolve().parent.parent / "gid_blender/assets/dahlia"


def milliseconds(do: Callable[[int], object], times: int = UPDATES) -> tuple[float, float]:
    """Medians of the clock's and of the processor's milliseconds for one call, which is told its number."""
    clock, processor = [], []
    for i in range(times):
        started, began = time.perf_counter(), time.process_time()
        do(i)
        clock.append(1000 * (time.perf_counter() - started))
        processor.append(1000 * (time.process_time() - began))
    return statistics.median(clock), statistics.median(processor)


def main() -> None:
    """Measure and print."""
    properties.register()
    image = bpy.data.images.load(f"{EXAMPLE}.jpg")
    obj = scene.create_motion_object(bpy.context.scene, image, motion.load(f"{EXAMPLE}.npz"))
    layer = bpy.context.view_layer
    layer.update()
    figures: dict[str, object] = {"vertices": len(obj.data.vertices), "harmonics": len(obj["gid_response"]) // 2}

    def press(_: int = 0) -> LiveTouch:
        live = LiveTouch(obj, bpy.context.scene, layer, give=0.05)
        live.press(0.5, 0.35)
        return live

    started = time.perf_counter()
    live = press()
    # The 2K shape keys are read once for a picture.
    figures["first_press_ms"] = 1000 * (time.perf_counter() - started)
    figures["further_press_ms"] = milliseconds(press, 20)[0]

    def held(i: int) -> None:
        live.drag(0.5 + 0.001 * (i % 60), 0.35)
        live.step()
        layer.update()

    def ringing(_: int) -> None:
        live.step()
        layer.update()

    figures["held_update_ms"], figures["held_processor_ms"] = milliseconds(held)
    live.release()
    figures["ringing_update_ms"], figures["ringing_processor_ms"] = milliseconds(ringing)
    warp = Warp.of(live.body.plain.spectrum, live.body.plain.aspect)
    figures["image_editor_vertices"] = len(warp.rest)
    figures["image_editor_warp_ms"] = milliseconds(lambda _: warp.positions(live.q))[0]
    live.end()
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # bpy 4.5 may wait at the interpreter's exit.
    os._exit(0)
