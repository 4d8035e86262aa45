# SPDX-License-Identifier: GPL-3.0-or-later
"""A modelled tree that sways as a picture of it would: stem, branches and hundreds of leaves, through a camera.

The camera renders a plate, the worker predicts how what is in it would move, and the tree's vertices follow.

    python -m scripts.examples.tree_through_camera --out out/tree                       # with the worker
    python -m scripts.examples.tree_through_camera --out out/tree --volume tree.npz     # with a saved motion
    blender -b -P scripts/examples/tree_through_camera.py -- --out out/tree             # the extension installed
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import tempfile
from pathlib import Path

# Before bpy is imported: as a script of its own this keeps away from the user's own Blender settings.
if "bpy" not in sys.modules:
    _resources = tempfile.TemporaryDirectory(prefix="gid-example-", ignore_cleanup_errors=True)
    os.environ.setdefault("BLENDER_USER_RESOURCES", _resources.name)

import bpy
from mathutils import Matrix, Vector

SIDES = 7
# Of the tree's height: where the stem leaves the ground it stands still.
BASE = 0.1


def main(arguments: list[str]) -> None:
    """Build, predict, move, render."""
    parser = argparse.ArgumentParser(description="A modelled tree that sways as a picture of it would.")
    parser.add_argument("--out", type=Path, default=Path("out/tree"), help="folder for the frames and the .blend")
    parser.add_argument("--volume", type=Path, help="a saved motion of the plate; without it the worker predicts one")
    parser.add_argument("--size", type=int, default=384, help="side of the frames in pixels")
    parser.add_argument("--frames", type=int, default=48, help="frames of one loop")
    parser.add_argument("--samples", type=int, default=4, help="of Cycles for each pixel")
    parser.add_argument("--leaves", type=int, default=900)
    parser.add_argument("--amplitude", type=float, default=2.0, help="1 sways as predicted")
    parser.add_argument("--seed", type=int, default=0, help="of the prediction")
    parser.add_argument(
        "--quality", choices=("DRAFT", "STANDARD", "HIGH"), default="STANDARD", help="of the prediction"
    )
    options = parser.parse_args(arguments)

    _start()
    scene = bpy.context.scene
    build_scene(scene, size=options.size, samples=options.samples)
    tree = build_tree(leaves=options.leaves)
    scene.collection.objects.link(tree)
    tree.select_set(True)
    bpy.context.view_layer.objects.active = tree

    scene.gid.seed, scene.gid.quality = options.seed, options.quality
    scene.gid.natural_period, scene.gid.period = False, options.frames
    if options.volume is not None:
        bpy.ops.gid.mesh_motion_from_volume("EXEC_DEFAULT", filepath=str(options.volume.resolve()), pin_base=BASE)
    else:
        bpy.ops.gid.mesh_motion("EXEC_DEFAULT", pin_base=BASE)
    tree["gid_amplitude"] = options.amplitude
    print(f"{len(tree.data.vertices)} vertices, {len(tree.data.shape_keys.key_blocks) - 1} shape keys")

    options.out.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str((options.out / "tree.blend").resolve()), compress=True)
    scene.render.filepath = str((options.out / "frame_").resolve())
    scene.frame_start, scene.frame_end = 1, options.frames
    bpy.ops.render.render("EXEC_DEFAULT", animation=True)


def build_scene(scene: bpy.types.Scene, *, size: int, samples: int) -> None:
    """Ground, sky, sun and camera."""
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.seed = samples, False, 0
    scene.render.resolution_x = scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    scene.render.fps = 24
    scene.view_settings.view_transform = "Standard"
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = "PNG"
    world = bpy.data.worlds.new("Sky")
    # 5.0 gives a world its nodes by itself.
    if world.node_tree is None:
        world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (0.42, 0.62, 0.9, 1.0)
    background.inputs["Strength"].default_value = 0.9
    scene.world = world
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.angle = 3.0, 0.05
    sun.rotation_euler = (0.8, 0.2, 0.6)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens = 36.0
    camera.location = (0.1, -4.9, 1.5)
    camera.rotation_euler = (math.radians(92.0), 0.0, math.radians(1.0))
    ground = bpy.data.meshes.new("Ground")
    ground.from_pydata([(-20, -8, 0), (20, -8, 0), (20, 30, 0), (-20, 30, 0)], [], [(0, 1, 2, 3)])
    ground.materials.append(_material("Grass", (0.16, 0.22, 0.07)))
    for obj in (sun, camera, bpy.data.objects.new("Ground", ground)):
        scene.collection.objects.link(obj)
    scene.camera = camera


def build_tree(*, leaves: int = 900, seed: int = 4) -> bpy.types.Object:
    """A stem, branches and twigs as tubes, and leaves as folded cards: one mesh of many parts that only touch."""
    dice = random.Random(seed)
    parts = _Parts()
    stem = _bent(dice, Vector((0, 0, -0.05)), Vector((0.04, 0, 1)), 3.1, 9, 0.06)
    parts.tube(stem, 0.11, 0.03)
    twigs = []
    for number in range(15):
        start = _along(stem, 0.36 + 0.62 * number / 14)
        turn = 2.4 * number + dice.uniform(-0.3, 0.3)
        way = Vector((math.cos(turn), math.sin(turn), dice.uniform(0.35, 0.9)))
        branch = _bent(dice, start, way, dice.uniform(0.8, 1.25) * (1.15 - 0.5 * number / 14), 6, 0.12)
        parts.tube(branch, 0.035, 0.012)
        for part in (0.4, 0.6, 0.8, 1.0):
            side = Vector((dice.uniform(-1, 1), dice.uniform(-1, 1), dice.uniform(-0.1, 0.7)))
            twig = _bent(dice, _along(branch, part), way.normalized() + side, dice.uniform(0.3, 0.5), 4, 0.1)
            parts.tube(twig, 0.011, 0.004)
            twigs.append(twig)
    for number in range(leaves):
        twig = twigs[number % len(twigs)]
        place = _along(twig, dice.uniform(0.2, 1.0))
        parts.leaf(dice, place, dice.uniform(0.11, 0.17))
    mesh = parts.mesh("Tree")
    mesh.materials.append(_material("Bark", (0.10, 0.06, 0.035)))
    for shade in ((0.09, 0.24, 0.03), (0.16, 0.33, 0.05), (0.28, 0.40, 0.07)):
        mesh.materials.append(_material("Leaf", shade))
    return bpy.data.objects.new("Tree", mesh)


class _Parts:
    """Vertices and faces of everything so far."""

    def __init__(self) -> None:
        self.vertices: list[Vector] = []
        self.faces: list[tuple[int, ...]] = []
        self.materials: list[int] = []

    def tube(self, spine: list[Vector], thick: float, thin: float) -> None:
        first = len(self.vertices)
        for number, point in enumerate(spine):
            ahead = spine[min(number + 1, len(spine) - 1)] - spine[max(number - 1, 0)]
            frame = ahead.to_track_quat("Z", "Y").to_matrix()
            radius = thick + (thin - thick) * number / (len(spine) - 1)
            for side in range(SIDES):
                angle = 2 * math.pi * side / SIDES
                self.vertices.append(point + frame @ Vector((math.cos(angle), math.sin(angle), 0)) * radius)
        for ring in range(len(spine) - 1):
            for side in range(SIDES):
                a, b = first + ring * SIDES + side, first + ring * SIDES + (side + 1) % SIDES
                self._face((a, b, b + SIDES, a + SIDES), 0)
        self._face(tuple(len(self.vertices) - SIDES + side for side in range(SIDES)), 0)

    def leaf(self, dice: random.Random, place: Vector, size: float) -> None:
        first = len(self.vertices)
        turned = Matrix.Rotation(dice.uniform(0, 6.3), 3, "Z") @ Matrix.Rotation(dice.uniform(0.3, 1.9), 3, "X")
        turned = turned @ Matrix.Rotation(dice.uniform(-0.8, 0.8), 3, "Y")
        outline = [(0, 0, 0), (0.32, 0.45, 0.1), (0, 1, -0.08), (-0.32, 0.45, 0.1), (0, 0.5, 0)]
        self.vertices += [place + turned @ Vector(corner) * size for corner in outline]
        shade = dice.randrange(1, 4)
        for face in ((0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)):
            self._face(tuple(first + corner for corner in face), shade)

    def mesh(self, name: str) -> bpy.types.Mesh:
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([tuple(v) for v in self.vertices], [], self.faces)
        mesh.polygons.foreach_set("material_index", self.materials)
        mesh.update()
        return mesh

    def _face(self, corners: tuple[int, ...], material: int) -> None:
        self.faces.append(corners)
        self.materials.append(material)


def _bent(dice: random.Random, start: Vector, way: Vector, length: float, steps: int, bend: float) -> list[Vector]:
    spine, way = [start.copy()], way.normalized()
    for _ in range(steps):
        way = (way + Vector((dice.gauss(0, bend), dice.gauss(0, bend), dice.gauss(0, bend / 2)))).normalized()
        spine.append(spine[-1] + way * (length / steps))
    return spine


def _along(spine: list[Vector], part: float) -> Vector:
    at = min(part, 1.0) * (len(spine) - 1)
    low = min(int(at), len(spine) - 2)
    return spine[low].lerp(spine[low + 1], at - low)


def _material(name: str, colour: tuple[float, float, float]) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    if material.node_tree is None:
        material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = 0.8
    return material


def _start() -> None:
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    if "mesh_motion" not in dir(bpy.ops.gid):
        import gid_blender

        gid_blender.register()


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:])
    sys.stdout.flush()
    # bpy 4.5 would wait for ever for a timer that is still registered.
    os._exit(0)
