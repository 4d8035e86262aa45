# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: one picture, the real worker with the real model, and everything that should be there afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    """The folder of a demo of a small picture with a name that needs quoting, run as `make` runs it."""
    folder = tmp_path_factory.mktemp("demo")
    picture = folder / "fleur d’été 1.png"
    image = bpy.data.images.load(str(ROOT / "gid_blender/assets/dahlia.jpg"))
    image.scale(96, 64)
    image.save(filepath=str(picture))
    bpy.data.images.remove(image)
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo", "--image", str(picture), "--out", str(folder / "out")],
        cwd=ROOT,
        env={**os.environ, "GID_CACHE_DIR": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out"


@pytest.mark.slow
@pytest.mark.timeout(960)
class TestDemo:
    def test_the_film_and_the_contact_sheet_are_there(self, out):
        assert (out / "demo.mp4").stat().st_size > 10_000
        sheet = bpy.data.images.load(str(out / "contact_sheet.png"))
        assert min(sheet.size) > 0

    def test_there_is_a_file_for_each_frame_of_the_loop(self, out):
        assert len(list((out / "frames").rglob("*.png"))) == 150

    def test_the_blend_holds_a_mesh_that_moves_and_loops(self, out):
        bpy.ops.wm.open_mainfile(filepath=str(out / "demo.blend"))
        scene = bpy.context.scene
        plane = next(o for o in scene.objects if o.type == "MESH" and o.data.shape_keys)
        assert len(plane.data.shape_keys.key_blocks) == 1 + 32

        def vertices(frame):
            scene.frame_set(frame)
            mesh = plane.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
            co = np.empty(len(mesh.vertices) * 3, np.float32)
            mesh.vertices.foreach_get("co", co)
            return co

        period = scene.frame_end - scene.frame_start + 1
        start, middle, later = (vertices(scene.frame_start + n) for n in (0, period // 3, period))
        assert period == 150
        assert np.abs(middle - start).max() > 1e-4
        assert np.array_equal(start, later)

    def test_the_blend_can_be_moved_together_with_its_frames(self, out):
        bpy.ops.wm.open_mainfile(filepath=str(out / "demo.blend"))
        paths = [path for path in bpy.utils.blend_paths(absolute=False, packed=False) if path]
        assert paths
        assert all(path.startswith("//frames") for path in paths)
