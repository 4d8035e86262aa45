# SPDX-License-Identifier: GPL-3.0-or-later
"""What several tests of the scene layer need: pictures, motion, and vertices as Blender evaluates them."""

from pathlib import Path

import bpy
import numpy as np

from gid_blender.motion import SpectralVolume
from gid_blender.motion.grid import at_vertices
from gid_blender.scene import PlaneSettings, create_motion_object
from tests.motion.volumes import smooth_volume

# A grid that does not fit the volume's own, and no square cells: nothing lines up by accident.
SMALL = PlaneSettings(columns=33, spread_edges=False, depth=0.0)


def new_picture(width: int = 96, height: int = 64, *, name: str = "meadow", **options) -> bpy.types.Image:
    """A generated image with a gradient, so that flips and swaps show."""
    image = bpy.data.images.new(name, width, height, **options)
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    rgba = np.stack([x, y, 0.5 * np.ones_like(x), np.ones_like(x)], axis=-1).astype(np.float32)
    image.pixels.foreach_set(rgba.ravel())
    return image


def swaying(volume: SpectralVolume | None = None, settings: PlaneSettings = SMALL, **options) -> bpy.types.Object:
    """A motion object in the current scene, with a loop of 40 frames from frame 1."""
    options = {"period": 40.0, "start": 1.0} | options
    scene = bpy.context.scene
    return create_motion_object(scene, new_picture(), volume or smooth_volume(), settings=settings, **options)


def evaluated(obj: bpy.types.Object, frame: float | None = None) -> np.ndarray:
    """(V, 3) vertices as the depsgraph makes them at a frame or subframe."""
    if frame is not None:
        bpy.context.scene.frame_set(int(np.floor(frame)), subframe=frame % 1)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    co = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", co)
    return co.reshape(-1, 3)


def rest(obj: bpy.types.Object) -> np.ndarray:
    """(V, 3) vertices of the rest position."""
    points = obj.data.shape_keys.reference_key.points
    co = np.empty(len(points) * 3, np.float32)
    points.foreach_get("co", co)
    return co.reshape(-1, 3)


def expected(obj: bpy.types.Object, volume: SpectralVolume, q: np.ndarray) -> np.ndarray:
    """(V, 3) rest position plus the numpy sum Re Σ S_k·q_k, x right, y up, in metres."""
    columns, rows, width = (obj.data[name] for name in ("gid_columns", "gid_rows", "gid_width"))
    on_grid = SpectralVolume(at_vertices(volume, rows, columns), fps=volume.fps, frames=volume.frames)
    u = on_grid.synthesize(q).reshape(2, -1)
    return rest(obj) + np.stack([u[0], -u[1], 0 * u[0]], axis=1) * width


def largest_error(obj: bpy.types.Object, volume: SpectralVolume, q: np.ndarray, frame: float) -> float:
    """Largest distance of a vertex from the numpy sum, in picture widths."""
    difference = evaluated(obj, frame) - expected(obj, volume, q)
    return float(np.linalg.norm(difference, axis=1).max()) / obj.data["gid_width"]


def saved(path: Path) -> Path:
    """Save the file under a path."""
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path
