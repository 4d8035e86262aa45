# SPDX-License-Identifier: GPL-3.0-or-later
"""The modelled tree of docs/any-mesh.md, small and with a saved motion: leaves sway with their twigs, nothing tears."""

import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

from gid_blender import motion
from gid_blender.motion.mesh_graph import islands
from gid_blender.scene.hold_together import find_holds
from tests.motion.volumes import smooth_volume

ROOT = Path(__file__).resolve().parents[2]
FRAMES = 6


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    """The folder of the example, run as its own head says."""
    folder = tmp_path_factory.mktemp("tree")
    # Neighbours move alike, as in a prediction of a tree.
    motion.save(smooth_volume(), folder / "motion.npz")
    command = ["--out", str(folder), "--volume", str(folder / "motion.npz")]
    command += ["--size", "96", "--frames", str(FRAMES), "--samples", "1", "--leaves", "300", "--amplitude", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "scripts.examples.tree_through_camera", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def tree(out) -> bpy.types.Object:
    bpy.ops.wm.open_mainfile(filepath=str(out / "tree.blend"))
    return bpy.data.objects["Tree"]


def vertices(obj, frame: int) -> np.ndarray:
    bpy.context.scene.frame_set(frame)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    co = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", co)
    return co.reshape(-1, 3).astype(np.float64)


def rest_of(obj) -> np.ndarray:
    return np.array([point.co[:] for point in obj.data.shape_keys.reference_key.points])


@pytest.fixture
def moved(tree) -> list[np.ndarray]:
    """(V, 3) at the frames of the loop."""
    return [vertices(tree, 1 + frame) for frame in range(FRAMES)]


def test_it_sways_and_its_base_stays(tree, moved):
    rest = rest_of(tree)
    away = np.max([np.linalg.norm(co - rest, axis=1) for co in moved], axis=0)
    base, crown = rest[:, 2] < 0.0, rest[:, 2] > 1.8
    # The stem ends just below the ground, and motion grows from there.
    assert away[base].max() < 0.05 * np.median(away[crown])
    assert np.median(away[crown]) > 2e-3


def test_the_loop_is_closed(tree, moved):
    assert np.abs(vertices(tree, 1 + FRAMES) - moved[0]).max() < 1e-5


def test_leaves_stay_on_their_twigs(tree, moved):
    mesh, rest = tree.data, rest_of(tree)
    edges = np.array([edge.vertices[:] for edge in mesh.edges])
    triangles = np.array([triangle.vertices[:] for triangle in mesh.loop_triangles])
    labels = islands(len(rest), edges)
    count = int(labels.max()) + 1
    holds = find_holds(rest, triangles, labels, count)
    # One tree: all but the stem hang on something.
    assert holds.parts == count - 1
    drift = []
    for parts, corners, weights, places in holds.rounds:
        feet = [np.flatnonzero(labels == part) for part in parts]
        feet = np.array([r[np.linalg.norm(rest[r] - at, axis=1).argmin()] for r, at in zip(feet, places, strict=True)])
        for co in moved:
            held = np.einsum("pi,pic->pc", weights, co[corners]) - places
            drift.append(np.linalg.norm(co[feet] - rest[feet] - held, axis=1))
    drift = np.concatenate(drift)
    away = np.max([np.linalg.norm(co - rest, axis=1) for co in moved])
    # What holds a part is a point of a triangle, which turns a little: a tenth of the sway at most, and mostly nothing.
    assert np.median(drift) < 1e-4
    assert drift.max() < 0.2 * away


def test_nothing_is_torn_or_folded(tree, moved):
    rest = rest_of(tree)
    edges = np.array([edge.vertices[:] for edge in tree.data.edges])
    length = np.linalg.norm(rest[edges[:, 0]] - rest[edges[:, 1]], axis=1)
    for co in moved:
        ratio = np.linalg.norm(co[edges[:, 0]] - co[edges[:, 1]], axis=1) / length
        # By more than a tenth next to nothing is stretched; the largest is the base, where the motion begins.
        assert np.percentile(ratio, 1) > 0.9
        assert np.percentile(ratio, 99) < 1.1
        assert ratio.max() < 2


def test_the_frames_differ(out):
    found = []
    for path in sorted(out.glob("frame_*.png")):
        image = bpy.data.images.load(str(path))
        pixels = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(pixels)
        found.append(pixels)
    assert len(found) == FRAMES
    assert found[0].size == 96 * 96 * 4
    assert np.std(found, axis=0).max() > 0.1
