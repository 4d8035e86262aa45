# SPDX-License-Identifier: GPL-3.0-or-later
"""The same three shots by hand, with what Blender itself has: each step with its clicks, drags and keys, and executed.

    python -m scripts.examples.by_hand

Prints what docs/shots.md puts into its table: how many gestures, whether the loop is exact, and in how many independent
ways the thing moves (principal components that hold 99 % of the motion's energy; one means that all parts go back and
forth together).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import bpy
import numpy as np

from . import shot

FRAMES = 48
# Of the picture's plane: what a by-hand worker would take, fine enough to bend a stem or a lantern.
CUTS = 40


@dataclass
class Path:
    """Gestures of an animator; what Blender does for them is done as they are counted."""

    name: str
    clicks: int = 0
    drags: int = 0
    keys: int = 0
    steps: list[str] = field(default_factory=list)

    def step(self, text: str, clicks: int = 0, drags: int = 0, keys: int = 0, do: Callable | None = None) -> None:
        self.clicks, self.drags, self.keys = self.clicks + clicks, self.drags + drags, self.keys + keys
        self.steps.append(f"{text} ({clicks}/{drags}/{keys})")
        if do is not None:
            do()


def flower() -> tuple[Path, bpy.types.Object]:
    """Shape keys and keyframes: one pose, there and back."""
    path, plane = Path("cut-out, shape key"), None
    plane = picture_plane(path)
    path.step("Properties › Data › Shape Keys: + twice", clicks=3, do=lambda: [plane.shape_key_add() for _ in range(2)])
    key = plane.data.shape_keys.key_blocks[-1]

    def bend() -> None:
        for point, vertex in zip(key.data, plane.data.vertices, strict=True):
            up = max(0.0, vertex.co.y + 0.04)
            point.co.x += 0.12 * up * up * 4

    path.step("Tab, Alt-A, O, select the blossom, G, wheel for the reach, move, click, Tab", 2, 1, 5, do=bend)

    def keyed() -> None:
        for frame, value in ((1, 0.0), (1 + FRAMES // 2, 1.0), (1 + FRAMES, 0.0)):
            key.value = value
            key.keyframe_insert("value", frame=frame)

    path.step("Value 0, 1, 0 at three frames: playhead, field, I each", clicks=6, keys=3 * (3 + 2 + 1), do=keyed)
    path.step("Graph Editor: A, Shift-E, Make Cyclic", clicks=3, keys=2, do=lambda: cyclic(plane.data.shape_keys))
    return path, plane


def lanterns() -> tuple[Path, bpy.types.Object]:
    """A Displace modifier sideways, with clouds that wander in a circle; a weight-painted group; keyed strength."""
    path = Path("lanterns, Displace modifier")
    plane = picture_plane(path)
    group = plane.vertex_groups.new(name="Group")
    path.step("Ctrl-Tab › Weight Paint, 18 lanterns, Ctrl-Tab › Object Mode", clicks=2, drags=18, keys=2)
    group.add([v.index for v in plane.data.vertices if abs(v.co.x) < 0.4], 1.0, "REPLACE")
    modifier = plane.modifiers.new("Displace", "DISPLACE")
    path.step("Modifiers › Add › Deform › Displace", clicks=4)
    modifier.texture = bpy.data.textures.new("Clouds", "CLOUDS")
    modifier.texture.noise_scale = 0.5
    path.step("New texture, its tab, Type Clouds, Size", clicks=5, keys=4)
    modifier.direction, modifier.mid_level, modifier.vertex_group = "X", 0.5, group.name
    path.step("Direction X, Vertex Group", clicks=4)
    centre = bpy.data.objects.new("Empty", None)
    bpy.context.scene.collection.objects.link(centre)
    modifier.texture_coords, modifier.texture_coords_object = "OBJECT", centre
    path.step("Shift-A › Empty, back to the plane, Coordinates Object, that Empty", clicks=7, keys=1)
    for axis, function in ((0, "sin"), (1, "cos")):
        driver = centre.driver_add("location", axis).driver
        driver.expression = f"0.2*{function}(frame*{2 * math.pi / FRAMES:.8f})"
    path.step("Two drivers on its location, for a circle of 48 frames", clicks=2, keys=2 * 34)

    def keyed() -> None:
        for part, strength in ((0.0, 0.01), (0.35, 0.06), (0.45, 0.03), (0.55, 0.05), (1.0, 0.01)):
            modifier.strength = strength
            plane.keyframe_insert('modifiers["Displace"].strength', frame=1 + part * FRAMES)

    path.step("Strength at five frames: playhead, field, I each", clicks=10, keys=5 * (3 + 5 + 1), do=keyed)
    return path, plane


def tree() -> tuple[Path, bpy.types.Object]:
    """A Simple Deform modifier that bends the whole tree, keyed."""
    from .tree_through_camera import build_tree

    path = Path("tree, Simple Deform")
    obj = build_tree(leaves=100)
    bpy.context.scene.collection.objects.link(obj)
    modifier = obj.modifiers.new("SimpleDeform", "SIMPLE_DEFORM")
    path.step("Modifiers › Add › Deform › Simple Deform", clicks=4)
    modifier.deform_method, modifier.deform_axis = "BEND", "Y"
    path.step("Bend, Axis Y", clicks=2)

    def keyed() -> None:
        for part, angle in ((0.0, 0.0), (0.25, 0.08), (0.75, -0.08), (1.0, 0.0)):
            modifier.angle = angle
            obj.keyframe_insert('modifiers["SimpleDeform"].angle', frame=1 + part * FRAMES)

    path.step("Angle at four frames: playhead, field, I each", clicks=8, keys=4 * (3 + 4 + 1), do=keyed)
    path.step("Graph Editor: A, Shift-E, Make Cyclic", clicks=3, keys=2, do=lambda: cyclic(obj))
    return path, obj


def picture_plane(path: Path) -> bpy.types.Object:
    path.step("Shift-A › Image › Mesh Plane, choose the file", clicks=4, keys=1)
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=CUTS, y_subdivisions=CUTS, size=1)
    path.step("Tab, right click › Subdivide, Number of Cuts, Tab", clicks=3, keys=5)
    return bpy.context.object


def cyclic(owner: bpy.types.ID) -> None:
    for bag in owner.animation_data.action.layers[0].strips[0].channelbags:
        for curve in bag.fcurves:
            curve.modifiers.new("CYCLES")


def measure(obj: bpy.types.Object) -> tuple[float, int]:
    """How far the loop is from closing, as a share of the motion; and the principal components of the motion."""
    scene = bpy.context.scene
    moved = []
    for frame in range(1, FRAMES + 2):
        scene.frame_set(frame)
        mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        values = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", values)
        moved.append(values)
    film = np.stack(moved).astype(np.float64)
    gap = np.abs(film[-1] - film[0]).max() / np.abs(film - film[0]).max()
    energy = np.linalg.svd(film[:-1] - film[:-1].mean(axis=0), compute_uv=False) ** 2
    return float(gap), int(np.searchsorted(np.cumsum(energy) / energy.sum(), 0.99) + 1)


def main() -> None:
    for build in (flower, lanterns, tree):
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        path, obj = build()
        gap, ways = measure(obj)
        total = path.clicks + path.drags + path.keys
        print(f"{path.name}: {path.clicks} clicks, {path.drags} drags, {path.keys} keys, {total} in all", end="; ")
        print(f"loop open by {gap:.1e} of the motion; {ways} independent ways")
        for step in path.steps:
            print(f"    {step}")


if __name__ == "__main__":
    shot.run(main)
