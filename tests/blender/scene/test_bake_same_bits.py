# SPDX-License-Identifier: GPL-3.0-or-later
"""The same inputs are the same keys to the bit: in another process, with other threads, in the other Blender."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]

# A pull, a poke, a wind in gusts, a load that hops, keyed stiffness; cyclic or not. Arguments: the file, and what.
BAKE = """
import os, sys
sys.path.insert(0, os.getcwd())
import bpy, numpy as np
from gid_blender.compat import action_curve_owners
from gid_blender.scene import add_empty, bake, properties
from gid_blender.scene.empties import on_plane
from tests.blender.scene.baking import POINT, VOLUME, pull
from tests.blender.scene.helpers import swaying

bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
properties.register()
scene = bpy.context.scene
scene.render.fps, scene.frame_start, scene.frame_end = 24, 1, 60
scene.frame_set(int(sys.argv[3]))
picture = swaying(VOLUME)
picture.gid.bake.cyclic = sys.argv[2] == "cyclic"
pull(scene, picture)
add_empty(scene, picture, "POKE", POINT).gid.excitation.start = 20.5
add_empty(scene, picture, "WIND")
load = add_empty(scene, picture, "LOAD", POINT)
for frame, place, reach in ((10, POINT, 0.0), (40, (0.7, 0.35), 0.1)):
    load.location, load.gid.excitation.reach = on_plane(picture, *place), reach
    load.keyframe_insert("location", frame=frame)
    load.keyframe_insert("gid.excitation.reach", frame=frame)
if sys.argv[2] == "tuned":
    for frame, value in ((1, 1.0), (60, 3.0)):
        picture["gid_stiffness"] = value
        picture.keyframe_insert('["gid_stiffness"]', frame=frame)
assert bake(scene, picture).excitations == 4
(curves,) = action_curve_owners(picture)
response = sorted((c for c in curves if c.data_path == '["gid_response"]'), key=lambda c: c.array_index)
keys = np.empty((len(response), 2 * len(response[0].keyframe_points)), np.float32)
for curve, row in zip(response, keys):
    curve.keyframe_points.foreach_get("co", row)
np.save(sys.argv[1], keys)
sys.stdout.flush()
os._exit(0)
"""


def keys(python, folder, what, frame=1, **environment):
    """(30, 2·N) frames and values of a bake's keys, in a Blender of its own."""
    path = folder / "keys.npy"
    subprocess.run(
        [str(python), "-c", BAKE, str(path), what, str(frame)],
        check=True,
        cwd=ROOT,
        env=os.environ | environment,
        timeout=120,
    )
    return np.load(path)


@pytest.mark.parametrize("what", ["plain", "cyclic", "tuned"])
class TestTheSameBits:
    def test_in_another_process_at_another_frame_with_two_threads(self, tmp_path, what):
        one, other = (
            keys(sys.executable, tmp_path, what, frame, OMP_NUM_THREADS=threads, OPENBLAS_NUM_THREADS=threads)
            for frame, threads in ((1, "1"), (47, "2"))
        )
        assert np.abs(one[:, 1::2]).max() > 0.1
        assert np.array_equal(one, other)

    def test_in_the_other_blender(self, tmp_path, what):
        pythons = [ROOT / ".venv" / name / "bin" / "python" for name in ("bpy45", "bpy52")]
        if not all((python.parents[1] / ".ready").exists() for python in pythons):
            pytest.skip("There is one Blender only.")
        one, other = (keys(python, tmp_path, what) for python in pythons)
        assert np.array_equal(one, other)
