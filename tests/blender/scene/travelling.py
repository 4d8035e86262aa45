# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene that needs everything outside itself that the extension can make it need."""

from pathlib import Path

import bpy

from gid_blender.scene import add_strip, sequence_image, sequence_object
from gid_blender.scene.cached_object import cached_object
from gid_blender.scene.exchange import ExportSettings, export_motion
from gid_blender.scene.material import show_image
from tests.blender.scene.helpers import swaying
from tests.blender.scene.test_sequence import render
from tests.motion.volumes import smooth_volume


def picture_on_disk(path: Path) -> bpy.types.Image:
    """A picture that lies in a file, with a gradient."""
    from tests.blender.scene.helpers import new_picture

    image = new_picture(name=path.stem)
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    image.source = "FILE"
    return image


def full_scene(folder: Path) -> dict[str, bpy.types.Object]:
    """Mesh, sequence plane, strip and point cache, whose files lie in `folder`."""
    scene = bpy.context.scene
    folder.mkdir(exist_ok=True)
    image = picture_on_disk(folder / "rose.png")
    mesh = swaying(smooth_volume(bands=2, frames=20), period=4.0)
    mesh["gid_image"] = image
    show_image(mesh.data.materials[0], image)
    paths = render(folder, name="frames")
    plane = sequence_object(scene, sequence_image(paths), frames=5, start=1)
    add_strip(scene, paths, start=1)
    settings = ExportSettings(1, 5)
    export_motion(scene, mesh, folder / "motion.pc2", "PC2", settings)
    cache = cached_object(scene, mesh, folder / "motion.pc2", settings, cyclic=True)
    return {"mesh": mesh, "plane": plane, "cache": cache}


def outside() -> list[str]:
    """Every path outside the .blend, as Blender itself lists them; a remainder of the start file is left aside."""
    found = bpy.data.file_path_map(include_libraries=True).values()
    return sorted({path for paths in found for path in paths if "datafiles" not in path})
