# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the figures of docs/gltf.md: the bundled dahlia through glTF and back, its file and the time it takes.

.venv/bpy52/bin/python -m scripts.measure_gltf        # and with .venv/bpy45

What is small is measured by tests/blender/scene/test_gltf.py, whose file reader and comparison this uses.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from gid_blender import motion, scene
from gid_blender.scene import properties
from tests.blender.scene import test_gltf as gltf
from tests.blender.scene.baking import pull
from tests.blender.scene.helpers import swaying
from tests.motion.volumes import smooth_volume

EXAMPLE = Path(__file__).resolve().parent.parent / "gid_blender/assets/dahlia"
FRAMES = (1, 12, 38, 75, 100, 151)
LEAN = {"export_normals": False, "export_morph_normal": False}


def emptied(fps: int, last: int) -> bpy.types.Scene:
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    chosen = bpy.context.scene
    chosen.render.fps, chosen.frame_start, chosen.frame_end = fps, 1, last
    return chosen


def dahlia(columns: int, options: dict[str, Any], folder: Path, *, compare: bool) -> None:
    """One row of the table; with `compare`, also how far off a vertex is when the file is read again."""
    target = emptied(30, 151)
    image = scene.image_from_file(str(EXAMPLE.with_suffix(".jpg")))
    volume = motion.load(EXAMPLE.with_suffix(".npz"))
    obj = scene.create_motion_object(
        target, image, volume, settings=scene.PlaneSettings(columns=columns), period=150.0, start=1.0
    )
    count, width = len(obj.data.vertices), obj.data["gid_width"]
    wanted = {frame: gltf.world(obj, frame) for frame in FRAMES if compare}
    scene.to_keyframes(obj, target)
    path = folder / "dahlia.glb"
    begun = time.perf_counter()
    bpy.ops.object.select_all(action="DESELECT")
    obj.select_set(True)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.export_scene.gltf(
        filepath=str(path), export_format="GLB", use_selection=True, export_anim_slide_to_zero=True, **options
    )
    lasted = time.perf_counter() - begun
    told = ", ".join(options) or "the exporter's settings"
    print(f"{count} vertices, {told}: {path.stat().st_size / 1e6:.1f} MB, {lasted:.1f} s", flush=True)
    if compare:
        file = gltf.File(path)
        added = max(np.linalg.norm(file.vertices(f - 1) - there, axis=1).max() for f, there in wanted.items()) / width
        # Both scenes have 30 frames a second: frames are compared as they are counted.
        error = gltf.largest_error(gltf.imported(path, fps=30), wanted)
        frames = ", ".join(map(str, FRAMES))
        print(f"read again, frames {frames}: {error:.0e}; added up by numpy alone: {added:.0e}", flush=True)


def small(folder: Path, *, baked: bool) -> None:
    """The rows about 726 vertices: a loop, or a loop with a baked pull in all of its frames."""
    target = emptied(24, 60)
    obj = swaying(smooth_volume(bands=4, frames=20), period=40)
    obj.gid.bake.ring_out = 0
    if baked:
        pull(target, obj)
        scene.bake(target, obj)
    frames = range(1, 61) if baked else (1, 2, 8, 21, 34, 41)
    wanted = {frame: gltf.world(obj, frame) for frame in frames}
    scene.to_keyframes(obj, target)
    again = gltf.imported(gltf.exported(obj, folder / "small.glb"))
    print(f"{len(again.data.vertices)} vertices, {'a baked pull' if baked else 'loop'}, {len(wanted)} frames:", end=" ")
    print(f"{gltf.largest_error(again, wanted):.0e}", end="")
    for key in again.data.shape_keys.key_blocks[1:]:
        # What Blender's importer makes of it without being helped.
        key.slider_min, key.slider_max = 0, 1
    print(f", with weights cut off at 0 and 1: {gltf.largest_error(again, wanted):.1%}", flush=True)


def uneven(folder: Path) -> None:
    """What is between the end and the beginning of a loop that is no whole number of frames long."""
    target = emptied(24, 60)
    obj = swaying(smooth_volume(bands=4, frames=20), period=37.5)
    scene.to_keyframes(obj, target)
    file = gltf.File(gltf.exported(obj, folder / "small.glb"))
    jump = np.linalg.norm(file.vertices(-1) - file.vertices(0), axis=1).max() / obj.data["gid_width"]
    print(f"a loop of 37.5 frames: {len(file.times)} keys, jumps by {jump:.2%} of the width", flush=True)


def main() -> None:
    gltf.addon_utils.enable("io_scene_gltf2")
    properties.register()
    print(f"Blender {bpy.app.version_string}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small(folder, baked=False)
        small(folder, baked=True)
        uneven(folder)
        dahlia(0, {}, folder, compare=False)
        dahlia(0, LEAN, folder, compare=True)
        dahlia(128, LEAN, folder, compare=False)
        dahlia(64, LEAN, folder, compare=False)
    sys.stdout.flush()
    # Not a normal exit, which hangs in bpy 4.5 when a timer is still registered.
    os._exit(0)


if __name__ == "__main__":
    main()
