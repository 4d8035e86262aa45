# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender as the reader of what the worker writes: frames, films and passes, written by the worker's own Python."""

import os
import subprocess
from pathlib import Path

import bpy
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
COLOURS = np.array(
    [
        [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)],
        [(255, 255, 255), (128, 128, 128), (0, 0, 0), (255, 128, 0)],
    ]
)
SIDE = 16

WRITE = """
import sys
from pathlib import Path
import numpy as np
from gid_backend.encode import write_image
from gid_backend.motion_vectors import encode_coverage, encode_motion_vectors
from gid_backend.movies import writing
out = Path(sys.argv[1])
colours = np.array(eval(sys.argv[2]), np.uint8).repeat(16, axis=0).repeat(16, axis=1)
write_image(out / "frame.png", colours)
write_image(out / "deep.png", colours.astype(np.uint16) * 257)
write_image(out / "half.exr", colours)
write_image(out / "bright.exr", np.full((16, 16, 4), [8.0, 2.0, 0.5, 0.25], np.float32), linear=True)
for name in ("film.mp4", "film.mov"):
    with writing(out / name) as take:
        take(iter([colours.astype(np.uint16) * 257] * 2), 30.0, 2)
before, after = np.zeros((2, 64, 64), np.float32), np.zeros((2, 64, 64), np.float32)
before[0], before[1], after[0], after[1] = -4, 2, 8, -6
(out / "vectors.exr").write_bytes(encode_motion_vectors(before, after))
(out / "coverage.exr").write_bytes(encode_coverage(np.linspace(0, 1, 64, dtype=np.float32)[:, None].repeat(64, axis=1)))
"""

READ_VECTORS = """
import sys
import OpenEXR
with OpenEXR.File(sys.argv[1], separate_channels=True) as file:
    channels = {name[-8:]: channel.pixels[32, 32] for name, channel in file.channels().items()}
print([round(float(channels[f"Vector.{name}"]), 3) for name in "XYZW"] if "Vector.X" in channels else None)
"""


def worker(code, *words):
    python = os.environ.get("GID_TEST_WORKER_PYTHON") or str(ROOT / ".venv" / "worker" / "bin" / "python")
    done = subprocess.run([python, "-c", code, *map(str, words)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    worker(WRITE, folder, COLOURS.tolist())
    return folder


def pixels(image):
    """(H, W, 4), top row first; sRGB-encoded for 8 bits, scene-linear for floats."""
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], 4)[::-1]


def middles(shown):
    return shown[SIDE // 2 :: SIDE, SIDE // 2 :: SIDE, :3]


def linear(encoded):
    x = encoded / 255
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def test_png_frames_have_their_colours(written):
    image = bpy.data.images.load(str(written / "frame.png"))
    assert image.colorspace_settings.name == "sRGB"
    np.testing.assert_allclose(middles(pixels(image)) * 255, COLOURS, atol=0.01)


def test_deep_png_frames_have_their_colours(written):
    """Blender makes floats of 16 bits, scene-linear ones."""
    image = bpy.data.images.load(str(written / "deep.png"))
    assert image.is_float
    np.testing.assert_allclose(middles(pixels(image)), linear(COLOURS), atol=1e-4)


def test_exr_frames_are_scene_linear(written):
    image = bpy.data.images.load(str(written / "half.exr"))
    assert image.colorspace_settings.name.startswith("Linear Rec.709")
    np.testing.assert_allclose(middles(pixels(image)), linear(COLOURS), rtol=2**-11, atol=1e-6)


def test_values_above_1_and_associated_alpha_survive(written):
    image = bpy.data.images.load(str(written / "bright.exr"))
    np.testing.assert_allclose(pixels(image)[8, 8], [8.0, 2.0, 0.5, 0.25], rtol=1e-6)
    assert image.alpha_mode == "PREMUL"


def test_mp4_films_have_their_colours(written):
    image = bpy.data.images.load(str(written / "film.mp4"))
    assert (image.source, tuple(image.size)) == ("MOVIE", (4 * SIDE, 2 * SIDE))
    # 4:2:0 in 8 bits of limited range.
    assert np.abs(middles(pixels(image)) * 255 - COLOURS).max() <= 4


def test_prores_films_have_their_colours(written):
    """Blender makes floats of 10 bits, scene-linear ones; 0.004 is half a step of 8 bits at white."""
    image = bpy.data.images.load(str(written / "film.mov"))
    assert (image.source, tuple(image.size), image.is_float) == ("MOVIE", (4 * SIDE, 2 * SIDE), True)
    np.testing.assert_allclose(middles(pixels(image)), linear(COLOURS), atol=0.004)


def test_motion_vectors_are_a_vector_socket_of_a_multilayer_picture(written):
    image = bpy.data.images.load(str(written / "vectors.exr"))
    # Blender looks into the file when it is asked for its size.
    assert tuple(image.size) == (0, 0)
    assert image.type == "MULTILAYER"
    node = bpy.data.node_groups.new("compositing", "CompositorNodeTree").nodes.new("CompositorNodeImage")
    node.image = image
    assert [(socket.name, socket.type) for socket in node.outputs] == [("Vector", "VECTOR")]


def test_coverage_is_a_grey_picture(written):
    image = bpy.data.images.load(str(written / "coverage.exr"))
    np.testing.assert_allclose(pixels(image)[:, 5, 0], np.linspace(0, 1, 64), atol=2**-11)


def test_the_vector_pass_of_cycles_has_the_numbers_of_ours(written, tmp_path, empty_file):
    """A plane that was 4 px left and 2 px below one frame before and is 8 px right and 6 px above one frame after."""
    scene = empty_file
    mesh = bpy.data.meshes.new("plane")
    mesh.from_pydata([(-0.5, -0.5, 0), (0.5, -0.5, 0), (0.5, 0.5, 0), (-0.5, 0.5, 0)], [], [(0, 1, 2, 3)])
    plane = bpy.data.objects.new("plane", mesh)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.type, camera.data.ortho_scale, camera.location.z = "ORTHO", 2.0, 5.0
    for thing in (plane, camera):
        scene.collection.objects.link(thing)
    # Two units are 64 pixels.
    for frame, (x, y) in {9: (-4, -2), 10: (0, 0), 11: (8, 6)}.items():
        plane.location = (x / 32, y / 32, 0)
        plane.keyframe_insert("location", frame=frame)
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.render.resolution_x = scene.render.resolution_y = 64
    scene.view_layers[0].use_pass_vector = True
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format = "OPEN_EXR_MULTILAYER"
    settings.color_depth = "32"
    scene.frame_set(10)
    scene.render.filepath = str(tmp_path / "cycles.exr")
    bpy.ops.render.render(write_still=True)
    cycles = worker(READ_VECTORS, tmp_path / "cycles.exr")
    assert worker(READ_VECTORS, written / "vectors.exr") == "[-4.0, -2.0, -8.0, -6.0]"
    if bpy.app.version >= (5, 0) and cycles == "None":
        pytest.skip("this Blender, as a module, writes no pass but Combined into the file")
    assert cycles == "[-4.0, -2.0, -8.0, -6.0]"
