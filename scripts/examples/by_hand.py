# SPDX-License-Identifier: GPL-3.0-or-later
"""The same three shots by hand, with what Blender itself has: each step with its clicks, drags and keys, and executed.

    python -m scripts.examples.by_hand

Prints what docs/shots.md puts into its tables: how many gestures and how long hands take for them, whether the loop is
exact, in how many independent ways the thing moves (principal components that hold 99 % of the motion's energy; one
means that all parts go back and forth together), and how much of the motion can be seen from the front.

Times are those of the keystroke-level model (Card, Moran, Newell, “The Keystroke-Level Model for User Performance
Time”, 1980): 1.1 s to point, 0.1 s to press or to let go, 0.28 s a key of an average typist. No thinking, no waiting.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import bpy
import numpy as np

from . import shot

FRAMES = 48
POINT, PRESS, KEY = 1.1, 0.1, 0.28
# Clicks, drags and keys of the other ways, which docs/shots.md explains.
OTHERS = {
    "this extension": {"flower": (8, 2, 1), "lanterns": (28, 18, 39), "tree": (3, 0, 0)},
    "Wiggle 2, derived and not run": {"flower": (34, 0, 35), "lanterns": (104, 18, 111), "tree": (86, 0, 74)},
}
# Of the picture's plane: what a by-hand worker would take, fine enough to bend a stem or a lantern.
CUTS = 40


def seconds(clicks: int, drags: int, keys: int) -> float:
    """What hands take for gestures; a drag points twice."""
    return clicks * (POINT + 2 * PRESS) + drags * 2 * (POINT + PRESS) + keys * KEY


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


def wave() -> tuple[Path, bpy.types.Object]:
    """The flower with a Wave modifier, whose length and speed are made to fit the loop."""
    path = Path("cut-out, Wave modifier")
    plane = picture_plane(path)
    modifier = plane.modifiers.new("Wave", "WAVE")
    path.step("Modifiers › Add › Deform › Wave", clicks=4)
    modifier.use_y, modifier.height, modifier.width, modifier.narrowness = False, 0.05, 0.5, 4.0
    modifier.speed = 2 * modifier.width / FRAMES
    path.step("Y off, Height, Width, Narrowness, Speed", clicks=5, keys=4 * 5)
    return path, plane


def warp_nodes() -> tuple[Path, bpy.types.Object]:
    """The flower with Geometry Nodes: positions warped by noise, looked up along a circle so that it loops."""
    path = Path("cut-out, warp nodes")
    plane = picture_plane(path)
    modifier = plane.modifiers.new("GeometryNodes", "NODES")
    tree = modifier.node_group = bpy.data.node_groups.new("Warp", "GeometryNodeTree")
    path.step("Geometry Nodes workspace, New", clicks=2)
    for inward in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=inward, socket_type="NodeSocketGeometry")

    def node(kind: str, **values: object) -> bpy.types.Node:
        made = tree.nodes.new(kind)
        for name, value in values.items():
            setattr(made, name, value)
        return made

    def link(*ends: tuple[bpy.types.Node, int, bpy.types.Node, int]) -> None:
        for source, output, target, entry in ends:
            tree.links.new(source.outputs[output], target.inputs[entry])

    start, end = node("NodeGroupInput"), node("NodeGroupOutput")
    time, turn = node("GeometryNodeInputSceneTime"), node("ShaderNodeMath", operation="MULTIPLY")
    turn.inputs[1].default_value = 2 * math.pi / FRAMES
    sine, cosine = (node("ShaderNodeMath", operation=operation) for operation in ("SINE", "COSINE"))
    circle, place = node("ShaderNodeCombineXYZ"), node("GeometryNodeInputPosition")
    there, noise = node("ShaderNodeVectorMath", operation="ADD"), node("ShaderNodeTexNoise")
    centred = node("ShaderNodeVectorMath", operation="SUBTRACT")
    centred.inputs[1].default_value = (0.5, 0.5, 0.5)
    scaled, moved = node("ShaderNodeVectorMath", operation="MULTIPLY"), node("GeometryNodeSetPosition")
    scaled.inputs[1].default_value = (0.1, 0.1, 0.0)
    path.step("Eleven nodes: Shift-A, some letters, Enter, a click to lay it down", clicks=11, keys=11 * 7)
    link((time, 1, turn, 0), (turn, 0, sine, 0), (turn, 0, cosine, 0), (sine, 0, circle, 0), (cosine, 0, circle, 1))
    colour = next(i for i, socket in enumerate(noise.outputs) if socket.name == "Color")
    link((place, 0, there, 0), (circle, 0, there, 1), (there, 0, noise, 0), (noise, colour, centred, 0))
    link((centred, 0, scaled, 0), (start, 0, moved, 0), (scaled, 0, moved, 3), (moved, 0, end, 0))
    path.step("Thirteen links", drags=13)
    path.step("Operations of five nodes, and three values", clicks=2 * 5 + 7, keys=7 + 3 * 4)
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


def measure(obj: bpy.types.Object) -> tuple[float, int, float]:
    """How far the loop is from closing, as a share of the motion; the principal components of the motion; and how much
    of it goes along the picture and not towards the viewer.
    """
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
    ways = int(np.searchsorted(np.cumsum(energy) / energy.sum(), 0.99) + 1)
    swings = np.square(film - film.mean(axis=0)).reshape(len(film), -1, 3).sum(axis=(0, 1))
    # A modelled tree stands upright: its X and Z are what a camera before it sees.
    depth = 2 if obj.name.startswith("Grid") else 1
    return float(gap), ways, float(1 - swings[depth] / swings.sum())


def main() -> None:
    for build in (flower, lanterns, tree, wave, warp_nodes):
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        path, obj = build()
        gap, ways, seen = measure(obj)
        total = path.clicks + path.drags + path.keys
        taken = seconds(path.clicks, path.drags, path.keys)
        print(f"{path.name}: {path.clicks} clicks, {path.drags} drags, {path.keys} keys, {total} in all", end="; ")
        print(f"{taken:.0f} s; loop open by {gap:.1e} of the motion; {seen:.0%} of it seen", end="; ")
        print(f"{ways} independent ways")
        for step in path.steps:
            print(f"    {step}")
    for name, shots in OTHERS.items():
        for subject, gestures in shots.items():
            print(f"{name}, {subject}: {' + '.join(map(str, gestures))}, {seconds(*gestures):.0f} s")


if __name__ == "__main__":
    shot.run(main)
