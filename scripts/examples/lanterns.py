# SPDX-License-Identifier: GPL-3.0-or-later
"""A street of paper lanterns: everything but the lanterns is pinned by a painted mask, and a keyed gust goes through.

    python -m scripts.examples.lanterns --out out/lanterns

The frames come from the worker. What is black in the mask is in each of them, pixel for pixel, what it is in the
photograph.
"""

from __future__ import annotations

import bpy
import numpy as np

from . import shot

# Where they hang in the photograph of 720 × 480: x, y of the middle, half the width and half the height.
LANTERNS = (
    (96, 131, 66, 80), (203, 60, 67, 95), (417, 35, 75, 70), (621, 38, 75, 72), (284, 152, 56, 105),
    (186, 203, 57, 74), (460, 133, 64, 78), (360, 193, 50, 74), (638, 130, 64, 78), (519, 220, 53, 90),
    (102, 276, 55, 76), (98, 410, 42, 70), (172, 374, 44, 80), (230, 414, 39, 70), (259, 272, 53, 70),
    (408, 330, 93, 102), (302, 350, 42, 62), (350, 415, 42, 40), (490, 395, 36, 56), (577, 365, 44, 74),
    (607, 410, 36, 66), (566, 262, 44, 64), (670, 200, 58, 68), (690, 262, 47, 60), (455, 405, 34, 34),
)  # fmt: skip
# The lower edge of the dark bar before them.
BAR = 50


def main() -> None:
    options = shot.parser("A street of paper lanterns in a gust.").parse_args()
    scene = shot.start(options, aspect=3 / 2)
    scene.gid.image = bpy.data.images.load(str(shot.PICTURES / "lanterns.jpg"))
    scene.gid.image.scale(options.width, scene.render.resolution_y)
    scene.gid.image.pack()
    bpy.ops.gid.generate("EXEC_DEFAULT")
    picture = bpy.context.object

    # Paint what moves: white is free, black is pinned. The mask acts on what is already predicted.
    bpy.ops.gid.mask_paint("EXEC_DEFAULT")
    shot.paint(picture["gid_mask"], lanterns)
    bpy.ops.gid.mask_done("EXEC_DEFAULT")

    # A little of the loop goes on by itself; the gust comes on top.
    picture["gid_amplitude"] = 0.5
    gust(picture, options.frames)

    bpy.ops.gid.render_frames("EXEC_DEFAULT")
    bpy.ops.wm.save_mainfile(compress=True)
    frames = sorted((options.out / "frames").rglob("*.png"))
    shot.film(frames, options.out / "lanterns.webp", width=options.width)


def lanterns(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ellipses with a soft edge of a hundredth of the picture; the bar that runs before them stays where it is."""
    inside = np.zeros_like(x)
    for cx, cy, rx, ry in LANTERNS:
        away = np.hypot((x * 720 - cx) / rx, (y * 720 - cy) / ry)
        inside = np.maximum(inside, np.clip((1 - away) * rx / 7, 0, 1))
    return inside * np.clip((y * 720 - BAR) / 30, 0, 1)


def gust(picture: bpy.types.Object, frames: int) -> None:
    """From the left: it swells, catches its breath, swells again, and dies down while the lanterns swing out."""
    bpy.context.scene.frame_set(round(1 + 0.2 * frames))
    bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="GUST", way=(1.0, -0.1), frames=0.5 * frames)
    empty = bpy.context.object
    for part, strength in ((0.25, 0.004), (0.35, 0.014), (0.45, 0.006), (0.55, 0.012)):
        empty.gid.excitation.strength = strength
        empty.keyframe_insert("gid.excitation.strength", frame=1 + part * frames)
    # What still swings after the last frame does so at the first: the film repeats.
    picture.gid.bake.cyclic = True
    bpy.ops.gid.bake("EXEC_DEFAULT", picture=picture.name)


if __name__ == "__main__":
    shot.run(main)
