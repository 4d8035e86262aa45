# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures baking excitations and playing them; prints one JSON object. Needs a Python with bpy.

.venv/bpy52/bin/python -m scripts.bench_bake

A picture of 41,000 vertices and 16 bands, 250 frames. Seconds on the clock are medians; beside them stands the
processor's time, which is what they would be on a machine that does nothing else.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable

import bpy

from gid_blender.scene import PlaneSettings, add_empty, bake, key_way, properties
from scripts.bench_blender import create, playback, smooth_volume

ROUNDS = 11
FRAMES = 250


def pull(scene: bpy.types.Scene, picture: bpy.types.Object, at: float = 0.3) -> bpy.types.Object:
    """A pull that is keyed over 20 frames."""
    empty = add_empty(scene, picture, "PULL", (at, 0.3))
    key_way(picture, empty, [10, 30], [(at, 0.3), (at + 0.05, 0.28)])
    return empty


def carried(scene: bpy.types.Scene, picture: bpy.types.Object) -> None:
    """A load on an empty that follows another one by a constraint, so that every frame has to be evaluated."""
    hand = bpy.data.objects.new("hand", None)
    scene.collection.objects.link(hand)
    for frame, x in ((1, 0.0), (FRAMES, 0.3)):
        hand.location.x = x
        hand.keyframe_insert("location", frame=frame)
    empty = add_empty(scene, picture, "LOAD")
    empty.constraints.new("COPY_LOCATION").target = hand


def one_pull(scene: bpy.types.Scene, picture: bpy.types.Object) -> None:
    pull(scene, picture)


def wind(scene: bpy.types.Scene, picture: bpy.types.Object) -> None:
    add_empty(scene, picture, "WIND")


def pull_poke_wind(scene: bpy.types.Scene, picture: bpy.types.Object) -> None:
    one_pull(scene, picture)
    add_empty(scene, picture, "POKE").gid.excitation.start = 100
    wind(scene, picture)


def ten(scene: bpy.types.Scene, picture: bpy.types.Object) -> None:
    for i in range(4):
        pull(scene, picture, 0.2 + i / 8)
        add_empty(scene, picture, "POKE").gid.excitation.start = 20 + 40 * i
    wind(scene, picture)
    wind(scene, picture)


def cyclic(scene: bpy.types.Scene, picture: bpy.types.Object) -> None:
    pull_poke_wind(scene, picture)
    picture.gid.bake.cyclic = True


def tuned(scene: bpy.types.Scene, picture: bpy.types.Object) -> None:
    pull_poke_wind(scene, picture)
    for frame, value in ((1, 1.0), (FRAMES, 3.0)):
        picture["gid_stiffness"] = value
        picture.keyframe_insert('["gid_stiffness"]', frame=frame)


CASES: tuple[Callable[[bpy.types.Scene, bpy.types.Object], None], ...] = (
    one_pull, wind, pull_poke_wind, ten, carried, cyclic, tuned,
)  # fmt: skip


def scenery(case: Callable[[bpy.types.Scene, bpy.types.Object], None]) -> tuple[bpy.types.Scene, bpy.types.Object]:
    """A picture in an empty file with what excites it."""
    picture, _ = create(smooth_volume(), PlaneSettings(spread_edges=False, depth=0.0))
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    picture.gid.bake.ring_out = 0
    case(scene, picture)
    bpy.context.view_layer.update()
    return scene, picture


def baking(case: Callable[[bpy.types.Scene, bpy.types.Object], None]) -> tuple[float, float]:
    """Seconds of a bake that replaces an earlier one: medians of the clock's and of the processor's."""
    scene, picture = scenery(case)
    # Its picture hardly moves, so that its pulls leave the range of the shape keys, which a remark says.
    assert bake(scene, picture).excitations
    clock, processor = [], []
    for _ in range(ROUNDS):
        started, began = time.perf_counter(), time.process_time()
        bake(scene, picture)
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - began)
    return statistics.median(clock), statistics.median(processor)


def processor_ms(frames: int = 150) -> float:
    """Processor milliseconds a frame."""
    began = time.process_time()
    for frame in range(frames):
        bpy.context.scene.frame_set(frame)
    return 1000 * (time.process_time() - began) / frames


def main() -> None:
    """Measure and print."""
    properties.register()
    figures: dict[str, object] = {"frames": FRAMES}
    for case in CASES:
        figures[f"bake_{case.__name__}_s"], figures[f"bake_{case.__name__}_processor_s"] = baking(case)
    scene, picture = scenery(pull_poke_wind)
    figures["playback_loop_ms"], figures["playback_loop_processor_ms"] = playback(), processor_ms()
    bake(scene, picture)
    figures["playback_baked_ms"], figures["playback_baked_processor_ms"] = playback(), processor_ms()
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # bpy 4.5 may wait at the interpreter's exit.
    os._exit(0)
