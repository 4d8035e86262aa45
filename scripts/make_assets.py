# SPDX-License-Identifier: GPL-3.0-or-later
"""Build an asset library that the extension ships: a .blend with its catalogue, for the Blender that runs this.

    .venv/bpy45/bin/python -m scripts.make_assets                   # gid_blender/assets/blender_4
    .venv/bpy52/bin/python -m scripts.make_assets                   # gid_blender/assets/blender_5
    .venv/bpy45/bin/python -m scripts.make_assets --output-dir DIR  # elsewhere, for a comparison

The values of the excitations are those of the presets: each preset is run on an Empty.

There are two, because a Displace node from 4.5 comes into 5.x with a filter that softens. A .blend holds addresses of
memory, so no two are equal byte for byte; names, node graphs, motion and catalogue are.
"""

import argparse
import os
import runpy
import sys
from pathlib import Path

import bpy
import numpy as np

from gid_blender import motion, scene
from gid_blender.scene import properties
from gid_blender.scene.plate_group import plate_group, warp_group

ASSETS = Path(__file__).resolve().parent.parent / "gid_blender/assets"
PRESETS = ASSETS.parent / "presets/image_dynamics/excitation"
AUTHOR, LICENSE = "Generative Image Dynamics contributors", "GPL-3.0-or-later"
CREDIT = "Photograph: vultilion, CC-BY 2.0"
# Made up once: Blender knows a catalogue by its number alone.
CATALOGUES = {
    "Image Dynamics": "4c6f1f0e-53b1-4c39-9f0e-6d1f6b1f7a01",
    "Image Dynamics/Compositing": "4c6f1f0e-53b1-4c39-9f0e-6d1f6b1f7a02",
    "Image Dynamics/Examples": "4c6f1f0e-53b1-4c39-9f0e-6d1f6b1f7a03",
    "Image Dynamics/Excitations": "4c6f1f0e-53b1-4c39-9f0e-6d1f6b1f7a04",
}
# Vertices along the width of the example: few, as its 30 shape keys are most of the file.
COLUMNS = 81
FRAMES_A_SECOND = 24
PREVIEW = 128
BLUE = (0.25, 0.55, 0.95, 1.0)


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output-dir", type=Path, default=ASSETS / f"blender_{bpy.app.version[0]}")
    folder = parser.parse_args().output_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    properties.register()
    assets = {compositing_group(plate_group()), compositing_group(warp_group()), example()}
    assets |= {excitation(path) for path in sorted(PRESETS.glob("*.py"))}
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
    show(obj, small(image))
    return obj


def excitation(preset: Path) -> bpy.types.Object:
    """An Empty that does what a preset of excitations says, without a picture; its description is the preset's own."""
    empty = bpy.data.objects.new(preset.stem.replace("_", " "), None)
    bpy.context.scene.collection.objects.link(empty)
    bpy.context.view_layer.objects.active = empty
    empty.empty_display_type, empty.empty_display_size, empty.show_in_front = "SINGLE_ARROW", 0.12, True
    settings = empty.gid.excitation
    # A preset runs on what is an excitation already.
    settings.kind = "WIND"
    runpy.run_path(str(preset))
    # A bird leaves again. Presets say nothing of frames: those are where it is used.
    settings.use_range = settings.kind == "LOAD"
    description = preset.read_text(encoding="utf-8").splitlines()[1].removeprefix("# ").removesuffix(".")
    mark(empty, "Image Dynamics/Excitations", description, ["excitation", settings.kind.lower()])
    show(empty, arrows(settings.kind, settings.strength))
    return empty


def mark(block: bpy.types.ID, catalogue_path: str, description: str, tags: list[str]) -> None:
    """Make a datablock an asset of a catalogue."""
    block.asset_mark()
    data = block.asset_data
    data.catalog_id, data.description = CATALOGUES[catalogue_path], description
    data.author, data.license = AUTHOR, LICENSE
    for tag in tags:
        data.tags.new(tag)


def small(image: bpy.types.Image) -> np.ndarray:
    """(PREVIEW, PREVIEW, 4) the whole picture, in the middle, row 0 at the bottom."""
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, 4)
    side = max(width, height)
    shown = np.zeros((PREVIEW, PREVIEW, 4), np.float32)
    rows, columns = round(PREVIEW * height / side), round(PREVIEW * width / side)
    top, left = (PREVIEW - rows) // 2, (PREVIEW - columns) // 2
    across = np.arange(columns) * width // columns
    shown[top : top + rows, left : left + columns] = pixels[np.arange(rows) * height // rows][:, across]
    return shown


def arrows(kind: str, strength: float) -> np.ndarray:
    """(PREVIEW, PREVIEW, 4) an arrow, short for a tap, down for a weight, more for a stronger wind; row 0 lowest."""
    y, x = (np.mgrid[0:PREVIEW, 0:PREVIEW] + 0.5) / PREVIEW - 0.5
    along, across = (-y, x) if kind == "LOAD" else (x, y)
    count = 1 + (strength > 0.02) + (strength > 0.04) if kind == "WIND" else 1
    tip = 0.15 if kind == "POKE" else 0.3
    far = np.full_like(x, np.inf)
    for offset in 0.3 * (np.arange(count) - (count - 1) / 2):
        aside = np.abs(across - offset)
        shaft = np.hypot(np.maximum(np.abs(along) - tip, 0.0), aside)
        # Two strokes of 45° that meet at the tip.
        back = np.clip((tip - along + aside) / 2, 0.0, 0.1)
        head = np.hypot(along - tip + back, aside - back)
        far = np.minimum(far, np.minimum(shaft, head))
    # Blender draws previews with their alpha multiplied in.
    return np.clip((0.025 - far) * PREVIEW + 0.5, 0.0, 1.0)[:, :, None].astype(np.float32) * np.float32(BLUE)


def show(block: bpy.types.ID, pixels: np.ndarray) -> None:
    """Give an asset its preview; Blender's own need a window."""
    found = block.preview_ensure()
    found.image_size = PREVIEW, PREVIEW
    found.image_pixels_float.foreach_set(pixels.ravel())


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
