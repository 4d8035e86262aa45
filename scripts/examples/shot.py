# SPDX-License-Identifier: GPL-3.0-or-later
"""What the examples have in common: an empty scene with the extension in it, a painted mask, a render, a film."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

# Before bpy is imported: an example keeps away from the user's own Blender settings.
_resources = tempfile.TemporaryDirectory(prefix="gid-example-", ignore_cleanup_errors=True)
os.environ.setdefault("BLENDER_USER_RESOURCES", _resources.name)

import bpy  # noqa: E402
import numpy as np  # noqa: E402

import gid_blender  # noqa: E402
from gid_blender.scene.errors import SceneError  # noqa: E402
from gid_blender.worker.discovery import find_command  # noqa: E402
from gid_blender.worker.errors import WorkerError  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PICTURES = Path(__file__).resolve().parent / "pictures"
# A film for a page: few frames, and still one loop of the motion in its natural time.
FPS = 12
# As wide as a page shows it.
FILM_WIDTH = 480


def parser(description: str) -> argparse.ArgumentParser:
    """The options of every example."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--out", type=Path, default=Path("out"), help="folder for frames, film and .blend")
    made.add_argument("--width", type=int, default=640, help="of the frames, in pixels")
    made.add_argument("--frames", type=int, default=48, help="frames of the loop")
    made.add_argument("--samples", type=int, default=12, help="of Cycles for each pixel")
    made.add_argument("--quality", choices=("DRAFT", "STANDARD", "HIGH"), default="STANDARD", help="of the prediction")
    made.add_argument("--seed", type=int, default=0, help="another seed gives another motion")
    return made


def run(main: Callable[[], None]) -> None:
    """Call an example, and say in one sentence what went wrong."""
    status = 0
    try:
        main()
    except (RuntimeError, WorkerError, SceneError, OSError, subprocess.CalledProcessError) as error:
        # A failed operator raises RuntimeError with what it reported.
        print(f"\n{str(error).strip()}", file=sys.stderr)
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    _resources.cleanup()
    # bpy 4.5 can hang while the interpreter takes it down.
    os._exit(status)


def start(options: argparse.Namespace, *, aspect: float) -> bpy.types.Scene:
    """An empty scene of the film's size and length, saved: a .blend knows its files by their place relative to it."""
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    gid_blender.register()
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.seed = options.samples, False, 0
    scene.render.resolution_x, scene.render.resolution_y = options.width, round(options.width / aspect)
    scene.render.fps = FPS
    scene.frame_start, scene.frame_end = 1, options.frames
    scene.view_settings.view_transform = "Standard"
    scene.gid.natural_period, scene.gid.period = False, options.frames
    scene.gid.quality, scene.gid.seed = options.quality, options.seed
    scene.gid.output = "//frames"
    options.out = options.out.resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(options.out / "shot.blend"))
    return scene


def paint(image: bpy.types.Image, brightness: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
    """What a brush would do: `brightness(x, y)` in 0..1, x and y in picture widths from the top left corner."""
    width, height = image.size
    y, x = np.mgrid[:height, :width]
    values = brightness((x + 0.5) / width, (y + 0.5) / width)
    pixels = np.ones((height, width, 4), np.float32)
    # Blender's pixels begin with the bottom row.
    pixels[..., :3] = np.clip(values, 0, 1)[::-1, :, None]
    image.pixels.foreach_set(pixels.ravel())
    image.update()


def film(frames: list[Path], target: Path, *, width: int) -> None:
    """An animated WebP, made in the worker's Python: Blender's own writes none."""
    command = [find_command()[0], "-m", "scripts.examples.webp", str(target), str(FPS), str(min(width, FILM_WIDTH))]
    subprocess.run([*command, *map(str, frames)], cwd=ROOT, check=True)
    print(f"{target.name}: {len(frames)} frames, {target.stat().st_size // 1024} KB")
