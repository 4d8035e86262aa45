# SPDX-License-Identifier: GPL-3.0-or-later
"""How long an update of a touch takes: the hand, 2K numbers written, the depsgraph evaluated. For docs/touch.md.

PYTHONPATH=. .venv/bpy52/bin/python tests/gui/touch_rate.py
"""

import os
import sys
import time

import bpy
import numpy as np

from gid_blender import motion, scene
from gid_blender.motion.warp import Warp
from gid_blender.ops.touch_live import LiveTouch
from gid_blender.scene import properties

UPDATES = 300
ASSETS = os.path.join(os.path.dirname(__file__), "../../gid_blender/assets/dahlia")


def milliseconds(do, times=UPDATES) -> str:
    wall, cpu = [], []
    for i in range(times):
        start, spent = time.perf_counter(), time.process_time()
        do(i)
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - spent)
    best, median, processor = 1e3 * min(wall), 1e3 * np.median(wall), 1e3 * np.median(cpu)
    return f"{best:.2f} ms at best, {median:.2f} ms median, {processor:.2f} ms of processor time"


def main() -> None:
    properties.register()
    image = bpy.data.images.load(os.path.abspath(f"{ASSETS}.jpg"))
    obj = scene.create_motion_object(bpy.context.scene, image, motion.load(f"{ASSETS}.npz"))
    layer = bpy.context.view_layer
    layer.update()
    print(bpy.app.version_string, len(obj.data.vertices), "vertices,", len(obj["gid_response"]) // 2, "harmonics")

    def begin(_=0) -> LiveTouch:
        live = LiveTouch(obj, bpy.context.scene, layer, give=0.05)
        live.press(0.5, 0.35)
        return live

    start = time.perf_counter()
    live = begin()
    print(f"first press {1e3 * (time.perf_counter() - start):.0f} ms; another:", milliseconds(begin, 20))

    def held(i: int) -> None:
        live.drag(0.5 + 0.001 * (i % 60), 0.35)
        live.step()
        layer.update()

    def ringing(_: int) -> None:
        live.step()
        layer.update()

    print("held:", milliseconds(held))
    live.release()
    print("ringing:", milliseconds(ringing))
    warp = Warp.of(live.body.plain.spectrum, live.body.plain.aspect)
    print(len(warp.rest), "vertices of the Image Editor:", milliseconds(lambda _: warp.positions(live.q)))
    live.end()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
