# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what docs/excitations.md says of sampling and of the fingerprint: the processor's milliseconds.

.venv/bpy52/bin/python -m scripts.measure_excitations

A picture of 41,000 vertices and 16 bands. `scripts.bench_bake` measures whole bakes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import bpy

from gid_blender import scene as scenes
from gid_blender.scene import properties
from gid_blender.scene.sampling import samples
from scripts.bench_bake import FRAMES, carried, one_pull, scenery, ten

ROUNDS = 7


def least(do: Callable[[], object]) -> float:
    """The processor's milliseconds for the quickest of some calls: on a busy machine, too, about what it costs."""
    found = []
    for _ in range(ROUNDS):
        started = time.process_time()
        do()
        found.append(1000 * (time.process_time() - started))
    return min(found)


def main() -> None:
    properties.register()
    print(f"Blender {bpy.app.version_string}")
    frames = range(1, FRAMES + 1)
    for case in (one_pull, carried):
        scene, picture = scenery(case)
        empties = scenes.empties_of(scene, picture)

        def looked_at(scene=scene, picture=picture, empties=empties) -> None:
            for _ in samples(scene, picture, empties, frames):
                pass

        def played(scene=scene) -> None:
            for frame in frames:
                scene.frame_set(frame)

        print(f"{case.__name__}: sampled {least(looked_at) / FRAMES:.2f} ms a frame,", end=" ")
        print(f"the scene played instead {least(played) / FRAMES:.2f} ms", flush=True)
    for case in (one_pull, ten):
        scene, picture = scenery(case)
        count = len(scenes.empties_of(scene, picture))
        print(
            f"fingerprint of {count}: {least(lambda s=scene, p=picture: scenes.fingerprint(s, p)):.2f} ms", flush=True
        )
    sys.stdout.flush()
    # bpy 4.5 may wait at the interpreter's exit.
    os._exit(0)


if __name__ == "__main__":
    main()
