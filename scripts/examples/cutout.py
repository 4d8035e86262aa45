# SPDX-License-Identifier: GPL-3.0-or-later
"""A cut-out flower composited over a rendered scene: it sways, casts its shadow there, and is blurred as it moves.

    python -m scripts.examples.cutout --out out/cutout

The flower is twice in the shot, on one plane: as a mesh, which the camera does not see, for shadow and reflection, and
as frames of the worker with motion vectors, which the compositor lays over the render. The plane fills the camera's
frame, so both agree.
"""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np

from . import shot

# Where the bottle stands in the picture, and the rim that the stem leans on: picture widths from the top left corner.
FOOT = (0.377, 0.635)
RIM = 0.36


def main() -> None:
    options = shot.parser("A cut-out flower in a rendered scene.").parse_args()
    scene = shot.start(options, aspect=3 / 2)
    build_set(scene)
    cut = cut_out(shot.PICTURES / "rose.jpg", options.out / "rose.png", scene.render.resolution_y)

    # A plane that fills the camera's frame, at the distance at which the bottle's foot meets the table.
    scene.cursor.location = on_table(scene.camera, *FOOT)
    bpy.ops.gid.import_pictures(
        "EXEC_DEFAULT", directory=str(cut.parent), files=[{"name": cut.name}],
        size_mode="CAMERA", align_axis="CAM", shader="PRINCIPLED",
    )  # fmt: skip
    bpy.ops.gid.generate("EXEC_DEFAULT")
    flower = bpy.context.object
    flower["gid_amplitude"] = 1.5
    flower.visible_camera = False

    # A bottle does not sway: black up to its rim, white above.
    bpy.ops.gid.mask_paint("EXEC_DEFAULT")
    shot.paint(flower["gid_mask"], lambda x, y: (RIM - y) / 0.06)
    bpy.ops.gid.mask_done("EXEC_DEFAULT")

    scene.gid.passes = {"MOTION_VECTORS"}
    scene.gid.results = {"EDITOR"}
    bpy.ops.gid.render_sequence("EXEC_DEFAULT")
    bpy.ops.gid.setup_compositing("EXEC_DEFAULT")

    bpy.ops.wm.save_mainfile(compress=True)
    scene.render.filepath = str(options.out / "shot_")
    bpy.ops.render.render("EXEC_DEFAULT", animation=True)
    shot.film(sorted(options.out.glob("shot_*.png")), options.out / "cutout.webp", width=options.width)


def cut_out(source: Path, target: Path, height: int) -> Path:
    """Cut by colour: a flower, a leaf and brown glass on white cloth. Writes a PNG with straight alpha."""
    image = bpy.data.images.load(str(source))
    image.scale(round(height * image.size[0] / image.size[1]), height)
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, 4)[::-1]
    rgb = pixels[..., :3]
    bright, dull = rgb.max(axis=2), rgb.min(axis=2)
    saturation = (bright - dull) / np.maximum(bright, 1e-3)
    # The cloth is grey and light; what the light behind the glass throws on it is yellow, but lighter still.
    alpha = smooth(0.26, 0.40, saturation * (1.2 - bright) * 2 + np.maximum(0.5 - bright, 0))
    _fill_bottle(alpha)
    # At the edges the cloth shines through; without it there is no white rim on a dark background.
    cloth = np.median(rgb[saturation < 0.08], axis=0)
    inside = np.maximum(alpha, 0.05)[..., None]
    pixels[..., :3] = np.where(alpha[..., None] < 1, np.clip((rgb - (1 - inside) * cloth) / inside, 0, 1), rgb)
    pixels[..., 3] = alpha
    made = bpy.data.images.new("Cut-out", width, height, alpha=True)
    made.pixels.foreach_set(np.ascontiguousarray(pixels[::-1]).ravel())
    made.filepath_raw, made.file_format = str(target), "PNG"
    made.save()
    for each in (image, made):
        bpy.data.images.remove(each)
    return target


def _fill_bottle(alpha: np.ndarray) -> None:
    """Below the rim it is one solid thing: lights on the glass are as white as the cloth, but no holes."""
    height = len(alpha)
    for row in range(round(height * (RIM + 0.02) * 1.5), height):
        solid = np.flatnonzero(alpha[row] > 0.9)
        if len(solid):
            alpha[row, solid[0] : solid[-1]] = 1


def smooth(low: float, high: float, values: np.ndarray) -> np.ndarray:
    part = np.clip((values - low) / (high - low), 0, 1)
    return part * part * (3 - 2 * part)


def build_set(scene: bpy.types.Scene) -> None:
    """A table before a wall, a pile of books, an apple; a lamp from the left and some light from everywhere."""
    add_box("Table", (0, 0.6, -0.05), (4, 2.4, 0.1), (0.16, 0.075, 0.035), roughness=0.35)
    add_box("Wall", (0, 1.6, 1), (6, 0.1, 3), (0.10, 0.19, 0.20))
    for number, colour in enumerate(((0.32, 0.05, 0.04), (0.60, 0.52, 0.38), (0.03, 0.09, 0.16))):
        book = add_box("Book", (0.34, 0.55, 0.025 + 0.05 * number), (0.42, 0.3, 0.046), colour)
        book.rotation_euler.z = 0.1 - 0.13 * number
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.07, location=(0.33, 0.52, 0.22))
    bpy.ops.object.shade_smooth()
    apple = bpy.context.object
    apple.scale.z = 0.88
    apple.data.materials.append(material("Apple", (0.35, 0.42, 0.05), 0.3))

    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "AREA"))
    lamp.data.energy, lamp.data.size = 220, 0.2
    lamp.data.color = (1.0, 0.88, 0.72)
    # So far in front that the flower's shadow reaches the wall, beside the books.
    lamp.location, lamp.rotation_euler = (-1.35, -2.4, 0.95), (math.radians(79), 0, math.radians(-27))
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0.1, -1.5, 0.52), (math.radians(81), 0, 0)
    for obj in (lamp, camera):
        scene.collection.objects.link(obj)
    scene.camera = camera
    scene.world = bpy.data.worlds.new("Room")
    if scene.world.node_tree is None:
        scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.16, 0.18, 0.22, 1)


def add_box(name, middle, size, colour, roughness=0.8) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=1, location=middle)
    box = bpy.context.object
    box.name, box.scale = name, size
    box.data.materials.append(material(name, colour, roughness))
    return box


def material(name: str, colour: tuple[float, float, float], roughness: float) -> bpy.types.Material:
    made = bpy.data.materials.new(name)
    # 5.0 gives a material its nodes by itself.
    if made.node_tree is None:
        made.use_nodes = True
    shader = made.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Roughness"].default_value = roughness
    return made


def on_table(camera: bpy.types.Object, x: float, y: float) -> object:
    """Where the table (z = 0) is that the camera sees at a place of its frame, frame widths from the top left."""
    bpy.context.view_layer.update()
    right, _, _, left = camera.data.view_frame(scene=bpy.context.scene)
    corner = left.copy()
    span = right.x - left.x
    corner.x, corner.y = left.x + x * span, left.y - y * span
    eye, seen = camera.matrix_world.translation, camera.matrix_world @ corner
    return eye + (seen - eye) * (eye.z / (eye.z - seen.z))


if __name__ == "__main__":
    shot.run(main)
