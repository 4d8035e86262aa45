# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way from a photograph to a loop, without a window: what `make demo` runs with Blender's Python.

Uses the operators that the buttons use. Blender (this process) and the worker (another Python, with torch) share
nothing but a pipe.

    python -m scripts.demo [--image PATH] [--out FOLDER] [--seed N]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Before bpy is imported: the demo keeps away from the user's own Blender settings.
_resources = tempfile.TemporaryDirectory(prefix="gid-demo-", ignore_cleanup_errors=True)
os.environ.setdefault("BLENDER_USER_RESOURCES", _resources.name)

import bpy  # noqa: E402

import gid_blender  # noqa: E402
from gid_blender import scene as scenes  # noqa: E402
from gid_blender.worker.discovery import find_command  # noqa: E402
from gid_blender.worker.errors import WorkerError  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "gid_blender/assets/dahlia.jpg"


def main() -> int:
    parser = argparse.ArgumentParser(description="From a photograph to a seamless loop in Blender.")
    parser.add_argument("--image", type=Path, default=PICTURE, help="any picture; a bundled photograph by default")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the results")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives another motion")
    options = parser.parse_args()
    out = options.out.resolve()

    print(f"{options.image.name} in Blender {bpy.app.version_string}, Python {sys.version.split()[0]}")
    started = time.monotonic()
    with stage("Start Blender's side"):
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        gid_blender.register()
        scene = bpy.context.scene
        scene.render.fps = 30
        scene.gid.seed = options.seed
        scene.gid.output = "//frames"
        picture = load(options.image)
        scene.gid.image = picture
        clear(out)
        # Saved first: a .blend knows frames by their place relative to it.
        bpy.ops.wm.save_as_mainfile(filepath=str(out / "demo.blend"))
    with stage("Start the worker and load torch"):
        bpy.ops.gid.worker_check("EXEC_DEFAULT")
    with stage("Predict the motion and build the mesh"):
        scene.gid.results = {"MESH"}
        bpy.ops.gid.generate("EXEC_DEFAULT")
    plane = bpy.context.object
    keys = plane.data.shape_keys.key_blocks
    print(f"           {len(plane.data.vertices)} vertices, {len(keys) - 1} shape keys, {plane['gid_period']:g} frames")
    with stage("Render the loop"):
        scene.gid.results = {"PLANE", "STRIP"}
        bpy.ops.gid.render_sequence("EXEC_DEFAULT")
    frames = sorted(path for path in (out / "frames").rglob("*.png"))
    print(f"           {len(frames)} frames of {picture.size[0]}×{picture.size[1]}")
    with stage("Save the .blend"):
        look_at(plane)
        bpy.ops.wm.save_mainfile(compress=True)
        gid_blender.unregister()
    with stage("Film and contact sheet"):
        rate = str(scenes.frame_rate(scene))
        subprocess.run(
            [worker_python(), "-m", "scripts.demo_pictures", frames[0].parent, out, rate], cwd=ROOT, check=True
        )
    print(f"  {time.monotonic() - started:6.1f} s  in all\n")
    for name in ("demo.blend", "demo.mp4", "contact_sheet.png"):
        print(shown(out / name))
    print(f"{shown(frames[0].parent)}{os.sep}")
    return 0


def clear(out: Path) -> None:
    """Make the folder, and take away what an earlier demo left; anything else in it stays."""
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out / "frames", ignore_errors=True)
    for name in ("demo.blend", "demo.blend1", "demo.mp4", "contact_sheet.png"):
        (out / name).unlink(missing_ok=True)


def load(path: Path) -> bpy.types.Image:
    """The picture, packed into the .blend so that the result can be taken anywhere."""
    image = scenes.image_from_file(str(path.resolve()))
    if image.packed_file is None:
        image.pack()
    return image


def look_at(plane: bpy.types.Object) -> None:
    """A camera that sees exactly the picture, so that F12 renders it."""
    scene = bpy.context.scene
    data = bpy.data.cameras.new("Picture")
    data.type = "ORTHO"
    # An orthographic scale is the length of the longer side.
    data.ortho_scale = max(plane.dimensions.x, plane.dimensions.y)
    camera = bpy.data.objects.new("Picture", data)
    camera.location = plane.location
    camera.location.z += 1.0
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = scene.gid.image.size
    # A photograph shall come out as it went in.
    scene.view_settings.view_transform = "Standard"


def worker_python() -> str:
    """The Python of the worker's environment: Blender's own has no encoder for films."""
    return find_command()[0]


def shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


@contextmanager
def stage(text: str) -> Iterator[None]:
    """Print how long something took; in a terminal, count while it runs."""
    started = time.monotonic()
    done = threading.Event()

    def count() -> None:
        while not done.wait(0.5):
            print(f"\r  {time.monotonic() - started:6.1f} s  {text} …", end="", flush=True)

    ticker = threading.Thread(target=count, daemon=True)
    if sys.stdout.isatty():
        ticker.start()
    try:
        yield
    finally:
        done.set()
        if ticker.is_alive():
            ticker.join()
            print("\r", end="")
    print(f"  {time.monotonic() - started:6.1f} s  {text}  ", flush=True)


if __name__ == "__main__":
    try:
        status = main()
    except (RuntimeError, WorkerError, scenes.SceneError, OSError, subprocess.CalledProcessError) as error:
        # A failed operator raises RuntimeError with what it reported, one sentence for a person.
        print(f"\n{str(error).strip()}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        status = 130
    sys.stdout.flush()
    sys.stderr.flush()
    _resources.cleanup()
    # bpy 4.5 can hang while the interpreter takes it down.
    os._exit(status)
