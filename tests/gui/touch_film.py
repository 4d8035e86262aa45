# SPDX-License-Identifier: GPL-3.0-or-later
"""The animated picture of docs/touch.md: the example is pulled and let go, drawn as the Image Editor draws it.

    PYTHONPATH=. .venv/bpy52/bin/python tests/gui/touch_film.py FILE.npy

Needs a Blender that draws without a window (5.2). Writes (frames, height, width, 3) bytes; 15 of them are a second.
"""

import math
import os
import sys

import bpy
import gpu
import numpy as np
from mathutils import Matrix

from gid_blender import motion, scene
from gid_blender.motion.warp import Warp
from gid_blender.ops.touch_drawing import Sheet, draw_arrow
from gid_blender.ops.touch_live import LiveTouch
from gid_blender.scene import properties

RATE, PULLED, RINGING = 15, 16, 54
FLOWER, WAY = (0.5, 0.35), (0.19, -0.08)
ASSETS = os.path.join(os.path.dirname(__file__), "../../gid_blender/assets/dahlia")


def main(target: str) -> None:
    gpu.init()
    properties.register()
    now = 0.0
    image = bpy.data.images.load(os.path.abspath(f"{ASSETS}.jpg"))
    settings = scene.PlaneSettings(pin_border=0.02)
    obj = scene.create_motion_object(bpy.context.scene, image, motion.load(f"{ASSETS}.npz"), settings=settings)
    bpy.context.view_layer.update()
    live = LiveTouch(obj, bpy.context.scene, bpy.context.view_layer, give=0.05, alone=True, clock=lambda: now)
    width, height = image.size
    sheet = Sheet(image, Warp.of(live.body.plain.spectrum, live.body.plain.aspect))
    screen = gpu.types.GPUOffScreen(width, height, format="RGBA8")

    def pixel(place: tuple[float, float]) -> tuple[float, float]:
        return place[0] * width, height - place[1] * width

    frames = []
    live.press(*FLOWER)
    for i in range(PULLED + RINGING):
        held = i < PULLED
        if held:
            u = (1 - math.cos(math.pi * min(1.0, i / (PULLED - 5)))) / 2
            live.drag(FLOWER[0] + WAY[0] * u, FLOWER[1] + WAY[1] * u)
        elif i == PULLED:
            live.release()
        live.step()
        with screen.bind(), gpu.matrix.push_pop():
            gpu.matrix.load_matrix(Matrix.Identity(4))
            gpu.matrix.load_projection_matrix(
                Matrix.Translation((-1, -1, 0)) @ Matrix.Diagonal((2 / width, 2 / height, 1, 1))
            )
            sheet.draw((0, 0), (width, height), live.q, encode=True)
            if held:
                draw_arrow(pixel(live.seen_at()), pixel(live.pointer))
            read = gpu.state.active_framebuffer_get().read_color(0, 0, width, height, 4, 0, "UBYTE")
        read.dimensions = width * height * 4
        frames.append(np.array(read, np.uint8).reshape(height, width, 4)[::-1, :, :3].copy())
        now += 1 / RATE
    live.end()
    np.save(target, np.stack(frames))


if __name__ == "__main__":
    main(sys.argv[1])
    sys.stdout.flush()
    os._exit(0)
