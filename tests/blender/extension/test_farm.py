# SPDX-License-Identifier: GPL-3.0-or-later
"""A render farm has Blender and no extension: it renders the same pixels, wherever the folder lies."""

import os
import subprocess
import sys

import numpy as np
import pytest

RENDER = """
import bpy, os, sys
import numpy as np

def render(folder):
    bpy.ops.wm.open_mainfile(filepath=os.path.join(folder, "shot.blend"))
    assert not hasattr(bpy.types.Scene, "gid"), "the extension is there"
    loaded = [name for name in sys.modules if name.startswith(("bl_ext.", "gid_blender"))]
    # Blender itself makes an empty package for each repository of extensions.
    assert not [name for name in loaded if name.count(".") > 1], loaded
    for frame in (3, 17):
        bpy.context.scene.frame_set(frame)
        bpy.context.scene.render.filepath = os.path.join(root, os.path.basename(folder) + str(frame) + ".exr")
        bpy.ops.render.render(write_still=True)
        pixels.append(read(bpy.context.scene.render.filepath))

def read(path):
    image = bpy.data.images.load(path)
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    return values

root = sys.argv[1]
pixels = [read(os.path.join(root, "with", name)) for name in ("3.exr", "17.exr")]
render(os.path.join(root, "shot"))
os.rename(os.path.join(root, "shot"), os.path.join(root, "elsewhere"))
render(os.path.join(root, "elsewhere"))
np.save(os.path.join(root, "pixels.npy"), pixels)
sys.stdout.flush()
os._exit(0)
"""


def make(folder):
    """Mesh with keyed controls, mask and bake; a sequence; a point cache; seen by one camera. Saved and rendered."""
    from pathlib import Path

    scene, target = module("scene"), bpy.context.scene
    folder = Path(folder)
    for obj in list(target.objects):
        bpy.data.objects.remove(obj)
    obj = small_motion_object()
    picture = obj["gid_image"]
    picture.filepath_raw, picture.file_format = str(folder / "small.png"), "PNG"
    picture.save()
    picture.source = "FILE"
    obj["gid_period"] = 20.0
    for frame, amplitude in ((1, 0.5), (20, 3.0)):
        obj["gid_amplitude"] = amplitude
        obj.keyframe_insert('["gid_amplitude"]', frame=frame)
    group = obj.vertex_groups.new(name="Image Dynamics Mask")
    group.add(range(len(obj.data.vertices) // 2), 1.0, "REPLACE")
    for key in obj.data.shape_keys.key_blocks[1:]:
        key.vertex_group = group.name
    target.frame_start, target.frame_end = 1, 20
    scene.add_empty(target, obj, "WIND", (0.5, 0.3))
    bpy.ops.gid.bake(picture=obj.name)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
    bpy.ops.gid.export_motion(
        "EXEC_DEFAULT", filepath=str(folder / "motion.pc2"), kind="PC2", frames="SCENE", columns=24, play=True
    )
    twin = next(o for o in target.objects if o.modifiers)
    twin.location.x = 1.6
    with scene.frame_folder(folder / "image_dynamics", "frames") as frames:
        for index in range(4):
            image = new_picture(f"f{index}", 32, 32)
            image.generated_color = (index / 4, 0.5, 1.0, 1.0)
            image.generated_type = "BLANK"
            image.filepath_raw, image.file_format = str(folder / "frame.png"), "PNG"
            image.save()
            bpy.data.images.remove(image)
            frames.write(index, (folder / "frame.png").read_bytes(), ".png")
        paths = frames.commit()
    (folder / "frame.png").unlink()
    plane = scene.sequence_object(target, scene.sequence_image(paths), frames=4, start=1)
    plane.location.x = -1.4
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.type, camera.data.ortho_scale, camera.location.z = "ORTHO", 4.6, 5.0
    target.collection.objects.link(camera)
    target.camera = camera
    render = target.render
    render.engine, target.cycles.samples, target.cycles.device = "CYCLES", 2, "CPU"
    render.resolution_x, render.resolution_y, render.resolution_percentage = 92, 30, 100
    if hasattr(render.image_settings, "media_type"):
        render.image_settings.media_type = "IMAGE"
    render.image_settings.file_format, render.image_settings.color_depth = "OPEN_EXR", "32"
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "shot.blend"))
    for frame in (3, 17):
        bpy.context.scene.frame_set(frame)
        bpy.context.scene.render.filepath = str(folder.parent / "with" / f"{frame}.exr")
        bpy.ops.render.render(write_still=True)
    assert all(path.startswith("//") for paths in bpy.data.file_path_map().values() for path in paths)


@pytest.fixture
def shot(blender, tmp_path):
    """A folder with the shot, and the pixels that Blender with the extension makes of it."""
    (tmp_path / "shot").mkdir()
    blender.run(make, folder=str(tmp_path / "shot"))
    return tmp_path / "shot"


def plain(code, tmp_path):
    """Run in a Blender whose user has nothing installed."""
    (tmp_path / "nobody").mkdir(exist_ok=True)
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GID_"))}
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path)],
        env={**keep, "BLENDER_USER_RESOURCES": str(tmp_path / "nobody")},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_farm_renders_the_same_pixels_here_and_elsewhere(shot, tmp_path):
    plain(RENDER, tmp_path)
    pixels = np.load(tmp_path / "pixels.npy").reshape(3, 2, 30, 92, 4)
    # Cycles on a processor is a fixed sequence of operations: the same bits.
    assert np.array_equal(pixels[0], pixels[1])
    assert np.array_equal(pixels[0], pixels[2])
    # All three planes are in the picture, and all three change: sequence, mesh, cache.
    changes = np.abs(pixels[0, 0] - pixels[0, 1]).max(axis=(0, 2))
    assert min(changes[:22].max(), changes[32:60].max(), changes[66:].max()) > 0.01
