# SPDX-License-Identifier: GPL-3.0-or-later
"""Build an asset library that the extension ships: a .blend with its catalogue, for the Blender that runs this.

    .venv/bpy45/bin/python -m scripts.make_assets                   # gid_blender/assets/blender_4
    .venv/bpy52/bin/python -m scripts.make_assets                   # gid_blender/assets/blender_5
    .venv/bpy45/bin/python -m scripts.make_assets --output-dir DIR  # elsewhere, for a comparison

There are two, because a Displace node from 4.5 comes into 5.x with a filter that softens. A .blend holds addresses of
memory, so no two are equal byte for byte; names, node graphs, motion and catalogue are.
"""

import argparse
import os
import sys
from pathlib import Path

import bpy
import numpy as np

from gid_blender import motion, scene
from gid_blender.scene.plate_group import plate_group, warp_group

ASSETS = Path(__file__).resolve().parent.parent / "gid_blender/assets"
AUTHOR, LICENSE = "Generative Image Dynamics contributors", "GPL-3.0-or-later"
CREDIT = "Photograph: vultilion, CC-BY 2.0"
# Made up once: Blender knows a catalogue by its number alone.
CATALOGUES = {
    "Image Dynamics": "4c6f1f0e-53b1-4c39-9f0e-6d1f6b1f7a01",
    "Image Dynamics/Compositing": "4c6f1f0e-53b1-4c39-9f0e-6d1f6b1f7a02",
    "Image Dynamics/Examples": "4c6f1f0e-53b1-4c39-9f0e-6d1f6b1f7a03",
}
# Vertices along the width of the example: few, as its 30 shape keys are most of the file.
COLUMNS = 81
FRAMES_A_SECOND = 24


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output-dir", type=Path, default=ASSETS / f"blender_{bpy.app.version[0]}")
    folder = parser.parse_args().output_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    assets = {compositing_group(plate_group()), compositing_group(warp_group()), example()}
    blend = folder / "image_dynamics.blend"
    bpy.data.libraries.write(str(blend), assets, compress=True)
    (folder / "blender_assets.cats.txt").write_text(catalogue(), encoding="utf-8")
    print(f"{blend}: {blend.stat().st_size} bytes")


def catalogue() -> str:
    """The text of Blender's catalogue file."""
    lines = [f"{number}:{path}:{path.replace('/', '-')}" for path, number in CATALOGUES.items()]
    return "\n".join(["# Written by scripts/make_assets.py.", "", "VERSION 1", "", *lines, ""])


def compositing_group(group: bpy.types.NodeTree) -> bpy.types.NodeTree:
    """A node group, marked as an asset."""
    described = {
        "Image Dynamics Plate": "Lays a moving picture over or behind a render, with its mask and motion blur",
        "Image Dynamics Warp": "Moves a still by a displacement, of any resolution, as far as its mask lets it",
    }
    mark(group, "Image Dynamics/Compositing", described[group.name], ["compositing"])
    return group


def example() -> bpy.types.Object:
    """The bundled flower, swaying: the picture packed, the live controls on it, nothing of the extension needed."""
    target = bpy.context.scene
    target.render.fps, target.render.fps_base = FRAMES_A_SECOND, 1.0
    image = scene.image_from_file(str(ASSETS / "dahlia.jpg"))
    image.pack()
    # Not the path on the computer that built it: the picture is inside.
    image.filepath = "//dahlia.jpg"
    settings = scene.PlaneSettings(columns=COLUMNS, pin_border=0.02)
    obj = scene.create_motion_object(target, image, motion.load(ASSETS / "dahlia.npz"), settings=settings, start=1)
    obj.name = "Swaying Dahlia"
    mark(obj, "Image Dynamics/Examples", "A picture that sways: see its custom properties", ["example", "loop"])
    obj.asset_data.copyright = CREDIT
    preview(obj, image)
    return obj


def mark(block: bpy.types.ID, catalogue_path: str, description: str, tags: list[str]) -> None:
    """Make a datablock an asset of a catalogue."""
    block.asset_mark()
    data = block.asset_data
    data.catalog_id, data.description = CATALOGUES[catalogue_path], description
    data.author, data.license = AUTHOR, LICENSE
    for tag in tags:
        data.tags.new(tag)


def preview(block: bpy.types.ID, image: bpy.types.Image, size: int = 128) -> None:
    """Show the picture itself in the asset browser; Blender's own previews need a window."""
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, 4)
    side = max(width, height)
    shown = np.zeros((size, size, 4), np.float32)
    rows, columns = round(size * height / side), round(size * width / side)
    top, left = (size - rows) // 2, (size - columns) // 2
    across = np.arange(columns) * width // columns
    shown[top : top + rows, left : left + columns] = pixels[np.arange(rows) * height // rows][:, across]
    found = block.preview_ensure()
    found.image_size = size, size
    found.image_pixels_float.foreach_set(shown.ravel())


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
